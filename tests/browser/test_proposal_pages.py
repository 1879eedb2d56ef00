"""What takes two people and has no task: proposed by one on the person's page, looked at and accepted, turned down or
taken back at its task (issue 6, SEC-3; decision 34)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.views import TaskState
from tests.browser import histories, waiting
from tests.browser.chromium import check_accessibility, sign_in
from tests.browser.served import Served
from tests.browser.test_change import confirm
from tests.browser.test_person import at
from tests.integration.core.world import ARCHIVE, COLLEAGUE, of, study


def test_one_proposes_and_another_accepts(page: Page, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    christie = f"CHR|C{of(bolton).value[1:]}"
    sign_in(page, served, Role.REVIEWER, at(golden_id, f"/change/preview?to=split&record={christie}"))
    expect(page.get_by_text("Needs a second person")).to_be_visible()
    expect(page.get_by_text("It parts records with one verified NHS number.")).to_be_visible()
    expect(page.get_by_text("Nothing is changed until somebody else has looked at it")).to_be_visible()
    confirm(page, "Propose to split")
    expect(page.get_by_text("Nothing has been changed yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Make these records a person of their own?")).to_be_visible()
    expect(page.get_by_text("reviewer.smith proposes it. Checked with the trust")).to_be_visible()
    expect(page.get_by_role("button", name="Accept: let it be done")).to_have_count(0)
    check_accessibility(page)
    assert served.world.together(bolton, christie)
    page.goto(served.address + at(golden_id))
    expect(page.get_by_role("link", name=re.compile("Proposed change, task"))).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/tasks?kind=proposed-change&text={of(christie).value}")
    row = page.get_by_role("row").filter(has_text="make records a person of their own: proposed by reviewer.smith")
    expect(row.get_by_text("Second person")).to_be_visible()
    row.get_by_role("link").click()
    expect(page.get_by_text("becomes a person of its own, with 1 study.")).to_be_visible()
    expect(page.get_by_text("It parts records with one verified NHS number.")).to_be_visible()
    expect(page.get_by_role("link", name="The person, and how they were built")).to_be_visible()
    check_accessibility(page)
    confirm(page, "Accept: let it be done")
    expect(page.get_by_text("is settled: it has been done.")).to_be_visible()
    assert not served.world.together(bolton, christie)
    assert served.audited("decide-accept")[-1].detail["proposed_by"] == "reviewer.smith"
    served.world.verify()


def test_it_is_turned_down_by_keyboard(page: Page, served: Served) -> None:
    task = waiting.merge(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    shown = page.get_by_role("main")
    expect(shown).to_contain_text("What speaks against one person")
    expect(shown).to_contain_text("Two different verified NHS numbers")
    expect(page.get_by_text("These look like different people.")).to_be_visible()
    page.get_by_label("Reason").focus()
    page.keyboard.type("Number used")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Turn it down")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Task {task.id} is settled: it has been turned down.")).to_be_visible()
    page.goto(f"{served.address}/review/tasks/{task.id}")
    expect(page.get_by_text("turned down. Number used for two people")).to_be_visible()
    assert not served.world.together(str(task.one), str(task.other))


def test_its_proposer_takes_it_back_without_javascript(browser: Browser, served: Served) -> None:
    task = waiting.split(served, waiting.PROPOSER)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("The proposal has been taken back.")).to_be_visible()
    expect(page.get_by_text("reviewer.smith took the proposal back.")).to_be_visible()
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
    assert served.world.review.task(task.id, COLLEAGUE).state is TaskState.WITHDRAWN
    context.close()


def test_who_comes_too_late_is_told_so(page: Page, served: Served) -> None:
    task = waiting.outlived(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_text("It has been withdrawn by itself: the people are not as they were")).to_be_visible()
    expect(page.get_by_role("button", name="Accept: let it be done")).to_have_count(0)
    expect(page.get_by_role("button", name="Turn it down")).to_have_count(0)


def test_what_changes_under_ones_eyes_is_not_done(page: Page, served: Served) -> None:
    """Between the look and the word."""
    task = waiting.merge(served)
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/tasks/{task.id}")
    served.world.review.undo(task.id, "", COLLEAGUE)
    confirm(page, "Accept: let it be done")
    expect(page.get_by_role("alert")).to_contain_text("already withdrawn")
    assert not served.world.together(str(task.one), str(task.other))


def test_a_taking_back_of_high_impact_is_proposed(page: Page, served: Served) -> None:
    """Rita's own split; many studies have come since."""
    bolton, christie = histories.unverified(served)
    golden_id = served.world.golden(bolton)
    sign_in(page, served, Role.REVIEWER, at(golden_id, f"/change/preview?to=split&record={christie}"))
    confirm(page, "Split")
    for number in range(21):
        served.world.imaging.register(study(f"9.{served.number()}.{number}", christie), ARCHIVE)
    page.goto(served.address + at(golden_id))
    newest = page.locator(".app-steps__one").first
    newest.get_by_text("Take this back").click()
    newest.get_by_label("Why is it taken back?").fill("one person after all")
    newest.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", name="Take back what was stated of these people?")).to_be_visible()
    expect(page.get_by_text("reviewer.smith proposes it. one person after all")).to_be_visible()
    assert not served.world.together(bolton, christie)
    task = page.url.removeprefix(served.address)
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.ADMINISTRATOR, task)
    confirm(page, "Accept: let it be done")
    assert served.world.together(bolton, christie)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PRIVACY_OFFICER])
def test_it_is_for_reviewers(page: Page, served: Served, role: Role) -> None:
    task = waiting.split(served)
    sign_in(page, served, role)
    answer = page.goto(f"{served.address}/review/tasks/{task.id}")
    assert answer is not None
    assert answer.status == 403
