"""From a hospital's patient record to one person's imaging history (docs/launch.md)."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Page, expect

from mpi.domain.launch import Launch, signature
from mpi.embedded import create_database, drop_database
from mpi.usecases.entrance.launching import WINDOW
from tests.browser import histories
from tests.browser.chromium import WIDTHS, bring_to, check_accessibility, check_layout
from tests.browser.served import TOKENS, Served
from tests.conftest import TEMPLATE

DOCUMENT = Path(__file__).parents[2] / "docs" / "launch.md"
SECRET = "a secret of Bolton's record, long enough"
FRAMED = "another secret of Stockport's, long enough"
TOKEN_FILE = f"""
[[token]]
token = "{TOKENS["viewer"]}"
user = "viewer.smith"
role = "viewer"
organisation = "RMC"

[[launcher]]
id = "bolton-epr"
secret = "{SECRET}"
organisation = "RMC"

[[launcher]]
id = "stockport-epr"
secret = "{FRAMED}"
organisation = "RWJ"
frame_ancestors = ["https://epr.stockport.example"]
"""


@pytest.fixture(scope="module")
def served(template_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An index that two hospitals' records may open."""
    name = f"launch_{worker_id}"
    folder = tmp_path_factory.mktemp("launch")
    (folder / "tokens.toml").write_text(TOKEN_FILE)
    running = Served(create_database(template_url, name, template=TEMPLATE), folder, tokens=folder / "tokens.toml")
    yield running
    running.stop()
    drop_database(template_url, name)


def link(patient: str, secret: str = SECRET, **changed: Any) -> str:
    """A launch of a patient of Bolton's that ends in a minute, or in `ends_in` seconds; what is `changed` is signed
    too, but for the signature itself."""
    ends_in = changed.pop("ends_in", 60)  # from now: when tests are collected, this one may be minutes away
    told: dict[str, Any] = {
        "launcher": "bolton-epr",
        "issuer": "BOL",
        "id": patient.partition("|")[2],
        "user": "j.bloggs",
        "expires": int(time.time()) + ends_in,
        "nonce": secrets.token_urlsafe(16),
    } | changed
    given = told.pop("signature", None)
    launch = Launch(told["launcher"], told["issuer"], told["id"], told["user"], int(told["expires"]), told["nonce"])
    return "/launch?" + urlencode(told | {"signature": given or signature(launch, secret)})


def test_a_signed_link_opens_the_timeline_of_that_person(page: Page, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    page.goto(served.address + link(bolton))
    expect(page.get_by_text("4 studies at 2 trusts")).to_be_visible()
    assert re.fullmatch(rf"{served.address}/launch/[\w-]+/imaging", page.url)
    assert page.get_by_role("button", name="Sign out").count() == 0
    for width in WIDTHS:
        bring_to(page, width)
        check_layout(page)
        check_accessibility(page)
    page.get_by_text("Filter, or see another date").click()
    page.get_by_label("Modality").select_option("X-ray (DX)")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("1 study meets the filter.")).to_be_visible()
    (opened,) = [row for row in served.audited("launch") if row.subjects == [bolton]]
    assert (opened.user, opened.role, opened.organisation) == ("launch/bolton-epr/j.bloggs", "viewer", "RMC")
    seen = [row for row in served.audited("read-timeline") if row.subjects == [str(golden_id)]]
    assert {row.user for row in seen} == {"launch/bolton-epr/j.bloggs"}


def test_it_opens_nothing_else(client: httpx.Client, served: Served) -> None:
    bolton, golden_id = histories.two_trusts(served)
    opened = client.get(link(bolton))
    assert opened.status_code == 303
    assert client.get(opened.headers["location"]).status_code == 200
    cookie = opened.headers["set-cookie"].partition(";")[0]
    for other in (
        "/review",
        f"/review/people/{golden_id}/imaging",
        "/launch/other/imaging",
        f"/v1/people/{golden_id}",
    ):
        answer = client.get(other, headers={"Cookie": cookie})
        assert answer.status_code in {303, 401, 403}, other
        assert "OKONKWO" not in answer.text


def test_two_patients_side_by_side_keep_apart(client: httpx.Client, served: Served) -> None:
    first, second = histories.two_trusts(served)[0], histories.two_trusts(served)[0]
    one, other = (client.get(link(patient)).headers["location"] for patient in (first, second))
    assert f"BOL{first.partition('|B')[2]}" in client.get(one).text
    assert f"BOL{second.partition('|B')[2]}" in client.get(other).text
    assert f"BOL{first.partition('|B')[2]}" in client.get(one).text


def test_it_follows_the_patients_identity(client: httpx.Client, served: Served) -> None:
    """The link names a patient number: whose it is now, is shown."""
    bolton = f"BOL|B{served.number()}"
    assert client.get(client.get(link(bolton)).headers["location"]).status_code == 404
    _, who = histories.somebody(served)
    place = client.get(link(bolton)).headers["location"]
    served.world.tell(histories.register(bolton, 1, who))
    assert client.get(place).status_code == 200


