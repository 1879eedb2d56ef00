"""Refused messages in the browser: read, mended and sent again, settled; each trust its own (V2-16, promise 8)."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mpi.domain.access import Role
from tests.browser import refusals
from tests.browser.chromium import sign_in
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter, hidden
from tests.integration.core.world import ADMINISTRATOR

ODD = "<script>alert(1)</script>' \" onload=x {{7*7}} %s ../"


def test_a_copy_is_mended_and_applied(page: Page, served: Served) -> None:
    """First to another refusal, then from that copy on to an accept; the original stays."""
    bad = refusals.hl7(served)
    raw = served.world.index.quarantine.raw(bad, ADMINISTRATOR)
    sign_in(page, served, Role.SENIOR_REVIEWER)
    expect(page.get_by_text(re.compile(r"\d+ messages? waiting"))).to_be_visible()
    page.get_by_role("link", name="Refused messages").first.click()
    page.get_by_role("link", name=re.compile(rf"ADT\^A28 {bad}")).click()
    expect(page.get_by_role("heading", name="Issuer not known here")).to_be_visible()
    expect(page.get_by_text("PID, field 3, repetition 1, component 4")).to_be_visible()
    expect(page.locator(".app-marked")).to_contain_text("BOLTN")
    page.get_by_text("Edit a copy").click()
    box = page.get_by_label("The message")
    box.fill(box.input_value().replace("BOLTN", "CHR"))
    page.get_by_role("button", name="Send the edited copy").click()
    expect(page.get_by_text("The copy was refused, at PID")).to_be_visible()
    expect(page.get_by_role("heading", name="Number of another trust")).to_be_visible()
    expect(page.get_by_role("link", name=f"Message {bad}", exact=True)).to_be_visible()
    box = page.get_by_label("The message")
    box.fill(box.input_value().replace("CHR^", "BOL^"))
    page.get_by_role("button", name="Send the edited copy").click()
    expect(page.get_by_text("was accepted and applied.")).to_be_visible()
    (copy,) = [c for c in served.world.index.quarantine.open(bad, ADMINISTRATOR).copies if not c.fault]
    assert served.world.rows("select 1 from source_update where message_id = :id", id=copy.id) != []
    assert served.world.index.quarantine.raw(bad, ADMINISTRATOR) == raw
    page.goto(f"{served.address}/review/quarantine/{bad}")
    expect(page.get_by_text(f"Not from here: its copy, message {copy.id}, was accepted.")).to_be_visible()
    expect(page.get_by_text("senior-reviewer.smith, ")).to_have_count(3)  # the settling, and both copies
    served.world.verify()


def test_the_keyboard_is_enough(page: Page, served: Served) -> None:
    bad = refusals.hl7(served)
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/quarantine/{bad}")
    page.locator("summary", has_text="Edit a copy").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("The message")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("rubbish")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Not readable as a message")).to_be_visible()
    expect(page.get_by_text("Not a segment")).to_be_visible()


def test_it_works_without_javascript(browser: Browser, served: Served) -> None:
    bad = refusals.hl7(served)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/quarantine/{bad}")
    page.get_by_role("button", name="Send it as it came").click()
    expect(page.get_by_text("The copy was refused, at PID")).to_be_visible()
    page.goto(f"{served.address}/review/quarantine/{bad}")
    page.get_by_role("button", name="Settle without sending").click()
    page.get_by_role("link", name="Say why the message need not be sent again").click()
    page.get_by_label("Why it need not be sent again").fill("the trust has sent a right one")
    page.get_by_role("button", name="Settle without sending").click()
    expect(page.get_by_text(f"Message {bad} is settled.")).to_be_visible()
    page.goto(f"{served.address}/review/quarantine?settled=1")
    expect(page.get_by_text("administrator.smith: the trust has sent a right one").first).to_be_visible()
    context.close()


def test_filters_stay_in_the_address(page: Page, served: Served) -> None:
    bad = refusals.hl7(served, authority="NOWHERE")
    sign_in(page, served, Role.ADMINISTRATOR, "/review/quarantine")
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Reason", exact=True).select_option("Issuer not known here")
    page.get_by_label("Trust").select_option("Bolton NHS Foundation Trust")
    page.get_by_label("Words of the reason").fill("nowhere")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("trust=RMC.*fault=unknown-authority.*text=nowhere"))
    expect(page.get_by_role("link", name=re.compile(rf"ADT\^A28 {bad}"))).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    page.goto(f"{served.address}/review/quarantine?day=2001-01-01&fault=%3Cb%3E&before=999")
    expect(page.get_by_text("Nothing is waiting for these filters.")).to_be_visible()


def test_odd_letters_are_text_and_controls_are_seen(page: Page, served: Served) -> None:
    bad = refusals.hl7(served, family=ODD, extra="NTE|1||a\x00b\u202ec")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/quarantine/{bad}")
    expect(page.get_by_text("alert(1)", exact=False).first).to_be_visible()
    expect(page.locator("main script")).to_have_count(0)
    expect(page.get_by_text("a\u2400b", exact=False).first).to_be_visible()
    page.get_by_text("Edit a copy").click()
    expect(page.get_by_label("The message")).to_have_value(re.compile("a\u2400b"))
    page.get_by_role("button", name="Send the edited copy").click()
    copy = refusals_copies(served, bad)[-1]
    assert served.world.index.quarantine.raw(copy, ADMINISTRATOR) == served.world.index.quarantine.raw(
        bad, ADMINISTRATOR
    )
    assert said == []


def refusals_copies(served: Served, original: int) -> list[int]:
    return [copy.id for copy in served.world.index.quarantine.open(original, ADMINISTRATOR).copies]


def test_fhir_and_dicom_are_laid_open(page: Page, served: Served) -> None:
    resource, header = refusals.fhir(served), refusals.image(served)
    sign_in(page, served, Role.ADMINISTRATOR, f"/review/quarantine/{resource}")
    expect(page.get_by_text('"resourceType": "OperationOutcome"', exact=False)).to_be_visible()
    expect(page.get_by_text("PUT Patient?identifier=", exact=False).first).to_be_visible()
    page.goto(f"{served.address}/review/quarantine/{header}")
    expect(page.locator(".app-marked")).to_contain_text("Issuer of Patient ID")
    page.get_by_text("Edit a copy").click()
    expect(page.get_by_text("One attribute a line")).to_be_visible()
    box = page.get_by_label("The message")
    box.fill(box.input_value().replace("NOBODY", "BOL"))
    page.get_by_role("button", name="Send the edited copy").click()
    expect(page.get_by_text(f"was accepted and applied. Message {header} is settled.")).to_be_visible()


def test_another_trusts_message_is_not_there(client: httpx.Client, served: Served) -> None:
    """The senior reviewer is of Bolton; who looked is audited."""
    own, other = refusals.hl7(served), refusals.hl7(served, sender="RBV")
    enter(client, TOKENS[Role.SENIOR_REVIEWER])
    assert client.get(f"/review/quarantine/{own}").status_code == 200
    assert (served.audited("read-message")[-1].user, served.audited("read-message")[-1].subjects) == (
        "senior-reviewer.smith",
        [f"message/{own}"],
    )
    assert client.get(f"/review/quarantine/{other}").status_code == 404
    listed = client.get("/review/quarantine")
    assert (f"/review/quarantine/{own}" in listed.text, f"/review/quarantine/{other}" in listed.text) == (True, False)
    form = {"csrf": hidden(listed), "content": "MSH|x", "reason": "not mine"}
    for act in ("replay", "edit", "settle"):
        assert client.post(f"/review/quarantine/{other}/{act}", data=form).status_code == 404
    assert client.post(f"/review/quarantine/{own}/settle", data={**form, "csrf": "x" * 40}).status_code == 403
    assert served.world.index.quarantine.open(own, ADMINISTRATOR).kept.settled_at is None


@pytest.mark.parametrize("path", ["", "/1", "/1/replay", "/1/edit", "/1/settle"])
def test_it_is_for_those_who_may_mend(client: httpx.Client, served: Served, path: str) -> None:
    enter(client, TOKENS[Role.REVIEWER])
    start = client.get("/review")
    form = {"csrf": hidden(start), "content": "MSH|x", "reason": "x"}
    post = path.count("/") == 2
    answer = client.post(f"/review/quarantine{path}", data=form) if post else client.get(f"/review/quarantine{path}")
    assert answer.status_code == 403
    assert "Refused messages" not in start.text
