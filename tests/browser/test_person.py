"""One person: what is believed and why, played step by step; who may see what, and that looking is recorded."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from tests.browser import histories, questions
from tests.browser.chromium import check_accessibility, open_session, sign_in
from tests.browser.served import TOKENS, URGENT, Served
from tests.browser.test_signing_in import enter
from tests.integration.core.world import REVIEWER, SENIOR, of, register

ODD = "<script>alert(1)</script>\"'{{7*7}}"


def at(golden_id: object, more: str = "") -> str:
    return f"/review/people/{golden_id}{more}"


def test_the_page_says_what_is_believed_and_which_record_says_it(page: Page, served: Served) -> None:
    """NHS-62."""
    golden_id = histories.built(served)
    sign_in(page, served, Role.REVIEWER, at(golden_id))
    expect(page.get_by_text("OKONKWO, Adaeze (Mrs)").first).to_be_visible()
    row = page.get_by_role("row", name=re.compile("^Name OKONKWO, Adaeze"))
    expect(row).to_contain_text("01-Jan-2024")
    expect(row).to_contain_text("Said last")
    expect(page.get_by_role("row", name=re.compile("NHS number [0-9]{3} [0-9]{3} [0-9]{4}"))).to_contain_text(
        "A verified NHS number comes first"
    )
    expect(page.get_by_role("heading", name="3 records")).to_be_visible()
    expect(page.get_by_text("1 study. The newest: 02-May-2024 CT")).to_be_visible()
    expect(page.get_by_text("rita said that Bolton", exact=False).first).to_contain_text("Checked with the trust")
    assert served.audited("read-person")[-1].subjects == [str(golden_id)]


def test_a_person_is_played_step_by_step_without_javascript(browser: Browser, served: Served) -> None:
    golden_id = histories.built(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.REVIEWER, at(golden_id))
    page.get_by_role("link", name="Play from the beginning").click()
    expect(page.get_by_role("heading", name="Step 1 of 5")).to_be_visible()
    expect(page.get_by_role("heading", name="They then had 1 record")).to_be_visible()
    counts = []
    for number in range(2, 6):
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_role("heading", name=f"Step {number} of 5")).to_be_visible()
        counts.append(page.locator("tbody tr").count())
    assert counts[0] == 2
    assert counts[1] == counts[3] == 3
    assert counts[2] < 3
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    expect(page.get_by_text("sam took back that")).to_contain_text("one birth notice after all")
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("Twins or siblings: two birth notices")).to_be_visible()
    page.get_by_role("link", name="All steps").click()
    expect(page.get_by_text("5 steps, the newest first.")).to_be_visible()
    page.get_by_role("link", name="Oldest first").click()
    expect(page.locator(".app-steps__what").first).to_contain_text("Step 1: This person began with Bolton")
    context.close()


def test_evidence_is_in_words_and_weights(page: Page, served: Served) -> None:
    """Promise 6."""
    sign_in(page, served, Role.REVIEWER, at(histories.built(served), "/history/2"))
    expect(page.get_by_text("NHS number: same number, verified on both sides")).to_be_visible()
    expect(page.get_by_text(re.compile(r"were certain at \+\d+\.\d bits"))).to_be_visible()
    expect(page.get_by_text("A message of The Christie NHS Foundation Trust’s feed")).to_be_visible()
    expect(page.get_by_text(served.world.index.matching.model.fingerprint)).to_be_visible()


def test_the_whole_way_from_a_number_by_keyboard(page: Page, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    sign_in(page, served, Role.REVIEWER, "/review/find")
    page.get_by_label("Who issued the number").focus()
    page.keyboard.type("Bol")
    page.keyboard.press("Tab")
    page.keyboard.type(bolton.partition("|")[2])
    page.keyboard.press("Enter")
    page.wait_for_url(served.address + at(golden_id))
    page.get_by_role("link", name="Imaging history", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(served.address + at(golden_id, "/imaging"))


def test_a_retired_golden_id_leads_to_its_successor(page: Page, served: Served) -> None:
    number = served.number()
    served.world.tell(register(f"BOL|{number}", 1), register(f"STO|{number}", 2))
    retired = served.world.golden(f"STO|{number}")
    made = served.world.review.assert_pair(of(f"BOL|{number}"), of(f"STO|{number}"), True, "", REVIEWER).assertions[0]
    sign_in(page, served, Role.PRIVACY_OFFICER, at(retired))
    living = served.world.golden(f"BOL|{number}")
    page.wait_for_url(served.address + at(living))
    expect(page.get_by_text("has been merged into this one")).to_be_visible()
    for more in ("/history", "/looks"):
        page.goto(served.address + at(retired, more))
        page.wait_for_url(served.address + at(living, more))
    served.world.review.withdraw(made, "two people", SENIOR)
    page.goto(served.address + at(retired))
    expect(page.get_by_text("given up in a merge, which was taken back since")).to_be_visible()
    expect(page.get_by_text("has been merged into this one")).to_have_count(0)
    expect(page.get_by_text(f"Earlier golden ids that lead here: {retired}")).to_be_visible()


def test_nhs_57_of_a_restricted_person_no_place_is_shown(page: Page, served: Served) -> None:
    _, golden_id = histories.restricted(served)
    sign_in(page, served, Role.VIEWER, at(golden_id))
    expect(page.get_by_role("heading", name="Restricted record")).to_be_visible()
    body = page.locator("main").inner_text()
    for place in ("Bolton", "Christie", "M13", "Ladybarn"):
        assert place not in body
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.REVIEWER, at(golden_id))
    body = page.locator("main").inner_text()
    assert "Withheld" in body
    assert "Ladybarn" not in body
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.PRIVACY_OFFICER, at(golden_id))
    assert "Ladybarn" in page.locator("main").inner_text()
    page.get_by_role("button", name="Sign out").click()
    open_session(page, served, Role.VIEWER, URGENT)  # SEC-6: their token says that it is urgent
    for place in ("", "/imaging"):
        page.goto(served.address + at(golden_id, place))
        expect(page.get_by_role("heading", name="Restricted record")).to_have_count(0)
        assert "Christie" in page.locator("main").inner_text()
    page.goto(served.address + at(golden_id))
    expect(page.get_by_text("because you have said that it is urgent")).to_be_visible()
    assert "Ladybarn" in page.locator("main").inner_text()


def test_a_privacy_officer_sees_who_has_looked(page: Page, served: Served) -> None:
    """AUD-3: who saw this patient."""
    golden_id = histories.built(served)
    sign_in(page, served, Role.VIEWER, at(golden_id, "/imaging"))
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.PRIVACY_OFFICER, at(golden_id))
    page.get_by_role("link", name="Who has looked").click()
    expect(page.get_by_role("row", name=re.compile("viewer.smith viewer Bolton"))).to_contain_text("read-timeline")
    check_accessibility(page)


@pytest.mark.parametrize(
    ("role", "more", "status"),
    [
        (Role.ARCHIVE, "", 403),
        (Role.VIEWER, "/history", 403),
        (Role.VIEWER, "/history/1", 403),
        (Role.REVIEWER, "/looks", 403),
        (Role.REVIEWER, "/history/99", 404),
        (Role.REVIEWER, "/history/x", 404),
    ],
)
def test_each_page_asks_for_its_right(
    client: httpx.Client, served: Served, role: Role, more: str, status: int
) -> None:
    _, golden_id = histories.two_trusts(served)
    enter(client, TOKENS[role])
    answer = client.get(at(golden_id, more))
    assert answer.status_code == status
    assert "OKONKWO" not in answer.text
    assert client.get(at(uuid4(), more)).status_code in {403, 404, 422}


def test_a_viewer_sees_the_person_and_no_decision(client: httpx.Client, served: Served) -> None:
    golden_id = histories.built(served)
    enter(client, TOKENS[Role.VIEWER])
    shown = client.get(at(golden_id)).text
    assert "OKONKWO" in shown
    for word in ("rita", "two birth notices", "Move, split or merge", "Who has looked", "Play from"):
        assert word not in shown


def test_odd_letters_are_text(page: Page, served: Served) -> None:
    task = questions.with_odd_letters(served, ODD)
    golden_id = task.golden_ids[0]
    made = served.world.review.assert_pair(task.one, task.other, True, ODD, SENIOR).assertions[0]
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.REVIEWER, at(golden_id))
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    expect(page.locator("main script")).to_have_count(0)
    page.goto(served.address + at(golden_id, f"/history?order={ODD}"))
    assert made
    assert said == []
