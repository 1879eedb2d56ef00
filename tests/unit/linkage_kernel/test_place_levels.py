"""Where an address is kept as text: every level of the place, by a pair made for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from linkage.comparison import LOCATION, Location
from linkage.encode import encode
from linkage.explain import explain
from linkage.kernel import score, score_adjusted
from linkage.model import Model
from linkage.record import StandardRecord
from tests.unit.linkage_kernel.file_models import file_model

HOME = StandardRecord(postcode="M139WL", house="12", street="OXFORD ROAD", town="MANCHESTER")
FAR = {"postcode": "BN11AE"}
MISSING = 0

CASES: list[tuple[dict[str, Any], dict[str, Any], int]] = [
    ({}, {}, Location.HOUSE),
    ({}, {"street": ""}, Location.HOUSE),
    ({}, {"street": "OXFORD RAOD"}, Location.HOUSE),
    ({}, {"house": ""}, Location.POSTCODE),
    ({"house": "", "street": "", "town": ""}, {}, Location.POSTCODE),
    ({}, {"house": "14"}, Location.NEIGHBOUR),
    ({}, {"street": "LARCH AVENUE"}, Location.NEIGHBOUR),
    ({}, {"house": "", "street": "LARCH AVENUE"}, Location.NEIGHBOUR),
    ({}, {"postcode": "M139WI"}, Location.NEAR_HOUSE),
    ({}, {"postcode": "M193WL"}, Location.NEAR_HOUSE),
    ({}, {"postcode": "M39WL", "street": "OXFORD ROADD"}, Location.NEAR_HOUSE),
    ({}, {"postcode": "M139WI", "house": ""}, Location.NEAR_POSTCODE),
    ({}, {"postcode": "M139WI", "street": ""}, Location.NEAR_POSTCODE),
    ({"postcode": "4011"}, {"postcode": "4010", "house": ""}, Location.NEAR_POSTCODE),
    ({}, {**FAR, "house": "5", "street": "WEST STREET", "previous_postcodes": ("M139WL",)}, Location.PREVIOUS),
    ({}, {**FAR, "previous_postcodes": ("M139WL",)}, Location.PREVIOUS),
    ({}, FAR, Location.STREET),
    ({}, {"postcode": ""}, Location.STREET),
    ({}, {"postcode": "", "street": "OXFORD RAOD", "town": "MANCHSTER"}, Location.STREET),
    ({}, {"postcode": "", "town": ""}, Location.STREET),
    ({}, {**FAR, "town": "BRIGHTON"}, Location.OTHER_TOWN),
    ({"postcode": ""}, {"town": "BRIGHTON"}, Location.OTHER_TOWN),
    ({}, {**FAR, "house": "14"}, Location.ONLY_STREET),
    ({}, {"postcode": "", "house": "", "town": ""}, Location.ONLY_STREET),
    ({}, {"postcode": "M139WI", "house": "14"}, Location.ONLY_STREET),
    ({}, {"postcode": "M139AB", "house": "3", "street": "LARCH AVENUE"}, Location.SECTOR),
    ({}, {"postcode": "M139WI", "house": "3", "street": "LARCH AVENUE", "town": "LEEDS"}, Location.SECTOR),
    ({}, {**FAR, "house": "3", "street": "LARCH AVENUE"}, Location.TOWN),
    ({"street": ""}, {**FAR, "town": "MANCHESTR"}, Location.TOWN),
    ({"street": ""}, {"postcode": "", "house": "3"}, Location.TOWN),
    ({}, {**FAR, "house": "3", "street": "LARCH AVENUE", "town": "BRIGHTON"}, Location.DISAGREE),
    ({}, {**FAR, "house": "", "street": "", "town": ""}, Location.DISAGREE),
    ({"postcode": "", "town": ""}, {"street": "LARCH AVENUE"}, Location.DISAGREE),
    ({}, {**FAR, "street": "OXFORD ROAD", "house": "14", "town": "BRIGHTON"}, Location.DISAGREE),
    ({}, {"postcode": "", "house": "", "street": "", "town": ""}, MISSING),
    ({"postcode": "", "street": ""}, {"town": "", "street": ""}, MISSING),
    ({"postcode": "", "street": "", "town": ""}, {"house": "14"}, MISSING),
]


@pytest.fixture(scope="module")
def placed() -> Model:
    return file_model()


def level_of(one: StandardRecord, other: StandardRecord, model: Model) -> int:
    scores = score(encode(one, model), [encode(other, model)], model)
    return int(scores.pattern[0, LOCATION])


NAMES = [f"{n}-{Location(level).name.lower() if level else 'missing'}" for n, (*_, level) in enumerate(CASES)]


@pytest.mark.parametrize(("one", "other", "level"), CASES, ids=NAMES)
def test_a_place_ends_in_its_level_either_way(
    placed: Model, one: dict[str, Any], other: dict[str, Any], level: int
) -> None:
    a, b = replace(HOME, **one), replace(HOME, **other)
    assert level_of(a, b, placed) == level_of(b, a, placed) == level


def test_every_level_has_its_case() -> None:
    assert {level for *_, level in CASES} == {MISSING, *Location}


def test_the_index_knows_the_levels_of_the_place_no_more_than_before() -> None:
    """Without text it forgives no slip, and never says what it cannot know."""
    uk = Model.default()
    told = {level_of(replace(HOME, **one), replace(HOME, **other), uk) for one, other, _ in CASES}
    assert told <= {MISSING, *range(1, Location.DISAGREE + 1)}
    assert level_of(HOME, replace(HOME, postcode="M139WI", house="14"), uk) == Location.SECTOR


def test_the_frequency_of_a_postcode_counts_where_the_same_postcode_does() -> None:
    """A care home's postcode is worth less, and a near or another one what its level says."""
    base = Model.default().document
    model = file_model(
        term_frequency={**base["term_frequency"], "postcode": {"least": -6.0, "most": 4.0, "average": 0.001}},
        frequencies={**base["frequencies"], "postcode": {"M11AA": 0.032}},
    )
    home = StandardRecord(postcode="M11AA", house="7", street="HIGH STREET")
    for other, agrees in (
        (home, True),
        (replace(home, house="9"), True),
        (replace(home, house="", street=""), True),
        (replace(home, postcode="M11AB"), False),
        (replace(home, postcode="LS14DY", street="MILL LANE"), False),
    ):
        rows = encode(home, model), encode(other, model)
        for one, two in (rows, rows[::-1]):
            _, adjust = score_adjusted(one, (two,), model)
            assert adjust[LOCATION] == pytest.approx(-5.0 if agrees else 0.0, abs=0.001)
    line = next(line for line in explain(home, home, model).lines if line.comparison == "location")
    assert "a common postcode, so worth less" in line.loggable
