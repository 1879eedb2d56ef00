"""Who is whose trap: twins, father and son, shared addresses (NHS-55; issue 3)."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.peers import traps
from benchmarks.peers.judgement import Truth
from mpi.simulate.sampling import YEAR

# A father, his wife, his eldest son of his name, a younger son, twins, and two strangers.
KIN = traps.Kin(
    household=np.array([0, 0, 0, 0, 0, 0, 1, 2]),
    place=np.array([-1, -1, 0, 1, 2, 2, -1, -1]),
    female=np.array([False, True, False, False, True, True, False, True]),
    born=np.array([0, 1, 25, 27, 29, 29, 40, 40]) * int(YEAR),
    forename=np.array(["JOHN", "ANNE", "JOHN", "PETER", "MARY", "RUTH", "JOHN", "MARY"], object),
    surname=np.array(["GRAY", "HALL", "GRAY", "GRAY", "GRAY", "GRAY", "GRAY", "GRAY"], object),
)


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        (4, 5, traps.TWINS),
        (0, 2, traps.ONE_NAME),
        (0, 3, traps.FATHER_AND_SON),
        (2, 3, traps.ADDRESS),
        (0, 1, traps.ADDRESS),
        (0, 6, traps.STRANGERS),
        (6, 7, traps.STRANGERS),
    ],
)
def test_relations_both_ways(one: int, other: int, relation: str) -> None:
    assert KIN.relation(one, other) == KIN.relation(other, one) == relation


def truth_of(*person: int) -> Truth:
    return Truth(np.array(person), np.arange(len(person)), np.ones(len(person), np.bool_))


def test_opportunities_count_people_with_records() -> None:
    assert traps.opportunities(KIN, truth_of(4, 4, 5, 0, 2, 6, 7)) == {
        traps.TWINS: 1,
        traps.ONE_NAME: 1,
        traps.ADDRESS: 4,
    }


def test_a_joined_pair_of_people_counts_once_and_its_records_each() -> None:
    truth = truth_of(4, 4, 5, 5, 4, 5)
    joined = traps.fallen(np.array([0, 0, 0, 0, 1, 1]), KIN, truth)
    assert joined == {traps.TWINS: {"joined": 1, "record_pairs": 5}}
    assert traps.fallen(np.array([0, 0, 1, 1, 0, 1]), KIN, truth) == {}


def test_records_that_are_not_judged_join_nobody() -> None:
    truth = Truth(np.array([4, 5]), np.arange(2), np.array([True, False]))
    assert traps.fallen(np.array([0, 0]), KIN, truth) == {}


def test_a_collapse_is_not_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traps, "MOST_PAIRS", 1)
    assert traps.fallen(np.array([0, 0]), KIN, truth_of(4, 5)) is None
