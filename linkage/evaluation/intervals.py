"""Confidence limits of shares, of sums of shares and of their ratios.

Sample sizes may be fractional (effective sizes) or infinite (a census has no sampling error).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv  # type: ignore[import-untyped]

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats

Limits = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its confidence limits; low <= value <= high."""

    value: float
    low: float
    high: float


def normal_quantile(confidence: float) -> float:
    """z such that a standard normal lies within -z to z with this probability. Raises `LinkageError`."""
    if not 0.0 < confidence < 1.0:
        raise LinkageError("the confidence must lie between 0 and 1")
    return NormalDist().inv_cdf((1.0 + confidence) / 2.0)


def wilson(share: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of a share seen in n trials by the score interval (Wilson 1927); 0 to 1 when n is 0.

    share: float[...], n: float[...]. With r = z^2 / (n + z^2): s(1 - r) + r/2 -+ sqrt(s(1 - s) r(1 - r) + r^2/4).
    """
    share, square = np.asarray(share, np.float64), normal_quantile(confidence) ** 2
    pull = square / (np.asarray(n, np.float64) + square)
    middle = share * (1.0 - pull) + pull / 2.0
    half = np.sqrt(share * (1.0 - share) * pull * (1.0 - pull) + pull * pull / 4.0)
    return np.clip(np.minimum(middle - half, share), 0.0, 1.0), np.clip(np.maximum(middle + half, share), 0.0, 1.0)


def clopper_pearson(share: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Limits:
    """Exact limits of a share seen in n trials, never too narrow (Clopper & Pearson 1934); 0 to 1 when n is 0.

    The quantiles of Beta(k, n - k + 1) and Beta(k + 1, n - k), with k = share * n.
    """
    normal_quantile(confidence)
    share, n = np.broadcast_arrays(np.asarray(share, np.float64), np.asarray(n, np.float64))
    trials = np.where(np.isinf(n), 1.0, n)
    hits, tail = share * trials, (1.0 - confidence) / 2.0
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-300), trials - hits + 1.0, tail), 0.0)
    high = np.where(hits < trials, betaincinv(hits + 1.0, np.maximum(trials - hits, 1e-300), 1.0 - tail), 1.0)
    return np.where(np.isinf(n), share, low), np.where(np.isinf(n), share, high)


def effective_size(sampling: Floats) -> float:
    """How many pairs of equal weight say as much as these: (sum w)^2 / sum w^2 (Kish 1965); 0 for none."""
    return float(sampling.sum() ** 2 / (sampling @ sampling)) if len(sampling) else 0.0


def share_estimate(hits: Floats, sampling: Floats, confidence: float, otherwise: float) -> Estimate:
    """The weighted share of `hits` (float64[N], 0 to 1) with Wilson limits on the effective size.

    Its value is `otherwise`, with limits 0 and 1, when there is nothing to take a share of.
    """
    if not len(sampling):
        return Estimate(otherwise, 0.0, 1.0)
    share = min(1.0, float(hits @ sampling / sampling.sum()))
    low, high = wilson(share, effective_size(sampling), confidence)
    return Estimate(share, float(low), float(high))


def sum_limits(values: Floats, limits: Limits) -> tuple[float, float]:
    """Limits of a sum of independent estimates float64[H], by recovered variances (Zou & Donner 2008).

    sum - sqrt(sum (v - low)^2) and sum + sqrt(sum (high - v)^2): what each one's own limits say of its variance is
    kept, so that a stratum without an error still adds its doubt.
    """
    total, low, high = float(values.sum()), values - limits[0], limits[1] - values
    return total - sqrt(float(low @ low)), total + sqrt(float(high @ high))


def ratio_limits(top: Estimate, bottom: Estimate) -> tuple[float, float]:
    """Limits of top / bottom for independent estimates >= 0 by recovered variances (Donner & Zou 2012).

    The lower one is written with the root in the denominator, so that it holds for wide limits too; the upper one is
    infinite when the bottom may be 0.
    """
    product = top.value * bottom.value
    below = top.low * (2.0 * top.value - top.low)
    wide = bottom.high * (2.0 * bottom.value - bottom.high)
    under = product + sqrt(max(0.0, product * product - below * wide))
    low = max(0.0, below / under) if under > 0.0 else 0.0
    above = top.high * (2.0 * top.value - top.high)
    narrow = bottom.low * (2.0 * bottom.value - bottom.low)
    if narrow <= 0.0:
        return low, inf
    return low, (product + sqrt(max(0.0, product * product - above * narrow))) / narrow


def difference_limits(first: Estimate, second: Estimate) -> tuple[float, float]:
    """Limits of first - second for independent shares (Newcombe 1998, method 10: from their Wilson limits)."""
    gap = first.value - second.value
    low = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    high = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return gap - low, gap + high
