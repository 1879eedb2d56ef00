"""Whether a probability means what it says: the reliability curve, and scores of probabilities against the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, Longs, masses, numbers, truths
from linkage.evaluation.intervals import Estimate, share_estimate

LEAST = 1e-15
"""Log loss takes no probability nearer to 0 or 1 than this, for one certain mistake would hide all else."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs whose predicted probability lies from `low` to below `high` (the last bin has its end as well).

    pairs: how many. predicted: their mean probability. observed: the share that truly are the same, Wilson limits.
    """

    low: float
    high: float
    pairs: int
    predicted: float
    observed: Estimate

    @property
    def holds(self) -> bool:
        """Whether the prediction lies within the limits of what was observed."""
        return self.observed.low <= self.predicted <= self.observed.high


@dataclass(frozen=True, slots=True)
class Scores:
    """How good probabilities are; all are losses but `resolution`.

    brier = reliability - resolution + uncertainty + within_bins, exactly: `within_bins` is what the bins hide.
    """

    pairs: int
    base_rate: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    calibration_error: float
    log_loss: float


def equal_widths(bins: int = 10) -> Floats:
    """float64[bins + 1]: edges of bins of one width from 0 to 1. Raises `LinkageError` for less than one bin."""
    if bins < 1:
        raise LinkageError("there must be at least one bin")
    return np.linspace(0.0, 1.0, bins + 1)


def equal_counts(probability: npt.ArrayLike, bins: int = 10) -> Floats:
    """float64[<= bins + 1]: edges at the quantiles, for linkage leaves few pairs between 0.1 and 0.9."""
    column = numbers(probability, "the probabilities", 0.0, 1.0)
    inner = np.quantile(column, equal_widths(bins)[1:-1]) if len(column) else np.empty(0)
    return np.unique(np.concatenate(([0.0], inner, [1.0])))


def reliability_curve(
    probability: npt.ArrayLike,
    same: npt.ArrayLike,
    sampling: npt.ArrayLike | None = None,
    edges: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> tuple[Bin, ...]:
    """Predicted probability against observed share, by bin (Murphy & Winkler 1977); bins without a pair are left out.

    probability: float[N], 0 to 1; same: bool[N], the truth; sampling: float[N], how many pairs each stands for.
    edges: rising from 0 to 1, by default ten of equal width. Raises `LinkageError`.
    """
    predicted, said, weight = _columns(probability, same, sampling)
    cuts = _edges(edges)
    place = _places(predicted, cuts)
    bins = []
    for number in np.unique(place):
        inside = place == number
        observed = share_estimate(said[inside], weight[inside], confidence, 0.0)
        mean = float(np.average(predicted[inside], weights=weight[inside]))
        bins.append(Bin(float(cuts[number]), float(cuts[number + 1]), int(inside.sum()), mean, observed))
    return tuple(bins)


def score_probabilities(
    probability: npt.ArrayLike,
    same: npt.ArrayLike,
    sampling: npt.ArrayLike | None = None,
    edges: npt.ArrayLike | None = None,
) -> Scores:
    """Brier score with its parts, expected calibration error and log loss. Arguments as in `reliability_curve`.

    Brier score: mean (p - o)^2 (Brier 1950). Its parts: reliability, the mean squared gap between a bin's prediction
    and share; resolution, the variance of the bins' shares; uncertainty, o(1 - o) (Murphy 1973); and within the bins
    mean (p - p_bin)^2 - 2 (p - p_bin)(o - o_bin) (Stephenson, Coelho & Jolliffe 2008). Expected calibration error:
    the mean absolute gap (Naeini, Cooper & Hauskrecht 2015). Log loss: mean of -ln(probability of what is true),
    in nats (Good 1952). Raises `LinkageError` without a pair.
    """
    predicted, said, weight = _columns(probability, same, sampling)
    if not len(predicted):
        raise LinkageError("probabilities can only be scored on at least one pair")
    weight = weight / weight.sum()
    place = _places(predicted, _edges(edges))
    share = np.bincount(place, weight)[place]
    mean = np.bincount(place, weight * predicted)[place] / share
    observed = np.bincount(place, weight * said)[place] / share
    rate, off = float(weight @ said), predicted - mean
    truth = np.clip(np.where(said > 0, predicted, 1.0 - predicted), LEAST, 1.0 - LEAST)
    return Scores(
        pairs=len(predicted),
        base_rate=rate,
        brier=float(weight @ (predicted - said) ** 2),
        reliability=float(weight @ (mean - observed) ** 2),
        resolution=float(weight @ (observed - rate) ** 2),
        uncertainty=rate * (1.0 - rate),
        within_bins=float(weight @ (off * off - 2.0 * off * (said - observed))),
        calibration_error=float(weight @ np.abs(mean - observed)),
        log_loss=float(weight @ -np.log(truth)),
    )


def _columns(
    probability: npt.ArrayLike, same: npt.ArrayLike, sampling: npt.ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    predicted = numbers(probability, "the probabilities", 0.0, 1.0)
    said = truths(same, "the truth", len(predicted)).astype(np.float64)
    return predicted, said, masses(sampling, len(predicted))


def _edges(edges: npt.ArrayLike | None) -> Floats:
    if edges is None:
        return equal_widths()
    cuts = numbers(edges, "the edges of the bins", 0.0, 1.0)
    if len(cuts) < 2 or cuts[0] != 0.0 or cuts[-1] != 1.0 or not bool((np.diff(cuts) > 0).all()):
        raise LinkageError("the edges of the bins must rise from 0 to 1")
    return cuts


def _places(predicted: Floats, cuts: Floats) -> Longs:
    return np.searchsorted(cuts[1:-1], predicted, side="right").astype(np.int64)
