"""Who looked and acted, and who is signed in."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.tables.columns import metadata, numbered, time

audit = Table(
    "audit",
    metadata,
    numbered(),
    time("at"),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("detail", JSONB, nullable=False),
    # Whom it is about stands first. What feeds send is most of the trail, and no look at anybody.
    Index("ix_audit_subject", text("(subjects[1])"), "id", postgresql_where=text("role <> 'feed'")),
)

# What counts once: sessions that were signed out of, launches already used; kept for as long as they would have held.
spent_word = Table(
    "spent_word",
    metadata,
    Column("word", Text, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
    Index("ix_spent_word_until", "until"),
)

# Whom an OpenID provider has told us of. What they are called here stays as it was first, whatever name they take.
account = Table(
    "account",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_account_seen", "seen_at"),
)

# Their sessions at the pages, as long as they may last; without its row a session is over.
provider_session = Table(
    "provider_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("held", JSONB, nullable=False),
    Column("selected", Text, nullable=False),
    Column("urid", Text, nullable=False),  # for NHSD-Session-URID
    Column("provider_session", Text, nullable=False),
    Column("acr", Text, nullable=False),
    Column("authenticated_at", DateTime(timezone=True)),
    Column("id_token", Text, nullable=False),
    Column("end_session", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Index("ix_provider_session_subject", "issuer", "subject"),
    Index("ix_provider_session_until", "until"),
)
