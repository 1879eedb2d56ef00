"""What the kernel's unit tests share: the shipped model and a person to vary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from linkage.model import Model
from linkage.record import BirthDate, SexCode, StandardRecord

EMPTY = StandardRecord()
FULL = StandardRecord(
    surnames=("HARGREAVES",),
    forenames=("MARGARET",),
    middle_names=("ANNE",),
    birth_date=BirthDate(1954, 3, 17),
    sex=SexCode.FEMALE,
    postcode="BL36RT",
    house="14",
    street="LARCH AVENUE",
    town="BOLTON",
    phones=("07700900123",),
    emails=("m.hargreaves@example.org",),
    nhs_number="9990000018",
    nhs_status=1,
    gp_practice="P82001",
)


@pytest.fixture(scope="session")
def model() -> Model:
    return Model.default()


@pytest.fixture(scope="session")
def person() -> Callable[..., StandardRecord]:
    """A builder: an invented woman with every field, or with the named ones changed."""

    def build(**changes: Any) -> StandardRecord:
        return replace(FULL, **changes)

    return build
