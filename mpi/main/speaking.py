"""In whose name things are taken in, and how our messages are numbered."""

from __future__ import annotations

import uuid

from mpi.domain.access import Caller, Role
from mpi.domain.network import Feed


def new_id() -> str:
    """A value for MSH-10."""
    return uuid.uuid4().hex[:20]


def caller_of(feed: Feed) -> Caller:
    """In whose name a feed's messages are taken."""
    return Caller(f"feed/{feed.id}", Role.FEED, feed.organisation, feed=feed.id)


def caller_of_archive(archive: str, organisation: str) -> Caller:
    """In whose name the images of an archive are taken, "" when several share their sender."""
    return Caller(f"archive/{archive or 'shared'}", Role.ARCHIVE, organisation)
