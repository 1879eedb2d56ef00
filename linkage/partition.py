"""Identity as a pure function of the evidence (design section 4): who is one person, and what a person must decide.

Nodes are the keys of source records. Nothing here depends on time or on the order of the input: edges and
assertions are put into one order first, and every tie is broken by key.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from itertools import chain

from linkage.errors import LinkageError
from linkage.growing import AssertionRank, Balance, Cause, Conflict, GrowingClusters, Pair
from linkage.guard import Guard

__all__ = [
    "Assertion",
    "AssertionRank",
    "Balance",
    "Cause",
    "Conflict",
    "Edge",
    "Partition",
    "Question",
    "Reason",
    "Verdict",
    "partition",
]


class Verdict(Enum):
    """What an assertion says of two records."""

    SAME = "same"
    DIFFERENT = "different"


class Reason(StrEnum):
    """Why a pair is a question; the later the stronger."""

    POSSIBLE = "possible"  # the weight lies between the thresholds
    GUARDED = "guarded"  # a guard stands on the pair itself
    VETOED = "vetoed"  # the pair is certain, but somebody else in the two clusters conflicts
    CONTRADICTED = "contradicted"  # asserted the same, and asserted different across the clusters


_STRENGTH: Mapping[Reason, int] = {reason: strength for strength, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class Edge:
    """A weighed pair, at or above the possible threshold; `weight` in bits."""

    a: str
    b: str
    weight: float
    guards: Guard = Guard.NONE


@dataclass(frozen=True, slots=True)
class Assertion:
    """A statement that outranks weights. `order` says which of two of one rank is the latest; any sortable text,
    such as an ISO 8601 instant with a sequence number."""

    a: str
    b: str
    verdict: Verdict
    rank: AssertionRank
    order: str


@dataclass(frozen=True, slots=True)
class Question:
    """One pair of final blocks that a person must settle, shown by its heaviest edge `a`-`b` (a < b).

    For a veto, `between` are the two records that conflict (the lightest pair where all of them together do), and
    `guards` and `cause` are theirs; otherwise both are None and the guards are the edge's own. An assertion without
    an edge has weight 0.
    """

    a: str
    b: str
    weight: float
    reason: Reason
    guards: Guard = Guard.NONE
    between: Pair | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """Blocks and their members in key order, and the questions in the order of their keys."""

    blocks: tuple[tuple[str, ...], ...]
    questions: tuple[Question, ...]


def partition(
    nodes: Iterable[str],
    edges: Iterable[Edge],
    assertions: Iterable[Assertion],
    certain: float,
    conflict: Callable[[str, str], Conflict | None],
    balance: Balance | None = None,
) -> Partition:
    """Join what is certain, keep apart what conflicts, ask about the rest.

    `certain` is the weight in bits from which an edge without a guard joins by itself. `conflict(a, b)`, called with
    a < b and at most once for a pair, must be a pure function. With `balance`, all pairs across two clusters
    together must speak for joining them, not the heaviest alone. Assertions about records that are not among the
    nodes are passed over; edges may not (raises `LinkageError`). Time is at worst quadratic in the largest block.
    """
    keys = sorted(set(nodes))
    drawn = _order_edges(edges, keys)
    clusters = GrowingClusters(keys, conflict, balance)
    joining = ((edge.a, edge.b) for edge in drawn if edge.weight >= certain and not edge.guards)
    contradicted = _grow(clusters, keys, joining, assertions)
    return Partition(clusters.blocks(), _ask(clusters, drawn, contradicted, certain))


def blocks_alone(
    keys: Sequence[str],
    joining: Iterable[Pair],
    assertions: Iterable[Assertion],
    conflict: Callable[[str, str], Conflict | None],
    suspects: Container[str],
) -> tuple[tuple[str, ...], ...]:
    """The blocks of `partition` without its questions, where thousands of edges are all among a few hundred records.

    `joining` are the pairs that join by themselves, a < b, heaviest first and ties by key; `suspects` holds every
    record that conflicts with any other.
    """
    clusters = GrowingClusters(keys, conflict, suspects=suspects)
    _grow(clusters, keys, joining, assertions)
    return clusters.blocks()


def difference(
    old: Iterable[tuple[str, ...]], new: Iterable[tuple[str, ...]]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """(blocks that are gone, blocks that are new), each sorted; blocks in both partitions are in neither."""
    before, after = set(old), set(new)
    return tuple(sorted(before - after)), tuple(sorted(after - before))


def _grow(
    clusters: GrowingClusters, keys: Iterable[str], joining: Iterable[Pair], assertions: Iterable[Assertion]
) -> list[Pair]:
    """Join what is asserted, then what is certain; the pairs asserted the same that another assertion forbade."""
    effective = _choose_effective(assertions, set(keys))
    for pair, said in effective.items():
        if said.verdict is Verdict.DIFFERENT:
            clusters.separate(*pair, said.rank)
    contradicted = _join_asserted(clusters, effective)
    for a, b in joining:
        if clusters.are_one:
            break
        clusters.join_certain(a, b)
    return contradicted


def _order_edges(edges: Iterable[Edge], keys: Iterable[str]) -> list[Edge]:
    """One edge for each pair, a < b, heaviest first, ties by key; guards of repeated edges add up."""
    known = set(keys)
    merged: dict[Pair, Edge] = {}
    for edge in edges:
        if edge.a not in known or edge.b not in known or edge.a == edge.b:
            raise LinkageError("an edge must join two different records among the nodes")
        pair = (edge.a, edge.b) if edge.a < edge.b else (edge.b, edge.a)
        seen = merged.get(pair)
        weight = edge.weight if seen is None else max(seen.weight, edge.weight)
        guards = edge.guards if seen is None else seen.guards | edge.guards
        merged[pair] = Edge(*pair, weight, guards)
    return sorted(merged.values(), key=lambda e: (-e.weight, e.a, e.b))


def _choose_effective(assertions: Iterable[Assertion], known: set[str]) -> dict[Pair, Assertion]:
    """The assertion that counts for each pair, in key order: highest rank, then latest, then the careful one."""
    chosen: dict[Pair, Assertion] = {}
    for said in assertions:
        if said.a in known and said.b in known and said.a != said.b:
            pair = (said.a, said.b) if said.a < said.b else (said.b, said.a)
            if pair not in chosen or _authority(said) > _authority(chosen[pair]):
                chosen[pair] = said
    return dict(sorted(chosen.items()))


def _authority(said: Assertion) -> tuple[AssertionRank, str, bool]:
    return said.rank, said.order, said.verdict is Verdict.DIFFERENT


def _join_asserted(clusters: GrowingClusters, effective: Mapping[Pair, Assertion]) -> list[Pair]:
    """Join what is asserted the same, highest rank first; the pairs that an assertion forbade."""
    same = [(pair, said.rank) for pair, said in effective.items() if said.verdict is Verdict.SAME]
    same.sort(key=lambda entry: (-entry[1], entry[0]))
    return [pair for pair, rank in same if not clusters.join_asserted(*pair, rank)]


def _ask(
    clusters: GrowingClusters, drawn: list[Edge], contradicted: list[Pair], certain: float
) -> tuple[Question, ...]:
    """One question for each two final blocks: the strongest reason, then the heaviest edge, then the first key."""
    edges = {(edge.a, edge.b): edge for edge in drawn}
    asked: dict[Pair, Question] = {}
    for edge in _order_edges((edges.get(pair, Edge(*pair, 0.0)) for pair in contradicted), chain(*contradicted)):
        one, other = sorted((clusters.root(edge.a), clusters.root(edge.b)))
        _keep_strongest(asked, (one, other), Question(edge.a, edge.b, edge.weight, Reason.CONTRADICTED, edge.guards))
    for edge in drawn:
        roots = clusters.locate(edge.a, edge.b)
        if roots is not None:
            _keep_strongest(asked, roots, _question(edge, clusters.veto(*roots), certain))
    return tuple(sorted(asked.values(), key=lambda q: (q.a, q.b)))


def _question(edge: Edge, veto: tuple[Pair, Conflict] | None, certain: float) -> Question:
    """What an edge between two final blocks asks."""
    if edge.guards:
        return Question(edge.a, edge.b, edge.weight, Reason.GUARDED, edge.guards)
    if edge.weight >= certain and veto is not None:
        between, found = veto
        return Question(edge.a, edge.b, edge.weight, Reason.VETOED, found.guards, between, found.cause)
    return Question(edge.a, edge.b, edge.weight, Reason.POSSIBLE)


def _keep_strongest(asked: dict[Pair, Question], roots: Pair, question: Question) -> None:
    """Questions come heaviest first, so among equals the one already there stays."""
    standing = asked.get(roots)
    if standing is None or _STRENGTH[question.reason] > _STRENGTH[standing.reason]:
        asked[roots] = question
