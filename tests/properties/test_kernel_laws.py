"""Laws of the kernel and of the bulk engine, over generated pairs (design sections 5 and 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from linkage.comparison import COLUMNS, NHS_NUMBER, NhsNumber
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines import local
from linkage.engines.local import link
from linkage.errors import LinkageError
from linkage.explain import explain
from linkage.guard import Guard
from linkage.kernel import compare, score
from linkage.model import Model
from linkage.nhs_number import check_digit
from linkage.record import BirthDate, Caution, SexCode, StandardRecord

MODEL = Model.default()

# Few values on purpose: pairs must agree often, in every combination.
SURNAMES = ("SMITH", "SMYTH", "JONES", "SMITHJONES", "OKAFOR", "JOHN", "X", "KHAN", "ALEXANDER", "WOLFESCHLEGELSTEIN")
FORENAMES = ("JOHN", "JON", "JACK", "MARY", "MARIE", "MARIA", "J", "SMITH", "ALEX", "ALEXANDRA", "ALEXANDER")
NUMBERS = ("9990000018", "9990000026", "9990000034", "9990000050")
YEARS, MONTHS, DAYS = (0, 1912, 1954, 1955, 1983, 2012), (0, 1, 3, 7), (0, 3, 7, 28)


def date_of(year: int, month: int, day: int) -> BirthDate:
    """A date at one of the three precisions, or none."""
    if not year or not month:
        return BirthDate(year)
    return BirthDate(year, month, day)


DATES = st.builds(date_of, st.sampled_from(YEARS), st.sampled_from(MONTHS), st.sampled_from(DAYS))


def several(values: tuple[str, ...], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


RECORDS = st.builds(
    StandardRecord,
    surnames=several(SURNAMES, 4),
    forenames=several(FORENAMES, 3),
    middle_names=several(FORENAMES, 2),
    birth_date=DATES,
    sex=st.sampled_from(SexCode),
    postcode=st.sampled_from(("", "M139WL", "M139WP", "BL36RT")),
    previous_postcodes=several(("M139WL", "BL36RT"), 2),
    house=st.sampled_from(("", "12", "14")),
    street=st.sampled_from(("", "OXFORD ROAD", "HIGH STREET")),
    town=st.sampled_from(("", "MANCHESTER", "BOLTON")),
    phones=several(("07700900123", "07700900124"), 2),
    emails=several(("a@example.org", "b@example.org"), 2),
    nhs_number=st.sampled_from(("", *NUMBERS)),
    nhs_status=st.sampled_from((1, 1, 2, 5)),
    gp_practice=st.sampled_from(("", "P82001", "P82002")),
    mothers_maiden_name=st.sampled_from(("", "BROWN", "GREEN")),
    birth_order=st.sampled_from((0, 0, 1, 2)),
    cautions=st.sampled_from((Caution.NONE, *Caution)),
)
NO_DATE = BirthDate()
GAPS: dict[str, dict[str, Any]] = {
    "nhs_number": {"nhs_number": ""},
    "forename": {"forenames": ()},
    "surname": {"surnames": ()},
    "middle_names": {"middle_names": ()},
    "birth_date": {"birth_date": NO_DATE},
    "sex": {"sex": SexCode.NONE},
    "location": {"postcode": "", "previous_postcodes": (), "house": "", "street": "", "town": ""},
    "contact": {"phones": (), "emails": ()},
    "gp_practice": {"gp_practice": ""},
    "mothers_maiden_name": {"mothers_maiden_name": ""},
    "birth_order": {"birth_order": 0},
}


@given(RECORDS, RECORDS)
@settings(max_examples=600, deadline=None)
def test_symmetric_to_the_bit(one: StandardRecord, other: StandardRecord) -> None:
    """score(a, b) is score(b, a): weight, guards and pattern."""
    a, b = encode(one, MODEL), encode(other, MODEL)
    forth, back = score(a, [b], MODEL), score(b, [a], MODEL)
    assert forth.weight.tobytes() == back.weight.tobytes()
    assert forth.guards.tobytes() == back.guards.tobytes()
    assert forth.pattern.tobytes() == back.pattern.tobytes()


@given(RECORDS)
@settings(max_examples=200, deadline=None)
def test_missing_contributes_nothing(record: StandardRecord) -> None:
    """Against an empty record every level is missing and the total is the prior, exactly."""
    scores = score(encode(record, MODEL), [encode(StandardRecord(), MODEL)], MODEL)
    assert scores.pattern.tobytes() == bytes(COLUMNS)
    assert scores.weight[0] == np.float32(MODEL.prior)
    assert not scores.guards[0] & int(Guard.NHS_NUMBER_CONFLICT | Guard.NHS_NUMBER_CONFUSION | Guard.MULTIPLE_BIRTH)


@given(RECORDS, RECORDS, st.sampled_from(sorted(GAPS)))
@settings(max_examples=400, deadline=None)
def test_a_field_missing_on_one_side_is_missing(one: StandardRecord, other: StandardRecord, column: str) -> None:
    """Absence is no evidence: its line says missing and adds exactly 0."""
    told = {line.comparison: line for line in explain(one, replace(other, **GAPS[column]), MODEL).lines}
    assert told[column].level == "missing"
    assert (told[column].weight, told[column].adjustment) == (0.0, 0.0)


KEYS = st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=12, max_size=12)
FLOORS = st.sampled_from((None, -1e9, -24.0, 0.0, 20.0))


@given(st.lists(RECORDS, min_size=1, max_size=12), KEYS, FLOORS)
@settings(max_examples=250, deadline=None)
def test_bulk_is_on_line(records: list[StandardRecord], keys: list[list[int]], floor: float | None) -> None:
    """Every pair that shares a key, once, with the very bits `score` gives; nothing else (promise 2 and 3)."""
    encoded = [encode(record, MODEL) for record in records]
    entries = [(key, row) for row, row_keys in enumerate(keys[: len(records)]) for key in row_keys]
    got = link(
        np.frombuffer(b"".join(encoded), np.uint8).reshape(-1, ENCODED_SIZE),
        np.array([key for key, _ in entries], np.int64),
        np.array([row for _, row in entries], np.int32),
        MODEL,
        floor,
        workers=2,
    )
    expected = {}
    least = np.float32(MODEL.possible if floor is None else floor)
    for row, one in enumerate(encoded):
        later = [x for x in range(row + 1, len(records)) if set(keys[x]) & set(keys[row])]
        scores = score(one, [encoded[x] for x in later], MODEL)
        for n, other in enumerate(later):
            weight, guards = scores.weight[n], scores.guards[n]
            if weight >= least or guards & int(Guard.NHS_NUMBER_CONFUSION):
                expected[row, other] = (weight.tobytes(), int(guards), scores.pattern[n].tobytes())
    pairs = [(int(a), int(b)) for a, b in zip(got.a, got.b, strict=True)]
    found = [(w.tobytes(), int(g), p.tobytes()) for w, g, p in zip(got.weight, got.guards, got.pattern, strict=True)]
    assert len(pairs) == len(set(pairs))
    assert dict(zip(pairs, found, strict=True)) == expected


def test_one_machine_code_for_all() -> None:
    """Promise 3: request, explanation and bulk load run the same specialisation of the same function."""
    local.warm(MODEL)
    explain(StandardRecord(), StandardRecord(), MODEL)
    kept = compare._cache._cache_file._load_index()  # type: ignore[attr-defined]
    assert len({signature for signature, *_ in kept}) == 1


def test_shares_cut_a_block_anywhere_without_changing_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """One block of 60 rows as one share and as hundreds; also grows the buffers past their first size."""
    row = encode(StandardRecord(surnames=("SMITH",), forenames=("JOHN",), birth_date=BirthDate(1954, 3, 7)), MODEL)
    rows = np.frombuffer(row * 60, np.uint8).reshape(-1, ENCODED_SIZE)
    keys, members = np.zeros(60, np.int64), np.arange(60, dtype=np.int32)
    whole = link(rows, keys, members, MODEL, -30.0)
    monkeypatch.setattr(local, "PAIRS_PER_SHARE", 7)
    cut = link(rows, keys, members, MODEL, -30.0, workers=3)
    assert len(whole.a) == 60 * 59 // 2
    for one, other in zip((whole.a, whole.b, whole.weight), (cut.a, cut.b, cut.weight), strict=True):
        assert one.tobytes() == other.tobytes()


def test_an_entry_outside_the_records_is_refused() -> None:
    rows = np.frombuffer(encode(StandardRecord(), MODEL), np.uint8).reshape(1, -1)
    with pytest.raises(LinkageError, match="among the encoded records"):
        link(rows, np.zeros(1, np.int64), np.ones(1, np.int32), MODEL)


@given(RECORDS)
@settings(max_examples=200, deadline=None)
def test_every_row_has_one_size(record: StandardRecord) -> None:
    assert len(encode(record, MODEL)) == ENCODED_SIZE


@given(RECORDS, RECORDS)
@settings(max_examples=300, deadline=None)
def test_verified_numbers_that_differ_are_always_guarded(one: StandardRecord, other: StandardRecord) -> None:
    """NHS-11: whatever else agrees, two verified numbers never link by themselves."""
    one, other = (
        replace(one, nhs_number=NUMBERS[0], nhs_status=1),
        replace(other, nhs_number=NUMBERS[1], nhs_status=1),
    )
    scores = score(encode(one, MODEL), [encode(other, MODEL)], MODEL)
    assert scores.pattern[0, NHS_NUMBER] == NhsNumber.DIFFERENT_VERIFIED
    assert scores.guards[0] & Guard.NHS_NUMBER_CONFLICT


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(0, 9))
@settings(max_examples=300, deadline=None)
def test_no_two_numbers_are_a_slip_apart(stem: int, place: int, digit: int) -> None:
    """NHS-2: a wrong digit or two swapped ones never give another number, so there is no level for it."""
    body = f"{stem:09}"
    check = check_digit(body)
    assume(check is not None)
    number = f"{body}{check}"
    slips = {number[:place] + str(digit) + number[place + 1 :]}
    for other in range(10):
        swapped = list(number)
        swapped[place], swapped[other] = swapped[other], swapped[place]
        slips.add("".join(swapped))
    for slip in slips - {number}:
        assert check_digit(slip[:9]) != slip[9]
