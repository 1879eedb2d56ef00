"""Which earlier studies matter beside a new one, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.domain.examination import Region, kinds_of, regions_of
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import OrderStatus
from mpi.domain.priors import Relevance, also_planned, priors
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
