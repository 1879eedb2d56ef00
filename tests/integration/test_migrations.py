"""The migrations make exactly the tables of `mpi.db.tables`, from either direction."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy.engine import make_url

from linkage.record import Name
from mpi.db import migrate
from mpi.db.records import other_names
from mpi.domain.codec import registers_to_json, stamp_to_json
from mpi.domain.commands import Field, Rank, Stamp
from mpi.domain.registers import Registers


def tables(url: str) -> set[str]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_upgrade_check_downgrade_and_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)
    migrate.downgrade(empty_database_url, "base")
    assert tables(empty_database_url) <= {"alembic_version"}
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)


def test_the_first_version_can_be_returned_to_with_its_subscriptions(empty_database_url: str) -> None:
    """Consumers of the network file go, as an older version would call them as webhooks; webhooks stay."""
    migrate.upgrade(empty_database_url)
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        for url in ("https://archive.example/hook", "mllp:ris/ITI-10"):
            connection.execute(
                "insert into subscription (url, types, secret, owner) values (%s, '{}', '', 'x')", [url]
            )
    migrate.downgrade(empty_database_url, "0001")
    with psycopg.connect(plain) as connection:
        assert connection.execute("select url from subscription").fetchall() == [("https://archive.example/hook",)]
    assert "snapshot" not in tables(empty_database_url)


def test_an_older_version_tells_nobody_of_studies_that_were_not_wanted(empty_database_url: str) -> None:
    """It knows no filters: version 0010 stops who has one when it goes."""
    migrate.upgrade(empty_database_url)
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        for url, modalities in (("https://archive.example/hook", []), ("https://ai.example/hook", ["CT"])):
            connection.execute(
                "insert into subscription (url, types, secret, owner, modalities) values (%s, '{}', '', 'x', %s)",
                [url, modalities],
            )
    migrate.downgrade(empty_database_url, "0009")
    with psycopg.connect(plain) as connection:
        stopped = connection.execute("select url from subscription where stopped_at is not null").fetchall()
    assert stopped == [("https://ai.example/hook",)]


def test_a_consumer_is_subscribed_once(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    row = "('mllp:ris/ITI-10', '{}', '', 'x')"
    with psycopg.connect(plain) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(f"insert into subscription (url, types, secret, owner) values {row}, {row}")


def test_the_names_of_an_older_index_are_found_after_the_migration(empty_database_url: str) -> None:
    """IHE-31: version 0006 reads them out of the records as version 0005 holds them."""
    migrate.upgrade(empty_database_url, "0005")
    told = {
        "1": Registers().write({Field.NAMES: (Name("Smith", "Ann"),)}, _at(1)),
        "2": Registers().write({Field.NAMES: (Name("Smith", "Ann"), Name("Jones"), Name("smith", "ANN"))}, _at(1)),
        "3": Registers().write({Field.NAMES: (Name("Groß", "Bo"),)}, _at(1)).write({Field.NAMES: None}, _at(2)),
        "4": Registers().write({Field.NAMES: (Name("A"),)}, _at(1)).write({Field.NAMES: (Name("B"), Name())}, _at(2)),
        "5": Registers().write({Field.BIRTH_DATE: "1980"}, _at(1)),
    }
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        for value, registers in told.items():
            connection.execute(
                "insert into source_record (authority, value, registers, keys) values ('BOL', %s, %s, '{}')",
                [value, Jsonb(registers_to_json(registers))],
            )
    migrate.upgrade(empty_database_url)
    with psycopg.connect(plain) as connection:
        rows = connection.execute(
            "select r.value, n.family, n.given from other_name n join source_record r on r.id = n.record_id"
        ).fetchall()
    assert set(rows) == {(v, *name) for v, r in told.items() for name in other_names(r.demographics)}
    assert set(rows) == {("2", "JONES", "ANN"), ("3", "GROSS", "BO"), ("4", "A", "")}
    migrate.check(empty_database_url)


def test_the_links_of_an_older_index_carry_the_numbering_of_their_record(empty_database_url: str) -> None:
    """Links that ended too."""
    migrate.upgrade(empty_database_url, "0020")
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute(
            """with g as (insert into golden_identity (id) values (gen_random_uuid()) returning id),
                r as (insert into source_record (authority, value, registers, active, keys)
                  values ('BOL', '1', '{}', true, '{}'), ('CHR', '1', '{}', true, '{}') returning id)
              insert into link (record_id, golden_id, until, reason)
              select r.id, g.id, u.until, '{}' from r, g, (values (null), (clock_timestamp() + '1h')) u (until)"""
        )
    migrate.upgrade(empty_database_url)
    with psycopg.connect(plain) as connection:
        rows = connection.execute(
            "select r.authority, l.authority from link l join source_record r on r.id = l.record_id"
        ).fetchall()
    assert sorted(rows) == [("BOL", "BOL")] * 2 + [("CHR", "CHR")] * 2
    migrate.check(empty_database_url)


def test_the_statements_of_an_older_act_are_taken_back_together(empty_database_url: str) -> None:
    """Version 0022 knows them by who stated them and when, to the microsecond; what feeds said stays by itself."""
    migrate.upgrade(empty_database_url, "0021")
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    told = [("rita", 1, 5), ("rita", 1, 5), ("ravi", 1, 5), ("rita", 1, 6), ("rita", 1, 5)] + [("feed/b", 0, 5)] * 2
    with psycopg.connect(plain) as connection:
        connection.execute(
            """insert into source_record (authority, value, registers, active, keys)
               values ('BOL', '1', '{}', true, '{}'), ('CHR', '1', '{}', true, '{}')"""
        )
        for user, rank, minute in told:
            connection.execute(
                "insert into assertion (a_id, b_id, verdict, rank, stamp, made_by, reason)"
                " values (1, 2, 'same', %s, %s, %s, '')",
                [rank, Jsonb(stamp_to_json(_at(minute))), user],
            )
    migrate.upgrade(empty_database_url)
    with psycopg.connect(plain) as connection:
        rows = connection.execute("select id, act_id from assertion where act_id is not null order by id").fetchall()
    assert rows == [(2, 1), (5, 1)]
    migrate.check(empty_database_url)


def _at(minute: int) -> Stamp:
    moment = datetime(2024, 1, 1, 0, minute, tzinfo=UTC)
    return Stamp(Rank.FEED, moment, moment)
