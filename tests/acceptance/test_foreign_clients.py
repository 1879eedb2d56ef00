"""A client nobody here wrote talks to the service: python-hl7, plain and over mutual TLS (SEC-4, V2-1, V2-5)."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hl7
import httpx
import pytest
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection

from mpi import networks
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import Service
from tests.certificates import Authority

pytestmark = pytest.mark.timeout(120)
PERSON = Patient("FOREIGNER", "Ottokar", nhs=nhs_number(31))
SHIPPED = Path(networks.__path__[0], "greater-manchester.toml").read_text()


def codes(text: str) -> list[tuple[str, str]]:
    """MSA-1 and MSA-2 of every acknowledgement in `text`."""
    lines = [line.split("|") for line in text.replace("\n", "\r").split("\r")]
    return [(line[1], line[2]) for line in lines if line[0] == "MSA"]


def test_mllp_send_sends_a_file_of_messages(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    url = new_database()
    service = start_service(database_url=url)
    file = tmp_path / "messages.hl7"
    wires = [adt("bolton", "A28", f"F{n}", PERSON, control=f"SEND{n}") for n in range(3)]
    file.write_bytes(b"".join(b"\x0b" + wire + b"\x1c\r" for wire in wires))
    command = Path(sys.executable).with_name("mllp_send")
    host, port = service.target.mllp
    done = subprocess.run(
        [command, "--file", file, "--port", str(port), host], capture_output=True, text=True, check=True, timeout=60
    )
    assert codes(done.stdout) == [("AA", f"SEND{n}") for n in range(3)]
    with MLLPClient(host, port) as client:
        again = hl7.parse(client.send_message(wires[0]).strip(b"\x0b\x1c\r").decode())
    assert [str(again.segment("MSA")[n]) for n in (1, 2)] == ["AA", "SEND0"]
    assert count(url, "select count(*) from source_record") == 3


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secured(
    tmp_path: Path, authority: Authority, new_database: Callable[[], str], start_service: StartService
) -> Service:
    """A service with TLS whose network knows the certificates of Bolton and MFT; as yet no feed has sent anything."""
    own = authority.sign("index", address="127.0.0.1")
    file = tmp_path / "network.toml"
    text = SHIPPED
    for application, name in (("BOLPAS", "pas.bolton.example"), ("MFTEPR", "epr.mft.example")):
        text = text.replace(
            f'application = "{application}"', f'application = "{application}"\ncertificates = ["{name}"]'
        )
    file.write_text(text)
    files = {"tls_cert": own.cert, "tls_key": own.key, "tls_ca": authority.ca}
    return start_service(database_url=new_database(), network=file, **files)


async def converse(address: tuple[str, int], context: ssl.SSLContext, wires: list[bytes]) -> list[tuple[str, str]]:
    reader, writer = await open_hl7_connection(*address, ssl=context, server_hostname="127.0.0.1", encoding="utf-8")
    answers = []
    for wire in wires:
        writer.writemessage(hl7.parse(wire.decode()))
        await writer.drain()
        answers += codes(str(await reader.readmessage()))
    writer.close()
    await writer.wait_closed()
    return answers


def test_sec_4_python_hl7_over_mutual_tls(secured: Service, authority: Authority) -> None:
    """Bolton's certificate carries Bolton's feed; an MSH-4 of MFT on it is AR, an alarm in log and metrics."""
    bolton = authority.client(authority.sign("Bolton", "pas.bolton.example"))
    wires = [
        adt("bolton", "A28", "T1", PERSON, control="TLS1"),
        adt("mft", "A28", "T1", PERSON, control="TLS2"),
        adt("bolton", "A31", "T1", PERSON, control="TLS3"),
    ]
    answers = asyncio.run(converse(secured.target.mllp, bolton, wires))
    assert answers == [("AA", "TLS1"), ("AR", "TLS2"), ("AA", "TLS3")]
    # MFT's own message of those bytes is not answered with the stranger's refusal.
    mft = authority.client(authority.sign("MFT", "epr.mft.example"))
    assert asyncio.run(converse(secured.target.mllp, mft, wires[1:2])) == [("AA", "TLS2")]
    assert "a sender spoke for a feed that is not its own" in secured.log.read_text()
    metrics = httpx.get(f"{secured.target.http}/metrics", verify=authority.client(), trust_env=False).text
    told = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(told['mpi_messages_refused_total{fault="foreign-feed",feed="mft"}']) == 1
    assert float(told["mpi_mllp_frames_total"]) == 4
    assert float(told['mpi_mllp_answers_total{code="AR"}']) == 1
    for whose in ("server", "ca", "feed/bolton", "feed/mft"):
        assert float(told[f'mpi_tls_certificate_not_after_seconds{{certificate="{whose}"}}']) > 1.7e9


def test_sec_4_without_a_certificate_nothing_is_taken(secured: Service, authority: Authority) -> None:
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        asyncio.run(converse(secured.target.mllp, authority.client(), [adt("bolton", "A28", "T1", PERSON)]))
