"""What is wrong with what somebody handed in."""

from __future__ import annotations

from linkage.errors import LinkageError


class InputError(LinkageError):
    """A file, frame or mapping cannot be read; the message says what is wrong and where.

    It names columns, counts, row numbers and, for doubled ones, record ids: never another value of a record.
    """
