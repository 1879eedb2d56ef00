"""Test-range and live NHS numbers never meet in one index (NHS-5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkage.nhs_number import check_digit
from mpi.domain.commands import Delete, Field, NhsNumber, Rank, Register, Stamp
from mpi.domain.identifiers import Identifier
from mpi.usecases.identity.screening import screen

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
STAMP = Stamp(Rank.FEED, NOON, NOON)
PATIENT = Identifier("BOLTON", "1")
TEST_RANGE = "9990000018"
FIRST_LIVE = "4" + 8 * "0"  # the very start of the issued range: made here, so that no issued number is written down
LIVE_RANGE = f"{FIRST_LIVE}{check_digit(FIRST_LIVE)}"


def told(number: str) -> Register:
    return Register((PATIENT,), {Field.NHS_NUMBER: NhsNumber(number, "01"), Field.ACTIVE: True}, STAMP)


@pytest.mark.parametrize(("population", "number"), [("live", TEST_RANGE), ("synthetic", LIVE_RANGE)])
def test_nhs_5_a_number_of_the_wrong_population_is_left_out_and_remarked(population: str, number: str) -> None:
    (kept,), remarks = screen([told(number)], population)

    assert isinstance(kept, Register)
    assert Field.NHS_NUMBER not in kept.patch
    assert kept.patch[Field.ACTIVE] is True
    assert len(remarks) == 1
    assert number not in remarks[0]


@pytest.mark.parametrize(("population", "number"), [("live", LIVE_RANGE), ("synthetic", TEST_RANGE)])
def test_nhs_5_a_number_of_the_right_population_is_kept(population: str, number: str) -> None:
    register = told(number)

    assert screen([register], population) == ((register,), ())


def test_commands_without_a_number_pass() -> None:
    commands = [Delete(PATIENT, STAMP), Register((PATIENT,), {Field.NHS_NUMBER: None}, STAMP)]

    assert screen(commands, "live") == (tuple(commands), ())
