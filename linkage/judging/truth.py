"""A result against the truth: who is one person is known for all records, or for some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from linkage.evaluation.clusterings import PairCounts, pairs_inside, pairs_together
from linkage.evaluation.columns import Truths
from linkage.evaluation.fairness import FairnessTable
from linkage.judging.groups import Groups, refuse_repeats, tables_by_group
from linkage.judging.labels import Labels, LinkReport, judge_links
from linkage.named_columns import read_named
from linkage.result import Result
from linkage.tables.errors import InputError

Longs = npt.NDArray[np.int64]

TOO_LIGHT = "too light"


@dataclass(frozen=True, slots=True)
class ClusterCounts:
    """Clusters found, true ones (people), and those that are the same to the record."""

    found: int
    true: int
    exact: int

    @property
    def precision(self) -> float:
        """Share of the clusters found that are a person's records, all of them and no others; 1.0 for none."""
        return self.exact / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the people whose records are one cluster, and nothing else in it; 1.0 for none."""
        return self.exact / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        total = self.found + self.true
        return 2 * self.exact / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Lost:
    """Where the pairs of one person went that were not joined.

    not_compared: that are neither links nor possible: blocking loss, and what weighs far too little. possible: pairs
    that did not join, and stopped: by which guard, "veto" or `TOO_LIGHT`; a pair with two guards counts under both.
    """

    not_compared: int
    possible: int
    stopped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TruthReport:
    """How a result compares with the truth. records: that the truth speaks of; silent: that it does not.

    pairs: of records, by what clusters join. clusters: of all sizes; several: those of more than one record. b_cubed:
    precision and recall of a record's cluster, mean over records (Bagga & Baldwin 1998). neither: pairs of one
    person that are neither links nor possible, of which joined_anyway through other records. groups: error by group,
    by column.
    """

    records: int
    silent: int
    people: int
    pairs: PairCounts
    clusters: ClusterCounts
    several: ClusterCounts
    b_cubed: tuple[float, float]
    neither: int
    joined_anyway: int
    lost: Lost
    links: LinkReport
    groups: Mapping[str, FairnessTable]


def read_truth(path: Path, result: Result) -> Longs:
    """int64[N]: the person of every record of a result, -1 where the file, with columns id and person, is silent.

    Raises `InputError` for missing columns, ids that repeat or that no record has, and a file that tells nothing.
    """
    columns = read_named(path, ("id", "person"))
    said = pc.and_(pc.not_equal(columns["id"], ""), pc.not_equal(columns["person"], ""))
    ids, people = columns["id"].filter(said), columns["person"].filter(said)
    if not len(ids):
        raise InputError(f"{path} names no person")
    refuse_repeats(ids, path)
    rows = result.rows_of(ids)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        both = " (where two files share ids, these have 1: or 2: before them)" if result.first is not None else ""
        raise InputError(
            f"{path}: {len(unknown):,} ids are not in the result, the first of them '{ids[int(unknown[0])]}'{both}"
        )
    person = np.full(len(result.ids), -1, np.int64)
    person[rows] = np.asarray(people.dictionary_encode().indices)
    return person


def judge_by_truth(
    result: Result, person: Longs, groups: Groups | None = None, wanted: float = 0.999, confidence: float = 0.95
) -> TruthReport:
    """Compare a result with the truth. person: int64[N] from 0, -1 for records that are left out of it all.

    wanted: the precision to look for a threshold of. Raises `InputError` when it speaks of no two records.
    """
    told = np.flatnonzero(person >= 0)
    if len(told) < 2:
        raise InputError("the truth speaks of fewer than two records")
    first = None if result.first is None else int((told < result.first).sum())
    label, truth = _codes(result.label[told]), _codes(person[told])
    both = _codes(label * (int(truth.max()) + 1) + truth)
    joined_true, actual = pairs_inside(both, first), pairs_inside(truth, first)
    counts = PairCounts(joined_true, pairs_inside(label, first) - joined_true, actual - joined_true)
    known = np.flatnonzero((person[result.a] >= 0) & (person[result.b] >= 0))
    same = person[result.a[known]] == person[result.b[known]]
    labels = Labels(result.weight[known], result.probability[known], result.guarded[known], same, np.ones(len(known)))
    direct = int((same & result.joined[known]).sum())
    clusters, several = _clusters(label, truth, both)
    return TruthReport(
        records=len(told),
        silent=len(person) - len(told),
        people=len(np.unique(truth)),
        pairs=counts,
        clusters=clusters,
        several=several,
        b_cubed=_b_cubed(label, truth, both),
        neither=actual - int(same.sum()),
        joined_anyway=joined_true - direct,
        lost=_lost(result, known[same], actual - int(same.sum()) - (joined_true - direct)),
        links=judge_links(labels, result.model.certain, float(actual - same.sum()), wanted, confidence),
        groups=_by_group(result, person, groups, confidence),
    )


def _codes(label: Longs) -> Longs:
    return np.unique(label, return_inverse=True)[1].astype(np.int64)


def _clusters(label: Longs, truth: Longs, both: Longs) -> tuple[ClusterCounts, ClusterCounts]:
    """Counts over clusters of all sizes, and of those of more than one record."""
    found, true = np.bincount(label), np.bincount(truth)
    shared, representative = np.bincount(both), np.unique(both, return_index=True)[1]
    exact = (shared == found[label[representative]]) & (shared == true[truth[representative]])
    return (
        ClusterCounts(len(found), len(true), int(exact.sum())),
        ClusterCounts(int((found > 1).sum()), int((true > 1).sum()), int((exact & (shared > 1)).sum())),
    )


def _b_cubed(label: Longs, truth: Longs, both: Longs) -> tuple[float, float]:
    shared = np.bincount(both)[both]
    return float((shared / np.bincount(label)[label]).mean()), float((shared / np.bincount(truth)[truth]).mean())


def _lost(result: Result, same: Longs, not_compared: int) -> Lost:
    """The pairs of one person that do not join, by what stopped them. same: int64[k], places in the result."""
    apart = same[~result.joined[same]]
    counts: dict[str, int] = {}
    for guards, times in zip(*np.unique(result.guards.take(apart).to_pylist(), return_counts=True), strict=True):
        for guard in str(guards).split(",") if guards else (TOO_LIGHT,):
            counts[guard] = counts.get(guard, 0) + int(times)
    return Lost(not_compared, len(apart), dict(sorted(counts.items(), key=lambda entry: -entry[1])))


def _by_group(result: Result, person: Longs, groups: Groups | None, confidence: float) -> dict[str, FairnessTable]:
    """Over all pairs that are links, possible, joined or one person: what is none of these nobody looked at."""
    if groups is None:
        return {}
    told = np.flatnonzero(person >= 0)
    first = None if result.first is None else int((told < result.first).sum())
    listed = [(result.a, result.b)]
    for labels in (result.label[told], person[told]):
        a, b = pairs_together(labels, first)
        listed.append((told[a], told[b]))
    numbers = np.unique(np.concatenate([a * len(person) + b for a, b in listed]))
    a, b = numbers // len(person), numbers % len(person)
    known: Truths = (person[a] >= 0) & (person[b] >= 0)
    a, b = a[known], b[known]
    return tables_by_group(groups, a, b, result.label[a] == result.label[b], person[a] == person[b], None, confidence)
