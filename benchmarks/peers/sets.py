"""The labelled sets as every tool sees them, with the truth beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.judgement import Truth
from benchmarks.peers.lookalikes import europe, overseas
from benchmarks.peers.lookalikes.rows import Made, to_iso
from benchmarks.peers.traps import Kin
from linkage.tables.table import Table
from mpi.networks import load_network
from mpi.simulate import Region, simulate
from mpi.simulate.snapshot import last_tellings

Texts = npt.NDArray[np.object_]

LOOKALIKES: Mapping[str, Callable[[random.Random], Made]] = {
    "contacts": europe.contacts,
    "biographies": europe.biographies,
    "german": partial(europe.german, people=9000, twice=1000),
    "german-small": partial(europe.german, people=900, twice=100),
    "uk-census": europe.uk_census,
    "national-number": europe.national_number,
    "roll": overseas.roll,
    "us-census": overseas.us_census,
    "voters": overseas.voters,
    "australia": overseas.australia,
    "clinic": overseas.clinic,
}
"""Sets of the shape of public ones that we may not copy, by people and errors of our own."""
WHOLE_NAMES = ("australia", "clinic")
"""Sets for which the peer's expert compares forename and surname together, because that did better."""
PSEUDOPEOPLE = ("pseudopeople", "pseudopeople-two")
SETS = ("febrl1", "febrl2", "febrl3", "febrl4", "region", "region-without-nhs", *LOOKALIKES, *PSEUDOPEOPLE)
_SEXES = {"M": "male", "F": "female"}


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """`parts` are the address in the parts in which its source holds it, for tools that want it so.

    `style` is "uk", "febrl", "people" or a variant of it, by which the peers choose their expert's model. `kin` is
    known of simulated people. `given` is the file as its makers would hand it over, where that is not the table.
    `two_files` when records of one file are known to be different people: only pairs across are asked for.
    """

    name: str
    style: str
    table: Table
    parts: Mapping[str, pa.Array]
    truth: Truth
    two_files: bool
    kin: Kin | None = None
    given: pd.DataFrame | None = None

    def write(self, file: Path) -> None:
        """What a tool may see, as Parquet: id, file, the table's columns and the parts."""
        sources = self.truth.source if self.two_files else np.zeros(len(self.table), np.int64)
        columns = {"id": self.table.ids, "file": pa.array(sources, pa.int32()), **self.table.columns, **self.parts}
        pq.write_table(pa.table(columns), file)


def febrl(name: str, file: Path) -> LabelledSet:
    """A set that `febrl.py` wrote, under the library's names: `soc_sec_id` is the national id, a suburb the town."""
    frame = pq.read_table(file).to_pandas()
    text = {column: _texts(frame[column]) for column in frame.columns if column not in ("person", "file")}
    line = _joined(_joined(text["street_number"], text["address_1"], " "), text["address_2"], ", ")
    columns = {
        "forename": text["given_name"],
        "surname": text["surname"],
        "dob": np.array([iso_date(day) for day in text["date_of_birth"]], object),
        "address": line,
        "town": text["suburb"],
        "region": text["state"],
        "postcode": text["postcode"],
        "national_id": text["soc_sec_id"],
    }
    parts = {"house": text["street_number"], "street": text["address_1"], "locality": text["address_2"]}
    two = bool(frame.file.any())
    n = len(frame)
    source = frame.file.to_numpy(np.int64) if two else np.arange(n, dtype=np.int64)
    truth = Truth(frame.person.to_numpy(np.int64), source, np.ones(n, np.bool_))
    return LabelledSet(name, "febrl", _table(columns), arrays(parts), truth, two)


def region(name: str, people: int, seed: int, *, without_nhs: bool) -> LabelledSet:
    """The live local records of a simulated region that take part in linkage (NHS-58), as the feeds left them.

    Records that speak of somebody else than their person (overlaid and never put right) are not judged.
    """
    net = load_network("greater-manchester")
    made = simulate(net, people=people, seed=seed)
    excluded = [authority.id for authority in net.authorities if not authority.linkage]
    frame = made.snapshot()
    frame = frame[~frame.authority.isin(excluded)].sort_values(["authority", "value"], ignore_index=True)
    columns = columns_of(frame)
    if not without_nhs:
        columns |= numbers_of(frame)
    person = frame.person_id.to_numpy(np.int64)
    named = zip(frame.authority, frame.value, strict=True)
    strangers = _strangers(made)
    judged = np.array([name not in strangers for name in named], np.bool_)
    truth = Truth(person, np.arange(len(frame), dtype=np.int64), judged)
    return LabelledSet(name, "uk", _table(columns), arrays(parts_of(frame)), truth, False, Kin.of(made.people))


def columns_of(frame: pd.DataFrame) -> dict[str, Texts]:
    """What the rows of a snapshot say, by the library's names, without their NHS numbers."""
    same = ("title", "forename", "middle_names", "surname", "previous_surname", "postcode", "town", "email")
    return {
        **{field: _texts(frame[field]) for field in (*same, "mothers_maiden_name")},
        "dob": _texts(frame.birth_date),
        "sex": _texts(frame.sex.map(lambda code: _SEXES.get(code, "unknown"))),
        "address": _texts(frame.line),
        "phone": _texts(frame.home_phone),
        "phone_2": _texts(frame.mobile),
        "gp_practice": _texts(frame.practice),
        "birth_order": _texts(frame.birth_order.map(lambda order: str(order) if order else "")),
        "multiple_birth": _texts(frame.multiple_birth.map(lambda multiple: "true" if multiple else "")),
    }


