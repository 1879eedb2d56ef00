"""How the partition of design section 4 differs from connected components, by cases with numbers (issue 3, item 4).

Weights are in bits, `CERTAIN` joins; what may not be one person is given by hand. Every case says how many wrong
pairs either way makes: pairs in one cluster that are two people, and pairs of one person that are apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise

import numpy as np
import pytest

from linkage.comparison import COLUMNS
from linkage.engines.clusters import connected
from linkage.engines.local import Pairs
from linkage.guard import Guard
from linkage.partition import Conflict, Edge, Reason, partition

CERTAIN = 10.0
Edges = list[tuple[str, str, float]]
Wrong = tuple[int, int]
"""False pairs, missed pairs."""

NUMBERS = Conflict(-30.0, Guard.NHS_NUMBER_CONFLICT)
TWINS = Conflict(2.0, Guard.MULTIPLE_BIRTH)
UNLIKE = Conflict(-25.0)


def person(record: str) -> str:
    """The truth: the records of a person begin with the same letter; what begins with "?" could be anybody's."""
    return record[0]


def wrong(blocks: Iterable[Iterable[str]], records: list[str]) -> Wrong:
    known = [record for record in records if person(record) != "?"]
    together = {pair for block in blocks for pair in combinations(sorted(block), 2)}
    pairs = list(combinations(sorted(known), 2))
    false = sum(person(a) != person(b) and (a, b) in together for a, b in pairs)
    missed = sum(person(a) == person(b) and (a, b) not in together for a, b in pairs)
    return false, missed


def components(records: list[str], edges: Edges) -> list[list[str]]:
    ends = np.array([[records.index(a), records.index(b)] for a, b, _ in edges], np.int32)
    weight = np.array([bits for _, _, bits in edges], np.float32)
    n = len(edges)
    pairs = Pairs(ends[:, 0], ends[:, 1], weight, np.zeros(n, np.uint32), np.zeros((n, COLUMNS), np.uint8))
    label = connected(pairs, len(records), CERTAIN)
    return [[records[row] for row in np.flatnonzero(label == name)] for name in sorted(set(label.tolist()))]


def solved(records: list[str], edges: Edges, conflicts: dict[str, Conflict]) -> tuple[list[str], list[str]]:
    """The blocks, and the vetoed pairs, as text."""

    def conflict(a: str, b: str) -> Conflict | None:
        return conflicts.get(a + b) or conflicts.get(person(a) + person(b)) or conflicts.get(person(b) + person(a))

    result = partition(records, [Edge(a, b, bits) for a, b, bits in edges], (), CERTAIN, conflict)
    vetoed = [f"{q.a} {q.b}" for q in result.questions if q.reason is Reason.VETOED]
    return [" ".join(block) for block in result.blocks], vetoed


def every(letter: str, n: int, bits: float) -> Edges:
    """All pairs of a person's n records."""
    return [(f"{letter}{a}", f"{letter}{b}", bits) for a, b in combinations(range(1, n + 1), 2)]


def names(letter: str, n: int) -> list[str]:
    return [f"{letter}{number}" for number in range(1, n + 1)]


