"""The radiology system's messages, read back by the adapter that was written apart from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapters.hl7v2 import commands, message, validation
from mpi.domain.commands import Order
from mpi.domain.network import Feed, Network, Protocol
from mpi.domain.orders import OrderField, OrderStatus, ReportStatus
from mpi.simulate import Region, SimMessage

RIS = Feed(
    "rmc-ris",
    "RMC",
    Protocol.MLLP,
    "RMCRIS",
    "RMC",
    ("BOLTON",),
    versions=("2.4",),
    options=frozenset({"O01", "R01"}),
    go_live=date(2024, 1, 1),
    identity=False,
)


IMAGING_RIS = replace(RIS, versions=("2.5.1",), options=frozenset({"O23", "R01"}))


@pytest.fixture(scope="module", params=[RIS, IMAGING_RIS], ids=["orm", "omi"])
def with_orders(simulated: Region, request: pytest.FixtureRequest) -> Region:
    network = replace(simulated.network, feeds=(*simulated.network.feeds, request.param))
    return replace(simulated, network=network)


@pytest.fixture(scope="module")
def ordered(with_orders: Region) -> list[tuple[SimMessage, Order]]:
    return [(told, read(told.body, with_orders.network)) for told in with_orders.orders()]


def read(wire: bytes, network: Network) -> Order:
    parsed = message.parse(wire, message.read_header(wire), RIS.charset)
    (order,) = commands.to_command(parsed, network.feed_by_id["rmc-ris"], network)
    assert set(parsed.flags) <= {"bytes beyond ASCII without MSH-18, read as cp1252"}  # as in life (V2-21)
    assert isinstance(order, Order)
    return order


def test_every_message_is_read_as_it_is_meant(ordered: list[tuple[SimMessage, Order]]) -> None:
    assert {told.act for told, _ in ordered} == {"order", "report", "plan"}
    for told, order in ordered:
        assert (told.feed_id, order.patient) == ("rmc-ris", told.identifiers[0])
        assert order.stamp.occurred == told.at
        assert (order.said.get(OrderField.REPORT) is ReportStatus.FINAL) == (told.act == "report")
        scheduled = order.said[OrderField.STATUS] is OrderStatus.SCHEDULED
        assert scheduled == (told.act != "report")


def test_they_are_valid_to_the_letter(ordered: list[tuple[SimMessage, Order]]) -> None:
    assert {told.kind for told, _ in ordered} in ({"ORM^O01", "ORU^R01"}, {"OMI^O23", "ORU^R01"})
    for act in ("order", "report", "plan"):
        wire = next(told.body for told, _ in ordered if told.act == act)
        judged = validation.judge(message.parse(wire, message.read_header(wire), RIS.charset))
        # IHE RAD puts DICOM's modality where HL7 has a table of its own, and a department's own scheme of codes is in
        # none: counted, and not refused.
        assert {one.finding.fault for one in judged} <= {"not in table HL70074", "not in table HL70396"}
        assert not any(one.refuses for one in judged)


def test_each_study_since_the_system_went_live_is_ordered_under_its_own_uid_and_accession(
    with_orders: Region, ordered: list[tuple[SimMessage, Order]]
) -> None:
    wanted = {
        (study.study_uid, study.accession, study.started_at)
        for study in with_orders.studies()
        if study.authority == "BOLTON" and study.started_at.date() >= date(2024, 1, 1)
    }
    said = {
        (o.said[OrderField.STUDY_UID], o.said[OrderField.ACCESSION], o.said[OrderField.STARTS_AT])
        for told, o in ordered
        if told.act == "order"
    }
    assert said == wanted
    assert wanted


def test_a_network_without_such_a_system_has_no_orders(simulated: Region) -> None:
    assert not list(simulated.orders())
