"""Settle one connected component: the pure partition, the holds upon it, and what a person must be asked.

Joining on certain evidence is automatic. Taking an already linked record out is automatic on hard evidence only: an
assertion, or a guard that speaks of two people. On soft evidence the link is held: the hold is itself an assertion,
of the lowest rank, so the stored partition is a pure function of the evidence with its holds (design section 4).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from uuid import UUID

import numpy as np
import numpy.typing as npt

from linkage import partition as pure
from linkage.guard import CONFLICTS, Guard
from linkage.partition import Verdict
from mpi.domain.evidence import Assertion, Edge, Pair, effective
from mpi.domain.identifiers import Identifier

Score = Callable[[bytes, Sequence[bytes]], Sequence[tuple[float, int]]]
"""The weight in log2 units and the guards' bits of one encoded record against each of many."""
Keys = tuple[tuple[str, ...], ...]
Blocks = tuple[tuple[Identifier, ...], ...]
_CONFLICTS = int(CONFLICTS)


@dataclass(frozen=True, slots=True)
class Member:
    """A record of the component. `encoded` is None when it takes no part by demographics; `live` unless it is merged
    into another; `contested` when its link was so before; `overlaid` when a reviewer is to say who it is now."""

    identifier: Identifier
    golden_id: UUID | None
    encoded: bytes | None
    live: bool
    contested: bool = False
    overlaid: bool = False


