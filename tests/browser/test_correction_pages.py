"""A trust's correction list in the browser and as a file (NHS-11), and the ways into the work list."""

from __future__ import annotations

import csv
import re
from io import StringIO

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from tests.browser import doubles, questions
from tests.browser.chromium import sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter

ODD = "<script>alert(1)</script>' \" onload=x {{7*7}} %s ../"


def test_a_trust_sees_whom_it_has_twice(page: Page, served: Served) -> None:
    keep, merge = doubles.two_numbers(served)
    sign_in(page, served, Role.REVIEWER)
    page.get_by_role("link", name="Corrections").first.click()
    expect(page.get_by_role("heading", name="Corrections for Bolton NHS Foundation Trust")).to_be_visible()
    section = page.get_by_role("region", name=re.compile(f"Keep Bolton {keep}:"))
    expect(section.get_by_text("because it alone has a verified NHS number")).to_be_visible()
    expect(section.get_by_role("row")).to_contain_text([re.compile("Merge"), re.compile(f"Bolton {merge}")])
    expect(section.get_by_text("OKONKWO, Ada (to keep: OKONKWO, Adaeze)")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the list (CSV)").click()
    assert re.fullmatch(r"corrections-RMC-\d{4}-\d\d-\d\d\.csv", downloading.value.suggested_filename)


def test_an_operator_chooses_a_trust_by_keyboard_and_without_javascript(browser: Browser, served: Served) -> None:
    keep, _ = doubles.two_numbers(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.ADMINISTRATOR, "/review/corrections")
    page.get_by_label("Trust").focus()
    page.keyboard.type("Bolton")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("trust=RMC"))
    expect(page.get_by_role("heading", name=re.compile(f"Keep Bolton {keep}:"))).to_be_visible()
    context.close()


@pytest.mark.parametrize("odd", [ODD, "=cmd|'/C calc'!A0", "@SUM(1)", "\uff1d1+1"])
def test_a_name_is_neither_markup_nor_a_formula(page: Page, client: httpx.Client, served: Served, odd: str) -> None:
    keep, merge = doubles.two_numbers(served, family=odd)
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.REVIEWER, "/review/corrections")
    expect(page.get_by_role("heading", name=re.compile(f"Keep Bolton {keep}:"))).to_be_visible()
    expect(page.locator("main script")).to_have_count(0)
    assert said == []
    enter(client, TOKENS[Role.REVIEWER])
    answer = client.get("/review/corrections.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    (row,) = [row for row in rows if row[0] == f"Bolton {keep}"]
    assert (row[2], row[3]) == (f"Bolton {merge}", "1")
    assert f"Name: {odd.upper()}, Adaeze / {odd.upper()}, Ada" in row[4]
    assert not [text for one in rows for text in one if text.startswith(("=", "+", "-", "@", "\uff1d"))]


def test_each_trust_gets_its_own_and_who_looked_is_on_record(client: httpx.Client, served: Served) -> None:
    keep, _ = doubles.two_numbers(served)
    enter(client, TOKENS[Role.REVIEWER])
    for path in ("/review/corrections?trust=RBV", "/review/corrections.csv?trust=RBV"):
        assert client.get(path).status_code == 403
    assert client.get("/review/corrections.csv?trust=RMC").status_code == 200
    exported = served.audited("export-corrections")[-1]
    assert (exported.user, exported.subjects) == ("reviewer.smith", ["organisation/RMC"])
    read = {subject for row in served.audited("read-corrections") for subject in row.subjects}
    assert str(served.world.golden(f"BOL|{keep}")) in read
    assert client.get("/review/corrections?after=x").status_code == 200


@pytest.mark.parametrize("path", ["", ".csv"])
def test_it_is_for_reviewers(client: httpx.Client, path: str) -> None:
    enter(client, TOKENS[Role.VIEWER])
    assert client.get(f"/review/corrections{path}?trust=RMC").status_code == 403
    assert "Corrections" not in client.get("/review").text


def test_an_operator_names_a_trust_for_a_file(client: httpx.Client) -> None:
    enter(client, TOKENS[Role.ADMINISTRATOR])
    for path in (".csv", ".csv?trust=XXX", "?trust=XXX"):
        assert client.get(f"/review/corrections{path}").status_code == 404


def test_the_start_page_leads_to_each_kind_of_question(page: Page, served: Served) -> None:
    task = questions.overlaid(served)
    sign_in(page, served, Role.REVIEWER)
    first = page.locator(".app-questions li").first
    expect(first).to_contain_text("Overlay")
    first.get_by_role("link").click()
    expect(page).to_have_url(f"{served.address}/review/tasks?kind=overlay")
    expect(page.get_by_role("link", name=re.compile(f"Overlay {task.id}"))).to_be_visible()
