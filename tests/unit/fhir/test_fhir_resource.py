"""What is no believable resource is refused with its place, and nothing of the body is quoted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fhir.patient import read_patch
from adapters.fhir.resource import parse
from mpi.domain.commands import Field
from mpi.errors import Fault, Refused
from tests.unit.fhir.fhir_builders import ADDRESSES, NOW

BROKEN: list[tuple[bytes, Fault, str]] = [
    (b"", Fault.MALFORMED, ""),
    (b"{", Fault.MALFORMED, ""),
    (b"[]", Fault.MALFORMED, ""),
    (b"[" * 200_000, Fault.MALFORMED, ""),
    (b'{"resourceType":"Patient","gender":"male","gender":"female"}', Fault.MALFORMED, ""),
    (b'{"resourceType":"Patient","multipleBirthInteger":NaN}', Fault.MALFORMED, ""),
    (b'{"resourceType":"Patient","id":"\xff"}', Fault.ENCODING, ""),
    (b'{"resourceType":"Group"}', Fault.UNSUPPORTED_TYPE, ""),
    (b'{"resourceType":["Patient"]}', Fault.UNSUPPORTED_TYPE, ""),
    (b'{"resourceType":"Patient","gender":"F"}', Fault.BAD_VALUE, "Patient.gender"),
    (b'{"resourceType":"Patient","name":[{"use":"alias"}]}', Fault.BAD_VALUE, "Patient.name[0].use"),
    (b'{"resourceType":"Patient","active":"yes"}', Fault.BAD_VALUE, "Patient.active"),
    (b'{"resourceType":"Patient","active":1}', Fault.BAD_VALUE, "Patient.active"),
    (b'{"resourceType":"Patient","multipleBirthInteger":true}', Fault.BAD_VALUE, "Patient.multipleBirthInteger"),
    (b'{"resourceType":"Patient","deceasedDateTime":20240301}', Fault.BAD_VALUE, "Patient.deceasedDateTime"),
    (b'{"resourceType":"Patient","birthDate":"1954-02-30"}', Fault.BAD_VALUE, "Patient.birthDate"),
    (b'{"resourceType":"Patient","telecom":[{"rank":"1"}]}', Fault.BAD_VALUE, "Patient.telecom[0].rank"),
    (b'{"resourceType":"Patient","surname":"x"}', Fault.BAD_VALUE, "Patient.surname"),
    (b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}', Fault.BAD_VALUE, "Patient.name[0].family"),
    (b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}', Fault.BAD_VALUE, "Patient.name[0].family"),
]


@pytest.mark.parametrize(("body", "fault", "location"), BROKEN)
def test_a_body_that_is_no_patient_is_refused_with_its_place(body: bytes, fault: Fault, location: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(body, "Patient")
    assert (caught.value.fault, caught.value.location) == (fault, location)


def test_a_refusal_quotes_nothing_of_the_body() -> None:
    with pytest.raises(Refused) as caught:
        parse(b'{"resourceType":"Patient","birthDate":"Testpatient"}', "Patient")
    assert "Testpatient" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = """
    active name gender birthDate _birthDate telecom address identifier meta link extension multipleBirthInteger
    deceasedBoolean deceasedDateTime generalPractitioner contact contained
"""
_PARTS = "use value system period given family rank type"
ELEMENTS = st.dictionaries(
    st.sampled_from(_NAMES.split()), JSON | st.lists(st.dictionaries(st.sampled_from(_PARTS.split()), JSON))
)


@given(ELEMENTS)
def test_any_json_is_read_or_refused_but_never_breaks(elements: dict[str, Any]) -> None:
    body = json.dumps({"resourceType": "Patient"} | elements).encode()
    try:
        found = parse(body, "Patient")
    except Refused:
        return
    assert set(read_patch(found, ADDRESSES, NOW)) <= set(Field)
