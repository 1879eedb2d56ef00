"""Builders for wire messages, a small network, and an intake that records what reaches it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.hl7v2.receive import Receiver
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Command, Envelope, Receipt, Status
from mpi.domain.conformance import Strictness
from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, NHS_SYSTEM
from mpi.domain.network import Authority, Feed, Network, Protocol
from mpi.errors import MpiError, Refused
from mpi.usecases.intake.intake import Intake

BOLTON = Feed(
    id="bolton-pas",
    organisation="RMC",
    protocol=Protocol.MLLP,
    application="PAS",
    facility="RMC",
    authorities=("bolton", "bolton-ris"),
    nhs_number_fields=("PID-3", "PID-19"),
    sex_codes={"W": "F"},
)
CHRISTIE = Feed(
    id="christie-pas",
    organisation="RBV",
    protocol=Protocol.MLLP,
    application="LORENZO",
    facility="RBV",
    authorities=("christie",),
    charset="utf-8",
    options=frozenset({"A18", "A30", "A39"}),
)
STOCKPORT = Feed(
    id="stockport-pas",
    organisation="RWJ",
    protocol=Protocol.MLLP,
    application="STRICTPAS",
    facility="RWJ",
    authorities=("stockport",),
    strictness=Strictness.STRICT,
)
CRIS = Feed(
    id="bolton-ris",
    organisation="RMC",
    protocol=Protocol.MLLP,
    application="CRIS",
    facility="RMC",
    authorities=("bolton",),
    options=frozenset({"O01", "O19", "O23", "R01"}),
    identity=False,
)
NETWORK = Network(
    id="test",
    name="Test network",
    organisations=(),
    authorities=(
        Authority(NHS_AUTHORITY, "NHS number", "NHS", ("NHS",), NHS_OID, NHS_SYSTEM),
        Authority("bolton", "Bolton PAS", "RMC", ("RMC", "BOLTON"), "1.2.826.0.1.99.1", "urn:test:bolton"),
        Authority("bolton-ris", "Bolton RIS", "RMC", ("RMCRIS",), "1.2.826.0.1.99.2"),
        Authority("christie", "Christie PAS", "RBV", ("RBV",), "1.2.826.0.1.99.3"),
        Authority("stockport", "Stockport PAS", "RWJ", ("RWJ",), "1.2.826.0.1.99.4"),
    ),
    feeds=(BOLTON, CHRISTIE, STOCKPORT, CRIS),
)
NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def message(
    event: str = "ADT^A08",
    *segments: str,
    version: str = "2.5.1",
    sender: str = "PAS|RMC",
    control_id: str = "C1",
    processing: str = "P",
    rest: str = "",
    encoding: str = "ascii",
) -> bytes:
    """Wire bytes of one message; without `segments` a plain EVN and PID."""
    head = f"MSH|^~\\&|{sender}|MPI|GM|20260301120000||{event}|{control_id}|{processing}|{version}{rest}"
    body = segments or ("EVN||20260301120000", pid())
    return ("\r".join((head, *body)) + "\r").encode(encoding)


def pid(**fields: str) -> str:
    """A PID segment from `f3="..."` and so on; PID-3 and PID-5 have values unless given."""
    values = {3: "B1^^^RMC^PI", 5: "SMITH^JOHN", **{int(name[1:]): value for name, value in fields.items()}}
    return "|".join(("PID", *(values.get(number, "") for number in range(1, max(values) + 1))))


def caller_of(feed: Feed) -> Caller:
    """The system caller of a feed."""
    return Caller(user=f"mllp:{feed.id}", role=Role.FEED, organisation=feed.organisation, feed=feed.id)


class RecordingIntake(Intake):
    """Accepts everything and remembers it; the next call raises `trouble` or answers `refusal` when set."""

    def __init__(self) -> None:
        self.registered: list[tuple[Envelope, tuple[Command, ...], Caller]] = []
        self.refused: list[tuple[Envelope, Refused, Caller]] = []
        self.trouble: Exception | None = None
        self.refusal: Refused | None = None

    def register(self, envelope: Envelope, commands: Sequence[Command], caller: Caller) -> Receipt:
        if self.trouble is not None:
            raise self.trouble
        self.registered.append((envelope, tuple(commands), caller))
        if self.refusal is not None:
            return _refused(len(self.registered), self.refusal)
        return Receipt(Status.ACCEPTED, len(self.registered), created=True)

    def refuse(self, envelope: Envelope, reason: Refused, caller: Caller) -> Receipt:
        if isinstance(self.trouble, MpiError):
            raise self.trouble
        self.refused.append((envelope, reason, caller))
        return _refused(len(self.refused), reason)


def _refused(number: int, reason: Refused) -> Receipt:
    return Receipt(Status.REFUSED, number, fault=reason.fault.value, text=reason.text, location=reason.location)


def receiver(intake: Intake | None = None, network: Network = NETWORK) -> Receiver:
    """A receiver at a fixed time with fixed ids."""
    return Receiver(intake or RecordingIntake(), network, caller_of, lambda: NOW, lambda: "ACK1")


def fields(reply: bytes | None, segment: str) -> list[str]:
    """The fields of a segment of a reply, as sent; [] when the reply has none."""
    lines = (reply or b"").decode("latin-1").split("\r")
    return next((line.split(lines[0][3]) for line in lines if line.startswith(segment)), [])


def condition(reply: bytes | None) -> str:
    """The table 0357 code of a reply's ERR, from ERR-3 or, in the old shape, ERR-1; "" without an ERR."""
    err = fields(reply, "ERR")
    if not err:
        return ""
    return err[3].split("^")[0] if len(err) > 3 else err[1].split("^")[3].split("&")[0]
