"""Which keys a table gets: all in a small file, those of two facts in a large one, the index's in a British one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from linkage import indexing, loose_blocking, tailor
from linkage.clerical.population import all_pairs
from linkage.columns import Encoded
from linkage.crowds import HALF_RUN
from linkage.indexing import index, served
from linkage.loose_blocking import ALL_RULES, FIRST_LOOSE, largest_within_budget
from linkage.model import Model
from linkage.outputs import result_of
from linkage.people import people
from linkage.tables.table import Table
from linkage.training.sampling import draw_rows, shuffle

RULES = list(ALL_RULES)
ALONE = {RULES.index(name) for name in ("birth-date", "name", "postcode", "phone", "street", "value")}
ROWS, DRAWN = 600, 300
SURNAMES = ("Smith", "Jones", "Taylor", "Brown", "Patel", "Khan", "Hargreaves", "Okafor")
FORENAMES = ("Jane", "Peter", "Amelia", "Noah", "Isla", "George")


def table_of(*, foreign: bool = False, rows: int = ROWS) -> Table:
    """Every person twice, with all that the index compares and an address; one in ten shares no two facts of it with
    what they said before but surname, address and phone."""
    dice = np.random.default_rng(7)
    said: dict[str, list[str]] = {
        name: [] for name in ("surname", "forename", "dob", "postcode", "address", "town", "phone")
    }
    for n in range(rows // 2):
        code = f"{dice.integers(1000, 9999)}" if foreign else f"M{dice.integers(1, 30)} {dice.integers(1, 9)}AB"
        person = {
            "surname": f"{dice.choice(SURNAMES)}{dice.choice(SURNAMES).lower()}",
            "forename": str(dice.choice(FORENAMES)),
            "dob": f"{dice.integers(1930, 2010)}-{dice.integers(1, 13):02}-{dice.integers(1, 29):02}",
            "postcode": code,
            "address": f"{dice.integers(1, 60)} {dice.choice(SURNAMES)} Street",
            "town": "Manchester",
            "phone": f"07700900{n % 1000:03}",
        }
        moved = {"forename": "Rowena", "dob": "1911-12-10", "postcode": ""} if n % 10 == 0 else {}
        for name, value in person.items():
            said[name] += [value, moved.get(name, value)]
    ids = pa.array([str(n) for n in range(rows)])
    return Table(ids, {name: pa.array(values) for name, values in said.items()})


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that six hundred rows make a large file."""
    monkeypatch.setattr(indexing, "MOST_ROWS", DRAWN)
    monkeypatch.setattr(tailor, "LARGE", DRAWN)


def rules_by_row(encoded: Encoded, loose: bool) -> list[set[int]]:
    """The loose rules of each row, or the precise ones."""
    found: list[set[int]] = [set() for _ in range(len(encoded.matrix))]
    for row, rule in zip(encoded.rows.tolist(), encoded.rules.tolist(), strict=True):
        if (rule >= FIRST_LOOSE) is loose:
            found[row].add(rule)
    return found


def precise(encoded: Encoded) -> list[tuple[int, int, int]]:
    told = encoded.rules < FIRST_LOOSE
    columns = (encoded.rows[told], encoded.rules[told], encoded.keys[told])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_in_a_small_file_every_record_has_loose_keys_of_one_fact_too() -> None:
    table = table_of()
    model = tailor.tailor(table, Model.default())
    encoded = index(table, model, 1)
    there = rules_by_row(encoded, loose=True)
    some = {RULES.index(name) for name in ("value", "postcode")}  # no further field here, and not all have a postcode
    assert all(rules >= ALONE - some for rules in there)
    assert served(encoded, model).keys is encoded.keys


def test_in_a_large_british_file_only_what_training_draws_has_loose_keys_and_none_of_them_links(large: None) -> None:
    table = table_of()
    model = tailor.tailor(table, Model.default())
    assert model.further is None
    encoded = index(table, model, 1, seed=3)
    drawn = draw_rows(shuffle(encoded.matrix.view(np.int64), 3), DRAWN)
    loose = rules_by_row(encoded, loose=True)
    assert [row for row, rules in enumerate(loose) if rules] == drawn.tolist()
    assert not set().union(*loose) & ALONE
    before = precise(encoded)
    linked = served(encoded, model)  # in the memory of the entries, which are not to be used any more
    assert not any(rules_by_row(linked, loose=True))
    assert precise(linked) == before
    assert linked.matrix is encoded.matrix


def test_in_another_large_file_every_record_has_loose_keys_of_two_facts_and_they_link(large: None) -> None:
    table = table_of(foreign=True)
    model = tailor.tailor(table, Model.default())
    assert model.further is not None
    encoded = index(table, model, 1)
    loose = rules_by_row(encoded, loose=True)
    assert all(loose)
    assert not set().union(*loose) & ALONE
    assert served(encoded, model).keys is encoded.keys


def sizes(encoded: Encoded, rule: int) -> np.ndarray:
    """How many entries each key of a rule has."""
    return np.unique(encoded.keys[encoded.rules == rule], return_counts=True)[1]


def test_whatever_the_size_the_precise_keys_are_there(large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    table, model = table_of(), Model.default()
    few = precise(index(table, model, 1))
    monkeypatch.setattr(indexing, "MOST_ROWS", 10**6)
    assert precise(index(table, model, 1)) == few


def test_crowds_under_a_loose_key_are_left_out_or_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of()
    model = tailor.tailor(table, Model.default())
    whole = index(table, model, 1)
    monkeypatch.setattr(loose_blocking, "MOST_PAIRS", 400)
    encoded = index(table, model, 1)
    town, name = RULES.index("name-town"), RULES.index("name")
    assert all({town, name} <= rules for rules in rules_by_row(whole, loose=True))
    assert all(town in found for found in rules_by_row(encoded, loose=True))
    every, serving = sorted(sizes(whole, name)), sorted(sizes(encoded, name))
    assert serving == every[: len(serving)]
    assert encoded.crowded["name"] == len(every) - len(serving) > 0
    fits = largest_within_budget(zip(*np.unique(sizes(whole, town), return_counts=True), strict=True))
    assert encoded.taken_apart["name-town"] == (sizes(whole, town) > fits).sum() > 0
    assert sizes(encoded, town).max() <= 2 * HALF_RUN < sizes(whole, town).max()
    assert precise(encoded) == precise(whole)


def test_people_links_a_large_british_file_by_what_serves(large: None) -> None:
    """And a sample of pairs calls compared what the linkage compared, not what training looked at."""
    table = table_of()
    linker = people(table, workers=1)
    assert (linker.encoded.rules < FIRST_LOOSE).all()
    population = all_pairs(result_of(linker), table, workers=1)
    keys: list[set[int]] = [set() for _ in range(ROWS)]
    for row, key in zip(linker.encoded.rows.tolist(), linker.encoded.keys.tolist(), strict=True):
        keys[row].add(key)
    shared = [bool(keys[a] & keys[b]) for a, b in zip(population.a.tolist(), population.b.tolist(), strict=True)]
    assert population.compared.tolist() == shared
    assert not all(shared)
