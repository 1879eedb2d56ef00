"""What labelled pairs say of probabilities and thresholds, whether the labels are a sample's or the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.errors import LinkageError
from linkage.evaluation.choosing import Choice, choose_best_f1, choose_for_precision, label_pairs
from linkage.evaluation.columns import Floats, Truths
from linkage.evaluation.reliability import Bin, Scores, reliability_curve, score_probabilities

EDGES = (0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0)
"""Bins of probability: linkage leaves most pairs near 0 or 1, and there the differences matter most."""
_DRAWS = 200
_WORK = 10_000_000  # labels drawn anew for the limits of a threshold; more would take minutes


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """k links and possible pairs of which it is known whether they are one person.

    sampling: float64[k], how many each stands for.
    """

    weight: Floats
    probability: Floats
    guarded: Truths
    same: Truths
    sampling: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the probabilities of some pairs mean what they say: the curve by bin, and scores over all."""

    curve: tuple[Bin, ...]
    scores: Scores


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What joining every pair without a guard from some weight on would do, for two ways of choosing that weight.

    wanted: the precision asked for. for_precision: the lowest threshold that reaches it, None if none does.
    """

    best_f1: Choice
    wanted: float
    for_precision: Choice | None


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What labels say of a result's links and possible pairs. calibration: of all, and without_guards of those that
    no guard stops, which the weight alone decides; None without any. certain: the threshold in force, bits."""

    calibration: Calibration | None
    without_guards: Calibration | None
    certain: float
    thresholds: Thresholds | None


def judge_links(
    links: Labels, certain: float, missed: float, wanted: float, confidence: float, seed: int = 0
) -> LinkReport:
    """Calibration and thresholds. missed: pairs of one person that are not among them.

    Raises `LinkageError` for a precision `wanted` that is none.
    """
    free = ~links.guarded
    stopped = float(links.sampling[links.guarded] @ links.same[links.guarded])
    return LinkReport(
        _calibrate(links.probability, links.same, links.sampling, confidence),
        _calibrate(links.probability[free], links.same[free], links.sampling[free], confidence),
        certain,
        _choose(
            links.weight[free], links.same[free], links.sampling[free], missed + stopped, wanted, confidence, seed
        ),
    )


def _calibrate(probability: Floats, same: Truths, sampling: Floats, confidence: float) -> Calibration | None:
    if not len(probability):
        return None
    return Calibration(
        reliability_curve(probability, same, sampling, EDGES, confidence),
        score_probabilities(probability, same, sampling, EDGES),
    )


def _choose(
    weight: Floats, same: Truths, sampling: Floats, missed: float, wanted: float, confidence: float, seed: int
) -> Thresholds | None:
    """None when no pair is one person."""
    if not 0.0 < wanted <= 1.0:
        raise LinkageError("the precision wanted must be above 0 and at most 1")
    if not bool(same.any()):
        return None
    pairs = label_pairs(weight, same, sampling, missed)
    draws = min(_DRAWS, _WORK // len(weight))
    best = choose_best_f1(pairs, confidence, seed, draws)
    precise = choose_for_precision(pairs, wanted, False, confidence, seed, draws)
    return Thresholds(best, wanted, None if np.isinf(precise.threshold.value) else precise)
