"""Studies, what archives say of them, and orders."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.tables.columns import metadata, numbered, of_record, time

study = Table(
    "study",
    metadata,
    Column("study_uid", Text, primary_key=True),
    of_record("record_id"),  # exactly one: the record it was acquired under
    time("started_at", null=True),
    Column("modalities", ARRAY(Text), nullable=False),
    Column("body_site", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("archive", Text, nullable=False),
    Column("series", Integer, nullable=False),
    Column("instances", Integer, nullable=False),
    time("registered_at"),
    Column("procedures", JSONB, nullable=False, server_default=text("'[]'::jsonb")),  # codes, as its images give them
    Column("anatomy", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    CheckConstraint("study_uid ~ '^[0-9.]{1,64}$'", name="uid_is_a_uid"),
    Index("ix_study_record_id_accession", "record_id", "accession"),
)

# What archives say of a study; of one that is not known yet too, for they may speak of it first.
holding = Table(
    "holding",
    metadata,
    Column("study_uid", Text, primary_key=True),
    Column("availability", Text, nullable=False),
    Column("ae_title", Text, nullable=False),
    Column("archive", Text, nullable=False),
    time("at"),
)

# What was said of an order by one of its numbers (`mpi.domain.order_fold`), and the order as it is shown where it
# `stands` under that number. It hangs on a record as a study does.
imaging_order = Table(
    "imaging_order",
    metadata,
    numbered(),
    of_record("record_id"),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("said", JSONB, nullable=False),
    Column("begun", JSONB, nullable=False),
    Column("stands", Boolean, nullable=False),
    Column("filler", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("placer", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("study_uid", Text, nullable=False),
    Column("codes", JSONB, nullable=False),
    Column("modality", Text, nullable=False),
    Column("body_site", Text, nullable=False),
    time("starts_at", null=True),
    Column("status", Text, nullable=False),
    Column("report_status", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    time("stated_at", null=True),
    time("registered_at"),
    UniqueConstraint("record_id", "kind", "number"),
    CheckConstraint("kind in ('filler', 'accession', 'placer')", name="kind_is_known"),
    CheckConstraint(
        "status in ('ordered', 'scheduled', 'in-progress', 'completed', 'cancelled', 'discontinued')",
        name="status_is_known",
    ),
    CheckConstraint(
        "report_status in ('', 'preliminary', 'final', 'corrected', 'cancelled')", name="report_status_is_known"
    ),
    Index("ix_imaging_order_study_uid", "study_uid", postgresql_where=text("stands and study_uid <> ''")),
    Index("ix_imaging_order_filler", "filler", postgresql_where=text("stands and filler <> ''")),
    Index("ix_imaging_order_placer", "placer", postgresql_where=text("stands and placer <> ''")),
)
Index(
    "ix_imaging_order_made_under",
    func.coalesce(func.nullif(imaging_order.c.accession, text("''")), imaging_order.c.filler),
    postgresql_where=text("stands"),
)

imaging_order_past = Table(
    "imaging_order_past",
    metadata,
    # An order as it was shown until it changed, by what was said of it, by a merge or by the end of one: what `as_of`
    # reads. Of one that was changed before there was this table only the last of its states is known, and is taken
    # for what it was from the start.
    Column("order_id", BigInteger, ForeignKey("imaging_order.id"), primary_key=True),
    Column("until", DateTime(timezone=True), primary_key=True, server_default=func.clock_timestamp()),
    Column("shown", JSONB, nullable=False),
)
