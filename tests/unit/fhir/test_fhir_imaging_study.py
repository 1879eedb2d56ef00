"""ImagingStudy in and out (IHE-60, IHE-65, promise 5)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fhir.exchange import Parameter
from adapters.fhir.imaging_study import PARAMETERS, read_history_search
from adapters.fhir.resource import parse
from adapters.fhir.study import read_study
from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.domain.views import HistoryFilter
from mpi.errors import NotFound, Refused
from tests.unit.fhir.fhir_builders import ADDRESSES, ANN, BASE, BEN, GONE, NORTH, House, study

ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def resource(**elements: Any) -> dict[str, Any]:
    found = {
        "resourceType": "ImagingStudy",
        "status": "available",
        "identifier": [
            {"system": "urn:dicom:uid", "value": "urn:oid:2.25.77"},
            {
                "type": {"coding": [{"code": "ACSN"}]},
                "value": "ACC7",
                "assigner": {"identifier": {"system": ODS, "value": "RAA"}},
            },
        ],
        "subject": {"identifier": {"system": NORTH, "value": "N1"}},
        "modality": [{"code": "CT"}],
        "started": "2025-12-24T10:30:00Z",
        "description": "CT chest",
        "endpoint": [{"reference": "Endpoint/vna"}],
        "numberOfSeries": 2,
        "numberOfInstances": 300,
    } | elements
    return {name: value for name, value in found.items() if value is not None}


def post(house: House, body: Any, who: str = "archive") -> Any:
    return house.call(who, "POST", "/ImagingStudy", json=body)


def search(house: House, params: Any, who: str = "archive") -> Any:
    return house.call(who, "GET", "/ImagingStudy", params=params)


def test_ihe_65_a_study_is_registered_under_its_local_patient_id() -> None:
    house = House()
    response = post(house, resource())
    assert response.status_code == 201
    assert response.headers["Location"] == f"{BASE}/ImagingStudy/2.25.77"
    assert house.imaging.studies == {"2.25.77": study()}
    assert response.json()["subject"]["reference"] == f"Patient/{ANN}"
    assert response.json()["subject"]["identifier"]["value"] == "N1"
    assert post(house, resource()).status_code == 200


def test_a_study_under_another_patient_is_409() -> None:
    house = House()
    post(house, resource())
    other = resource(subject={"identifier": {"system": NORTH, "value": "N2"}})
    assert post(house, other).status_code == 409


def test_series_tell_modalities_and_body_site() -> None:
    house = House()
    series = [
        {"uid": "2.25.78", "modality": {"code": "CT"}, "bodySite": {"code": "51185008", "display": "CHEST"}},
        {"uid": "2.25.79", "modality": {"code": "SR"}},
    ]
    post(house, resource(series=series, numberOfSeries=None, modality=None))
    found = house.imaging.studies["2.25.77"]
    assert (found.modalities, found.body_site, found.series) == (("CT", "SR"), "CHEST", 2)


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.02"}]}, 422),
        ({"identifier": [{"system": "urn:x", "value": "urn:oid:1.2"}]}, 422),
        ({"subject": {"reference": f"Patient/{ANN}"}}, 422),
        ({"subject": {"identifier": {"system": "urn:unknown", "value": "1"}}}, 422),
        ({"subject": {"identifier": {"system": NHS_SYSTEM, "value": "9990000018"}}}, 422),
        ({"status": "entered-in-error"}, 422),
        ({"status": "final"}, 422),
        ({"numberOfSeries": "2"}, 422),
    ],
)
def test_a_study_that_cannot_be_filed_is_refused(elements: dict[str, Any], status: int) -> None:
    house = House()
    assert post(house, resource(**elements)).status_code == status
    assert house.imaging.studies == {}


def test_ihe_65_history_by_golden_patient_and_by_any_identifier() -> None:
    house = House()
    house.imaging.studies["2.25.77"] = study()
    asked: list[tuple[dict[str, str], Any]] = [
        ({"patient": f"Patient/{ANN}"}, ANN),
        ({"patient": str(ANN)}, ANN),
        ({"subject": f"{BASE}/Patient/{ANN}"}, ANN),
        ({"patient.identifier": f"{NORTH}|N1"}, Identifier("north", "N1")),
    ]
    for params, person in asked:
        response = search(house, params)
        assert response.status_code == 200
        assert house.imaging.asked[-1][0] == person
        (entry,) = response.json()["entry"]
        assert entry["resource"]["identifier"][0] == {"system": "urn:dicom:uid", "value": "urn:oid:2.25.77"}
        assert entry["resource"]["identifier"][1]["type"]["coding"][0]["code"] == "ACSN"
        assert response.json()["total"] == 1


def test_history_filters_and_pages() -> None:
    house = House()
    house.imaging.next = "cursor-2"
    params = [
        ("patient", str(ANN)),
        ("modality", "http://dicom.nema.org/resources/ontology/DCM|CT,MR"),
        ("bodysite", "CHEST"),
        ("started", "ge2020"),
        ("started", "lt2025-06"),
        ("_count", "5"),
        ("_after", "cursor-1"),
    ]
    response = search(house, params)
    wanted = HistoryFilter(("CT", "MR"), "CHEST", since=date(2020, 1, 1), until=date(2025, 5, 31))
    assert house.imaging.asked == [(ANN, wanted, 5, "cursor-1")]
    (following,) = [one["url"] for one in response.json()["link"] if one["relation"] == "next"]
    assert parse_qsl(urlsplit(following).query)[-1] == ("_after", "cursor-2")
    assert ("started", "lt2025-06") in parse_qsl(urlsplit(following).query)


@pytest.mark.parametrize(
    ("started", "since", "until"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("gt2024", date(2025, 1, 1), None),
        ("le2024-02", None, date(2024, 2, 29)),
    ],
)
def test_days_of_the_study(started: str, since: date | None, until: date | None) -> None:
    house = House()
    search(house, {"patient": str(ANN), "started": started})
    assert house.imaging.asked[-1][1] == HistoryFilter(since=since, until=until)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"modality": "CT"}, 400),
        ({"patient": f"{ANN},{BEN}"}, 400),
        ({"patient": str(ANN), "patient.identifier": f"{NORTH}|N1"}, 400),
        ({"patient.identifier": "urn:unknown|1"}, 400),
        ({"patient.identifier": "N1"}, 400),
        ({"patient": str(ANN), "started": "ne2020"}, 400),
        ({"patient": str(ANN), "started": "lately"}, 400),
        ({"patient": str(ANN), "started": "lt0001"}, 400),
        ({"patient": str(ANN), "started": "gt9999"}, 400),
        ({"patient": str(ANN), "_count": "0"}, 400),
        ({"patient:missing": "true"}, 400),
        ({"patient": str(BEN)}, 404),
        ({"patient": "nobody"}, 404),
        ({"patient": str(GONE)}, 409),
        ({"identifier": "urn:dicom:uid|nonsense"}, 400),
    ],
)
def test_an_unknown_person_is_never_an_empty_history(params: dict[str, str], status: int) -> None:
    assert search(House(), params).status_code == status


def test_one_study_by_id_and_by_uid() -> None:
    house = House()
    house.imaging.studies["2.25.77"] = study()
    read = house.call("archive", "GET", "/ImagingStudy/2.25.77")
    assert read.status_code == 200
    assert datetime.fromisoformat(read.json()["started"]) == datetime(2025, 12, 24, 10, 30, tzinfo=UTC)
    found = search(house, {"identifier": "urn:dicom:uid|urn:oid:2.25.77"})
    assert found.json()["entry"][0]["resource"] == read.json()
    assert search(house, {"identifier": "urn:oid:2.25.78"}).json()["total"] == 0
    for missing in ("2.25.78", "nonsense"):
        assert house.call("archive", "GET", f"/ImagingStudy/{missing}").status_code == 404


def test_rights() -> None:
    house = House()
    assert post(house, resource(), who="viewer").status_code == 403
    assert search(house, {"patient": str(ANN)}, who="north").status_code == 403
    assert search(house, {"patient": str(ANN)}, who="").status_code == 401


PIECES = st.lists(
    st.sampled_from(["1954", "-", "02", "30", "|", NORTH, "lt", "0001", "9999", "²", str(ANN)]), max_size=5
)
ASKED = st.builds(
    Parameter,
    st.sampled_from([*PARAMETERS, "_count", "_after", "x"]),
    st.sampled_from(["", "", "not"]),
    st.lists(PIECES.map("".join), min_size=1, max_size=2).map(tuple),
)


@given(st.lists(ASKED, max_size=4))
def test_any_parameters_are_read_or_refused_but_never_break(asked: list[Parameter]) -> None:
    try:
        search = read_history_search([Parameter("patient", "", (str(ANN),)), *asked], ADDRESSES)
    except (Refused, NotFound):
        return
    assert search.person == ANN
    assert 0 < search.count <= 100


KEYS = st.sampled_from(["system", "value", "code", "reference", "identifier", "type", "coding", "uid"])
VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "1.2", "urn:oid:1.2", "2025-01-01"])
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["identifier", "subject", "modality", "series", "endpoint", "started"]), JSON))
def test_any_study_is_read_or_refused_but_never_breaks(elements: dict[str, Any]) -> None:
    body = json.dumps(resource() | elements).encode()
    try:
        found = read_study(parse(body, "ImagingStudy"), ADDRESSES)
    except Refused:
        return
    assert found.study_uid
