"""The looser keys of files: what they rest on, and that they serve within a budget, the smallest blocks first."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage import loose_blocking
from linkage.columns import encode_table
from linkage.columns.gather import ALL, DOUBLE, NONE
from linkage.loose_blocking import ALL_RULES, FIRST_LOOSE, LOOSE_RULES, LooseBlocks, within_budget
from linkage.model import Model
from linkage.record import Kind
from linkage.tables.table import Table
from tests.unit.linkage_kernel.file_models import file_model

NAMES = list(ALL_RULES)
NAME, STREET = NAMES.index("name"), NAMES.index("street")

entries = st.lists(st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, 5)), max_size=120)


def budgeted(told: list[tuple[int, int]], most: int) -> LooseBlocks:
    """Entries of (rule, key) under a budget of so many pairs for each rule."""
    keys = np.array([100 * rule + key for rule, key in told], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loose_blocking, "MOST_PAIRS", most)
        return within_budget(keys, np.array([rule for rule, _ in told], np.uint8))


def pairs(size: int) -> int:
    return size * (size - 1) // 2


@settings(max_examples=400, deadline=None)
@given(entries, st.integers(0, 60))
def test_the_smallest_blocks_of_each_rule_serve_as_far_as_its_budget_goes(
    told: list[tuple[int, int]], most: int
) -> None:
    found = budgeted(told, most)
    assert set(found.largest) == set(found.crowds) == set(LOOSE_RULES)
    for rule, name in enumerate(NAMES):
        mine = [(key, stays) for (one, key), stays in zip(told, found.kept.tolist(), strict=True) if one == rule]
        sizes = Counter(key for key, _ in mine)
        kept, lost = ({key for key, stays in mine if stays is which} for which in (True, False))
        assert not kept & lost  # a block serves as a whole
        if rule < FIRST_LOOSE:
            assert not lost
            continue
        assert sum(pairs(sizes[key]) for key in kept) <= most
        assert found.largest[name] == max((sizes[key] for key in kept), default=0)
        assert found.crowds[name] == len(lost)
        if lost:
            least = min(sizes[key] for key in lost)
            assert all(sizes[key] < least for key in kept)
            # Blocks of one size serve together or not at all: which of them came first says nothing.
            same = sum(pairs(size) for size in sizes.values() if size == least)
            assert sum(pairs(sizes[key]) for key in kept) + same > most


def test_by_hand() -> None:
    """Blocks of 2, 3 and 3 records are 1, 3 and 3 pairs; a rule with four pairs to spend leaves out both of three."""
    told = [(NAME, key) for key in (0, 0, 1, 1, 1, 2, 2, 2)] + [(STREET, 7)] * 3 + [(0, 0)] * 50
    found = budgeted(told, 4)
    assert found.kept.tolist() == [True] * 2 + [False] * 6 + [True] * 53
    assert (found.largest["name"], found.crowds["name"]) == (2, 2)
    assert (found.largest["street"], found.crowds["street"]) == (3, 0)
    assert budgeted(told, 7).kept.all()


def test_one_rule_spends_nothing_of_another() -> None:
    told = [(rule, 0) for rule in range(FIRST_LOOSE, len(NAMES)) for _ in range(4)]
    assert budgeted(told, 6).kept.all()
    assert not budgeted(told, 5).kept.any()


def test_no_entries_at_all() -> None:
    found = budgeted([], 10)
    assert (len(found.kept), set(found.largest.values()), set(found.crowds.values())) == (0, {0}, {0})


MODEL = file_model({"code": Kind.CODE, "job": Kind.TEXT, "height": Kind.NUMBER})
ROW = {
    "surname": "Hargreaves",
    "forename": "Jane",
    "dob": "1954-03-17",
    "postcode": "M13 9WL",
    "address": "12 Oxford Road",
    "town": "Manchester",
    "phone": "07700900123",
    "code": "6988048",
    "job": "coal miner",
    "height": "180",
}


def rules_of(row: dict[str, str], loose: int = ALL, model: Model = MODEL) -> set[str]:
    """The loose rules by which a record can be found."""
    return {NAMES[rule] for rule, _ in keys_of([row], loose, model)[0] if rule >= FIRST_LOOSE}


def keys_of(rows: list[dict[str, str]], loose: int = ALL, model: Model = MODEL) -> list[set[tuple[int, int]]]:
    """The (rule, key) entries of each row."""
    names = {name: None for row in rows for name in row}
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    extras = {"code": Kind.CODE, "job": Kind.TEXT, "height": Kind.NUMBER}
    table = Table(
        pa.array([str(n) for n in range(len(rows))]), columns, {n: k for n, k in extras.items() if n in columns}
    )
    encoded = encode_table(table, model, 1, lambda words: np.full(len(words), loose, np.uint8))
    found = zip(encoded.rows.tolist(), encoded.rules.tolist(), encoded.keys.tolist(), strict=True)
    told: list[set[tuple[int, int]]] = [set() for _ in rows]
    for row, rule, key in found:
        told[row].add((rule, key))
    return told


ALONE = {"birth-date", "name", "postcode", "phone", "street", "value"}


def test_a_full_record_has_every_loose_key() -> None:
    assert rules_of(ROW) == set(LOOSE_RULES)
    assert rules_of(ROW, DOUBLE) == set(LOOSE_RULES) - ALONE
    assert rules_of(ROW, NONE) == set()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("surname",), {"name"}),
        (("surname", "forename"), {"name", "names"}),
        (("code",), {"code"}),
        (("height",), set()),
        (("job",), {"value"}),
        (("job", "dob"), {"value", "value-year", "birth-date"}),
        (("address",), {"home", "street"}),
        (("forename", "town"), {"name", "name-town"}),
        (("postcode",), {"postcode"}),
        (("phone",), {"phone"}),
    ],
)
def test_a_key_needs_all_its_facts(said: tuple[str, ...], expected: set[str]) -> None:
    assert rules_of({name: ROW[name] for name in said}) == expected


def test_a_patient_nobody_knows_has_no_loose_key() -> None:
    assert rules_of({**ROW, "surname": "Unknown", "forename": "Male"}) == set()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"surname": "Hargreeves"}, "name"),
        ({"surname": "Okafor", "forename": "Hargreaves"}, "name"),
        ({"surname": "Okafor", "forename": "Hargreaves"}, "name-town"),
        ({"surname": "Okafor", "forename": "Hargreaves"}, "value-name"),
        ({"surname": "Jane", "forename": "Hargreaves"}, "names"),
        ({"dob": "1954-07-03"}, "birth-date"),
        ({"postcode": "M1 1AA", "town": "Leeds"}, "home"),
        ({"forename": "Margaret", "job": "Coal  Miner"}, "value-name"),
    ],
)
def test_two_records_of_one_person_share_a_loose_key_in_spite_of(change: dict[str, str], rule: str) -> None:
    one = {**ROW, "dob": "1954-03-07"} if "dob" in change else ROW
    a, b = keys_of([one, {**one, **change}])
    assert {key for place, key in a if NAMES[place] == rule} & {key for place, key in b if NAMES[place] == rule}


def test_fields_of_one_value_share_no_key() -> None:
    """The number of the field is part of the key: a birth place is no place of death."""
    model = file_model({"born": Kind.NAME, "died": Kind.NAME})
    rows = [{"born": "Leeds"}, {"died": "Leeds"}]
    columns = {name: pa.array([row.get(name) for row in rows]) for name in ("born", "died")}
    table = Table(pa.array(["a", "b"]), columns, {"born": Kind.NAME, "died": Kind.NAME})
    encoded = encode_table(table, model, 1, lambda words: np.full(len(words), ALL, np.uint8))
    assert len(set(encoded.keys.tolist())) == len(encoded.keys) == 2


def test_keys_of_different_rules_differ() -> None:
    told = keys_of([ROW])[0]
    assert len({key for _, key in told}) == len(told) > len(LOOSE_RULES)
