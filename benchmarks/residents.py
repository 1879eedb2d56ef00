"""Simulated residents for the benchmarks: an NHS-shaped region as source records, as messages and as studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from linkage.record import Address, Name, NameUse, Sex
from mpi.domain.commands import Field, NhsNumber, Patch, Rank, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.record import Update
from mpi.simulate import simulate
from mpi.simulate.hospitals import Pas

BATCH = 4_000
_RECORDS_PER_PERSON = 2.2
_SEXES = {"M": Sex.MALE, "F": Sex.FEMALE, "U": Sex.UNKNOWN}


Row = Mapping[str, Any]
"""One row of `mpi.simulate.snapshot`, by column name."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of `mpi.simulate.snapshot` as columns; its updates are made where it is read."""

    columns: Mapping[str, list[Any]]

    def __iter__(self) -> Iterator[Update]:
        for values in zip(*self.columns.values(), strict=True):
            row = dict(zip(self.columns, values, strict=True))
            at = datetime.fromtimestamp(row["updated_at"], UTC)
            yield Update(Identifier(row["authority"], row["value"]), patch_of(row), Stamp(Rank.FEED, at, at))


def batches(frame: pd.DataFrame, size: int = BATCH) -> Iterator[Batch]:
    """The rows of a snapshot in batches."""
    for first in range(0, len(frame), size):
        part = frame.iloc[first : first + size]
        yield Batch({name: part[name].tolist() for name in frame.columns})


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def patch_of(row: Row) -> Patch:
    """What the row's trust says of its patient, as its message would; empty means not said."""
    names = [Name(row["surname"], row["forename"], row["middle_names"], row["title"], use=NameUse.OFFICIAL)]
    if row["previous_surname"]:
        names.append(Name(row["previous_surname"], row["forename"], use=NameUse.MAIDEN))
    said: dict[Field, Any] = {
        Field.NAMES: tuple(names),
        Field.BIRTH_DATE: row["birth_date"],
        Field.SEX: _SEXES[row["sex"]],
        Field.ADDRESSES: _addresses(row),
        Field.PHONES: tuple(phone for phone in (row["home_phone"], row["mobile"]) if phone),
        Field.EMAILS: tuple(filter(None, (row["email"],))),
        Field.NHS_NUMBER: NhsNumber(row["nhs_number"], row["nhs_status"]) if row["nhs_number"] else None,
        Field.GP_PRACTICE: row["practice"],
        Field.MOTHERS_MAIDEN_NAME: row["mothers_maiden_name"],
        Field.BIRTH_ORDER: row["birth_order"],
        Field.ETHNIC_CATEGORY: row["ethnic_category"],
    }
    patch: dict[Field, Any] = {field: value for field, value in said.items() if value}
    for field, flag in ((Field.MULTIPLE_BIRTH, "multiple_birth"), (Field.IDENTITY_UNKNOWN, "unidentified")):
        if row[flag]:
            patch[field] = True
    return patch | {Field.ACTIVE: True}


def _addresses(row: Row) -> tuple[Address, ...]:
    if not (row["line"] or row["postcode"]):
        return ()
    return (Address((row["line"],) if row["line"] else (), row["town"], "", row["postcode"]),)


@dataclass(frozen=True, slots=True)
class Region:
    """`loaded` are the resident records, second registrations among them; `duplicates` are those, each with the row
    it repeats; `newcomers` are people no trust knows yet, one row each."""

    systems: tuple[Pas, ...]
    loaded: pd.DataFrame
    duplicates: list[tuple[Row, str]]
    newcomers: list[Row]


def region(network: Network, resident: int, spare: int, seed: int = 7) -> Region:
    """A region with `resident` records to load, and `spare` newcomers and duplicates at most a tenth of that."""
    people = int((resident / _RECORDS_PER_PERSON + spare) * 1.03) + 200
    simulated = simulate(network, people, seed)
    frame = simulated.snapshot()
    dice = np.random.default_rng(seed)
    order = dice.permutation(frame.person_id.max() + 1)  # whole people come or stay away
    frame = frame.assign(turn=order[frame.person_id]).sort_values(["turn", "authority", "value"])
    again = min(spare // 4, resident // 20)
    cut = resident - again
    known = frame.person_id.iloc[cut - 1]
    residents = frame.iloc[:cut]
    told = {p.authority.id for p in simulated.systems if p.speaks and not p.is_fhir}
    others = frame.iloc[cut:]
    newcomers = others[others.authority.isin(told) & (others.person_id != known)].drop_duplicates("person_id")
    originals = residents[residents.authority.isin(told)].sample(again, random_state=seed)
    copies = originals.assign(value=[f"D{n:07d}" for n in range(len(originals))])
    loaded = pd.concat([residents, copies]).drop(columns="turn")
    return Region(
        simulated.systems,
        loaded,
        list(zip(rows_of(originals), copies.value.tolist(), strict=True)),
        rows_of(newcomers.head(spare)),
    )
