"""Answers in a provider's name that nobody may be signed in by (OpenID Connect Core 1.0 3.1.3.7, RFC 8725)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from mpi.embedded import create_database, drop_database
from tests.browser.hostile import CLIENT, Hostile
from tests.browser.openid import STRONG, Late, listening, provider_file
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter, hidden
from tests.conftest import TEMPLATE

CLOCK = Late()
CALLBACK, AWAY = "/review/sign-in/callback", "/review/sign-in/provider"
FORGED = "was not signed by the sign-in service for this one"
CLOCKS = "The clock of the sign-in service and that of this service differ"
ODD = "gave an answer that cannot be used"
NEW = RSAKey.generate_key(2048, {"kid": "second"})


@pytest.fixture(scope="module")
def bad() -> Iterator[Hostile]:
    made = Hostile(CLOCK)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def url(template_url: str, worker_id: str) -> Iterator[str]:
    name = f"hostile_{worker_id}"
    yield create_database(template_url, name, template=TEMPLATE)
    drop_database(template_url, name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def started(url: str, folder: Path, bad: Hostile) -> Iterator[Served]:
    listener, address = listening()
    running = Served(url, folder, CLOCK, listener=listener, provider=provider_file(folder, bad.issuer, address))
    yield running
    running.stop()


@pytest.fixture
def served(started: Served, bad: Hostile) -> Served:
    """A service that remembers nothing of the provider: what it once knew is too old."""
    bad.honest()
    CLOCK.ahead += timedelta(hours=2)
    return started


def begin(client: httpx.Client, bad: Hostile, query: str = "") -> dict[str, str]:
    """Go to the provider; what it is asked."""
    sent = client.get(AWAY + query)
    assert sent.status_code == 303, sent.text
    assert sent.headers["location"].startswith(f"{bad.issuer}/auth?")
    return bad.see(sent.headers["location"])


def back(client: httpx.Client, bad: Hostile, **more: str) -> httpx.Response:
    """Come back with a code and the right state, or what is given."""
    return told(client, client.get(CALLBACK, params={"code": "c", "state": bad.asked["state"], **more}))


def told(client: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """The answer, or the sign-in page that it leads to when it was refused."""
    there = answer.headers.get("location", "")
    return client.get(there) if there.startswith("/review/sign-in?") else answer


def sign_in(client: httpx.Client, bad: Hostile, query: str = "") -> httpx.Response:
    begin(client, bad, query)
    return back(client, bad)


def check_refused(client: httpx.Client, answer: httpx.Response, said: str, status: int = 403) -> None:
    assert answer.status_code == status
    assert said in answer.text
    assert "mpi" not in client.cookies
    assert client.get("/review").status_code == 303


def test_an_honest_answer_signs_in(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """The one all others differ from; and what is asked and shown is what the standards want."""
    asked = begin(client, bad, "?next=/review/find")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == served.address + CALLBACK
    assert asked["acr_values"] == "AAL2_OR_AAL3_ANY"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    answer = back(client, bad)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/find")
    form, _ = bad.forms[-1]
    assert "client_secret" not in form
    said = jwt.decode(form["client_assertion"], served_key(client), algorithms=["RS512"])
    assert {said.claims[name] for name in ("iss", "sub")} == {CLIENT}
    assert said.claims["aud"] == f"{bad.issuer}/token"
    assert 0 < said.claims["exp"] - said.claims["iat"] <= 300
    assert said.header["kid"] == served_key(client).kid
    assert "Hana Hostile (4711)" in client.get("/review").text


def served_key(client: httpx.Client) -> RSAKey:
    (key,) = client.get("/review/sign-in/keys").json()["keys"]
    assert not {"d", "p", "q"} & set(key)
    return RSAKey.import_key(key)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"nonce": "another"}, FORGED),
        ({"nonce": None}, FORGED),
        ({"aud": "somebody-else"}, FORGED),
        ({"aud": None}, FORGED),
        ({"aud": [CLIENT, "another"]}, FORGED),
        ({"aud": [CLIENT, "another"], "azp": "another"}, FORGED),
        ({"azp": "another"}, FORGED),
        ({"iss": "https://evil.example"}, FORGED),
        ({"iss": None}, FORGED),
        ({"sub": None}, FORGED),
        ({"sub": 4711}, FORGED),
        ({"exp": None}, FORGED),
        ({"iat": None}, FORGED),
        ({"exp": "tomorrow"}, FORGED),
        ({"exp": 10**40}, FORGED),
        ({"exp": 1_000_000_000}, CLOCKS),
        ({"iat": 9_000_000_000, "exp": 9_000_000_300}, CLOCKS),
        ({"acr": "AAL1_USERPASS"}, "strong enough"),
        ({"acr": None}, "strong enough"),
        ({"sub": "4712"}, FORGED),  # userinfo is about 4711
    ],
)
def test_claims_that_are_not_for_us(
    client: httpx.Client, served: Served, bad: Hostile, claims: dict[str, Any], said: str
) -> None:
    bad.claims = claims
    check_refused(client, sign_in(client, bad), said)


def test_two_audiences_with_us_as_the_party_are_right(client: httpx.Client, served: Served, bad: Hostile) -> None:
    bad.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert sign_in(client, bad).status_code == 303


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "none", "kid": "first"},
        {"alg": "HS256", "kid": "first"},
        {"alg": "RS384", "kid": "first"},
        {"alg": "RS256", "kid": "nobodys"},
        {"alg": "RS256", "kid": "first", "crit": ["exp"], "exp": 1},
    ],
)
def test_signatures_that_prove_nothing(
    client: httpx.Client, served: Served, bad: Hostile, header: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No signature, one that our own public knowledge makes, an algorithm we did not ask for, an unknown key."""
    bad.header = header
    if "crit" in header:  # the library will not write it
        monkeypatch.setattr(Hostile, "signed", lambda self, claims, **more: _with_header(self, claims, header))
    check_refused(client, sign_in(client, bad), FORGED)


