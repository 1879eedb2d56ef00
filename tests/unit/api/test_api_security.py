"""Tokens and purposes (SEC-5, SEC-6)."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.api.security import PURPOSES, hash_token, token_lookup
from mpi.domain.access import Caller, Role
from tests.unit.api.loopback import Live, as_problem
from tests.unit.api.synthetic import ALPHA

CALLER = Caller("archive", Role.ARCHIVE, "RMC")
PATH = f"/v1/people/{ALPHA}"


@given(token=st.text(min_size=1), other=st.text(min_size=1))
def test_only_the_token_itself_finds_its_caller(token: str, other: str) -> None:
    caller_of = token_lookup({hash_token(token): CALLER})
    assert caller_of(token) is CALLER
    assert (caller_of(other) is CALLER) == (token == other)


def test_the_hash_is_sha256_in_hex_whatever_its_case() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2 B.1
    assert hash_token("abc") == digest
    assert token_lookup({digest.upper(): CALLER})("abc") is CALLER


def test_the_hash_itself_is_no_token() -> None:
    digest = hash_token("abc")
    assert token_lookup({digest: CALLER})(digest) is None


def test_every_digest_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time taken must not tell where in the list a token stands."""
    caller_of = token_lookup({hash_token(str(n)): Caller(str(n), Role.VIEWER, "RMC") for n in range(5)})
    compare = hmac.compare_digest
    compared: list[bytes] = []

    def watch(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watch)
    for token in ("0", "4", "none"):
        compared.clear()
        caller_of(token)
        assert len(compared) == 5


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="mpi"'),
        ("", 'Bearer realm="mpi"'),
        ("Bearer", 'Bearer realm="mpi"'),
        ("Basic dXNlcjp3b3Jk", 'Bearer realm="mpi"'),
        ("token-viewer", 'Bearer realm="mpi"'),
        ("Bearer wrong", 'Bearer realm="mpi", error="invalid_token"'),
        ("Bearer token-viewerx", 'Bearer realm="mpi", error="invalid_token"'),
        ("Bearer token-viewer,token-viewer", 'Bearer realm="mpi", error="invalid_token"'),
    ],
)
def test_a_stranger_is_challenged(live: Live, header: str | None, challenge: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = live.call("GET", PATH, None, headers)
    assert as_problem(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == challenge
    assert live.house.query.callers == []


def test_a_token_of_undecodable_bytes_is_a_wrong_token(live: Live) -> None:
    sent = b"GET /v1/tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \xff\xfe\r\n\r\n"
    assert live.send_raw(sent).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("body", [b"{", b'{"issuer": 5}', b"x" * 100])
def test_a_stranger_learns_nothing_from_validation(live: Live, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = live.call("POST", "/v1/resolve", None, headers, content=body)
    assert as_problem(answer) == (401, "unauthenticated")


def test_the_scheme_is_case_insensitive(live: Live) -> None:
    assert live.call("GET", PATH, None, {"Authorization": "bearer token-viewer"}).status_code == 200


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_an_allowed_purpose_reaches_the_use_case(live: Live, purpose: str) -> None:
    """SEC-6: the purpose of the one request, for the audit."""
    live.call("GET", PATH, Role.VIEWER, {"X-Purpose-Of-Use": purpose})
    assert live.house.query.callers == [Caller("user-viewer", Role.VIEWER, "RMC", purpose)]


def test_without_one_the_callers_own_purpose_stands(live: Live) -> None:
    live.call("GET", PATH, Role.VIEWER)
    assert live.house.query.callers[0].purpose == "direct-care"


@pytest.mark.parametrize("purpose", ["", "curiosity", "DIRECT-CARE"])
def test_a_purpose_not_on_the_list_is_refused_not_ignored(live: Live, purpose: str) -> None:
    answer = live.call("GET", PATH, Role.VIEWER, {"X-Purpose-Of-Use": purpose})
    assert as_problem(answer) == (422, "bad-value")
    assert answer.json()["location"] == "X-Purpose-Of-Use"
    assert live.house.query.callers == []
