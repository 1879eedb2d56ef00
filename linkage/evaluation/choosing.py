"""Thresholds chosen from labelled pairs, and the veto floor, each with how sure it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, Longs, Truths, masses, numbers, ratio, truths
from linkage.evaluation.intervals import Estimate, clopper_pearson, effective_size, share_estimate, wilson


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pairs whose truth is known, made by `label_pairs`, heaviest first.

    weight: float64[N], bits; same: bool[N]; sampling: float64[N]. missed: same pairs that no blocking key brought up
    and no threshold can bring back.
    """

    weight: Floats
    same: Truths
    sampling: Floats
    missed: float


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What every distinct weight would do as a threshold, falling; all float64[K].

    linked: pairs at or above it; found: those of them that are the same; effective: the linked as a sample size.
    total: float, all same pairs.
    """

    threshold: Floats
    linked: Floats
    found: Floats
    effective: Floats
    total: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold in bits (link from it upwards; inf: link nothing) and what it does.

    threshold: its limits are how far it would move with other pairs of the same kind (bootstrap). precision, recall,
    f1: at this threshold, Wilson limits. cost: in missed links.
    """

    threshold: Estimate
    precision: Estimate
    recall: Estimate
    f1: Estimate
    cost: float


@dataclass(frozen=True, slots=True)
class VetoFloor:
    """A weight in bits under which a pair forbids joining two clusters.

    same_below: share of the same pairs that weigh less, Clopper-Pearson limits. assured: whether even the upper limit
    is within what was asked. inside_below: share of the pairs inside clusters that the floor would have kept apart.
    """

    floor: float
    same_below: Estimate
    assured: bool
    inside_below: Estimate


Rule = Callable[[Sweep], int | None]


def label_pairs(
    weights: npt.ArrayLike, same: npt.ArrayLike, sampling: npt.ArrayLike | None = None, missed: float = 0.0
) -> Labelled:
    """Labelled pairs from weights float[N] in bits, truth bool[N] and sampling weights. Raises `LinkageError`."""
    bits = numbers(weights, "the weights")
    if not len(bits) or not 0.0 <= missed < inf:
        raise LinkageError("a threshold needs at least one labelled pair, and no negative number of missed ones")
    said, mass = truths(same, "the truth", len(bits)), masses(sampling, len(bits))
    order = np.argsort(-bits, kind="stable")
    return Labelled(bits[order], said[order], mass[order], missed)


def choose_for_precision(
    pairs: Labelled, wanted: float, assured: bool = False, confidence: float = 0.95, seed: int = 0, draws: int = 200
) -> Choice:
    """The lowest threshold with at least the wanted precision: the most links for it.

    assured: its lower confidence limit must reach it, not only its value. (The lowest of many is a little too good on
    the pairs it was chosen on; estimate its precision on others.)
    """

    def rule(sweep: Sweep) -> int | None:
        precision = sweep.found / sweep.linked
        if assured:
            precision = wilson(precision, sweep.effective, confidence)[0]
        reached = np.flatnonzero(precision >= wanted - 1e-12)
        return int(reached[-1]) if len(reached) else None

    return _choose(pairs, rule, 1.0, confidence, seed, draws)


def choose_best_f1(pairs: Labelled, confidence: float = 0.95, seed: int = 0, draws: int = 200) -> Choice:
    """The threshold of the highest F1 = 2 TP / (linked + same) (van Rijsbergen 1979); of equals the highest."""

    def rule(sweep: Sweep) -> int | None:
        return int(np.argmax(2.0 * sweep.found / (sweep.linked + sweep.total)))

    return _choose(pairs, rule, 1.0, confidence, seed, draws)


def choose_least_cost(
    pairs: Labelled, false_merge: float, confidence: float = 0.95, seed: int = 0, draws: int = 200
) -> Choice:
    """The threshold of the least cost when one false merge costs as much as `false_merge` missed links: the linear
    decision rule of Fellegi & Sunter (1969). Of equals the highest; inf when linking nothing costs least."""
    if not 0.0 <= false_merge < inf:
        raise LinkageError("the cost of a false merge must be a number of missed links from 0")

    def rule(sweep: Sweep) -> int | None:
        costs = false_merge * (sweep.linked - sweep.found) + sweep.total - sweep.found
        best = int(np.argmin(costs))
        return best if costs[best] < sweep.total else None

    return _choose(pairs, rule, false_merge, confidence, seed, draws)


