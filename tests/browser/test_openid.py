"""Signing in at an OpenID provider as NHS CIS2 is one, with a certified provider nobody here wrote (SEC-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.commands import Field
from mpi.domain.identifiers import Identifier
from mpi.embedded import create_database, drop_database
from tests.browser import questions
from tests.browser.chromium import PATIENCE, WIDTHS, bring_to, check_accessibility, check_layout
from tests.browser.openid import (
    OFFICER,
    PORTER,
    REVIEWER,
    SECOND,
    SENIOR,
    Late,
    answer,
    go_to_provider,
    listening,
    provider_file,
    provider_for,
    sign_in_there,
)
from tests.browser.served import Served
from tests.conftest import TEMPLATE
from tests.integration.core.world import nhs, person, register

CLOCK = Late()
PROVED = "You have proved who you are. Now do again what you wanted to do: nothing has been changed yet."


@pytest.fixture(scope="module")
def served(template_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that people sign in to through the provider."""
    name, folder = f"openid_{worker_id}", tmp_path_factory.mktemp("openid")
    listener, address = listening()
    with provider_for(address) as issuer:
        url = create_database(template_url, name, template=TEMPLATE)
        file = provider_file(folder, issuer, address)
        running = Served(url, folder, CLOCK, asking=True, listener=listener, provider=file)
        yield running
        running.stop()
    drop_database(template_url, name)


@pytest.fixture(autouse=True)
def on_time() -> Iterator[None]:
    yield
    CLOCK.ahead = timedelta()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose browser obeys every policy: what it had to refuse fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert wrong == []


def test_sec_5_somebody_signs_in_and_comes_to_where_they_wanted(page: Page, served: Served) -> None:
    sign_in_there(page, served, REVIEWER, "/review/find?number=1")
    page.goto(f"{served.address}/review")
    expect(page.get_by_text("You are signed in as Rita Shah (100000000001) (reviewer, Bolton NHS")).to_be_visible()
    row = served.audited("sign-in")[-1]
    assert (row.user, row.role, row.organisation) == ("Rita Shah (100000000001)", "reviewer", "RMC")
    assert (row.detail["subject"], row.detail["name"], row.detail["acr"]) == (
        REVIEWER,
        "Rita Shah",
        "AAL2_OR_AAL3_ANY",
    )
    (kept,) = served.world.rows("select urid from provider_session where subject = :s", s=REVIEWER)
    assert kept.urid == "555001"  # NHSD-Session-URID: the role they chose, not another they hold
    assert "id_token" not in str(page.context.cookies())


def test_whose_roles_count_for_nothing_here_is_told_so(page: Page, served: Served) -> None:
    before = len(served.audited("sign-in"))
    go_to_provider(page, served)
    answer(page, PORTER)
    expect(page).to_have_title(re.compile("^Error: Sign in"))
    expect(page.get_by_text("none of your roles may use this service")).to_be_visible()
    expect(page.get_by_text("you signed in as Pat Porter (100000000005)")).to_be_visible()
    check_accessibility(page)
    page.goto(f"{served.address}/review")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert len(served.audited("sign-in")) == before


def test_who_cancels_is_told_and_can_begin_again(page: Page, served: Served) -> None:
    go_to_provider(page, served, "/review/dashboards/trusts")
    answer(page, REVIEWER, button="Cancel")
    expect(page.get_by_text("The sign-in service did not sign you in")).to_be_visible()
    page.get_by_role("button", name="Sign in with Care Identity").click()
    answer(page, REVIEWER)
    page.wait_for_url(f"{served.address}/review/dashboards/trusts")


def test_who_comes_back_after_too_long_begins_again(page: Page, served: Served) -> None:
    go_to_provider(page, served)
    CLOCK.ahead = timedelta(seconds=601)
    answer(page, REVIEWER)
    expect(page.get_by_text("You were away for longer than ten minutes.")).to_be_visible()


def test_of_two_sign_ins_begun_the_later_counts(page: Page, served: Served) -> None:
    """The state of the first is lost; the second still ends well."""
    first, second = page, page.context.new_page()
    go_to_provider(first, served)
    go_to_provider(second, served)
    answer(first, REVIEWER)
    expect(first.get_by_text("was not begun in this browser, or another one was begun since")).to_be_visible()
    answer(second, REVIEWER)
    second.wait_for_url(f"{served.address}/review")


def test_signing_out_ends_it_here_and_there(page: Page, served: Served) -> None:
    sign_in_there(page, served, REVIEWER)
    copied = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["mpi"]
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(re.compile("/review/sign-in"))
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    assert served.audited("sign-out")[-1].user == "Rita Shah (100000000001)"
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30, cookies={"mpi": copied}) as thief:
        assert thief.get("/review").status_code == 303
    go_to_provider(page, served)  # the provider knows them no longer either, and asks


def test_a_page_says_where_its_forms_may_lead_and_nowhere_else(page: Page, served: Served) -> None:
    stranger = page.goto(f"{served.address}/review/sign-in")
    assert stranger is not None
    assert "form-action 'self';" in stranger.headers["content-security-policy"]
    go_to_provider(page, served)
    issuer = re.match(r"http://[^/]+", page.url)
    assert issuer
    answer(page, REVIEWER)
    page.wait_for_url(f"{served.address}/review")
    known = page.goto(f"{served.address}/review")
    assert known is not None
    assert f"form-action 'self' {issuer[0]};" in known.headers["content-security-policy"]