CASES: dict[str, tuple[list[str], Edges, dict[str, Conflict], list[str], list[str], Wrong, Wrong]] = {
    "father and son of one name, with a record that gives no birth date": (
        [*names("f", 3), *names("s", 2), "?"],
        [*every("f", 3, 30.0), *every("s", 2, 28.0), ("f1", "?", 14.0), ("s1", "?", 12.0)],
        {"fs": UNLIKE},
        ["? f1 f2 f3", "s1 s2"],
        ["? s1"],
        (6, 0),
        (0, 0),
    ),
    "twins, with a newborn's record before they were named": (
        [*names("a", 2), *names("b", 2), "?"],
        [*every("a", 2, 25.0), *every("b", 2, 25.0), ("?", "a1", 11.0), ("?", "b1", 11.5)],
        {"ab": TWINS},
        ["? b1 b2", "a1 a2"],
        ["? a1"],
        (4, 0),
        (0, 0),
    ),
    "two verified numbers that one record without any might be of": (
        [*names("x", 4), *names("y", 4), "?"],
        [*every("x", 4, 40.0), *every("y", 4, 40.0), ("x4", "?", 15.0), ("y4", "?", 15.0)],
        {"xy": NUMBERS},
        ["? x1 x2 x3 x4", "y1 y2 y3 y4"],
        ["? y4"],
        (16, 0),
        (0, 0),
    ),
    "three sisters in a row, each like the next": (
        [*names("p", 2), *names("q", 2), *names("r", 2)],
        [*every("p", 2, 20.0), *every("q", 2, 20.0), *every("r", 2, 20.0), ("p2", "q1", 12.0), ("q2", "r1", 11.0)],
        {"pq": UNLIKE, "qr": UNLIKE, "pr": UNLIKE},
        ["p1 p2", "q1 q2", "r1 r2"],
        ["p2 q1", "q2 r1"],
        (12, 0),
        (0, 0),
    ),
    "a chain in which nobody conflicts is one person either way": (
        names("m", 5),
        [(a, b, 13.0) for a, b in pairwise(names("m", 5))],
        {},
        ["m1 m2 m3 m4 m5"],
        [],
        (0, 0),
        (0, 0),
    ),
    "what it costs: a heavier false edge takes the record in the middle from its person": (
        ["c1", "c2", "d1"],
        [("c1", "c2", 12.0), ("c2", "d1", 18.0)],
        {"c1d1": UNLIKE},
        ["c1", "c2 d1"],
        ["c1 c2"],
        (2, 0),
        (1, 1),
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_partition_and_components_make_the_wrong_pairs_worked_out_by_hand(case: str) -> None:
    records, edges, conflicts, blocks, vetoed, by_components, by_partition = CASES[case]
    found, asked = solved(records, edges, conflicts)
    assert found == blocks
    assert asked == vetoed
    assert wrong(components(records, edges), records) == by_components
    assert wrong([block.split() for block in found], records) == by_partition


@pytest.mark.parametrize("people", [2, 5, 40])
def test_a_chain_of_families_grows_by_components_and_not_by_partition(people: int) -> None:
    """n people of three records, each linked to the next by one certain edge that is false: 9 * n * (n - 1) / 2 false
    pairs by components, none by the partition, which asks about each of the n - 1 edges."""
    letters = [chr(0x4E00 + number) for number in range(people)]
    records = [name for letter in letters for name in names(letter, 3)]
    edges = [edge for letter in letters for edge in every(letter, 3, 30.0)]
    edges += [(f"{a}3", f"{b}1", 12.0) for a, b in pairwise(letters)]
    conflicts = {a + b: UNLIKE for a, b in combinations(letters, 2)}
    found, asked = solved(records, edges, conflicts)
    assert wrong(components(records, edges), records) == (9 * people * (people - 1) // 2, 0)
    assert wrong([block.split() for block in found], records) == (0, 0)
    assert len(asked) == people - 1


def test_with_the_ends_alone_in_conflict_a_chain_is_cut_at_its_lightest_edge() -> None:
    """Only the two ends are known to differ: joined from the heaviest on, the chain parts where it is weakest."""
    records = names("m", 6)
    weights = (20.0, 18.0, 11.0, 17.0, 19.0)
    edges = [(a, b, bits) for (a, b), bits in zip(pairwise(records), weights, strict=True)]

    def conflict(a: str, b: str) -> Conflict | None:
        return UNLIKE if (a, b) == ("m1", "m6") else None

    result = partition(records, [Edge(a, b, bits) for a, b, bits in edges], (), CERTAIN, conflict)
    assert ["".join(block) for block in result.blocks] == ["m1m2m3", "m4m5m6"]
    assert components(records, edges) == [records]
    (question,) = result.questions
    assert (question.a, question.b, question.between) == ("m3", "m4", ("m1", "m6"))
