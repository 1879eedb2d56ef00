"""What every measure here is given: columns of numbers and of truths, one entry a pair, checked once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def numbers(values: npt.ArrayLike, name: str, least: float = -np.inf, most: float = np.inf) -> Floats:
    """float64[N] of values from `least` to `most`. Raises `LinkageError` for another shape, a NaN or one outside."""
    column = np.asarray(values, np.float64)
    if column.ndim != 1:
        raise LinkageError(f"{name} must be one column of numbers")
    if not bool(((column >= least) & (column <= most)).all()):
        limits = "" if np.isinf(least) and np.isinf(most) else f" from {least:g} to {most:g}"
        raise LinkageError(f"{name} must hold a number{limits} for every pair")
    return column


def truths(values: npt.ArrayLike, name: str, length: int) -> Truths:
    """bool[length]. Raises `LinkageError` when the entries are not truth values (0 and 1 will do) or not so many."""
    column = np.asarray(values)
    if column.shape != (length,):
        raise LinkageError(f"{name} must hold {length} truth values")
    if column.dtype != np.bool_ and not bool(np.isin(column, (0, 1)).all()):
        raise LinkageError(f"{name} must hold nothing but true and false")
    return column.astype(np.bool_)


def masses(values: npt.ArrayLike | None, length: int) -> Floats:
    """float64[length] of sampling weights above 0, by default all 1. Raises `LinkageError`."""
    if values is None:
        return np.ones(length)
    column = numbers(values, "the sampling weights", np.nextafter(0.0, 1.0), np.finfo(np.float64).max)
    if len(column) != length:
        raise LinkageError(f"there must be {length} sampling weights")
    return column


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike, otherwise: float) -> Floats:
    """part / whole, and `otherwise` where the whole is 0; any shape."""
    top, bottom = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    result = np.full(bottom.shape, otherwise)
    np.divide(top, bottom, out=result, where=bottom > 0)
    return result
