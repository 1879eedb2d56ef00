"""Rows of a made file with the truth beside them, and how errors are spread over their columns."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.peers.lookalikes.errors import Error

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """How often a column is not said, and how often it is wrong and in what way."""

    missing: float = 0.0
    wrong: float = 0.0
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A file as its makers would hand it over: rows under their own column names, in order.

    person, source: a number a row; `fields` names the columns that make up each field of ours; `parts` the same for
    what is no field: parts of the address, and columns of no field; `dates` is how birth dates are written.
    """

    rows: Sequence[Row]
    person: Sequence[int]
    source: Sequence[int]
    fields: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, str]
    dates: str = "iso"
    two_files: bool = False


def spoil(rng: random.Random, row: Row, faults: Mapping[str, Fault]) -> Row:
    """The row with each column wrong or missing by its own chance."""
    spoiled = dict(row)
    for name, fault in faults.items():
        if rng.random() < fault.missing:
            spoiled[name] = ""
        elif fault.error and spoiled[name] and rng.random() < fault.wrong:
            spoiled[name] = fault.error(rng, spoiled[name])
    return spoiled


def swap(rng: random.Random, row: Row, one: str, other: str, chance: float) -> None:
    """Exchange two columns of a row, in place, by chance."""
    if rng.random() < chance:
        row[one], row[other] = row[other], row[one]


def shuffled(
    rng: random.Random,
    told: list[tuple[int, int, Row]],
    fields: Mapping[str, tuple[str, ...]],
    parts: Mapping[str, str],
    dates: str = "iso",
    *,
    two_files: bool = False,
) -> Made:
    """A file from (person, source, row), shuffled; the rows of the first source before those of the second."""
    rng.shuffle(told)
    if two_files:
        told.sort(key=lambda one: one[1])
    return Made(
        [r for _, _, r in told], [p for p, _, _ in told], [s for _, s, _ in told], fields, parts, dates, two_files
    )


Date = Callable[[str], str]


def american(day: str) -> str:
    """MM/DD/YYYY of an ISO date."""
    year, month, of_month = day.split("-")
    return f"{month}/{of_month}/{year}"


def european(day: str) -> str:
    """DD/MM/YYYY of an ISO date."""
    return "/".join(reversed(day.split("-")))


def compact(day: str) -> str:
    """YYYYMMDD of an ISO date."""
    return day.replace("-", "")


def to_iso(day: str, dates: str) -> str:
    """An ISO date from one in the form that `Made.dates` names; "parts" are "year month day"."""
    if not day or dates == "iso":
        return day
    if dates == "parts":
        year, *rest = day.split()
        return "-".join([year, *(part.zfill(2) for part in rest)])
    if dates == "compact":
        return f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else day
    first, second, year = day.split("/")
    return f"{year}-{first}-{second}" if dates == "american" else f"{year}-{second}-{first}"
