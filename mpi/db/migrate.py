"""Bring a database to this version's tables: one migrator at a time, and never waiting long on others' locks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text

_LOCK = 0x4D50494D  # "MPIM": any number, but the same in every migrator


def _scripts() -> Path:
    """The migrations: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).parents[1] / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "alembic"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` (postgresql+psycopg://...) up to `revision`. Raises sqlalchemy's errors."""
    _with_lock(url, lambda connection: command.upgrade(_config(connection), revision))


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` down to `revision`."""
    _with_lock(url, lambda connection: command.downgrade(_config(connection), revision))


def check(url: str) -> None:
    """Raise alembic's CommandError unless the database has exactly the tables of `mpi.db.tables`."""
    _with_lock(url, lambda connection: command.check(_config(connection)))


def _with_lock(url: str, work: Callable[[Connection], object]) -> None:
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as guard, engine.connect() as connection:
            guard.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
            with connection.begin():
                connection.execute(text("set local lock_timeout = '10s'"))
                work(connection)
    finally:
        engine.dispose()
