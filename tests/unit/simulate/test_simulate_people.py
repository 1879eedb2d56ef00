"""The people: valid test numbers, realistic skew, families that look alike on purpose."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from mpi.simulate import Region, nhs_numbers, typos
from mpi.simulate.dwellings import build_stock
from mpi.simulate.naming import Origin, open_registry
from mpi.simulate.places import districts_of
from mpi.simulate.population import Population, people_region
from mpi.simulate.sampling import DAY, YEAR, stream

END = 20_454 * DAY  # 2026-01-01
START = END - int(15 * YEAR)


@pytest.fixture(scope="module")
def many() -> Population:
    return people_region(stream(3, "people"), open_registry(), 60_000, START, END)


def check_digit_holds(number: str) -> bool:
    total = sum(int(d) * w for d, w in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9])


def test_nhs_1_to_5_every_number_is_valid_synthetic_and_no_repdigit(many: Population) -> None:
    numbers = [n for column in (many.nhs_number, many.second_nhs_number) for n in column.tolist() if n]
    assert len(numbers) > 59_000
    for number in numbers:
        assert re.fullmatch(r"9\d{9}", number)
        assert check_digit_holds(number)
        assert len(set(number)) > 1
        assert int(number) <= 9_989_999_999


def test_nhs_1_stems_without_a_check_digit_are_known() -> None:
    stems = np.array([999_000_001, 999_000_002, 999_000_005, 999_000_000, 999_000_014, 943_476_591])
    assert nhs_numbers.check_digits(stems).tolist() == [8, 6, 0, 10, 10, 9]


def test_nhs_11_numbers_are_unique_but_for_a_few_confusions(many: Population) -> None:
    numbers = pd.Series(many.nhs_number[many.nhs_number != ""])
    shared = int(numbers.duplicated().sum())
    assert 1 <= shared <= 12
    assert 2 <= int((many.second_nhs_number != "").sum()) <= 60


def test_more_people_than_the_test_range_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="test range"):
        nhs_numbers.allot(stream(1, "x"), 20_000_000)


def test_there_are_exactly_as_many_people_as_asked(many: Population) -> None:
    assert len(many) == 60_000
    assert len(many.frame()) == 60_000


def test_surnames_are_skewed_like_the_register(many: Population) -> None:
    """Smith near 1.2 % of the British group, the first ten about 6 %, and a long tail."""
    british = pd.Series(many.birth_surname[many.origin == Origin.BRITISH])
    shares = british.value_counts(normalize=True)
    assert shares.index[0] == "Smith"
    assert 0.009 < shares.iloc[0] < 0.018
    assert 0.04 < shares.iloc[:10].sum() < 0.09
    assert len(shares) > 8_000


def test_forenames_follow_the_cohort(many: Population) -> None:
    frame = many.frame()
    frame = frame[frame.origin == int(Origin.BRITISH)]
    old, young = frame[frame.birth_date < "1940"], frame[frame.birth_date > "2010"]
    assert (old.forename == "Margaret").mean() > 10 * max((young.forename == "Margaret").mean(), 1e-4)
    assert (young.forename == "Olivia").mean() > 0.01
    assert (old.forename == "Olivia").sum() <= 3


def test_ages_are_those_of_a_country(many: Population) -> None:
    age = (END - many.born) / YEAR
    assert 0.14 < (age < 16).mean() < 0.28
    assert 0.12 < (age > 65).mean() < 0.28
    assert 0.47 < many.female.mean() < 0.55
    size = len(many) / len(np.unique(many.household))
    assert 2.1 < size < 2.7


def test_nhs_55_twins_share_surname_birth_date_and_home_but_not_forename(many: Population) -> None:
    frame = many.frame()
    first, second = frame[frame.birth_order == 1], frame[frame.birth_order == 2]
    pairs = first.merge(second, on=["household", "sibling"])
    assert len(pairs) > 100
    assert (pairs.birth_date_x == pairs.birth_date_y).all()
    assert (pairs.surname_x == pairs.surname_y).all()
    assert (pairs.forename_x != pairs.forename_y).mean() > 0.98
    known = pairs[(pairs.nhs_number_x != "") & (pairs.nhs_number_y != "")]
    apart = known.nhs_number_y.astype(int) - known.nhs_number_x.astype(int)
    assert 0.4 < (apart.abs() < 40).mean() < 0.8  # consecutive numbers


def test_fathers_and_sons_of_one_name_exist(many: Population) -> None:
    frame = many.frame()
    men = frame[~frame.female]
    pairs = men[men.role == 0].merge(men[men.sibling == 0], on=["household", "forename", "surname"])
    assert len(pairs) > 20


def test_marriage_changes_a_surname_at_a_date(many: Population) -> None:
    changed = many.surname != many.birth_surname
    ever = changed & (many.married_at < END)
    assert many.female[changed].mean() > 0.99
    assert 0.1 < ever[many.female].mean() < 0.45
    assert ((many.married_at[changed] - many.born[changed]) > 18 * YEAR).all()


def test_no_telephone_rings_and_no_mail_arrives(many: Population) -> None:
    """072 is unallocated, subscriber numbers do not begin with 0, and the mail domains are those of RFC 2606."""
    assert all(re.fullmatch(r"072\d{8}", n) for n in many.mobile.tolist())
    assert all(re.fullmatch(r"(0\d{6})?", n) for n in many.landline.tolist())
    assert all(re.fullmatch(r"[a-z.\-]+\d*@example\.(com|org|net)", m) for m in many.email.tolist())


def test_households_share_a_landline_and_children_ring_their_parents(many: Population) -> None:
    frame = many.frame()
    assert (frame.groupby("household").landline.nunique() == 1).all()
    children = frame[frame.sibling >= 0]
    assert (frame.household.to_numpy()[children.guardian] == children.household.to_numpy()).all()


def test_nhs_54_only_those_born_within_the_years_begin_without_a_name(many: Population) -> None:
    infant = many.born >= START
    assert (many.baby_name[infant] != "").all()
    assert (many.baby_name[~infant] == "").all()
    assert (many.named_at[infant] > many.born[infant]).all()
    twins = many.baby_name[infant & (many.birth_order > 0)].tolist()
    assert all(re.fullmatch(r"Twin [12AB]", name) for name in twins)


def test_about_fifteen_dwellings_stand_in_a_postcode_of_the_area() -> None:
    districts = districts_of(("RMC", "RWJ"))
    stock = build_stock(stream(1, "dwellings"), districts, 3000)
    frame = pd.DataFrame({"postcode": stock.postcode, "town": stock.town})
    assert (frame.groupby("postcode").size() == 15).all()
    assert frame.postcode.str.fullmatch(r"(BL|SK)\d \d[ABD-HJLNP-UW-Z]{2}").all()
    assert set(frame.town) == {"Bolton", "Farnworth", "Stockport", "Cheadle"}


def test_an_unknown_trust_is_lent_districts_and_a_predecessor_is_served_by_its_heir() -> None:
    """ORG-1: a network that does not list RW6 still has somebody to serve Oldham."""
    assert len(districts_of(("XYZ", "ABC"))) == 10
    assert any(d.outward == "OL1" and d.trusts == {"RM3"} for d in districts_of(("RM3", "RMC")))
    assert not any("RM3" in d.trusts for d in districts_of(("RM3", "RW6")) if d.outward == "OL1")


def test_a_region_too_dense_for_its_postcodes_is_refused() -> None:
    with pytest.raises(ValueError, match="postcodes"):
        build_stock(stream(1, "dwellings"), districts_of(("RMC",))[:1], 70_000)


@pytest.mark.parametrize("dice", range(0, 600, 7))
def test_a_typing_mistake_changes_a_name_a_little(dice: int) -> None:
    wrong = typos.mistype("Whittaker", dice)
    assert wrong != "Whittaker"
    assert abs(len(wrong) - len("Whittaker")) <= 1
    assert wrong[0] == "W"


@pytest.mark.parametrize("dice", range(0, 400, 9))
def test_nhs_2_a_mistyped_number_always_fails_its_check_digit(dice: int) -> None:
    assert not check_digit_holds(typos.mistype_number("9990000018", dice))


def test_dates_are_swapped_only_into_dates() -> None:
    assert typos.swap_day_month("1954-03-07") == "1954-07-03"
    assert typos.swap_day_month("1954-03-27") == "1954-03-27"


@pytest.mark.parametrize("dice", range(16))
@pytest.mark.parametrize("iso", ["2000-02-29", "1999-12-31", "1954-01-30"])
def test_a_wrong_date_is_still_a_date(iso: str, dice: int) -> None:
    wrong = typos.misdate(iso, dice)
    assert wrong != iso
    assert np.datetime64(wrong).astype(str) == wrong


def test_region_holds_its_people(simulated: Region) -> None:
    assert len(simulated.people) == 6000
    assert simulated.reality.lives.moves() > 1000
