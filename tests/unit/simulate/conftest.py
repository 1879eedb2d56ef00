"""One small region, simulated once, over a network with every dialect in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from mpi.domain.network import Archive, Authority, Feed, Network, Organisation, Protocol
from mpi.simulate import Region, SimMessage, simulate


def _feed(trust: str, authority: str, **changes: object) -> Feed:
    given: dict[str, object] = {
        "id": f"{trust.lower()}-feed",
        "organisation": trust,
        "protocol": Protocol.MLLP,
        "application": f"{trust}PAS",
        "facility": trust,
        "authorities": (authority,),
        "versions": ("2.4",),
    }
    return Feed(**{**given, **changes})  # type: ignore[arg-type]


def _authority(trust: str, name: str, **changes: object) -> Authority:
    given: dict[str, object] = {
        "id": name,
        "name": name.title(),
        "owner": trust,
        "namespaces": (trust, f"{name}PAS"),
        "system": f"https://fhir.{name.lower()}.example/Id/patient-number",
    }
    return Authority(**{**given, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def simulated_network() -> Network:
    trusts = ("RMC", "R0A", "RM3", "RWJ", "RRF", "RBV")
    return Network(
        id="test-network",
        name="Test network",
        organisations=tuple(Organisation(code, code) for code in trusts),
        authorities=(
            Authority("NHS", "NHS number", "NHS", ("NHS",), system="https://fhir.nhs.uk/Id/nhs-number"),
            _authority("RMC", "BOLTON"),
            _authority("R0A", "MFT"),
            _authority("R0A", "CENTRAL", namespaces=("RW3",), valid_to=date(2019, 9, 8)),
            _authority("RM3", "SALFORD"),
            _authority("RWJ", "STOCKPORT"),
            _authority("RRF", "WIGAN"),
            _authority("RBV", "CHRISTIE"),
        ),
        feeds=(
            _feed("RMC", "BOLTON"),
            _feed("R0A", "MFT", versions=("2.5.1",), charset="utf-8", go_live=date(2022, 11, 7)),
            _feed("RM3", "SALFORD", versions=("2.4", "2.5.1"), charset="cp1252", processing_id="T"),
            _feed(
                "RWJ",
                "STOCKPORT",
                versions=("2.3",),
                charset="iso8859-1",
                nhs_number_fields=("PID-19",),
                sex_codes={"1": "M", "2": "F", "9": "O", "0": "U"},
            ),
            _feed("RRF", "WIGAN", versions=("2.5.1",), go_live=date(2030, 1, 1)),
            _feed("RBV", "CHRISTIE", protocol=Protocol.FHIR),
        ),
        archives=(Archive("vna", "Archive", "R0A", issuers={"RMC": "BOLTON"}),),
    )


@pytest.fixture(scope="session")
def simulated(simulated_network: Network) -> Region:
    return simulate(simulated_network, 6000, 7)


@pytest.fixture(scope="session")
def told(simulated: Region) -> list[SimMessage]:
    return list(simulated.messages())


@pytest.fixture(scope="session")
def text_of(simulated_network: Network) -> Callable[[SimMessage], str]:
    def read(message: SimMessage) -> str:
        return message.body.decode(simulated_network.feed_by_id[message.feed_id].charset)

    return read


@pytest.fixture(scope="session")
def hl7_told(told: list[SimMessage]) -> list[SimMessage]:
    return [message for message in told if message.protocol is Protocol.MLLP]
