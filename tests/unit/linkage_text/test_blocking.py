import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from linkage.blocking import MOST_KEYS, RULES, block_keys, describe
from linkage.frequencies import uk
from linkage.nicknames import formals
from linkage.phonetics import sound
from linkage.record import BirthDate, Caution, StandardRecord

ANN = StandardRecord(
    surnames=("HARTLEY",),
    forenames=("ELIZABETH",),
    birth_date=BirthDate(1954, 3, 7),
    postcode="M139WL",
    phones=("07700900123",),
    emails=("eh@example.org",),
    nhs_number="9990000018",
    nhs_status=1,
)


def share_a_key(one: StandardRecord, other: StandardRecord) -> bool:
    return not set(block_keys(one)).isdisjoint(block_keys(other))


BARE = replace(ANN, nhs_number="", nhs_status=0, phones=(), emails=())
MOVED = replace(BARE, postcode="LS61AA")


@pytest.mark.parametrize(
    ("error", "other"),
    [
        ("surname typed wrong", replace(MOVED, surnames=("GARTLEY",))),
        ("forename typed wrong", replace(MOVED, forenames=("ELISABTH",))),
        ("nickname", replace(MOVED, forenames=("BETTY",))),
        ("marriage and move", replace(MOVED, surnames=("OKAFOR",))),
        ("day and month swapped", replace(MOVED, birth_date=BirthDate(1954, 7, 3), forenames=("BETTY",))),
        ("wrong year", replace(MOVED, birth_date=BirthDate(1945, 3, 7))),
        ("wrong day and month", replace(MOVED, birth_date=BirthDate(1954, 8, 30))),
        ("names swapped", replace(MOVED, surnames=("ELIZABETH",), forenames=("HARTLEY",))),
        (
            "names swapped, wrong year",
            replace(MOVED, surnames=("ELIZABETH",), forenames=("HARTLEY",), birth_date=BirthDate(1955, 3, 7)),
        ),
        ("wrong date, same home", replace(BARE, birth_date=BirthDate(1961, 12, 25))),
        ("no date, same sector", replace(BARE, birth_date=BirthDate(), postcode="M139AB")),
        ("marriage, wrong date, same home", replace(BARE, surnames=("OKAFOR",), birth_date=BirthDate(1961, 12, 25))),
        ("new names, same home and month", replace(BARE, surnames=("OKAFOR",), forenames=("ROSE",))),
        ("newborn without a forename", replace(MOVED, forenames=())),
        ("double-barrelled", replace(MOVED, surnames=("HARTLEYSHAW", "HARTLEY", "SHAW"), forenames=("ROSE",))),
        ("previous surname", replace(MOVED, surnames=("OKAFOR", "HARTLEY"), forenames=("ROSE",))),
        ("alias forename", replace(MOVED, surnames=("OKAFOR",), forenames=("ROSE", "ELIZABETH"))),
        (
            "moved, old home known",
            replace(MOVED, surnames=("OKAFOR",), birth_date=BirthDate(), previous_postcodes=("M139WL",)),
        ),
    ],
)
def test_nhs_60_one_common_error_leaves_a_shared_key(error: str, other: StandardRecord) -> None:
    assert share_a_key(BARE, other), error


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        ("nhs", StandardRecord(nhs_number="9990000018", nhs_status=2)),
        ("forename-phone", StandardRecord(forenames=("LIZ",), phones=("01614960123", "07700900123"))),
        ("forename-email", StandardRecord(forenames=("LIZ",), emails=("eh@example.org",))),
    ],
)
def test_one_strong_fact_is_enough(rule: str, other: StandardRecord) -> None:
    assert [pair[0] for pair in set(describe(ANN)) & set(describe(other))] == [rule]
    assert share_a_key(ANN, other)


def test_nhs_55_a_household_does_not_share_phone_or_mailbox_keys() -> None:
    husband = replace(ANN, forenames=("GEORGE",), birth_date=BirthDate(1951, 6, 2), nhs_number="9990000026")
    assert not share_a_key(ANN, husband)


def test_strangers_share_no_key() -> None:
    assert not share_a_key(
        ANN, StandardRecord(("OKAFOR",), ("ROSE",), birth_date=BirthDate(1954, 3, 7), postcode="M139WX")
    )


def test_nhs_53_an_unidentified_patient_has_a_number_or_nothing() -> None:
    unknown = replace(ANN, cautions=Caution.UNIDENTIFIED | Caution.ESTIMATED_BIRTH_DATE)
    assert describe(unknown) == (("nhs", "9990000018"),)
    assert block_keys(replace(unknown, nhs_number="")) == ()
    assert len(describe(replace(ANN, cautions=Caution.PLACEHOLDER_NAME))) > 1


def test_a_missing_part_emits_no_key() -> None:
    assert block_keys(StandardRecord()) == ()
    assert block_keys(StandardRecord(surnames=("HARTLEY",), postcode="M139WL")) == ()
    assert block_keys(StandardRecord(birth_date=BirthDate(1954, 3, 7))) == ()
    year_only = describe(replace(BARE, birth_date=BirthDate(1954), postcode=""))
    assert [rule for rule, _ in year_only] == ["names-year"]
    for rule, value in describe(replace(ANN, surnames=(), birth_date=BirthDate(1954, 3))):
        assert rule in {"nhs", "birth-postcode", "forename-postcode", "forename-phone", "forename-email"}, value


def test_keys_are_sorted_distinct_signed_and_few() -> None:
    crowded = replace(
        ANN,
        surnames=("HARTLEYSHAW", "HARTLEY", "SHAW", "OKAFOR", "BROWN", "GREEN"),
        forenames=("CHRIS", "LIZ", "ROSE", "ANNE"),
        previous_postcodes=("LS61AA", "BL11AA"),
        phones=("07700900123", "01614960123"),
    )
    for record in (ANN, BARE, crowded):
        keys = block_keys(record)
        assert list(keys) == sorted(set(keys))
        assert len(keys) == len(describe(record)) <= MOST_KEYS
        assert all(-(2**63) <= key < 2**63 for key in keys)
        assert {rule for rule, _ in describe(record)} <= RULES.keys()
    assert describe(crowded)[0] == ("nhs", "9990000018")
    assert 6 <= len(block_keys(ANN)) <= 11


def test_keys_are_the_same_in_every_process() -> None:
    code = (
        "from linkage.blocking import block_keys; from linkage.record import *;"
        "print(block_keys(StandardRecord(('HARTLEY',), ('ANN',), (), BirthDate(1954, 3, 7), postcode='M139WL')))"
    )
    printed = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    here = block_keys(StandardRecord(("HARTLEY",), ("ANN",), (), BirthDate(1954, 3, 7), postcode="M139WL"))
    assert printed == {f"{here}\n".encode()}


def test_no_name_rule_makes_a_block_of_two_thousand_in_a_region_of_ten_million() -> None:
    """Expected size of the largest block, from the shares of the sounds of UK names; days and years even."""
    people, years, days = 10_000_000, 90, 365
    surnames: Counter[str] = Counter()
    forenames: Counter[str] = Counter()
    for name, share in uk().shares["surname"].items():
        surnames[sound(name)] += share  # type: ignore[assignment]
    for name, share in uk().shares["forename"].items():
        for code in {sound(formal) for formal in formals(name)[:2]}:
            forenames[code] += share  # type: ignore[assignment]
    surname, forename = max(surnames.values()), max(forenames.values())
    born_twice_as_many = 2  # either order of day and month
    assert people * (surname + forename) * born_twice_as_many / (years * days) < 200
    assert people * surname * forename / years < 2000
    assert people * surname * forename / days < 2000
