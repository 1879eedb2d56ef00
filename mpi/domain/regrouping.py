"""What a reviewer states when records change their person: these are one, these are not.

Built here once, for pages and API alike, so that a move, a split and a merge are nothing but assertions, and are
undone as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from uuid import UUID

from linkage.partition import AssertionRank, Verdict
from mpi.domain.evidence import Assertion, Pair, effective
from mpi.domain.identifiers import Identifier
from mpi.errors import Fault, Refused

MOST = 400  # statements of one act; more is a case for the sources


class Regroup(StrEnum):
    """What is to happen."""

    SPLIT = "split"  # records become a person of their own
    MOVE = "move"  # records go to another person
    MERGE = "merge"  # two people are one


@dataclass(frozen=True, slots=True)
class Wish:
    """`records` of the person under `golden_id` are to leave, to `other` when it is a move; of a merge with `other`
    there are none."""

    kind: Regroup
    golden_id: UUID
    records: tuple[Identifier, ...] = ()
    other: UUID | None = None


@dataclass(frozen=True, slots=True)
class Statements:
    """`leaving` are to be one and, but for a merge, no more with `staying`; with a move or merge, one with `others`
    too."""

    leaving: tuple[Identifier, ...]
    staying: tuple[Identifier, ...]
    others: tuple[Identifier, ...]
    said: tuple[tuple[Pair, Verdict], ...]

    @property
    def everybody(self) -> tuple[Identifier, ...]:
        """All records of the people concerned."""
        return (*self.leaving, *self.staying, *self.others)

    @property
    def mark(self) -> str:
        """Tells these statements from any others: what was looked at is what is confirmed."""
        told = "\n".join(sorted(f"{pair.one} {pair.other} {verdict.value}" for pair, verdict in self.said))
        return hashlib.sha256(told.encode()).hexdigest()

    def achieved(self, golden_of: Mapping[Identifier, UUID]) -> bool:
        """Whether the records are where they were wished to be."""
        together = {golden_of[identifier] for identifier in (*self.leaving, *self.others)}
        return len(together) == 1 and not together & {golden_of[identifier] for identifier in self.staying}

    def opposed(self, standing: Sequence[Assertion], rank: AssertionRank) -> tuple[Pair, ...]:
        """What somebody of this rank has decided to keep apart, and was to be one now: a new statement would not
        weigh more, and must not be a way round (SEC-3)."""
        wanted = {*self.leaving, *self.others}
        return tuple(
            pair
            for pair, made in sorted(effective(standing).items(), key=lambda item: item[0])
            if made.verdict is Verdict.DIFFERENT and made.rank is rank and {pair.one, pair.other} <= wanted
        )


def statements(
    kind: Regroup, chosen: Sequence[Identifier], members: Sequence[Identifier], others: Sequence[Identifier]
) -> Statements:
    """What is to be stated of `chosen` records among the `members` of a person, and the records of another person.
    Raises Refused when nothing would be left to do."""
    leaving = tuple(members) if kind is Regroup.MERGE else tuple(i for i in members if i in set(chosen))
    staying = tuple(identifier for identifier in members if identifier not in leaving)
    if not leaving:
        raise Refused(Fault.BAD_VALUE, "choose the records that shall leave")
    if kind is not Regroup.MERGE and not staying:
        raise Refused(Fault.BAD_VALUE, "leave at least one record; to move them all, merge the two people")
    apart = [(Pair.of(one, other), Verdict.DIFFERENT) for one, other in product(leaving, staying)]
    one = [(pair, Verdict.SAME) for pair in _ties(leaving, tuple(others))]
    if len(apart) + len(one) > MOST:
        raise Refused(Fault.BAD_VALUE, "these people have too many records to be changed by hand")
    return Statements(leaving, staying, tuple(others), (*apart, *one))


def _ties(leaving: Sequence[Identifier], others: Sequence[Identifier]) -> list[Pair]:
    """Each record tied to the first on the other side: what two people share is said, and of either side no more than
    that. Without another side, to the first of their own."""
    if not others:
        return [Pair.of(leaving[0], one) for one in leaving[1:]]
    tied = [Pair.of(one, others[0]) for one in leaving]
    return list(dict.fromkeys([*tied, *(Pair.of(leaving[0], other) for other in others)]))
