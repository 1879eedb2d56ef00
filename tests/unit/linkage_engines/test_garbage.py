"""What is there before a long step is set aside from the collection of garbage, and comes back after it."""

from __future__ import annotations

import gc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.garbage import set_aside
from linkage.model import Model
from linkage.people import people
from linkage.tables import reading
from linkage.tables.fields import Field, read_field
from linkage.tables.table import Table
from linkage.tailor import tailor

COLUMNS = {"surname": pa.array(["SMITH", "DRUMMAR"]), "dob": pa.array(["1970-02-03", "1951-11-30"])}


def test_what_is_there_is_set_aside_for_the_step_alone() -> None:
    @set_aside()
    def fail() -> None:
        assert gc.get_freeze_count()
        raise ValueError

    with set_aside():
        assert gc.get_freeze_count()
    assert not gc.get_freeze_count()
    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert not gc.get_freeze_count()


def test_it_is_while_people_are_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def look(table: Table, base: Model, false_merge: float) -> Model:
        counts.append(gc.get_freeze_count())
        return tailor(table, base, false_merge)

    monkeypatch.setattr("linkage.people.tailor", look)
    people(Table(pa.array(["1", "2"]), COLUMNS), workers=1)
    assert counts[0] > 0 == gc.get_freeze_count()


def test_it_is_while_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def look(*arguments: object) -> Field:
        counts.append(gc.get_freeze_count())
        return read_field(*arguments)  # type: ignore[arg-type]

    pq.write_table(pa.table({"id": ["1", "2"], **COLUMNS}), tmp_path / "people.parquet")
    monkeypatch.setattr(reading, "read_field", look)
    reading.read(tmp_path / "people.parquet")
    assert min(counts) > 0 == gc.get_freeze_count()
