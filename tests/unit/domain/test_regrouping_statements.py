"""What a move, a split and a merge state: every record that leaves is told from every one that stays."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.partition import Verdict
from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import MOST, Regroup, Statements, statements
from mpi.errors import Refused

ADA = [Identifier("BOL", str(number)) for number in range(4)]
BERNARD = [Identifier("CHR", str(number)) for number in range(3)]
ONE, OTHER = UUID(int=1), UUID(int=2)


def pairs(found: Statements, verdict: Verdict) -> set[Pair]:
    return {pair for pair, said in found.said if said is verdict}


def joined(found: Statements) -> list[set[Identifier]]:
    """What the ties alone make one."""
    groups = [{identifier} for identifier in (*found.leaving, *found.staying, *found.others)]
    for pair in pairs(found, Verdict.SAME):
        one, other = (next(group for group in groups if end in group) for end in (pair.one, pair.other))
        if one is not other:
            groups.remove(other)
            one |= other
    return groups


@given(st.sets(st.sampled_from(ADA), min_size=1, max_size=3), st.sampled_from([Regroup.SPLIT, Regroup.MOVE]))
def test_who_leaves_is_one_and_apart_from_all_who_stay(chosen: set[Identifier], kind: Regroup) -> None:
    others = BERNARD if kind is Regroup.MOVE else []
    found = statements(kind, sorted(chosen), ADA, others)
    assert set(found.leaving) == chosen
    assert pairs(found, Verdict.DIFFERENT) == {Pair.of(one, other) for one in chosen for other in set(ADA) - chosen}
    assert {*chosen, *others} in joined(found)
    assert all({identifier} in joined(found) for identifier in found.staying)


@given(st.integers(1, 4), st.integers(1, 3))
def test_two_who_are_one_are_tied_whole(many: int, few: int) -> None:
    found = statements(Regroup.MERGE, (), ADA[:many], BERNARD[:few])
    assert joined(found) == [{*ADA[:many], *BERNARD[:few]}]
    assert pairs(found, Verdict.DIFFERENT) == set()
    assert len(found.said) == many + few - 1  # nothing is said of either side alone
    assert all({pair.one.authority, pair.other.authority} == {"BOL", "CHR"} for pair, _ in found.said)


def test_a_mark_tells_other_records_from_these() -> None:
    marks = {
        statements(kind, chosen, members, others).mark
        for kind, chosen, members, others in (
            (Regroup.SPLIT, ADA[:1], ADA, []),
            (Regroup.SPLIT, ADA[:1], ADA[:3], []),
            (Regroup.SPLIT, ADA[1:2], ADA, []),
            (Regroup.MOVE, ADA[:1], ADA, BERNARD),
            (Regroup.MOVE, ADA[:1], ADA, BERNARD[1:]),
            (Regroup.MERGE, [], ADA, BERNARD),
        )
    }
    assert len(marks) == 6
    assert statements(Regroup.SPLIT, ADA[:1], ADA, []).mark == statements(Regroup.SPLIT, ADA[:1], ADA[::-1], []).mark


@pytest.mark.parametrize(("kind", "chosen"), [(Regroup.SPLIT, []), (Regroup.SPLIT, ADA), (Regroup.MOVE, ADA)])
def test_nothing_or_everything_cannot_leave(kind: Regroup, chosen: list[Identifier]) -> None:
    with pytest.raises(Refused):
        statements(kind, chosen, ADA, BERNARD if kind is Regroup.MOVE else [])


def test_a_crowd_is_not_changed_by_hand() -> None:
    crowd = [Identifier("BOL", str(number)) for number in range(MOST)]
    with pytest.raises(Refused, match="too many"):
        statements(Regroup.SPLIT, crowd[:2], crowd, [])


def test_what_was_wished_is_checked() -> None:
    found = statements(Regroup.MOVE, ADA[:1], ADA[:2], BERNARD[:1])
    assert found.achieved({ADA[0]: OTHER, ADA[1]: ONE, BERNARD[0]: OTHER})
    assert not found.achieved({ADA[0]: ONE, ADA[1]: ONE, BERNARD[0]: OTHER})
    assert not found.achieved({ADA[0]: OTHER, ADA[1]: OTHER, BERNARD[0]: OTHER})
