"""People in files, the result of linking them, and the command itself, for tests of the commands."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from typer.testing import CliRunner, Result

from linkage.cli import app

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


def with_twins(seed: int = 1) -> Iterator[tuple[str, ...]]:
    """The same people, and twenty pairs of twins."""
    yield from rows(seed)
    dice = random.Random(seed)
    for n in range(20):
        family, born = dice.choice(SURNAMES), f"{dice.randint(1990, 2015)}-{dice.randint(1, 12):02}-17"
        postcode, phone = f"OL{n + 1} 3PQ", f"0161{n:07}"
        for twin, given in zip("xy", dice.sample(FORENAMES, 2), strict=True):
            yield f"t{n}{twin}a", given, family, born, "F", postcode, phone
            yield f"t{n}{twin}b", given, family, born, "F", postcode, phone


def write(path: Path, content: Iterable[tuple[str, ...]], names: tuple[str, ...] = COLUMN_NAMES) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *content])
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
