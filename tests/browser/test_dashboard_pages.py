"""Dashboards and blind samples, as people use them: journeys, rights, files and the record of who looked."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from mpi.domain.views import Decision, TaskKind
from tests.browser import boards, questions
from tests.browser.chromium import sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter, hidden

MATCHING, TRUSTS = "/review/dashboards/matching", "/review/dashboards/trusts"


@pytest.fixture(autouse=True)
def ended(served: Served) -> None:
    """No sample of another test waits."""
    served.world.index.sampling.end(boards.SENIOR)


def test_a_sample_is_drawn_answered_and_taken_back(page: Page, served: Served) -> None:
    boards.network(served)
    sign_in(page, served, Role.SENIOR_REVIEWER, MATCHING)
    page.get_by_text("Draw a new sample").click()
    page.get_by_label("Pairs", exact=True).fill("3")
    page.get_by_role("button", name="Draw a sample").click()
    expect(page.get_by_role("link", name="Enter a whole number from 20 to 5,000")).to_be_visible()
    page.get_by_label("Pairs", exact=True).fill("40")
    page.get_by_role("button", name="Draw a sample").click()
    expect(page.get_by_text(re.compile(r"A sample has been drawn: \d+ pairs of \d+"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"Not enough answers yet: 0 of \d+"))).to_be_visible()
    (task, *_) = boards.waiting(served, boards.Caller("senior-reviewer.smith", Role.SENIOR_REVIEWER, "RMC"))
    before = served.world.partition()
    page.goto(f"{served.address}/review/tasks/{task.id}")
    expect(page.get_by_role("heading", name="Are these records of one person?")).to_be_visible()
    expect(page.get_by_text("bits", exact=False)).to_have_count(0)
    expect(page.get_by_text("sample", exact=False)).to_have_count(0)
    page.get_by_label("Reason").select_option("Details agree")
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_text(f"Task {task.id} is settled: same person.")).to_be_visible()
    assert served.world.partition() == before
    page.goto(served.address + MATCHING)
    expect(page.get_by_text(re.compile(r"Not enough answers yet: 1 of \d+"))).to_be_visible()
    page.get_by_role("button", name="Take back what has no answer").click()
    expect(
        page.get_by_text(re.compile(r"Taken back: pairs without an answer \d+, second readings \d+\."))
    ).to_be_visible()
    page.goto(f"{served.address}/review/tasks?kind=possible-match")
    expect(page.get_by_text("possible match that", exact=False)).to_have_count(0)
    assert boards.waiting(served, boards.REVIEWER) == []


def test_who_looks_behind_a_sample_leaves_it_to_others(page: Page, served: Served) -> None:
    boards.network(served)
    task = boards.drawn(served)[0]
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}?behind=true")
    expect(page.get_by_role("heading", name="Why")).to_have_count(0)  # an address alone shows nothing
    page.get_by_role("button", name="Show the weights").click()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    expect(page.get_by_text("somebody else will answer it")).to_be_visible()
    expect(page.get_by_role("button", name="Same person")).to_have_count(0)
    page.goto(f"{served.address}/review/tasks?kind=possible-match")
    expect(page.get_by_role("link", name=re.compile(rf"Possible match {task.id}$"))).to_have_count(0)


def test_the_page_does_not_tell_a_second_reader_the_first_answer(page: Page, served: Served) -> None:
    """Also when they press an answer that the first reader has just given."""
    boards.network(served)
    task = boards.drawn(served)[0]
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    said = "Twins of another ward"
    served.world.review.decide(task.id, Decision.DIFFERENT, said, boards.REVIEWER)
    page.get_by_label("Reason").select_option("Details agree")
    page.get_by_role("button", name="Same person").click()
    expect(page.get_by_role("alert").get_by_text("This task is already decided")).to_be_visible()
    expect(page.get_by_text("Settled", exact=True)).to_be_visible()
    for told in (said, "different people", boards.REVIEWER.user):
        expect(page.get_by_text(told)).to_have_count(0)


def test_possible_matches_look_like_samples_only_while_one_waits(page: Page, served: Served) -> None:
    task = questions.perhaps_twins(served)
    boards.network(served)
    sign_in(page, served, Role.REVIEWER, f"/review/tasks/{task.id}")
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    boards.drawn(served)
    page.reload()
    expect(page.get_by_role("heading", name="Why")).to_have_count(0)
    expect(page.get_by_text("perhaps twins")).to_have_count(0)
    page.get_by_role("button", name="Show the weights").click()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    expect(page.get_by_role("button", name="Same person")).to_be_visible()


def test_dashboards_work_without_javascript(browser: Browser, served: Served) -> None:
    boards.network(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.REVIEWER, TRUSTS)
    page.get_by_role("link", name="Bolton NHS Foundation Trust").click()
    expect(page.get_by_role("img", name="Messages a day")).to_be_visible()
    page.get_by_text("Completeness of fields as a table").click()
    expect(page.get_by_role("rowheader", name="Date of birth")).to_be_visible()
    context.close()


def test_tables_are_files_for_spreadsheets(client: httpx.Client, served: Served) -> None:
    boards.measured(served)
    enter(client, TOKENS[Role.REVIEWER])
    answer = client.get(TRUSTS, params={"format": "csv", "figure": "feeds"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="trusts-feeds.csv"'
    title, head, *rows = csv.reader(io.StringIO(answer.text))
    assert (title, head[:2]) == (["Feeds"], ["Trust", "Feed"])
    christie = next(row for row in rows if row[1] == "christie")
    assert int(christie[5]) >= 1
    whole = client.get(MATCHING, params={"format": "csv"}).text
    assert {"Answers by stratum", "By sex", "Match weights", "Drift"} <= set(whole.splitlines())
    assert client.get(MATCHING, params={"format": "csv", "figure": "none"}).status_code == 404
    assert client.get(f"{TRUSTS}/NOBODY").status_code == 404


def _tables(written: str) -> dict[str, list[list[str]]]:
    """The rows of the tables of a file, by their title."""
    blocks = (list(csv.reader(io.StringIO(block))) for block in written.split("\r\n\r\n"))
    return {block[0][0]: block[2:] for block in blocks}


def test_dashboards_are_json_too_and_say_what_the_pages_say(client: httpx.Client, served: Served) -> None:
    boards.measured(served)
    own = {"Authorization": f"Bearer {TOKENS[Role.REVIEWER]}"}
    paths = [f"/v1/dashboards/{board}" for board in ("trusts", "trusts/RMC", "matching")]
    every, one, matching = (client.get(path, headers=own).json() for path in paths)
    assert every["as_of"] == one["as_of"] == matching["as_of"] is not None
    assert one["trust"] in every["trusts"]
    enter(client, TOKENS[Role.REVIEWER])
    tables = _tables(client.get(TRUSTS, params={"format": "csv"}).text)
    tables |= _tables(client.get(MATCHING, params={"format": "csv"}).text)
    records = {row[0]: row[1:6] for row in tables["Records"]}
    feeds = {row[1]: row[4:6] for row in tables["Feeds"]}
    for trust in every["trusts"]:
        counts = [trust["with_nhs_number"], trust["verified"], trust["duplicates"]]
        shares = [str(round(n / trust["records"], 6)) if trust["records"] else "" for n in counts]
        assert records[trust["name"]] == [str(trust["records"]), *shares, str(trust["overlays"])]
        for feed in trust["feeds"]:
            assert feeds[feed["feed"]] == [str(feed["messages"]), str(feed["refused"])]
    bands = [[str(band["one_person"]), str(band["not_linked"])] for band in matching["weights"]]
    assert bands == [row[1:] for row in tables["Match weights"]]
    waiting = sorted(matching["waiting"].values(), reverse=True)
    assert [str(number) for number in waiting] == [row[1] for row in tables["Waiting now"]]
    assert [one["reading"] for one in matching["drift"]] == [row[1] for row in tables["Drift"]]
    sample = matching["sample"]
    assert 0 < sample["precision"]["low"] <= sample["precision"]["value"] <= sample["precision"]["high"] <= 1
    assert [str(one["same"]) for one in sample["strata"]] == [row[-1] for row in tables["Answers by stratum"]]
    assert {one["grouping"] for one in sample["fairness"]} >= {"sex", "age"}
    assert client.get("/v1/dashboards/trusts/NOBODY", headers=own).status_code == 404
    viewer = {"Authorization": f"Bearer {TOKENS[Role.VIEWER]}"}
    assert {client.get(path, headers=viewer).status_code for path in paths} == {403}


def test_estimates_have_limits_and_kappa_its_number(page: Page, served: Served) -> None:
    boards.measured(served)
    sign_in(page, served, Role.REVIEWER, MATCHING)
    expect(page.get_by_text(re.compile(r"95% limits [\d.]+% to"))).to_have_count(3)
    expect(page.get_by_text(re.compile(r"Cohen's kappa.*answered twice"))).to_be_visible()
    expect(page.get_by_role("heading", name="By ethnic category")).to_be_visible()
    expect(page.get_by_role("button", name="Draw a sample")).to_have_count(0)  # a reviewer may not


@pytest.mark.parametrize("path", [MATCHING, TRUSTS, f"{TRUSTS}/RMC"])
def test_dashboards_are_for_reviewers(client: httpx.Client, served: Served, path: str) -> None:
    enter(client, TOKENS[Role.VIEWER])
    assert client.get(path).status_code == 403
    assert "Matching" not in client.get("/review").text


def test_drawing_and_ending_are_for_seniors(client: httpx.Client, served: Served) -> None:
    enter(client, TOKENS[Role.REVIEWER])
    data = {"csrf": hidden(client.get("/review")), "pairs": "40", "twice": "0", "share": "10"}
    assert client.post(f"{MATCHING}/sample", data=data).status_code == 403
    assert client.post(f"{MATCHING}/end", data=data).status_code == 403
    assert client.post(f"{MATCHING}/sample", data=data | {"csrf": "x"}).status_code == 403


def test_every_look_at_a_dashboard_is_audited(client: httpx.Client, served: Served) -> None:
    """AUD-2."""
    enter(client, TOKENS[Role.REVIEWER])
    for path in (MATCHING, TRUSTS, f"{TRUSTS}/RMC"):
        assert client.get(path).status_code == 200
    told = [row.subjects for row in served.audited("read-dashboard")[-3:]]
    assert told == [["dashboard/matching"], ["dashboard/trusts"], ["dashboard/trusts/RMC"]]
    assert TaskKind.BLIND_SAMPLE not in client.get("/review/tasks").text
