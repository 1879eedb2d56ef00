"""The page of one person's imaging history."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.commands import Merge
from tests.browser import histories
from tests.browser.chromium import check_accessibility, check_layout, sign_in
from tests.browser.gallery import imaging
from tests.browser.served import Served
from tests.integration.core.world import at, of


def rows(page: Page) -> list[str]:
    """The text of each study, each cell's blanks made one."""
    return [" ".join(row.split()) for row in page.locator("tbody tr").all_inner_texts()]


def test_it_shows_all_studies_of_all_trusts_by_year_and_region(page: Page, served: Served) -> None:
    """Promise 5, NHS-62."""
    _, golden_id = histories.two_trusts(served)
    sign_in(page, served, Role.VIEWER, imaging(golden_id))
    expect(page.get_by_text("4 studies at 2 trusts, 2012 to 2024.")).to_be_visible()
    assert page.locator("h2").all_inner_texts() == ["2024", "2012", "Undated"]
    assert [" ".join(one.split()) for one in page.locator("caption").all_inner_texts()] == [
        "Chest in 2024",
        "Lower limb in 2012",
        "Region not stated in undated studies",
    ]
    assert "The Christie NHS Foundation Trust" in rows(page)[0]
    person = " ".join(page.get_by_role("region", name="Patient").inner_text().split())
    assert re.fullmatch(
        r"OKONKWO, Adaeze \(Mrs\) Born \d\d-[A-Z][a-z]{2}-19\d\d \(\d+y\) Sex Female NHS No\. 9\d\d \d{3} \d{4}",
        person,
    )
    assert served.audited("read-timeline")[-1].subjects == [str(golden_id)]


def test_a_possible_repeat_names_the_earlier_study(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.two_trusts(served)[1]))
    (repeat,) = [row for row in rows(page) if "Possible repeat" in row]
    assert "of 01-Mar-2024, Bolton NHS Foundation Trust" in repeat
    assert "CT thorax" in repeat


def test_what_is_planned_stands_before_what_is_stored(page: Page, served: Served) -> None:
    """Issue 5.1, 5.4: words for reports, and a plan that repeats another trust's study."""
    _, golden_id = histories.ordered(served)
    sign_in(page, served, Role.VIEWER, imaging(golden_id))
    assert page.locator("h2").all_inner_texts() == ["Planned and awaited", "2024", "2012", "Undated"]
    unplanned, *_ = [row for row in rows(page) if "MRI brain" in row]
    assert "No date given" in unplanned
    assert "Ordered No report yet" in unplanned
    assert unplanned == rows(page)[2]  # a year such as 9999 is no date, and what has none stands last
    (scheduled,) = [row for row in rows(page) if "Scheduled" in row]
    assert "20-Mar-2024 09:30" in scheduled
    assert "Possible repeat of 09-Mar-2024, The Christie NHS Foundation Trust" in scheduled
    (done,) = [row for row in rows(page) if "images not here yet" in row]
    assert "Report: preliminary" in done
    assert [row.split()[-1] for row in rows(page) if "09-Mar-2024" in row.split()[0]] == ["Final"]
    page.goto(served.address + imaging(golden_id, "?modality=MR"))
    assert [row for row in rows(page) if "MRI brain" in row] == rows(page)
    page.goto(served.address + imaging(golden_id, "?day=1&month=1&year=2026"))
    assert "Planned and awaited" not in page.content()


def test_filters_work_without_javascript(browser: Browser, served: Served) -> None:
    _, golden_id = histories.two_trusts(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.VIEWER, imaging(golden_id))
    page.get_by_text("Filter, or see another date").click()
    page.get_by_label("Trust").select_option("The Christie NHS Foundation Trust")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("1 study meets the filter.")).to_be_visible()
    assert len(rows(page)) == 1
    page.get_by_role("link", name="Show all").click()
    assert len(rows(page)) == 4
    context.close()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("modality=DX", 1),
        ("region=chest", 2),
        ("region=region not stated", 1),
        ("trust=RBV", 1),
        ("first=2013", 2),
        ("last=2012", 1),
        ("first=2012&last=2024", 3),
        ("modality=CT&trust=RMC", 1),
        ("modality=MR", 0),
        ("modality=<script>alert(1)</script>", 0),
    ],
)
def test_each_filter(page: Page, served: Served, query: str, shown: int) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.two_trusts(served)[1], f"?{query}"))
    assert len(rows(page)) == shown
    check_accessibility(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=20x4", "Enter the first year in four digits"),
        ("first=2024&last=2012", "must not be later"),
        ("day=31&month=2&year=2024", "Enter a real date"),
        ("day=1&month=2&year=24", "Enter a real date"),
        ("day=1&month=2&year=2_0_2_4", "Enter a real date"),
        ("day=1&month=%2B2&year=2024", "Enter a real date"),
        ("day=%D9%A1&month=2&year=2024", "Enter a real date"),
        ("day=1", "Enter a real date"),
        ("day=1&month=1&year=3024", "or an earlier one"),
        ("day=1&month=1&year=99999999999", "Enter a real date"),
    ],
)
def test_what_is_wrong_is_said_at_the_top_and_leads_to_its_field(
    page: Page, served: Served, query: str, said: str
) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.two_trusts(served)[1], f"?{query}"))
    page.locator(".nhsuk-error-summary a", has_text=said).click()
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    assert len(rows(page)) == 4, "nothing is hidden by a filter that is not understood"


