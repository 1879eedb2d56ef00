"""Earlier studies worth opening beside a new one, and those that the new one may be repeating."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from mpi.domain.examination import examinations_of, kinds_of, regions_of, sites_of
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.orders import OrderStatus
from mpi.domain.views import Study


class Relevance(StrEnum):
    """Why an earlier study matters, the best reason first."""

    SAME_EXAMINATION = "same part of the body, same kind of imaging"  # or the same code
    SAME_REGION_AND_KIND = "same region, same kind of imaging"
    SAME_REGION = "same region, another kind of imaging"
    SAME_KIND = "same kind of imaging, another region"


_ORDER = {reason: number for number, reason in enumerate(Relevance)}


@dataclass(frozen=True, slots=True)
class Prior:
    """An earlier study and why it matters. `days` are whole days between the two; `repeat`: the same examination
    within the days asked about, at whatever trust."""

    study: Study
    relevance: Relevance
    days: int
    repeat: bool


def priors(examination: Study, at: datetime, history: Iterable[Study], repeat_days: int) -> list[Prior]:
    """The relevant of those begun before `at`, by reason and then newest first; undated studies are left out."""
    found = []
    for study in history:
        if study.study_uid == examination.study_uid or study.started_at is None or study.started_at >= at:
            continue
        reason = _relevance(examination, study)
        if reason is not None:
            age = at - study.started_at
            repeat = reason is Relevance.SAME_EXAMINATION and age <= timedelta(days=repeat_days)
            found.append(Prior(study, reason, age.days, repeat))
    return sorted(found, key=lambda prior: (_ORDER[prior.relevance], at - (prior.study.started_at or at)))


def also_planned(
    examination: Study, at: datetime, orders: Iterable[ImagingOrder], repeat_days: int
) -> list[ImagingOrder]:
    """The orders for the same examination as one that begins `at`, at whatever trust, that are planned within so many
    days before or after it, the nearest first, or have no date yet: one of the two need not be made."""
    near: list[tuple[timedelta, ImagingOrder]] = []
    for order in orders:
        plan = order.planned()
        is_own = order.id == examination.order or (plan.study_uid and plan.study_uid == examination.study_uid)
        if is_own or order.status is OrderStatus.COMPLETED:
            continue
        apart = abs(plan.started_at - at) if plan.started_at else timedelta(days=repeat_days)
        if apart <= timedelta(days=repeat_days) and _relevance(examination, plan) is Relevance.SAME_EXAMINATION:
            near.append((apart, order))
    return [order for _, order in sorted(near, key=lambda pair: (pair[0], pair[1].id))]


def _relevance(one: Study, other: Study) -> Relevance | None:
    same_kind = bool(kinds_of(one) & kinds_of(other))
    same_region = bool(regions_of(one) & regions_of(other))
    same_site = bool(sites_of(one) & sites_of(other))
    if examinations_of(one) & examinations_of(other):
        return Relevance.SAME_EXAMINATION
    if same_kind and same_region:
        return Relevance.SAME_REGION_AND_KIND
    if same_region or same_site:
        return Relevance.SAME_REGION
    return Relevance.SAME_KIND if same_kind else None


def repeats(history: Iterable[Study], repeat_days: int) -> dict[str, Study]:
    """By study UID, the latest earlier study that one may repeat: the same examination within so many days, at
    whatever trust. Says of each study what `priors` says of it, for all at once."""
    latest: dict[tuple[str, str], Study] = {}
    found: dict[str, Study] = {}
    dated = [(study.started_at, study) for study in history if study.started_at is not None]
    for at, together in groupby(sorted(dated, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        # Studies begun at one moment are parts of one examination, none before another.
        begun = [(study, examinations_of(study)) for _, study in together]
        for study, examinations in begun:
            before = [latest[one] for one in examinations if one in latest]
            near = [one for one in before if one.started_at and at - one.started_at <= timedelta(days=repeat_days)]
            if near:
                found[study.study_uid] = max(near, key=lambda one: (one.started_at or at, one.study_uid))
        for study, examinations in begun:
            latest.update(dict.fromkeys(examinations, study))
    return found
