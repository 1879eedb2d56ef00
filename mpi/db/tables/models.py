"""Matching models, their reigns and proposals; what dashboards show."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mpi.db.tables.columns import metadata, numbered, time

# Every model that has weighed the index or was proposed for it, to the letter: its fingerprint is of the text.
model = Table(
    "model",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("document", JSON, nullable=False),
    time("added_at"),
)

model_reign = Table(
    "model_reign",
    metadata,
    numbered(),
    Column("fingerprint", Text, ForeignKey("model.fingerprint"), nullable=False),
    time("since"),
    time("until", null=True),
    Column("begun_by", Text, nullable=False),
    Column("proposal_id", BigInteger, ForeignKey("model_proposal.id")),  # that was rolled out
    Column("restores", BigInteger, ForeignKey("model_reign.id")),  # the reign that a roll-back has gone back to
    Column("last_link", BigInteger, nullable=False, server_default=text("0")),  # the newest before it began
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("proposal_id"),
    CheckConstraint("until >= since", name="ends_after_it_begins"),
    CheckConstraint("proposal_id is null or restores is null", name="out_or_back"),
)
# One model is in force at any moment.
Index(
    "uq_model_reign_now",
    model_reign.c.until.is_(None),
    unique=True,
    postgresql_where=text("until is null"),
)

model_proposal = Table(
    "model_proposal",
    metadata,
    numbered(),
    Column("fingerprint", Text, ForeignKey("model.fingerprint"), nullable=False),
    Column("base", Text, ForeignKey("model.fingerprint"), nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    time("made_at"),
    Column("answered_by", Text, nullable=False, server_default=""),
    time("answered_at", null=True),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("state in ('proposed', 'approved', 'declined')", name="state"),
    CheckConstraint(
        "(state = 'proposed') = (answered_by = '') and answered_by <> made_by", name="answered_by_another"
    ),
)

# The unanswered tasks that a roll-out has withdrawn, for the way back.
model_reign_task = Table(
    "model_reign_task",
    metadata,
    Column("reign_id", BigInteger, ForeignKey("model_reign.id"), nullable=False),
    Column("task_id", BigInteger, ForeignKey("task.id"), nullable=False),
    # Of one that somebody held nothing is known yet: it is open again.
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("reign_id", "task_id"),
    CheckConstraint("state in ('open', 'deferred')", name="state"),
)

# What a proposal would change, numbered in an order that chance made: from the first on it is a fair sample.
model_change = Table(
    "model_change",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("model_proposal.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("judgement", Text),
    Column("judged_by", Text, nullable=False, server_default=""),
    time("judged_at", null=True),
    PrimaryKeyConstraint("proposal_id", "number"),
    CheckConstraint("kind in ('merge', 'split', 'held', 'freed')", name="kind"),
    CheckConstraint("judgement in ('better', 'worse', 'unsure')", name="judgement"),
    CheckConstraint("(judgement is null) = (judged_by = '')", name="judged_by_somebody"),
    Index("ix_model_change_unjudged", "proposal_id", "number", postgresql_where=text("judgement is null")),
)

# What dashboards show, counted in the background: nobody's look at a page counts ten million rows.
dashboard = Table(
    "dashboard",
    metadata,
    Column("name", Text, primary_key=True),
    time("at"),
    Column("content", JSONB, nullable=False),
)
