"""Errors of a command that are its reader's to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from linkage.errors import LinkageError
from mpi.errors import MpiError

_NO_SUCH_TABLE = frozenset({"42P01", "42703", "42883"})  # undefined_table, _column, _function


@contextmanager
def spoken() -> Iterator[None]:
    """Errors that are the reader's to mend, as a sentence."""
    try:
        yield
    except (MpiError, LinkageError) as error:
        typer.echo(f"mpi: {(error.__cause__ and _of_connecting(error.__cause__)) or error}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"mpi: {error.filename or 'the system'}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
    except Exception as error:
        said = _of_database(error)
        if not said:
            raise
        typer.echo(f"mpi: {said}", err=True)
        raise typer.Exit(2) from None


def _of_database(error: Exception) -> str:
    """What is wrong with the database; empty when `error` is not its own. Of a failed statement the driver's words
    could hold demographics."""
    import psycopg  # noqa: PLC0415  `mpi --help` need not wait for drivers
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError  # noqa: PLC0415

    if not isinstance(error, SQLAlchemyError | psycopg.Error):
        return ""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state in _NO_SUCH_TABLE:
        return "the database has not the tables of this version: run mpi migrate"
    refused = f"the database cannot be used: it refused a statement ({state or 'without a code'})"
    return _of_connecting(error) or refused


def _of_connecting(error: BaseException) -> str:
    """Why no server took the connection, in the driver's words, which name host and database; empty for others."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    if not isinstance(error, DBAPIError) or error.statement is not None or getattr(error.orig, "sqlstate", None):
        return ""
    return f"the database cannot be used: {' '.join(str(error.orig).split())}"
