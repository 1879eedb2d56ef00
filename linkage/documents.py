"""Parts of a model's document, read with a sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from sys import float_info
from typing import Any

from linkage.errors import ModelError


def read_part(document: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    """The object under a key of what a model says at `place`. Raises `ModelError`."""
    part = document.get(key)
    if not isinstance(part, dict):
        raise ModelError(f"{place} needs an object '{key}'")
    return part


def read_number(part: Mapping[str, Any], key: str, place: str, low: float = -inf, high: float = inf) -> float:
    """The number under a key, from low to high. Raises `ModelError`."""
    value = part.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not _within(value, low, high):
        limits = "" if low == -inf else f" from {low:g} to {high:g}"
        raise ModelError(f"{place} needs a number '{key}'{limits}")
    return float(value)


def _within(value: float, low: float, high: float) -> bool:
    """Whether it lies from low to high, and is finite; JSON may hold whole numbers that no float can."""
    return low <= value <= high and abs(value) <= float_info.max
