"""What another model would make of the index: the people it changes, in counts and one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.lineage import Lineage


class ChangeKind(StrEnum):
    """What happens to some people, the gravest first."""

    MERGE = "merge"  # records of several golden identities come under one
    SPLIT = "split"  # records of one come under several
    HELD = "held"  # a link would not be made any more: it stays, contested, and a reviewer is asked
    FREED = "freed"  # a contested link is contested no more


@dataclass(frozen=True, slots=True)
class Placing:
    """A record, its golden id now, and the one it would have; None for an identity that is yet to be made."""

    identifier: Identifier
    before: UUID
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Change:
    """Some people who would change together. `blocks` are their records as the new model groups them; `pair` two
    records that show the change, `weight` what they weigh in bits under the new model; `studies` those that would
    come into another history."""

    kinds: tuple[ChangeKind, ...]
    blocks: tuple[tuple[Placing, ...], ...]
    contested: tuple[Pair, ...]
    pair: Pair
    weight: float
    studies: int

    @property
    def sides(self) -> tuple[tuple[Identifier, ...], ...]:
        """The records to look at, person by person: those that would be together as they are apart now, or those
        that are together as they would be parted. Only such as are, or would be, one person: nobody sees side by
        side what must not be shown together (NHS-56)."""
        near = [
            block for block in self.blocks if any(p.identifier in (self.pair.one, self.pair.other) for p in block)
        ]
        if self.kinds[0] is not ChangeKind.SPLIT:
            return _by_person(near[0])
        (held,) = {p.before for block in near for p in block if p.identifier == self.pair.one}
        return tuple(tuple(p.identifier for p in block if p.before == held) for block in near)


def _by_person(block: Sequence[Placing]) -> tuple[tuple[Identifier, ...], ...]:
    people: dict[UUID, list[Identifier]] = defaultdict(list)
    for placing in block:
        people[placing.before].append(placing.identifier)
    return tuple(map(tuple, people.values()))


@dataclass(frozen=True, slots=True)
class Counts:
    """The difference in counts. `joined` golden identities retire into others, `parted` ones are made anew; `moved`
    records change their golden id. `studies` come into another history, `histories` gain or lose one. `held` and
    `freed` are records whose link becomes contested or is so no more."""

    records: int = 0
    edges: int = 0
    joined: int = 0
    parted: int = 0
    moved: int = 0
    held: int = 0
    freed: int = 0
    histories: int = 0
    studies: int = 0
    tasks_opened: int = 0
    tasks_closed: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nobody would notice."""
        return not (self.joined or self.moved or self.held or self.freed or self.tasks_opened or self.tasks_closed)

    def beyond(self, foreseen: Counts) -> tuple[str, ...]:
        """What these are more of than was foreseen, by more than 10 % and 20, with both counts, as words."""
        return tuple(
            f"{now:,} {words} and not {then:,}"
            for key, words in _GRAVE.items()
            if (now := getattr(self, key)) > 1.1 * (then := getattr(foreseen, key)) + 20
        )


_GRAVE = {"joined": "merges", "parted": "partings", "held": "contested links", "tasks_opened": "new tasks"}
"""The counts for which a model is declined, as words."""


@dataclass(frozen=True, slots=True)
class ModelDifference:
    """What a new model would change, and the counts of it."""

    counts: Counts
    changes: tuple[Change, ...]


class ProposalState(StrEnum):
    """Where a proposed model stands. The last two are not kept beside it: the reigns tell them."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    ROLLED_OUT = "rolled-out"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class ModelHeading:
    """A model without its weights; thresholds in bits."""

    fingerprint: str
    name: str
    version: str
    certain: float
    possible: float
    veto: float


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """The model that weighs the index, since when, and who began it."""

    model: ModelHeading
    since: datetime
    begun_by: str


@dataclass(frozen=True, slots=True)
class Reign:
    """While a model weighed the index; `until` is None for the one in force. It began with the index, by the roll-out
    of `proposal_id`, or by a roll-back to the reign `restores`, for `reason`."""

    id: int
    model: ModelHeading
    since: datetime
    until: datetime | None
    begun_by: str
    proposal_id: int | None = None
    restores: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A roll-out or roll-back that has not ended: what it does, and since when."""

    what: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A model that somebody proposed instead of the one with fingerprint `base`, and what it would change.

    `answered_by` approved or declined it, for `reason`; "" while nobody has.
    """

    id: int
    model: ModelHeading
    base: str
    counts: Counts
    changes: int
    state: ProposalState
    made_by: str
    made_at: datetime
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""


def with_reigns(proposal: Proposal, reigns: Sequence[Reign]) -> Proposal:
    """The proposal as what has become of it; `reigns` are all there were, the newest first."""
    for then, reign in zip((None, *reigns), reigns, strict=False):
        if reign.proposal_id == proposal.id:
            undone = then is not None and then.restores is not None
            return replace(proposal, state=ProposalState.ROLLED_BACK if undone else ProposalState.ROLLED_OUT)
    return proposal


class Judgement(StrEnum):
    """What a reviewer says of one change."""

    BETTER = "better"
    WORSE = "worse"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Judged:
    """How many sampled changes of one kind were judged in which way, by the gravest kind of each."""

    kind: ChangeKind
    better: int
    worse: int
    unsure: int


def placings(
    blocks: Sequence[Sequence[Identifier]], held: Mapping[Identifier, UUID], lineage: Lineage
) -> tuple[tuple[Placing, ...], ...]:
    """The blocks of a new partition with where their records were and would be."""
    minted = frozenset(lineage.minted)
    return tuple(
        tuple(Placing(i, held[i], None if (after := lineage.golden_of[i]) in minted else after) for i in block)
        for block in blocks
    )


def kinds_of(
    blocks: Sequence[Sequence[Placing]], newly_held: Collection[Identifier], freed: Collection[Identifier]
) -> tuple[ChangeKind, ...]:
    """Everything that happens to these people, the gravest first; nothing when nothing does."""
    spread: Counter[UUID] = Counter()
    for block in blocks:
        spread.update({placing.before for placing in block})
    told = {
        ChangeKind.MERGE: any(len({placing.before for placing in block}) > 1 for block in blocks),
        ChangeKind.SPLIT: any(number > 1 for number in spread.values()),
        ChangeKind.HELD: bool(newly_held),
        ChangeKind.FREED: bool(freed),
    }
    return tuple(kind for kind, is_so in told.items() if is_so)


def shown_by(kind: ChangeKind, blocks: Sequence[Sequence[Placing]], contested: Sequence[Pair]) -> list[Pair]:
    """The pairs of records that show a change of this kind; the heaviest shows it best."""
    if kind is ChangeKind.HELD and contested:
        return list(contested)
    if kind is ChangeKind.MERGE:
        found = [
            Pair.of(one.identifier, other.identifier)
            for block in blocks
            for n, one in enumerate(block)
            for other in block[n + 1 :]
            if one.before != other.before
        ]
        return found
    apart: dict[UUID, list[tuple[int, Identifier]]] = defaultdict(list)
    for number, block in enumerate(blocks):
        for placing in block:
            apart[placing.before].append((number, placing.identifier))
    return [
        Pair.of(one, other)
        for members in apart.values()
        for n, (at, one) in enumerate(members)
        for place, other in members[n + 1 :]
        if kind is not ChangeKind.SPLIT or at != place
    ]
