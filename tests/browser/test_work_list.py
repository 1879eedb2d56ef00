"""From the work list to an answer and back, by mouse, by keyboard and without JavaScript (SEC-2, SEC-3, AUD-3)."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.views import Decision, TaskKind, TaskState
from tests.browser import questions
from tests.browser.chromium import sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter, hidden
from tests.integration.core.world import COLLEAGUE

ODD = "<script>alert(1)</script>' \" onload=x {{7*7}} %s ../"


def test_a_pair_is_settled_and_the_answer_taken_back(page: Page, served: Served) -> None:
    """Promise 4: undo restores exactly."""
    task = questions.perhaps_twins(served)
    before = served.world.partition()
    sign_in(page, served, Role.REVIEWER, f"/review/tasks?text={task.one.value}")
    page.get_by_role("link", name=re.compile(f"Possible match {task.id}")).click()
    expect(page.get_by_role("heading", name="Are these records of one person?")).to_be_visible()
    expect(page.get_by_text("Trusts concerned: The Christie NHS Foundation Trust, Bolton").first).to_be_visible()
    expect(page.get_by_text("joins the other person, whose identity stays, with 3 studies")).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_label("Reason").select_option("Typing error")
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_text(f"Task {task.id} is settled: same person.")).to_be_visible()
    assert served.world.together(str(task.one), str(task.other))
    page.goto(f"{served.address}/review/tasks/{task.id}")
    expect(page.get_by_text("reviewer.smith", exact=False).first).to_be_visible()
    page.get_by_label("Why is the answer taken back?").fill("two girls after all")
    page.get_by_role("button", name="Take the answer back").click()
    expect(page.get_by_text("The answer has been taken back.")).to_be_visible()
    assert served.world.partition() == before
    served.world.verify()


def test_a_study_of_two_patients_is_named(page: Page, served: Served) -> None:
    task = questions.study_of_two(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_role("heading", name="The studies")).to_be_visible()
    assert len(task.study_uids) == 2
    for uid in task.study_uids:
        expect(page.get_by_text(uid)).to_be_visible()


def test_the_keyboard_is_enough(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Twins")
    page.keyboard.press("Tab")
    page.keyboard.type("two birth notices")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Different people")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Task {task.id} is settled: different people.")).to_be_visible()
    decided = served.world.review.task(task.id, COLLEAGUE)
    assert (decided.decision, decided.comment) == (Decision.DIFFERENT, "Twins or siblings: two birth notices")


def test_it_works_without_javascript(browser: Browser, served: Served) -> None:
    task = questions.overlaid(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.REVIEWER, "/review/tasks?kind=overlay")
    page.get_by_role("button", name="Take the next task").click()
    page.wait_for_url(re.compile(r"/review/tasks/\d+"))
    expect(page.get_by_text("Held by you")).to_be_visible()
    page.goto(f"{served.address}/review/tasks/{task.id}")
    expect(page.get_by_text("new version that waits")).to_be_visible()
    page.get_by_label("Reason").select_option("Number used for two people")
    page.get_by_role("button", name="No, keep the old version").click()
    expect(page.get_by_text("no, keep the old version")).to_be_visible()
    context.close()


def test_an_answer_needs_a_reason_and_a_later_day(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    page.get_by_label("Comment").fill("seen both letters")
    page.get_by_role("button", name="Same person").click()
    page.get_by_role("link", name="Choose a reason").click()
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.get_by_label("Comment")).to_have_value("seen both letters")  # nothing has to be written twice
    page.get_by_text("Put it off").click()
    page.get_by_role("button", name="Look again later").click()
    expect(page.get_by_role("link", name=re.compile("Enter the day"))).to_be_visible()
    for day, said in (("2020-01-01", "must be a later one than today"), ("9999-12-31", "must be within two years")):
        page.get_by_label("Day to look again").fill(day)
        page.get_by_role("button", name="Look again later").click()
        expect(page.get_by_role("link", name=f"The day to look again {said}")).to_be_visible()
    assert served.world.review.task(task.id, COLLEAGUE).state is TaskState.OPEN


def test_two_people_on_one_task(page: Page, served: Served) -> None:
    """The second to answer is told so, and what the first has answered stands."""
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    served.world.review.decide(task.id, Decision.DIFFERENT, "twins", COLLEAGUE)
    page.get_by_label("Reason").select_option("Typing error")
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_text("This task is already decided")).to_be_visible()
    assert served.world.review.task(task.id, COLLEAGUE).decision is Decision.DIFFERENT


def test_many_studies_wait_for_a_second_person(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served, studies=21)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_text("Needs a second person")).to_be_visible()
    page.get_by_label("Reason").select_option("Typing error")
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_text("your answer stands when a second person gives it too")).to_be_visible()
    page.goto(f"{served.address}/review/tasks/{task.id}")
    expect(page.get_by_text("reviewer.smith answered: same person.")).to_be_visible()
    expect(page.get_by_role("button", name="Same person")).to_have_count(0)
    assert not served.world.together(str(task.one), str(task.other))


def test_who_is_unsure_hands_it_on(page: Page, served: Served) -> None:
    task = questions.one_number_two_people(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    page.get_by_role("button", name="Not sure: ask somebody else").click()
    expect(page.get_by_text(f"Task {task.id} now waits for somebody else.")).to_be_visible()
    page.goto(f"{served.address}/review/tasks?text={task.one.value}")
    expect(page.get_by_text("Second person")).to_be_visible()
    page.goto(f"{served.address}/review/tasks/{task.id}")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Different people")).to_be_visible()


def test_a_settled_overlay_shows_what_was_decided(page: Page, served: Served) -> None:
    task = questions.overlaid(served)
    served.world.review.decide(task.id, Decision.ACCEPT, "Checked with the trust", COLLEAGUE)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_text("ravi", exact=False).first).to_contain_text("yes, the new version is right")
    names = page.get_by_role("row", name=re.compile("^Name ")).inner_text()
    assert "RAHMAN, Farah" in names
    assert "WHITWORTH, Bernard" in names


def test_filters_stay_in_the_address(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.REVIEWER, "/review/tasks")
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Question").select_option("Possible match")
    page.get_by_label("Number or surname").fill(task.one.value)
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(f"kind=possible-match.*text={task.one.value}"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Clear the filters").click()
    expect(page).to_have_url(f"{served.address}/review/tasks")


def test_odd_letters_are_text(page: Page, served: Served) -> None:
    task = questions.with_odd_letters(served, ODD)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    expect(page.locator("main script")).to_have_count(0)
    page.goto(f"{served.address}/review/tasks?text=%3Cb%3Eno&kind=%3Cb%3E&after=x~y~z")
    expect(page.get_by_text("Nothing is waiting for these filters")).to_be_visible()
    assert said == []


def test_every_look_is_audited_with_the_people_looked_at(client: httpx.Client, served: Served) -> None:
    task = questions.perhaps_twins(served)
    enter(client, TOKENS[Role.REVIEWER])
    assert client.get(f"/review/tasks/{task.id}").status_code == 200
    rows = [row for row in served.audited("compare-task") if row.detail["task"] == task.id]
    assert {row.user for row in rows} == {"reviewer.smith"}
    assert [row.subjects for row in rows] == [[str(golden_id)] for golden_id in task.golden_ids]  # AUD-2


@pytest.mark.parametrize("path", ["", "/1", "/next", "/1/answer"])
def test_the_work_list_is_for_reviewers(client: httpx.Client, served: Served, path: str) -> None:
    form = enter(client, TOKENS[Role.VIEWER])
    page = client.get("/review")
    post = path in {"/next", "/1/answer"}
    data = {"csrf": hidden(page), "decision": "unsure"}
    answer = client.post(f"/review/tasks{path}", data=data) if post else client.get(f"/review/tasks{path}")
    assert (form.status_code, answer.status_code) == (303, 403)
    assert "Work list" not in page.text


def test_a_form_of_another_session_changes_nothing(client: httpx.Client, served: Served) -> None:
    task = questions.perhaps_twins(served)
    enter(client, TOKENS[Role.REVIEWER])
    path = f"/review/tasks/{task.id}/answer"
    data = {"decision": "same", "reason": "Typing error", "csrf": "x" * 40}
    assert client.post(path, data=data).status_code == 403
    assert served.world.review.task(task.id, COLLEAGUE).state is TaskState.OPEN
    assert client.get("/review/tasks/999999").status_code == 404
    assert client.get("/review/tasks/abc").status_code in {404, 422}
    assert task.kind is TaskKind.POSSIBLE_MATCH


def test_filters_are_saved_under_a_name_and_removed(page: Page, served: Served) -> None:
    questions.overlaid(served)
    sign_in(page, served, Role.REVIEWER, "/review/tasks")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Question").select_option("Overlay")
    page.get_by_label("Waiting").select_option("For more than a day")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing is waiting for these filters")).to_be_visible()
    page.get_by_label("Save these filters as").fill(ODD)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"The filter is saved as {ODD}.")).to_be_visible()
    page.goto(f"{served.address}/review/tasks")
    page.get_by_role("link", name=ODD).click()
    assert page.url.endswith("/review/tasks?kind=overlay&age=day")
    page.get_by_role("button", name="Remove the saved filter").click()
    expect(page.get_by_text("is removed.")).to_be_visible()
    expect(page.get_by_role("link", name=ODD)).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The filter was not saved: a name has 1 to 60 characters.")).to_be_visible()


def test_a_task_is_handed_to_a_colleague(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    page.get_by_text("Hand it to a colleague").click()
    page.get_by_role("button", name="Hand it over").click()
    page.get_by_role("link", name="Choose who shall answer it").click()
    expect(page.get_by_label("Who shall answer it")).to_be_focused()
    page.get_by_label("Who shall answer it").select_option("senior-reviewer.smith")
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_text(f"Task {task.id} is senior-reviewer.smith's now.")).to_be_visible()
    page.goto(f"{served.address}/review/tasks?held=senior-reviewer.smith&text={task.one.value}")
    expect(page.get_by_role("link", name=re.compile(f"{task.id}$"))).to_be_visible()
    assert served.world.review.task(task.id, COLLEAGUE).claimed_by == "senior-reviewer.smith"
