"""Settle one connected component: the pure partition, the holds upon it, and what a person must be asked.

Joining on certain evidence is automatic. Taking an already linked record out is automatic on hard evidence only: an
assertion, or a guard that speaks of two people. On soft evidence the link is held and marked contested. So the stored
partition equals the pure one except where a contested-link task says why (design section 4, Holds).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from linkage import partition as pure
from linkage.guard import CONFLICTS, Guard
from mpi.domain.evidence import Assertion, Edge, Pair, effective
from mpi.domain.identifiers import Identifier

Score = Callable[[bytes, bytes], tuple[float, Guard]]
Blocks = tuple[tuple[Identifier, ...], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A record of the component. `encoded` is None when it takes no part by demographics."""

    identifier: Identifier
    golden_id: UUID | None
    encoded: bytes | None
    live: bool


@dataclass(frozen=True, slots=True)
class Component:
    """Everything that bears on one component; `before` are its assertions before this change."""

    members: tuple[Member, ...]
    edges: tuple[Edge, ...]
    assertions: tuple[Assertion, ...]
    before: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The model's: total weights in log2 units."""

    certain: float
    veto: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """`blocks` is what to store; `contested` are the pairs that only a hold keeps together, one for each hold."""

    blocks: Blocks
    contested: tuple[Pair, ...]
    contested_records: frozenset[Identifier]


class Settler:
    """Scores pairs on the spot at most once while it settles one component."""

    def __init__(self, component: Component, thresholds: Thresholds, score: Score) -> None:
        self._component = component
        self._thresholds = thresholds
        self._score = score
        self._members = {str(m.identifier): m for m in component.members}
        self._scored: dict[tuple[str, str], pure.Conflict | None] = {}

    def settle(self) -> Settlement:
        """The partition to store."""
        after = self._partition(self._component.assertions)
        holds = self._holds(after)
        if not holds:
            return Settlement(self._named(after), (), frozenset())
        final = self._partition(self._component.assertions, holds)
        return self._compare(after, final)

    def pure_blocks(self) -> Blocks:
        """The partition by evidence alone, without holds."""
        return self._named(self._partition(self._component.assertions))

    def _partition(
        self, assertions: Iterable[Assertion], holds: Sequence[pure.Assertion] = ()
    ) -> tuple[tuple[str, ...], ...]:
        result = pure.partition(
            self._members,
            [pure.Edge(str(e.pair.one), str(e.pair.other), e.weight, e.guards) for e in self._component.edges],
            [*(a.for_partition() for a in assertions), *holds],
            self._thresholds.certain,
            self._conflict,
        )
        return result.blocks

    def _conflict(self, a: str, b: str) -> pure.Conflict | None:
        key = (a, b) if a < b else (b, a)
        if key not in self._scored:
            self._scored[key] = self._weigh(self._members[key[0]], self._members[key[1]])
        return self._scored[key]

    def _weigh(self, one: Member, other: Member) -> pure.Conflict | None:
        if one.encoded is None or other.encoded is None:
            return None
        weight, guards = self._score(one.encoded, other.encoded)
        if guards & CONFLICTS:
            return pure.Conflict(weight, guards)
        # A merged prior is often wrong about the person, and an unidentified patient always: neither may veto.
        fit = one.live and other.live and not guards & Guard.UNIDENTIFIED
        return pure.Conflict(weight, guards) if fit and weight < self._thresholds.veto else None

    def _holds(self, after: tuple[tuple[str, ...], ...]) -> list[pure.Assertion]:
        """Statements that keep together what only soft evidence would part, weaker than any real assertion."""
        parts = self._parted(after)
        if not parts:
            return []
        changed = self._component.assertions != self._component.before
        before = _block_of(self._partition(self._component.before)) if changed else {}
        holds = []
        for pieces in parts:
            for x, y in combinations(pieces, 2):
                hard = self._hard(x, y) or any(before.get(a, a) == before.get(b, b) for a in x for b in y)
                verdict = pure.Verdict.DIFFERENT if hard else pure.Verdict.SAME
                holds += [pure.Assertion(a, b, verdict, pure.AssertionRank.HOLD, "") for a in x for b in y]
        return holds if any(hold.verdict is pure.Verdict.SAME for hold in holds) else []

    def _parted(self, after: tuple[tuple[str, ...], ...]) -> list[list[tuple[str, ...]]]:
        """For every golden identity that `after` takes apart, its pieces."""
        block_of = _block_of(after)
        pieces: dict[UUID, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for key, member in self._members.items():
            if member.golden_id is not None:
                pieces[member.golden_id][block_of[key]].append(key)
        return [
            sorted(tuple(sorted(piece)) for piece in by_block.values())
            for _, by_block in sorted(pieces.items())
            if len(by_block) > 1
        ]

    def _hard(self, x: Sequence[str], y: Sequence[str]) -> bool:
        holding = effective(self._component.assertions)
        pairs = [Pair.of(self._identifier(a), self._identifier(b)) for a in x for b in y]
        if any(holding[p].verdict is pure.Verdict.DIFFERENT for p in pairs if p in holding):
            return True
        conflicts = (self._conflict(a, b) for a in x for b in y)
        return any(conflict is not None and conflict.guards & CONFLICTS for conflict in conflicts)

    def _compare(self, after: tuple[tuple[str, ...], ...], final: tuple[tuple[str, ...], ...]) -> Settlement:
        block_of = _block_of(after)
        contested: list[Pair] = []
        records: set[Identifier] = set()
        for block in final:
            pieces: dict[int, list[str]] = defaultdict(list)
            for key in block:
                pieces[block_of[key]].append(key)
            main, *others = sorted(pieces.values(), key=lambda piece: (-len(piece), min(piece)))
            for piece in others:
                contested.append(Pair.of(self._identifier(min(main)), self._identifier(min(piece))))
                records.update(self._identifier(key) for key in piece)
        return Settlement(self._named(final), tuple(sorted(contested)), frozenset(records))

    def _identifier(self, key: str) -> Identifier:
        return self._members[key].identifier

    def _named(self, blocks: Iterable[Iterable[str]]) -> Blocks:
        return tuple(tuple(self._identifier(key) for key in block) for block in blocks)


def _block_of(blocks: Iterable[Iterable[str]]) -> Mapping[str, int]:
    return {key: number for number, block in enumerate(blocks) for key in block}
