"""Signing in and out: the same caller as the API's, forms from our own pages only, ended sessions ended (SEC-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.embedded import create_database, drop_database
from tests.browser.chromium import check_accessibility, sign_in, sign_in_by_form
from tests.browser.served import TOKENS, Served
from tests.conftest import TEMPLATE

SIGN_IN = "/review/sign-in"


def hidden(page: httpx.Response, name: str = "csrf") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def enter(client: httpx.Client, token: str, **more: str) -> httpx.Response:
    form = client.get(SIGN_IN)
    return client.post(SIGN_IN, data={"csrf": hidden(form), "token": token} | more)


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_where_they_went(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/review/find?number=1")
    page.get_by_label("Access token").fill(TOKENS[Role.VIEWER])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.address}/review/find?number=1")


def test_signing_in_and_out_is_audited_under_the_tokens_user(page: Page, served: Served) -> None:
    before = len(served.audited("sign-in")), len(served.audited("sign-out"))
    sign_in_by_form(page, served, Role.REVIEWER)
    expect(page.get_by_text("You are signed in as reviewer.smith (reviewer, Bolton NHS")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.goto(f"{served.address}/review")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for action, known in zip(("sign-in", "sign-out"), before, strict=True):
        (row,) = served.audited(action)[known:]
        assert (row.user, row.role, row.organisation) == ("reviewer.smith", "reviewer", "RMC")


def test_a_wrong_token_is_said_beside_the_field_and_never_shown_again(page: Page, served: Served) -> None:
    page.goto(served.address + SIGN_IN)
    page.get_by_label("Access token").fill("a-token-that-is-nobodys-at-all")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Error: Sign in"))
    page.get_by_role("link", name=re.compile("Enter a token")).click()
    expect(page.get_by_label("Access token")).to_be_focused()
    assert "nobodys" not in page.content()
    check_accessibility(page)


def test_it_works_without_javascript(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context.new_page(), served, Role.VIEWER)
    context.close()


def test_the_cookie_is_out_of_scripts_reach_and_holds_no_token(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER)
    kept = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert kept["mpi"]["httpOnly"]
    assert kept["mpi"]["sameSite"] == "Lax"
    assert page.evaluate("document.cookie") == ""
    assert TOKENS[Role.VIEWER] not in str(kept)


def test_off_this_machine_the_cookie_is_secure_and_bound_to_the_host(client: httpx.Client) -> None:
    client.headers["Host"] = "index.example"
    told = client.get(SIGN_IN).headers["set-cookie"]
    assert told.startswith("__Host-mpi-visit=")
    assert "; Secure" in told


def test_a_form_must_come_from_our_own_page_in_this_browser(client: httpx.Client) -> None:
    form = client.get(SIGN_IN)
    token = {"token": TOKENS[Role.VIEWER]}
    assert client.post(SIGN_IN, data=token).status_code == 403
    assert client.post(SIGN_IN, data=token | {"csrf": "0" * 64}).status_code == 403
    good = token | {"csrf": hidden(form)}
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.post(SIGN_IN, data=good, headers=headers).status_code == 403
    client.cookies.clear()
    assert client.post(SIGN_IN, data=good).status_code == 403
    assert "mpi" not in client.cookies


def test_every_post_needs_the_sessions_own_token(client: httpx.Client, served: Served) -> None:
    assert enter(client, TOKENS[Role.VIEWER]).status_code == 303
    refused = client.post("/review/sign-out", data={"csrf": hidden(client.get(SIGN_IN))})
    assert refused.status_code == 403
    assert "out of date" in refused.text
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30) as other:
        enter(other, TOKENS[Role.REVIEWER])
        theirs = hidden(other.get("/review"))
    assert client.post("/review/sign-out", data={"csrf": theirs}).status_code == 403
    own = hidden(client.get("/review"))
    assert client.post("/review/sign-out", headers={"X-CSRF-Token": own}).status_code == 303


def test_a_copied_cookie_is_worth_nothing_after_signing_out(client: httpx.Client, served: Served) -> None:
    enter(client, TOKENS[Role.VIEWER])
    copied = client.cookies["mpi"]
    client.post("/review/sign-out", data={"csrf": hidden(client.get("/review"))})
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30, cookies={"mpi": copied}) as thief:
        assert thief.get("/review").headers["location"] == "/review/sign-in?next=%2Freview"


def test_a_made_up_cookie_is_nobodys(client: httpx.Client) -> None:
    for value in ("", "x", "eyJpZCI6IjEifQ.x", "a.b.c"):
        client.cookies.set("mpi", value)
        assert client.get("/review").status_code == 303


def test_a_script_is_told_to_go_to_the_sign_in_page(client: httpx.Client) -> None:
    answer = client.get("/review", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/review/sign-in")


def test_a_failure_is_a_page_with_a_sentence_and_its_reference(client: httpx.Client) -> None:
    answer = client.get("/review/no-such-page", headers={"X-Request-Id": "ref-1"})
    assert answer.status_code == 404
    assert "Check the address" in answer.text
    assert "ref-1" in answer.text


def test_every_page_is_guarded_by_headers(client: httpx.Client) -> None:
    one, other = client.get(SIGN_IN), client.get("/review/nothing")
    for answer in (one, other):
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert f"script-src 'nonce-{nonce}'" in policy
        assert len(re.findall(r"<(?:script|style)\b", answer.text)) == len(
            re.findall(r"<(?:script|style)\b[^>]*nonce=", answer.text)
        )
        assert not re.findall(r"\s(?:style|on\w+)=", answer.text)
    assert one.headers["content-security-policy"] != other.headers["content-security-policy"]


def test_nothing_that_pages_load_names_another_host(client: httpx.Client) -> None:
    page = client.get(SIGN_IN).text
    loaded = re.findall(r'(?:href|src)="(/review/assets/[^"]+)"', page)
    assert {path.rpartition("/")[2] for path in loaded} >= {"nhsuk-frontend.min.css", "review.css", "htmx.min.js"}
    for path in loaded:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
        if path.endswith(".css"):
            assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", answer.text)
            assert "@font-face" not in answer.text
            assert "@import" not in answer.text


class SetClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def timed(template_url: str, worker_id: str, tmp_path: Path) -> Iterator[tuple[Served, SetClock]]:
    """A service whose sessions live by a clock of the test's."""
    clock = SetClock()
    name = f"timed_{worker_id}"
    running = Served(create_database(template_url, name, template=TEMPLATE), tmp_path, clock)
    yield running, clock
    running.stop()
    drop_database(template_url, name)


