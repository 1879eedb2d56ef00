"""Precision, recall and F1 of a linkage from a reviewed sample of pairs, blocking loss included, with their limits.

Three sets of limits stand side by side. `score` is the one to trust: Wilson limits of every stratum, Clopper-Pearson
where errors are rare, carried on by recovered variances (Zou & Donner 2008; Donner & Zou 2012). `delta` is the
textbook's delta method (Cochran 1977, chapters 5 and 6). `bootstrap` is drawn anew within the strata (Efron 1979;
Rao & Wu 1988). In all three a stratum without an error, or with nothing but errors, keeps its doubt. They hold for
one sampling design only: pairs drawn at random within strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, Longs, Truths, ratio, truths
from linkage.evaluation.intervals import (
    Estimate,
    Limits,
    clopper_pearson,
    normal_quantile,
    ratio_limits,
    sum_limits,
    wilson,
)

RARE = 5
"""Fewer answers of a kind are too few for anything that leans on the normal curve."""


class Interval(NamedTuple):
    """Confidence limits."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its value, standard error by the delta method, and limits by the three methods."""

    value: float
    standard_error: float
    score: Interval
    delta: Interval
    bootstrap: Interval


@dataclass(frozen=True, slots=True)
class Quality:
    """What the sample says of the linkage.

    recall: over all pairs the looser blocking knows of; what it does not find either is beyond this sample.
    pairs_completeness: share of the same pairs that share a blocking key (Christen 2012); 1 - this is blocking loss.
    same_pairs: estimated number of pairs that are one person. reviewed: answers used.
    """

    precision: Measure
    recall: Measure
    f1: Measure
    pairs_completeness: Measure
    same_pairs: float
    reviewed: int


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Strata cut by what was done with their pairs (post-stratification, Holt & Smith 1979); H cells, no empty one.

    size: int64[H], pairs; reviewed: int64[H], with an answer; same: int64[H], answered "one person".
    linked: bool[H], joined by the linkage; blocked: bool[H], found by its blocking. stratum: int64[H].
    """

    size: Longs
    reviewed: Longs
    same: Longs
    linked: Truths
    blocked: Truths
    stratum: Longs

    def __post_init__(self) -> None:
        columns = (self.reviewed, self.same, self.linked, self.blocked, self.stratum)
        if any(column.shape != self.size.shape for column in columns) or self.size.ndim != 1:
            raise LinkageError("every cell needs a size, its answers, and what became of its pairs")
        fits = (self.same >= 0) & (self.same <= self.reviewed) & (self.reviewed <= self.size) & (self.size > 0)
        if not bool(fits.all()):
            raise LinkageError("a cell cannot have more answers than pairs, nor fewer answers than same pairs")

    @property
    def share(self) -> Floats:
        """float64[H]: share of same pairs; a cell without an answer borrows its stratum's."""
        place = np.unique(self.stratum, return_inverse=True)[1]
        pooled = ratio(np.bincount(place, self.same), np.bincount(place, self.reviewed), np.nan)[place]
        if bool(np.isnan(pooled).any()):
            raise LinkageError("a stratum has pairs but not one of them was reviewed")
        return np.where(self.reviewed > 0, ratio(self.same.astype(float), self.reviewed.astype(float), 0.0), pooled)

    @property
    def rare(self) -> Truths:
        """bool[H]: fewer than five answers of one kind."""
        result: Truths = np.minimum(self.same, self.reviewed - self.same) < RARE
        return result

    @property
    def effective(self) -> Floats:
        """float64[H]: answers, enlarged for the finite population (Cochran 1977, 3.3): infinite for a census."""
        left = (self.size - self.reviewed).astype(np.float64)
        return np.where(left > 0, self.reviewed * ratio(self.size - 1.0, left, 1.0), np.inf)


def tally(
    stratum: npt.ArrayLike, linked: npt.ArrayLike, blocked: npt.ArrayLike, rows: npt.ArrayLike, same: npt.ArrayLike
) -> Cells:
    """The cells of a population and its answers. stratum: int[N]; linked, blocked: bool[N]; by pair, of all pairs.

    rows: int[n], distinct, the pairs that got an answer (those nobody could decide are left out); same: bool[n], the
    answers. Raises `LinkageError`.
    """
    numbered = np.asarray(stratum, np.int64)
    count = len(numbered)
    row = np.asarray(rows, np.int64)
    answers = truths(same, "the answers", len(row))
    if len(row) and (len(np.unique(row)) != len(row) or not 0 <= int(row.min()) <= int(row.max()) < count):
        raise LinkageError("the reviewed pairs must be distinct rows of the population")
    joined, found = truths(linked, "the linked pairs", count), truths(blocked, "the blocked pairs", count)
    cells, place = np.unique(numbered * 4 + joined * 2 + found, return_inverse=True)
    reviewed = np.bincount(place[row], minlength=len(cells))
    alike = np.bincount(place[row[answers]], minlength=len(cells))
    size = np.bincount(place, minlength=len(cells))
    return Cells(size, reviewed, alike, (cells & 2) > 0, (cells & 1) > 0, cells >> 2)


