"""The tables. Constraints make the wrong state impossible: a record in two golden identities, a subsumed record
live, a study under two records. `alembic/versions` creates them; a test holds the two against each other.
"""

from __future__ import annotations

from mpi.db.tables.access import account, audit, provider_session, spent_word
from mpi.db.tables.columns import metadata
from mpi.db.tables.identity import (
    assertion,
    block_key,
    edge,
    golden_identity,
    link,
    other_name,
    source_record,
    source_update,
)
from mpi.db.tables.imaging import holding, imaging_order, imaging_order_past, study
from mpi.db.tables.messages import feed_day, feed_fault, feed_sequence, feed_traffic, message
from mpi.db.tables.models import dashboard, model, model_change, model_proposal, model_reign, model_reign_task
from mpi.db.tables.questions import (
    batch,
    batch_task,
    ruling,
    sample_answer,
    sample_pair,
    sample_round,
    sample_stratum,
    saved_filter,
    task,
)
from mpi.db.tables.telling import delivery, event, snapshot, subscription

__all__ = [
    "account",
    "assertion",
    "audit",
    "batch",
    "batch_task",
    "block_key",
    "dashboard",
    "delivery",
    "edge",
    "event",
    "feed_day",
    "feed_fault",
    "feed_sequence",
    "feed_traffic",
    "golden_identity",
    "holding",
    "imaging_order",
    "imaging_order_past",
    "link",
    "message",
    "metadata",
    "model",
    "model_change",
    "model_proposal",
    "model_reign",
    "model_reign_task",
    "other_name",
    "provider_session",
    "ruling",
    "sample_answer",
    "sample_pair",
    "sample_round",
    "sample_stratum",
    "saved_filter",
    "snapshot",
    "source_record",
    "source_update",
    "spent_word",
    "study",
    "subscription",
    "task",
]
