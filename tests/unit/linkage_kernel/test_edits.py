"""Wrong, missing, further and swapped characters, against an independent implementation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from linkage.likeness import FAR, edits

SHORT = st.text("ABC", max_size=8)
LONG = st.text("ABC", min_size=20, max_size=20)
EDIT = st.tuples(st.sampled_from(["wrong", "missing", "more", "swapped"]), st.integers(0, 19), st.sampled_from("ABC"))


def arguments(one: str, other: str) -> tuple[Any, ...]:
    """Both in slots of their own, the other not at the start of its row; what lies beyond a text is no part of it."""
    a = np.frombuffer(one.encode().ljust(24, b"A"), np.uint8).reshape(1, -1)
    b = np.frombuffer(b"AAAA" + other.encode().ljust(24, b"A"), np.uint8).reshape(1, -1)
    return a, 0, 0, len(one), b, 0, 4, len(other)


def edited(text: str, changes: list[tuple[str, int, str]]) -> str:
    """A text with changes made to it, cut to 20 characters."""
    for how, place, letter in changes:
        at = min(place, max(0, len(text) - 1))
        if how == "wrong":
            text = text[:at] + letter + text[at + 1 :]
        elif how == "missing":
            text = text[:at] + text[at + 1 :]
        elif how == "more":
            text = text[:at] + letter + text[at:]
        else:
            text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    return text[:20]


@given(SHORT, SHORT)
@settings(max_examples=3000, deadline=None)  # the first example compiles
def test_short_texts_are_as_far_apart_as_rapidfuzz_says(one: str, other: str) -> None:
    assert edits(*arguments(one, other)) == min(FAR, OSA.distance(one, other))


@given(LONG, st.lists(EDIT, max_size=4))
@settings(max_examples=2000, deadline=None)
def test_long_texts_a_few_edits_apart_are_as_rapidfuzz_says(one: str, changes: list[tuple[str, int, str]]) -> None:
    """Drawn near one another on purpose: two random texts of 20 characters are always far apart."""
    other = edited(one, changes)
    assert edits(*arguments(one, other)) == min(FAR, OSA.distance(one, other))


@given(LONG, LONG)
@settings(max_examples=300, deadline=None)
def test_any_long_texts(one: str, other: str) -> None:
    assert edits(*arguments(one, other)) == min(FAR, OSA.distance(one, other))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", 0),
        ("", "A", 1),
        ("", "ABC", 3),
        ("4111", "4111", 0),
        ("4111", "4117", 1),
        ("4111", "411", 1),
        ("4171", "4711", 1),
        ("12345678", "21345687", 2),
        ("CA", "ABC", 3),  # a swap with a letter between: what sets this distance apart from Damerau's own, 2
        ("12345678", "12875643", 3),
    ],
)
def test_by_hand(one: str, other: str, expected: int) -> None:
    assert edits(*arguments(one, other)) == edits(*arguments(other, one)) == expected