def _with_header(bad: Hostile, claims: dict[str, Any], header: dict[str, Any]) -> str:
    from joserfc import jws  # noqa: PLC0415

    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    registry.check_header = lambda header: None  # type: ignore[method-assign]
    return jws.serialize_compact(header, json.dumps(claims), bad.key, registry=registry)


def test_a_forged_token_under_the_right_key_id(client: httpx.Client, served: Served, bad: Hostile) -> None:
    bad.key = RSAKey.generate_key(2048, {"kid": "first"})
    check_refused(client, sign_in(client, bad), FORGED)


def test_a_token_changed_after_signing(client: httpx.Client, served: Served, bad: Hostile) -> None:
    begin(client, bad)
    head, body, signature = bad.id_token().split(".")
    told = {"access_token": "at", "id_token": f"{head}.{body[:-4]}AAAA.{signature}"}
    bad.answers["/token"] = 200, json.dumps(told).encode()
    check_refused(client, back(client, bad), FORGED)


@pytest.mark.parametrize("token", [None, 7, "", "a.b", "a.b.c", "....", "x" * 200_000])
def test_what_is_no_token(client: httpx.Client, served: Served, bad: Hostile, token: object) -> None:
    begin(client, bad)
    bad.answers["/token"] = 200, json.dumps({"access_token": "at", "id_token": token}).encode()
    answer = back(client, bad)
    assert answer.status_code in {403, 503}
    check_refused(client, answer, FORGED if answer.status_code == 403 else ODD, answer.status_code)


def test_new_keys_are_fetched_when_a_token_names_one(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """But not more often than every 30 seconds: an attacker must not have us ask without end."""
    assert sign_in(client, bad).status_code == 303
    client.cookies.clear()
    bad.key, bad.header, bad.published = NEW, {"alg": "RS256", "kid": "second"}, [bad.key, NEW]
    check_refused(client, sign_in(client, bad), FORGED)
    CLOCK.ahead += timedelta(seconds=31)
    assert sign_in(client, bad).status_code == 303


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/.well-known/openid-configuration", (500, b""), ODD),
        ("/.well-known/openid-configuration", (200, b"[]"), ODD),
        ("/.well-known/openid-configuration", (200, b"<html>"), ODD),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), ODD),
        ("/.well-known/openid-configuration", (302, b"{}"), ODD),
        ("/.well-known/openid-configuration", (200, b" " * (1 << 21)), ODD),
    ],
)
def test_a_provider_out_of_order(
    client: httpx.Client, served: Served, bad: Hostile, path: str, answer: tuple[int, bytes], said: str
) -> None:
    bad.answers[path] = answer
    check_refused(client, told(client, client.get(AWAY)), said, 503)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/auth"},
        {"token_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"end_session_endpoint": "http://evil.example/out"},
    ],
)
def test_a_discovery_document_that_leads_elsewhere(
    client: httpx.Client, served: Served, bad: Hostile, document: dict[str, Any]
) -> None:
    bad.document = document
    check_refused(client, told(client, client.get(AWAY)), ODD, 503)


