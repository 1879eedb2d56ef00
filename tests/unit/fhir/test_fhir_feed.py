"""ITI-104: conditional PUT and DELETE become commands, refusals quarantine (IHE-42, V2-16, V2-44, V2-49)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.fhir.feed import read_commands
from mpi.domain.commands import Delete, Field, Merge, Rank, Receipt, Register, Stamp, Status
from mpi.domain.identifiers import NHS_SYSTEM, Identifier
from mpi.errors import Fault, Forbidden, Unavailable
from tests.unit.fhir.fhir_builders import ADDRESSES, NETWORK, NORTH, NOW, SOUTH_OID, House, patient

N1 = {"identifier": f"{NORTH}|N1"}


def put(house: House, body: Any, params: Any = None, who: str = "north", **sent: Any) -> Any:
    return house.call(who, "PUT", "/Patient", params=params or N1, json=body, **sent)


def told(house: House) -> Any:
    (command,) = house.intake.taken[-1][1]
    return command


def replaced_by(value: str = "N2", system: str = NORTH, **more: Any) -> dict[str, Any]:
    return {"type": "replaced-by", "other": {"identifier": {"system": system, "value": value}}} | more


def test_ihe_42_create_is_201_and_revise_is_200() -> None:
    house = House()
    created = put(house, patient())
    assert created.status_code == 201
    assert created.headers["Location"].startswith("https://mpi.example/fhir/Patient?identifier=")
    assert put(house, patient()).status_code == 200
    assert created.headers["Content-Type"].startswith("application/fhir+json")


def test_put_is_a_register_of_the_main_identifier_first() -> None:
    house = House()
    also = [{"system": "urn:x-mpi:authority:old-north", "value": "77"}, {"system": NORTH, "value": "N1"}]
    assert put(house, patient(identifier=also)).status_code == 201
    command = told(house)
    assert isinstance(command, Register)
    assert command.identifiers == (Identifier("north", "N1"), Identifier("old-north", "77"))
    assert command.patch[Field.ACTIVE] is True
    assert command.stamp == Stamp(Rank.FEED, NOW, NOW)


def test_the_envelope_carries_the_feed_the_request_id_and_bytes_that_replay() -> None:
    house = House()
    put(house, patient(), headers={"X-Request-Id": "abc-1"})
    envelope, commands, caller = house.intake.taken[-1]
    assert (envelope.feed, envelope.application, envelope.facility) == ("north-fhir", "NORTH-PAS", "RAA")
    assert (envelope.control_id, caller.user) == ("abc-1", "north-pas")
    feed = NETWORK.feed_by_id[envelope.feed]
    assert tuple(read_commands(envelope.raw, feed, ADDRESSES, NOW).commands) == commands


def test_without_a_request_id_there_is_no_idempotency_key() -> None:
    house = House()
    put(house, patient())
    assert house.intake.taken[-1][0].control_id == ""


@pytest.mark.parametrize(
    ("updated", "occurred"),
    [
        ("2026-03-01T01:00:00+01:00", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T00:00:00.123456789Z", datetime(2026, 3, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2031-01-01T00:00:00Z", NOW),
    ],
)
def test_v2_60_the_fact_is_as_old_as_last_updated_says_but_never_of_the_future(
    updated: str, occurred: datetime
) -> None:
    house = House()
    put(house, patient(meta={"lastUpdated": updated}))
    assert told(house).stamp == Stamp(Rank.FEED, occurred, NOW)


def test_an_instant_no_calendar_can_hold_is_refused() -> None:
    house = House()
    response = put(house, patient(meta={"lastUpdated": "0001-01-01T00:00:00+14:00"}))
    assert response.status_code == 422
    assert response.json()["issue"][0]["expression"] == ["Patient.meta.lastUpdated"]


def test_ihe_42_merge_is_a_put_on_the_subsumed_identifier() -> None:
    house = House()
    assert put(house, patient(active=False, link=[replaced_by()])).status_code == 201
    assert told(house) == Merge(Identifier("north", "N2"), Identifier("north", "N1"), Stamp(Rank.FEED, NOW, NOW))


def test_v2_44_a_merge_tells_no_demographics() -> None:
    house = House()
    put(house, patient(active=False, link=[replaced_by()], name=[{"family": "Other"}]))
    assert "Other" not in repr(house.intake.taken[-1][1])


def test_inactive_without_a_survivor_is_the_tombstone_of_a29() -> None:
    house = House()
    put(house, patient(active=False))
    assert told(house).patch[Field.ACTIVE] is False


def test_links_other_than_replaced_by_are_flagged_not_applied() -> None:
    house = House()
    other = {"type": "seealso", "other": {"identifier": {"system": NORTH, "value": "N9"}}}
    put(house, patient(link=[other]))
    assert isinstance(told(house), Register)
    assert house.intake.taken[-1][0].flags == ("Patient.link other than replaced-by is not applied",)


@pytest.mark.parametrize(
    ("link", "active", "status"),
    [
        ([replaced_by()], True, 422),
        ([replaced_by()], None, 422),
        ([replaced_by(), replaced_by("N3")], False, 422),
        ([{"type": "replaced-by", "other": {"reference": "Patient/1"}}], False, 422),
        ([replaced_by(system="urn:unknown")], False, 422),
        ([replaced_by("S1", f"urn:oid:{SOUTH_OID}")], False, 403),
    ],
)
def test_a_merge_that_cannot_be_meant_is_refused(link: Any, active: Any, status: int) -> None:
    house = House()
    assert put(house, patient(link=link, active=active)).status_code == status
    assert (house.intake.taken, len(house.intake.quarantined)) == ([], 1)


def test_ihe_42_delete_is_a_tombstone() -> None:
    house = House()
    response = house.call("north", "DELETE", "/Patient", params=N1)
    assert (response.status_code, response.content) == (204, b"")
    assert told(house) == Delete(Identifier("north", "N1"), Stamp(Rank.FEED, NOW, NOW))


SOUTH = {"identifier": f"urn:oid:{SOUTH_OID}|S1"}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_v2_49_a_feed_asserts_only_its_own_authorities(method: str) -> None:
    house = House()
    body = patient(identifier=[{"system": f"urn:oid:{SOUTH_OID}", "value": "S1"}])
    sent = {"json": body} if method == "PUT" else {}
    response = house.call("north", method, "/Patient", params=SOUTH, **sent)
    assert response.status_code == 403
    assert response.json()["issue"][0]["code"] == "forbidden"
    ((_, reason),) = house.intake.quarantined
    assert (reason.fault, house.intake.taken) == (Fault.FOREIGN_AUTHORITY, [])


def test_v2_49_anothers_identifier_beside_ones_own_is_left_out_with_a_flag() -> None:
    house = House()
    listed = [
        {"system": NORTH, "value": "N1"},
        {"system": f"urn:oid:{SOUTH_OID}", "value": "S1"},
        {"system": "urn:passports", "value": "P1"},
    ]
    put(house, patient(identifier=listed))
    assert told(house).identifiers == (Identifier("north", "N1"),)
    assert house.intake.taken[-1][0].flags == (
        "an identifier of another source's authority was left out",
        "an identifier of a system outside this network was left out",
    )


def test_nhs_11_two_nhs_numbers_are_flagged() -> None:
    house = House()
    numbers = [{"system": NHS_SYSTEM, "value": value} for value in ("9990000018", "999 000 0026")]
    put(house, patient(identifier=[{"system": NORTH, "value": "N1"}, *numbers]))
    assert told(house).patch[Field.NHS_NUMBER].value == "9990000018"
    assert house.intake.taken[-1][0].flags == ("the message holds two different NHS numbers, the first was taken",)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"identifier": "N1"}, 400),
        ({"identifier": f"{NORTH}|"}, 400),
        ({"identifier": f"{NORTH}|N2"}, 400),
        ({"identifier": [f"{NORTH}|N1", f"{NORTH}|N2"]}, 400),
        ({"identifier": f"{NORTH}|N1", "name": "x"}, 400),
        ({"identifier": "urn:unknown|N1"}, 422),
        ({"identifier": f"{NHS_SYSTEM}|9990000018"}, 403),
    ],
)
def test_the_condition_is_one_identifier_of_the_body(params: Any, status: int) -> None:
    house = House()
    response = house.call("north", "PUT", "/Patient", params=params, json=patient())
    assert response.status_code == status
    assert (house.intake.taken, len(house.intake.quarantined)) == ([], 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (json.dumps({"resourceType": "Group"}).encode(), 422),
        (json.dumps(patient(gender="F")).encode(), 422),
        (json.dumps(patient(birthDate="7 March")).encode(), 422),
    ],
)
def test_a_body_that_is_no_patient_goes_to_quarantine(body: bytes, status: int) -> None:
    house = House()
    headers = {"Content-Type": "application/fhir+json"}
    response = house.call("north", "PUT", "/Patient", params=N1, content=body, headers=headers)
    assert response.status_code == status
    ((envelope, _),) = house.intake.quarantined
    assert envelope.raw.endswith(body)
    assert response.headers["X-Message-Id"] == "900"


@pytest.mark.parametrize("kind", ["application/fhir+xml", "text/plain", ""])
def test_xml_is_415(kind: str) -> None:
    house = House()
    headers = {"Content-Type": kind}
    response = house.call("north", "PUT", "/Patient", params=N1, content=b"<Patient/>", headers=headers)
    assert response.status_code == 415
    assert response.json()["issue"][0]["code"] == "not-supported"


def test_over_a_mebibyte_is_413() -> None:
    house = House()
    response = put(house, patient(name=[{"family": "x" * (1 << 20)}]))
    assert response.status_code == 413
    assert response.json()["issue"][0]["code"] == "too-long"
    assert (house.intake.taken, house.intake.quarantined) == ([], [])


@pytest.mark.parametrize("who", ["viewer", "admin", "archive"])
def test_who_speaks_for_no_feed_feeds_nothing(who: str) -> None:
    house = House()
    assert put(house, patient(), who=who).status_code == 403
    assert (house.intake.taken, house.intake.quarantined) == ([], [])


def test_a_stranger_is_401_before_the_body_is_looked_at() -> None:
    house = House()
    response = house.call("", "PUT", "/Patient", params=N1, content=b"<Patient/>")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["issue"][0]["code"] == "login"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("the database is down"), 503), (Forbidden("not you"), 403)]
)
def test_v2_12_nothing_is_acknowledged_when_intake_raises(method: str, error: Exception, status: int) -> None:
    house = House()
    house.intake.fails = error
    sent = {"json": patient()} if method == "PUT" else {}
    response = house.call("north", method, "/Patient", params=N1, **sent)
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)


def test_a_quarantine_that_cannot_be_written_is_503_not_400() -> None:
    house = House()
    house.intake.fails = Unavailable("the database is down")
    headers = {"Content-Type": "application/fhir+json"}
    response = house.call("north", "PUT", "/Patient", params=N1, content=b"{", headers=headers)
    assert response.status_code == 503


@pytest.mark.parametrize("fault", Fault)
def test_no_refused_receipt_is_a_success(fault: Fault) -> None:
    house = House()
    house.intake.answers = Receipt(Status.REFUSED, 7, fault=fault.value, text="no", location="MRG^1^1")
    for response in (put(house, patient()), house.call("north", "DELETE", "/Patient", params=N1)):
        assert 400 <= response.status_code < 500
        assert response.headers["X-Message-Id"] == "7"
        assert "expression" not in response.json()["issue"][0]  # an HL7 location is no FHIRPath
