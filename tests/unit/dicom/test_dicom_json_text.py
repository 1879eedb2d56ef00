"""A text of the DICOM JSON model is the same whether it is read alone or of the whole data set (PS3.18 annex F)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.dicom.elements import Elements
from adapters.dicom.json_model import read_json, read_text
from adapters.dicom.qido import Matched
from mpi.errors import Refused

DATE = "00080020"
WORDS = st.text(st.characters(codec="utf-8"), max_size=9) | st.from_regex(r"[0-9 :.\\-]{0,16}", fullmatch=True)
VALUES = st.lists(WORDS | st.none() | st.integers() | st.dictionaries(st.just("Alphabetic"), WORDS), max_size=2)
ATTRIBUTES = (
    st.fixed_dictionaries({}, optional={"vr": st.just("DA"), "Value": VALUES | WORDS | st.none()}) | WORDS | st.none()
)


def both(told: dict[str, Any]) -> list[str]:
    """The Study Date read alone and of the data set: a text, or the refusal."""
    found = []
    for read in (lambda: read_text(told, "StudyDate"), lambda: Elements.of(read_json(told)).text("StudyDate")):
        try:
            found.append(read())
        except Refused as refused:
            found.append(f"refused: {refused}")
    return found


@given(ATTRIBUTES)
@example({"vr": "DA", "Value": ["20240301"]})
@example({"vr": "DA", "Value": [" 20240301 "]})
@example({"vr": "DA", "Value": ["20240301\\20240302"]})
@example({"vr": "DA", "Value": ["2024\x01"]})
@example({"vr": "DA"})
@example("20240301")
def test_alone_and_of_the_data_set_it_is_the_same(attribute: object) -> None:
    alone, whole = both({DATE: attribute, "00100020": {"vr": "LO", "Value": ["A1"]}})
    assert alone == whole


def test_what_is_not_told_is_nothing() -> None:
    assert both({"00100020": {"vr": "LO", "Value": ["A1"]}}) == ["", ""]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"00081030": {"vr": "LO", "Value": ["CT"]}}, True),
        ({"00100020": {"vr": "LO", "Value": ["A2"]}}, False),
        ({"00100021": {"vr": "LO", "Value": ["RWJ"]}}, False),
        ({"0020000D": {"vr": "UI", "Value": ["2.25.2"]}}, False),
        ({"00100024": {"vr": "SQ", "Value": [{"00400032": {"vr": "UT", "Value": ["2.16.1"]}}]}}, False),
    ],
)
def test_a_study_is_another_by_its_patient_issuer_or_uid(change: dict[str, Any], same: bool) -> None:
    told = {
        "0020000D": {"vr": "UI", "Value": ["2.25.1"]},
        "00100020": {"vr": "LO", "Value": ["A1"]},
        "00100021": {"vr": "LO", "Value": ["RMC"]},
    }
    assert (Matched(told).mark == Matched(told | change).mark) is same
