"""Files that are all of one person or of few: what all records share is no sign of how common it is."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from linkage.model import Model
from linkage.people import people
from linkage.tables.table import Table
from linkage.tailor import tailor

WHOLE = {"forename": "JANE", "surname": "SMITH", "dob": "1970-02-03", "postcode": "ZZ1 1AB"}
OTHER = {"forename": "HAMISH", "surname": "DRUMMAR", "dob": "1951-11-30", "postcode": "ZZ9 8CD"}


def slip(text: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1 :] if dice.random() < 0.15 else text


def copies(n: int, *persons: dict[str, str], fields: tuple[str, ...], exact: bool = False) -> Table:
    dice = random.Random(n)
    rows = [persons[k % len(persons)] for k in range(n)]
    told = {f: [row[f] if exact or f == "dob" else slip(row[f], dice) for row in rows] for f in fields}
    return Table(pa.array([f"{k:04}" for k in range(n)]), {f: pa.array(values) for f, values in told.items()})


@pytest.mark.parametrize("n", [60, 600, 1_200])
@pytest.mark.parametrize("fields", [("surname", "forename", "dob"), tuple(WHOLE)])
@pytest.mark.parametrize("exact", [True, False])
def test_a_file_of_one_person_is_one_person(n: int, fields: tuple[str, ...], exact: bool) -> None:
    label = people(copies(n, WHOLE, fields=fields, exact=exact), workers=1).clusters.label
    assert np.bincount(label).max() >= 0.99 * n


def test_two_people_stay_two() -> None:
    label = people(copies(800, WHOLE, OTHER, fields=tuple(WHOLE)), workers=1).clusters.label
    assert len(set(label[::2]) & set(label[1::2])) == 0
    assert np.bincount(label[::2]).max() >= 396 <= np.bincount(label[1::2]).max()


def test_names_of_few_people_say_nothing_of_names() -> None:
    """1,000 records of one person leave the base's frequencies in force, those of 1,000 people do not."""
    base = Model.default()
    one = tailor(copies(1_000, WHOLE, fields=tuple(WHOLE), exact=True), base)
    assert one.document["frequencies"] == base.document["frequencies"]
    days = [f"19{n // 20 + 10}-0{n % 9 + 1}-{n % 20 + 1:02}" for n in range(1_000)]
    alike = copies(1_000, WHOLE, fields=("surname", "forename"), exact=True)
    many = tailor(Table(alike.ids, {**alike.columns, "dob": pa.array(days)}), base)
    assert many.document["frequencies"]["surname"] == {"SMITH": 1.0}
    unsaid = Table(alike.ids, {**alike.columns, "dob": pa.nulls(1_000, pa.string())})
    assert tailor(unsaid, base).document["frequencies"]["surname"] == {"SMITH": 1.0}
