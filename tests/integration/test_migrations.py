"""The migrations make exactly the tables of `mpi.db.tables`, from either direction."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import make_url

from mpi.db import migrate


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


def test_a_consumer_is_subscribed_once(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    plain = make_url(empty_database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    row = "('mllp:ris/ITI-10', '{}', '', 'x')"
    with psycopg.connect(plain) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(f"insert into subscription (url, types, secret, owner) values {row}, {row}")
