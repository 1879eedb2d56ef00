"""A small network over a real database: four feeds, synthetic people, and builders for what the feeds say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import text

from linkage.model import Model
from linkage.nhs_number import check_digit
from linkage.partition import Verdict
from linkage.record import Address, Name, Sex
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Command, Envelope, Field, NhsNumber, Patch, Rank, Receipt, Register, Stamp
from mpi.domain.evidence import Pair, effective
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Authority, Feed, Network, Organisation, Protocol
from mpi.domain.questions import between
from mpi.domain.record import Record
from mpi.domain.views import Resolution, Study, TaskKind, TaskState, TaskView
from mpi.main.index import Index, compose
from mpi.usecases.deciding.review import Review
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.imaging.resolve import Resolve
from mpi.usecases.intake.intake import Intake
from mpi.usecases.reading.query import Query
from mpi.usecases.subscribers.subscriptions import Subscriptions
from mpi.usecases.whole.verify import Verification
from tests.emptying import empty

NHS = "NHS"
FEEDS = {"bolton": "BOL", "christie": "CHR", "stockport": "STO", "clinic": "GUM"}
UNANSWERED = (TaskState.OPEN, TaskState.CLAIMED, TaskState.DEFERRED)
_START = datetime(2024, 1, 1, tzinfo=UTC)
ADMINISTRATOR = Caller("admin", Role.ADMINISTRATOR, "RMC")
REVIEWER = Caller("rita", Role.REVIEWER, "RMC")
COLLEAGUE = Caller("ravi", Role.REVIEWER, "RBV")
SENIOR = Caller("sam", Role.SENIOR_REVIEWER, "RMC")
ARCHIVE = Caller("vna", Role.ARCHIVE, "RMC")


def network() -> Network:
    """Bolton and Christie link by themselves, Stockport is stopped (SEC-2), the clinic is confidential (NHS-58)."""
    codes = {"bolton": "RMC", "christie": "RBV", "stockport": "RWJ", "clinic": "RM3"}
    local = [
        Authority(authority, authority, codes[feed], (authority,), linkage=authority != "GUM")
        for feed, authority in FEEDS.items()
    ]
    feeds = [
        Feed(feed, codes[feed], Protocol.MLLP, "PAS", codes[feed], (authority,), auto_link=feed != "stockport")
        for feed, authority in FEEDS.items()
    ]
    trusts = tuple(Organisation(code, code) for code in codes.values())
    return Network("test", "Test", trusts, (Authority(NHS, NHS, "X26", (NHS,)), *local), tuple(feeds))


@cache
def nhs(number: int) -> str:
    """A valid NHS number of the test range, another for each small `number`."""
    nines = (f"9{n:08d}" for n in count(10_000_000 + 97 * number))
    return next(nine + digit for nine in nines if (digit := check_digit(nine)) is not None)


def of(text_: str) -> Identifier:
    """`of("BOL|1")`: an identifier."""
    return Identifier.parse(text_)


def at(minute: float, *, rank: Rank = Rank.FEED) -> Stamp:
    """The stamp of something that happened `minute` minutes into the test's day."""
    moment = _START + timedelta(minutes=minute)
    return Stamp(rank, moment, moment)


def person(
    family: str = "Okonkwo",
    given: str = "Adaeze",
    born: str = "1961-03-07",
    sex: Sex = Sex.FEMALE,
    number: str = "",
    status: str = "01",
    postcode: str = "M13 9WL",
    lines: tuple[str, ...] = ("12 Ladybarn Lane",),
    more: Mapping[Field, Any] = {},
) -> Patch:
    """Everything a PAS usually says of a patient; `more` adds or replaces fields."""
    said: dict[Field, Any] = {
        Field.NAMES: (Name(family, given),),
        Field.BIRTH_DATE: born,
        Field.SEX: sex,
        Field.ADDRESSES: (Address(lines, "Manchester", "", postcode),),
        Field.ACTIVE: True,
    }
    if number:
        said[Field.NHS_NUMBER] = NhsNumber(number, status)
    return said | dict(more)


def other_person(number: str = "", **more: Any) -> Patch:
    """Somebody with nothing in common with `person()`."""
    told = {"family": "Whitworth", "given": "Bernard", "born": "1938-11-25", "sex": Sex.MALE, "postcode": "BL3 6HQ"}
    return person(**(told | {"lines": ("4 Mill Street",), "number": number} | more))


def register(identifier: str, minute: float, patch: Patch | None = None) -> Register:
    """A patient as a feed registers it."""
    return Register((of(identifier),), person() if patch is None else patch, at(minute))


def study(uid: str, patient: str, day: int = 1, **more: Any) -> Study:
    """A study of `patient`, started at noon of a day of March 2024."""
    told: dict[str, Any] = {"started_at": datetime(2024, 3, day, 12, tzinfo=UTC), "modalities": ("CT",)}
    return Study(uid, of(patient), **(told | more))


