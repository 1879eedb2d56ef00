"""How one person's imaging history came to be what it is: which studies joined it or left it, when, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mpi.domain.identifiers import Identifier


class HistoryStep(StrEnum):
    """What happened to studies."""

    REGISTERED = "registered"  # new in the index, under a record that was this person's
    JOINED = "joined"  # their record came under this person
    LEFT = "left"  # it went to another


@dataclass(frozen=True, slots=True)
class Stay:
    """The time that one record was linked to a golden identity, and when each of its studies was registered.

    `why` and `why_ended` are the reasons of the link that began it, and of the one that followed it.
    """

    identifier: Identifier
    since: datetime
    until: datetime | None
    why: Mapping[str, Any]
    why_ended: Mapping[str, Any] | None
    studies: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """`studies` of one record joined or left at one time. `cause` is the event or the reviewer's words, `message` the
    message that brought it, `assertions` and `model` what it rests on."""

    at: datetime
    step: HistoryStep
    identifier: Identifier
    studies: tuple[str, ...]
    cause: str
    message: int | None = None
    model: str = ""
    assertions: tuple[int, ...] = field(default=())


def history_changes(stays: Iterable[Stay]) -> list[HistoryChange]:
    """Every change that moved a study, newest first."""
    told: list[HistoryChange] = []
    for stay in stays:
        brought = tuple(uid for uid, at in stay.studies if at <= stay.since)
        during = [
            (uid, at) for uid, at in stay.studies if at > stay.since and (stay.until is None or at < stay.until)
        ]
        if brought:
            told.append(_change(stay.since, HistoryStep.JOINED, stay.identifier, brought, stay.why))
        told += [
            HistoryChange(at, HistoryStep.REGISTERED, stay.identifier, (uid,), "register-study") for uid, at in during
        ]
        left = (*brought, *(uid for uid, _ in during))
        if stay.until is not None and left:
            told.append(_change(stay.until, HistoryStep.LEFT, stay.identifier, left, stay.why_ended or {}))
    return sorted(told, key=lambda change: (change.at, change.identifier, change.step), reverse=True)


def _change(
    at: datetime, step: HistoryStep, identifier: Identifier, studies: tuple[str, ...], why: Mapping[str, Any]
) -> HistoryChange:
    asserted = tuple(number for number in why.get("assertions", ()) if number is not None)
    return HistoryChange(
        at, step, identifier, studies, why.get("cause", ""), why.get("message"), why.get("model", ""), asserted
    )
