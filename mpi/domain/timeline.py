"""One person's imaging history laid out to be read: by year, and in a year by region of the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mpi.domain.examination import Region, regions_of
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.views import Study

_LONDON = ZoneInfo("Europe/London")  # where the examination rooms are
_ORDER = list(Region)
NOT_STATED = "region not stated"


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a timeline to show; empty fields do not restrict. Years are inclusive; with one of them, undated
    studies are left out."""

    modality: str = ""
    region: str = ""
    organisation: str = ""
    first_year: int | None = None
    last_year: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A study, and the earlier one it may repeat."""

    study: Study
    repeated: Study | None


@dataclass(frozen=True, slots=True)
class AwaitedLine:
    """An examination whose study is still to come, and the earlier study or plan it may repeat."""

    order: ImagingOrder
    repeated: Study | None


@dataclass(frozen=True, slots=True)
class RegionOfYear:
    """The studies of one year that show one region, or the same regions; newest first."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """A year, None for undated studies."""

    year: int | None
    regions: tuple[RegionOfYear, ...]

    @property
    def count(self) -> int:
        """How many studies."""
        return sum(len(region.lines) for region in self.regions)


def year_of(study: Study) -> int | None:
    """The year of the examination room's calendar."""
    return study.started_at.astimezone(_LONDON).year if study.started_at else None


def region_of(study: Study) -> str:
    """The regions shown, as words: each study stands in one place."""
    shown = regions_of(study)
    if len(shown) == len(Region):
        return "whole body"
    *others, last = [region.value for region in _ORDER if region in shown] or [NOT_STATED]
    return f"{', '.join(others)} and {last}" if others else last


def regions_told(study: Study) -> tuple[str, ...]:
    """The regions by which a study is found, each by itself."""
    return tuple(region.value for region in _ORDER if region in regions_of(study)) or (NOT_STATED,)


def kept(studies: Iterable[Study], wanted: Filter) -> list[Study]:
    """Those that meet the filter, in their order."""
    return [study for study in studies if _meets(study, wanted)]


def timeline(studies: Iterable[Study], repeated: Mapping[str, Study]) -> tuple[Year, ...]:
    """Years newest first, undated studies last; in a year regions from head to foot; studies in the order given."""
    years: dict[int | None, dict[str, list[Line]]] = {}
    for study in studies:
        regions = years.setdefault(year_of(study), {})
        regions.setdefault(region_of(study), []).append(Line(study, repeated.get(study.study_uid)))
    ordered = sorted(years.items(), key=lambda item: -(item[0] or 0))
    return tuple(Year(year, _regions(regions)) for year, regions in ordered)


def awaited(orders: Iterable[ImagingOrder], repeated: Mapping[str, Study], wanted: Filter) -> tuple[AwaitedLine, ...]:
    """Those that meet the filter, in their order."""
    meeting = [order for order in orders if _meets(order.planned(), wanted)]
    return tuple(AwaitedLine(order, repeated.get(plan_key(order))) for order in meeting)


def plan_key(order: ImagingOrder) -> str:
    """What stands for the study of an order while it is only a plan."""
    return f"order {order.id}"


def _regions(regions: Mapping[str, list[Line]]) -> tuple[RegionOfYear, ...]:
    def place(name: str) -> tuple[int, str]:
        first = next((n for n, region in enumerate(_ORDER) if name.startswith(region.value)), len(_ORDER))
        return (len(_ORDER) + 1 if name == NOT_STATED else first, name)

    return tuple(RegionOfYear(name, tuple(regions[name])) for name in sorted(regions, key=place))


def _meets(study: Study, wanted: Filter) -> bool:
    year = year_of(study)
    dated = wanted.first_year is not None or wanted.last_year is not None
    return (
        (not wanted.modality or wanted.modality in study.modalities)
        and (not wanted.region or wanted.region in regions_told(study))
        and (not wanted.organisation or wanted.organisation == study.organisation)
        and (not dated or (year is not None and (wanted.first_year or 0) <= year <= (wanted.last_year or 9999)))
    )
