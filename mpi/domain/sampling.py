"""Blind samples: pairs drawn by chance, answered by people who do not know that they are, and what the answers say.

The statistics are `linkage.evaluation`'s; here they are given what the index knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from linkage.errors import LinkageError
from linkage.evaluation.agreement import Kappa, cohen_kappa
from linkage.evaluation.estimating import Cells, Quality, estimate_quality
from linkage.evaluation.fairness import FairnessTable, error_by_group
from linkage.evaluation.sampling import Sample
from mpi.domain.views import Decision

LEAST = 20
"""Answers without which no estimate is told."""
GROUPINGS = ("sex", "age", "ethnic category")
SEEN = "seen"
"""In place of an answer: the reader has looked at what the index thinks, and cannot answer any more."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Two records of which the first was drawn by chance. `key`: their database ids, the lesser first; `joined`:
    they are one person now; `compared`: they share a blocking key."""

    key: tuple[int, int]
    encoded: tuple[bytes, bytes]
    joined: bool
    compared: bool


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pairs that weigh `low` to below `high` bits, all joined or none, all compared or none; `size` of them."""

    number: int
    low: float
    high: float
    joined: bool
    compared: bool
    size: int


@dataclass(frozen=True, slots=True)
class Picked:
    """A pair of the sample by the database ids of its records; `readers` people are to answer it. `groups` holds, by
    grouping, the group of either record."""

    stratum: int
    key: tuple[int, int]
    weight: float
    readers: int
    groups: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Round:
    """One draw: `records` were looked at by chance, which have `pairs` with others, of which `drawn` are asked about;
    `share` of the work list is to be samples."""

    made_by: str
    made_at: datetime
    seed: int
    model: str
    records: int
    pairs: int
    share: float
    strata: tuple[Stratum, ...]
    id: int = 0
    drawn: int = 0


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What ending a round took back: pairs that nobody had answered, and second readings of pairs that one had."""

    pairs: int
    readings: int


@dataclass(frozen=True, slots=True)
class SampledPair:
    """A pair under review: how many people shall answer it, and what those who have said."""

    id: int
    readers: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one pair: the answers in their order, `SEEN` left out."""

    stratum: int
    answers: tuple[str, ...]
    groups: Mapping[str, tuple[str, str]]

    @property
    def verdict(self) -> bool | None:
        """Whether the two are one person; None when nobody could say, or two people said different things."""
        said = {answer for answer in self.answers if answer != Decision.UNSURE}
        return said == {Decision.SAME} if len(said) == 1 else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a round says. Estimates are None while too few are answered: `verdicts` of `drawn` pairs have one.
    `answers`: by stratum, how many have one and how many of them are one person. `waiting`: answers are still asked
    for."""

    round: Round
    drawn: int
    verdicts: int
    quality: Quality | None
    kappa: Kappa | None
    fairness: Mapping[str, FairnessTable]
    answers: Mapping[int, tuple[int, int]]
    waiting: bool


def strata(sample: Sample) -> tuple[Stratum, ...]:
    """The strata of a draw that have any pair."""
    return tuple(
        Stratum(number, s.low, s.high, bool(s.joined), not s.loose, s.size)
        for number, s in enumerate(sample.strata)
        if s.size
    )


def findings(round_: Round, pairs: Sequence[Answered], waiting: bool = False) -> Findings:
    """Estimates from the answers of one round."""
    judged = [pair for pair in pairs if pair.verdict is not None]
    quality = _quality(round_.strata, judged) if len(judged) >= min(LEAST, len(pairs)) else None
    tables = {name: table for name in GROUPINGS if (table := _fairness(round_.strata, judged, name)) is not None}
    answers = {
        stratum.number: (len(told), sum(told))
        for stratum in round_.strata
        if (told := [pair.verdict is True for pair in judged if pair.stratum == stratum.number])
    }
    return Findings(
        round_, len(pairs), len(judged), quality, _kappa(pairs), tables if quality else {}, answers, waiting
    )


def _quality(known: Sequence[Stratum], judged: Sequence[Answered]) -> Quality | None:
    """None when there is a stratum of which nobody has answered anything."""
    place = {stratum.number: row for row, stratum in enumerate(known)}
    rows = np.array([place[pair.stratum] for pair in judged], np.int64)
    same = np.array([pair.verdict is True for pair in judged], np.bool_)
    try:
        return estimate_quality(
            Cells(
                size=np.array([s.size for s in known], np.int64),
                reviewed=np.bincount(rows, minlength=len(known)).astype(np.int64),
                same=np.bincount(rows[same], minlength=len(known)).astype(np.int64),
                linked=np.array([s.joined for s in known], np.bool_),
                blocked=np.array([s.compared for s in known], np.bool_),
                stratum=np.array([s.number for s in known], np.int64),
            )
        )
    except LinkageError:
        return None


def _kappa(pairs: Sequence[Answered]) -> Kappa | None:
    """Of the pairs that two people have answered."""
    twice = [pair.answers[:2] for pair in pairs if len(pair.answers) > 1]
    return cohen_kappa([one for one, _ in twice], [other for _, other in twice]) if twice else None


def _fairness(known: Sequence[Stratum], judged: Sequence[Answered], grouping: str) -> FairnessTable | None:
    """Errors by group, every answer standing for as many pairs as its stratum has to an answer."""
    told = [pair for pair in judged if grouping in pair.groups]
    if not told:
        return None
    by_number = {stratum.number: stratum for stratum in known}
    answered = {number: sum(pair.stratum == number for pair in judged) for number in by_number}
    return error_by_group(
        [pair.groups[grouping][0] for pair in told],
        [pair.groups[grouping][1] for pair in told],
        np.array([by_number[pair.stratum].joined for pair in told], np.bool_),
        np.array([pair.verdict is True for pair in told], np.bool_),
        np.array([by_number[pair.stratum].size / answered[pair.stratum] for pair in told], np.float64),
    )


def seats(
    samples: Sequence[bool], waiting: Mapping[bool, Sequence[float]], share: float, last: float
) -> Iterator[float]:
    """Where in the work list each sample stands, as a weight: behind so many possible matches that samples make up
    `share`, then at the end (`last`).

    samples: whether studies hang on each; waiting: the weights of the possible matches with and without studies, the
    greatest first, for the list has those with studies first.
    """
    every = max(1, round(1.0 / share) - 1)
    taken = {True: 0, False: 0}
    for imaged in samples:
        taken[imaged] += 1
        place = taken[imaged] * every - 1
        row = waiting.get(imaged, ())
        yield row[place] if place < len(row) else last


def contradiction(answer: str, one_person: bool) -> bool:
    """Whether an answer says otherwise than the index does."""
    return answer == (Decision.DIFFERENT if one_person else Decision.SAME)


@dataclass(frozen=True, slots=True)
class Person:
    """What the groups of a record are told from."""

    sex: str
    birth_date: str
    ethnic_category: str


def groups(one: Person, other: Person, year: int) -> Mapping[str, tuple[str, str]]:
    """By grouping, the group of either record; what is not known is a group of its own."""
    return {
        "sex": (one.sex or "unknown", other.sex or "unknown"),
        "age": (_band(one.birth_date, year), _band(other.birth_date, year)),
        "ethnic category": (one.ethnic_category or "unknown", other.ethnic_category or "unknown"),
    }


def _band(birth_date: str, year: int) -> str:
    born = birth_date[:4]
    if not born.isdigit() or not 0 <= year - int(born) <= 130:
        return "unknown"
    age = year - int(born)
    edges = (0, 1, 16, 40, 65, 80)
    low = max(edge for edge in edges if edge <= age)
    following = [edge for edge in edges if edge > low]
    return f"{low} to {following[0] - 1}" if following and low else "under 1" if not low else f"{low} and over"
