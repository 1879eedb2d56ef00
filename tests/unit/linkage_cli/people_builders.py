"""People in files, the result of linking them, and the command itself, for tests of the commands."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from linkage import loose_blocking
from linkage.cli import app
from linkage.nhs_number import check_digit

SURNAMES = (
    "SMITH",
    "JONES",
    "TAYLOR",
    "BROWN",
    "WILLIAMS",
    "WILSON",
    "JOHNSON",
    "DAVIES",
    "PATEL",
    "WRIGHT",
    "WALKER",
    "WHITE",
    "GREEN",
    "HALL",
    "KHAN",
)
FORENAMES = (
    "OLIVER",
    "AMELIA",
    "GEORGE",
    "ISLA",
    "NOAH",
    "AVA",
    "ARTHUR",
    "MIA",
    "LEO",
    "IVY",
    "OSCAR",
    "LILY",
    "HARRY",
    "ROSIE",
    "HENRY",
    "ELLA",
)
COLUMN_NAMES = ("rec_id", "given_name", "surname", "date_of_birth", "sex", "postcode", "phone")
NUMBER_NAMES = (*COLUMN_NAMES, "nhs_number", "nhs_number_status")
PEOPLE = 400


def rows(seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Every person twice: as they are, and as a clerk in a hurry wrote them down."""
    dice = random.Random(seed)
    for n in range(PEOPLE):
        given, family = dice.choice(FORENAMES), dice.choice(SURNAMES)
        born = f"{dice.randint(1930, 2015)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        postcode = f"M{dice.randint(1, 40)} {dice.randint(1, 9)}{dice.choice('ABDEFGH')}{dice.choice('JLNPQRS')}"
        phone = f"07700900{dice.randint(0, 999):03}"
        sex = dice.choice("MF")
        yield f"p{n}a", given, family, born, sex, postcode, phone
        slip = given[:-1] if dice.random() < 0.2 else given
        yield f"p{n}b", slip, family, born, sex, postcode if dice.random() < 0.8 else "", ""


def with_two_numbers(seed: int = 1) -> Iterator[tuple[str, ...]]:
    """The same people without NHS numbers, and twenty who have two, both verified: which no weight may join."""
    for row in rows(seed):
        yield *row, "", ""
    dice = random.Random(seed)
    for n in range(20):
        given, family = dice.choice(FORENAMES), dice.choice(SURNAMES)
        born, postcode = f"{dice.randint(1990, 2015)}-{dice.randint(1, 12):02}-17", f"OL{n + 1} 3PQ"
        for side, body in (("a", 400_000_000 + n), ("b", 600_000_000 + n)):
            yield f"t{n}{side}", given, family, born, "F", postcode, f"0161{n:07}", numbered(body), "01"


def numbered(body: int) -> str:
    """The first NHS number from nine digits on that has a check digit."""
    digit = check_digit(str(body))
    return f"{body}{digit}" if digit else numbered(body + 100)


@contextmanager
def precise_keys_alone() -> Iterator[None]:
    """Small files are compared almost completely; here, as a large one, by the precise blocking keys alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loose_blocking, "MOST_PAIRS", 0)
        yield


def write(path: Path, content: Iterable[tuple[str, ...]], names: tuple[str, ...] = COLUMN_NAMES) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *content])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
