"""The draft of one message's effect on source records by the rules of `standards.md` 1.4; pure, nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from linkage.partition import AssertionRank, Verdict
from mpi.domain.commands import (
    Command,
    Delete,
    Field,
    Link,
    Merge,
    Move,
    Moved,
    NoEffect,
    Order,
    Patch,
    Rank,
    Register,
    Rename,
    Stamp,
    Unlink,
)
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Hop, Record, Update
from mpi.domain.routing import borrowers, fold, route
from mpi.domain.versions import Versions
from mpi.domain.views import RecordState, TaskKind
from mpi.errors import Fault, Refused

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Draft:
    """Applies commands to loaded records; read what to store from `changed`, `updates`, `assertions` and `alarms`.

    `records` are all records of the families the commands touch, `assertions` all that stand between them.
    """

    def __init__(self, records: Iterable[Record], assertions: Iterable[Assertion]) -> None:
        self._records = {record.identifier: record for record in records}
        self._before = dict(self._records)
        self._known_assertions = list(assertions)
        self.updates: list[Update] = []
        self.assertions: list[Assertion] = []
        self.alarms: list[tuple[TaskKind, Pair]] = []
        self._out_of_order = False

    @property
    def changed(self) -> tuple[Record, ...]:
        """Records that are new or differ from what was loaded, in identifier order."""
        return tuple(
            record for identifier, record in sorted(self._records.items()) if self._before.get(identifier) != record
        )

    @property
    def members(self) -> tuple[Identifier, ...]:
        """Every identifier in the draft."""
        return tuple(sorted(self._records))

    def before(self, identifier: Identifier) -> Record | None:
        """The record as loaded; None when it was unknown."""
        return self._before.get(identifier)

    def record(self, identifier: Identifier) -> Record:
        """The record as drafted; a new awaited one when unknown."""
        return self._records.setdefault(identifier, Record(identifier))

    def knows(self, identifier: Identifier) -> bool:
        """Whether a feed has described the identifier, alive or not."""
        found = self._records.get(identifier)
        return found is not None and (bool(found.registers.cells) or found.subsumed_by is not None)

    def apply(self, command: Command) -> None:
        """Draft one command. Raises `Refused` when a rule forbids it; then the whole draft is void."""
        match command:
            case Register(identifiers, patch, stamp):
                self._register(identifiers, patch, stamp)
            case Merge(survivor, prior, stamp):
                self._merge(survivor, prior, stamp)
            case Rename(new, old, stamp):
                self._rename(new, old, stamp)
            case Link(one, other, stamp):
                self._assert(one, other, Verdict.SAME, stamp)
            case Unlink(one, other, stamp):
                self._assert(one, other, Verdict.DIFFERENT, stamp)
            case Order(patient, patch, _, stamp):
                self.introduce(patient, patch, stamp)
            case Delete(identifier, stamp):
                self._register((identifier,), {Field.ACTIVE: False}, stamp)
            case Move(what=Moved.PATIENT, target=target, source=source):
                pair = Pair.of(self.record(target).identifier, self.record(source).identifier)
                self.alarms.append((TaskKind.MOVE, pair))
            case Move() | NoEffect():
                pass

    def introduce(self, identifier: Identifier, patch: Patch, stamp: Stamp) -> None:
        """Draft a patient as whoever has images, or makes them, knows them: it is believed only of one whom no feed
        has described."""
        known = self.record(identifier)
        told: Patch = {name: value for name, value in patch.items() if name != Field.ACTIVE}
        if told and not has_nothing_to_learn(known, told):
            self._register((identifier,), told, replace(stamp, rank=Rank.ARCHIVE))

    def refold(self, updates: Sequence[Update]) -> None:
        """Recompute every record's registers from all that was ever said of its family (see `routing`)."""
        told = [*updates, *self.updates]
        hops = self._hops()
        borrowed = borrowers(told, hops, self._records)
        for identifier, versions in fold(told, hops, self._records).items():
            record = self._records[identifier]
            hop = hops.get(identifier)
            self._records[identifier] = replace(
                record,
                registers=versions.registers,
                pending=versions.pending,
                subsumed_by=hop.survivor if hop else None,
                borrowed=identifier in borrowed,
            )

    def add(self, assertion: Assertion) -> None:
        """Draft a statement that no feed made: a reviewer's or the privacy officer's."""
        self.record(assertion.pair.one)
        self.record(assertion.pair.other)
        self.assertions.append(assertion)

    @property
    def needs_refold(self) -> bool:
        """Whether a merge stands or fell in these families, so that words may belong to another record, or something
        was told that is older than what is known, so that what followed it may be an overlay or none."""
        return (
            self._out_of_order
            or bool(self._hops())
            or any(record.subsumed_by or record.borrowed for record in self._records.values())
        )

    def _register(self, identifiers: Sequence[Identifier], patch: Patch, stamp: Stamp) -> None:
        for identifier in identifiers:
            update = Update(identifier, patch, stamp)
            self.updates.append(update)
            self._write(update)
        # A list of identifiers says nothing of when: any A37 about the pair outlasts it, whichever comes first.
        timeless = replace(stamp, occurred=_BEGINNING, recorded=_BEGINNING)
        for alias in identifiers[1:]:
            if not self._asserted(identifiers[0], alias, Verdict.SAME):
                self._assert(identifiers[0], alias, Verdict.SAME, timeless)

    def _write(self, update: Update) -> None:
        self.record(update.addressed)
        place = route(update, self._hops(), dict.fromkeys(self._records, _BEGINNING))
        if place != update.addressed:
            self.alarms.append((TaskKind.LATE_MESSAGE, Pair.of(update.addressed, place)))
        before = self.record(place)
        versions = Versions(before.registers, before.pending)
        if versions.latest is not None and update.stamp <= versions.latest:
            self._out_of_order = True  # `refold` puts it in its place
            return
        versions = versions.tell(update)
        self._records[place] = replace(before, registers=versions.registers, pending=versions.pending)

    def _merge(self, survivor: Identifier, prior: Identifier, stamp: Stamp) -> None:
        if survivor == prior:
            raise Refused(Fault.SELF_MERGE, "a patient cannot be merged into itself", "MRG^1^1")
        if survivor.authority != prior.authority:
            raise Refused(
                Fault.FOREIGN_AUTHORITY, "both identifiers of a merge must have one authority", "MRG^1^1^1^4"
            )
        hops = self._hops()
        if prior in hops and hops[prior].survivor == survivor:
            return
        if prior in hops:
            raise Refused(Fault.ALREADY_SUBSUMED, "the prior identifier was merged before", "MRG^1^1")
        if survivor in hops and hops[survivor].stamp.occurred <= stamp.occurred:
            raise Refused(Fault.ALREADY_SUBSUMED, "the surviving identifier was itself merged before", "PID^1^3")
        if prior in _chain(survivor, hops):
            raise Refused(Fault.MERGE_CYCLE, "the merge would close a circle", "MRG^1^1")
        self._assert(survivor, prior, Verdict.SAME, stamp, subsumed=prior)
        self._records[prior] = replace(self.record(prior), subsumed_by=survivor)

    def _rename(self, new: Identifier, old: Identifier, stamp: Stamp) -> None:
        if not self.knows(old):
            return
        target = self._records.get(new)
        already = old in self._hops() and self._hops()[old].survivor == new
        if not already and target is not None and target.state is not RecordState.AWAITED:
            raise Refused(Fault.IDENTIFIER_IN_USE, "the new identifier belongs to another patient", "PID^1^3")
        self._merge(new, old, stamp)

    def _assert(
        self, one: Identifier, other: Identifier, verdict: Verdict, stamp: Stamp, subsumed: Identifier | None = None
    ) -> None:
        if one == other:
            raise Refused(Fault.BAD_VALUE, "an identifier cannot be linked to itself", "PID^1^3")
        self.record(one)
        self.record(other)
        self.assertions.append(Assertion(Pair.of(one, other), verdict, AssertionRank.SOURCE, stamp, subsumed))

    def _asserted(self, one: Identifier, other: Identifier, verdict: Verdict) -> bool:
        pair = Pair.of(one, other)
        return any(a.pair == pair and a.verdict is verdict for a in self._standing())

    def _standing(self) -> list[Assertion]:
        return [*self._known_assertions, *self.assertions]

    def _hops(self) -> dict[Identifier, Hop]:
        return hops(self._standing())


