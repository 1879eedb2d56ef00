"""Find out what a change would do by doing it and taking it back, and whether it takes two people (decision 0021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mpi.domain.access import Caller
from mpi.domain.consequence import Consequence
from mpi.domain.network import Network
from mpi.ports import Unit, Units
from mpi.usecases.deciding.consequences import consequence

T = TypeVar("T")


class Rehearsing:
    """Changes that move more than `most_studies` studies to another history, or part records of one verified NHS
    number, need two people."""

    def __init__(self, units: Units, network: Network, most_studies: int) -> None:
        self._units = units
        self._network = network
        self._most_studies = most_studies

    def rehearse(self, work: Callable[[Unit], T], subject: str, caller: Caller) -> tuple[T, Consequence]:
        """What `work` returns, and what it does."""
        with self._units.begin() as unit:  # never committed
            returned = work(unit)
            found = consequence(unit, self._network)
        with self._units.begin(read_only=True) as unit:
            unit.audit.record(caller, "preview", [subject], {"studies": found.studies})
            unit.commit()
        return returned, found

    def has_high_impact(self, unit: Unit) -> bool:
        """Whether what this unit has done so far needs a second person."""
        return self.needs_two(consequence(unit, self._network))

    def needs_two(self, found: Consequence) -> bool:
        """Whether a change with this consequence needs a second person."""
        return found.breaks_verified or found.studies > self._most_studies
