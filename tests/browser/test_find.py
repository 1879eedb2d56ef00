"""Finding people: by any number, by name, by nearly the right name; and what is said when nobody is found."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from mpi.domain.access import Role
from mpi.domain.commands import Field
from tests.browser import histories
from tests.browser.chromium import check_accessibility, sign_in
from tests.browser.served import Served
from tests.integration.core.world import other_person, register


def somebody(served: Served, family: str) -> str:
    number, who = histories.somebody(served, family=family, given="Ngozi", born="1958-04-09")
    served.world.tell(register(f"BOL|B{number}", 1, who))
    return f"BOL|B{number}"


def test_by_a_misspelt_name_with_the_keyboard_alone(page: Page, served: Served) -> None:
    who = somebody(served, "Adichie")
    sign_in(page, served, Role.REVIEWER, "/review/find")
    page.get_by_label("Surname").focus()
    for text in ("Adicie", "Ngozi", "9", "4", "1958"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 person found")).to_be_visible()
    expect(page.get_by_text(re.compile("Resembles what was entered: weight \\+"))).to_be_visible()
    expect(page.get_by_label("Surname")).to_have_value("Adicie")  # to mend, not to write anew
    page.get_by_text("Compared").click()
    expect(page.get_by_text(re.compile("^Surname: "))).to_be_visible()
    link = page.get_by_role("link", name="ADICHIE, Ngozi (Mrs)")
    assert str(served.world.golden(who)) in (link.get_attribute("href") or "")


def test_one_number_at_two_issuers_gives_a_choice(page: Page, served: Served) -> None:
    number = served.number()
    served.world.tell(register(f"BOL|{number}", 1), register(f"CHR|{number}", 1, other_person()))
    sign_in(page, served, Role.VIEWER, "/review/find")
    page.get_by_label("Who issued the number").select_option("Not known: look at every issuer")
    page.get_by_label("Number", exact=True).fill(str(number))
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="2 people found")).to_be_visible()
    expect(page.get_by_text(f"Christie {number}")).to_be_visible()
    check_accessibility(page)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("number=", 422, "Enter a hospital number, NHS number or golden id"),
        ("number=943+476+5918", 422, "An NHS number has 10 digits"),
        ("number=00&issuer=BOL", 404, "No person has this number"),
        ("number=1&issuer=nobody", 422, "is not in this network"),
        ("family=", 422, "Enter a surname"),
        ("family=Smith", 422, "Enter a date of birth, or a postcode"),
        ("family=Smith&day=31&month=2&year=1954", 422, "Enter a real date of birth"),
        ("family=Smith&day=1&month=2&year=54", 422, "Enter a real date of birth"),
        ("family=Zzyzx&day=1&month=2&year=1954", 404, "Nobody was found"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    page: Page, served: Served, query: str, status: int, said: str
) -> None:
    sign_in(page, served, Role.VIEWER)
    answer = page.goto(f"{served.address}/review/find?{query}")
    assert answer is not None
    assert answer.status == status
    page.get_by_role("alert").get_by_role("link", name=re.compile(said)).click()
    assert page.evaluate("document.activeElement.tagName") == "INPUT"


def test_nhs_57_of_a_restricted_person_no_place_is_told(page: Page, served: Served) -> None:
    who = somebody(served, "Adebayo")
    served.world.tell(register(who, 2, {Field.RESTRICTED: True}))
    query = "/review/find?family=Adebayo&day=9&month=4&year=1958"
    sign_in(page, served, Role.REVIEWER, query)
    expect(page.get_by_text("Restricted", exact=True)).to_be_visible()
    assert "M13" not in page.locator("table").inner_text()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.PRIVACY_OFFICER, query)
    assert "M13 9WL" in page.locator("table").inner_text()


def test_odd_letters_are_text(page: Page, served: Served) -> None:
    odd = "<script>alert(1)</script>\"'{{7*7}}"
    somebody(served, odd)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.REVIEWER, "/review/find")
    page.get_by_label("Surname").fill(odd)
    page.get_by_label("Postcode").fill("M13 9WL")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name=odd.upper(), exact=False)).to_be_visible()
    expect(page.get_by_label("Surname")).to_have_value(odd)
    assert said == []
