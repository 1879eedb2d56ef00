"""Where the network asks, a restricted person opens to staff who say why, and their reason is on record (SEC-6)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from mpi.domain.access import Role
from mpi.embedded import create_database, drop_database
from tests.browser import histories
from tests.browser.chromium import check_accessibility, sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_person import at
from tests.browser.test_signing_in import enter, hidden
from tests.conftest import TEMPLATE


@pytest.fixture(scope="module")
def served(template_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of a network that asks."""
    name = f"reasons_{worker_id}"
    folder = tmp_path_factory.mktemp("reasons")
    running = Served(create_database(template_url, name, template=TEMPLATE), folder, asking=True)
    yield running
    running.stop()
    drop_database(template_url, name)


def test_the_page_opens_after_a_reason_that_the_audit_keeps(page: Page, served: Served) -> None:
    bolton, golden_id = histories.restricted(served)
    sign_in(page, served, Role.REVIEWER, "/review/find")
    page.get_by_label("Who issued the number").select_option("Bolton")
    page.get_by_label("Number", exact=True).fill(bolton.partition("|")[2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why do you need to see this person?")).to_be_visible()
    assert "OKONKWO" not in page.content()
    assert [row for row in served.audited("read-person") if row.subjects == [str(golden_id)]] == []
    check_accessibility(page)
    page.get_by_role("button", name="See the record").click()
    page.get_by_role("link", name="Choose a reason").click()
    page.keyboard.press("Space")
    page.get_by_label("A complaint or incident").check()
    page.get_by_label("Details").fill("incident 17 <b>")
    page.get_by_role("button", name="See the record").click()
    page.wait_for_url(served.address + at(golden_id))
    expect(page.get_by_role("heading", name="Restricted record")).to_be_visible()
    assert "Ladybarn" not in page.locator("main").inner_text()  # a reason opens the page, not what is withheld
    for action in ("break-glass", "read-person"):
        rows = [row for row in served.audited(action) if row.subjects == [str(golden_id)]]
        assert {row.detail["reason"] for row in rows} == {"A complaint or incident: incident 17 <b>"}
    page.goto(served.address + at(golden_id, "/imaging"))
    expect(page.get_by_text("4 studies")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, served, Role.PRIVACY_OFFICER, at(golden_id, "/looks"))
    page.get_by_label("Direct care").check()
    page.get_by_role("button", name="See the record").click()
    page.wait_for_url(served.address + at(golden_id, "/looks"))
    expect(page.get_by_text("direct-care: A complaint or incident: incident 17 <b>").first).to_be_visible()


@pytest.mark.parametrize("more", ["", "/imaging", "/history", "/history/1", "/change", "/change/preview?to=split"])
def test_no_page_of_a_restricted_person_opens_without(client: httpx.Client, served: Served, more: str) -> None:
    _, golden_id = histories.restricted(served)
    enter(client, TOKENS[Role.REVIEWER])
    answer = client.get(at(golden_id, more))
    assert (answer.status_code, answer.headers["location"]) == (303, at(golden_id, "/reason"))
    csrf = hidden(client.get("/review"))
    given = client.post(at(golden_id, "/reason"), data={"csrf": csrf, "reason": "Direct care"})
    assert given.headers["location"] == at(golden_id, more)
    assert client.get(at(golden_id, more)).status_code in {200, 422}
    client.post("/review/sign-out", data={"csrf": csrf})
    enter(client, TOKENS[Role.SENIOR_REVIEWER])
    assert client.get(at(golden_id, more)).status_code == 303  # a reason is one person's own


def test_a_reason_is_for_one_person(client: httpx.Client, served: Served) -> None:
    (bolton, one), (_, other) = histories.restricted(served), histories.restricted(served)
    enter(client, TOKENS[Role.REVIEWER])
    csrf = hidden(client.get("/review"))
    client.post(at(one, "/reason"), data={"csrf": csrf, "reason": "Direct care"})
    assert client.get(at(one)).status_code == 200
    assert client.get(at(other)).status_code == 303
    merge = client.get(at(one, f"/change/preview?to=merge&other={other}"))
    assert merge.status_code == 422
    assert "This person is restricted" in merge.text
    client.post(at(other, "/reason"), data={"csrf": csrf, "reason": "Direct care"})
    assert client.get(at(one, f"/change/preview?to=merge&other={other}")).status_code == 200
    assert quote(bolton) not in merge.text


def test_others_open_as_ever(client: httpx.Client, served: Served) -> None:
    _, golden_id = histories.two_trusts(served)
    enter(client, TOKENS[Role.VIEWER])
    assert client.get(at(golden_id)).status_code == 200


@pytest.mark.parametrize("told", [{}, {"reason": "Because"}, {"reason": "Other", "comment": " "}])
def test_a_reason_must_be_said(client: httpx.Client, served: Served, told: dict[str, str]) -> None:
    _, golden_id = histories.restricted(served)
    enter(client, TOKENS[Role.REVIEWER])
    csrf = hidden(client.get("/review"))
    assert client.post(at(golden_id, "/reason"), data={"csrf": csrf} | told).status_code == 422
    assert client.get(at(golden_id)).status_code == 303
