"""How a person was built, from links alone: who was there after each step, and which word belongs to which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linkage.partition import AssertionRank
from mpi.domain.formation import Saying, Span, StepKind, steps
from mpi.domain.identifiers import Identifier

BOL, CHR, STO = (Identifier(authority, "1") for authority in ("BOL", "CHR", "STO"))
OTHER = UUID(int=7)
START = datetime(2024, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def span(identifier: Identifier, since: float, until: float | None = None, **told: Any) -> Span:
    usual: dict[str, Any] = {"came_from": None, "went_to": None, "why": {"cause": f"at {since}"}, "why_ended": None}
    return Span(identifier, at(since), None if until is None else at(until), **(usual | told))


def saying(number: int, made: float, *, one: Identifier = BOL, other: Identifier = CHR, **told: Any) -> Saying:
    usual: dict[str, Any] = {"same": False, "rank": AssertionRank.REVIEWER, "subsumed": None}
    usual |= {"made_by": "rita", "made_at": at(made), "reason": "", "id": number, "one": one, "other": other}
    return Saying(**(usual | told))


def test_a_person_grows_and_shrinks() -> None:
    found = steps(
        [
            span(BOL, 0),
            span(CHR, 10, 20, went_to=OTHER, why_ended={"cause": "two people"}),
            span(STO, 15, came_from=OTHER),
            span(CHR, 30, came_from=OTHER),
        ],
        [],
    )
    assert [(step.kind, step.identifiers, set(step.members)) for step in found] == [
        (StepKind.BEGAN, (BOL,), {BOL}),
        (StepKind.ADDED, (CHR,), {BOL, CHR}),
        (StepKind.CAME, (STO,), {BOL, CHR, STO}),
        (StepKind.LEFT, (CHR,), {BOL, STO}),
        (StepKind.CAME, (CHR,), {BOL, CHR, STO}),
    ]
    assert (found[3].cause, found[3].other) == ("two people", OTHER)


def test_what_one_transaction_moves_is_one_step() -> None:
    """Each row has a time of its own, microseconds apart."""
    why = {"cause": "merge"}
    found = steps(
        [span(BOL, 0), *(span(one, 10 + n / 1e6, came_from=OTHER, why=why) for n, one in enumerate((STO, CHR)))], []
    )
    assert [step.identifiers for step in found] == [(BOL,), (CHR, STO)]
    apart = steps(
        [span(BOL, 0), span(CHR, 10, came_from=OTHER, why=why), span(STO, 60, came_from=OTHER, why=why)], []
    )
    assert len(apart) == 3


def test_a_word_belongs_to_the_first_step_after_it() -> None:
    told = [
        saying(1, 19.9, withdrawn_at=at(29.9), withdrawn_by="sam"),
        saying(2, 19.9, one=STO, other=Identifier("BOL", "9")),  # about nobody who moved
        saying(3, 5),  # changed nothing
    ]
    found = steps([span(BOL, 0), span(CHR, 10, 20, went_to=OTHER), span(CHR, 30, came_from=OTHER)], told)
    assert [[one.id for one in step.said] for step in found] == [[], [], [1], []]
    assert [[one.id for one in step.taken_back] for step in found] == [[], [], [], [1]]


def test_a_person_without_links_has_no_steps() -> None:
    assert steps([], [saying(1, 0)]) == []


def test_weights_are_read_out_of_the_reason() -> None:
    why = {"cause": "A28", "message": 4, "model": "abc", "edges": [["BOL|1", "CHR|1", 21.5, "0102"]]}
    (_, step) = steps([span(BOL, 0), span(CHR, 10, why=why)], [])
    (pair,) = step.weighed
    assert (pair.one, pair.other, pair.weight, pair.pattern) == (BOL, CHR, 21.5, b"\x01\x02")
    assert (step.message, step.model) == (4, "abc")
