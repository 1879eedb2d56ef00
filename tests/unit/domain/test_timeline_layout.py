"""A history laid out by year and region; possible repeats of a whole history at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mpi.domain.identifiers import Identifier
from mpi.domain.priors import priors, repeats
from mpi.domain.timeline import Filter, kept, region_of, regions_told, timeline, year_of
from mpi.domain.views import Study

START = datetime(2024, 1, 1, tzinfo=UTC)
PATIENT = Identifier("BOL", "1")


def study(
    uid: str, at: datetime | None = START, site: str = "CHEST", modality: str = "CT", trust: str = "RMC"
) -> Study:
    return Study(uid, PATIENT, at, (modality,), site, organisation=trust)


STUDIES = st.lists(
    st.builds(
        lambda day, site, kinds: (day, site, kinds),
        st.none() | st.integers(0, 90),
        st.sampled_from(["CHEST", "chest", "LUNG", "KNEE", "", "CHESTABDOMEN", "nonsense"]),
        st.sets(st.sampled_from(["CT", "CR", "DX", "MR", "SR"])),
    ),
    max_size=25,
).map(
    lambda told: [
        Study(str(n), PATIENT, None if day is None else START + timedelta(days=day), tuple(sorted(kinds)), site)
        for n, (day, site, kinds) in enumerate(told)
    ]
)


@given(STUDIES, st.integers(0, 40))
def test_a_whole_historys_repeats_are_those_found_study_by_study(history: list[Study], days: int) -> None:
    found = repeats(history, days)
    for one in history:
        earlier = [p.study for p in priors(one, one.started_at, history, days) if p.repeat] if one.started_at else []
        assert (one.study_uid in found) == bool(earlier)
        if earlier:
            assert found[one.study_uid].started_at == max(e.started_at for e in earlier if e.started_at)


@given(STUDIES)
def test_every_study_stands_in_one_place(history: list[Study]) -> None:
    laid = [line.study.study_uid for y in timeline(history, {}) for r in y.regions for line in r.lines]
    assert sorted(laid) == sorted(one.study_uid for one in history)
    assert [year.count for year in timeline(history, {})] == [
        sum(len(r.lines) for r in year.regions) for year in timeline(history, {})
    ]


def test_years_are_londons_newest_first_undated_last_and_regions_from_head_to_foot() -> None:
    history = [
        study("new-year", datetime(2023, 12, 31, 23, 59, tzinfo=UTC)),
        study("knee", site="KNEE"),
        study("summer", datetime(2023, 6, 30, 23, 30, tzinfo=UTC), "HEAD"),
        study("head", site="BRAIN"),
        study("nowhere", site="?"),
        study("whole", site="WHOLEBODY"),
        study("undated", None),
        study("several", site="CHESTABDPELVIS"),
    ]
    laid = [(y.year, [r.name for r in y.regions]) for y in timeline(history, {})]
    assert laid == [
        (2024, ["head", "chest, abdomen and pelvis", "lower limb", "whole body", "region not stated"]),
        (2023, ["head", "chest"]),
        (None, ["chest"]),
    ]
    assert year_of(study("x", datetime(2024, 12, 31, 23, 59, tzinfo=UTC))) == 2024


def test_filters() -> None:
    history = [
        study("1", datetime(2020, 5, 1, tzinfo=UTC), "CHESTABDOMEN", trust="RMC"),
        study("2", datetime(2022, 5, 1, tzinfo=UTC), "HEAD", "MR", "RBV"),
        study("3", None, "", "CT", ""),
    ]

    def found(**wanted: object) -> str:
        return "".join(one.study_uid for one in kept(history, Filter(**wanted)))  # type: ignore[arg-type]

    assert found() == "123"
    assert found(modality="MR") == "2"
    assert found(region="abdomen") == found(region="chest") == "1"
    assert found(region="region not stated") == "3"
    assert found(organisation="RBV") == "2"
    assert found(first_year=2020, last_year=2021) == "1"
    assert found(first_year=2021) == found(last_year=2022, first_year=2022) == "2"
    assert found(last_year=2022) == "12"
    assert (region_of(history[0]), regions_told(history[0])) == ("chest and abdomen", ("chest", "abdomen"))
