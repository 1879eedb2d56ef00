"""The scale on which probabilities near 0 and near 1 can be told apart: log odds, cut at both ends."""

from __future__ import annotations

from math import log2

TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_END = 0.00002


def place(probability: float) -> float:
    """0 to 1: where a probability stands; 0 and 1 themselves stand at the ends."""
    kept = min(1.0 - _END, max(_END, probability))
    reach = log2((1.0 - _END) / _END)
    return (log2(kept / (1.0 - kept)) + reach) / (2.0 * reach)
