"""Which values a golden identity shows, and what makes an overlay (NHS-57, NHS-59; design section 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linkage.record import Demographics, Name, Sex
from mpi.domain.access import Caller, Right, Role
from mpi.domain.commands import Death, Field, NhsNumber, Patch, Rank, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.overlay import is_overlay
from mpi.domain.record import Record
from mpi.domain.registers import Registers
from mpi.domain.survivorship import golden
from mpi.domain.views import RecordState
from mpi.errors import Forbidden

START = datetime(2024, 1, 1, tzinfo=UTC)


def record(value: str, minute: int, patch: Patch, subsumed_by: str = "") -> Record:
    moment = START + timedelta(minutes=minute)
    registers = Registers().write({Field.ACTIVE: True} | dict(patch), Stamp(Rank.FEED, moment, moment))
    survivor = Identifier("BOL", subsumed_by) if subsumed_by else None
    return Record(Identifier("BOL", value), registers=registers, subsumed_by=survivor)


def test_the_latest_telling_of_each_field_survives() -> None:
    shown = golden(
        [record("1", 1, {Field.BIRTH_DATE: "1954", Field.SEX: Sex.MALE}), record("2", 2, {Field.BIRTH_DATE: "1955"})]
    )
    assert (shown.demographics.birth_date, shown.demographics.sex) == ("1955", Sex.MALE)


def test_a_live_record_comes_before_a_later_subsumed_one() -> None:
    shown = golden([record("1", 1, {Field.BIRTH_DATE: "1954"}), record("2", 9, {Field.BIRTH_DATE: "1955"}, "1")])
    assert shown.demographics.birth_date == "1954"


def test_a_verified_number_comes_before_a_later_unverified_one() -> None:
    """NHS-8."""
    verified, traced = NhsNumber("9990000018", "01"), NhsNumber("9990000026", "04")
    shown = golden([record("1", 1, {Field.NHS_NUMBER: verified}), record("2", 9, {Field.NHS_NUMBER: traced})])
    assert shown.demographics.nhs_number == "9990000018"


def test_one_trusts_mark_protects_the_person_everywhere() -> None:
    """NHS-57."""
    assert golden([record("1", 1, {Field.RESTRICTED: True}), record("2", 9, {Field.RESTRICTED: False})]).restricted


def test_nothing_survives_of_nobody() -> None:
    assert golden([]) == Registers()


def test_a_death_told_by_one_trust_is_shown() -> None:
    """NHS-59."""
    assert golden([record("1", 1, {Field.DEATH: Death("2024")}), record("2", 9, {})]).death == Death("2024")


BEFORE = Demographics(names=(Name("Okonkwo", "Adaeze"),), birth_date="1961-03-07", sex=Sex.FEMALE)
AFTER = Demographics(names=(Name("Whitworth", "Bernard"),), birth_date="1938-11-25", sex=Sex.MALE)


@pytest.mark.parametrize(
    ("after", "overlay"),
    [
        (AFTER, True),
        (Demographics(AFTER.names, birth_date=AFTER.birth_date, sex=Sex.FEMALE), False),
        (Demographics(AFTER.names, birth_date="1961-03-07", sex=Sex.MALE), False),
        (Demographics((Name("Whitworth", "Adaeze"),), birth_date="1938-11-25", sex=Sex.MALE), False),
        (Demographics(AFTER.names, birth_date="1938", sex=Sex.MALE), False),
        (Demographics(AFTER.names, birth_date="1938-11-25"), False),
        (Demographics(), False),
    ],
)
def test_an_overlay_changes_name_date_and_sex_at_once(after: Demographics, overlay: bool) -> None:
    assert is_overlay(BEFORE, after) is overlay


def test_a_record_is_awaited_live_subsumed_or_deleted() -> None:
    assert Record(Identifier("BOL", "1")).state is RecordState.AWAITED
    assert record("1", 1, {}).state is RecordState.LIVE
    assert record("1", 1, {Field.ACTIVE: False}).state is RecordState.DELETED
    assert record("1", 1, {Field.ACTIVE: False}, "2").state is RecordState.SUBSUMED


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.FEED, {Right.FEED}),
        (Role.ARCHIVE, {Right.RESOLVE, Right.READ_IMAGING, Right.WRITE_IMAGING, Right.SUBSCRIBE}),
        (Role.VIEWER, {Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING}),
        (Role.REVIEWER, {Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING, Right.REVIEW}),
        (
            Role.SENIOR_REVIEWER,
            {
                *(Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING),
                *(Right.REVIEW, Right.UNDO_ANY, Right.MEND, Right.MEASURE),
            },
        ),
        (Role.PRIVACY_OFFICER, {Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING, Right.PRIVACY}),
        (Role.ADMINISTRATOR, set(Right)),
    ],
)
def test_each_role_carries_its_rights_and_no_other(role: Role, rights: set[Right]) -> None:
    """SEC-5, SEC-6: an archive sees no demographics."""
    caller = Caller("x", role, "RMC")
    assert {right for right in Right if caller.may(right)} == rights
    for right in set(Right) - rights:
        with pytest.raises(Forbidden):
            caller.require(right)


def test_identifiers_are_written_with_a_bar() -> None:
    assert Identifier.parse("BOL|1|2") == Identifier("BOL", "1|2")
    assert str(Identifier.parse("BOL|1")) == "BOL|1"
    for bad in ("BOL", "BOL|", "|1", ""):
        with pytest.raises(ValueError, match="authority"):
            Identifier.parse(bad)