def test_who_is_signed_out_by_the_provider_is_signed_out_here(page: Page, served: Served) -> None:
    """OpenID Connect Back-Channel Logout 1.0."""
    go_to_provider(page, served)
    issuer = re.match(r"http://[^/]+", page.url)
    assert issuer
    answer(page, SENIOR)
    page.wait_for_url(f"{served.address}/review")
    page.goto(f"{issuer[0]}/session/end")  # as another service's signing out does
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_text("Sign-out Success")).to_be_visible()
    page.goto(f"{served.address}/review")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert served.audited("sign-out-elsewhere")[-1].user == "Sam Senior (100000000002)"


def prove(page: Page, login: str, level: str = "AAL3_ANY") -> None:
    """Go through the stronger sign-in that a page asks for."""
    expect(page.get_by_role("heading", name="Prove again who you are")).to_be_visible()
    page.reload()
    for width in WIDTHS:
        bring_to(page, width)
        check_layout(page)
        check_accessibility(page)
    page.get_by_role("button", name="Continue").click()
    answer(page, login, level)


def test_sec_5_lifting_a_do_not_link_asks_for_aal3_of_both(page: Page, browser: Browser, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in_there(page, served, OFFICER, "/review/kept-apart")
    keep_apart(page, task.one, task.other)
    expect(page.get_by_text("This needs a stronger sign-in than you have now.")).to_be_visible()
    lift(page, "Ask to lift", "a mistake")
    prove(page, OFFICER)
    page.wait_for_url(f"{served.address}/review/kept-apart")
    expect(page.get_by_text(PROVED)).to_be_visible()
    expect(page.get_by_text("This needs a stronger sign-in than you have now.")).to_have_count(0)
    assert served.audited("ask-to-lift-kept-apart") == []
    assert served.audited("step-up")[-1].detail["acr"] == "AAL3_ANY"
    lift(page, "Ask to lift", "a mistake")
    expect(page.get_by_text("Noted: another privacy officer has to confirm it.")).to_be_visible()
    with browser.new_context() as context:
        other = context.new_page()
        sign_in_there(other, served, SECOND, "/review/kept-apart")
        lift(other, "Confirm", "seen it")
        prove(other, SECOND)
        lift(other, "Confirm", "seen it")
        expect(other.get_by_text("They may be linked again.")).to_be_visible()
    CLOCK.ahead = timedelta(seconds=901)  # what was proved then is not proved now
    page.reload()
    keep_apart(page, task.one, task.other)
    lift(page, "Ask to lift", "a mistake")
    expect(page.get_by_role("heading", name="Prove again who you are")).to_be_visible()


def keep_apart(page: Page, one: Identifier, other: Identifier) -> None:
    page.get_by_label("Who issued the first number").select_option("Bolton")
    page.get_by_label("First number", exact=True).fill(one.value)
    page.get_by_label("Who issued the second number").select_option("Christie")
    page.get_by_label("Second number", exact=True).fill(other.value)
    page.get_by_label("Why they must not be linked").fill("she asks for it")
    page.get_by_role("button", name="Keep them apart").click()


def lift(page: Page, button: str, why: str) -> None:
    page.get_by_label("Why they may be linked again").fill(why)
    page.get_by_role("button", name=button).click()


def restricted(served: Served) -> str:
    """A restricted person's page."""
    number = served.number()
    who = person("Secret", born="1950-01-01", number=nhs(400 + number), more={Field.RESTRICTED: True})
    served.world.tell(register(f"BOL|{number}", 1, who))
    return f"/review/people/{served.world.golden(f'BOL|{number}')}"


def test_sec_5_breaking_the_glass_asks_for_aal3_and_aal2_is_not_enough(page: Page, served: Served) -> None:
    place = restricted(served)
    sign_in_there(page, served, REVIEWER)
    for level in ("AAL2_OR_AAL3_ANY", "AAL3_ANY"):
        page.goto(served.address + place)
        page.get_by_label("Direct care").check()
        page.get_by_role("button", name="See the record").click()
        prove(page, REVIEWER, level)
        if level == "AAL2_OR_AAL3_ANY":
            expect(page.get_by_text("did not confirm a sign-in that is strong enough")).to_be_visible()
            page.context.clear_cookies()
            sign_in_there(page, served, REVIEWER)
    page.wait_for_url(f"{served.address}{place}/reason")
    page.get_by_label("Direct care").check()
    page.get_by_role("button", name="See the record").click()
    expect(page.get_by_text("SECRET").first).to_be_visible()


def test_who_answers_a_grave_task_is_told_before_they_write(page: Page, served: Served) -> None:
    """And comes back to it with the list they came from."""
    task = questions.perhaps_twins(served, studies=21)  # more than one person may move alone
    here = f"/review/tasks/{task.id}?kind=possible-match"
    sign_in_there(page, served, REVIEWER, here)
    page.get_by_role("link", name="Prove who you are first").click()
    prove(page, REVIEWER)
    page.wait_for_url(served.address + here)
    expect(page.get_by_text("Needs a second person").first).to_be_visible()
    expect(page.get_by_role("link", name="Prove who you are first")).to_have_count(0)
    page.get_by_label("Reason").select_option(index=1)
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_text("your answer stands when a second person gives it too")).to_be_visible()