def estimate_quality(
    cells: Cells, confidence: float = 0.95, seed: int = 0, draws: int = 2000, exact: bool = False
) -> Quality:
    """Stratified estimates (Cochran 1977, 5.3) and their limits by all three methods.

    exact: Clopper-Pearson limits in all cells, not only where errors are rare. Raises `LinkageError`.
    """
    share = cells.share
    limits = clopper_pearson(share, cells.effective, confidence)
    if not exact:
        score, rare = wilson(share, cells.effective, confidence), cells.rare
        limits = np.where(rare, limits[0], score[0]), np.where(rare, limits[1], score[1])
    values, slopes = measures_of(cells, share), _slopes(cells, share)
    errors = np.sqrt(slopes**2 @ _variance(cells, share, confidence))
    scores = _score_limits(cells, share, limits)
    tails = ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0)
    drawn = np.quantile(measures_of(cells, _redraw(cells, share, seed, draws)), tails, axis=-1)
    reach = normal_quantile(confidence) * errors
    precision, recall, f1, completeness = (
        Measure(
            value=float(values[i]),
            standard_error=float(errors[i]),
            score=Interval(*np.clip(scores[i], 0.0, 1.0).tolist()),
            delta=Interval(*np.clip((values[i] - reach[i], values[i] + reach[i]), 0.0, 1.0).tolist()),
            bootstrap=Interval(float(min(drawn[0, i], values[i])), float(max(drawn[1, i], values[i]))),
        )
        for i in range(4)
    )
    return Quality(precision, recall, f1, completeness, float(cells.size @ share), int(cells.reviewed.sum()))


def measures_of(cells: Cells, share: Floats) -> Floats:
    """float64[4, ...]: precision, recall, F1 and pairs completeness from shares float64[..., H] of same pairs.

    A share of nothing is 1, as in `PairCounts`.
    """
    same = share * cells.size
    found, total, kept = same @ cells.linked, same.sum(axis=-1), same @ cells.blocked
    linked = np.full_like(total, float(cells.size @ cells.linked))
    tops, bottoms = (found, found, 2.0 * found, kept), (linked, total, linked + total, total)
    return np.stack([np.minimum(ratio(top, bottom, 1.0), 1.0) for top, bottom in zip(tops, bottoms, strict=True)])


def _slopes(cells: Cells, share: Floats) -> Floats:
    """float64[4, H]: derivatives of the four measures by the cells' shares."""
    same = share * cells.size
    found, total, kept, linked = same @ cells.linked, same.sum(), same @ cells.blocked, cells.size @ cells.linked
    joined, blocked = cells.linked.astype(np.float64), cells.blocked.astype(np.float64)
    tops = np.stack(
        (joined, joined * total - found, 2.0 * (joined * (linked + total) - found), blocked * total - kept)
    )
    bottoms = np.array([linked, total**2, (linked + total) ** 2, total**2], np.float64)[:, None]
    return ratio(tops, bottoms, 0.0) * cells.size


def _variance(cells: Cells, share: Floats, confidence: float) -> Floats:
    """float64[H]: of the share; where one answer is rare it is that of the share in the middle of Wilson's interval
    (Agresti & Coull 1998), so never 0; without an answer the most there can be."""
    n = cells.effective
    pull = normal_quantile(confidence) ** 2
    pulled = np.where(np.isinf(n), share, (np.where(np.isinf(n), 0.0, n) * share + pull / 2.0) / (n + pull))
    middle = np.where(cells.rare, pulled, share)
    return np.where(n > 0, ratio(middle * (1.0 - middle), n, 0.0), 0.25)


def _redraw(cells: Cells, share: Floats, seed: int, draws: int) -> Floats:
    """float64[draws, H]: shares drawn anew. Where one answer is rare or missing there is little to draw from, and the
    Beta(k + 1/2, n - k + 1/2) of Jeffreys' prior stands in (Brown, Cai & DasGupta 2001). Distances from the share are
    shrunk for the finite population."""
    rng = np.random.default_rng(seed)
    n = cells.reviewed
    drawn = rng.binomial(n, share, (draws, len(n))) / np.maximum(n, 1)
    doubt = rng.beta(cells.same + 0.5, n - cells.same + 0.5, (draws, len(n)))
    fresh = np.where(cells.rare, doubt, drawn)
    shrunk = np.where(np.isinf(cells.effective), 0.0, np.sqrt(ratio(n.astype(np.float64), cells.effective, 1.0)))
    return np.clip(share + shrunk * (fresh - share), 0.0, 1.0)


def _score_limits(cells: Cells, share: Floats, limits: Limits) -> list[tuple[float, float]]:
    """Limits of the four measures. Same pairs inside and outside the linkage come from different cells, so their sums
    are independent, and each measure is one plus (or a constant over) a ratio of two such sums."""

    def total(inside: Truths, more: float = 0.0) -> Estimate:
        counts = (share * cells.size)[inside]
        low, high = sum_limits(counts, ((limits[0] * cells.size)[inside], (limits[1] * cells.size)[inside]))
        return Estimate(float(counts.sum()) + more, max(0.0, low) + more, high + more)

    links = float(cells.size @ cells.linked)
    found = total(cells.linked)
    precision = (found.low / links, found.high / links) if links else (0.0, 1.0)
    low, high = (min(1.0, limit) for limit in ratio_limits(found, total(~cells.linked, links)))
    return [
        precision,
        _part_limits(found, total(~cells.linked)),
        (2.0 * low / (1.0 + low), 2.0 * high / (1.0 + high)),
        _part_limits(total(cells.blocked), total(~cells.blocked)),
    ]


def _part_limits(part: Estimate, rest: Estimate) -> tuple[float, float]:
    """Limits of part / (part + rest), by the ratio of the lesser to the greater, which is always defined."""
    if part.value < rest.value:
        low, high = ratio_limits(part, rest)
        return low / (1.0 + low), 1.0 if isinf(high) else high / (1.0 + high)
    low, high = ratio_limits(rest, part)
    return 1.0 / (1.0 + high), 1.0 / (1.0 + low)