@pytest.mark.parametrize(
    ("path", "answer", "said", "status"),
    [
        ("/token", (500, b"{}"), ODD, 503),
        ("/token", (200, b"null"), ODD, 503),
        ("/token", (400, b'{"error": "invalid_grant"}'), "has been used or has expired", 403),
        ("/token", (401, b'{"error": "invalid_client"}'), ODD, 503),
        ("/keys", (200, b'{"keys": 7}'), ODD, 503),
        ("/keys", (200, b'{"keys": []}'), ODD, 503),
        ("/keys", (200, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'), ODD, 503),
        ("/keys", (200, b'{"keys": [{"kty": "RSA", "n": "!", "e": 5}]}'), ODD, 503),
        ("/me", (401, b"{}"), ODD, 503),
        ("/me", (200, b"null"), ODD, 503),
    ],
)
def test_a_provider_that_fails_half_way(
    client: httpx.Client, served: Served, bad: Hostile, path: str, answer: tuple[int, bytes], said: str, status: int
) -> None:
    begin(client, bad)
    bad.answers[path] = answer
    check_refused(client, back(client, bad), said, status)


def test_a_provider_out_of_order_is_not_asked_at_every_knock(
    client: httpx.Client, served: Served, bad: Hostile
) -> None:
    """Else people who sign in, or logout tokens that anybody may send, would use up the threads of all pages."""
    bad.answers["/.well-known/openid-configuration"] = 500, b""
    for _ in range(3):
        check_refused(client, told(client, client.get(AWAY)), "Sign in", 503)
        assert client.post("/review/sign-in/ended", data={"logout_token": "a.b.c"}).status_code == 503
    assert len(bad.called) == 1
    bad.answers.clear()
    CLOCK.ahead += timedelta(seconds=6)
    assert sign_in(client, bad).status_code == 303


def test_a_provider_that_is_away(url: str, tmp_path: Path) -> None:
    listener, address = listening()
    away = Served(url, tmp_path, listener=listener, provider=provider_file(tmp_path, "http://127.0.0.1:1", address))
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        check_refused(
            client, told(client, client.get(AWAY)), "The sign-in service cannot be reached. Try again later.", 503
        )
    away.stop()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"state": ""}, "was not begun in this browser"),
        ({"state": "made-up"}, "was not begun in this browser"),
        ({"error": "access_denied"}, "did not sign you in"),
        ({"error": "server_error", "error_description": "<b>mischief</b>"}, "did not sign you in"),
        ({"code": ""}, "did not sign you in"),
        ({"iss": "https://evil.example"}, FORGED),
    ],
)
def test_answers_that_carry_the_wrong_thing(
    client: httpx.Client, served: Served, bad: Hostile, more: dict[str, str], said: str
) -> None:
    begin(client, bad)
    answer = back(client, bad, **more)
    check_refused(client, answer, said)
    assert "mischief" not in answer.text


