"""Tell a long answer page by page, from a snapshot that no merge between two pages disturbs (IHE-33)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Record
from mpi.domain.snapshot import Found, Snapshot
from mpi.domain.views import PersonView
from mpi.domain.withholding import identifiers_told, is_protected, person_told
from mpi.errors import NotFound
from mpi.ports import Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.people import people_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A person and the identifiers to be told of them."""

    person: PersonView
    told: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """People from position `start` on; `end` is where the next page begins, `total` how many were found."""

    shown: tuple[Shown, ...]
    end: int
    total: int
    complete: bool


class Paging:
    """Snapshots of answers. All need READ_PERSON and raise `Forbidden` and `Unavailable`."""

    def __init__(self, units: Units, new_pointer: Callable[[], UUID] = uuid4) -> None:
        self._units = units
        self._new_pointer = new_pointer

    def keep(self, found: Sequence[Found], tag: str, digest: bytes, caller: Caller, *, complete: bool) -> UUID:
        """Keep an answer for some minutes; returns the pointer it is read on by."""
        caller.require(Right.READ_PERSON)
        pointer = self._new_pointer()
        snapshot = Snapshot(caller.user, tag, digest, tuple(found), complete)
        attempt(lambda: self._keep(pointer, snapshot))
        return pointer

    def page(self, pointer: UUID, start: int, count: int, digest: bytes, caller: Caller) -> Page:
        """A page of a kept answer: who was one person then, told with the identifiers of then and what their records
        say now. Somebody taken apart since is left out, for to show them would join again what was found not to be
        one. Raises NotFound when the pointer is not the caller's, has expired or is of another question."""
        caller.require(Right.READ_PERSON)
        with self._units.begin(read_only=True) as unit:
            kept = unit.snapshots.get(pointer)
            if kept is None or (kept.owner, kept.digest) != (caller.user, digest) or start > len(kept.people):
                raise NotFound("no answer can be continued by this pointer; ask anew")
            end = min(start + count, len(kept.people))
            shown = _show(unit, kept.people[start:end], caller)
            unit.audit.record_each(caller, "search", [str(one.person.golden_id) for one in shown], {})
            unit.commit()
        return Page(tuple(shown), end, len(kept.people), kept.complete)

    def cancel(self, tag: str, caller: Caller) -> None:
        """Forget the caller's answers to the queries of that tag."""
        caller.require(Right.READ_PERSON)
        attempt(lambda: self._cancel(tag, caller))

    def _keep(self, pointer: UUID, snapshot: Snapshot) -> None:
        with self._units.begin(read_only=True) as unit:
            unit.snapshots.keep(pointer, snapshot)
            unit.commit()

    def _cancel(self, tag: str, caller: Caller) -> None:
        with self._units.begin(read_only=True) as unit:
            unit.snapshots.cancel(caller.user, tag)
            unit.audit.record(caller, "cancel-query", [], {})
            unit.commit()


def _show(unit: Unit, found: Sequence[Found], caller: Caller) -> list[Shown]:
    records = {r.identifier: r for r in unit.records.of_identifiers([i for f in found for i in f.members])}
    members = {f.golden_id: [records[i] for i in f.members if i in records] for f in found}
    whole = {golden_id: theirs for golden_id, theirs in members.items() if _is_one(theirs)}
    views: Mapping[UUID, PersonView] = {view.golden_id: view for view in people_of(unit, whole)} if whole else {}
    shown = [_as_told(views[f.golden_id], f.told, caller) for f in found if f.golden_id in views]
    return [one for one in shown if one.told]  # IHE-32


def _as_told(view: PersonView, told: Sequence[Identifier], caller: Caller) -> Shown:
    """Also who is restricted since the answer was kept (NHS-57)."""
    return Shown(person_told(view, caller), identifiers_told(told, caller, restricted=is_protected(view)))


def _is_one(records: Sequence[Record]) -> bool:
    return len({record.golden_id for record in records}) == 1