def choose_veto_floor(
    same_weights: npt.ArrayLike,
    inside_weights: npt.ArrayLike,
    share: float,
    assured: bool = False,
    confidence: float = 0.95,
) -> VetoFloor:
    """The highest floor with at most `share` of the pairs known to be the same below it.

    same_weights: float[N], bits; inside_weights: float[M], of all pairs inside clusters. assured: the upper limit of
    the share must stay within it too (a distribution-free tolerance limit, Wilks 1941); with too few pairs the floor
    is then the least weight seen, and `assured` of the answer is False. Raises `LinkageError`.
    """
    known = np.sort(numbers(same_weights, "the weights of same pairs"))
    inside = numbers(inside_weights, "the weights inside clusters")
    if not len(known) or not 0.0 <= share < 1.0:
        raise LinkageError("a veto floor needs pairs known to be the same, and a share from 0 to below 1")
    below = np.arange(len(known)) / len(known)
    # Seen from above, so that the limit is one-sided at the level asked for.
    upper = clopper_pearson(below, float(len(known)), 2.0 * confidence - 1.0)[1] if confidence > 0.5 else below
    fits = np.flatnonzero((upper if assured else below) <= share + 1e-12)
    place = int(np.searchsorted(known, known[fits[-1] if len(fits) else 0], side="left"))
    low, high = clopper_pearson(below[place], float(len(known)), confidence)
    return VetoFloor(
        floor=float(known[place]),
        same_below=Estimate(float(below[place]), float(low), float(high)),
        assured=bool(upper[place] <= share),
        inside_below=share_estimate(
            (inside < known[place]).astype(np.float64), np.ones(len(inside)), confidence, 0.0
        ),
    )


def sweep_thresholds(pairs: Labelled, times: Longs | None = None) -> Sweep:
    """What every distinct weight would do as a threshold; times: int[N], how often each pair counts, else once."""
    mass = pairs.sampling if times is None else pairs.sampling * times
    squares = np.cumsum(mass * pairs.sampling)
    ends = np.flatnonzero(np.append(pairs.weight[1:] != pairs.weight[:-1], True))
    linked, found = np.cumsum(mass), np.cumsum(mass * pairs.same)
    ends = ends[linked[ends] > 0.0]
    return Sweep(
        threshold=pairs.weight[ends],
        linked=linked[ends],
        found=np.minimum(found, linked)[ends],
        effective=linked[ends] ** 2 / squares[ends],
        total=float(found[-1]) + pairs.missed,
    )


def _choose(pairs: Labelled, rule: Rule, false_merge: float, confidence: float, seed: int, draws: int) -> Choice:
    threshold = _threshold(sweep_thresholds(pairs), rule)
    rng, count = np.random.default_rng(seed), len(pairs.weight)
    again = [
        _threshold(sweep_thresholds(pairs, np.bincount(rng.integers(0, count, count), minlength=count)), rule)
        for _ in range(draws)
    ]
    tail = (1.0 - confidence) / 2.0
    low = float(np.quantile(again, tail, method="lower")) if draws else threshold
    high = float(np.quantile(again, 1.0 - tail, method="higher")) if draws else threshold
    linked = pairs.weight >= threshold
    return _measured(
        pairs, linked, Estimate(threshold, min(low, threshold), max(high, threshold)), false_merge, confidence
    )


def _threshold(sweep: Sweep, rule: Rule) -> float:
    place = rule(sweep)
    return inf if place is None else float(sweep.threshold[place])


def _measured(pairs: Labelled, linked: Truths, threshold: Estimate, false_merge: float, confidence: float) -> Choice:
    """F1 = 2J / (1 + J) rises with J, the share of right links among all pairs linked or the same (F*, Hand, Christen
    & Kirielle 2021); J is a plain share, and its limits become those of F1."""
    mass, found = pairs.sampling, linked & pairs.same
    precision = share_estimate(found[linked].astype(np.float64), mass[linked], confidence, 1.0)
    either = linked | pairs.same
    right, wrong = float(mass @ found), float(mass @ (linked & ~pairs.same))
    total = float(mass @ pairs.same) + pairs.missed
    recall = _share(right, total, effective_size(mass[pairs.same]), confidence)
    overlap = _share(right, wrong + total, effective_size(mass[either]), confidence)
    f1 = Estimate(*(2.0 * j / (1.0 + j) for j in (overlap.value, overlap.low, overlap.high)))
    return Choice(threshold, precision, recall, f1, false_merge * wrong + total - right)


def _share(part: float, whole: float, n: float, confidence: float) -> Estimate:
    share = min(1.0, float(ratio(part, whole, 1.0)))
    low, high = wilson(share, n, confidence)
    return Estimate(share, float(low), float(high))