def test_a_provider_that_names_itself_must_always_do_so(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """RFC 9207 2.4: else another provider's answer would pass for its own."""
    bad.document = {"authorization_response_iss_parameter_supported": True}
    check_refused(client, sign_in(client, bad), FORGED)
    begin(client, bad)
    assert back(client, bad, iss=bad.issuer).status_code == 303


def test_a_refused_answer_does_not_stay_in_the_address_bar(
    client: httpx.Client, served: Served, bad: Hostile
) -> None:
    """Nor in the history: it holds the code (RFC 6749 10.5). The page says once why."""
    begin(client, bad, "?next=/review/find")
    answer = client.get(CALLBACK, params={"code": "c", "state": bad.asked["state"], "iss": "https://evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/sign-in?next=%2Freview%2Ffind")
    assert FORGED in told(client, answer).text
    again = told(client, answer)
    assert (again.status_code, FORGED in again.text) == (200, False)


def test_an_answer_counts_once(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """Also for who has kept the cookie that went with it."""
    begin(client, bad)
    kept = client.cookies["mpi-left"]
    assert back(client, bad).status_code == 303
    assert "mpi-left" not in client.cookies
    client.cookies.clear()
    client.cookies.set("mpi-left", kept)
    check_refused(client, back(client, bad), "has been used already")


def test_nobody_else_can_use_an_answer(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """Login CSRF: somebody is led to an answer that was made for the attacker."""
    begin(client, bad)
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30) as victim:
        check_refused(victim, back(victim, bad), "was not begun in this browser")


def test_after_signing_in_one_comes_to_our_own_pages_only(client: httpx.Client, served: Served, bad: Hostile) -> None:
    for there in ("https://evil.example", "//evil.example", "/review/sign-in/provider"):
        answer = sign_in(client, bad, f"?next={there}")
        assert answer.headers["location"] == "/review"


def test_a_session_goes_on_at_another_instance(
    client: httpx.Client, served: Served, bad: Hostile, url: str, folder: Path
) -> None:
    """Nothing between going and coming back is in a process's memory."""
    file = folder / "provider.toml"
    other = Served(url, folder, CLOCK, provider=file)
    try:
        begin(client, bad)
        with httpx.Client(base_url=other.address, trust_env=False, timeout=30, cookies=client.cookies) as there:
            assert back(there, bad).status_code == 303
            client.cookies.update(there.cookies)
        page = client.get("/review")
        assert "Hana Hostile (4711)" in page.text
        client.post("/review/sign-out", data={"csrf": hidden(page)})
        with httpx.Client(base_url=other.address, trust_env=False, timeout=30, cookies=there.cookies) as copied:
            assert copied.get("/review").status_code == 303
    finally:
        other.stop()


def test_a_withdrawn_grant_ends_its_sessions(
    client: httpx.Client, served: Served, bad: Hostile, url: str, folder: Path
) -> None:
    assert sign_in(client, bad).status_code == 303
    changed = folder / "changed"
    changed.mkdir(exist_ok=True)
    (changed / "session.key").write_text((folder / "session.key").read_text())
    file = provider_file(changed, bad.issuer, served.address, grants={"R8008": "viewer"})
    for grants, status in (({"R8008": "viewer"}, 200), ({"R9999": "reviewer"}, 303)):
        provider_file(changed, bad.issuer, served.address, grants=grants)
        later = Served(url, changed, CLOCK, provider=file)
        with httpx.Client(base_url=later.address, trust_env=False, timeout=30, cookies=client.cookies) as there:
            answer = there.get("/review")
            assert answer.status_code == status
            assert status == 303 or "(viewer," in answer.text
        later.stop()


def test_the_name_one_first_came_with_stays_ones_own(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """Who could rename themselves could second their own answers."""
    bad.claims = {"sub": "renamed"}
    bad.user = {"sub": "renamed", "name": "Before Marriage"}
    assert sign_in(client, bad).status_code == 303
    bad.user = {"sub": "renamed", "name": "Hana Hostile (4711)"}
    assert sign_in(client, bad).status_code == 303
    assert "Before Marriage (renamed)" in client.get("/review").text
    assert served.audited("sign-in")[-1].detail["name"] == "Hana Hostile (4711)"


@pytest.mark.parametrize("subject", ["two words", "a)", "(a", "é", "x" * 256])
def test_a_subject_that_could_pass_for_another_is_refused(
    client: httpx.Client, served: Served, bad: Hostile, subject: str
) -> None:
    bad.claims, bad.user = {"sub": subject}, {"sub": subject}
    check_refused(client, sign_in(client, bad), "cannot keep apart from others")


def test_a_stronger_sign_in_does_not_turn_somebody_into_somebody_else(
    client: httpx.Client, served: Served, bad: Hostile
) -> None:
    assert sign_in(client, bad).status_code == 303
    bad.claims, bad.user = {"sub": "other", "acr": "AAL3_ANY"}, {"sub": "other"}
    asked = begin(client, bad, "?strong=true")
    assert (asked["acr_values"], asked["max_age"]) == ("AAL3_ANY", "900")
    assert "You signed in as somebody else than before." in back(client, bad).text
    assert "Hana Hostile (4711)" in client.get("/review").text


@pytest.mark.parametrize(("subject", "status"), [("other", 403), ("4711", 303)])
def test_nor_when_the_provider_ends_their_session_while_they_are_away(
    client: httpx.Client, served: Served, bad: Hostile, subject: str, status: int
) -> None:
    """As when the first person signs out at the provider so that the second may sign in there."""
    assert sign_in(client, bad).status_code == 303
    begin(client, bad, "?strong=true")
    assert ended(served, logout_token(bad)).status_code == 200
    bad.claims, bad.user = {"sub": subject, "acr": "AAL3_ANY"}, {"sub": subject}
    answer = back(client, bad)
    assert answer.status_code == status
    assert ("You signed in as somebody else than before." in answer.text) is (status == 403)
    assert client.get("/review").status_code == (303 if status == 403 else 200)


def test_nor_when_it_is_left_alone_for_too_long_while_they_are_away(
    client: httpx.Client, served: Served, bad: Hostile
) -> None:
    assert sign_in(client, bad).status_code == 303
    CLOCK.ahead += timedelta(seconds=1500)
    begin(client, bad, "?strong=true")
    CLOCK.ahead += timedelta(seconds=400)  # half an hour is the longest
    bad.claims, bad.user = {"sub": "other", "acr": "AAL3_ANY"}, {"sub": "other"}
    assert "You signed in as somebody else than before." in back(client, bad).text
    assert client.get("/review").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [{"auth_time": None}, {"auth_time": 1_000_000_000}, {"auth_time": 9_000_000_000}, {"acr": "AAL2_OR_AAL3_ANY"}],
)
def test_a_stronger_sign_in_has_to_be_recent_and_strong(
    client: httpx.Client, served: Served, bad: Hostile, claims: dict[str, Any]
) -> None:
    bad.claims = {"acr": "AAL3_ANY"} | claims
    check_refused(client, sign_in(client, bad, "?strong=true"), "strong enough")


@pytest.mark.parametrize("query", ["", "?strong=true"])
def test_it_begins_a_new_session_and_ends_the_old(
    client: httpx.Client, served: Served, bad: Hostile, query: str
) -> None:
    """Whether it is stronger or not: no cookie of the browser's works but the last."""
    assert sign_in(client, bad).status_code == 303
    old = client.cookies["mpi"]
    bad.claims = {"acr": "AAL3_ANY"}
    assert sign_in(client, bad, query).status_code == 303
    assert client.get("/review").status_code == 200
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30, cookies={"mpi": old}) as thief:
        assert thief.get("/review").status_code == 303


def ended(served: Served, token: str) -> httpx.Response:
    return httpx.post(f"{served.address}/review/sign-in/ended", data={"logout_token": token})


LOGOUT = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}


def logout_token(bad: Hostile, **changed: Any) -> str:
    now = bad.now()
    told = {"iss": bad.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": f"{time.monotonic_ns()}"}
    told |= {"sub": "4711", "sid": "s-1", **LOGOUT, **changed}
    return bad.signed({name: value for name, value in told.items() if value is not None}, typ="logout+jwt")


@pytest.mark.parametrize("changed", [{}, {"sub": None}, {"sid": None}])
def test_a_logout_token_ends_the_session(
    client: httpx.Client, served: Served, bad: Hostile, changed: dict[str, Any]
) -> None:
    assert sign_in(client, bad).status_code == 303
    answer = ended(served, logout_token(bad, **changed))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert client.get("/review").status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "another"},
        {"sid": "another"},
        {"events": {}},
        {"events": None},
        {"nonce": "n"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": 253_402_300_799},  # the last second there is
        {"jti": None},
        {"sub": None, "sid": None},
        {"sub": 4711},
    ],
)
def test_other_tokens_end_nothing(
    client: httpx.Client, served: Served, bad: Hostile, changed: dict[str, Any]
) -> None:
    assert sign_in(client, bad).status_code == 303
    answer = ended(served, logout_token(bad, **changed))
    assert answer.status_code == (200 if changed in ({"sub": "another"}, {"sid": "another"}) else 400)
    assert client.get("/review").status_code == 200


