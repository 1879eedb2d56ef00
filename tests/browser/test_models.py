"""The model room on the pages: a change judged, a model approved by somebody else, rolled out and back, odd texts."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from mpi.db.rolling import RollingStores
from mpi.domain.access import Role
from mpi.domain.model_change import Judgement
from mpi.main.rolling import compose_rolling
from tests.browser import proposals
from tests.browser.chromium import sign_in
from tests.browser.served import Served
from tests.integration.core.other_models import altered, keener
from tests.integration.core.world import ADMINISTRATOR

ODD = "<script>alert(1)</script>' \" {{7*7}}"
LONG = "W" * 100  # the longest that a version may be, in the widest letter


def test_changes_are_judged_one_after_another_and_counted(page: Page, served: Served) -> None:
    made = proposals.merging(served)
    before = served.world.partition()
    sign_in(page, served, Role.REVIEWER, "/review/models")
    page.get_by_role("link", name=re.compile(f"proposal {made}$")).click()
    expect(page.get_by_text("Nobody has judged a change yet.")).to_be_visible()
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()
    expect(page.get_by_role("button", name="Answer")).to_have_count(0)
    page.get_by_text("Weights that differ, in bits").click()
    expect(page.get_by_role("row").filter(has_text="Links by itself from")).to_contain_text("+1.6")
    page.get_by_role("button", name="Judge the next change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Records of several people become one person's")
    expect(page.get_by_role("columnheader", name=re.compile("Bolton .*Person A, asked about"))).to_be_visible()
    expect(page.get_by_role("heading", name="Why, by the model proposed")).to_be_visible()
    for name in ("Better than now", "Worse than now", "Not sure"):
        page.get_by_role("button", name=name).click()
    page.goto(f"{served.address}/review/models/{made}")
    row = page.get_by_role("row").filter(has_text="% (")
    expect(row).to_contain_text("50 % (9 to 91 %)")
    assert served.world.partition() == before
    assert len(served.audited("judge-proposed-change")) >= 3
    assert len(served.audited("read-proposed-change")) >= 3


def test_who_proposed_a_model_does_not_approve_it(page: Page, served: Served) -> None:
    """SEC-3, SEC-1: change control of the model."""
    proposals.alike(served)
    made = proposals.propose(served, altered(name=ODD, version=LONG, certain=keener().certain))
    sign_in(page, served, Role.SENIOR_REVIEWER, f"/review/models/{made}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ODD)
    for path in (f"/{made}/changes/1", "", f"/{made}"):
        page.goto(f"{served.address}/review/models{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Answer").click()
    page.get_by_role("link", name="Choose whether the model is approved").click()
    expect(page.get_by_label("Yes, approve it")).to_be_focused()
    page.get_by_label("Yes, approve it").check()
    page.get_by_label("Why").fill(1_001 * "x")
    page.get_by_role("button", name="Answer").click()
    page.get_by_role("link", name="Write no more than 1,000 characters; this has 1,001").click()
    expect(page.get_by_label("Why")).to_have_value(1_001 * "x")
    page.get_by_label("Why").fill(ODD)
    page.get_by_role("button", name="Answer").click()
    wanted = "At least 30 of its changes must be judged before a model is approved, or all if there are fewer"
    expect(page.get_by_role("alert")).to_contain_text(wanted)
    expect(page.get_by_text("Judged worse than now")).to_have_count(0)
    proposals.judge_all(served, made)
    changes = served.world.index.models.proposal(made, proposals.SENIOR).proposal.changes
    for number in range(1, changes + 1):
        served.world.index.models.judge(made, number, Judgement.WORSE, proposals.SENIOR)
    page.goto(f"{served.address}/review/models/{made}")
    worse = f"Of {changes} {'change' if changes == 1 else 'changes'} judged better or worse, 0 are for the better"
    expect(page.get_by_text(worse)).to_be_visible()
    page.get_by_label("Yes, approve it").check()
    page.get_by_label("Why").fill(ODD)
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("The model is approved. Nothing that is served has changed.")).to_be_visible()
    expect(page.locator(".nhsuk-inset-text")).to_contain_text(ODD)
    expect(page.get_by_role("button", name="Answer")).to_have_count(0)
    audited = served.audited("approve-model")[-1]
    assert (audited.subjects, audited.detail["worse"]) == ([f"model-proposal/{made}"], changes)
    expect(page.get_by_text(f"mpi model roll-out {made}")).to_be_visible()
    index = served.world.index
    compose_rolling(index).out(made, ADMINISTRATOR)
    assert page.reload().status == 503  # type: ignore[union-attr]  this process has begun with another model
    compose_rolling(index).back(ODD, ADMINISTRATOR)
    page.reload()
    expect(page.get_by_text("It is not in force any more")).to_be_visible()
    page.get_by_role("link", name="Models", exact=True).first.click()
    rows = page.get_by_role("table", name="Models that were in force").get_by_role("row")
    proposed = page.get_by_role("table", name="Proposed models").get_by_role("row")
    expect(proposed.filter(has_text=f"proposal {made}")).to_contain_text("Rolled back")
    expect(rows.nth(1)).to_contain_text(f"Rolled back by admin: {ODD}")
    expect(rows.nth(2)).to_contain_text(f"Proposal {made} rolled out by admin")
    with RollingStores(index.engine).begin() as store:
        store.claim("mpi model roll-out 7")
        page.reload()
        expect(page.get_by_text("mpi model roll-out 7. Until it has ended")).to_be_visible()


def test_a_page_of_no_proposal_is_not_found(page: Page, served: Served) -> None:
    sign_in(page, served, Role.REVIEWER, "/review")
    for path in ("/review/models/999", "/review/models/999/changes/1"):
        answer = page.goto(f"{served.address}{path}")
        assert answer is not None
        assert answer.status == 404


def test_it_is_not_for_viewers(page: Page, served: Served) -> None:
    sign_in(page, served, Role.VIEWER, "/review")
    expect(page.get_by_role("link", name="Models")).to_have_count(0)
    answer = page.goto(f"{served.address}/review/models")
    assert answer is not None
    assert answer.status == 403
    told = "a viewer may not see or do what is for reviewers; a reviewer, a senior reviewer or an administrator may"
    expect(page.get_by_text(told)).to_be_visible()
