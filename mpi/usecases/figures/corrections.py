"""The correction list of a trust: records of its own that are one person, for it to merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpi.domain.access import Caller, Right
from mpi.domain.correction import Correction, Doubled, Numbered, correction
from mpi.domain.network import Network
from mpi.domain.worklist import owned
from mpi.errors import Forbidden, NotFound
from mpi.ports import Unit, Units

MOST = 200
"""How many are told at a time."""

_EXPORTED = 200_000  # at most, in one list


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """Some of the people with duplicates, how many there are, and where it goes on."""

    corrections: tuple[Correction, ...]
    total: int
    following: Doubled | None = None


class Corrections:
    """All methods need REVIEW and raise `Forbidden` and `Unavailable`. Whoever does not operate the network gets the
    list of their own organisation."""

    def __init__(self, units: Units, network: Network) -> None:
        self._units = units
        self._network = network

    def page(
        self, organisation: str, caller: Caller, limit: int = 25, after: Doubled | None = None
    ) -> CorrectionPage:
        """Some of an organisation's duplicates. Raises NotFound when it issues no numbers."""
        authorities = self._allowed(organisation, caller)
        size = max(1, min(limit, MOST))
        with self._units.begin(read_only=True) as unit:
            doubled, total = unit.duplicates.doubled(authorities, after, size + 1)
            shown = doubled[:size]
            told = self._read(unit, shown, organisation, caller)
            unit.commit()
            return CorrectionPage(told, total, shown[-1] if len(doubled) > size else None)

    def export(self, organisation: str, caller: Caller) -> Iterator[Correction]:
        """All of an organisation's duplicates, read bit by bit. Raises NotFound at once when it issues no numbers."""
        authorities = self._allowed(organisation, caller)
        with self._units.begin(read_only=True) as unit:
            doubled, _ = unit.duplicates.doubled(authorities, None, _EXPORTED)
            unit.audit.record(
                caller, "export-corrections", [f"organisation/{organisation}"], {"people": len(doubled)}
            )
            unit.commit()
        return self._stream(doubled, organisation, caller)

    def _stream(self, doubled: Sequence[Doubled], organisation: str, caller: Caller) -> Iterator[Correction]:
        for start in range(0, len(doubled), MOST):
            with self._units.begin(read_only=True) as unit:
                told = self._read(unit, doubled[start : start + MOST], organisation, caller)
                unit.commit()
            yield from told

    def _read(
        self, unit: Unit, doubled: Sequence[Doubled], organisation: str, caller: Caller
    ) -> tuple[Correction, ...]:
        members = unit.duplicates.members(doubled) if doubled else {}
        known = {r.identifier: r for r in unit.records.of_identifiers([i for m in members.values() for i in m])}
        told = []
        for one in doubled:
            numbered = [Numbered(known[i], studies) for i, studies in members.get(one, {}).items()]
            if len(numbered) > 1:  # it may have been put right meanwhile
                told.append(correction(one[0], numbered))
        people = [str(one.golden_id) for one in told]
        unit.audit.record_each(caller, "read-corrections", people, {"organisation": organisation})
        return tuple(told)

    def _allowed(self, organisation: str, caller: Caller) -> tuple[str, ...]:
        caller.require(Right.REVIEW)
        if caller.bounds is not None and caller.bounds != organisation:
            raise Forbidden("the correction list of another trust is not yours to read")
        authorities = owned(self._network, organisation)
        if not authorities:
            raise NotFound("no organisation of this network that numbers patients has this code")
        return authorities