def test_a_logout_token_is_heard_once(client: httpx.Client, served: Served, bad: Hostile) -> None:
    assert sign_in(client, bad).status_code == 303
    token = logout_token(bad)
    for status in (303, 200):
        assert ended(served, token).status_code == 200
        assert client.get("/review").status_code == status
        assert sign_in(client, bad).status_code == 303


def test_nor_again_while_the_clocks_may_differ(client: httpx.Client, served: Served, bad: Hostile) -> None:
    """It is taken until a minute after it has expired, and so is its word remembered."""
    assert sign_in(client, bad).status_code == 303
    token = logout_token(bad)
    assert ended(served, token).status_code == 200
    CLOCK.ahead += timedelta(seconds=150)
    assert sign_in(client, bad).status_code == 303
    assert ended(served, token).status_code == 200
    assert client.get("/review").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 20_001])
def test_what_is_no_logout_token_is_answered_as_the_standard_has_it(served: Served, token: str) -> None:
    """OpenID Connect Back-Channel Logout 1.0 2.8."""
    answer = ended(served, token)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert answer.headers["cache-control"] == "no-store"


def test_tokens_and_the_provider_side_by_side_or_the_provider_alone(
    client: httpx.Client, served: Served, url: str, folder: Path
) -> None:
    assert "Access token" in client.get("/review/sign-in").text
    assert enter(client, TOKENS["viewer"]).status_code == 303
    kept = dict(client.cookies)
    alone = Served(url, folder, CLOCK, provider=folder / "provider.toml", token_sign_in=False)
    with httpx.Client(base_url=alone.address, trust_env=False, timeout=30, cookies=kept) as there:
        assert "Access token" not in there.get("/review/sign-in").text
        assert there.post("/review/sign-in", data={"token": TOKENS["viewer"]}).status_code == 404
        assert there.get("/review").status_code == 303  # sessions begun with a token are over too
    alone.stop()


