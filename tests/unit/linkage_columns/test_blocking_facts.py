"""Keys are hashes of what `describe` tells: the same facts, the same keys, in every process and version."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.blocking import MOST_KEYS, block_keys, describe
from linkage.record import BirthDate, Caution, StandardRecord

NAMES = ("ANN", "ANNE", "CHRIS", "ROBERT", "BOB", "HARTLEY", "OKAFOR", "SHAW", "LEE", "MOHAMMED")
POSTCODES = ("M139WL", "M139WX", "LS61AA")
PHONES = ("07700900123", "01614960123")


def few(values: Sequence[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


born = st.sampled_from(
    [BirthDate(), BirthDate(1954), BirthDate(1954, 3), BirthDate(1954, 3, 7), BirthDate(1954, 7, 3)]
)
records = st.builds(
    StandardRecord,
    surnames=few(NAMES, 6),
    forenames=few(NAMES, 5),
    birth_date=born,
    postcode=st.sampled_from(("", *POSTCODES)),
    previous_postcodes=few(POSTCODES, 2),
    phones=few(PHONES, 2),
    emails=few(("a@example.org", "b@example.org"), 2),
    nhs_number=st.sampled_from(("", "9990000018", "9990000026")),
    cautions=st.sampled_from((Caution.NONE, Caution.JUNK_NAME, Caution.UNIDENTIFIED)),
)


@settings(deadline=None)  # the first example compiles
@given(records, records)
def test_two_records_share_as_many_keys_as_facts(one: StandardRecord, other: StandardRecord) -> None:
    facts, keys = (describe(one), describe(other)), (set(block_keys(one)), set(block_keys(other)))
    assert len(set(facts[0]) & set(facts[1])) == len(keys[0] & keys[1])
    for told, held in zip(facts, keys, strict=True):
        assert len(told) == len(set(told)) == len(held) <= MOST_KEYS


def test_the_facts_of_a_full_record_come_in_order_and_no_more_than_fit() -> None:
    record = StandardRecord(
        surnames=("HARTLEYSHAW", "HARTLEY", "SHAW"),
        forenames=("CHRIS", "ANN"),
        birth_date=BirthDate(1954, 3, 7),
        postcode="M139WL",
        phones=PHONES,
        emails=("a@example.org",),
        nhs_number="9990000018",
    )
    rules = [rule for rule, _ in describe(record)]
    once = ["names-year", "names-day", "names-sector", "forename-postcode", "forename-phone", "forename-email"]
    assert rules == ["nhs", "name-dob", "name-dob", "name-dob", "birth-postcode", *once, *once[:3]]
    assert ("birth-postcode", "M139WL 1954 3") in describe(record)


def test_keys_do_not_change_unnoticed() -> None:
    """Keys are stored: another hash is another version of the model (design section 5)."""
    record = StandardRecord(
        ("HARTLEY",), ("ANN",), birth_date=BirthDate(1954, 3, 7), postcode="M139WL", nhs_number="9990000018"
    )
    assert block_keys(record) == (
        -6838447031522524239,
        -6646559354598048684,
        -5228739222320868423,
        -4064123007500531211,
        -1974306832210643419,
        -657597524854116315,
        2664930188654440738,
        3356356557077649007,
    )
