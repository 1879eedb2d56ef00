"""Answering many tasks alike: a sample, a second person, the rest, and back; by mouse and keyboard (SEC-3)."""

from __future__ import annotations

import httpx
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.batches import Outcome
from mpi.domain.views import Decision
from mpi.tokens import token_hash
from tests.browser import crowds
from tests.browser.chromium import sign_in
from tests.browser.served import CALLERS, TOKENS, Served
from tests.integration.core.alike import alike
from tests.integration.core.world import COLLEAGUE, REVIEWER


def test_a_batch_from_the_work_list_to_its_end_and_back(page: Page, served: Served) -> None:
    alike(served.world, 24)
    sign_in(page, served, Role.REVIEWER, "/review/tasks")
    page.get_by_role("link", name="Groups of tasks alike").click()
    expect(page.get_by_role("row").filter(has_text="24")).to_contain_text("Surname")
    page.get_by_role("button", name="Draw a batch of group 1").click()
    expect(page.get_by_text("is drawn. Answer its sample.")).to_be_visible()
    batch = page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="Answer the next task of the sample").click()
    page.get_by_label("Reason").select_option("Details agree")
    page.get_by_role("button", name="Same person").click()
    expect(page).to_have_url(f"{served.address}/review/groups/{batch}")
    expect(page.get_by_text("9 tasks of the sample wait for an answer.")).to_be_visible()
    standing = crowds.batches_of(served).standing(int(batch), COLLEAGUE)
    for task in standing.sample[1:]:
        served.world.review.decide(task.id, Decision.SAME, "", COLLEAGUE)
    page.reload()
    expect(page.get_by_text("at most 25.9% of the other 14 would be answered otherwise")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    _confirm_and_take_back(page, served, batch)


def _confirm_and_take_back(page: Page, served: Served, batch: str) -> None:
    sign_in(page, served, Role.SENIOR_REVIEWER, f"/review/groups/{batch}")
    page.get_by_role("button", name="Confirm").press("Enter")
    page.get_by_role("link", name="Say that you have looked at the sample").press("Enter")
    expect(page.get_by_label("I have looked at the sample")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of 14 are done. You can leave this page and go on later.")).to_be_visible()
    page.get_by_role("button", name="Answer the next tasks").press("Enter")
    expect(page.get_by_text("Every task has been seen to.")).to_be_visible()
    expect(page.get_by_role("button", name="Answer the next tasks")).to_have_count(0)
    assert len(served.world.rows("select from task where comment = :c", c=f"batch {batch}")) == 14
    page.get_by_role("button", name="Take back all answers of this batch").click()
    expect(page.get_by_text("All answers of this batch have been taken back.")).to_be_visible()
    assert not served.world.rows("select from task where comment = :c", c=f"batch {batch}")


def test_it_goes_on_by_presses_without_a_script_and_by_itself_with_one(
    browser: Browser, page: Page, served: Served
) -> None:
    """Sixty tasks take three steps; in between it is left and resumed."""
    alike(served.world, 70, 30_000, phones=True)
    batches = crowds.batches_of(served)
    (group,) = [one for one in batches.groups(REVIEWER) if one.tasks == 70]
    made = batches.open(group.pattern, REVIEWER)
    crowds.answer(served, made)
    batches.confirm(made.batch.id, Decision.SAME, CALLERS[token_hash(TOKENS[Role.SENIOR_REVIEWER])])
    path = f"/review/groups/{made.batch.id}"
    plain = browser.new_context(java_script_enabled=False)
    scriptless = plain.new_page()
    sign_in(scriptless, served, Role.SENIOR_REVIEWER, path)
    scriptless.get_by_role("button", name="Answer the next tasks").click()
    expect(scriptless.get_by_text("25 of 60 are done.")).to_be_visible()
    plain.close()
    sign_in(page, served, Role.SENIOR_REVIEWER, path)
    expect(page.get_by_text("25 of 60 are done.")).to_be_visible()
    page.get_by_role("button", name="Answer the next tasks").click()
    expect(page.get_by_text("Every task has been seen to.")).to_be_visible()
    assert batches.standing(made.batch.id, REVIEWER).rest == {Outcome.ANSWERED: 60}


def test_it_is_for_reviewers(client: httpx.Client, page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, "/review")
    for path in ("/review/groups", "/review/groups/1"):
        answer = page.goto(served.address + path)
        assert answer is not None
        assert answer.status == 403
