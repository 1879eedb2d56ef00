"""The road of prepared statements to a real server: order, laziness, errors, and every type there and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import REAL, BigInteger, Boolean, Connection, Integer, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.db.session import connect

WRITE = Prepared(text("insert into said (number) values (:number)"))
COUNT = Prepared(text("select count(*) as many from said"))
DIVIDE = Prepared(text("select 1 / cast(:by as integer) as share"))
TYPES = {
    "bigint": (BigInteger, "bigint", -(2**63)),
    "boolean": (Boolean, "boolean", True),
    "bytes": (LargeBinary, "bytea", bytes(range(256))),
    "text": (Text, "text", 'O\'Brien \\ "quoted" {braces}, Zoë 李'),
    "json": (JSONB, "jsonb", {"a": [1, None, "ü"], "b": {}}),
    "uuid": (Uuid, "uuid", UUID("0190a0b0-0000-7000-8000-00000000000f")),
    "time": (None, "timestamptz", datetime(1948, 7, 5, 9, 30, tzinfo=UTC)),
    "bigints": (ARRAY(BigInteger), "bigint[]", [2**63 - 1, -5, 0]),
    "integers": (ARRAY(Integer), "integer[]", []),
    "reals": (ARRAY(REAL), "real[]", [1.5, -0.25, float("inf")]),
    "booleans": (ARRAY(Boolean), "boolean[]", [True, False]),
    "texts": (ARRAY(Text), "text[]", ["", "a,b", 'say "no"', "back\\slash", "null", "{}"]),
    "many bytes": (ARRAY(LargeBinary), "bytea[]", [b"", b"\x00\xff", b"\\x41"]),
    "uuids": (ARRAY(Uuid), "uuid[]", [UUID(int=1), UUID(int=2)]),
}


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = connect(database_url, pool_size=1)
    with engine.begin() as prologue:
        prologue.execute(text("create table said (number integer primary key check (number >= 0))"))
    with engine.connect() as found:
        yield found
    engine.dispose()


def count(lane: Lane) -> int:
    return int(lane.run(COUNT, {}).scalar_one())


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_comes_back_as_it_went(connection: Connection, kind: str) -> None:
    declared, sql, value = TYPES[kind]
    bind = bindparam("value") if declared is None else bindparam("value", type_=declared)
    lane = Lane(connection)
    echo = Prepared(text(f"select cast(:value as {sql}) as value, :value is null as missing").bindparams(bind))
    assert tuple(lane.run(echo, {"value": value}).one()) == (value, False)
    assert tuple(lane.run(echo, {"value": None}).one()) == (None, True)


def test_plain_rows_are_tuples_in_the_order_of_the_columns(connection: Connection) -> None:
    pairs = Prepared(text("select n, -n as n from generate_series(1, 2) n order by 1"), plain=True)
    assert list(Lane(connection).run(pairs, {})) == [(1, -1), (2, -2)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_any_text_survives_an_array(connection: Connection, values: list[str]) -> None:
    echo = Prepared(text("select :values as values").bindparams(bindparam("values", type_=ARRAY(Text))))
    assert Lane(connection).run(echo, {"values": values}).scalar_one() == values


@pytest.mark.parametrize("broken", ["with\0nul", "half a pair \ud800"])
def test_what_cannot_be_sent_is_refused_before_anything_is(connection: Connection, broken: str) -> None:
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
        lane.run(Prepared(text("select cast(:value as text)")), {"value": broken})
    assert count(lane) == 1


def test_statements_wait_until_an_answer_is_read_and_keep_their_order(connection: Connection) -> None:
    lane = Lane(connection)
    before = lane.run(COUNT, {})
    for number in range(3):
        lane.run(WRITE, {"number": number})
    after = lane.run(COUNT, {})
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    assert driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE  # nothing was sent so far
    assert (after.scalar_one(), before.scalar_one()) == (3, 0)


def test_more_statements_than_are_sent_at_once(connection: Connection) -> None:
    lane = Lane(connection)
    rows = [lane.run(Prepared(text("select cast(:n as integer) as n")), {"n": n}) for n in range(1000)]
    assert [row.scalar_one() for row in rows] == list(range(1000))


def test_an_answer_larger_than_any_buffer_behind_a_question_as_large(connection: Connection) -> None:
    large = "x" * 3_000_000
    lane = Lane(connection)
    rows = [lane.run(Prepared(text("select cast(:value as text) as v")), {"value": large}) for _ in range(5)]
    assert all(row.scalar_one() == large for row in rows)


def test_one_that_fails_stops_the_rest_and_says_so_where_it_is_read(connection: Connection) -> None:
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    failing = lane.run(DIVIDE, {"by": 0})
    later = lane.run(COUNT, {})
    with pytest.raises(psycopg.errors.DivisionByZero):
        later.scalar_one()
    for rows in (failing, later):
        with pytest.raises(psycopg.OperationalError, match="given up"):
            rows.one()
    lane.close()
    assert count(Lane(connection)) == 0


def test_a_write_that_nobody_read_fails_the_commit(connection: Connection) -> None:
    """Promise 1: no commit says that it is done when a statement before it was not."""
    lane = Lane(connection)
    lane.run(WRITE, {"number": -1})
    with pytest.raises(psycopg.errors.CheckViolation):
        lane.commit()
    lane.close()
    assert count(Lane(connection)) == 0


def test_no_commit_of_what_failed_before(connection: Connection) -> None:
    """A server answers COMMIT of a failed transaction with ROLLBACK, which is no error to it."""
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    with pytest.raises(psycopg.errors.DivisionByZero):
        lane.run(DIVIDE, {"by": 0}).one()
    with pytest.raises(psycopg.OperationalError, match="rolled back"):
        lane.commit()


def test_both_roads_are_one_transaction(connection: Connection) -> None:
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    assert lane.execute(text("select count(*) from said")).scalar_one() == 1
    lane.execute(text("insert into said (number) values (2)"))
    lane.close()
    assert count(lane) == 0
    lane.execute(text("insert into said (number) values (3)"))
    lane.run(WRITE, {"number": 4})
    lane.commit()
    lane.close()
    assert count(Lane(connection)) == 2


def test_a_commit_is_seen_by_others_at_once(connection: Connection, database_url: str) -> None:
    """Promise 1: when `commit` returns, it is visible."""
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    lane.commit()
    engine = connect(database_url)
    with engine.connect() as other:
        assert count(Lane(other)) == 1
    engine.dispose()


def test_a_relaxed_lane_relaxes_its_own_transaction_only(connection: Connection) -> None:
    show = Prepared(text("show synchronous_commit"))
    relaxed, strict = Lane(connection, relaxed=True), Lane(connection)
    strict.execute(text("set synchronous_commit = on"))
    strict.commit()
    relaxed.run(WRITE, {"number": 1})
    assert relaxed.execute(text("show synchronous_commit")).scalar_one() == "off"
    relaxed.commit()
    assert strict.run(show, {}).scalar_one() == "on"


def test_statements_are_known_to_the_server_after_a_rollback(connection: Connection) -> None:
    for _ in range(3):
        lane = Lane(connection)
        assert count(lane) == 0
        lane.close()
    known = text("select count(*) from pg_prepared_statements where statement like '%said%'")
    assert Lane(connection).execute(known).scalar_one() == 1


def test_a_lost_connection_is_an_error_and_not_a_wait(connection: Connection, database_url: str) -> None:
    lane = Lane(connection)
    assert count(lane) == 0
    pid = lane.execute(text("select pg_backend_pid()")).scalar_one()
    engine = connect(database_url)
    with engine.connect() as other:
        other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with pytest.raises(psycopg.OperationalError):
        count(lane)
    connection.invalidate()
    engine.dispose()


def test_a_connection_that_the_server_ended_while_it_waited_is_not_handed_out(database_url: str) -> None:
    """V2-12: the first message after a restart of the database is not refused for it."""
    engine = connect(database_url, pool_size=3)
    idle = [engine.connect() for _ in range(3)]
    for one in idle:
        Lane(one).execute(text("select 1"))
        one.rollback()
        one.close()
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    for _ in range(3):
        with engine.connect() as fresh:
            assert Lane(fresh).run(Prepared(text("select 1 as one")), {}).scalar_one() == 1
    engine.dispose()


def test_a_commit_goes_with_the_next_answer(connection: Connection) -> None:
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    lane.commit_with_next()
    assert count(lane) == 1
    lane.commit()
    lane.close()
    assert count(Lane(connection)) == 1


def test_a_commit_that_goes_with_a_failing_look_commits_nothing(connection: Connection) -> None:
    lane = Lane(connection)
    lane.run(WRITE, {"number": 1})
    lane.commit_with_next()
    with pytest.raises(psycopg.errors.DivisionByZero):
        lane.run(DIVIDE, {"by": 0}).one()
    lane.close()
    assert count(Lane(connection)) == 0


def test_nobody_waits_for_what_is_awaited_before_it_is_looked_at(connection: Connection) -> None:
    lane = Lane(connection)
    later = (row.many for row in lane.run(COUNT, {}).awaited())
    lane.run(WRITE, {"number": 1})
    assert count(lane) == 1
    assert list(later) == [0]
