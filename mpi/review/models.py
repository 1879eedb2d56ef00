"""The model room: the model in force, what another one would change, a sample of it to judge, and the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response

from linkage.evaluation.intervals import wilson
from mpi.domain.access import Caller, Right
from mpi.domain.model_change import Judged, Judgement, ProposalState
from mpi.errors import Conflict
from mpi.review.comments import Comment, overlong
from mpi.review.comparison_rows import columns, rows
from mpi.review.model_words import JUDGEMENTS
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.waterfall import WIDTH, waterfall

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/models"
_SIZE = 25
_Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
_Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was judged of one kind of change; `share` is that of the better among those judged better or worse, in per
    cent with its 95 % limits, None when there are none."""

    judged: Judged
    share: tuple[float, float, float] | None


def standing(judged: Judged) -> Standing:
    """The share of changes for the better, with limits by Wilson's score interval."""
    settled = judged.better + judged.worse
    if not settled:
        return Standing(judged, None)
    share = judged.better / settled
    low, high = wilson(share, settled)
    return Standing(judged, (100 * share, 100 * float(low), 100 * float(high)))


def worse_than_now(judged: Sequence[Judged]) -> tuple[int, int] | None:
    """How many changes of all kinds are for the better, and of how many that were judged better or worse; None unless
    they are fewer than half."""
    better = sum(one.better for one in judged)
    settled = better + sum(one.worse for one in judged)
    return (better, settled) if 2 * better < settled else None


@router.get(PATH)
def models(request: Request, pages: Paging, caller: Calling) -> Response:
    """The model in force, and those proposed."""
    caller.require(Right.REVIEW)
    return pages.page(request, "models.jinja", found=pages.bench.models.overview(caller))


@router.get(PATH + "/{proposal_id}")
def proposal(
    request: Request,
    pages: Paging,
    caller: Calling,
    proposal_id: _Id,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """One proposed model."""
    return _page(request, pages, caller, proposal_id, after)


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    proposal_id: int,
    after: int = 0,
    errors: Mapping[str, str] = {},
    status: int = 200,
    **entered: str,
) -> Response:
    caller.require(Right.REVIEW)
    found = pages.bench.models.proposal(proposal_id, caller, after, _SIZE)
    last = found.changes[-1][0] if found.changes else 0
    return pages.page(
        request,
        "model.jinja",
        status,
        found=found,
        proposal=found.proposal,
        judged=list(map(standing, found.judged)),
        worse_than_now=worse_than_now(found.judged),
        following=last if 0 < last < found.proposal.changes else 0,
        first=not after,
        open=found.proposal.state is ProposalState.PROPOSED,
        may_answer=caller.may(Right.UNDO_ANY) and found.proposal.made_by != caller.user,
        errors=errors,
        entered=entered,
    )


@router.get(PATH + "/{proposal_id}/changes/{number}")
def change(request: Request, pages: Paging, caller: Calling, proposal_id: _Id, number: _Number) -> Response:
    """One change to judge."""
    caller.require(Right.REVIEW)
    found = pages.bench.models.sampled(proposal_id, number, caller)
    model = found.proposal.model
    drawings = (("in force", found.now, found.certain), ("proposed", found.then, model.certain))
    return pages.page(
        request,
        "model_change.jinja",
        found=found,
        proposal=found.proposal,
        change=found.change,
        columns=columns(found.sides),
        rows=rows(found.sides),
        why=[(name, waterfall(said, certain), certain) for name, said, certain in drawings if said is not None],
        drawing=WIDTH,
        open=found.proposal.state is ProposalState.PROPOSED,
        judgements=JUDGEMENTS,
    )


@router.post(PATH + "/{proposal_id}/changes/{number}/judge")
def judge(
    request: Request,
    pages: Paging,
    caller: Calling,
    proposal_id: _Id,
    number: _Number,
    judgement: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Say whether a change is for the better, and go on to the next."""
    here = f"{PATH}/{proposal_id}"
    if judgement not in set(Judgement):
        return pages.redirect(request, f"{here}/changes/{number}", "Choose better, worse or not sure.")
    try:
        following = pages.bench.models.judge(proposal_id, number, Judgement(judgement), caller)
    except Conflict as conflict:
        return pages.redirect(request, here, f"Nothing was noted: {conflict}.")
    if following is None:
        return pages.redirect(request, here, "Every change has been judged.")
    return pages.redirect(request, f"{here}/changes/{following}", f"Noted. This is change {following}.")


@router.post(PATH + "/{proposal_id}/answer")
def answer(
    request: Request,
    pages: Paging,
    caller: Calling,
    proposal_id: _Id,
    verdict: Annotated[str, Form(max_length=20)] = "",
    reason: Comment = "",
) -> Response:
    """Approve or decline a proposed model."""
    errors = {}
    if verdict not in (ProposalState.APPROVED, ProposalState.DECLINED):
        errors["verdict"] = "Choose whether the model is approved"
    if wrong := overlong(reason) if reason.strip() else "Say why":
        errors["reason"] = wrong
    status = 422
    if not errors:
        try:
            pages.bench.models.answer(proposal_id, verdict == ProposalState.APPROVED, reason.strip(), caller)
        except Conflict as conflict:
            text = str(conflict)
            errors["verdict"], status = text[:1].upper() + text[1:], 409
    if errors:
        return _page(request, pages, caller, proposal_id, 0, errors, status, verdict=verdict, reason=reason)
    return pages.redirect(
        request, f"{PATH}/{proposal_id}", f"The model is {verdict}. Nothing that is served has changed."
    )