def test_a_session_ends_when_idle_and_at_last_in_any_case(timed: tuple[Served, SetClock]) -> None:
    served, clock = timed
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30) as client:
        enter(client, TOKENS[Role.VIEWER])
        for _ in range(20):
            clock.time += timedelta(minutes=29)
            assert client.get("/review").status_code == 200
        clock.time += timedelta(minutes=31)
        assert client.get("/review").status_code == 303
        enter(client, TOKENS[Role.VIEWER])
        for _ in range(24):
            clock.time += timedelta(minutes=29)
            assert client.get("/review").status_code == 200
        clock.time += timedelta(minutes=29)
        assert client.get("/review").status_code == 303


def test_without_a_database_the_page_says_to_wait(tmp_path: Path) -> None:
    away = Served("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path)
    with httpx.Client(base_url=away.address, trust_env=False, timeout=30) as client:
        answer = enter(client, TOKENS[Role.VIEWER])
    away.stop()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Wait a moment and load the page again" in answer.text
    assert "mpi" not in client.cookies


def test_the_bare_address_leads_a_browser_to_the_pages(client: httpx.Client) -> None:
    """A program is told that there is nothing."""
    answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    assert client.get("/review/").headers["location"] == "/review"
    assert client.get("/review").headers["location"].startswith("/review/sign-in")
    for accept in ("*/*", "application/json"):
        answer = client.get("/", headers={"Accept": accept})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
