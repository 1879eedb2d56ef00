"""Events and who is told of them; long answers that are told page by page."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.tables.columns import metadata, numbered, time

event = Table(
    "event",
    metadata,
    numbered(),
    Column("type", Text, nullable=False),
    time("at"),
    Column("old_golden_ids", ARRAY(Uuid), nullable=False),
    Column("new_golden_ids", ARRAY(Uuid), nullable=False),
    Column("identifiers", ARRAY(Text), nullable=False),
    Column("studies", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("caller", Text, nullable=False),
    Column("message_id", BigInteger, ForeignKey("message.id")),
    Column("about", JSONB, nullable=False, server_default=text("'[]'::jsonb")),  # the studies as they were then
)
Index(
    "ix_event_old_golden_ids",
    event.c.old_golden_ids,
    postgresql_using="gin",
    postgresql_where=text("old_golden_ids <> '{}'"),
)
Index("ix_event_new_golden_ids", event.c.new_golden_ids, postgresql_using="gin")

subscription = Table(
    "subscription",
    metadata,
    numbered(),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    Column("secret", Text, nullable=False),
    Column("owner", Text, nullable=False),
    time("created_at"),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    time("due_at"),
    Column("last_error", Text, nullable=False, server_default=""),
    time("stopped_at", null=True),  # the subscriber refused something for good: somebody must look
    Column("modalities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("body_sites", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
)
# A consumer of the network file is subscribed once, however many instances start at a time.
Index(
    "uq_subscription_consumer",
    subscription.c.url,
    unique=True,
    postgresql_where=text("url like 'mllp:%'"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("subscription_id", BigInteger, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, ForeignKey("event.id"), nullable=False),
    PrimaryKeyConstraint("subscription_id", "event_id"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("pointer", Uuid, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("tag", Text, nullable=False),  # the query's, by which it is cancelled
    Column("digest", LargeBinary, nullable=False),  # of the question, which must not change between pages
    Column("people", JSONB, nullable=False),  # identifiers only
    Column("complete", Boolean, nullable=False),
    time("expires_at"),
    Index("ix_snapshot_owner", "owner", "tag"),
    Index("ix_snapshot_expires_at", "expires_at"),
)
