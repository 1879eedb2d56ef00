"""What people are asked and have answered: tasks, batches, blind samples, rulings."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from mpi.db.tables.columns import metadata, numbered, of_record, time

# A wrong identity on an image first, then where there are images, then the surest, then the oldest.
_PLACE = """-2 * case kind when 'nhs-number-confusion' then 4 when 'overlay' then 4 when 'nhs-number-duplicate' then 3
 when 'contested-link' then 3 when 'possible-match' then 1 when 'blind-sample' then 1 else 2 end
 - least(studies, 1)"""
task = Table(
    "task",
    metadata,
    numbered(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    of_record("a_id"),
    of_record("b_id"),
    Column("weight", REAL, nullable=False),
    Column("guards", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("standing", Boolean, nullable=False, server_default=text("false")),  # no evidence withdraws it
    time("created_at"),
    Column("claimed_by", Text, nullable=False, server_default=""),
    time("held_until", null=True),
    Column("proposed", Text),  # the answer that waits for a second person
    Column("proposed_by", Text, nullable=False, server_default=""),
    Column("studies", Integer, nullable=False, server_default="0"),  # that hang on the two records
    Column("place", Integer, Computed(_PLACE, persisted=True)),  # in the work list, the most urgent first
    Column("decision", Text),
    Column("comment", Text, nullable=False, server_default=""),
    Column("decided_by", Text, nullable=False, server_default=""),
    time("decided_at", null=True),
    Column("due", Date),
    Column("assertion_id", BigInteger, ForeignKey("assertion.id")),
    Column("sample_id", BigInteger, ForeignKey("sample_pair.id")),  # of a blind sample, shown as a possible match
    Column("pattern", LargeBinary),  # the comparison levels, of a possible match between two authorities
    Column("study_uids", ARRAY(Text), nullable=False, server_default="{}"),  # that an alarm is about
    Column("proposal", JSONB),  # of a proposed change
    Column("people", ARRAY(BigInteger)),  # whom it would change: the records of either as they were, 0 between
    CheckConstraint("state in ('open', 'claimed', 'deferred', 'decided', 'withdrawn')", name="state"),
    CheckConstraint("state <> 'decided' or (decision is not null and decided_by <> '')", name="decided_by_somebody"),
    CheckConstraint(
        "(state = 'claimed') = (claimed_by <> '') or state in ('deferred', 'decided', 'withdrawn')",
        name="claimed_by_somebody",
    ),
    CheckConstraint("(proposed is null) = (proposed_by = '')", name="proposed_by_somebody"),
    CheckConstraint("(kind = 'blind-sample') = (sample_id is not null)", name="sample_is_blind"),
    CheckConstraint("(kind = 'proposed-change') = (proposal is not null)", name="change_is_proposed"),
    CheckConstraint("(proposal is null) = (people is null)", name="change_is_of_people"),
    Index("ix_task_a_id", "a_id"),
    Index("ix_task_b_id", "b_id"),
    Index(
        "ix_task_proposal",
        "id",
        postgresql_where=text("proposal is not null and state in ('open', 'claimed', 'deferred')"),
    ),
)
Index(
    "ix_task_worklist",
    task.c.place,
    text("(- weight)"),
    task.c.id,
    postgresql_where=text("state in ('open', 'claimed', 'deferred')"),
)
# One open task for one question.
Index(
    "uq_task_open",
    task.c.kind,
    task.c.a_id,
    task.c.b_id,
    unique=True,
    postgresql_where=text("state in ('open', 'claimed', 'deferred')"),
)
Index("ix_task_state", task.c.state, task.c.id)
# What may be answered alike: nobody holds it, no guard, no study.
Index(
    "ix_task_group",
    task.c.pattern,
    task.c.weight,
    task.c.id,
    postgresql_where=text(
        "pattern is not null and state = 'open' and guards = 0 and studies = 0 and proposed is null"
    ),
)

# Tasks of one pattern, answered alike by a sample of them.
batch = Table(
    "batch",
    metadata,
    numbered(),
    Column("pattern", LargeBinary, nullable=False),
    Column("model", Text, nullable=False),
    Column("turn", Integer, nullable=False),  # of this pattern: two who open one at once make one
    Column("size", Integer, nullable=False),  # of the sample
    Column("seed", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    time("opened_at"),
    Column("decision", Text),
    Column("confirmed_by", Text, nullable=False, server_default=""),
    time("confirmed_at", null=True),
    Column("undone_by", Text, nullable=False, server_default=""),
    UniqueConstraint("pattern", "model", "turn"),
    CheckConstraint("decision in ('same', 'different')", name="decision"),
    CheckConstraint("confirmed_by <> opened_by", name="confirmed_by_a_second"),
    CheckConstraint(
        "(decision is null) = (confirmed_by = '') and (decision is null) = (confirmed_at is null)",
        name="decided_by_somebody",
    ),
)

batch_task = Table(
    "batch_task",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("batch.id"), nullable=False),
    Column("place", Integer, nullable=False),  # as it was drawn: the first are the sample
    Column("task_id", BigInteger, ForeignKey("task.id"), nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("batch_id", "place"),
    UniqueConstraint("batch_id", "task_id"),
    CheckConstraint("outcome in ('', 'sampled', 'answered', 'left', 'taken-back', 'kept')", name="outcome"),
    Index("ix_batch_task_outcome", "batch_id", "outcome", "place"),
)

# A stratified random sample of pairs, answered by reviewers who do not know that it is one.
sample_round = Table(
    "sample_round",
    metadata,
    numbered(),
    Column("made_by", Text, nullable=False),
    time("made_at"),
    Column("seed", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("records", BigInteger, nullable=False),  # looked at
    Column("pairs", BigInteger, nullable=False),  # of those records, drawn from
    Column("share", REAL, nullable=False),  # of samples among the possible matches in the work list
)

sample_stratum = Table(
    "sample_stratum",
    metadata,
    Column("round_id", BigInteger, ForeignKey("sample_round.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("joined", Boolean, nullable=False),  # were one person when drawn
    Column("compared", Boolean, nullable=False),  # share a blocking key
    Column("size", BigInteger, nullable=False),
    PrimaryKeyConstraint("round_id", "number"),
)

sample_pair = Table(
    "sample_pair",
    metadata,
    numbered(),
    Column("round_id", BigInteger, nullable=False),
    Column("stratum", Integer, nullable=False),
    of_record("a_id"),
    of_record("b_id"),
    Column("weight", REAL, nullable=False),
    Column("readers", Integer, nullable=False),  # how many people shall answer
    Column("groups", JSONB, nullable=False),  # sex, age band and ethnic category of either record when drawn
    ForeignKeyConstraint(["round_id", "stratum"], ["sample_stratum.round_id", "sample_stratum.number"]),
    UniqueConstraint("round_id", "a_id", "b_id"),
    CheckConstraint("readers in (1, 2)", name="readers"),
)

sample_answer = Table(
    "sample_answer",
    metadata,
    Column("pair_id", BigInteger, ForeignKey("sample_pair.id"), nullable=False),
    Column("reader", Text, nullable=False),
    Column("answer", Text, nullable=False),
    time("at"),
    PrimaryKeyConstraint("pair_id", "reader"),
    CheckConstraint("answer in ('same', 'different', 'unsure', 'seen')", name="answer"),
)

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("user", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    PrimaryKeyConstraint("user", "name"),
)

# What a reviewer said of an update that looked like an overlay.
ruling = Table(
    "ruling",
    metadata,
    numbered(),
    Column("update_id", BigInteger, ForeignKey("source_update.id"), nullable=False),
    Column("task_id", BigInteger, ForeignKey("task.id"), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    time("made_at"),
    time("withdrawn_at", null=True),
    Column("withdrawn_by", Text),
    Column("withdrawn_reason", Text),
    CheckConstraint("(withdrawn_at is null) = (withdrawn_by is null)", name="withdrawn_by_somebody"),
    Index("ix_ruling_task_id", "task_id"),
)
# An update is what it was ruled to be, and nothing else beside.
Index(
    "uq_ruling_update_id",
    ruling.c.update_id,
    unique=True,
    postgresql_where=text("withdrawn_at is null"),
)
