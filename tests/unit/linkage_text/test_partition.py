"""Hand-worked cases of design section 4."""

from itertools import pairwise

import pytest

from linkage.errors import LinkageError
from linkage.guard import Guard
from linkage.partition import (
    Assertion,
    AssertionRank,
    Cause,
    Conflict,
    Edge,
    Partition,
    Question,
    Reason,
    Verdict,
    difference,
    partition,
)

CERTAIN = 10.0
HOLD, SOURCE, REVIEWER, PRIVACY = AssertionRank


def same(a: str, b: str, rank: AssertionRank = REVIEWER, order: str = "1") -> Assertion:
    return Assertion(a, b, Verdict.SAME, rank, order)


def different(a: str, b: str, rank: AssertionRank = REVIEWER, order: str = "1") -> Assertion:
    return Assertion(a, b, Verdict.DIFFERENT, rank, order)


def split(
    nodes: str,
    edges: list[Edge],
    assertions: list[Assertion] | None = None,
    conflicts: dict[str, Conflict] | None = None,
) -> Partition:
    found = conflicts or {}
    return partition(nodes, edges, assertions or [], CERTAIN, lambda a, b: found.get(a + b))


def blocks(result: Partition) -> list[str]:
    return ["".join(block) for block in result.blocks]


def test_certain_edges_join_and_the_threshold_is_included() -> None:
    result = split("abcd", [Edge("b", "a", 12), Edge("b", "c", CERTAIN)])
    assert blocks(result) == ["abc", "d"]
    assert result.questions == ()


def test_a_possible_edge_is_a_question() -> None:
    result = split("ab", [Edge("b", "a", 9.9)])
    assert blocks(result) == ["a", "b"]
    assert result.questions == (Question("a", "b", 9.9, Reason.POSSIBLE),)


def test_nhs_53_any_guard_stops_its_own_pair_only() -> None:
    edges = [Edge("a", "b", 30, Guard.UNIDENTIFIED), Edge("b", "c", 12)]
    result = split("abc", edges)
    assert blocks(result) == ["a", "bc"]
    assert result.questions == (Question("a", "b", 30, Reason.GUARDED, Guard.UNIDENTIFIED),)


def test_a_possible_edge_inside_one_block_is_no_question() -> None:
    assert split("abc", [Edge("a", "b", 12), Edge("b", "c", 12), Edge("a", "c", 5)]).questions == ()


def test_nhs_11_a_conflict_across_the_clusters_stops_the_chain() -> None:
    """a-b joins first; b-c would bring a and c together, who carry two verified NHS numbers."""
    clash = Conflict(-20, Guard.NHS_NUMBER_CONFLICT)
    result = split("abc", [Edge("a", "b", 20), Edge("b", "c", 15)], conflicts={"ac": clash})
    assert blocks(result) == ["ab", "c"]
    assert result.questions == (
        Question("b", "c", 15, Reason.VETOED, Guard.NHS_NUMBER_CONFLICT, ("a", "c"), Cause.FLOOR),
    )


def test_the_heavier_edge_wins_the_record_in_the_middle() -> None:
    clash = {"ac": Conflict(-30)}
    assert blocks(split("abc", [Edge("a", "b", 15), Edge("b", "c", 20)], conflicts=clash)) == ["a", "bc"]
    assert blocks(split("abc", [Edge("a", "b", 20), Edge("b", "c", 15)], conflicts=clash)) == ["ab", "c"]
    assert blocks(split("abc", [Edge("a", "b", 15), Edge("b", "c", 15)], conflicts=clash)) == ["ab", "c"]


def test_a_veto_is_remembered_by_the_clusters_that_grow_from_it() -> None:
    """a and c conflict; when d joins c, the certain edge from a to d is held by the same conflict."""
    clash = {"ac": Conflict(-30)}
    edges = [Edge("a", "b", 30), Edge("b", "c", 25), Edge("c", "d", 20), Edge("a", "d", 15)]
    result = split("abcd", edges, conflicts=clash)
    assert blocks(result) == ["ab", "cd"]
    assert result.questions == (Question("b", "c", 25, Reason.VETOED, Guard.NONE, ("a", "c"), Cause.FLOOR),)


def test_an_asserted_same_passes_guards_and_vetoes() -> None:
    clash = {"ab": Conflict(-30, Guard.NHS_NUMBER_CONFLICT)}
    edge = Edge("a", "b", 3, Guard.NHS_NUMBER_CONFLICT)
    result = split("ab", [edge], [same("b", "a", SOURCE)], clash)
    assert blocks(result) == ["ab"]
    assert result.questions == ()


def test_nhs_56_a_different_settles_the_pair_without_a_question() -> None:
    result = split("abc", [Edge("a", "b", 40), Edge("b", "c", 20), Edge("a", "c", 5)], [different("a", "b", PRIVACY)])
    assert blocks(result) == ["a", "bc"]
    assert result.questions == ()


