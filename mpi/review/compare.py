"""One task: the records side by side, why they weigh what they weigh, what an answer would do, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response

from mpi.domain.access import Caller, Right
from mpi.domain.acts import outline
from mpi.domain.answers import RULINGS
from mpi.domain.consequence import Consequence
from mpi.domain.views import Decision, TaskKind, TaskState, TaskView
from mpi.domain.worklist import UNANSWERED, holder
from mpi.errors import Conflict, MpiError, Refused
from mpi.review.comments import Comment, overlong
from mpi.review.comparison_rows import columns, rows
from mpi.review.pages import Pages
from mpi.review.route import Calling, PageRoute, Paging
from mpi.review.tasks import PATH, Filtered, Filters
from mpi.review.waterfall import WIDTH, waterfall
from mpi.review.words import ANSWERS

router = APIRouter(include_in_schema=False, route_class=PageRoute)
TaskId = Annotated[int, Path(ge=1, le=2**63 - 1)]
REASONS = (
    "Details agree",
    "Checked with the trust",
    "Checked on the Spine",
    "Twins or siblings",
    "Members of one family",
    "Changed name or address",
    "Typing error",
    "Number used for two people",
    "Other",
)


def answers_to(task: TaskView) -> list[Decision]:
    """The answers that settle a task of this kind."""
    if task.kind in {TaskKind.OVERLAY, TaskKind.PROPOSED_CHANGE}:
        return [Decision.ACCEPT, Decision.REJECT]
    return [Decision.SAME] if task.one == task.other else [Decision.SAME, Decision.DIFFERENT]


def _preview(
    pages: Pages, task: TaskView, decision: Decision, caller: Caller
) -> tuple[Consequence | None, bool, str]:
    """What the answer would do, whether two people are needed, and why it cannot be told."""
    try:
        found, needs_two = pages.bench.review.preview(task.id, decision, caller)
    except MpiError as error:
        return None, False, str(error)
    return found, needs_two, ""


def _proposed(pages: Pages, task: TaskView, caller: Caller) -> dict[str, Any]:
    """What somebody would do, if that is what the task is about, and what it would do now or why that cannot be."""
    if task.proposal is None:
        return {}
    told: dict[str, Any] = {"told": outline(task.proposal.act), "preview": None, "problem": ""}
    if task.state in UNANSWERED:
        try:
            told["preview"] = pages.bench.acts.look(task.id, caller)
        except MpiError as error:
            told["problem"] = _sentence(error)
    return told


@router.get(PATH + "/{task_id}")
def compare(
    request: Request, pages: Paging, caller: Calling, task_id: TaskId, filters: Filtered, behind: bool = False
) -> Response:
    """Everything about one task; `behind`: what the index thinks of it too, where it keeps that to itself."""
    return _page(request, pages, caller, task_id, filters, behind=behind)


@router.post(PATH + "/{task_id}/behind")
def look_behind(request: Request, pages: Paging, caller: Calling, task_id: TaskId, filters: Filtered) -> Response:
    """Show what the index thinks of a pair."""
    pages.bench.sampling.look(task_id, caller)
    query = f"{filters.query}&" if filters.query else ""
    return pages.redirect(request, f"{PATH}/{task_id}?{query}behind=true")


def _page(
    request: Request,
    pages: Pages,
    caller: Caller,
    task_id: int,
    filters: Filters,
    errors: Mapping[str, str] = {},
    status: int = 200,
    entered: Mapping[str, str] = {},
    behind: bool = False,
) -> Response:
    caller.require(Right.REVIEW)
    found = pages.bench.comparing.compare(task_id, caller, behind=behind)
    proposed = _proposed(pages, found.task, caller)
    if found.task.proposal and not proposed["preview"]:  # the look may have found that it is outlived
        found = pages.bench.comparing.compare(task_id, caller)
    task = found.task
    open_ = task.state in UNANSWERED
    holds = holder(task, pages.bench.clock.now())
    answers = answers_to(task)
    quiet = found.blind or _alone(task) or task.proposal
    return pages.page(
        request,
        "proposal.jinja" if task.proposal else "task.jinja",
        status,
        **proposed,
        found=found,
        task=task,
        open=open_,
        holder=holds,
        mine=open_ and holds in ("", caller.user) and task.proposed_by != caller.user and not found.read,
        columns=columns(found.sides),
        rows=rows(found.sides),
        why=waterfall(found.explanation, found.certain) if found.explanation else None,
        drawing=WIDTH,
        effects=[(d, *_preview(pages, task, d, caller)) for d in answers] if open_ and not quiet else [],
        answers=answers,
        colleagues=[
            user for user in pages.bench.worklist.reviewers(caller) if user not in (caller.user, task.proposed_by)
        ],
        reasons=REASONS,
        filters=filters,
        errors=errors,
        entered=entered,
        may_undo=not (found.read or found.blind) and (task.decided_by == caller.user or caller.may(Right.UNDO_ANY)),
    )


def _alone(task: TaskView) -> bool:
    return task.one == task.other and task.kind is not TaskKind.OVERLAY


@router.post(PATH + "/{task_id}/answer")
def give_answer(
    request: Request,
    pages: Paging,
    caller: Calling,
    task_id: TaskId,
    filters: Filtered,
    decision: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=60)] = "",
    comment: Comment = "",
    due: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Settle the task and go to the next one."""
    errors, day = {}, None
    entered = {"reason": reason, "comment": comment, "due": due}
    if decision not in set(Decision):
        errors["decision"] = "Choose an answer"
    if decision == Decision.DEFER:
        day = _day(due)
        if day is None:
            errors["due"] = "Enter the day to look again, a later one than today"
    elif decision in (*RULINGS, Decision.SAME, Decision.DIFFERENT) and reason not in REASONS:
        errors["reason"] = "Choose a reason"
    if reason == "Other" and not comment.strip():
        errors["comment"] = "Say what the reason is"
    if long := overlong(comment):
        errors["comment"] = long
    if errors:
        return _page(request, pages, caller, task_id, filters, errors, 422, entered)
    said = ": ".join(part for part in (reason, comment.strip()) if part)
    try:
        done = pages.bench.review.decide(task_id, Decision(decision), said, caller, day)
    except Conflict as conflict:
        return _page(request, pages, caller, task_id, filters, {"decision": _sentence(conflict)}, 409, entered)
    except Refused as refused:
        if refused.location != "due":
            raise
        return _page(request, pages, caller, task_id, filters, {"due": _sentence(refused)}, 422, entered)
    return pages.redirect(request, filters.back, _told(done))


