"""Groups of tasks that are alike, and answering them by a sample and two people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from linkage.explain import levels_in_words
from mpi.domain.access import Caller, Right
from mpi.domain.batches import MOST, Outcome, Stage, Standing
from mpi.domain.views import Decision, TaskState
from mpi.errors import Conflict, Forbidden, NotFound
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PATH = "/review/groups"
BatchId = Annotated[int, Path(ge=1, le=2**63 - 1)]
STAGES = {
    Stage.SAMPLING: ("Sample being answered", "blue"),
    Stage.CLOSED: ("For single review", "red"),
    Stage.AGREED: ("Second person", "purple"),
    Stage.ANSWERING: ("Being answered", "yellow"),
    Stage.DONE: ("Done", "green"),
    Stage.UNDOING: ("Being taken back", "orange"),
    Stage.UNDONE: ("Taken back", "grey"),
}


@router.get(PATH)
def groups(request: Request, pages: Paging, caller: Calling) -> Response:
    """The groups, the largest first."""
    return _groups(request, pages, caller)


def _groups(
    request: Request, pages: Pages, caller: Caller, errors: Mapping[str, str] = {}, status: int = 200
) -> Response:
    caller.require(Right.REVIEW)
    found = pages.bench.batches.groups(caller)
    model = pages.bench.model
    return pages.page(
        request,
        "groups.jinja",
        status,
        groups=[(one, levels_in_words(one.pattern, model)) for one in found],
        may_open=[one.pattern for one in found if one.stage in (None, Stage.DONE)],
        stages=STAGES,
        size=pages.bench.batches.size,
        most=MOST,
        errors=errors,
    )


@router.post(PATH)
def open_batch(
    request: Request, pages: Paging, caller: Calling, pattern: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Draw a batch of a group."""
    caller.require(Right.REVIEW)
    try:
        made = pages.bench.batches.open(bytes.fromhex(pattern), caller)
    except (Conflict, NotFound, ValueError) as error:
        said = "Choose a group" if isinstance(error, ValueError) else str(error)
        return _groups(request, pages, caller, {"groups": said[:1].upper() + said[1:]}, 409)
    return pages.redirect(request, f"{PATH}/{made.batch.id}", f"Batch {made.batch.id} is drawn. Answer its sample.")


@router.get(PATH + "/{batch_id}")
def batch(request: Request, pages: Paging, caller: Calling, batch_id: BatchId, going: bool = False) -> Response:
    """One batch; `going`: its next step follows by itself."""
    return _page(request, pages, caller, pages.bench.batches.standing(batch_id, caller), going=going)


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    found: Standing,
    errors: Mapping[str, str] = {},
    status: int = 200,
    going: bool = False,
) -> Response:
    own = caller.user == found.batch.confirmed_by or caller.may(Right.UNDO_ANY)
    unanswered = [task for task in found.sample if task.state is not TaskState.DECIDED]
    steps = {Stage.ANSWERING: "apply", Stage.UNDOING: "undo"}
    return pages.page(
        request,
        "batch.jinja",
        status,
        found=found,
        batch=found.batch,
        words=levels_in_words(found.batch.pattern, pages.bench.model),
        stage=STAGES[found.stage],
        following=unanswered[0] if unanswered else None,
        left=len(unanswered),
        counts={one.name.lower(): found.rest.get(one, 0) for one in Outcome},
        may_confirm=found.stage is Stage.AGREED and caller.user not in found.readers,
        step=steps.get(found.stage, "") if own else "",
        may_undo=own and found.batch.decision and found.stage not in (Stage.UNDOING, Stage.UNDONE),
        going=going,
        errors=errors,
    )


@router.post(PATH + "/{batch_id}/confirm")
def confirm(
    request: Request,
    pages: Paging,
    caller: Calling,
    batch_id: BatchId,
    decision: Annotated[str, Form(max_length=20)] = "",
    sure: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Agree to the sample's answer for the rest, and begin."""
    batches = pages.bench.batches
    if not sure or decision not in (Decision.SAME, Decision.DIFFERENT):
        found = batches.standing(batch_id, caller)
        return _page(request, pages, caller, found, {"sure": "Say that you have looked at the sample"}, 422)
    try:
        batches.confirm(batch_id, Decision(decision), caller)
    except (Conflict, Forbidden) as error:
        said = str(error)
        found = batches.standing(batch_id, caller)
        return _page(request, pages, caller, found, {"sure": said[:1].upper() + said[1:]}, 409)
    return pages.redirect(request, f"{PATH}/{batch_id}")


@router.post(PATH + "/{batch_id}/apply")
def apply(request: Request, pages: Paging, caller: Calling, batch_id: BatchId) -> Response:
    """Answer some more of the rest."""
    pages.bench.batches.apply(batch_id, caller)
    return pages.redirect(request, f"{PATH}/{batch_id}?going=true")


@router.post(PATH + "/{batch_id}/undo")
def undo(request: Request, pages: Paging, caller: Calling, batch_id: BatchId) -> Response:
    """Take some more of its answers back."""
    pages.bench.batches.undo(batch_id, caller)
    return pages.redirect(request, f"{PATH}/{batch_id}?going=true")
