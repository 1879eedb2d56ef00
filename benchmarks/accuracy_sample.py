"""Local records of a simulated region with the truth beside them, for judging how right a model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linkage.record import Address, Demographics, Name, NameUse, Sex, StandardRecord
from linkage.standardise import standardise
from mpi.networks import load_network
from mpi.simulate import Region, simulate
from mpi.simulate.naming import Origin
from mpi.simulate.sampling import YEAR
from mpi.simulate.snapshot import last_tellings

AGES = (1, 5, 18, 40, 65, 80)
SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}


@dataclass(frozen=True, slots=True)
class Sample:
    """Local records ready to link, by record number as text ("0" is the first).

    truth is the person of each record; overlaid are those that speak of a stranger; groups name each person's sex,
    age band and origin; family is (household, place among its children) of each person.
    """

    records: tuple[StandardRecord, ...]
    truth: Mapping[str, int]
    overlaid: frozenset[str]
    groups: Mapping[int, tuple[str, str, str]]
    family: Mapping[int, tuple[int, int]]
    people: int


def demographics(row: Mapping[str, object], *, without_nhs: bool) -> Demographics:
    """One row of `Region.snapshot` as the feeds' adapters give it."""
    text = {name: str(value) for name, value in row.items()}
    names = [Name(text["surname"], text["forename"], text["middle_names"], text["title"])]
    if text["previous_surname"]:
        names.append(Name(text["previous_surname"], text["forename"], use=NameUse.MAIDEN))
    order = int(text["birth_order"])
    return Demographics(
        names=tuple(names),
        birth_date=text["birth_date"],
        sex=SEXES.get(text["sex"], Sex.UNKNOWN),
        addresses=(Address((text["line"],), text["town"], "", text["postcode"]),),
        phones=tuple(text[kind] for kind in ("home_phone", "mobile") if text[kind]),
        emails=(text["email"],) if text["email"] else (),
        nhs_number="" if without_nhs else text["nhs_number"],
        nhs_status="" if without_nhs else text["nhs_status"],
        gp_practice=text["practice"],
        mothers_maiden_name=text["mothers_maiden_name"],
        multiple_birth=True if row["multiple_birth"] else None,
        birth_order=order or None,
        identity_unknown=bool(row["unidentified"]),
    )


def draw(network: str, people: int, seed: int, *, without_nhs: bool) -> Sample:
    """The records of a region that take part in linkage (NHS-58)."""
    net = load_network(network)
    region = simulate(net, people=people, seed=seed)
    excluded = [authority.id for authority in net.authorities if not authority.linkage]
    frame = region.snapshot().sort_values(["authority", "value"], ignore_index=True)
    frame = frame[~frame.authority.isin(excluded)].reset_index(drop=True)
    strangers = _strangers(region)
    named = zip(frame.authority, frame.value, strict=True)
    return Sample(
        records=tuple(
            standardise(demographics(dict(zip(frame.columns, row, strict=True)), without_nhs=without_nhs))
            for row in frame.itertuples(index=False)
        ),
        truth={str(n): int(person) for n, person in enumerate(frame.person_id)},
        overlaid=frozenset(str(n) for n, name in enumerate(named) if name in strangers),
        groups=_groups(region, frame),
        family=_families(region),
        people=int(frame.person_id.nunique()),
    )


def _strangers(region: Region) -> set[tuple[str, str]]:
    """The identifiers whose last demographics are of another person than the record's."""
    records, last = region.records, last_tellings(region.records, region.events)
    wrong = last.record[last.person != records.person[last.record]]
    names = [pas.authority.id for pas in region.systems]
    values = records.value_at(wrong, np.full(len(wrong), region.reality.lives.end))
    return {(names[s], str(v)) for s, v in zip(records.system[wrong], values, strict=True)}


def _groups(region: Region, frame: pd.DataFrame) -> dict[int, tuple[str, str, str]]:
    people = region.people
    ages = (region.reality.lives.end - people.born) // int(YEAR)
    bands = [f"{low}-{high - 1}" for low, high in zip((0, *AGES), (*AGES, 121), strict=True)]
    band = np.searchsorted(np.array(AGES), ages, side="right")
    return {
        person: (
            "female" if people.female[person] else "male",
            bands[band[person]],
            Origin(int(people.origin[person])).name.lower(),
        )
        for person in frame.person_id.unique().tolist()
    }


def _families(region: Region) -> dict[int, tuple[int, int]]:
    pairs = zip(region.people.household.tolist(), region.people.sibling.tolist(), strict=True)
    return dict(enumerate(pairs))
