"""The service of the corpus: the real listener, use cases and relay over one database, while time stands still."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from adapters.hl7v2.mllp import COMMITTED, NOT_COMMITTED, Commit, Frame, Framer, wrap
from adapters.hl7v2.notify import Notifier
from adapters.hl7v2.queries import Queries
from adapters.hl7v2.receive import Receiver
from adapters.hl7v2.server import MllpServer
from linkage import kernel
from linkage.model import Model
from linkage.record import Name, NameUse
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.network import Authority, Feed, Protocol
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.record import Record
from mpi.domain.views import RecordState
from mpi.main.index import compose
from mpi.usecases.identity.rematch import Rematch
from mpi.usecases.reading.paging import Paging
from mpi.usecases.subscribers.consumers import Consumers
from mpi.usecases.subscribers.subscriptions import Relay
from tests.integration.core.world import World
from tests.unit.hl7v2.query_builders import NETWORK as ASKED
from tests.unit.hl7v2.wire_builders import NOW, caller_of

# Who is told besides: of every set of identifiers, and of every change of a golden identity.
PIX = Consumer("pix", "RMC", "PIXC", "RMC", frozenset({Transaction.PIX_UPDATE}), (), "P", "pix", 1)
XDS = Consumer("xds", "RMC", "XDSR", "RMC", frozenset({Transaction.XAD_PID_CHANGE}), (), "P", "xds", 1, "2.25.77")
# A feed that numbers its messages and speaks release 2.
WIGAN = Feed("wigan-pas", "RRF", Protocol.MLLP, "NUMBERED", "RRF", ("wigan",), mllp_release=2, sequence_numbers=True)
NETWORK = replace(
    ASKED,
    authorities=(*ASKED.authorities, Authority("wigan", "Wigan PAS", "RRF", ("RRF",), "1.2.826.0.1.99.5")),
    feeds=(*ASKED.feeds, WIGAN),
    consumers=(*ASKED.consumers, PIX, XDS),
)
_END = b"MSH|^~\\&|RIS|RMC|MPI|GM|20260301120000||QCN^J01^QCN_J01|END|P|2.5\rQID|nothing|x\r"  # answered, not stored
_NAMES = {NameUse.USUAL: "", NameUse.OFFICIAL: ""}


@dataclass
class _Still:
    """A clock that stands, and golden ids that can be read."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        return NOW

    def golden(self) -> UUID:
        return UUID(int=next(self.numbers))


class _Listener:
    """Takes everything that consumers are told."""

    def __init__(self, host: str, told: list[tuple[str, str]]) -> None:
        self._host = host
        self._told = told

    def send(self, content: bytes) -> bytes:
        message = content.decode()
        self._told.append((self._host, message))
        return f"MSH|^~\\&|||||||ACK|A|P|2.5\rMSA|AA|{message.split('|')[9]}\r".encode()

    def close(self) -> None:
        pass


class Service:
    """One database, emptied before each conversation. `converse` and `told` are over the wire, the rest looks."""

    def __init__(self, url: str) -> None:
        model = Model.default()
        kernel.warm(model)  # or the first message waits for it
        index = compose(url, NETWORK, model)
        self._still = _Still()
        rematch = Rematch(index.matching, self._still, self._still)  # type: ignore[arg-type]
        self.world = World(replace(index, rematch=rematch, clock=self._still))  # type: ignore[arg-type]
        queries = Queries(self.world.query, Paging(index.units), NETWORK, self._still.now, lambda: "RSP1")
        receiver = Receiver(self.world.intake, NETWORK, caller_of, self._still.now, lambda: "ACK1", queries)
        self._server = MllpServer(receiver, ("127.0.0.1", 0))
        self._server.start()
        self._consumers = Consumers(index.units, NETWORK)
        self._sent: list[tuple[str, str]] = []
        self._relay = Relay(index.units, consumers=True)
        self._index = index

    def empty(self) -> None:
        """Begin anew."""
        self.world.clear()
        self._still.numbers = count(1)
        self._consumers.enrol()

    def close(self) -> None:
        assert self._server.stop()
        self.world.close()

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=30) as sock:
            yield sock

    def converse(self, sock: socket.socket, content: bytes) -> list[bytes]:
        """Every block that comes back for one frame; who commits blocks is committed to in turn (V2-3)."""
        sock.sendall(wrap(content) + wrap(_END))
        framer = Framer()
        blocks: list[bytes] = []
        while True:
            for event in framer.feed(sock.recv(1 << 16)):
                if isinstance(event, Commit):
                    blocks.append(COMMITTED if event.stored else NOT_COMMITTED)
                elif isinstance(event, Frame):
                    if b"\rMSA|AA|END" in event.content:
                        return blocks
                    if COMMITTED in blocks:
                        sock.sendall(wrap(COMMITTED))
                    blocks.append(event.content)

    def told(self) -> list[str]:
        """What the consumers are sent now, in short."""
        self._sent.clear()
        told = self._sent
        with Notifier(
            self._consumers,
            self._index.telling,
            NETWORK,
            lambda host, _: _Listener(host, told),  # type: ignore[arg-type,return-value]
        ) as notifier:
            while self._relay.run_once(notifier.deliver):
                pass
        return [short_notice(host, message) for host, message in told]

    def state(self) -> dict[str, Any]:
        """Everything stored, as a file of the corpus says it; what is empty is left out."""
        with self.world.index.units.begin(read_only=True) as unit:
            records = {str(record.identifier): describe(record) for record in unit.scan.records()}
            orders = [describe_order(told.shown) for told in unit.scan.orders() if told.shown]
        rows = self.world.rows
        quarantine = rows("select fault, location from message where fault <> '' order by id")
        moved = rows(
            "select type, identifiers from event where type ~ '^(account|visits|order|report)-|-ordered' order by id"
        )
        remarks = rows("select distinct unnest(flags) as remark from message order by 1")
        tasks = [(task.kind, str(task.one), str(task.other)) for task in self.world.tasks()]
        told = {
            "records": records,
            "people": sorted(sorted(block) for block in self.world.partition() if len(block) > 1),
            "orders": sorted(orders),
            "tasks": sorted(" ".join(dict.fromkeys(task)) for task in tasks),
            "remarks": [row.remark for row in remarks],
            "quarantine": [f"{row.fault} {row.location}".strip() for row in quarantine],
            "events": [f"{row.type} {' '.join(row.identifiers)}" for row in moved],
        }
        return {name: value for name, value in told.items() if value}