def test_a_secret_goes_by_the_header_unless_the_provider_wants_it_in_the_form(
    url: str, tmp_path: Path, bad: Hostile
) -> None:
    for methods in (["client_secret_basic", "client_secret_post"], ["client_secret_post"]):
        bad.honest()
        bad.document = {"token_endpoint_auth_methods_supported": methods}
        listener, address = listening()
        file = provider_file(tmp_path, bad.issuer, address, STRONG)
        lines = [line for line in file.read_text().splitlines() if not line.startswith("client_key")]
        lines.insert(1, 'client_secret = "a secret/of: the & tests"')
        file.write_text("\n".join(lines))
        running = Served(url, tmp_path, CLOCK, listener=listener, provider=file)
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            assert sign_in(client, bad).status_code == 303
            assert client.get("/review/sign-in/keys").json() == {"keys": []}
        running.stop()
        form, headers = bad.forms[-1]
        if len(methods) == 2:
            told = httpx.BasicAuth(CLIENT, "a%20secret%2Fof%3A%20the%20%26%20tests")._auth_header
            assert headers["Authorization"] == told
            assert "client_secret" not in form
        else:
            assert form["client_secret"] == "a secret/of: the & tests"
            assert "Authorization" not in headers


def test_without_a_provider_there_is_no_such_page(url: str, tmp_path: Path) -> None:
    plain = Served(url, tmp_path)
    with httpx.Client(base_url=plain.address, trust_env=False, timeout=30) as client:
        for path in (AWAY, CALLBACK, "/review/sign-in/keys"):
            assert client.get(path).status_code == 404
        assert client.post("/review/sign-in/ended", data={"logout_token": "x"}).status_code == 404
    plain.stop()
