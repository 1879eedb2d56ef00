"""To which record a source's words belong after merges (V2-40, V2-41, V2-43, V2-62)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from linkage.partition import AssertionRank, Verdict
from linkage.record import Name
from mpi.domain.commands import Command, Field, Merge, Patch, Rank, Register, Rename, Stamp, Unlink
from mpi.domain.draft import Draft, hops
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Hop, Update
from mpi.domain.routing import borrowers, fold
from mpi.errors import Fault, Refused

A, B, C = (Identifier("BOL", value) for value in "ABC")
START = datetime(2024, 1, 1, tzinfo=UTC)


def at(minute: int) -> Stamp:
    moment = START + timedelta(minutes=minute)
    return Stamp(Rank.FEED, moment, moment)


def named(family: str) -> Patch:
    return {Field.NAMES: (Name(family),), Field.ACTIVE: True}


def said(identifier: Identifier, minute: int, family: str) -> Update:
    return Update(identifier, named(family), at(minute))


def families(updates: list[Update], merged: dict[Identifier, Hop]) -> dict[Identifier, str]:
    """Whose family name stands in which record now."""
    folded = fold(updates, merged, [A, B, C])
    return {i: v.registers.demographics.names[0].family for i, v in folded.items() if v.registers.cells}


MERGED = {A: Hop(B, at(5))}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ([said(A, 1, "x"), said(B, 1, "y")], {A: "x", B: "y"}),
        ([said(A, 1, "x"), said(A, 9, "z"), said(B, 1, "y")], {A: "x", B: "z"}),
        ([said(A, 1, "x")], {B: "x"}),
        ([said(A, 1, "x"), said(B, 9, "y")], {B: "y"}),
        ([said(A, 9, "x")], {B: "x"}),
        ([said(A, 5, "x"), said(B, 5, "y")], {A: "x", B: "y"}),
    ],
    ids=["before", "late", "renamed", "renamed, then updated", "only late", "in the same minute"],
)
def test_words_find_their_record_in_any_order(told: list[Update], shown: dict[Identifier, str]) -> None:
    """V2-40, V2-41, V2-62."""
    for order in permutations(told):
        assert families(list(order), MERGED) == shown


def test_words_go_along_a_chain_as_far_as_the_merges_of_their_time() -> None:
    """V2-43."""
    merged = {A: Hop(B, at(5)), B: Hop(C, at(7))}
    told = [said(A, 1, "a"), said(B, 1, "b"), said(C, 1, "c"), said(A, 6, "six"), said(A, 8, "eight")]
    assert families(told, merged) == {A: "a", B: "six", C: "eight"}


def test_a_renamed_survivor_borrows_and_one_described_before_does_not() -> None:
    assert borrowers([said(A, 1, "x"), said(B, 9, "y")], MERGED, [A, B]) == {B}
    assert borrowers([said(A, 1, "x"), said(B, 1, "y")], MERGED, [A, B]) == frozenset()


def merge(survivor: Identifier, prior: Identifier, minute: int, number: int = 0) -> Assertion:
    pair = Pair.of(survivor, prior)
    return Assertion(pair, Verdict.SAME, AssertionRank.SOURCE, at(minute), prior, number)


def different(one: Identifier, other: Identifier, minute: int, rank: AssertionRank) -> Assertion:
    return Assertion(Pair.of(one, other), Verdict.DIFFERENT, rank, at(minute))


def test_a_merge_falls_to_a_later_unlink_and_to_any_reviewer() -> None:
    """Design 4, outranking."""
    assert hops([merge(B, A, 5)]) == MERGED
    assert hops([merge(B, A, 5), different(A, B, 6, AssertionRank.SOURCE)]) == {}
    assert hops([merge(B, A, 5), different(A, B, 4, AssertionRank.SOURCE)]) == MERGED
    assert hops([merge(B, A, 5), different(A, B, 4, AssertionRank.REVIEWER)]) == {}


def test_hops_never_make_a_ring() -> None:
    """V2-43: whichever order the statements are read in, the last merge that would close the ring does not count."""
    for order in permutations([merge(B, A, 1), merge(C, B, 2), merge(A, C, 3)]):
        assert hops(order) == {A: Hop(B, at(1)), B: Hop(C, at(2))}


@pytest.mark.parametrize(
    ("commands", "fault"),
    [
        ([Merge(A, A, at(1))], Fault.SELF_MERGE),
        ([Merge(B, A, at(1)), Merge(C, A, at(2))], Fault.ALREADY_SUBSUMED),
        ([Merge(B, A, at(1)), Merge(A, C, at(2))], Fault.ALREADY_SUBSUMED),
        ([Merge(B, A, at(3)), Merge(A, B, at(2))], Fault.MERGE_CYCLE),
        ([Merge(A, Identifier("CHR", "A"), at(1))], Fault.FOREIGN_AUTHORITY),
        (
            [Register((A,), named("x"), at(1)), Register((B,), named("y"), at(1)), Rename(B, A, at(2))],
            Fault.IDENTIFIER_IN_USE,
        ),
    ],
)
def test_v2_42_impossible_commands_are_refused(commands: list[Command], fault: Fault) -> None:
    """V2-42, V2-43, A47."""
    draft = Draft((), ())
    for command in commands[:-1]:
        draft.apply(command)
    with pytest.raises(Refused) as refused:
        draft.apply(commands[-1])
    assert refused.value.fault is fault


def test_a_list_of_identifiers_never_outweighs_an_unlink() -> None:
    """Standards 1.4, A37: the statement of a list is older than any unlink."""
    draft = Draft((), ())
    draft.apply(Unlink(A, B, at(1)))
    draft.apply(Register((A, B), named("x"), at(9)))
    unlink, listed = draft.assertions
    assert listed.verdict is Verdict.SAME
    assert listed.order < unlink.order
    assert listed.for_partition().order < unlink.for_partition().order