def describe(record: Record) -> str:
    """A record in a line: its state, then what it says, in the order of the PID."""
    told, registers = record.registers.demographics, record.registers
    state = f"subsumed by {record.subsumed_by}" if record.state is RecordState.SUBSUMED else record.state.value
    facts = [
        *map(_name, told.names),
        *(f"formerly {_name(name)}" for name in told.previous_names),
        told.mothers_maiden_name and f"mother {told.mothers_maiden_name}",
        told.birth_date,
        told.sex.value if told.sex.value != "unknown" else "",
        *(", ".join(part for part in (*a.lines, a.town, a.county, a.postcode) if part) for a in told.addresses),
        *told.phones,
        *told.emails,
        told.nhs_number and f"NHS {told.nhs_number} {told.nhs_status}".strip(),
        told.multiple_birth is not None and f"multiple birth {told.multiple_birth} {told.birth_order or ''}".strip(),
        registers.death is not None and f"died {registers.death.at}".strip(),
        told.identity_unknown and "unidentified",
        registers.restricted and "restricted",
        told.gp_practice and f"practice {told.gp_practice}",
        registers.ethnic_category and f"ethnic category {registers.ethnic_category}",
        *sorted(told.reliability),
    ]
    return "; ".join([state, *(fact for fact in facts if fact)])


def describe_order(order: ImagingOrder) -> str:
    """An order in a line: whose, its numbers and study, where it stands, what it is, and its report."""
    numbers = (order.filler, order.accession, order.placer, order.study_uid)
    what = " ".join(part for part in (order.status.value, order.modality, order.description) if part)
    report = f", report {order.report_status.value}" if order.report_status else ""
    return f"{' '.join((str(order.patient), *(number for number in numbers if number)))}: {what}{report}"


def _name(name: Name) -> str:
    words = "^".join((name.family, name.given, name.middle)).rstrip("^")
    return f"{words} ({name.use})" if name.use not in _NAMES else words


def short_answers(blocks: list[bytes]) -> list[str]:
    """Each acknowledgement as `AE 101 PID^1^3`, with `expects 7` for MSA-4; the answer to a query by its people, as
    `AA OK bolton|B1 / bolton|B2`; a commit block as COMMIT or REFUSED."""
    found = []
    for block in blocks:
        if block in {COMMITTED, NOT_COMMITTED}:
            found.append("COMMIT" if block == COMMITTED else "REFUSED")
            continue
        messages = re.split(r"(?<=\r)(?=MSH)", block.decode("utf-8" if b"UNICODE UTF-8" in block else "latin-1"))
        found += [_short(message) for message in messages if message.startswith("MSH")]
    return found


def _short(message: str) -> str:
    mark, component = message[3], message[4]
    segments = {line[:3]: line.split(mark) for line in message.split("\r") if line}
    msa, err = segments["MSA"], segments.get("ERR", [])
    words = [msa[1]]
    if len(err) > 3:  # from 2.5 on
        words += [err[3].split(component)[0], err[2].replace(component, "^")]
    elif err:
        place = err[1].split(component)
        words += [re.split(r"[&\W]", place[3])[0], "^".join(part for part in place[:3] if part)]
    if len(msa) > 4:
        words.append(f"expects {msa[4]}")
    if "QAK" in segments:
        people = [line.split(mark)[3] for line in message.split("\r") if line.startswith("PID")]
        words += [segments["QAK"][2], " / ".join(" ".join(map(_cx, told.split("~"))) for told in people)]
    return " ".join(word for word in words if word)


def short_notice(host: str, message: str) -> str:
    """`pix A31 bolton|B1 christie|C1`; `xds A43 1 bolton|B1 from 2`: golden ids by their number."""
    segments = {line[:3]: line.split("|") for line in message.split("\r") if line}
    trigger = segments["MSH"][8].split("^")[1]
    words = [host, trigger, *map(_cx, segments["PID"][3].split("~"))]
    if "MRG" in segments:
        words += ["from", *map(_cx, segments["MRG"][1].split("~"))]
    return " ".join(words)


def _cx(text: str) -> str:
    value, _, _, authority = text.split("^")[:4]
    namespace = authority.split("&")[0]
    return f"{NETWORK.authority(namespace).id}|{value}" if namespace else str(int(UUID(value)))
