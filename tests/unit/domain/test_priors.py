"""Which earlier studies matter beside a new one, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr._concepts_dict import concepts

from mpi.domain.examination import SITE_CODES, Region, kinds_of, regions_of
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import Coded, OrderStatus
from mpi.domain.priors import Relevance, also_planned, priors, repeats
from mpi.domain.views import Study
from mpi.simulate.imaging import EXAMINATIONS

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
BOL = Identifier("BOL", "1")


def examined(site: str, *modalities: str, days: float | None = 10, uid: str = "1.1") -> Study:
    started = None if days is None else NOW - timedelta(days=days)
    return Study(uid, BOL, started, modalities, site)


def planned(number: int, modality: str, site: str, days: float | None, **more: object) -> ImagingOrder:
    at = None if days is None else NOW + timedelta(days=days)
    return replace(ImagingOrder(BOL, modality=modality, body_site=site, starts_at=at, id=number), **more)  # type: ignore[arg-type]


CT_CHEST = examined("CHEST", "CT", days=0, uid="1.9")


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        (examined("CHEST", "CT", "SR"), Relevance.SAME_EXAMINATION),
        (examined("Chest", "CT"), Relevance.SAME_EXAMINATION),
        (examined("LUNG", "CT"), Relevance.SAME_REGION_AND_KIND),
        (examined("NECKCHESTABDOMEN", "PT", "CT"), Relevance.SAME_REGION_AND_KIND),
        (examined("CHEST", "DX"), Relevance.SAME_REGION),
        (examined("WHOLEBODY", "NM"), Relevance.SAME_REGION),
        (examined("HEAD", "CT"), Relevance.SAME_KIND),
        (examined("", "CT"), Relevance.SAME_KIND),
        (examined("KNEE", "DX"), None),
        (examined("CHEST", "SR"), Relevance.SAME_REGION),
        (examined("CHEST", "CT", days=None), None),
        (examined("CHEST", "CT", days=-1), None),
    ],
)
def test_an_earlier_study_matters_for_one_reason(earlier: Study, why: Relevance | None) -> None:
    found = priors(CT_CHEST, NOW, [earlier], 30)
    assert [prior.relevance for prior in found] == ([why] if why else [])


SNOMED = Coded("169069000", "CT of chest", "SCT")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (SNOMED, Coded("169069000", "anything", "http://snomed.info/sct"), True),
        (Coded("CCHES", "", "NICIP"), Coded("cches", "", "nicip"), True),
        (Coded("CCHES", "", "99BOL"), Coded("CCHES", "", "99BOL"), False),  # two trusts may use one name
        (Coded("CCHES", "", "NICIP"), Coded("CCHES", "", "99BOL"), False),
        (Coded("P5-0808E", "", "SRT"), Coded("P5-0808E", "", "SRT"), False),
        (Coded("chest", "", "SCT"), Coded("chest", "", "SCT"), False),  # no code of SNOMED CT
    ],
)
def test_a_national_code_that_both_carry_says_that_it_is_the_same_examination(
    one: Coded, other: Coded, is_same: bool
) -> None:
    """Of the images or of the order, whatever the names of the parts of the body; and alike for all at once."""
    new = replace(examined("THORAX ", "CT", days=0, uid="1.9"), procedures=(one,))
    earlier = replace(examined("", "CT"), order_codes=(other,))
    (found,) = priors(new, NOW, [earlier], 30)
    assert (found.relevance is Relevance.SAME_EXAMINATION, found.repeat) == (is_same, is_same)
    assert repeats([new, earlier], 30) == ({"1.9": earlier} if is_same else {})
    order = planned(1, "CT", "", 5, codes=(other,))
    assert also_planned(new, NOW, [order], 30) == ([order] if is_same else [])


def test_another_code_makes_no_other_examination() -> None:
    """With contrast or without: a repeat that is not told is worse than one that is looked at."""
    coded = [replace(examined("CHEST", "CT", uid=uid), procedures=(Coded(uid[-1] * 7, "", "SCT"),)) for uid in "12"]
    assert priors(coded[0], NOW + timedelta(days=1), coded[1:], 30)[0].relevance is Relevance.SAME_EXAMINATION


def test_the_code_of_a_part_of_the_body_stands_for_its_name() -> None:
    chest = replace(examined("", "CT"), anatomy=(Coded("816094009", "Chest", "SCT"),))
    assert priors(CT_CHEST, NOW, [chest], 30)[0].relevance is Relevance.SAME_EXAMINATION
    odd = [replace(examined("", "MR", uid=uid), anatomy=(Coded("1234567", "", "SCT"),)) for uid in "12"]
    assert regions_of(odd[0]) == frozenset()
    assert priors(odd[0], NOW, odd[1:], 30)[0].relevance is Relevance.SAME_EXAMINATION


def test_every_code_of_a_part_of_the_body_is_snomed_ct_and_in_a_region() -> None:
    """pydicom's dictionary of DICOM's own codes is the witness."""
    known = {code for one in concepts["SCT"].values() for code in one}
    older = {"51185008", "113345001", "12921003"}
    assert set(SITE_CODES) - older <= known
    for code in SITE_CODES:
        assert regions_of(replace(examined(""), anatomy=(Coded(code, "", "SCT"),)))


def test_a_repeat_is_the_same_examination_within_the_days_asked_about() -> None:
    chests = [examined("CHEST", "CR", days=n, uid=f"1.{n}") for n in (29, 31)]
    found = priors(examined("CHEST", "DX", days=0, uid="1.99"), NOW, [*chests, examined("LUNG", "DX", uid="2")], 30)
    assert [prior.study.study_uid for prior in found if prior.repeat] == ["1.29"]
    assert [prior.days for prior in found] == [29, 31, 10]


def test_parts_of_unknown_name_are_compared_by_their_name_alone() -> None:
    odd = examined("LEFT GREAT TOENAIL", "MR", uid="1.8")
    assert regions_of(odd) == frozenset()
    assert priors(odd, NOW, [examined("Left great-toenail", "MR")], 0)[0].relevance is Relevance.SAME_EXAMINATION


def test_two_parts_not_said_are_not_the_same() -> None:
    assert priors(examined("", "MR", uid="1.8"), NOW, [examined("", "MR")], 30)[0].repeat is False


def test_every_examination_of_the_simulated_region_is_known() -> None:
    sites = {line.split("|")[1].strip() for line in EXAMINATIONS.replace("\n", " ").split(",")}
    assert {site for site in sites if not regions_of(examined(site))} == set()
    assert regions_of(examined("WHOLEBODY")) == frozenset(Region)
    assert kinds_of(examined("", "CR", "PR")) == kinds_of(examined("", "DX"))


@given(st.lists(st.tuples(st.sampled_from(["CHEST", "HEAD", ""]), st.sampled_from(["CT", "DX"]), st.integers(1, 99))))
def test_the_best_reason_comes_first_and_within_it_the_newest(drawn: list[tuple[str, str, int]]) -> None:
    history = [examined(site, kind, days=days, uid=f"2.{n}") for n, (site, kind, days) in enumerate(drawn)]
    found = priors(CT_CHEST, NOW, history, 30)
    ranks = [(list(Relevance).index(prior.relevance), prior.days) for prior in found]
    assert ranks == sorted(ranks)


def test_the_same_examination_planned_near_it_need_not_be_made_twice() -> None:
    orders = [
        planned(1, "CT", "CHEST", 6),
        planned(2, "CT", "CHEST", -2),
        planned(3, "CT", "CHEST", None),
        planned(4, "CT", "CHEST", 31),
        planned(5, "MR", "CHEST", 1),
        planned(6, "CT", "HEAD", 1),
        planned(7, "CT", "CHEST", 1, status=OrderStatus.COMPLETED),
        planned(8, "CT", "CHEST", 1, study_uid=CT_CHEST.study_uid),
        planned(9, "CT", "CHEST", 1),
    ]
    found = also_planned(replace(CT_CHEST, order=9), NOW, orders, 30)
    assert [order.id for order in found] == [2, 1, 3]
