"""The version that counts and the one that waits after an overlay (design section 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from linkage.record import Name, Sex
from mpi.domain.commands import Field, NhsNumber, Patch, Rank, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Update
from mpi.domain.routing import fold
from mpi.domain.versions import Versions

BOL = Identifier("BOL", "1")
START = datetime(2024, 1, 1, tzinfo=UTC)
ADA: Patch = {
    Field.NAMES: (Name("Okonkwo", "Adaeze"),),
    Field.BIRTH_DATE: "1961-03-07",
    Field.SEX: Sex.FEMALE,
    Field.PHONES: ("0161 496 0000",),
    Field.NHS_NUMBER: NhsNumber("9990000018", "01"),
    Field.ACTIVE: True,
}
BERNARD: Patch = {
    Field.NAMES: (Name("Whitworth", "Bernard"),),
    Field.BIRTH_DATE: "1938-11-25",
    Field.SEX: Sex.MALE,
    Field.ACTIVE: True,
}
CHLOE: Patch = {Field.NAMES: (Name("Adams", "Chloe"),), Field.BIRTH_DATE: "2001-05-05", Field.SEX: Sex.FEMALE}
MOVED: Patch = {Field.PHONES: ("0161 496 0999",)}


def said(minute: int, patch: Patch, accepted: bool | None = None, rank: Rank = Rank.FEED, **more: Any) -> Update:
    moment = START + timedelta(minutes=minute)
    return Update(BOL, {**patch, **{Field(n): v for n, v in more.items()}}, Stamp(rank, moment, moment), accepted)


def versions(*updates: Update) -> Versions:
    """What all orders of the updates must end in."""
    found = [fold(order, {}, [BOL])[BOL] for order in permutations(updates)]
    assert all(one == found[0] for one in found)
    return found[0]


def names(versions_: Versions) -> tuple[str, str]:
    """The forenames that count and that wait."""
    waiting = versions_.pending.registers.demographics.names[0].given if versions_.pending else ""
    return versions_.registers.demographics.names[0].given, waiting


def test_an_overlay_waits_and_takes_nothing_of_the_former_person() -> None:
    told = versions(said(1, ADA), said(2, BERNARD))
    assert names(told) == ("Adaeze", "Bernard")
    assert told.pending is not None
    waiting = told.pending.registers.demographics
    assert (waiting.phones, waiting.nhs_number, waiting.previous_names) == ((), "", ())
    assert told.registers.demographics.previous_names == ()


@pytest.mark.parametrize(
    ("next_", "shown"),
    [
        (said(3, ADA), ("Adaeze", "")),
        (said(3, ADA, names=(Name("Fitzgerald", "Adaeze"),)), ("Adaeze", "")),
        (said(3, BERNARD, sex=Sex.FEMALE), ("Adaeze", "Bernard")),
        (said(3, MOVED), ("Adaeze", "Bernard")),
        (said(3, CHLOE), ("Adaeze", "Chloe")),
        (said(3, {Field.ACTIVE: False}), ("Adaeze", "")),
        (said(3, {**BERNARD, Field.ACTIVE: False}), ("Adaeze", "")),
    ],
    ids=[
        "put right",
        "put right, married since",
        "corrected",
        "says not who",
        "a third person",
        "deleted",
        "deleted as the second",
    ],
)
def test_what_is_said_next_belongs_to_whom_it_speaks_of(next_: Update, shown: tuple[str, str]) -> None:
    assert names(versions(said(1, ADA), said(2, BERNARD), next_)) == shown


@pytest.mark.parametrize("sex", [Sex.FEMALE, Sex.MALE])
def test_a_third_person_is_a_question_of_its_own(sex: Sex) -> None:
    """The ruling on the second is none on the third."""
    told = versions(said(1, ADA), said(2, BERNARD, accepted=False), said(3, CHLOE, sex=sex))
    assert names(told) == ("Adaeze", "Chloe")
    assert told.pending is not None
    assert not told.pending.rejected
    assert told.pending.opened == said(3, {}).stamp


def test_what_is_said_of_the_record_itself_does_not_wait() -> None:
    """A29 and the mark of NHS-57 are about the record; the mark is set at once and lifted never."""
    deleted = versions(said(1, ADA), said(2, BERNARD), said(3, {Field.ACTIVE: False}))
    assert deleted.registers.deleted
    marked = versions(said(1, ADA), said(2, BERNARD, restricted=True))
    assert marked.registers.restricted
    lifted = versions(said(1, ADA, restricted=True), said(2, BERNARD, restricted=False))
    assert lifted.registers.restricted


def test_a_ruling_decides_and_what_follows_is_the_new_persons() -> None:
    accepted = versions(said(1, ADA), said(2, BERNARD, accepted=True), said(3, MOVED))
    assert accepted.pending is None
    assert accepted.registers.demographics.phones == MOVED[Field.PHONES]
    assert names(accepted) == ("Bernard", "")
    back = versions(said(1, ADA), said(2, BERNARD, accepted=True), said(3, ADA))
    assert names(back) == ("Bernard", "Adaeze")


def test_what_is_said_of_a_rejected_person_asks_nothing_more() -> None:
    told = versions(said(1, ADA), said(2, BERNARD, accepted=False), said(3, BERNARD, phones=("0161 496 0999",)))
    assert names(told) == ("Adaeze", "Bernard")
    assert told.pending is not None
    assert told.pending.rejected
    assert told.registers.demographics.phones == ADA[Field.PHONES]


def test_who_is_told_late_is_as_if_told_in_time() -> None:
    """V2-61: the older update comes second and is the one that counts."""
    first = Versions().tell(said(2, BERNARD))
    assert names(first) == ("Bernard", "")
    assert names(versions(said(2, BERNARD), said(1, ADA))) == ("Adaeze", "Bernard")


def test_a_feed_contradicts_an_image_without_asking() -> None:
    """The header of an image was never a fact that a feed could change."""
    told = versions(said(5, ADA, rank=Rank.ARCHIVE), said(1, BERNARD))
    assert names(told) == ("Bernard", "")
    assert told.pending is None


def test_nhs_53_an_unidentified_patient_is_identified_without_asking() -> None:
    nobody: Patch = {**BERNARD, Field.NAMES: (Name("UNKNOWN", "UNKNOWN MALE"),), Field.IDENTITY_UNKNOWN: True}
    told = versions(said(1, nobody), said(2, ADA, identity_unknown=False))
    assert names(told) == ("Adaeze", "")


def test_a_number_that_was_given_back_may_be_anybodys() -> None:
    told = versions(said(1, ADA), said(2, {Field.ACTIVE: False}), said(3, BERNARD))
    assert told.pending is None
    new = told.registers.demographics
    assert (new.names, new.nhs_number, new.phones, new.previous_names) == (BERNARD[Field.NAMES], "", (), ())
    waiting = versions(
        said(1, ADA), said(2, BERNARD), said(3, {Field.ACTIVE: False}), said(4, CHLOE, sex=Sex.MALE, active=True)
    )
    assert names(waiting) == ("Chloe", "")
    again = versions(said(1, ADA), said(2, {Field.ACTIVE: False}), said(3, ADA))
    assert again.registers.demographics.phones == ADA[Field.PHONES]


def test_the_latest_stamp_tells_whether_an_update_can_be_told() -> None:
    assert Versions().latest is None
    waiting = Versions().tell(said(1, ADA)).tell(said(2, BERNARD))
    assert waiting.latest == said(2, {}).stamp
