"""Names that stand crosswise, as files have them: one event, told once, up to a slip in each name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linkage.comparison import FORENAME, SURNAME, Forename, Surname
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
        ("JANE", "OKAFOR", APART),
        ("PETERS", "HARGREAVES", APART),
        ("", "HARGREAVES", (Forename.DISAGREE, 0)),
        ("JANE", "", (0, Surname.DISAGREE_FEMALE)),
    ],
)
def test_names_crosswise_but_for_a_slip(surname: str, forename: str, levels: tuple[int, int]) -> None:
    other = replace(PERSON, surnames=(surname,) if surname else (), forenames=(forename,) if forename else ())
    assert crosswise(file_model(), PERSON, other)[0] == levels


def test_a_slip_in_both_crosswise_names_is_forgiven_only_with_a_place() -> None:
    other = replace(PERSON, surnames=("JANNE",), forenames=("HARGREEVES",))
    assert crosswise(file_model(), PERSON, other)[0] == SWAPPED
    assert crosswise(Model.default(), PERSON, other)[0] == APART


def test_one_name_twice_is_no_crossing() -> None:
    """JAMES JAMES twice is the same name; nor do two stand crosswise that agree in the forename."""
    twice = replace(PERSON, surnames=("JAMES",), forenames=("JAMES",))
    assert crosswise(file_model(), twice, twice)[0] == (Forename.EXACT, Surname.EXACT)
    assert crosswise(file_model(), twice, replace(twice, surnames=("JAMESON",)))[0][0] == Forename.EXACT
