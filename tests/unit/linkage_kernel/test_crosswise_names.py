"""Names that stand crosswise, as files have them: both as one event, up to a slip in each; or one alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linkage.comparison import FORENAME, HOUSEHOLD, SURNAME, Forename, Household, Surname
from linkage.encode import encode
from linkage.kernel import score, score_adjusted
from linkage.model import Model
from linkage.record import BirthDate, SexCode, StandardRecord
from tests.unit.linkage_kernel.file_models import file_model

PERSON = StandardRecord(
    surnames=("HARGREAVES",), forenames=("JANE",), birth_date=BirthDate(1954, 3, 17), sex=SexCode.FEMALE
)
CROSSED = replace(PERSON, surnames=PERSON.forenames, forenames=PERSON.surnames)
SWAPPED = (Forename.SWAPPED, 0)
APART = (Forename.DISAGREE, Surname.DISAGREE_FEMALE)
HALF = (Forename.DISAGREE, Surname.SWAPPED)


def crosswise(model: Model, one: StandardRecord, other: StandardRecord) -> tuple[tuple[int, int], float]:
    scores, adjust = score_adjusted(encode(one, model), (encode(other, model),), model)
    back = score(encode(other, model), [encode(one, model)], model)
    assert (back.weight.tobytes(), back.pattern.tobytes()) == (scores.weight.tobytes(), scores.pattern.tobytes())
    return (int(scores.pattern[0, FORENAME]), int(scores.pattern[0, SURNAME])), float(adjust[FORENAME])


def test_names_crosswise_are_one_event_and_as_rare_as_both_names() -> None:
    model = file_model()
    levels, bits = crosswise(model, PERSON, CROSSED)
    assert levels == SWAPPED
    # Each of the two is rare as a forename and as a surname; the two readings count half each.
    names = ("JANE", "HARGREAVES")
    rarity = sum(model.forename_adjustment(name) + model.surname_adjustment(name) for name in names)
    assert bits == pytest.approx(rarity / 2, abs=1e-3)
    assert abs(bits) > 0.5
    with_names = score(encode(PERSON, model), [encode(CROSSED, model)], model).weight[0]
    nameless = replace(PERSON, surnames=(), forenames=())
    without = score(encode(nameless, model), [encode(CROSSED, model)], model).weight[0]
    # The rest is the birth date and the sex, and no household is cut where a forename agrees crosswise.
    assert with_names - without == pytest.approx(model.weights[FORENAME, Forename.SWAPPED] + bits, abs=1e-3)


def test_the_index_tells_it_under_both_names() -> None:
    assert crosswise(Model.default(), PERSON, CROSSED) == ((Forename.SWAPPED, Surname.SWAPPED), 0.0)


@pytest.mark.parametrize(
    ("surname", "forename", "levels"),
    [
        ("JANE", "HARGREEVES", SWAPPED),
        ("JAYNE", "HARGREAVES", SWAPPED),
        ("JANE", "OKAFOR", HALF),
        ("PETERS", "HARGREAVES", HALF),
        ("PETERS", "HARGREEVES", HALF),
        ("", "HARGREAVES", HALF),
        ("JANE", "", (0, Surname.SWAPPED)),
        ("PETERS", "OKAFOR", APART),
        ("PETERS", "JANE", (Forename.EXACT, Surname.DISAGREE_FEMALE)),
    ],
)
def test_names_crosswise_but_for_a_slip(surname: str, forename: str, levels: tuple[int, int]) -> None:
    other = replace(PERSON, surnames=(surname,) if surname else (), forenames=(forename,) if forename else ())
    assert crosswise(file_model(), PERSON, other)[0] == levels


def test_a_slip_in_both_crosswise_names_is_forgiven_only_with_a_place() -> None:
    other = replace(PERSON, surnames=("JANNE",), forenames=("HARGREEVES",))
    assert crosswise(file_model(), PERSON, other)[0] == SWAPPED
    assert crosswise(Model.default(), PERSON, other)[0] == APART


def test_the_index_knows_no_name_alone_in_the_other_place() -> None:
    other = replace(PERSON, surnames=("JANE",), forenames=("OKAFOR",))
    assert crosswise(Model.default(), PERSON, other)[0] == APART


@pytest.mark.parametrize("born", [PERSON.birth_date, BirthDate(1957, 8, 2)])
def test_a_sister_entered_crosswise_is_told_from_one_person_like_any_other(born: BirthDate) -> None:
    """What stands in the other place is the name of the family, so that it counts up to the family's limit."""
    model, home = file_model(), {"postcode": "M144PX", "house": "12", "street": "MOSS LANE", "town": "MANCHESTER"}
    jane = replace(PERSON, **home)
    sister = replace(jane, forenames=("OLIVIA",), birth_date=born)
    turned = replace(sister, forenames=sister.surnames, surnames=sister.forenames)
    straight, across = (score(encode(jane, model), [encode(who, model)], model) for who in (sister, turned))
    assert across.pattern[0, SURNAME] == Surname.SWAPPED
    assert across.pattern[0, HOUSEHOLD] == straight.pattern[0, HOUSEHOLD] == Household.LIMITED
    assert across.weight[0] == pytest.approx(float(straight.weight[0]), abs=1e-3)


def test_one_name_twice_is_no_crossing() -> None:
    """JAMES JAMES twice is the same name; nor do two stand crosswise that agree in the forename."""
    twice = replace(PERSON, surnames=("JAMES",), forenames=("JAMES",))
    assert crosswise(file_model(), twice, twice)[0] == (Forename.EXACT, Surname.EXACT)
    assert crosswise(file_model(), twice, replace(twice, surnames=("JAMESON",)))[0][0] == Forename.EXACT
