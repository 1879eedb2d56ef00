"""Databases used again: emptying one takes a fraction of the time that making and dropping another would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from mpi.embedded import create_database, drop_database

Found = TypeVar("Found")
_GROWN = 1 << 20  # bytes: rows deleted still lie there, and who reads a table reads past them
_TABLES = """select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
    and relname <> 'alembic_version' order by relname"""
_RESTART = "select setval(seqrelid, seqstart, false) from pg_sequence"
# What a database is beside its rows: everything that is defined, set, and known to the planner.
_MADE = """select
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_class),
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_attrdef),
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_constraint),
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_trigger),
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_proc where oid >= 16384),
    (select string_agg(oid || ':' || xmin, ' ' order by oid) from pg_type where oid >= 16384),
    (select count(*) from pg_attribute),
    (select count(*) from pg_statistic),
    (select sum(reltuples) from pg_class where oid >= 16384),
    (select string_agg(setconfig::text, ' ') from pg_db_role_setting join pg_database d on d.oid = setdatabase
      where datname = current_database())"""
_SIZE = "select sum(pg_relation_size(oid)) from pg_class where oid >= 16384 and relkind in ('r', 'i')"
_END_OTHERS = """select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()"""


def empty(connection: psycopg.Connection) -> None:
    """Delete every row, of append-only tables too, and begin every number anew; the caller commits."""
    tables = [sql.Identifier(name) for (name,) in connection.execute(_TABLES)]
    connection.execute("set local session_replication_role = replica")  # no trigger fires
    connection.execute(sql.SQL("; ").join(sql.SQL("delete from {}").format(table) for table in tables))
    connection.execute(_RESTART)


class Emptied:
    """A database for one test after another. One in which a test did more than change rows is not given again."""

    def __init__(self, template_url: str, names: Iterator[str]) -> None:
        self._template_url, self._names = template_url, names
        self._name = self._url = ""
        self._made: tuple[object, ...] = ()
        self._size = 0

    def given(self) -> str:
        """The URL of an empty, migrated database."""
        if not self._name:
            self._name = next(self._names)
            template = make_url(self._template_url).database or ""
            self._url = create_database(self._template_url, self._name, template=template)
            self._made, self._size = self._within(_look)
        return self._url

    def taken_back(self) -> None:
        """Nobody uses it any more: whoever is still connected is not."""
        if not self._within(self._emptied):
            self.drop()

    def drop(self) -> None:
        """The next one is new."""
        if self._name:
            drop_database(self._template_url, self._name)
        self._name = ""

    def _emptied(self, connection: psycopg.Connection) -> bool:
        connection.execute(_END_OTHERS)
        made, size = _look(connection)
        if made != self._made or size > self._size + _GROWN:
            return False
        empty(connection)
        return True

    def _within(self, act: Callable[[psycopg.Connection], Found]) -> Found:
        url = make_url(self._url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            return act(connection)


def _look(connection: psycopg.Connection) -> tuple[tuple[object, ...], int]:
    made, size = (connection.execute(query).fetchone() for query in (_MADE, _SIZE))
    assert made is not None
    assert size is not None
    return made, int(size[0])
