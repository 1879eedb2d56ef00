"""An index over a database of a test's own, records for it, and what is stored of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import text

from linkage.model import Model
from linkage.record import Address, Name, Sex
from mpi.db.bulk import BulkStores
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Field, NhsNumber, Rank, Register, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.record import Update
from mpi.main.index import Index, TimeOrderedIds, compose
from mpi.networks import load_network
from mpi.usecases.intake.intake import Intake
from mpi.usecases.whole.bulk import BulkLoad

ADMINISTRATOR = Caller("admin", Role.ADMINISTRATOR, "RMC")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@cache
def network() -> Network:
    return load_network("greater-manchester")


def index_over(url: str) -> Index:
    return compose(url, network(), Model.default())


def loader(index: Index, workers: int = 1) -> BulkLoad:
    stores = BulkStores(index.engine, index.matching.model.fingerprint)
    return BulkLoad(stores, index.matching, index.network, TimeOrderedIds(), workers)


def update(value: str = "1", authority: str = "BOLTON", minute: int = 0, **more: Any) -> Update:
    said = {
        Field.NAMES: (Name("Okonkwo", "Adaeze"),),
        Field.BIRTH_DATE: "1961-03-07",
        Field.SEX: Sex.FEMALE,
        Field.ADDRESSES: (Address(("12 Ladybarn Lane",), "Manchester", "", "M13 9WL"),),
        Field.NHS_NUMBER: NhsNumber("9434765919", "01"),
        Field.ACTIVE: True,
    }
    at = NOON.replace(minute=minute)
    return Update(
        Identifier(authority, value), said | {Field(k): v for k, v in more.items()}, Stamp(Rank.FEED, at, at)
    )


def by_message(index: Index, updates: Sequence[Update]) -> None:
    """The same records through the use case that feeds call, one message each."""
    intake = Intake(index.units, index.rematch, index.network)
    feed_of = {authority: feed for feed in index.network.feeds if feed.identity for authority in feed.authorities}
    for number, told in enumerate(updates):
        feed = feed_of[told.addressed.authority]
        caller = Caller(f"feed/{feed.id}", Role.FEED, feed.organisation, feed=feed.id)
        envelope = Envelope(feed.id, feed.application, feed.facility, str(number), "A28", b"%d" % number)
        receipt = intake.register(envelope, [Register((told.addressed,), told.patch, told.stamp)], caller)
        assert receipt.fault == "", receipt.text


def rows(index: Index, statement: str) -> list[Any]:
    with index.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


NAMED = "(select id, authority || '|' || value as name from source_record)"


def partition(index: Index) -> set[frozenset[str]]:
    blocks: dict[Any, set[str]] = defaultdict(set)
    statement = f"select l.golden_id, r.name from link l join {NAMED} r on r.id = l.record_id where l.until is null"
    for golden_id, name in rows(index, statement):
        blocks[golden_id].add(name)
    return {frozenset(block) for block in blocks.values()}


def edges(index: Index) -> dict[frozenset[str], tuple[Any, ...]]:
    statement = f"""select a.name, b.name, e.weight, e.guards, e.joins, e.pattern, e.model
        from edge e join {NAMED} a on a.id = e.a_id join {NAMED} b on b.id = e.b_id"""
    return {frozenset((a, b)): tuple(said) for a, b, *said in rows(index, statement)}


def tasks(index: Index) -> set[tuple[Any, ...]]:
    statement = f"""select t.kind, a.name, b.name, t.guards, t.reason, t.standing, t.pattern
        from task t join {NAMED} a on a.id = t.a_id join {NAMED} b on b.id = t.b_id where t.state = 'open'"""
    return set(rows(index, statement))


def records(index: Index) -> dict[str, tuple[Any, ...]]:
    """Everything stored of a record but its ids and the order of arrival, which a bulk load has not."""
    columns = "active, borrowed, live, keys, encoded, family, given, birth_date, subsumed_by"
    statement = f"select authority || '|' || value, {columns} from source_record"
    found = {name: tuple(said) for name, *said in rows(index, statement)}
    with index.units.begin(read_only=True) as unit:
        told = {
            str(r.identifier): {
                field: (cell.value, replace(cell.stamp, arrival=0)) for field, cell in r.registers.cells.items()
            }
            for r in unit.scan.records()
        }
    return {name: (*said, told[name]) for name, said in found.items()}


def names(index: Index) -> list[Any]:
    source = f"other_name n join {NAMED} r on r.id = n.record_id"
    return rows(index, f"select r.name, n.family, n.given from {source} order by 1, 2, 3")


def keys(index: Index) -> list[Any]:
    return rows(index, f"select r.name, k.key from block_key k join {NAMED} r on r.id = k.record_id order by 1, 2")