@pytest.mark.parametrize(
    ("assertions", "expected"),
    [
        ([same("a", "b", REVIEWER, "1"), different("a", "b", SOURCE, "9")], ["ab"]),
        ([different("a", "b", PRIVACY, "1"), same("a", "b", REVIEWER, "9")], ["a", "b"]),
        ([different("a", "b", REVIEWER, "1"), same("b", "a", REVIEWER, "2")], ["ab"]),
        ([same("a", "b", REVIEWER, "1"), different("b", "a", REVIEWER, "2")], ["a", "b"]),
        ([same("a", "b", REVIEWER, "1"), different("b", "a", REVIEWER, "1")], ["a", "b"]),
    ],
)
def test_the_higher_rank_counts_then_the_later(assertions: list[Assertion], expected: list[str]) -> None:
    for order in (assertions, assertions[::-1]):
        result = split("ab", [], order)
        assert blocks(result) == expected
        assert result.questions == ()


def test_an_equal_or_higher_different_across_the_clusters_contradicts_a_same() -> None:
    said = [same("a", "b"), same("b", "c"), different("a", "c")]
    result = split("abc", [Edge("b", "c", 12, Guard.WEAK_IDENTITY)], said)
    assert blocks(result) == ["ab", "c"]
    assert result.questions == (Question("b", "c", 12, Reason.CONTRADICTED, Guard.WEAK_IDENTITY),)
    unweighed = split("abc", [], said)
    assert unweighed.questions == (Question("b", "c", 0.0, Reason.CONTRADICTED),)


def test_a_lower_different_across_the_clusters_does_not_stop_a_same() -> None:
    said = [same("a", "b"), same("b", "c"), different("a", "c", SOURCE)]
    result = split("abc", [], said)
    assert blocks(result) == ["abc"]
    assert result.questions == ()


def test_higher_ranked_sames_join_first() -> None:
    said = [same("a", "b", SOURCE), same("b", "c", REVIEWER), different("a", "c", SOURCE)]
    result = split("abc", [], said)
    assert blocks(result) == ["a", "bc"]
    assert [q.reason for q in result.questions] == [Reason.CONTRADICTED]


def test_a_hold_keeps_a_link_against_weights_but_yields_to_anybody() -> None:
    """Design section 4, holds: soft evidence alone takes no record out of a golden identity."""
    clash = {"ab": Conflict(-30)}
    assert blocks(split("ab", [], [same("a", "b", HOLD)], clash)) == ["ab"]
    assert blocks(split("ab", [], [same("a", "b", HOLD, "9"), different("a", "b", SOURCE, "1")], clash)) == ["a", "b"]


def test_one_question_for_two_blocks_strongest_reason_then_heaviest_edge() -> None:
    joins = [Edge("a", "b", 50), Edge("c", "d", 50)]
    possible = [Edge("a", "c", 8), Edge("b", "d", 9)]
    assert split("abcd", joins + possible).questions == (Question("b", "d", 9, Reason.POSSIBLE),)
    guarded = [Edge("a", "d", 3, Guard.MULTIPLE_BIRTH)]
    assert split("abcd", joins + possible + guarded).questions == (
        Question("a", "d", 3, Reason.GUARDED, Guard.MULTIPLE_BIRTH),
    )
    ties = [Edge("b", "d", 8), Edge("a", "c", 8)]
    assert split("abcd", joins + ties).questions == (Question("a", "c", 8, Reason.POSSIBLE),)


def test_repeated_edges_count_once_with_all_their_guards() -> None:
    result = split("ab", [Edge("a", "b", 12), Edge("b", "a", 30, Guard.WEAK_IDENTITY)])
    assert result.questions == (Question("a", "b", 30, Reason.GUARDED, Guard.WEAK_IDENTITY),)


def test_assertions_about_absent_records_are_passed_over_and_edges_are_not() -> None:
    assert blocks(split("ab", [], [same("a", "z"), different("z", "b")])) == ["a", "b"]
    for wrong in (Edge("a", "z", 12), Edge("a", "a", 12)):
        with pytest.raises(LinkageError):
            split("ab", [wrong])


def test_a_pair_is_scored_at_most_once_and_in_key_order() -> None:
    calls: list[str] = []

    def conflict(a: str, b: str) -> Conflict | None:
        calls.append(a + b)
        return Conflict(-30) if a + b == "af" else None

    letters = "abcdef"
    edges = [Edge(a, b, 20) for a in letters for b in letters if a < b]
    result = partition(letters, edges, [], CERTAIN, conflict)
    assert blocks(result) == ["abcde", "f"]
    assert len(calls) == len(set(calls)) <= 15
    assert all(pair[0] < pair[1] for pair in calls)


def test_a_thousand_records_of_one_person_take_a_moment() -> None:
    keys = [f"{i:05}" for i in range(1000)]
    edges = [Edge(a, b, 20) for a, b in pairwise(keys)]
    result = partition(keys, edges, [], CERTAIN, lambda _a, _b: None)
    assert len(result.blocks) == 1


def test_difference_names_what_changed() -> None:
    old, new = [("a", "b"), ("c",), ("d",)], [("a",), ("b", "c"), ("d",)]
    assert difference(old, new) == ((("a", "b"), ("c",)), (("a",), ("b", "c")))
