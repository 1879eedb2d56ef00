"""How good scored pairs and clusters are against the truth, at one threshold and at the best of all thresholds.

Two questions are told apart. Scored pairs: is each pair that weighs the threshold one person? Clusters: what do the
pairs say once they are closed into people? Records that no tool could place (`judged` is false) take part in the
linkage, and in no count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.evaluation import PairCounts

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """N records: person int64[N]; source int64[N], where only pairs between two sources are asked for, each record
    its own when all are; judged bool[N]."""

    person: Ints
    source: Ints
    judged: Flags

    @property
    def pairs(self) -> int:
        """How many pairs there are to find."""
        person, source = self.person[self.judged], self.source[self.judged]
        return _pairs(person) - _pairs(_joint(person, source))


@dataclass(frozen=True, slots=True)
class Scored:
    """E pairs of records, each once: a, b int64[E], weight float64[E]."""

    a: Ints
    b: Ints
    weight: Floats

    def from_weight(self, threshold: float) -> Scored:
        """The pairs that weigh `threshold` or more."""
        kept = self.weight >= threshold
        return Scored(self.a[kept], self.b[kept], self.weight[kept])

    def heaviest_first(self) -> Scored:
        """The same, by descending weight."""
        order = np.argsort(-self.weight, kind="stable")
        return Scored(self.a[order], self.b[order], self.weight[order])


@dataclass(frozen=True, slots=True)
class ClusterCounts:
    """Clusters found, people there are, and how many people are found whole and alone; single records count."""

    found: int
    actual: int
    exact: int

    @property
    def precision(self) -> float:
        """Share of the clusters that are one whole person; 1.0 without clusters."""
        return self.exact / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the people that are one whole cluster; 1.0 without people."""
        return self.exact / self.actual if self.actual else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 1.0 without either."""
        return 2 * self.exact / (self.found + self.actual) if self.found + self.actual else 1.0


@dataclass(frozen=True, slots=True)
class Best:
    """The threshold with the highest F1, chosen with the truth in hand; infinity when nothing is best joined."""

    threshold: float
    counts: PairCounts


def judge_pairs(scored: Scored, truth: Truth) -> PairCounts:
    """Counts of the pairs as they are, not closed into people."""
    asked = _asked(scored, truth)
    true = int((truth.person[scored.a] == truth.person[scored.b])[asked].sum())
    return PairCounts(true, int(asked.sum()) - true, truth.pairs - true)


def best_pairs(scored: Scored, truth: Truth) -> Best:
    """The best threshold for the pairs as they are."""
    ordered = scored.heaviest_first()
    asked = _asked(ordered, truth)
    same = truth.person[ordered.a] == truth.person[ordered.b]
    return _best(ordered.weight, np.cumsum(asked & same), np.cumsum(asked), truth.pairs)


def judge_closure(cluster: Ints, truth: Truth) -> PairCounts:
    """Counts of all the pairs inside clusters; `cluster` int64[N]."""
    own, person, source = (array[truth.judged] for array in (cluster, truth.person, truth.source))
    found = _pairs(own) - _pairs(_joint(own, source))
    true = _pairs(_joint(own, person)) - _pairs(_joint(own, person, source))
    return PairCounts(true, found - true, truth.pairs - true)


def best_closure(scored: Scored, truth: Truth) -> Best:
    """The best threshold once the pairs are closed into people by connected components."""
    ordered = scored.heaviest_first()
    gains = np.array(list(_closing(ordered, truth)), np.int64).reshape(-1, 2)
    true, found = np.cumsum(gains, axis=0).T
    return _best(ordered.weight, true, found, truth.pairs)


def judge_clusters(cluster: Ints, truth: Truth) -> ClusterCounts:
    """Counts of people found whole and alone."""
    own, person = cluster[truth.judged], truth.person[truth.judged]
    _, of_cluster, cluster_size = np.unique(own, return_inverse=True, return_counts=True)
    _, of_person, person_size = np.unique(person, return_inverse=True, return_counts=True)
    _, first, both_size = np.unique(_joint(own, person), return_index=True, return_counts=True)
    exact = (both_size == cluster_size[of_cluster[first]]) & (both_size == person_size[of_person[first]])
    return ClusterCounts(len(cluster_size), len(person_size), int(exact.sum()))


def components(scored: Scored, n: int) -> Ints:
    """The cluster of each of n records when every pair joins: int64[n], the smallest record of the cluster."""
    root = list(range(n))
    for a, b in zip(scored.a.tolist(), scored.b.tolist(), strict=True):
        one, other = sorted((_find(root, a), _find(root, b)))
        root[other] = one
    return np.array([_find(root, record) for record in range(n)], np.int64)


def _find(root: list[int], record: int) -> int:
    while root[record] != record:
        root[record] = root[root[record]]
        record = root[record]
    return record


def _asked(scored: Scored, truth: Truth) -> Flags:
    asked: Flags = truth.judged[scored.a] & truth.judged[scored.b]
    asked &= truth.source[scored.a] != truth.source[scored.b]
    return asked


def _best(weight: Floats, true: Ints, found: Ints, pairs: int) -> Best:
    """Thresholds cut only between different weights; ties go to the highest threshold."""
    last = np.flatnonzero(np.append(weight[1:] != weight[:-1], True)[: len(weight)])
    f1 = np.append(0.0 if pairs else 1.0, 2 * true[last] / np.maximum(1, found[last] + pairs))
    at = int(np.argmax(f1)) - 1
    if at < 0:
        return Best(float("inf"), PairCounts(0, 0, pairs))
    hits, joined = int(true[last[at]]), int(found[last[at]])
    return Best(float(weight[last[at]]), PairCounts(hits, joined - hits, pairs - hits))


def _closing(ordered: Scored, truth: Truth) -> Iterator[tuple[int, int]]:
    """(true pairs, pairs) that each edge adds inside clusters as the components grow."""
    root = list(range(len(truth.person)))
    inside = [
        _tally(*row) for row in zip(*(x.tolist() for x in (truth.person, truth.source, truth.judged)), strict=True)
    ]
    for a, b in zip(ordered.a.tolist(), ordered.b.tolist(), strict=True):
        one, other = _find(root, a), _find(root, b)
        if one == other:
            yield 0, 0
            continue
        if len(inside[one]) < len(inside[other]):
            one, other = other, one
        root[other] = one
        many, few = inside[one], inside[other]
        gain = dict.fromkeys(("all", "source", "person", "both"), 0)
        for key, count in few.items():
            gain[key[0]] += count * many[key]
        many.update(few)
        few.clear()
        yield gain["person"] - gain["both"], gain["all"] - gain["source"]


def _tally(person: int, source: int, judged: bool) -> Counter[tuple[str, int, int]]:
    if not judged:
        return Counter()
    return Counter(
        {("all", 0, 0): 1, ("source", source, 0): 1, ("person", person, 0): 1, ("both", person, source): 1}
    )


def _joint(*codes: Ints) -> Ints:
    """One code for each distinct combination."""
    _, joint = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
    return joint.reshape(-1).astype(np.int64)


def _pairs(codes: Ints) -> int:
    """How many pairs share a code."""
    sizes = np.unique(codes, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())
