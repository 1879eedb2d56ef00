"""From weights that rank well to probabilities that mean what they say; always rising with the weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, log2

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, masses, numbers, truths

STEPS = 100
"""Newton's method on this convex loss needs fewer than ten."""


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic:
    """Probability by weight: straight lines between knots, level outside them.

    weight: float64[K], rising; probability: float64[K], never falling.
    """

    weight: Floats
    probability: Floats

    def __call__(self, weight: npt.ArrayLike) -> Floats:
        """float64[N], the probability of each weight in bits."""
        return np.interp(np.asarray(weight, np.float64), self.weight, self.probability)

    def weight_for(self, probability: float) -> float:
        """The least weight whose probability is at least this: -inf if all are, inf if none is."""
        knot = int(np.searchsorted(self.probability, probability, side="left"))
        if knot == 0:
            return -inf
        if knot == len(self.probability):
            return inf
        low, high = self.probability[knot - 1], self.probability[knot]
        step = (probability - low) / (high - low)
        return float(self.weight[knot - 1] + step * (self.weight[knot] - self.weight[knot - 1]))


@dataclass(frozen=True, slots=True)
class Platt:
    """Probability by weight: log2 odds = slope * weight + intercept, slope > 0. (1, 0) leaves weights as they are."""

    slope: float
    intercept: float

    def __call__(self, weight: npt.ArrayLike) -> Floats:
        """float64[N], the probability of each weight in bits."""
        return _logistic(self.slope * np.asarray(weight, np.float64) + self.intercept)

    def weight_for(self, probability: float) -> float:
        """The weight at which this probability is reached; -inf for 0 and inf for 1."""
        if not 0.0 < probability < 1.0:
            return -inf if probability <= 0.0 else inf
        return (log2(probability / (1.0 - probability)) - self.intercept) / self.slope


def fit_isotonic(
    weights: npt.ArrayLike, same: npt.ArrayLike, sampling: npt.ArrayLike | None = None, caution: float = 0.5
) -> Isotonic:
    """Isotonic regression of the truth on the weight by pool-adjacent-violators (Ayer et al. 1955; for probabilities
    Zadrozny & Elkan 2002).

    weights: float[N], bits; same: bool[N]; sampling: float[N]. `caution` is how many pairs of the other kind are
    imagined beyond either end, so that n pairs without an error are not certainty: n / (n + 0.5), much as Jeffreys'
    prior has it (the idea of Venn-Abers prediction, Vovk & Petej 2014); 0 for none. Raises `LinkageError`.
    """
    bits, said, mass = _labelled(weights, same, sampling)
    if caution < 0.0:
        raise LinkageError("the caution must not be negative")
    knots, place, count = np.unique(bits, return_inverse=True, return_counts=True)
    heavy = np.bincount(place, mass)
    shares = np.bincount(place, mass * said) / heavy
    if caution:
        ends = caution * heavy[[0, -1]] / count[[0, -1]]
        shares = np.concatenate(([1.0], shares, [0.0]))
        fitted = isotonic_regression(shares, weights=np.concatenate((ends[:1], heavy, ends[1:]))).x[1:-1]
    else:
        fitted = isotonic_regression(shares, weights=heavy).x
    fitted = np.clip(np.maximum.accumulate(fitted), 0.0, 1.0)
    # Only the ends of a level stretch are knots: a million weights leave a few hundred.
    inner = np.concatenate(([False], (fitted[1:-1] == fitted[:-2]) & (fitted[1:-1] == fitted[2:]), [False]))
    keep = ~inner[: len(fitted)]
    return Isotonic(knots[keep], fitted[keep])


def fit_platt(weights: npt.ArrayLike, same: npt.ArrayLike, sampling: npt.ArrayLike | None = None) -> Platt:
    """Logistic regression of the truth on the weight (Platt 1999), by Newton's method (Lin, Lin & Weng 2007).

    The targets are Platt's, (S + 1)/(S + 2) for S same pairs and 1/(D + 2) for D different ones, so that a sample
    without an error does not mean certainty. Arguments as in `fit_isotonic`. Raises `LinkageError` when a kind is
    missing or heavier pairs are not likelier to be the same.
    """
    bits, said, mass = _labelled(weights, same, sampling)
    mass = mass * (len(mass) / mass.sum())
    alike, unlike = float(mass @ said), float(mass @ (1.0 - said))
    if not alike or not unlike:
        raise LinkageError("calibration needs pairs that are the same and pairs that are not")
    target = np.where(said > 0, (alike + 1.0) / (alike + 2.0), 1.0 / (unlike + 2.0))
    centre, scale = float(bits.mean()), float(bits.std()) or 1.0
    line = _newton((bits - centre) / scale, target, mass)
    slope = line[0] / scale
    if not slope > 1e-9:
        raise LinkageError("heavier pairs are not likelier to be the same: there is nothing to calibrate")
    return Platt(float(slope), float(line[1] - slope * centre))


def threshold_for_precision(
    calibrated: Callable[[npt.ArrayLike], Floats],
    weights: npt.ArrayLike,
    wanted: float,
    sampling: npt.ArrayLike | None = None,
) -> float:
    """The least weight such that the pairs at or above it are the same with a mean probability of `wanted`.

    weights: float[N] of the population to be linked, bits. The mean falls as the threshold does, for `calibrated`
    rises with the weight; inf when even the heaviest do not reach it. (Where every single pair must reach it, ask
    `weight_for`.) Raises `LinkageError`.
    """
    bits = numbers(weights, "the weights")
    mass = masses(sampling, len(bits))
    order = np.argsort(-bits, kind="stable")
    bits, mass = bits[order], mass[order]
    precision = np.cumsum(mass * calibrated(bits)) / np.cumsum(mass)
    last = np.append(bits[1:] != bits[:-1], True)[: len(bits)]
    # A share that is right but for rounding must not cost a threshold.
    reached = np.flatnonzero(last & (precision >= wanted - 1e-12))
    return float(bits[reached[-1]]) if len(reached) else inf


def _labelled(
    weights: npt.ArrayLike, same: npt.ArrayLike, sampling: npt.ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    limit = np.finfo(np.float64).max
    bits = numbers(weights, "the weights", -limit, limit)
    if not len(bits):
        raise LinkageError("calibration needs at least one pair")
    return bits, truths(same, "the truth", len(bits)).astype(np.float64), masses(sampling, len(bits))


def _logistic(bits: Floats) -> Floats:
    odds = np.exp2(-np.abs(bits))
    return np.where(bits >= 0, 1.0 / (1.0 + odds), odds / (1.0 + odds))


def _loss(line: Floats, x: Floats, target: Floats, mass: Floats) -> float:
    nats = log(2.0) * (line[0] * x + line[1])
    return float(mass @ (np.logaddexp(0.0, nats) - target * nats))


def _newton(x: Floats, target: Floats, mass: Floats) -> Floats:
    """(slope, intercept) in bits that minimise the cross entropy; steps are halved until they help."""
    line, loss = np.zeros(2), _loss(np.zeros(2), x, target, mass)
    design = np.column_stack((x, np.ones_like(x))) * log(2.0)
    for _ in range(STEPS):
        share = _logistic(line[0] * x + line[1])
        slope = design.T @ (mass * (share - target))
        curve = design.T @ (design * (mass * share * (1.0 - share))[:, None]) + 1e-12 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        while (fresh := _loss(line - step, x, target, mass)) > loss and float(np.abs(step).max()) > 1e-12:
            step = step / 2.0
        if not fresh < loss:
            break
        line, loss = line - step, fresh
    return line
