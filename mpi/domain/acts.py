"""What a reviewer does to people without having been asked, and how it is kept while it waits for a second person
(decision 34)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Wish


@dataclass(frozen=True, slots=True)
class Statement:
    """Two known records are one person, or are not."""

    one: Identifier
    other: Identifier
    same: bool


@dataclass(frozen=True, slots=True)
class Retraction:
    """These statements are taken back, each with all that was stated in one act with it; of the person under
    `golden_id`, where it is asked for on theirs."""

    assertions: tuple[int, ...]
    golden_id: UUID | None = None


Act = Wish | Statement | Retraction


@dataclass(frozen=True, slots=True)
class Outline:
    """Any act in one shape. `word` is split, move, merge, same, different or undo; `records` those that are to leave,
    or that are spoken of; `golden_id` and `other` the people it was asked for; `assertions` what is taken back."""

    word: str
    records: tuple[Identifier, ...] = ()
    golden_id: UUID | None = None
    other: UUID | None = None
    assertions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act that waits, or has waited, for a second person. `mark` is of the preview that its proposer confirmed,
    "" for an act that has none."""

    act: Act
    by: str
    mark: str = ""


def outline(act: Act) -> Outline:
    """An act in the shape of all."""
    if isinstance(act, Wish):
        return Outline(str(act.kind), act.records, act.golden_id, act.other)
    if isinstance(act, Statement):
        return Outline("same" if act.same else "different", (act.one, act.other))
    return Outline("undo", golden_id=act.golden_id, assertions=act.assertions)


def proposal_to_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a JSON object."""
    told = outline(proposal.act)
    return {
        "by": proposal.by,
        "mark": proposal.mark,
        "word": told.word,
        "records": [str(record) for record in told.records],
        "golden_id": str(told.golden_id) if told.golden_id else None,
        "other": str(told.other) if told.other else None,
        "assertions": list(told.assertions),
    }


def proposal_from_json(data: Mapping[str, Any]) -> Proposal:
    """The inverse of `proposal_to_json`."""
    golden_id, other = (UUID(data[name]) if data[name] else None for name in ("golden_id", "other"))
    records, assertions = tuple(map(Identifier.parse, data["records"])), tuple(data["assertions"])
    act = _act(Outline(data["word"], records, golden_id, other, assertions))
    return Proposal(act, data["by"], data["mark"])


def _act(told: Outline) -> Act:
    if told.word == "undo":
        return Retraction(told.assertions, told.golden_id)
    if told.golden_id is None:
        one, other = told.records
        return Statement(one, other, told.word == "same")
    return Wish(Regroup(told.word), told.golden_id, told.records, told.other)
