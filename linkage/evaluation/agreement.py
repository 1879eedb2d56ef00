"""How far two reviewers agree beyond chance; a sample is no better than those who answered."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.columns import Floats
from linkage.evaluation.intervals import normal_quantile, wilson


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its limits: 1 full agreement, 0 chance, negative worse than chance.

    observed: share of pairs both answered alike; expected: the share chance would give. pairs: answered by both.
    """

    value: float
    low: float
    high: float
    observed: float
    expected: float
    pairs: int


def cohen_kappa(first: npt.ArrayLike, second: npt.ArrayLike, confidence: float = 0.95) -> Kappa:
    """(observed - expected) / (1 - expected) (Cohen 1960), standard error by Fleiss, Cohen & Everitt (1969).

    first, second: [N], the answers of two reviewers to the same pairs, of any one kind. Agreement in everything gets
    the limits that Wilson's interval of the agreement gives, for the standard error would be 0. Two reviewers who
    gave one and the same answer throughout say nothing of themselves: kappa 1, limits -1 to 1. Raises `LinkageError`.
    """
    one, two = np.asarray(first), np.asarray(second)
    if one.ndim != 1 or one.shape != two.shape or not len(one):
        raise LinkageError("both reviewers must have answered the same pairs, and at least one")
    answers, place = np.unique(np.concatenate((one, two)), return_inverse=True)
    kinds, n = len(answers), len(one)
    table = np.bincount(place[:n] * kinds + place[n:], minlength=kinds * kinds).reshape(kinds, kinds) / n
    observed, expected = float(np.trace(table)), float(table.sum(axis=0) @ table.sum(axis=1))
    if kinds == 1:
        return Kappa(1.0, -1.0, 1.0, observed, expected, n)
    value = (observed - expected) / (1.0 - expected)
    half = normal_quantile(confidence) * _standard_error(table, value, expected, n)
    low, high = value - half, value + half
    if observed in (0.0, 1.0):
        share = wilson(observed, n, confidence)
        low = min(low, (float(share[0]) - expected) / (1.0 - expected))
        high = max(high, (float(share[1]) - expected) / (1.0 - expected))
    return Kappa(value, max(-1.0, low), min(1.0, high), observed, expected, n)


def _standard_error(table: Floats, value: float, expected: float, n: int) -> float:
    rows, columns, apart = table.sum(axis=1), table.sum(axis=0), 1.0 - value
    alike = float(np.diag(table) @ (1.0 - (rows + columns) * apart) ** 2)
    crossed = table * (columns[:, None] + rows[None, :]) ** 2
    unlike = apart**2 * float(crossed.sum() - np.trace(crossed))
    return sqrt(max(0.0, alike + unlike - (value - expected * apart) ** 2) / n) / (1.0 - expected)
