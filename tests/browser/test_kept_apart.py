"""Do-not-link on the pages of a privacy officer, and lifted by two (NHS-56, SEC-3)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from mpi.domain.access import Role
from tests.browser import questions
from tests.browser.chromium import sign_in
from tests.browser.served import Served

ODD = "<script>alert(1)</script>' \" {{7*7}}"


def test_two_records_are_kept_apart_and_freed_by_two(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.PRIVACY_OFFICER, "/review/kept-apart")
    page.get_by_label("Who issued the first number").select_option("Bolton")
    page.get_by_label("First number", exact=True).fill(task.one.value)
    page.get_by_role("button", name="Keep them apart").click()
    page.get_by_role("link", name="Say why they must not be linked").click()
    expect(page.get_by_label("Why they must not be linked")).to_be_focused()
    expect(page.get_by_role("link", name="Enter the hospital number")).to_be_visible()
    expect(page.get_by_label("First number", exact=True)).to_have_value(task.one.value)
    page.get_by_label("Who issued the second number").select_option("Christie")
    page.get_by_label("Second number", exact=True).fill(task.other.value)
    page.get_by_label("Why they must not be linked").fill(ODD)
    page.get_by_role("button", name="Keep them apart").click()
    expect(page.get_by_text("They are kept apart from now on.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=f"Bolton {task.one.value}")
    expect(row.get_by_text(ODD)).to_be_visible()
    row.get_by_label("Why they may be linked again").fill("a mistake")
    row.get_by_role("button", name="Ask to lift").click()
    expect(page.get_by_text("Noted: another privacy officer has to confirm it.")).to_be_visible()
    expect(row.get_by_text("You have asked for it.")).to_be_visible()
    expect(row.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.ADMINISTRATOR, "/review/kept-apart")
    expect(row.get_by_text("privacy-officer.smith asks: a mistake")).to_be_visible()
    row.get_by_label("Why they may be linked again").fill("seen it")
    row.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("They may be linked again.")).to_be_visible()
    expect(row).to_have_count(0)
    assert [row.user for row in served.audited("keep-apart")][-1:] == ["privacy-officer.smith"]


def test_it_is_not_for_reviewers(page: Page, served: Served) -> None:
    sign_in(page, served, Role.SENIOR_REVIEWER, "/review")
    expect(page.get_by_role("link", name="Kept apart")).to_have_count(0)
    answer = page.goto(f"{served.address}/review/kept-apart")
    assert answer is not None
    assert answer.status == 403
