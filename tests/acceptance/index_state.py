"""What the database holds, in a form that two runs can be compared by: no golden id, no time of arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from linkage.model import Model
from mpi.main.index import compose
from mpi.networks import load_network
from mpi.usecases.whole.verify import Verification

OBSERVER = "acceptance tests"
Partition = frozenset[frozenset[str]]

_LINKS = """select r.authority || '|' || r.value, l.golden_id, l.contested from source_record r
            join link l on l.record_id = r.id and l.until is null"""
_REGISTERS = """select r.authority || '|' || r.value, r.registers, s.authority || '|' || s.value, r.active
                from source_record r left join source_record s on s.id = r.subsumed_by"""
_UPDATES = """select m.application, m.control_id, count(*) from source_update u
              join message m on m.id = u.message_id group by 1, 2"""
_CONTESTED = """select a.authority || '|' || a.value, b.authority || '|' || b.value from task t
                join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
                where t.kind = 'contested-link' and t.state in ('open', 'claimed', 'deferred')"""
_ASSERTIONS = """select least(a.authority || '|' || a.value, b.authority || '|' || b.value),
                        greatest(a.authority || '|' || a.value, b.authority || '|' || b.value),
                        t.verdict, t.rank, coalesce(s.authority || '|' || s.value, '') from assertion t
                 join source_record a on a.id = t.a_id join source_record b on b.id = t.b_id
                 left join source_record s on s.id = t.subsumed_id
                 where t.withdrawn_at is null and t.rank > -1"""


def plain_url(url: str) -> str:
    """A URL psycopg itself understands."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def reading(url: str) -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode that calls itself OBSERVER and may write whatever the database's default is."""
    options = "-c default_transaction_read_only=off"
    with psycopg.connect(plain_url(url), autocommit=True, application_name=OBSERVER, options=options) as connection:
        yield connection


def rows(url: str, statement: str, *values: object) -> list[Any]:
    """The rows of one statement."""
    with reading(url) as connection:
        return connection.execute(statement, values).fetchall()


def count(url: str, statement: str, *values: object) -> int:
    """The number one statement selects."""
    return int(rows(url, statement, *values)[0][0])


@dataclass(frozen=True, slots=True)
class IndexState:
    """`values` are the registers without the stamps that order them; `updates` how often each message was applied.

    `assertions` are what sources and reviewers said, without the holds, of which `open_contested` asks.
    """

    partition: Partition
    contested: frozenset[str]
    values: Mapping[str, Any]
    updates: Mapping[tuple[str, str], int]
    assertions: tuple[tuple[object, ...], ...]
    open_contested: frozenset[frozenset[str]]


def read_state(url: str) -> IndexState:
    """The state of the index at `url`."""
    blocks: dict[UUID, set[str]] = defaultdict(set)
    contested = set()
    for identifier, golden_id, held in rows(url, _LINKS):
        blocks[golden_id].add(identifier)
        if held:
            contested.add(identifier)
    return IndexState(
        partition=frozenset(map(frozenset, blocks.values())),
        contested=frozenset(contested),
        values={i: (_values(told), survivor, active) for i, told, survivor, active in rows(url, _REGISTERS)},
        updates={(application, control): n for application, control, n in rows(url, _UPDATES)},
        assertions=tuple(sorted(tuple(row) for row in rows(url, _ASSERTIONS))),
        open_contested=frozenset(frozenset(pair) for pair in rows(url, _CONTESTED)),
    )


def _values(registers: Mapping[str, Any]) -> dict[str, Any]:
    """Value and past values of each field; a cell is [value, stamp] or [value, stamp, [[value, stamp], ...]]."""
    return {
        name: [cell[0], [value for value, _ in (cell[2] if len(cell) > 2 else [])]]
        for name, cell in registers.items()
    }


def members(partition: Partition) -> frozenset[str]:
    """Every identifier of a partition."""
    return frozenset().union(*partition)


def quarrels(one: IndexState, other: IndexState) -> list[frozenset[str]]:
    """The smallest groups of identifiers that the two partitions divide differently."""
    parent: dict[str, str] = {}

    def root(identifier: str) -> str:
        while parent.setdefault(identifier, identifier) != identifier:
            identifier = parent[identifier]
        return identifier

    differing = one.partition ^ other.partition
    for block in differing:
        first, *rest = sorted(block)
        for identifier in rest:
            parent[root(identifier)] = root(first)
    groups: dict[str, set[str]] = {}
    for block in differing:
        groups.setdefault(root(min(block)), set()).update(block)
    return [frozenset(group) for group in groups.values()]


def held(state: IndexState) -> frozenset[str]:
    """Records about which an open contested-link task asks."""
    return frozenset().union(*state.open_contested)


def verify(url: str, network: str = "greater-manchester") -> Verification:
    """Promise 2's check of the index at `url`."""
    index = compose(url, load_network(network), Model.default())
    try:
        return index.verify.run()
    finally:
        index.engine.dispose()
