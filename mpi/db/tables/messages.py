"""Messages that came, and what was counted of them as they came."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mpi.db.tables.columns import metadata, numbered, time

message = Table(
    "message",
    metadata,
    numbered(),
    Column("feed", Text, nullable=False),
    Column("application", Text, nullable=False),
    Column("facility", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    time("received_at"),
    Column("fault", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("location", Text, nullable=False, server_default=""),
    Column("original_id", BigInteger, ForeignKey("message.id")),  # what it is a copy of
    Column("made_by", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # 0 is the sender's own
    time("settled_at", null=True),
    Column("settled_by", Text, nullable=False, server_default=""),
    Column("settlement", Text, nullable=False, server_default=""),
    CheckConstraint("(fault = '') = (reason = '')", name="fault_has_reason"),
    CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    CheckConstraint("(original_id is null) = (made_by = '')", name="copy_made_by_somebody"),
    CheckConstraint("(settled_at is null) = (settlement = '')", name="settled_with_a_word"),
)
# One answer for the same bytes under one key (V2-16); a message without a control id has no key. What was refused can
# be tried again by somebody here, and has a row for each attempt.
Index(
    "uq_message_key",
    message.c.control_id,
    message.c.application,
    message.c.facility,
    message.c.digest,
    message.c.attempt,
    unique=True,
    postgresql_where=text("control_id <> ''"),
)
Index("ix_message_refused", message.c.id, postgresql_where=text("fault <> ''"))
Index(
    "ix_message_waiting",
    message.c.id,
    postgresql_where=text("fault <> '' and settled_at is null and original_id is null"),
)
Index("ix_message_original_id", message.c.original_id, postgresql_where=text("original_id is not null"))

# The sequence number protocol (V2-18): the last number taken of each feed that has it on, and the message it was.
feed_sequence = Table(
    "feed_sequence",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("message_id", BigInteger, ForeignKey("message.id"), nullable=False),
    CheckConstraint("last > 0", name="last_is_a_number"),
)

feed_day = Table(
    "feed_day",
    metadata,
    Column("feed", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("validated", BigInteger, nullable=False),
    PrimaryKeyConstraint("feed", "day"),
)

feed_fault = Table(
    "feed_fault",
    metadata,
    Column("feed", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("segment", Text, nullable=False),
    Column("field", Integer, nullable=False),
    Column("component", Integer, nullable=False),
    Column("fault", Text, nullable=False),
    Column("found_by", Text, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("feed", "day", "segment", "field", "component", "fault", "found_by"),
    CheckConstraint("found_by in ('reader', 'validator')", name="found_by"),
    CheckConstraint("first_seen <= last_seen", name="first_before_last"),
)

feed_traffic = Table(
    "feed_traffic",
    metadata,
    Column("feed", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("feed", "day"),
)