@dataclass(frozen=True, slots=True)
class Joins:
    """Edges that join by themselves, in columns: `one` and `other` are places among the members, int64[n], and
    `weight` float32[n]. A few hundred look-alikes have tens of thousands, and nothing else of them is asked."""

    one: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Component:
    """Everything that bears on one component; `before` are its assertions before this change. `released` are records
    of which a reviewer has just said that they are somebody else now: no old link of theirs is held. An edge that
    joins by itself is among `edges` or `joins`, or both. `former`, when a model is taken back, are the golden ids
    before it, without records that are newer: what it alone joined is not held."""

    members: tuple[Member, ...]
    edges: tuple[Edge, ...]
    assertions: tuple[Assertion, ...]
    before: tuple[Assertion, ...]
    released: frozenset[Identifier] = frozenset()
    joins: Joins | None = None
    former: Mapping[Identifier, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The model's: total weights in log2 units."""

    certain: float
    veto: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """`blocks` is what to store. `contested` are the pairs that only holds keep together, one for each piece held;
    `contested_records` the records of the lesser pieces, and those that wait for a reviewer after an overlay.
    `new_holds` are to be asserted, `spent` withdrawn."""

    blocks: Blocks
    contested: tuple[Pair, ...]
    contested_records: frozenset[Identifier]
    new_holds: tuple[Pair, ...] = ()
    spent: tuple[Assertion, ...] = ()


class Settler:
    """Scores two different encodings at most once, on the spot, while it settles one component."""

    def __init__(self, component: Component, thresholds: Thresholds, score: Score) -> None:
        self._component = component
        self._thresholds = thresholds
        self._score = score
        self._members = {str(m.identifier): m for m in component.members}
        self._keys = sorted(self._members)

    def settle(self) -> Settlement:
        """The partition to store after a change."""
        everything = self._component.assertions
        alone = self._partition(a for a in everything if a.rank is not pure.AssertionRank.HOLD)
        spent = tuple(a for a in everything if a.rank is pure.AssertionRank.HOLD and self._is_spent(a, alone))
        standing = [a for a in everything if a not in spent]
        held = self._partition(standing) if any(a.rank is pure.AssertionRank.HOLD for a in standing) else alone
        proposed = self._holds(held)
        final = self._partition(standing, proposed) if proposed else held
        return self._settlement(alone, final, self._realised(proposed, final), spent)

    def stored(self) -> Settlement:
        """What the evidence with its holds says, as it stands: what `settle` must have stored."""
        everything = self._component.assertions
        alone = self._partition(a for a in everything if a.rank is not pure.AssertionRank.HOLD)
        return self._settlement(alone, self._partition(everything), (), ())

    def _partition(self, assertions: Iterable[Assertion], holds: Sequence[pure.Assertion] = ()) -> Keys:
        said = [*(a.for_partition() for a in assertions), *holds]
        keys, (low, high) = self._keys, self._joining
        joining = ((keys[a], keys[b]) for a, b in zip(low, high, strict=True))
        return pure.blocks_alone(keys, joining, said, self._conflict, self._suspects)

    @cached_property
    def _joining(self) -> tuple[list[int], list[int]]:
        """The places in `_keys` of the pairs that join by themselves, a < b, heaviest first and ties by key."""
        rank = {key: number for number, key in enumerate(self._keys)}
        certain = [e for e in self._component.edges if e.weight >= self._thresholds.certain and not e.guards]
        one = np.array([rank[str(e.pair.one)] for e in certain], np.int64)
        other = np.array([rank[str(e.pair.other)] for e in certain], np.int64)
        weight = np.array([e.weight for e in certain], np.float64)
        if (joins := self._component.joins) is not None:
            ranks = np.array([rank[key] for key in self._members], np.int64)
            one, other = np.append(one, ranks[joins.one]), np.append(other, ranks[joins.other])
            weight = np.append(weight, joins.weight)
        low, high = np.minimum(one, other), np.maximum(one, other)
        order = np.lexsort((high, low, -weight))
        return low[order].tolist(), high[order].tolist()

    @cached_property
    def _number_of(self) -> dict[str, int]:
        """The number of each record's encoding: those that say the same stand to any other alike."""
        encoded = {key: row for key in self._keys if (row := self._members[key].encoded) is not None}
        numbers = {row: number for number, row in enumerate(dict.fromkeys(encoded.values()))}
        return {key: numbers[row] for key, row in encoded.items()}

    @cached_property
    def _clashes(self) -> dict[tuple[int, int], tuple[float, int]]:
        """The encodings that speak of two people, or weigh less than the floor, with weight and guards' bits."""
        held = Counter(self._number_of.values())
        encoded = [row for row in dict.fromkeys(self._members[key].encoded for key in self._keys) if row is not None]
        found = {}
        for one, row in enumerate(encoded):
            first = one if held[one] > 1 else one + 1
            scores = self._score(row, encoded[first:]) if first < len(encoded) else ()
            for other, (weight, bits) in enumerate(scores, first):
                if weight < self._thresholds.veto or bits & _CONFLICTS:
                    found[one, other] = weight, bits
        return found

    @cached_property
    def _suspects(self) -> frozenset[str]:
        """The records that may conflict with another."""
        if not self._joining[0]:
            return frozenset()
        clashing = {number for pair in self._clashes for number in pair}
        return frozenset(key for key, number in self._number_of.items() if number in clashing)

    def _clash(self, a: str, b: str) -> tuple[float, int] | None:
        numbers = sorted(self._number_of[key] for key in (a, b) if key in self._number_of)
        return self._clashes.get((numbers[0], numbers[1])) if len(numbers) > 1 else None

    def _conflict(self, a: str, b: str) -> pure.Conflict | None:
        if (found := self._clash(a, b)) is None:
            return None
        weight, bits = found
        # A merged prior is often wrong about the person, and an unidentified patient always: neither may veto.
        fit = self._members[a].live and self._members[b].live and not bits & Guard.UNIDENTIFIED
        return pure.Conflict(weight, Guard(bits)) if bits & _CONFLICTS or fit else None

    def _is_spent(self, hold: Assertion, alone: Keys) -> bool:
        """Whether a hold is needed no more, or hard evidence has come between what it held."""
        x, y = (self._piece(alone, str(end)) for end in (hold.pair.one, hold.pair.other))
        if x == y:
            # Kept while an assertion does its work, so that taking the assertion back restores the hold.
            return self._component.assertions == self._component.before
        if any(made not in self._component.assertions for made in self._component.before):
            # Something is taken back: what came between because of it goes with it, so the ends alone are asked.
            x, y = (str(hold.pair.one),), (str(hold.pair.other),)
        return self._guarded(x, y) or self._released(x, y) or self._joined_since(x, y, known=True)

    def _piece(self, blocks: Keys, key: str) -> tuple[str, ...]:
        """The part of `key`'s block that is in one golden identity with it."""
        golden_id = self._members[key].golden_id
        block = next(block for block in blocks if key in block)
        return tuple(member for member in block if self._members[member].golden_id == golden_id)

    def _holds(self, after: Keys) -> list[pure.Assertion]:
        """Statements that keep together what only soft evidence would part, weaker than any real assertion."""
        parts = self._parted(after)
        if not parts:
            return []
        changed = self._component.assertions != self._component.before
        before = _block_of(self._partition(self._component.before)) if changed else {}
        holds = []
        for pieces in parts:
            for x, y in combinations(pieces, 2):
                hard = self._hard(x, y) or bool({before.get(a, a) for a in x} & {before.get(b, b) for b in y})
                verdict = Verdict.DIFFERENT if hard else Verdict.SAME
                holds.append(pure.Assertion(x[0], y[0], verdict, pure.AssertionRank.HOLD, ""))
        return holds if any(hold.verdict is Verdict.SAME for hold in holds) else []

    def _realised(self, proposed: Iterable[pure.Assertion], final: Keys) -> tuple[Pair, ...]:
        block_of = _block_of(final)
        return tuple(
            Pair.of(self._identifier(hold.a), self._identifier(hold.b))
            for hold in proposed
            if hold.verdict is Verdict.SAME and block_of[hold.a] == block_of[hold.b]
        )

    def _parted(self, after: Keys) -> list[list[tuple[str, ...]]]:
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

    @cached_property
    def _different(self) -> list[frozenset[str]]:
        """The pairs of which a statement that holds says that they are two people."""
        holding = effective(self._component.assertions)
        return [frozenset((str(p.one), str(p.other))) for p, a in holding.items() if a.verdict is Verdict.DIFFERENT]

    def _hard(self, x: Sequence[str], y: Sequence[str]) -> bool:
        sides = set(x), set(y)
        if any(all(pair & side for side in sides) for pair in self._different):
            return True
        return self._guarded(x, y) or self._released(x, y) or self._joined_since(x, y)

    def _released(self, x: Sequence[str], y: Sequence[str]) -> bool:
        return any(self._identifier(key) in self._component.released for key in (*x, *y))

    def _joined_since(self, x: Sequence[str], y: Sequence[str], *, known: bool = False) -> bool:
        """Whether the model that is taken back joined them: none of x was then of one person with one of y. `known`:
        both sides must have been in the index then, for what only came later was held for other reasons."""
        former = self._component.former
        if former is None:
            return False
        one, other = ({former.get(self._identifier(key)) for key in side} - {None} for side in (x, y))
        return one.isdisjoint(other) and (bool(one and other) or not known)

    def _guarded(self, x: Sequence[str], y: Sequence[str]) -> bool:
        """Whether a guard that speaks of two people stands between any two of them."""
        ones, others = ({self._number_of[key] for key in side if key in self._number_of} for side in (x, y))
        clashes = (self._clashes.get((min(pair), max(pair))) for pair in product(ones, others))
        return any(clash is not None and clash[1] & _CONFLICTS for clash in clashes)

    def _settlement(
        self, alone: Keys, final: Keys, new_holds: tuple[Pair, ...], spent: tuple[Assertion, ...]
    ) -> Settlement:
        block_of = _block_of(alone)
        contested: list[Pair] = []
        records = {member.identifier for member in self._members.values() if member.overlaid}
        for block in final:
            pieces: dict[int, list[str]] = defaultdict(list)
            for key in block:
                pieces[block_of[key]].append(key)
            main, *others = sorted(pieces.values(), key=lambda piece: (-len(piece), min(piece)))
            for piece in others:
                contested.append(Pair.of(self._identifier(min(main)), self._identifier(min(piece))))
                records.update(self._identifier(key) for key in piece)
        blocks = tuple(tuple(self._identifier(key) for key in block) for block in final)
        return Settlement(blocks, tuple(sorted(contested)), frozenset(records), new_holds, spent)

    def _identifier(self, key: str) -> Identifier:
        return self._members[key].identifier


def _block_of(blocks: Iterable[Iterable[str]]) -> Mapping[str, int]:
    return {key: number for number, block in enumerate(blocks) for key in block}
