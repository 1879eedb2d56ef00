"""Which pairs a person should look at, so that few answers say most about precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats, Longs, Truths, numbers, ratio, truths


@dataclass(frozen=True, slots=True)
class Stratum:
    """Pairs that weigh `low` to below `high` bits. loose: only a looser blocking finds them; joined: the linkage
    joined them, None when the sample does not tell.

    size: how many pairs it has; drawn: how many of them to review; likely_same: the share the model expects.
    """

    low: float
    high: float
    loose: bool
    size: int
    drawn: int
    likely_same: float
    joined: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """rows: int64[n], the pairs to review, in an order that says nothing of their weight. stratum: int64[n], the
    place of each in `strata`. weight: float64[n], how many pairs each stands for (Horvitz & Thompson 1952). edges:
    float64[K], of the bands, with which `strata_of` finds the stratum of every pair again."""

    rows: Longs
    stratum: Longs
    weight: Floats
    strata: tuple[Stratum, ...]
    edges: Floats


def bands(possible: float, certain: float, step: float = 4.0, beyond: int = 2) -> Floats:
    """float64[K]: edges of weight bands about `step` bits wide, `beyond` of them outside either threshold.

    `possible` and `certain` are edges themselves, so that no band is half linked. Raises `LinkageError`.
    """
    if not possible < certain or not step > 0.0 or beyond < 0:
        raise LinkageError("bands need possible < certain, a positive step and no negative number of bands")
    between = np.linspace(possible, certain, max(2, round((certain - possible) / step) + 1))
    outside = step * np.arange(1, beyond + 1)
    return np.concatenate((possible - outside[::-1], between, certain + outside))


def strata_of(weights: npt.ArrayLike, loose: npt.ArrayLike, edges: npt.ArrayLike) -> Longs:
    """int64[N], the stratum of each pair: its band 0 to K by weight (an edge belongs to the band above it), and
    K + 1 to 2K + 1, the same bands, for the pairs that only a looser blocking finds. Raises `LinkageError`.

    weights: float[N], bits; loose: bool[N]; edges: float[K], rising.
    """
    bits = numbers(weights, "the weights")
    cuts = numbers(edges, "the edges of the bands")
    if not bool((np.diff(cuts) > 0).all()):
        raise LinkageError("the edges of the bands must rise")
    extra = truths(loose, "the loose pairs", len(bits)).astype(np.int64)
    return np.searchsorted(cuts, bits, side="right").astype(np.int64) + extra * (len(cuts) + 1)


def draw_sample(
    weights: npt.ArrayLike,
    probability: npt.ArrayLike,
    loose: npt.ArrayLike,
    thresholds: Sequence[float],
    budget: int,
    seed: int,
    edges: npt.ArrayLike | None = None,
    floor: int = 20,
    doubt: float = 0.001,
    joined: npt.ArrayLike | None = None,
) -> Sample:
    """A stratified random sample of scored pairs, without replacement, decided by `seed` and the order of the pairs.

    weights, probability, loose: [N] by pair; pairs below `possible` and, marked loose, those only a looser blocking
    finds should be among them. thresholds: rising, such as (possible, certain): the sample is best for precision and
    recall at these. edges: of the bands, by default `bands` from the least to the greatest threshold. floor: pairs
    to review of every stratum, or all it has. doubt: how sure the model may be of a stratum, so that none that it
    thinks flawless goes unseen. joined: bool[N], which pairs the linkage joined, when guards and third records decide
    as well as the weight: then no stratum holds both kinds, those joined are numbered after all others, and the
    sample is best for precision and recall of what was joined. Raises `LinkageError`.
    """
    bits, likely = numbers(weights, "the weights"), numbers(probability, "the probabilities", 0.0, 1.0)
    if len(likely) != len(bits) or not thresholds:
        raise LinkageError("every pair needs a weight and a probability, and there must be a threshold")
    cuts = _edges(thresholds, edges)
    stratum = strata_of(bits, loose, cuts)
    kinds = _kinds(cuts, joined is not None)
    if joined is not None:
        stratum += len(kinds) // 2 * truths(joined, "the joined pairs", len(bits))
    sizes = np.bincount(stratum, minlength=len(kinds)).astype(np.int64)
    share = ratio(np.bincount(stratum, likely, len(kinds)), sizes.astype(np.float64), 0.0)
    linked = np.array([[kind.low >= threshold and not kind.loose for kind in kinds] for threshold in thresholds])
    if joined is not None:
        linked = np.array([[bool(kind.joined) for kind in kinds]])
    drawn = allocate(sizes, importance(sizes, np.clip(share, doubt, 1.0 - doubt), linked), budget, floor)
    strata = tuple(
        replace(kind, size=int(size), drawn=int(n), likely_same=float(mean))
        for kind, size, n, mean in zip(kinds, sizes, drawn, share, strict=True)
    )
    rows = _draw(stratum, drawn, seed)
    of_row = stratum[rows]
    return Sample(rows, of_row, sizes[of_row] / drawn[of_row], strata, cuts)


def importance(sizes: Longs, share: Floats, linked: Truths) -> Floats:
    """float64[H]: a stratum's part in the variance of precision and recall, as the standard deviation of one answer.

    The sum of the variances of precision and recall over all thresholds is, to first order, the sum over strata of
    importance^2 / n_h, with importance^2 = N_h^2 p_h(1 - p_h) sum(g^2) and g the derivatives of precision = TP / P
    and recall = TP / T by the number of same pairs (Neyman 1934; several measures at once as in Bankier 1988).

    sizes: int[H]; share: float[H] likely to be the same; linked: bool[thresholds, H].
    """
    same = sizes * share
    found = linked @ same
    total = np.full(len(found), same.sum())
    precision = ratio(linked.astype(np.float64), (linked @ sizes).astype(np.float64)[:, None], 0.0)
    recall = ratio(linked * total[:, None] - found[:, None], (total * total)[:, None], 0.0)
    slope = np.sqrt((precision**2 + recall**2).sum(axis=0))
    result: Floats = sizes * np.sqrt(share * (1.0 - share)) * slope
    return result


def allocate(sizes: Longs, deviation: Floats, budget: int, floor: int) -> Longs:
    """int64[H]: how many pairs to draw of each stratum; the exact optimum in whole numbers for the sum of
    deviation_h^2 / n_h under a floor and the strata's sizes (Neyman 1934; Wright 2012, the priority values
    d / sqrt(n(n + 1))). The sum is `budget`, or all pairs. A floor that the budget cannot pay is lowered.

    Raises `LinkageError` when the budget does not hold one pair of every stratum that has any.
    """
    filled = int((sizes > 0).sum())
    if budget < filled or not filled:
        raise LinkageError(f"the budget must hold at least one pair of each of the {filled} strata that have any")
    drawn = np.minimum(sizes, max(1, min(floor, budget // filled)))
    # Strata of no importance share what the others leave, by their size.
    weight = deviation + 1e-9 * (float(deviation.max()) or 1.0) * sizes / sizes.sum()
    for _ in range(min(budget, int(sizes.sum())) - int(drawn.sum())):
        priority = np.where(drawn < sizes, weight / np.sqrt(np.maximum(drawn, 1) * (drawn + 1.0)), -1.0)
        drawn[int(priority.argmax())] += 1
    return drawn


def _kinds(cuts: Floats, by_joined: bool) -> list[Stratum]:
    """The strata of these bands in their order, empty."""
    bounds = list(pairwise([-np.inf, *cuts.tolist(), np.inf]))
    return [
        Stratum(low, high, loose, 0, 0, 0.0, joined)
        for joined in ((False, True) if by_joined else (None,))
        for loose in (False, True)
        for low, high in bounds
    ]


def _edges(thresholds: Sequence[float], edges: npt.ArrayLike | None) -> Floats:
    limits = numbers(thresholds, "the thresholds")
    if edges is not None:
        return np.union1d(numbers(edges, "the edges of the bands"), limits)
    low, high = float(limits.min()), float(limits.max())
    return np.union1d(bands(low, high if high > low else low + 4.0), limits)


def _draw(stratum: Longs, drawn: Longs, seed: int) -> Longs:
    order = np.argsort(stratum, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(stratum, minlength=len(drawn)))))
    rng = np.random.default_rng(seed)
    parts = [
        rng.choice(order[starts[h] : starts[h + 1]], size=int(n), replace=False) for h, n in enumerate(drawn) if n
    ]
    return rng.permutation(np.concatenate(parts)).astype(np.int64)
