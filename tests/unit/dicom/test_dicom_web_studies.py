"""A study as QIDO-RS tells it."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.dicom.web_studies import Shown, dataset
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Study

BOLTON = Identifier("BOLTON", "0001027")


def test_a_study_of_any_age_has_day_time_and_a_valid_offset() -> None:
    old = dataset(Study("1.2.3", BOLTON, datetime(1846, 5, 5, 12, 1, 15, tzinfo=UTC)), Shown(), "")
    assert [old[tag]["Value"] for tag in ("00080020", "00080030", "00080201")] == [
        ["18460505"],
        ["120015"],
        ["-0001"],
    ]


def test_a_study_without_a_day_has_none_of_the_three() -> None:
    undated = dataset(Study("1.2.3", BOLTON), Shown(), "")
    assert (undated["00080020"], undated["00080030"]) == ({"vr": "DA"}, {"vr": "TM"})
    assert "00080201" not in undated