def has_nothing_to_learn(known: Record, patch: Patch | None) -> bool:
    """Whether what an archive or a radiology system says of a patient changes nothing: it counts only where no feed
    has spoken."""
    return bool(known.registers.cells) or known.state is not RecordState.AWAITED or not patch


def hops(assertions: Iterable[Assertion]) -> dict[Identifier, Hop]:
    """The effective merges: those no stronger, or later equal, DIFFERENT on the same pair overrules."""
    standing = list(assertions)
    found: dict[Identifier, Hop] = {}
    for merge in standing:
        if merge.subsumed is None:
            continue
        if any(a.pair == merge.pair and a.verdict is Verdict.DIFFERENT and a.order > merge.order for a in standing):
            continue
        held = found.get(merge.subsumed)
        if held is None or merge.stamp > held.stamp:
            found[merge.subsumed] = Hop(merge.pair.other_than(merge.subsumed), merge.stamp)
    return _without_circles(found)


def _without_circles(found: Mapping[Identifier, Hop]) -> dict[Identifier, Hop]:
    """No circle is ever told (V2-43), but one can close when a statement that broke it is taken back."""
    kept: dict[Identifier, Hop] = {}
    for prior, hop in sorted(found.items(), key=lambda item: (item[1].stamp, item[0])):
        if prior not in _chain(hop.survivor, kept):
            kept[prior] = hop
    return kept


def _chain(start: Identifier, merged: Mapping[Identifier, Hop]) -> set[Identifier]:
    seen = {start}
    place = start
    while (hop := merged.get(place)) is not None and hop.survivor not in seen:
        place = hop.survivor
        seen.add(place)
    return seen
