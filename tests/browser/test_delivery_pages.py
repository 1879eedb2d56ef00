"""Deliveries in the browser: who is not told, telling again, setting aside (IHE-24)."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.usecases.subscribers.deliveries import Condition, Deliveries
from tests.browser import subscribers
from tests.browser.chromium import sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter, hidden
from tests.integration.core.world import ADMINISTRATOR

ODD = "<script>alert(1)</script>' \" onload=x {{7*7}} %s ../"


def deliveries(served: Served) -> Deliveries:
    return Deliveries(served.world.index.units, served.world.index.clock)


def test_the_oldest_is_set_aside_and_the_rest_told(page: Page, served: Served) -> None:
    made = subscribers.stopped(served)
    first, second = (event.id for event in deliveries(served).open(made, ADMINISTRATOR).next_events)
    sign_in(page, served, Role.ADMINISTRATOR)
    expect(page.get_by_text(re.compile(r"\d+ subscribers? not told"))).to_be_visible()
    page.get_by_role("link", name="Deliveries").first.click()
    page.get_by_role("link", name=f"webhook/{made}").click()
    expect(page.get_by_text("the consumer answered AE")).to_be_visible()
    expect(page.get_by_text("secret")).to_have_count(0)
    page.get_by_role("button", name="Set it aside").click()
    page.get_by_role("link", name="Say why the subscriber need not be told").click()
    page.get_by_label("Why the subscriber need not be told").fill("it knows already")
    page.get_by_role("button", name="Set it aside").click()
    expect(page.get_by_text(f"Event {first} is set aside")).to_be_visible()
    owed = deliveries(served).open(made, ADMINISTRATOR)
    assert (owed.condition, [event.id for event in owed.next_events]) == (Condition.SET_ASIDE, [second])
    expect(page.get_by_text("Set aside, nothing told since")).to_be_visible()


def test_the_keyboard_is_enough_to_tell_again(page: Page, served: Served) -> None:
    made = subscribers.failing(served)
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/deliveries/{made}")
    page.get_by_role("button", name="Tell it again now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is told again now.")).to_be_visible()
    assert deliveries(served).open(made, ADMINISTRATOR).condition is Condition.TOLD


def test_all_are_told_again_without_javascript(browser: Browser, served: Served) -> None:
    made = [subscribers.failing(served), subscribers.stopped(served)]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.ADMINISTRATOR, "/review/deliveries")
    page.get_by_role("button", name="Tell them all again").click()
    expect(page.get_by_text(re.compile(r"\d+ subscribers are told again"))).to_be_visible()
    assert {deliveries(served).open(one, ADMINISTRATOR).condition for one in made} == {Condition.TOLD}
    context.close()


def test_odd_letters_are_text(page: Page, served: Served) -> None:
    made = subscribers.failing(served, ODD)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.ADMINISTRATOR, "/review/deliveries")
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    page.goto(f"{served.address}/review/deliveries/{made}")
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    expect(page.locator("main script")).to_have_count(0)
    assert said == []


@pytest.mark.parametrize("path", ["", "/1", "/retry", "/1/retry", "/1/set-aside"])
def test_it_is_for_operators(client: httpx.Client, served: Served, path: str) -> None:
    enter(client, TOKENS[Role.SENIOR_REVIEWER])
    start = client.get("/review")
    form = {"csrf": hidden(start), "event": "1", "reason": "x"}
    post = path.endswith(("retry", "aside"))
    answer = client.post(f"/review/deliveries{path}", data=form) if post else client.get(f"/review/deliveries{path}")
    assert answer.status_code == 403
    assert "Deliveries" not in start.text


def test_a_look_is_audited_and_a_stale_form_changes_nothing(client: httpx.Client, served: Served) -> None:
    made = subscribers.stopped(served)
    enter(client, TOKENS[Role.ADMINISTRATOR])
    page = client.get(f"/review/deliveries/{made}")
    row = served.audited("list-deliveries")[-1]
    assert (row.user, row.subjects) == ("administrator.smith", [f"subscription/{made}"])
    last = deliveries(served).open(made, ADMINISTRATOR).next_events[-1].id
    form = {"csrf": hidden(page), "event": str(last), "reason": "out of turn"}
    assert client.post(f"/review/deliveries/{made}/set-aside", data=form).status_code == 409
    assert client.post(f"/review/deliveries/{made}/retry", data={"csrf": "x" * 40}).status_code == 403
    assert deliveries(served).open(made, ADMINISTRATOR).condition is Condition.STOPPED
    assert client.get("/review/deliveries/999999").status_code == 404