@dataclass
class World:
    """The use cases over one database, and what tests want to see of it."""

    index: Index
    _messages: Any = field(default_factory=lambda: count(1))

    @classmethod
    def over(cls, url: str, pool_size: int = 10) -> World:
        """A world over a migrated database."""
        return cls(compose(url, network(), Model.default(), pool_size))

    def __post_init__(self) -> None:
        index = self.index
        everything = (index.units, index.matching, index.rematch, index.clock)
        self.intake = Intake(index.units, index.rematch, index.network)
        self.query = Query(index.units, index.matching)
        self.resolving = Resolve(*everything)
        self.imaging = Imaging(*everything)
        self.review = Review(*everything)
        self.subscriptions = Subscriptions(index.units)
        self.relay = index.relay

    def close(self) -> None:
        """Give the connections back."""
        self.index.engine.dispose()

    def send(
        self,
        *commands: Command,
        feed: str = "",
        control_id: str | None = None,
        raw: bytes | None = None,
        event: str = "",
    ) -> Receipt:
        """One message; its feed is that of the first identifier, its control id and bytes are its own."""
        number = next(self._messages)
        feed = feed or _feed_of(commands)
        envelope = Envelope(
            feed,
            "PAS",
            feed,
            f"control-{number}" if control_id is None else control_id,
            event or "A28",
            f"message {number}".encode() if raw is None else raw,
        )
        return self.intake.register(envelope, commands, Caller(f"feed/{feed}", Role.FEED, feed, feed=feed))

    def tell(self, *commands: Command) -> None:
        """One message for each command; every one must be accepted."""
        for command in commands:
            receipt = self.send(command)
            assert receipt.fault == "", receipt.text

    def golden(self, identifier: str) -> UUID:
        """The golden id a record is linked to now."""
        found = self.rows(
            "select l.golden_id from link l join source_record r on r.id = l.record_id"
            " where l.until is null and r.authority || '|' || r.value = :i",
            i=identifier,
        )
        assert len(found) == 1, f"{identifier} has {len(found)} links"
        golden_id: UUID = found[0].golden_id
        return golden_id

    def together(self, *identifiers: str) -> bool:
        """Whether these records are all of one person."""
        return len({self.golden(i) for i in identifiers}) == 1

    def partition(self) -> frozenset[frozenset[str]]:
        """Who is one person, by identifiers."""
        blocks: dict[UUID, set[str]] = defaultdict(set)
        for row in self.rows(
            "select r.authority || '|' || r.value as i, l.golden_id from link l"
            " join source_record r on r.id = l.record_id where l.until is null"
        ):
            blocks[row.golden_id].add(row.i)
        return frozenset(frozenset(block) for block in blocks.values())

    def record(self, identifier: str) -> Record:
        """The stored record."""
        with self.index.units.begin(read_only=True) as unit:
            return unit.records.of_identifiers([of(identifier)])[0]

    def records(self) -> dict[str, tuple[Any, ...]]:
        """What every record says and in which state it is, by identifier."""
        with self.index.units.begin(read_only=True) as unit:
            return {
                str(r.identifier): (r.state, r.registers, r.subsumed_by, r.encoded, r.keys)
                for r in unit.scan.records()
            }

    def tasks(self, kind: TaskKind | None = None) -> list[TaskView]:
        """The unanswered review tasks, by kind and pair."""
        kinds = (kind,) if kind else ()
        found = self.review.tasks(REVIEWER, states=UNANSWERED, kinds=kinds)
        return sorted(found, key=lambda task: (task.kind, task.one, task.other))

    def task(self, kind: TaskKind) -> TaskView:
        """The one unanswered task of a kind."""
        (found,) = self.tasks(kind)
        return found

    def resolve(self, identifier: str) -> Resolution:
        """What the archive is told."""
        return self.resolving.resolve(of(identifier), None, ARCHIVE)

    def history(self, identifier: str) -> list[str]:
        """The study UIDs of a person, newest first."""
        return [s.study_uid for s in self.imaging.history(of(identifier), ARCHIVE).studies]

    def verify(self) -> Verification:
        """The verification, which must find nothing."""
        found = self.index.verify.run()
        assert found.differences == (), found.differences
        return found

    def check_questions(self) -> None:
        """The open questions between people are just those that the edges and assertions of now ask."""
        with self.index.units.begin(read_only=True) as unit:
            everyone = [record.identifier for record in unit.scan.records()]
            placed = unit.evidence.bearing_on(everyone)[0]
            golden_of = unit.identities.current(everyone)
            settled = effective(unit.scan.assertions()).items()
        apart = {
            frozenset((golden_of[p.one], golden_of[p.other])) for p, a in settled if a.verdict is Verdict.DIFFERENT
        }
        asked = between(placed, frozenset(apart), self.index.matching.model.certain)
        alarms = {TaskKind.LATE_MESSAGE, TaskKind.OVERLAY, TaskKind.MOVE, TaskKind.CONTESTED_LINK}
        alarms |= {TaskKind.STUDY_CONFLICT, TaskKind.ORDER_CONFLICT, TaskKind.UNREADABLE_IMAGE}
        tasks = [t for t in self.tasks() if t.kind not in alarms and t.golden_ids[0] != t.golden_ids[1]]
        assert sorted((t.kind, Pair.of(t.one, t.other)) for t in tasks) == sorted((q.kind, q.pair) for q in asked)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """The rows of a raw query."""
        with self.index.engine.connect() as connection:
            return list(connection.execute(text(statement), parameters))

    def count(self, table: str) -> int:
        """How many rows a table has."""
        number: int = self.rows(f"select count(*) as n from {table}")[0].n
        return number

    def clear(self) -> None:
        """Empty the index, append-only tables included: for the next example of a property."""
        with self.index.engine.begin() as connection:
            empty(connection.connection.driver_connection)


def _feed_of(commands: tuple[Command, ...]) -> str:
    first = commands[0]
    named = first.identifiers[0] if isinstance(first, Register) else None
    for name in ("survivor", "new", "one", "identifier", "target", "patient"):
        named = named or getattr(first, name, None)
    assert named is not None
    return next(feed for feed, authority in FEEDS.items() if authority == named.authority)
