"""A small network and its synthetic people, for the tests of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from linkage.record import Address, Demographics, Name, Reliability, Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Death
from mpi.domain.identifiers import NHS_OID, Identifier
from mpi.domain.network import Archive, Authority, Feed, Network, Organisation, Protocol
from mpi.domain.views import (
    PersonView,
    RecordState,
    RecordView,
    TaskKind,
    TaskState,
    TaskView,
)

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


ALPHA = UUID("00000000-0000-4000-8000-00000000000a")


RETIRED = UUID("00000000-0000-4000-8000-00000000000f")


HIDDEN = UUID("00000000-0000-4000-8000-00000000000b")


NEW = UUID("00000000-0000-4000-8000-00000000000c")


BOLTON = Identifier("BOLTON", "1234567")


CHRISTIE = Identifier("CHRISTIE", "C99812")


NHS = Identifier("NHS", "9990000018")


RESTRICTED = Identifier("BOLTON", "7654321")


TOKENS: Mapping[str, Caller] = {
    f"token-{role}": Caller(f"user-{role}", role, "RMC", feed="bolton-pas" if role is Role.FEED else "")
    for role in Role
}


NETWORK = Network(
    id="test",
    name="Test network",
    organisations=(Organisation("RMC", "Bolton"), Organisation("RBV", "The Christie")),
    authorities=(
        Authority("BOLTON", "Bolton PAS", "RMC", ("BOLTONPAS", "RMC01"), oid="1.2.3.1", system="https://bolton/id"),
        Authority("CHRISTIE", "Christie PAS", "RBV", ("RBV",), oid="1.2.3.2"),
        Authority("NHS", "NHS number", "NHS", ("NH",), oid=NHS_OID),
    ),
    feeds=(Feed("bolton", "RMC", Protocol.MLLP, "PAS", "RMC", ("BOLTON",)),),
    archives=(
        Archive(
            "north", "North", "RMC", {"BOL": "BOLTON", "SHARED": "BOLTON"}, {"BOL_CT1": "BOLTON", "CT": "BOLTON"}
        ),
        Archive("south", "South", "RBV", {"CHR": "CHRISTIE", "SHARED": "CHRISTIE"}, {"CT": "CHRISTIE"}),
    ),
)


def make_demographics(family: str = "TESTPERSON") -> Demographics:
    return Demographics(
        names=(Name(family, "ALPHA"),),
        birth_date="1954-03-07",
        sex=Sex.FEMALE,
        addresses=(Address(("1 Test Street",), "Bolton", "", "BL1 1AA"),),
        previous_addresses=(Address(postcode="BL2 2BB"),),
        phones=("07700900123",),
        emails=("alpha@example.org",),
        nhs_number="9990000018",
        nhs_status="01",
        gp_practice="Y00001",
        reliability=frozenset({Reliability.DEFAULT_ADDRESS, Reliability.ALIAS}),
    )


def make_record(identifier: Identifier, golden_id: UUID = ALPHA, restricted: bool = False) -> RecordView:
    return RecordView(
        identifier,
        RecordState.LIVE,
        golden_id,
        make_demographics(),
        Death("2026-01"),
        "A",
        restricted,
        None,
        False,
        AT,
    )


def make_person(golden_id: UUID = ALPHA, *records: RecordView, restricted: bool = False) -> PersonView:
    return PersonView(
        golden_id,
        golden_id,
        records or (make_record(BOLTON), make_record(CHRISTIE), make_record(NHS)),
        make_demographics(),
        None,
        restricted,
        False,
        AT,
        AT,
    )


def make_task(task_id: int) -> TaskView:
    return TaskView(
        task_id,
        TaskKind.POSSIBLE_MATCH,
        TaskState.OPEN,
        BOLTON,
        CHRISTIE,
        (ALPHA, NEW),
        8.25,
        ("weak-identity",),
        "may be one person",
        AT,
    )


def bearer(role: Role) -> dict[str, str]:
    """The headers of a caller in `role`."""
    return {"Authorization": f"Bearer token-{role}"}
