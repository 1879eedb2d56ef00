"""A source record's two versions: the one that counts, and after an overlay the one that waits for a reviewer.

The overlay, and what its source says after it, makes a pending version that starts from nothing: nothing of the
former person belongs to the next. It ends when the source speaks of the former person again, or when a reviewer
accepts it: then it is the version that counts. A rejected one goes on collecting what is said of the wrong person.
A deletion (A29) ends it too; whoever is registered under the number afterwards may be anybody.

A pure function of the updates in the order of their stamps and of the rulings upon them, so that identity is one too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from linkage.record import Demographics
from mpi.domain.commands import Field, Patch, Rank, Stamp
from mpi.domain.overlay import changes, is_overlay
from mpi.domain.record import Pending, Update
from mpi.domain.registers import Registers

_SOMEBODY_ELSE = 2  # of name, date of birth and sex: a third person is of the same sex as one of the two before
_IDENTITY = frozenset({Field.NAMES, Field.BIRTH_DATE, Field.SEX})
_OF_THE_RECORD = frozenset({Field.ACTIVE, Field.RESTRICTED})  # whoever the person is


@dataclass(frozen=True, slots=True)
class Versions:
    """`registers` are what counts."""

    registers: Registers = field(default_factory=Registers)
    pending: Pending | None = None

    @property
    def latest(self) -> Stamp | None:
        """The stamp of the last update; None before the first. `tell` takes later ones only."""
        held = [self.registers] + ([self.pending.registers] if self.pending else [])
        return max((cell.stamp for registers in held for cell in registers.cells.values()), default=None)

    def tell(self, update: Update) -> Versions:
        """The versions after one more update, which must be later than all before."""
        if update.patch.get(Field.ACTIVE) is False:
            return self._delete(update)
        if self.pending is None:
            return self._change(update)
        to_former, to_pending = _changes(self.registers, update), _changes(self.pending.registers, update)
        if to_former < to_pending and to_former < _SOMEBODY_ELSE:
            return replace(self._write(update), pending=None)
        if to_pending >= _SOMEBODY_ELSE:
            return self._open(update)  # a third person
        return self._wait(replace(self.pending, registers=_write(self.pending.registers, update)), update)

    def _change(self, update: Update) -> Versions:
        if not is_overlay(*_before_and_after(self.registers, update)):
            return self._write(update)
        # A number that was given back may be anybody's, and nothing of its former owner goes with it.
        return self._open(update) if self.registers.active else Versions(self._afresh(update))

    def _delete(self, update: Update) -> Versions:
        """A deletion ends the question who the record is; whom it describes beside must be whom it deletes."""
        somebody_else = _changes(self.registers, update) >= _SOMEBODY_ELSE
        said: Patch = {Field.ACTIVE: False} if self.pending or somebody_else else update.patch
        return Versions(self.registers.write(said, update.stamp))

    def _open(self, update: Update) -> Versions:
        return self._wait(Pending(self._afresh(update), update.addressed, update.stamp), update)

    def _afresh(self, update: Update) -> Registers:
        kept = {name: cell for name, cell in self.registers.cells.items() if name in _OF_THE_RECORD}
        return _write(Registers(kept), update)

    def _wait(self, pending: Pending, update: Update) -> Versions:
        if update.accepted is True:
            return Versions(pending.registers)
        if update.accepted is False:
            pending = replace(pending, rejected=True)
        # A mark of privacy is about the record, and does not wait.
        at_once: Patch = {Field.RESTRICTED: True} if update.patch.get(Field.RESTRICTED) is True else {}
        return Versions(self.registers.write(at_once, update.stamp), pending)

    def _write(self, update: Update) -> Versions:
        return replace(self, registers=_write(self.registers, update))


def _write(registers: Registers, update: Update) -> Registers:
    return registers.write(update.patch, update.stamp)


def _changes(registers: Registers, update: Update) -> int:
    return changes(*_before_and_after(registers, update))


def _before_and_after(registers: Registers, update: Update) -> tuple[Demographics, Demographics]:
    """The identities before and after; the header of an image has nothing that a feed could change into another."""
    if update.stamp.rank is not Rank.FEED:
        return Demographics(), Demographics()
    held = Registers({n: c for n, c in registers.cells.items() if n in _IDENTITY and c.stamp.rank is Rank.FEED})
    said = {name: value for name, value in update.patch.items() if name in _IDENTITY}
    return held.demographics, held.write(said, update.stamp).demographics
