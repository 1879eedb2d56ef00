"""For whom the linkage errs: error by group, and whether the gaps are beyond chance.

A pair whose two records are in two groups counts in each by half. Small groups are shown with their wide limits and
marked, never hidden, and tested with an exact test; of the smallest only the limits are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import erfc, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln  # type: ignore[import-untyped]

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, Longs, Truths, masses, truths
from linkage.evaluation.intervals import Estimate, difference_limits, effective_size, share_estimate

MEASURES = ("precision", "recall", "false_merge_rate", "missed_link_rate")
LEAST = 20.0
"""Pairs (effective) that a share must rest on in either group before a gap can be called beyond chance: pairs of one
cluster stand or fall together, so that no test knows how few independent ones they are."""
TESTED = ("precision", "recall", "false_merge_rate")
"""The missed link rate is 1 - recall: the same test twice would only weaken both."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group's errors. pairs, same, linked: float, halves for pairs between groups.

    false_merge_rate: linked among its pairs that are different people; missed_link_rate: not linked among those that
    are one person (Fellegi & Sunter's mu and lambda, 1969). sizes: effective sample size by measure. small: too few
    same or linked pairs to say much.
    """

    name: str
    pairs: float
    same: float
    linked: float
    precision: Estimate
    recall: Estimate
    f1: Estimate
    false_merge_rate: Estimate
    missed_link_rate: Estimate
    sizes: tuple[float, float, float, float]
    small: bool

    def measure(self, name: str) -> tuple[Estimate, float]:
        """The estimate of one of `MEASURES`, and its effective sample size."""
        estimate: Estimate = getattr(self, name)
        return estimate, self.sizes[MEASURES.index(name)]


@dataclass(frozen=True, slots=True)
class Gap:
    """Two groups and one measure: `high` has the higher value. difference: Newcombe's limits. p_value: of the
    two-proportion test; adjusted: by Holm for all gaps of the table that can be judged. beyond_chance: by the test,
    and the limits do not hold 0. few: a share rests on fewer than `LEAST` pairs, so that only the limits tell
    anything; then both p-values are 1. small: one of the two groups is."""

    measure: str
    high: str
    low: str
    difference: Estimate
    p_value: float
    adjusted: float
    beyond_chance: bool
    few: bool
    small: bool


@dataclass(frozen=True, slots=True)
class FairnessTable:
    """Groups by name, and every gap between two of them: those beyond chance first, those of few pairs last, by
    size."""

    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]

    def largest(self, measure: str) -> Gap | None:
        """The largest gap of a measure that is beyond chance; if none is, the largest, of few pairs only where there
        is no other; None for a single group."""
        return next((gap for gap in self.gaps if gap.measure == measure), None)


def error_by_group(
    first: Sequence[str],
    second: Sequence[str],
    linked: npt.ArrayLike,
    same: npt.ArrayLike,
    sampling: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    small: float = 50.0,
) -> FairnessTable:
    """Error by group of the pairs' records.

    first, second: str[N], the group of either record (sex, age band, ethnic category ...; what is not known is best
    named as a group of its own); linked, same: bool[N], of all pairs compared, for without those that are neither
    there is no false merge rate; sampling: float[N], when the pairs are a sample. small: groups with fewer same or
    linked pairs (effective) are marked. Raises `LinkageError`.
    """
    one, two = np.asarray(first, np.str_), np.asarray(second, np.str_)
    if one.shape != two.shape or one.ndim != 1:
        raise LinkageError("both records of every pair need a group, and there must be a pair")
    names, place = np.unique(np.concatenate((one, two)), return_inverse=True)
    told = [str(name) for name in names]
    return error_by_code(told, place[: len(one)], place[len(one) :], linked, same, sampling, confidence, small)


def error_by_code(
    names: Sequence[str],
    first: Longs,
    second: Longs,
    linked: npt.ArrayLike,
    same: npt.ArrayLike,
    sampling: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    small: float = 50.0,
) -> FairnessTable:
    """As `error_by_group`, with the groups as places in `names`: int64[N]; a group without a pair is left out."""
    if first.shape != second.shape or not len(first):
        raise LinkageError("both records of every pair need a group, and there must be a pair")
    joined, alike = truths(linked, "the linked pairs", len(first)), truths(same, "the truth", len(first))
    mass = masses(sampling, len(first)) * np.where(first == second, 1.0, 0.5)
    crossing = np.flatnonzero(first != second)
    places = np.concatenate((first, second[crossing]))
    rows = np.concatenate((np.arange(len(first)), crossing))[np.argsort(places, kind="stable")]
    parts = np.split(rows, np.cumsum(np.bincount(places, minlength=len(names)))[:-1])
    groups = tuple(
        _group(str(name), joined[part], alike[part], mass[part], confidence, small)
        for name, part in zip(names, parts, strict=True)
        if len(part)
    )
    return FairnessTable(groups, _gaps(groups, confidence))


def two_proportion_test(first: Estimate, n: float, second: Estimate, m: float) -> float:
    """Two-sided p-value that two independent shares are one. n, m: (effective) sample sizes.

    The pooled z test (Pearson's chi-squared, 1900); where it expects fewer than 5 of anything, Fisher's exact test
    (1935) on whole numbers, for a small group must not be acquitted, nor condemned, by an approximation.
    """
    if not n or not m:
        return 1.0
    pooled = (first.value * n + second.value * m) / (n + m)
    if min(n, m) * min(pooled, 1.0 - pooled) < 5.0:
        return _fisher(round(first.value * n), round(n), round(second.value * m), round(m))
    spread = sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    return erfc(abs(first.value - second.value) / spread / sqrt(2.0))


def holm(p_values: npt.ArrayLike) -> Floats:
    """float64[T]: p-values adjusted for their number, step by step (Holm 1979)."""
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.minimum(1.0, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    adjusted = np.empty_like(steps)
    adjusted[order] = steps
    return adjusted


def _group(name: str, linked: Truths, same: Truths, mass: Floats, confidence: float, small: float) -> Group:
    hits, alike = linked.astype(np.float64), same.astype(np.float64)
    precision = share_estimate(alike[linked], mass[linked], confidence, 1.0)
    recall = share_estimate(hits[same], mass[same], confidence, 1.0)
    either = linked | same
    overlap = share_estimate((hits * alike)[either], mass[either], confidence, 1.0)
    sizes = tuple(effective_size(mass[part]) for part in (linked, same, ~same, same))
    return Group(
        name=name,
        pairs=float(mass.sum()),
        same=float(mass @ same),
        linked=float(mass @ linked),
        precision=precision,
        recall=recall,
        # F1 rises with the share of right links among pairs linked or the same (Hand, Christen & Kirielle 2021).
        f1=Estimate(*(2.0 * j / (1.0 + j) for j in (overlap.value, overlap.low, overlap.high))),
        false_merge_rate=share_estimate(hits[~same], mass[~same], confidence, 0.0),
        missed_link_rate=Estimate(1.0 - recall.value, 1.0 - recall.high, 1.0 - recall.low),
        sizes=(sizes[0], sizes[1], sizes[2], sizes[3]),
        small=min(sizes[0], sizes[1]) < small,
    )


def _gaps(groups: tuple[Group, ...], confidence: float) -> tuple[Gap, ...]:
    gaps = []
    for measure in TESTED:
        for a, b in combinations(groups, 2):
            (first, n), (second, m) = a.measure(measure), b.measure(measure)
            if n and m:
                high, low = (a, b) if first.value >= second.value else (b, a)
                p_value = two_proportion_test(first, n, second, m) if min(n, m) >= LEAST else None
                gaps.append(_gap(measure, high, low, p_value))
    judged = [place for place, gap in enumerate(gaps) if not gap.few]
    for place, fair in zip(judged, holm([gaps[place].p_value for place in judged]).tolist(), strict=True):
        beyond = fair < 1.0 - confidence and gaps[place].difference.low > 0.0
        gaps[place] = replace(gaps[place], adjusted=fair, beyond_chance=beyond)
    return tuple(sorted(gaps, key=lambda gap: (not gap.beyond_chance, gap.few, -gap.difference.value)))


def _gap(measure: str, high: Group, low: Group, p_value: float | None) -> Gap:
    """A gap before all of them are judged together; p_value: None where too few pairs can tell."""
    return Gap(
        measure=measure,
        high=high.name,
        low=low.name,
        difference=_difference(high.measure(measure)[0], low.measure(measure)[0]),
        p_value=1.0 if p_value is None else p_value,
        adjusted=1.0,
        beyond_chance=False,
        few=p_value is None,
        small=high.small or low.small,
    )


def _difference(high: Estimate, low: Estimate) -> Estimate:
    limits = difference_limits(high, low)
    return Estimate(high.value - low.value, *limits)


def _fisher(hits: int, n: int, others: int, m: int) -> float:
    """Two-sided: the sum of all tables with these margins that are no likelier than the one seen."""
    total = hits + others
    possible: Longs = np.arange(max(0, total - m), min(n, total) + 1)
    chance = np.exp(
        _log_choose(n, possible) + _log_choose(m, total - possible) - _log_choose(n + m, np.array([total], np.int64))
    )
    seen = chance[hits - int(possible[0])]
    return min(1.0, float(chance[chance <= seen * (1.0 + 1e-7)].sum()))


def _log_choose(n: int, k: Longs) -> Floats:
    """ln of n over k."""
    result: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return result
