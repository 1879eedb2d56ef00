"""The compiled Jaro-Winkler against two independent implementations."""

from __future__ import annotations

from typing import Any

import jellyfish
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Jaro, JaroWinkler

from linkage.encode import _signature
from linkage.strings import jaro, jaro_winkler, jaro_winkler_bound, shared_prefix

NAMES = st.text("ABCDE", min_size=1, max_size=20) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20)


def arguments(one: str, other: str) -> tuple[Any, ...]:
    a = np.frombuffer(one.encode(), np.uint8).reshape(1, -1)
    b = np.frombuffer(other.encode(), np.uint8).reshape(1, -1)
    return a, 0, 0, len(one), b, 0, 0, len(other)


@given(NAMES, NAMES)
@settings(max_examples=1500, deadline=None)
def test_equals_rapidfuzz_bit_for_bit(one: str, other: str) -> None:
    assert jaro(*arguments(one, other)) == Jaro.similarity(one, other)
    assert jaro_winkler(*arguments(one, other)) == JaroWinkler.similarity(one, other)


@given(NAMES, NAMES)
@settings(max_examples=500, deadline=None)
def test_equals_jellyfish(one: str, other: str) -> None:
    expected = jellyfish.jaro_winkler_similarity(one, other)
    assert jaro_winkler(*arguments(one, other)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [("MARTHA", "MARHTA", 0.9611), ("DIXON", "DICKSONX", 0.8133), ("DWAYNE", "DUANE", 0.84), ("A", "B", 0.0)],
)
def test_published_values(one: str, other: str, similarity: float) -> None:
    """W. Winkler, 1990, table of examples."""
    assert jaro_winkler(*arguments(one, other)) == pytest.approx(similarity, abs=5e-5)


@given(NAMES, NAMES)
@settings(max_examples=1000, deadline=None)
def test_the_bound_is_never_below_the_similarity(one: str, other: str) -> None:
    prefix = shared_prefix(*arguments(one, other))
    bound = jaro_winkler_bound(_signature(one), len(one), _signature(other), len(other), prefix)
    assert bound >= JaroWinkler.similarity(one, other)
