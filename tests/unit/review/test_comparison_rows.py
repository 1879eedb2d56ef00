"""Differences letter by letter, and the bars of a match weight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.explain import explain
from linkage.model import Model
from linkage.record import Demographics, Name
from linkage.standardise import standardise
from mpi.review.differences import Piece, pieces
from mpi.review.waterfall import WIDTH, waterfall

texts = st.text(max_size=40)


@given(texts, st.lists(texts, max_size=3))
def test_nothing_of_a_text_is_lost_or_made_up(text: str, others: list[str]) -> None:
    assert "".join(piece.text for piece in pieces(text, others)) == text


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("SMITH, Ada", "SMYTH, Ada", ["I"]),
        ("smith", "SMITH", []),
        ("STRASSE 1", "STRASSE 12", []),  # the other has a letter more; it is marked there
        ("Whitworth", "Okonkwo", ["Whitworth"]),
        ("Straße", "Strase", ["ß"]),
        ("only here", "", ["only here"]),
    ],
)
def test_what_differs_is_marked(text: str, other: str, marked: list[str]) -> None:
    assert [piece.text for piece in pieces(text, [other]) if not piece.same] == marked


def test_beside_several_the_nearest_counts() -> None:
    found = pieces("0161 496 0001", ["0161 496 0002", "07700 900123"])
    assert found == (Piece("0161 496 000", same=True), Piece("1", same=False))
    assert pieces("alone", []) == (Piece("alone", same=True),)


def test_the_bars_add_up_to_the_weight() -> None:
    """Promise 3: the drawing is of the kernel's own sum."""
    one, other = (
        standardise(Demographics(names=(Name("Okonkwo", given),), birth_date="1961-03-07"))
        for given in ("Ada", "Adam")
    )
    model = Model.default()
    found = explain(one, other, model)
    drawn = waterfall(found, model.certain)
    assert sum(bar.bits for bar in drawn.bars) == pytest.approx(found.total, abs=1e-4)
    assert all(bar.left >= 0 and bar.left + bar.width <= WIDTH + 1 for bar in drawn.bars)
    assert not any("bits)" in bar.words for bar in drawn.bars)
    assert {bar.leans for bar in drawn.bars} <= {"for", "against", "none"}