def numbers_of(frame: pd.DataFrame) -> dict[str, Texts]:
    """The NHS numbers of the rows of a snapshot, with their status."""
    return {field: _texts(frame[field]) for field in ("nhs_number", "nhs_status")}


def parts_of(frame: pd.DataFrame) -> dict[str, Texts]:
    """The addresses of the rows of a snapshot in parts."""
    return {"house": _texts(frame.house), "street": _texts(frame.street)}


def made(name: str, file: Made) -> LabelledSet:
    """A file of `lookalikes`, under the library's names."""
    frame = pd.DataFrame(file.rows, dtype=object)
    text = {column: _texts(frame[column]) for column in frame.columns}
    columns = {field: _together([text[name] for name in names]) for field, names in file.fields.items()}
    if "dob" in columns:
        columns["dob"] = np.array([to_iso(day, file.dates) for day in columns["dob"]], object)
    if "sex" in columns:
        columns["sex"] = np.array([_SEXES.get(code[:1].upper(), "unknown") for code in columns["sex"]], object)
    parts = {part: text[column] for part, column in file.parts.items()}
    person = np.array(file.person, np.int64)
    source = np.array(file.source, np.int64) if file.two_files else np.arange(len(person), dtype=np.int64)
    truth = Truth(person, source, np.ones(len(person), np.bool_))
    style = "people-whole" if name in WHOLE_NAMES else "people"
    return LabelledSet(name, style, _table(columns), arrays(parts), truth, file.two_files, given=frame)


def pseudopeople(file: Path) -> Made:
    """A set that `pseudopeople_sets.py` wrote."""
    frame = pq.read_table(file).to_pandas()
    fields = {
        "forename": ("first_name",),
        "middle_names": ("middle_initial",),
        "surname": ("last_name",),
        "dob": ("date_of_birth",),
        "sex": ("sex",),
        "address": ("unit_number", "street_number", "street_name"),
        "town": ("city",),
        "region": ("state",),
        "postcode": ("zipcode",),
    }
    held = {field: names for field, names in fields.items() if names[-1] in frame}
    parts = {"house": "street_number", "street": "street_name", "age": "age", "race": "race_ethnicity"}
    texts = frame.drop(columns=["person", "file"]).astype(object).where(lambda told: told.notna(), "")
    rows = texts.to_dict("records")
    person, source = frame.person.tolist(), frame.file.tolist()
    kept = {part: column for part, column in parts.items() if column in frame}
    return Made(rows, person, source, held, kept, "american", two_files=file.stem.endswith("-two"))


def iso_date(digits: str) -> str:
    """FEBRL's "19151111" as "1915-11-11"; anything else as it is."""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdecimal() else digits


def load(name: str, people: int, seed: int, written: Callable[[], Path]) -> LabelledSet:
    """The set of that name, of `people` where it is simulated. Raises KeyError.

    `written` gives the folder that `febrl.py` and `pseudopeople_sets.py` wrote.
    """
    if name not in SETS:
        raise KeyError(name)
    if name.startswith("febrl"):
        return febrl(name, written() / f"{name}.parquet")
    if name in LOOKALIKES:
        return made(name, LOOKALIKES[name](random.Random(f"{name} {seed}")))
    if name in PSEUDOPEOPLE:
        return made(name, pseudopeople(written() / f"{name}.parquet"))
    return region(name, people, seed, without_nhs=name == "region-without-nhs")


def _strangers(made: Region) -> set[tuple[str, str]]:
    """The identifiers whose last demographics are of another person than the record's."""
    records, last = made.records, last_tellings(made.records, made.events)
    wrong = last.record[last.person != records.person[last.record]]
    names = [pas.authority.id for pas in made.systems]
    values = records.value_at(wrong, np.full(len(wrong), made.reality.lives.end))
    return {(names[s], str(v)) for s, v in zip(records.system[wrong], values, strict=True)}


def _texts(column: pd.Series[str]) -> Texts:
    return np.array([str(value).strip() if isinstance(value, str) else "" for value in column.tolist()], object)


def _together(columns: Sequence[Texts]) -> Texts:
    return columns[0] if len(columns) == 1 else _joined(columns[0], _together(columns[1:]), " ")


def _joined(one: Texts, other: Texts, between: str) -> Texts:
    return np.array([between.join(filter(None, pair)) for pair in zip(one, other, strict=True)], object)


def arrays(columns: Mapping[str, Texts]) -> dict[str, pa.Array]:
    """Columns of texts as Arrow holds them, null for nothing."""
    return {name: pa.array([value or None for value in column], pa.string()) for name, column in columns.items()}


def _table(columns: Mapping[str, Texts]) -> Table:
    n = len(next(iter(columns.values())))
    return Table(pa.array([str(row) for row in range(n)], pa.string()), arrays(columns))
