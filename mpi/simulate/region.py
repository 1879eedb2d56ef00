"""Simulate a region: `simulate(network, people, seed)` gives people, records, messages, studies and truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pandas as pd

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network, Protocol
from mpi.simulate import imaging, orders, truth, wire_fhir, wire_hl7
from mpi.simulate.acts import Act, Events
from mpi.simulate.dwellings import build_stock
from mpi.simulate.events import tell
from mpi.simulate.hospitals import Pas, open_systems, seconds
from mpi.simulate.imaging import SimStudy
from mpi.simulate.lives import Truth, live
from mpi.simulate.naming import open_registry
from mpi.simulate.places import districts_of
from mpi.simulate.population import Population, people_region
from mpi.simulate.quality import RATES, Slip
from mpi.simulate.registration import Records, register
from mpi.simulate.sampling import YEAR, stream
from mpi.simulate.snapshot import bulk_records
from mpi.simulate.telling import tellings

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class SimMessage:
    """One message or resource as it leaves a trust.

    `body` is an HL7 v2 message without MLLP framing, or Patient JSON. `at` is when it was sent, `occurred` when the
    thing happened; both aware UTC. `kind` is "ADT^A28" or "PUT"; `act` says what happened ("register", "merge" ...).
    `identifiers` are the local ones spoken of, survivor or correct one first. `query` is the `system|value` of a
    conditional PUT, "" for HL7 v2.
    """

    feed_id: str
    protocol: Protocol
    at: datetime
    control_id: str
    body: bytes
    kind: str
    act: str
    identifiers: tuple[Identifier, ...]
    query: str = ""


@dataclass(frozen=True)
class Region:
    """A simulated region. Everything in it is a function of (network, people, seed and the other arguments)."""

    network: Network
    seed: int
    studies_per_person: float
    reality: Truth
    systems: tuple[Pas, ...]
    records: Records
    events: Events

    @property
    def people(self) -> Population:
        """The people as they really are."""
        return self.reality.people

    def messages(self) -> Iterator[SimMessage]:
        """Every message of every feed, in the order of sending."""
        serials = dict.fromkeys((pas.feed.id for pas in self.systems), 0)
        speaks = np.array([pas.speaks for pas in self.systems])
        told_rows = np.flatnonzero(speaks[self.records.system[self.events.record]])
        for first in range(0, len(told_rows), _CHUNK):
            chunk = self.events.take(told_rows[first : first + _CHUNK])
            for pas, told in tellings(self.reality, self.systems, self.records, chunk):
                if pas.is_fhir and told.act in wire_fhir.SILENT:
                    continue
                serials[pas.feed.id] += 1
                control_id = f"{pas.index:02d}{self.seed % 1000:03d}{serials[pas.feed.id]:010d}"
                if pas.is_fhir:
                    query, body = wire_fhir.render(pas, told)
                    kind = "PUT"
                else:
                    event, body = wire_hl7.render(pas, told, control_id)
                    query, kind = "", f"ADT^{event}"
                values = (told.value, told.other) if told.other else (told.value,)
                identifiers = tuple(Identifier(pas.authority.id, value) for value in values)
                act = told.act.name.lower().replace("_", "-")
                yield SimMessage(
                    pas.feed.id, pas.feed.protocol, told.at, control_id, body, kind, act, identifiers, query
                )

    def orders(self) -> Iterator[SimMessage]:
        """Every message of the radiology systems about the studies, study by study."""
        for told in orders.told_of(self.network, self.studies()):
            patient = Identifier(told.study.authority, told.study.patient_id)
            yield SimMessage(
                told.feed_id, Protocol.MLLP, told.at, told.control_id, told.body, told.kind, told.act, (patient,)
            )

    @cached_property
    def study_frame(self) -> pd.DataFrame:
        """One row a study (see `imaging.scan`)."""
        rng = stream(self.seed, "imaging")
        return imaging.scan(rng, self.network, self.reality, self.systems, self.records, self.studies_per_person)

    def studies(self) -> Iterator[SimStudy]:
        """Every study, in the order of its start."""
        return imaging.each_study(self.study_frame)

    @cached_property
    def truth_frame(self) -> pd.DataFrame:
        """Columns authority, value, person_id, kind, status, fed: every local identifier ever spoken of."""
        return truth.identifier_truth(self.systems, self.records)

    @cached_property
    def person_of(self) -> Mapping[Identifier, int]:
        """The person each local identifier is truly of."""
        frame = self.truth_frame
        keys = zip(frame.authority.tolist(), frame.value.tolist(), frame.person_id.tolist(), strict=True)
        return {Identifier(authority, value): person for authority, value, person in keys}

    @cached_property
    def person_of_study(self) -> Mapping[str, int]:
        """The person each study is truly of, by Study Instance UID."""
        frame = self.study_frame
        return dict(zip(frame.study_uid.tolist(), frame.person.tolist(), strict=True))

    @cached_property
    def notes(self) -> pd.DataFrame:
        """Pairs that are hard on purpose: columns note, one, other (see `truth.notes`)."""
        return truth.notes(self.systems, self.people, self.records, self.events)

    def snapshot(self) -> pd.DataFrame:
        """The live local records as every feed left them (see `snapshot.bulk_records`)."""
        return bulk_records(self.reality, self.systems, self.records, self.events)

    def counts(self) -> dict[str, int]:
        """Sizes for progress lines and reports."""
        acts = {f"events {act.name.lower()}": int((self.events.act == act).sum()) for act in Act}
        known = len(np.unique(self.records.person))
        return {"people": len(self.people), "people known": known, "local records": len(self.records), **acts}


def simulate(
    network: Network,
    people: int,
    seed: int,
    *,
    years: float = 15.0,
    end: date = date(2026, 1, 1),
    updates: float = 1.4,
    studies_per_person: float = 1.2,
    rates: Mapping[Slip, float] | None = None,
) -> Region:
    """Simulate `people` people of the network's area over the `years` before `end`.

    `updates` is the mean number of later demographic updates of a local record in fifteen years; `rates` overrides
    single error rates of `quality.RATES`. Raises ValueError when the network has no feed to speak for an authority,
    or `people` is under 2.
    """
    if people < 2:
        raise ValueError("a region needs at least 2 people")
    finish = seconds(end)
    start = int(finish - years * YEAR)
    start -= start % 86_400
    systems = open_systems(network, start, finish)
    districts = districts_of(tuple(dict.fromkeys(pas.authority.owner for pas in systems)))
    population = people_region(stream(seed, "people"), open_registry(), people, start, finish)
    stock = build_stock(stream(seed, "dwellings"), districts, int(population.household.max()) + 1)
    reality = Truth(population, live(stream(seed, "lives"), population, stock, start, finish), stock)
    merged_rates = {**RATES, **(rates or {})}
    records = register(stream(seed, "registration"), reality, systems, districts, merged_rates)
    records, events = tell(stream(seed, "events"), reality, systems, records, updates)
    return Region(network, seed, studies_per_person, reality, systems, records, events)


def snapshot(network: Network, people: int, seed: int, *, years: float = 15.0) -> pd.DataFrame:
    """The live local records of a region, for bulk benchmarks; the columns of `snapshot.bulk_records`."""
    return simulate(network, people, seed, years=years).snapshot()
