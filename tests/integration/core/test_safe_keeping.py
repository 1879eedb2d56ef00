"""What the database itself refuses, and what is left when a commit fails (promises 1, 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mpi.domain.commands import Merge, Status
from mpi.errors import Unavailable
from tests.integration.core.world import ARCHIVE, World, at, of, other_person, register, study


@pytest.fixture
def peopled(world: World) -> World:
    """Two people of whom one has a merged prior and a study, and a subscriber."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1), register("CHR|1", 1, other_person()))
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    world.imaging.register(study("1.1", "BOL|1"), ARCHIVE)
    return world


WRONG = {
    "two live links for one record": (
        "insert into link (record_id, golden_id, reason) select record_id, golden_id, '{}' from link"
        " where until is null limit 1"
    ),
    "a subsumed record that is live": "update source_record set live = true where subsumed_by is not null",
    "a record subsumed by itself": "update source_record set subsumed_by = id",
    "a second record of one identifier": (
        "insert into source_record (authority, value, registers, keys)"
        " select authority, value, registers, keys from source_record limit 1"
    ),
    "a record without a value": "update source_record set value = ''",
    "a study under two records": (
        "insert into study select study_uid, (select max(id) from source_record), started_at, modalities, body_site,"
        " description, accession, organisation, archive, series, instances, registered_at from study"
    ),
    "a study under no record": "update study set record_id = null",
    "a study under an unknown record": "update study set record_id = 999999",
    "a study without a UID": "update study set study_uid = 'not a uid'",
    "a link to an unknown identity": "update link set golden_id = gen_random_uuid()",
    "a link that ends before it begins": "update link set until = since - interval '1 second'",
    "a retired identity without successor": "update golden_identity set retired_at = clock_timestamp()",
    "an identity that succeeds itself": ("update golden_identity set retired_at = clock_timestamp(), successor = id"),
    "an identity that is gone while linked": "delete from golden_identity",
    "an assertion about one record": (
        "insert into assertion (a_id, b_id, verdict, rank, stamp, made_by, reason)"
        " select id, id, 'same', 0, '[]', 'x', '' from source_record limit 1"
    ),
    "a merge that says different": "update assertion set verdict = 'different' where subsumed_id is not null",
    "an edge that joins under a guard": (
        "insert into edge (a_id, b_id, weight, guards, joins, pattern, model)"
        " select min(id), max(id), 20, 1, true, '', '' from source_record"
    ),
    "a change of the audit trail": "update audit set action = 'nothing'",
    "a gap in the audit trail": "delete from audit",
    "an emptied audit trail": "truncate audit",
    "a change of the events": "update event set reason = ''",
    "a gap in the events": "delete from event where id = (select max(id) from event)",
    "a change of what was said": "update source_update set patch = '{}'",
    "a gap in what was said": "delete from source_update",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_database_refuses(peopled: World, wrong: str) -> None:
    """Promises 4 and 5: by construction, whoever writes."""
    with pytest.raises(DBAPIError), peopled.index.engine.begin() as connection:
        connection.execute(text(WRONG[wrong]))
    peopled.verify()


def test_the_same_message_twice_is_one_row_whoever_writes(peopled: World) -> None:
    """V2-16."""
    copy = (
        "insert into message (feed, application, facility, control_id, event, digest, raw, flags)"
        " select feed, application, facility, control_id, event, digest, raw, flags from message limit 1"
    )
    with pytest.raises(DBAPIError), peopled.index.engine.begin() as connection:
        connection.execute(text(copy))


@contextmanager
def at_commit(world: World, statement: str) -> Iterator[None]:
    """The server runs a statement in every transaction that has stored a message, in the moment it is to commit."""
    with world.index.engine.begin() as connection:
        connection.exec_driver_sql(
            f"create function meddle() returns trigger language plpgsql as $$ begin {statement}; return null; end $$"
        )
        connection.exec_driver_sql(
            "create constraint trigger meddle after insert on message deferrable initially deferred"
            " for each row execute function meddle()"
        )
    try:
        yield
    finally:
        with world.index.engine.begin() as connection:
            connection.exec_driver_sql("drop function meddle cascade")


DIE = "perform pg_terminate_backend(pg_backend_pid())"
REFUSE = "raise exception 'no'"


def test_promise_1_a_killed_commit_is_no_receipt_and_no_trace(world: World) -> None:
    """Promise 1, V2-11, V2-12: Unavailable (AR, never AA); sent again, it is taken in."""
    before = {table: world.count(table) for table in ("message", "source_record", "event", "audit")}
    with at_commit(world, DIE), pytest.raises(Unavailable):
        world.send(register("BOL|1", 1), control_id="7", raw=b"one")
    assert {table: world.count(table) for table in before} == before
    again = world.send(register("BOL|1", 1), control_id="7", raw=b"one")
    assert (again.status, again.repeat) == (Status.ACCEPTED, False)
    world.verify()


def test_promise_1_a_killed_quarantine_is_no_receipt_either(world: World) -> None:
    """Promise 1: a refusal is an answer too; it must be safe before it is given."""
    with at_commit(world, DIE), pytest.raises(Unavailable):
        world.send(register("CHR|1", 1), feed="bolton")
    assert world.count("message") == 0


def test_promise_1_a_commit_the_database_refuses_leaves_nothing(world: World) -> None:
    """Promise 1: an error at commit itself, by a deferred constraint."""
    with at_commit(world, REFUSE), pytest.raises(psycopg.errors.RaiseException):
        world.send(register("BOL|1", 1))
    assert (world.count("message"), world.count("source_record"), world.count("audit")) == (0, 0, 0)


def test_a_database_that_only_reads_is_unavailable(world: World) -> None:
    """V2-12: after a failover to a standby the sender must retry (AR), not drop the message (AE) or hang up."""
    with world.index.engine.begin() as connection:
        name = connection.execute(text("select current_database()")).scalar_one()
        connection.exec_driver_sql(f'alter database "{name}" set default_transaction_read_only = on')
    world.index.engine.dispose()
    with pytest.raises(Unavailable):
        world.send(register("BOL|1", 1))


def test_no_database_is_unavailable(emptied_url: str) -> None:
    """V2-12."""
    away = World.over(emptied_url.rsplit("/", 1)[0] + "/nowhere?" + emptied_url.partition("?")[2])
    with pytest.raises(Unavailable):
        away.send(register("BOL|1", 1))
