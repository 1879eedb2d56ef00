"""Where the index is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mpi.embedded import EmbeddedPostgres
from mpi.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database URL: the configured one, or an embedded PostgreSQL that runs while inside."""
    if not settings.embedded:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir) as server:
        yield server.url