@router.post(PATH + "/{task_id}/claim")
def claim(request: Request, pages: Paging, caller: Calling, task_id: TaskId, filters: Filtered) -> Response:
    """Take the task."""
    pages.bench.review.claim(task_id, caller)
    return pages.redirect(request, _here(task_id, filters))


@router.post(PATH + "/{task_id}/assign")
def assign(
    request: Request,
    pages: Paging,
    caller: Calling,
    task_id: TaskId,
    filters: Filtered,
    assignee: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Give the task to a colleague."""
    if not assignee:
        return _page(request, pages, caller, task_id, filters, {"assignee": "Choose who shall answer it"}, 422)
    pages.bench.worklist.assign(task_id, assignee, caller)
    said = f"Task {task_id} is {assignee}'s now. If it is not answered in three days, anybody can take it."
    return pages.redirect(request, filters.back, said)


@router.post(PATH + "/{task_id}/release")
def release(request: Request, pages: Paging, caller: Calling, task_id: TaskId, filters: Filtered) -> Response:
    """Give the task back."""
    pages.bench.review.release(task_id, caller)
    return pages.redirect(request, filters.back, f"Task {task_id} is free again.")


@router.post(PATH + "/{task_id}/undo")
def undo(
    request: Request,
    pages: Paging,
    caller: Calling,
    task_id: TaskId,
    filters: Filtered,
    comment: Comment = "",
) -> Response:
    """Take the answer back: identities are exactly as without it."""
    if long := overlong(comment):
        entered = {"undo-comment": comment}
        return _page(request, pages, caller, task_id, filters, {"undo-comment": long}, 422, entered)
    back = pages.bench.review.undo(task_id, comment.strip() or "taken back", caller)
    what = "proposal" if back.proposal else "answer"
    return pages.redirect(request, _here(task_id, filters), f"The {what} has been taken back.")


def _told(task: TaskView) -> str:
    if Decision.UNSURE in (task.proposed, task.decision):
        return f"Task {task.id} now waits for somebody else."
    if task.proposed is not None:
        return f"Task {task.id}: your answer stands when a second person gives it too. Nothing has been changed yet."
    if task.state is TaskState.DEFERRED:
        return f"Task {task.id} will come back on its day."
    if task.proposal is not None:
        done = "it has been done" if task.decision is Decision.ACCEPT else "it has been turned down"
        return f"Task {task.id} is settled: {done}."
    answer = ANSWERS[task.decision] if task.decision else ""
    undo = "" if task.kind is TaskKind.BLIND_SAMPLE else f" It can be undone from its page, /review/tasks/{task.id}."
    return f"Task {task.id} is settled: {answer.lower()}.{undo}"


def _here(task_id: int, filters: Filters) -> str:
    return f"{PATH}/{task_id}" + (f"?{filters.query}" if filters.query else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _sentence(error: MpiError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
