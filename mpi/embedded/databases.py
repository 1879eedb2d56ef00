"""Create, drop and rename whole databases on a server."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url


def socket_url(directory: Path, port: int, name: str) -> str:
    """The SQLAlchemy URL of database `name` behind the Unix socket in `directory`."""
    place = {"host": str(directory), "port": str(port)}
    return URL.create("postgresql+psycopg", "postgres", database=name, query=place).render_as_string()


def create_database(url: str, name: str, template: str = "") -> str:
    """Create database `name` on the server of `url` unless it is there; returns its own URL.

    With `template` it is a copy of that database, to which nobody may be connected meanwhile.
    """
    copy = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    _execute(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copy, unless_exists=name)
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str, name: str) -> None:
    """Drop database `name` on the server of `url` if it is there, breaking the connections to it."""
    _execute(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def rename_database(url: str, old: str, new: str) -> None:
    """Rename database `old` to `new` on the server of `url`; nobody may be connected to it."""
    change = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    _execute(url, change.format(sql.Identifier(old), sql.Identifier(new)))


def database_exists(url: str, name: str) -> bool:
    """Whether the server of `url` has a database of that name."""
    with _connect(url) as connection:
        return _exists(connection, name)


def _execute(url: str, statement: sql.Composed, unless_exists: str = "") -> None:
    with _connect(url) as connection:
        if unless_exists and _exists(connection, unless_exists):
            return
        connection.execute(statement)


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _connect(url: str) -> psycopg.Connection:
    """Connect to the server's maintenance database, where CREATE and DROP DATABASE are allowed."""
    plain = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