def test_by_nhs_number(client: httpx.Client, served: Served) -> None:
    bolton, _ = histories.two_trusts(served)
    number = served.world.record(bolton).registers.demographics.nhs_number
    spaced = f"NHS|{number[:3]} {number[3:6]} {number[6:]}"
    place = client.get(link(spaced, issuer="NHS")).headers["location"]
    assert "OKONKWO" in client.get(place).text


@pytest.mark.parametrize(
    ("changed", "secret", "said"),
    [
        ({}, "a wrong secret of the same length as it", "was not made by a system"),
        ({"launcher": "nobodys-epr"}, SECRET, "was not made by a system"),
        ({"signature": "0" * 64}, SECRET, "was not made by a system"),
        ({"signature": "ä"}, SECRET, "was not made by a system"),
        ({"ends_in": -1}, SECRET, "has expired"),
        ({"ends_in": WINDOW + 120}, SECRET, "longer than five minutes"),
        ({"nonce": "short"}, SECRET, "nonce"),
        ({"user": " "}, SECRET, "names no user"),
        ({"issuer": "CHR"}, SECRET, "may not open patients of issuer"),
        ({"issuer": "XYZ"}, SECRET, "is not in this network"),
        ({"issuer": "BOL\nB1"}, SECRET, "was not made by a system"),
        ({"expires": 0}, SECRET, "has expired"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(
    page: Page, served: Served, changed: dict[str, Any], secret: str, said: str
) -> None:
    bolton, _ = histories.two_trusts(served)
    page.goto(served.address + link(bolton, secret, **changed))
    expect(page.get_by_role("heading", name="This page cannot be opened")).to_be_visible()
    expect(page.get_by_text("Go back to the patient's record")).to_be_visible()
    assert said in page.locator("main").inner_text()
    assert "OKONKWO" not in page.content()
    check_accessibility(page)


@pytest.mark.parametrize("missing", ["launcher", "issuer", "id", "user", "expires", "nonce", "signature"])
def test_a_link_without_a_part_is_refused(client: httpx.Client, served: Served, missing: str) -> None:
    whole = link(f"BOL|B{served.number()}")
    answer = client.get(re.sub(rf"([?&]){missing}=[^&]*&?", r"\1", whole))
    assert answer.status_code == 422
    assert "This page cannot be opened" in answer.text


@pytest.mark.parametrize("part", ["id", "user", "issuer", "expires", "nonce", "launcher"])
def test_no_part_can_be_changed_after_signing(client: httpx.Client, served: Served, part: str) -> None:
    bolton, _ = histories.two_trusts(served)
    changed = re.sub(rf"([?&]{part}=)([^&]*)", r"\g<1>\g<2>1", link(bolton))
    assert client.get(changed).status_code == 403


def test_a_link_works_once(client: httpx.Client, served: Served) -> None:
    bolton, _ = histories.two_trusts(served)
    once = link(bolton)
    assert client.get(once).status_code == 303
    answer = client.get(once)
    assert answer.status_code == 403
    assert "has been used" in answer.text


def test_a_refused_link_is_not_spent(client: httpx.Client, served: Served) -> None:
    bolton, _ = histories.two_trusts(served)
    good = link(bolton)
    assert client.get(good[:-1] + ("0" if good[-1] != "0" else "1")).status_code == 403
    assert client.get(good).status_code == 303


def test_only_its_own_launcher_may_frame_the_page(client: httpx.Client, served: Served) -> None:
    stockport = f"STO|S{served.number()}"
    histories.put(served, [histories.examination(served, stockport, None)])
    framed = link(stockport, FRAMED, launcher="stockport-epr", issuer="STO")
    opened = client.get(framed, headers={"Host": "index.example"})
    cookie = opened.headers["set-cookie"]
    for word in ("SameSite=none", "Secure", "Partitioned", "HttpOnly", "Path=/launch/"):
        assert word in cookie
    sent = {"Host": "index.example", "Cookie": cookie.partition(";")[0]}
    shown = client.get(opened.headers["location"], headers=sent)
    assert shown.status_code == 200
    assert "frame-ancestors https://epr.stockport.example" in shown.headers["content-security-policy"]
    assert "x-frame-options" not in shown.headers
    bolton, _ = histories.two_trusts(served)
    alone = client.get(client.get(link(bolton)).headers["location"])
    assert "frame-ancestors 'none'" in alone.headers["content-security-policy"]


def test_the_worked_example_of_the_document_signs_as_it_says() -> None:
    """Its code is run, and its text is what the service computes."""
    document = DOCUMENT.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    told: dict[str, Any] = {}
    exec(compile(code, "launch.md", "exec"), told)
    launch = Launch(*told["values"][1:5], int(told["values"][5]), told["values"][6])
    assert told["signature"] == signature(launch, told["secret"])
    assert told["text"] == launch.canonical()
    assert told["signature"] in document.replace(code, "")
    assert told["url"] in document.replace(code, "")
