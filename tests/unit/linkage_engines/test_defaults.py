"""A value that people of many names share stands for nothing: it takes no link, and hides none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from linkage.cautions import cautions
from linkage.clerical.population import all_pairs
from linkage.defaults import LEAST, clear_defaults
from linkage.outputs import result_of
from linkage.people import people
from linkage.tables.table import Table

STARTS = ("Har", "Wil", "Tom", "Ander", "Jack", "Rich", "Peter", "Mat", "John", "Steven")
ENDS = ("son", "kins", "by", "ton", "field", "ley", "worth")
FORENAMES = ("Jane", "Noah", "Isla", "George", "Ann", "Ada", "Lily", "Harry", "Oscar", "Ruby", "Ivy", "Freya")
NINES = "9999999999"


def table_of(rows: Sequence[dict[str, str]]) -> Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    ids = pa.array([str(at) for at in range(len(rows))])
    return Table(ids, {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def twice(people_: int, default: float, field: str = "dob", value: str = "1980-05-17") -> Table:
    """Every person two times, and that share of them with the default."""
    dice = np.random.default_rng(3)
    rows = []
    for _ in range(people_):
        row = {
            "surname": f"{dice.choice(STARTS)}{dice.choice(ENDS)}",
            "forename": str(dice.choice(FORENAMES)),
            "dob": f"{dice.integers(1930, 2010)}-{dice.integers(1, 13):02}-{dice.integers(1, 29):02}",
            "postcode": f"M{dice.integers(1, 30)} {dice.integers(1, 9)}{chr(65 + dice.integers(20))}B",
        }
        if dice.random() < default:
            row[field] = value
        slip = {"surname": row["surname"][:-1] + "x"} if dice.random() < 0.1 else {}
        rows += [row, row | slip]
    return table_of(rows)


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_a_default_date_joins_nobody_and_hides_nobody(share: float) -> None:
    linker = people(twice(200, share))
    label = linker.clusters.label
    sizes = np.bincount(label)
    assert (label[0::2] == label[1::2]).mean() > 0.97
    assert int((sizes * (sizes - 1) // 2).sum()) < 320, "5,250 when the date counted"
    assert linker.defaults["dob"] > 100
    told = [line for line in cautions(linker, linker.table) if line.startswith("dob: ")]
    assert told == [
        f"dob: {linker.defaults['dob']} rows say what people of many names say too: it was taken for a default, and"
        " for nothing said"
    ]


def test_a_sample_of_pairs_reads_the_records_as_the_links_were_made() -> None:
    table = twice(100, 0.4)
    linker = people(table)
    assert linker.defaults
    population = all_pairs(result_of(linker), table, workers=1)
    assert len(population.a) >= int((linker.clusters.label[0::2] == linker.clusters.label[1::2]).sum())


@pytest.mark.parametrize("field", ["nhs_number", "national_id", "phone", "email"])
def test_what_should_be_one_persons_own_is_looked_at(field: str) -> None:
    table = twice(100, 0.3, field, NINES)
    holders = table.columns[field].to_pylist().count(NINES)
    cleared = clear_defaults(table)
    assert cleared.rows == {field: holders}
    assert holders > 2 * LEAST
    assert NINES not in cleared.table.columns[field].to_pylist()


def test_values_that_say_something_stay() -> None:
    one = {"surname": "Smith", "forename": "Jane", "dob": "1954-03-07", "phone": "07700900123"}
    near = [one | {"forename": name} for name in ("Jane", "J", "Janet", "Jayne")]
    for rows in (
        near * 20,  # one person, all the file
        [one | {"surname": f"{a}{b}", "dob": "1954", "phone": ""} for a in STARTS for b in ENDS],  # a year is no date
        [one | {"surname": f"{a}{b}"} for a in STARTS[:1] for b in ENDS],  # too few to say
    ):
        cleared = clear_defaults(table_of(rows))
        assert not cleared.rows
        assert cleared.table.columns == table_of(rows).columns
    nameless = table_of([{"dob": "1954-03-07", "postcode": "M1 1AA"}] * 50)
    assert not clear_defaults(nameless).rows


def test_a_long_column_is_looked_at_in_part_and_counted_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    table = twice(400, 0.5)
    whole = clear_defaults(table)
    monkeypatch.setattr("linkage.defaults._LOOKED", 200)
    part = clear_defaults(table)
    assert part.rows == whole.rows
    assert part.table.columns["dob"].equals(whole.table.columns["dob"])
