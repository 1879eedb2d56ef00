"""Errors of a command that are its reader's to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import typer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from linkage.errors import LinkageError
from mpi.errors import MpiError


@contextmanager
def spoken() -> Iterator[None]:
    """Errors that are the reader's to mend, as a sentence."""
    try:
        yield
    except (MpiError, LinkageError) as error:
        typer.echo(f"mpi: {error}", err=True)
        raise typer.Exit(2) from None
    except (SQLAlchemyError, psycopg.Error) as error:
        # Of a failed connection the driver's words name host and database; of a failed statement they could hold
        # demographics.
        if isinstance(error, DBAPIError) and error.statement is None:
            why, hint = str(error.orig).strip(), ""
        else:
            why, hint = type(error).__name__, "; its tables may be missing or of another version: run mpi migrate"
        typer.echo(f"mpi: the database cannot be used: {why}{hint}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"mpi: {error.filename or 'the system'}: {error.strerror or error}", err=True)
        raise typer.Exit(2) from None