def test_an_unsure_link_is_said_in_words(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.unsure(served)))
    expect(page.get_by_text("1 study is marked “Contested”")).to_be_visible()
    assert sum("Contested may not be this person's" in row for row in rows(page)) == 1
    page.goto(served.address + imaging(histories.provisional(served)))
    expect(page.get_by_text("1 study is marked “Provisional”")).to_be_visible()
    expect(page.get_by_text("Name not known")).to_be_visible()


def test_the_history_as_of_a_date_and_what_changed(page: Page, served: Served) -> None:
    """Promise 4, IHE-64."""
    bolton, golden_id = histories.two_trusts(served)
    other = f"BOL|X{served.number()}"
    histories.put(served, [histories.examination(served, other, datetime(2023, 1, 1, tzinfo=UTC))])
    served.world.tell(Merge(of(bolton), of(other), at(5)))
    sign_in(page, served, Role.REVIEWER, imaging(golden_id))
    assert len(rows(page)) == 5
    page.get_by_text(re.compile("What changed in this history")).click()
    told = " ".join(page.locator("#changes").inner_text().split())
    assert re.search(r"1 study acquired under Bolton X\d+ joined this history, on a merge by a hospital", told)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    page.goto(served.address + imaging(golden_id, f"?day={yesterday:%d}&month={yesterday:%m}&year={yesterday:%Y}"))
    expect(page.get_by_text("as far as was known then")).to_be_visible()
    today = datetime.now(UTC)
    page.goto(served.address + imaging(golden_id, f"?day={today:%d}&month={today:%m}&year={today:%Y}"))
    expect(page.get_by_text("It does not say how sure each link was then")).to_be_visible()
    assert len(rows(page)) == 5


def test_a_retired_id_leads_to_its_survivor_with_a_sentence(page: Page, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    other = f"BOL|X{served.number()}"
    histories.put(served, [histories.examination(served, other, datetime(2023, 1, 1, tzinfo=UTC))])
    retired = served.world.golden(other)
    served.world.tell(Merge(of(bolton), of(other), at(5)))
    sign_in(page, served, Role.VIEWER, imaging(retired))
    page.wait_for_url(served.address + imaging(golden_id))
    expect(page.get_by_text("has been merged into this one")).to_be_visible()
    page.reload()
    expect(page.get_by_text("has been merged into this one")).to_be_hidden()


def test_of_a_restricted_person_no_place_is_shown_to_those_not_entitled(page: Page, served: Served) -> None:
    """NHS-57: neither trusts, numbers nor what would tell them."""
    _, golden_id = histories.restricted(served)
    sign_in(page, served, Role.VIEWER, imaging(golden_id))
    expect(page.get_by_role("heading", name="Restricted record")).to_be_visible()
    body = page.locator("main").inner_text()
    for place in ("Bolton", "Christie", "BOL", "CHR", "RMC", "RBV"):
        assert place not in body
    assert page.locator("select[name=trust]").count() == 0
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.PRIVACY_OFFICER, imaging(golden_id))
    assert "The Christie NHS Foundation Trust" in rows(page)[0]


def test_who_has_no_right_is_told_so(page: Page, served: Served) -> None:
    _, golden_id = histories.two_trusts(served)
    sign_in(page, served, Role.ARCHIVE)
    answer = page.goto(served.address + imaging(golden_id))
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    assert "OKONKWO" not in page.content()


@pytest.mark.parametrize("golden_id", [uuid4(), "nonsense", "%00"])
def test_a_person_who_is_not_there(page: Page, served: Served, golden_id: object) -> None:
    sign_in(page, served, Role.VIEWER)
    answer = page.goto(served.address + imaging(golden_id))
    assert answer is not None
    assert answer.status == 404
    check_accessibility(page)


def test_a_person_is_found_by_number_and_opened(page: Page, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    sign_in(page, served, Role.VIEWER, "/review/find")
    page.get_by_label("Who issued the number").select_option("Bolton")
    page.get_by_label("Number", exact=True).fill("0000000")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_contain_text("No person has this number")
    page.get_by_label("Number", exact=True).fill(f" {bolton.partition('|')[2]} ")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Imaging history", exact=True).click()
    page.wait_for_url(served.address + imaging(golden_id))


def test_the_whole_way_by_keyboard(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.two_trusts(served)[1]))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Modality")).to_be_focused()
    page.keyboard.type("X")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 study meets the filter.")).to_be_visible()


def test_on_paper_there_are_the_person_and_the_studies_but_no_controls(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, imaging(histories.two_trusts(served)[1]))
    page.emulate_media(media="print")
    expect(page.get_by_text("OKONKWO, Adaeze (Mrs)")).to_be_visible()
    expect(page.get_by_text("CT thorax with contrast")).to_be_visible()
    for control in ("Filter, or see another date", "Sign out", "Find a person"):
        expect(page.get_by_text(control)).to_be_hidden()
    assert len(page.pdf(format="A4")) > 1000


def test_five_hundred_studies_are_on_one_page(page: Page, served: Served) -> None:
    golden_id = histories.many(served, 500)
    sign_in(page, served, Role.VIEWER, imaging(golden_id))
    expect(page.get_by_text("500 studies at 3 trusts, 2010 to 2024.")).to_be_visible()
    assert len(rows(page)) == 500
    page.set_viewport_size({"width": 320, "height": 640})
    check_layout(page)
    page.get_by_role("navigation", name="Years").get_by_role("link", name="2011").click()
    assert page.evaluate("location.hash") == "#y2011"
