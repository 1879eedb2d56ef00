"""The path of an examination in a network of other trusts, dialects and orders: nothing of it is Manchester's
(issue 5; promises 1, 5, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2.ack import code_of
from mpi.networks import load_network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.index_state import verify
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service, running, write_tokens

PERSON = Patient("HASLEMERE", "Rosalind", nhs=nhs_number(57), line="4 Meadow Lane", postcode="GU27 2AB")
MADE, PLANNED = "1.2.826.0.1.3680043.2.1125.571", "1.2.826.0.1.3680043.2.1125.572"
IDENTIFIERS = ("ASHFORD|A1", "EAST-SUSSEX|E1", "QUEEN-VICTORIA|Q1")

CODE = {"code": "CCHES", "text": "CT Thorax", "system": "NICIP"}

pytestmark = pytest.mark.timeout(120)
_serials = count(1)


@pytest.fixture
def service(new_database: Callable[[], str], tmp_path: Path) -> Iterator[tuple[Service, str]]:
    database, file = new_database(), tmp_path / "tokens.toml"
    tokens = write_tokens(file, load_network("surrey-sussex"))
    with running(
        Service(tmp_path / "service", (file, tokens), network="surrey-sussex", database_url=database)
    ) as made:
        yield made, database


def ris(application: str, facility: str, version: str, event: str, patient: str, *segments: str) -> bytes:
    """A message of a trust's radiology system, about one of its own patients."""
    at = f"2026030113{next(_serials):02d}00"
    msh = f"MSH|^~\\&|{application}|{facility}|MPI|SS|{at}||{event}|{application}{at}|P|{version}"
    return ("\r".join((msh, f"PID|1||{patient}^^^{facility}^PI||HASLEMERE^ROSALIND", *segments)) + "\r").encode()


def ashford(event: str, *segments: str) -> bytes:
    return ris("ASPRIS", "RTK", "2.4", event, "A1", *segments)


def queen_victoria(event: str, *segments: str) -> bytes:
    return ris("QVHRIS", "RPC", "2.5.1", event, "Q1", *segments)


def orders(region: Region, identifier: str, **wanted: object) -> list[tuple[str, str, str | None, str]]:
    page = ok(region.as_("viewer").get(f"/v1/people/{region.golden(identifier)}/orders", params=wanted))
    return [(o["organisation"], o["status"], o["report_status"], o["study_uid"]) for o in page["orders"]]


def test_orders_images_and_reports_of_surrey_and_sussex(service: tuple[Service, str]) -> None:
    running_service, database = service
    region = Region(running_service, load_network("surrey-sussex"))
    obr = "OBR|1|P1|F1|CCHES^CT Thorax^99ASP|||{}|||||||||||X1||||{}||CT|{}"
    with running_service.mllp() as client:

        def send(message: bytes, expected: str = "AA") -> None:
            assert code_of(client.send(message)) == expected

        for feed, value in (("ashford", "A1"), ("east-sussex", "E1"), ("queen-victoria", "Q1")):
            send(adt(feed, "A28", value, PERSON))
        assert len({region.golden(one) for one in IDENTIFIERS}) == 1

        # Ordered and made at Ashford, found by accession number; planned at Queen Victoria, by its UID in an OMI.
        send(ashford("ORM^O01", "ORC|NW|P1|F1||SC", obr.format("", "", "") + "|" * 11 + "20260305090000"))
        region.register_study(
            "ASHFORD|A1", MADE, archive="ss-vna", accession="X1", organisation="RTK", procedures=[CODE]
        )
        tq1, ipc = "TQ1|1||||||20260312100000", f"IPC|QX1|QR1|{PLANNED}|1|CT"
        send(queen_victoria("OMI^O23^OMI_O23", "ORC|NW|QP1|QF1", tq1, "OBR|1|QP1|QF1|C1^CT^99QVH", ipc))
        report = obr.format("20260305091500", "20260306105500", "F")
        send(ashford("ORU^R01", report, "OBX|1|TX|R^Report^99ASP||Nothing of this is kept||||||F"))

        made, planned = ("RTK", "completed", "final", MADE), ("RPC", "ordered", None, PLANNED)
        for identifier in IDENTIFIERS:
            assert orders(region, identifier) == [planned, made]
            assert orders(region, identifier, awaited=True) == [planned]
            (study,) = ok(region.as_("viewer").get("/v1/imaging", params={"identifier": identifier}))["studies"]
            assert (study["study_uid"], study["report_status"]) == (MADE, "final")
            assert [code["code"] for code in study["procedures"]] == ["CCHES", "CCHES"]
        (told,) = region.fhir("DiagnosticReport", "EAST-SUSSEX|E1")
        assert told["imagingStudy"][0]["reference"] == f"ImagingStudy/{MADE}"
        assert told["performer"][0]["identifier"]["value"] == "RTK"

        # Promise 8: each RIS speaks of its own trust's patients, takes what its table says, and describes nobody.
        send(ashford("ORM^O01", "ORC|NW|P9|F9").replace(b"^^^RTK^", b"^^^RPC^"), "AE")
        for refused in (ashford("OMI^O23", "ORC|NW|P9|F9"), queen_victoria("ORM^O01^ORM_O01", "ORC|NW|P9|F9")):
            send(refused, "AR")
        send(ris("ASPRIS", "RTK", "2.4", "ADT^A28", "A1", "PV1|1|N"), "AR")

        # V2-40 ff.: a merge at one trust takes the order along for all.
        send(adt("queen-victoria", "A28", "Q2", PERSON))
        send(adt("queen-victoria", "A40", "Q2", Patient("", ""), prior="Q1"))
        resolved: dict[str, Any] = region.resolve("QUEEN-VICTORIA|Q1")
        assert resolved["golden_id"] == region.golden("ASHFORD|A1")
        assert orders(region, "QUEEN-VICTORIA|Q2") == [planned, made]
    region.close()
    assert verify(database).differences == ()
