"""Moving, splitting and merging from a person's page: choose, look, confirm, take back (SEC-2, SEC-3, AUD-3)."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.commands import Death, Field
from mpi.domain.views import Decision
from tests.browser import histories, questions, refusals, waiting
from tests.browser.chromium import check_accessibility, sign_in
from tests.browser.histories import unverified
from tests.browser.served import TOKENS, Served
from tests.browser.test_person import at
from tests.browser.test_signing_in import enter, hidden
from tests.integration.core.world import COLLEAGUE, SENIOR, of, register

ODD = "<script>alert(1)</script>\"'{{7*7}}"


def confirm(page: Page, button: str) -> None:
    page.get_by_label("Reason").select_option("Checked with the trust")
    page.get_by_role("button", name=button, exact=True).click()


def test_a_split_by_mouse_and_its_undo(page: Page, served: Served) -> None:
    bolton, christie = unverified(served)
    golden_id, before = served.world.golden(bolton), served.world.partition()
    sign_in(page, served, Role.REVIEWER, at(golden_id))
    page.get_by_role("link", name="Move, split or merge").click()
    page.get_by_label("Split").check()
    page.get_by_label(f"Christie {of(christie).value}").check()
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("becomes a person of its own, with 1 study.")).to_be_visible()
    expect(page.get_by_text("Trusts concerned: The Christie NHS Foundation Trust, Bolton")).to_be_visible()
    assert served.world.together(bolton, christie)
    confirm(page, "Split")
    expect(page.get_by_text("The records are a person of their own now.")).to_be_visible()
    assert not served.world.together(bolton, christie)
    row = served.audited("split")[-1]
    assert (row.user, row.subjects) == ("reviewer.smith", [str(golden_id)])
    assert row.detail["reason"] == "Checked with the trust"
    newest = page.locator(".app-steps__one").first
    newest.get_by_text("Take this back").click()
    newest.get_by_label("Why is it taken back?").fill("one person after all")
    newest.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("It has been taken back.")).to_be_visible()
    expect(page.get_by_text("one person after all").first).to_be_visible()
    assert served.world.partition() == before
    served.world.verify()


def test_what_is_undone_is_said_though_the_golden_id_goes(page: Page, served: Served) -> None:
    """On the page of who had been split off: they are the other person again, and nobody was merged."""
    bolton, christie = unverified(served)
    golden_id = served.world.golden(bolton)
    sign_in(page, served, Role.REVIEWER, at(golden_id, f"/change/preview?to=split&record={christie}"))
    confirm(page, "Split")
    alone = {served.world.golden(one) for one in (bolton, christie)} - {golden_id}
    page.goto(served.address + at(alone.pop()))
    newest = page.locator(".app-steps__one").first
    newest.get_by_text("Take this back").click()
    newest.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("It has been taken back.")).to_be_visible()
    expect(page.get_by_text("has been merged into this one")).to_have_count(0)
    assert page.url.endswith(str(golden_id))


def test_a_move_by_keyboard_alone(page: Page, served: Served) -> None:
    bolton, christie = unverified(served)
    target, _ = unverified(served)
    sign_in(page, served, Role.SENIOR_REVIEWER, at(served.world.golden(bolton), "/change"))
    page.get_by_label("Split").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # the second record, the Christie's
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Bol")
    page.keyboard.press("Tab")
    page.keyboard.type(of(target).value)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move these records?")).to_be_visible()
    expect(page.get_by_text("leaves this person for another, with 1 study.")).to_be_visible()
    page.get_by_label("Reason").focus()
    page.keyboard.type("Typing")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The records have moved to the other person.")).to_be_visible()
    assert served.world.together(christie, target)
    assert not served.world.together(bolton, christie)
    served.world.verify()


def test_a_merge_without_javascript(browser: Browser, served: Served) -> None:
    (one, _), (other, _) = unverified(served), unverified(served)
    golden_id = served.world.golden(other)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.SENIOR_REVIEWER, at(served.world.golden(one), "/change"))
    page.get_by_label("Merge").check()
    page.get_by_label("Number", exact=True).fill(str(golden_id))
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_role("region", name="The other person")).to_be_visible()
    expect(page.get_by_text("2 records of the first and 2 of the second would be of one person")).to_be_visible()
    confirm(page, "Merge")
    expect(page.get_by_text("The two people are one now.")).to_be_visible()
    expect(page.get_by_role("heading", name="4 records")).to_be_visible()
    assert served.world.together(one, other)
    context.close()


def test_what_is_missing_is_said_beside_its_field(page: Page, served: Served) -> None:
    bolton, christie = unverified(served)
    sign_in(page, served, Role.REVIEWER)
    place = at(served.world.golden(bolton), "/change/preview")
    for query, said in (
        ("", "Choose what shall happen"),
        ("to=split", "Choose the records that shall leave"),
        ("to=split&record=BOL|nobody", "Choose the records that shall leave"),
        (f"to=split&record={bolton}&record={christie}", "Leave at least one record"),
        (f"to=move&record={bolton}", "Enter a number or the golden id"),
        ("to=merge&issuer=BOL&other=nobody", "No one person has this number"),
        ("to=merge&issuer=nobody&other=1", "No one person has this number"),
        (f"to=merge&issuer=BOL&other={of(bolton).value}", "This is the same person"),
    ):
        answer = page.goto(f"{served.address}{place}?{query}")
        assert answer is not None
        assert answer.status == 422
        page.get_by_role("alert").get_by_role("link", name=re.compile(said)).click()
        assert page.evaluate("document.activeElement.tagName") == "INPUT", query
    check_accessibility(page)
    page.goto(f"{served.address}{place}?to=split&record={christie}")
    page.get_by_role("button", name="Split", exact=True).click()
    expect(page.get_by_role("link", name="Choose a reason")).to_be_visible()
    page.get_by_role("link", name="Change the choice").click()
    expect(page.get_by_label(f"Christie {of(christie).value}")).to_be_checked()
    assert served.world.together(bolton, christie)


def test_a_senior_reviewer_does_what_has_high_impact_alone(page: Page, served: Served) -> None:
    """SEC-3."""
    bolton, golden_id = histories.two_trusts(served)
    christie = f"CHR|C{of(bolton).value[1:]}"
    sign_in(page, served, Role.SENIOR_REVIEWER, at(golden_id, f"/change/preview?to=split&record={christie}"))
    expect(page.get_by_text("As a senior reviewer you can do it alone.")).to_be_visible()
    confirm(page, "Split")
    assert not served.world.together(bolton, christie)


def test_strangers_are_told_apart_before_they_are_merged(page: Page, served: Served) -> None:
    """What contradicts is on the page, and a reviewer alone can only propose it."""
    man, child = waiting.strangers(served)
    served.world.tell(register(man, 3, {Field.DEATH: Death("2020-01-01")}))
    place = at(served.world.golden(man), f"/change/preview?to=merge&other={served.world.golden(child)}")
    sign_in(page, served, Role.REVIEWER, place)
    shown = page.get_by_role("main")
    expect(shown).to_contain_text("What speaks against one person")
    contrary = (
        "Two different verified NHS numbers",
        "Date of birth: different",
        "Sex: different",
        "recorded as dead",
    )
    for words in contrary:
        expect(shown).to_contain_text(words)
    expect(page.get_by_text("These look like different people.")).to_be_visible()
    expect(page.get_by_role("button", name="Merge", exact=True)).to_have_count(0)
    # Of two with one record each the older identity stays: the man's, on whose page this is.
    expect(page.get_by_text("joins this person, whose identity stays")).to_be_visible()
    check_accessibility(page)


def test_a_decision_that_stands_is_named(page: Page, served: Served) -> None:
    (one, _), (other, _) = unverified(served), unverified(served)
    served.world.review.assert_pair(of(one), of(other), False, "two people", COLLEAGUE)
    path = f"/change/preview?to=merge&other={served.world.golden(other)}"
    sign_in(page, served, Role.REVIEWER, at(served.world.golden(one), path))
    expect(page.get_by_text("This cannot be done now")).to_be_visible()
    expect(page.get_by_text("have been decided to be different people")).to_contain_text(of(other).value)
    expect(page.get_by_role("button", name="Merge", exact=True)).to_have_count(0)


def test_what_changed_since_the_look_is_not_done(page: Page, served: Served) -> None:
    bolton, christie = unverified(served)
    golden_id = served.world.golden(bolton)
    other, _ = unverified(served)
    path = f"/change/preview?to=merge&other={served.world.golden(other)}"
    sign_in(page, served, Role.SENIOR_REVIEWER, at(golden_id, path))
    served.world.review.assert_pair(of(bolton), of(christie), False, "two people", SENIOR)
    confirm(page, "Merge")
    expect(page.get_by_role("alert")).to_contain_text("have changed since you looked")
    assert not served.world.together(bolton, other)


def test_the_answer_to_a_task_is_taken_back_at_the_task(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    served.world.review.decide(task.id, Decision.SAME, "Typing error", COLLEAGUE)
    sign_in(page, served, Role.SENIOR_REVIEWER, at(served.world.golden(str(task.one))))
    page.get_by_role("link", name=f"task {task.id}").first.click()
    expect(page.get_by_role("button", name="Take the answer back")).to_be_visible()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PRIVACY_OFFICER, Role.ARCHIVE])
def test_it_is_for_reviewers(client: httpx.Client, served: Served, role: Role) -> None:
    bolton, christie = unverified(served)
    place = at(served.world.golden(bolton))
    enter(client, TOKENS[role])
    csrf = hidden(client.get("/review"))
    assert client.get(f"{place}/change").status_code == 403
    assert client.get(f"{place}/change/preview?to=split&record={christie}").status_code == 403
    told = {"csrf": csrf, "to": "split", "record": christie, "reason": "Typing error", "mark": "x"}
    assert client.post(f"{place}/change", data=told).status_code == 403
    assert client.post(f"{place}/undo", data={"csrf": csrf, "assertion": "1"}).status_code == 403
    assert served.world.together(bolton, christie)


def test_what_cannot_be_taken_back_is_told_and_what_was_typed_is_given_back(
    client: httpx.Client, served: Served
) -> None:
    """Numbers beyond any, boxes that were written too full, and who may do what in plain words."""
    bolton, christie = unverified(served)
    enter(client, TOKENS[Role.SENIOR_REVIEWER])
    csrf, place = hidden(client.get("/review")), at(served.world.golden(bolton))
    task = questions.perhaps_twins(served)
    served.world.review.decide(task.id, Decision.SAME, "Typing error", SENIOR)
    huge, long = "9" * 20, "Seen the letter. " * 70
    for address in (f"{place}/history/{huge}", f"/review/tasks/{huge}", f"/review/quarantine/{huge}", at("x")):
        gone = client.get(address)
        assert (gone.status_code, "There is no such page" in gone.text) == (404, True)
        assert "Input should" not in gone.text
    gone = client.post(f"{place}/undo", data={"csrf": csrf, "assertion": huge})
    assert (gone.status_code, "offers nothing of that number to be taken back" in gone.text) == (404, True)
    said = f"Write no more than 1,000 characters; this has {len(long):,}"
    full = {"csrf": csrf, "comment": long, "reason": "Typing error", "assertion": "1", "decision": "same"}
    other = questions.perhaps_twins(served)
    preview = client.get(f"{place}/change/preview?to=split&record={christie}").text
    split = {"to": "split", "record": christie, "mark": re.findall(r'name="mark" value="([^"]+)"', preview)[0]}
    mend = {"csrf": csrf, "reason": long}
    for path, form in (
        (f"{place}/undo", full),
        (f"{place}/change", full | split),
        (f"{place}/reason", full),
        (f"/review/tasks/{task.id}/undo", full),
        (f"/review/tasks/{other.id}/answer", full),
        (f"/review/quarantine/{refusals.hl7(served)}/settle", mend),
    ):
        back = client.post(path, data=form)
        limit = said if "reason" not in path else said.replace("1,000", "500")
        assert (back.status_code, back.text.count(limit), long in back.text) == (422, 2, True), path
    assert served.world.together(bolton, christie)
    client.post("/review/sign-out", data={"csrf": csrf})
    enter(client, TOKENS[Role.REVIEWER])
    refused = client.get("/review/kept-apart")
    assert refused.status_code == 403
    words = "a reviewer may not keep records apart for privacy or see what is kept back"
    assert f"{words}; a privacy officer or an administrator may." in refused.text


def test_a_form_of_another_session_changes_nothing(client: httpx.Client, served: Served) -> None:
    bolton, christie = unverified(served)
    enter(client, TOKENS[Role.REVIEWER])
    told = {"csrf": "x" * 40, "to": "split", "record": christie, "reason": "Typing error", "mark": "x"}
    assert client.post(at(served.world.golden(bolton), "/change"), data=told).status_code == 403
    assert served.world.together(bolton, christie)


def test_odd_letters_are_text(page: Page, served: Served) -> None:
    task = questions.with_odd_letters(served, ODD)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.SENIOR_REVIEWER, at(task.golden_ids[0], "/change"))
    page.get_by_label("Merge").check()
    page.get_by_label("Number", exact=True).fill(ODD)
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_label("Number", exact=True)).to_have_value(ODD)
    page.get_by_label("Number", exact=True).fill(str(task.golden_ids[1]))
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_label("Comment").fill(ODD)
    confirm(page, "Merge")
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    assert said == []
