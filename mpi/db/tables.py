"""The tables. Constraints make the wrong state impossible: a record in two golden identities, a subsumed record
live, a study under two records. `alembic/versions` creates them; a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _time(name: str, *, null: bool = False) -> Column[object]:
    default = None if null else func.clock_timestamp()
    return Column(name, DateTime(timezone=True), nullable=null, server_default=default)


def _record(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey("source_record.id"), nullable=null)


message = Table(
    "message",
    metadata,
    _id(),
    Column("feed", Text, nullable=False),
    Column("application", Text, nullable=False),
    Column("facility", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    _time("received_at"),
    Column("fault", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("location", Text, nullable=False, server_default=""),
    Column("original_id", BigInteger, ForeignKey("message.id")),  # what it is a copy of
    Column("made_by", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # 0 is the sender's own
    _time("settled_at", null=True),
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

golden_identity = Table(
    "golden_identity",
    metadata,
    Column("id", Uuid, primary_key=True),
    _time("created_at"),
    _time("retired_at", null=True),
    Column("successor", Uuid, ForeignKey("golden_identity.id")),
    CheckConstraint("(retired_at is null) = (successor is null)", name="retired_has_successor"),
    CheckConstraint("successor <> id", name="not_its_own_successor"),
)

source_record = Table(
    "source_record",
    metadata,
    _id(),
    Column("authority", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("registers", JSONB, nullable=False),
    Column("pending", JSONB(none_as_null=True)),  # after an overlay, the version that nobody has accepted
    _record("subsumed_by", null=True),
    Column("borrowed", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean),
    Column("live", Boolean, Computed("coalesce(active, false) and subsumed_by is null", persisted=True)),
    Column("keys", ARRAY(BigInteger), nullable=False),
    Column("encoded", LargeBinary),
    Column("family", Text, nullable=False, server_default=""),
    Column("given", Text, nullable=False, server_default=""),
    Column("birth_date", Text, nullable=False, server_default=""),
    _time("created_at"),
    _time("updated_at"),
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
    _record("record_id"),
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
    _id(),
    _record("record_id"),
    Column("message_id", BigInteger, ForeignKey("message.id")),
    Column("patch", JSONB, nullable=False),
    Column("stamp", JSONB, nullable=False),
    _time("at"),
    Index("ix_source_update_record_id", "record_id"),
)

block_key = Table(
    "block_key",
    metadata,
    Column("key", BigInteger, nullable=False),
    _record("record_id"),
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
    _id(),
    _record("a_id"),
    _record("b_id"),
    Column("verdict", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("stamp", JSONB, nullable=False),
    _record("subsumed_id", null=True),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _time("made_at"),
    _time("withdrawn_at", null=True),
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
    _id(),
    _record("record_id"),
    Column("golden_id", Uuid, ForeignKey("golden_identity.id"), nullable=False),
    _time("since"),
    _time("until", null=True),
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

# A wrong identity on an image first, then where there are images, then the surest, then the oldest.
_PLACE = """-2 * case kind when 'nhs-number-confusion' then 4 when 'overlay' then 4 when 'nhs-number-duplicate' then 3
 when 'contested-link' then 3 when 'possible-match' then 1 when 'blind-sample' then 1 else 2 end
 - least(studies, 1)"""
task = Table(
    "task",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    _record("a_id"),
    _record("b_id"),
    Column("weight", REAL, nullable=False),
    Column("guards", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("standing", Boolean, nullable=False, server_default=text("false")),  # no evidence withdraws it
    _time("created_at"),
    Column("claimed_by", Text, nullable=False, server_default=""),
    _time("held_until", null=True),
    Column("proposed", Text),  # the answer that waits for a second person
    Column("proposed_by", Text, nullable=False, server_default=""),
    Column("studies", Integer, nullable=False, server_default="0"),  # that hang on the two records
    Column("place", Integer, Computed(_PLACE, persisted=True)),  # in the work list, the most urgent first
    Column("decision", Text),
    Column("comment", Text, nullable=False, server_default=""),
    Column("decided_by", Text, nullable=False, server_default=""),
    _time("decided_at", null=True),
    Column("due", Date),
    Column("assertion_id", BigInteger, ForeignKey("assertion.id")),
    Column("sample_id", BigInteger, ForeignKey("sample_pair.id")),  # of a blind sample, shown as a possible match
    Column("pattern", LargeBinary),  # the comparison levels, of a possible match between two authorities
    Column("study_uids", ARRAY(Text), nullable=False, server_default="{}"),  # that an alarm is about
    Column("proposal", JSONB),  # of a proposed change
    Column("people", ARRAY(BigInteger)),  # the records of those it would change, as they were when it was proposed
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
    _id(),
    Column("pattern", LargeBinary, nullable=False),
    Column("model", Text, nullable=False),
    Column("turn", Integer, nullable=False),  # of this pattern: two who open one at once make one
    Column("size", Integer, nullable=False),  # of the sample
    Column("seed", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    _time("opened_at"),
    Column("decision", Text),
    Column("confirmed_by", Text, nullable=False, server_default=""),
    _time("confirmed_at", null=True),
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
    _id(),
    Column("made_by", Text, nullable=False),
    _time("made_at"),
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
    _id(),
    Column("round_id", BigInteger, nullable=False),
    Column("stratum", Integer, nullable=False),
    _record("a_id"),
    _record("b_id"),
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
    _time("at"),
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
    _id(),
    Column("update_id", BigInteger, ForeignKey("source_update.id"), nullable=False),
    Column("task_id", BigInteger, ForeignKey("task.id"), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _time("made_at"),
    _time("withdrawn_at", null=True),
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

study = Table(
    "study",
    metadata,
    Column("study_uid", Text, primary_key=True),
    _record("record_id"),  # exactly one: the record it was acquired under
    _time("started_at", null=True),
    Column("modalities", ARRAY(Text), nullable=False),
    Column("body_site", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("archive", Text, nullable=False),
    Column("series", Integer, nullable=False),
    Column("instances", Integer, nullable=False),
    _time("registered_at"),
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
    _time("at"),
)

# What was said of an order by one of its numbers (`mpi.domain.order_fold`), and the order as it is shown where it
# `stands` under that number. It hangs on a record as a study does.
imaging_order = Table(
    "imaging_order",
    metadata,
    _id(),
    _record("record_id"),
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
    _time("starts_at", null=True),
    Column("status", Text, nullable=False),
    Column("report_status", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    _time("stated_at", null=True),
    _time("registered_at"),
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

event = Table(
    "event",
    metadata,
    _id(),
    Column("type", Text, nullable=False),
    _time("at"),
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
    _id(),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    Column("secret", Text, nullable=False),
    Column("owner", Text, nullable=False),
    _time("created_at"),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    _time("due_at"),
    Column("last_error", Text, nullable=False, server_default=""),
    _time("stopped_at", null=True),  # the subscriber refused something for good: somebody must look
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
    _time("expires_at"),
    Index("ix_snapshot_owner", "owner", "tag"),
    Index("ix_snapshot_expires_at", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _time("at"),
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

# Every model that has weighed the index or was proposed for it, to the letter: its fingerprint is of the text.
model = Table(
    "model",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("document", JSON, nullable=False),
    _time("added_at"),
)

model_reign = Table(
    "model_reign",
    metadata,
    _id(),
    Column("fingerprint", Text, ForeignKey("model.fingerprint"), nullable=False),
    _time("since"),
    _time("until", null=True),
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
    _id(),
    Column("fingerprint", Text, ForeignKey("model.fingerprint"), nullable=False),
    Column("base", Text, ForeignKey("model.fingerprint"), nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    _time("made_at"),
    Column("answered_by", Text, nullable=False, server_default=""),
    _time("answered_at", null=True),
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
    _time("judged_at", null=True),
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
    _time("at"),
    Column("content", JSONB, nullable=False),
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
