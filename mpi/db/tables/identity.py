"""Records, the evidence between them, and the golden identities they are linked to."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.tables.columns import metadata, numbered, of_record, time

golden_identity = Table(
    "golden_identity",
    metadata,
    Column("id", Uuid, primary_key=True),
    time("created_at"),
    time("retired_at", null=True),
    Column("successor", Uuid, ForeignKey("golden_identity.id")),
    CheckConstraint("(retired_at is null) = (successor is null)", name="retired_has_successor"),
    CheckConstraint("successor <> id", name="not_its_own_successor"),
)

source_record = Table(
    "source_record",
    metadata,
    numbered(),
    Column("authority", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("registers", JSONB, nullable=False),
    Column("pending", JSONB(none_as_null=True)),  # after an overlay, the version that nobody has accepted
    of_record("subsumed_by", null=True),
    Column("borrowed", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean),
    Column("live", Boolean, Computed("coalesce(active, false) and subsumed_by is null", persisted=True)),
    Column("keys", ARRAY(BigInteger), nullable=False),
    Column("encoded", LargeBinary),
    Column("family", Text, nullable=False, server_default=""),
    Column("given", Text, nullable=False, server_default=""),
    Column("birth_date", Text, nullable=False, server_default=""),
    time("created_at"),
    time("updated_at"),
    UniqueConstraint("authority", "value"),
    CheckConstraint("authority <> '' and value <> ''", name="identifier_is_whole"),
    CheckConstraint("subsumed_by <> id", name="not_subsumed_by_itself"),
)
Index(
    "ix_source_record_subsumed_by",
    source_record.c.subsumed_by,
    postgresql_where=text("subsumed_by is not null"),
)
# All that a search by name asks of a record, so that ten thousand of one surname are told apart without being read.
Index(
    "ix_source_record_family",
    source_record.c.family,
    source_record.c.birth_date,
    source_record.c.given,
    source_record.c.id,
    postgresql_ops={"family": "text_pattern_ops", "given": "text_pattern_ops"},
    postgresql_where=source_record.c.live,
)
Index(
    "ix_source_record_past_family",
    source_record.c.family,
    postgresql_ops={"family": "text_pattern_ops"},
    postgresql_where=text("not live"),
)
Index("ix_source_record_birth_date", source_record.c.birth_date, postgresql_where=text("birth_date <> ''"))

# The names a record is found by besides its first: every family with every given, further and former (IHE-31).
other_name = Table(
    "other_name",
    metadata,
    of_record("record_id"),
    Column("family", Text, nullable=False),
    Column("given", Text, nullable=False),
    PrimaryKeyConstraint("record_id", "family", "given"),
)
Index(
    "ix_other_name_family",
    other_name.c.family,
    other_name.c.given,
    other_name.c.record_id,
    postgresql_ops={"family": "text_pattern_ops", "given": "text_pattern_ops"},
)

source_update = Table(
    "source_update",
    metadata,
    numbered(),
    of_record("record_id"),
    Column("message_id", BigInteger, ForeignKey("message.id")),
    Column("patch", JSONB, nullable=False),
    Column("stamp", JSONB, nullable=False),
    time("at"),
    Index("ix_source_update_record_id", "record_id"),
)

block_key = Table(
    "block_key",
    metadata,
    Column("key", BigInteger, nullable=False),
    of_record("record_id"),
    PrimaryKeyConstraint("key", "record_id"),
)

edge = Table(
    "edge",
    metadata,
    Column("a_id", BigInteger, ForeignKey("source_record.id"), nullable=False),
    Column("b_id", BigInteger, ForeignKey("source_record.id"), nullable=False),
    Column("weight", REAL, nullable=False),
    Column("guards", Integer, nullable=False),
    Column("joins", Boolean, nullable=False),  # certain and unguarded
    Column("pattern", LargeBinary, nullable=False),
    Column("model", Text, nullable=False),
    PrimaryKeyConstraint("a_id", "b_id"),
    CheckConstraint("a_id < b_id", name="ordered"),
    CheckConstraint("not joins or guards = 0", name="a_guard_never_joins"),
    Index("ix_edge_b_id", "b_id"),
)

assertion = Table(
    "assertion",
    metadata,
    numbered(),
    of_record("a_id"),
    of_record("b_id"),
    Column("verdict", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("stamp", JSONB, nullable=False),
    of_record("subsumed_id", null=True),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    time("made_at"),
    time("withdrawn_at", null=True),
    Column("withdrawn_by", Text),
    Column("withdrawn_reason", Text),
    Column("lift_asked_by", Text, nullable=False, server_default=""),  # of a privacy officer's, which two take back
    Column("act_id", BigInteger, ForeignKey("assertion.id")),  # a reviewer's, stated with this one in one act
    CheckConstraint("a_id <> b_id", name="two_records"),
    CheckConstraint("verdict in ('same', 'different')", name="verdict"),
    CheckConstraint(
        "subsumed_id is null or (verdict = 'same' and subsumed_id in (a_id, b_id))", name="a_merge_says_same"
    ),
    CheckConstraint("(withdrawn_at is null) = (withdrawn_by is null)", name="withdrawn_by_somebody"),
    Index("ix_assertion_a_id", "a_id", postgresql_where=text("withdrawn_at is null")),
    Index("ix_assertion_b_id", "b_id", postgresql_where=text("withdrawn_at is null")),
    Index("ix_assertion_a_id_withdrawn", "a_id", postgresql_where=text("withdrawn_at is not null")),
    Index("ix_assertion_b_id_withdrawn", "b_id", postgresql_where=text("withdrawn_at is not null")),
    Index("ix_assertion_act_id", "act_id", postgresql_where=text("act_id is not null")),
)

link = Table(
    "link",
    metadata,
    numbered(),
    of_record("record_id"),
    Column("golden_id", Uuid, ForeignKey("golden_identity.id"), nullable=False),
    time("since"),
    time("until", null=True),
    Column("contested", Boolean, nullable=False, server_default=text("false")),
    Column("reason", JSONB, nullable=False),
    Column("authority", Text, nullable=False),  # the record's, which never changes
    CheckConstraint("until >= since", name="ends_after_it_begins"),
    Index(  # whom one authority has under several numbers, without reading its records
        "ix_link_numbering",
        "authority",
        "golden_id",
        postgresql_include=["record_id"],
        postgresql_where=text("until is null and not contested"),
    ),
)
# A source record is linked to exactly one golden identity at any moment.
Index("uq_link_record_id", link.c.record_id, unique=True, postgresql_where=text("until is null"))
# Whole, not in halves by `until`: of two halves the planner uses none for who asks for all times.
Index("ix_link_golden_id", link.c.golden_id)
Index("ix_link_record_id", link.c.record_id)
