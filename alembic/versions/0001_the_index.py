"""the index

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "event", "source_update")  # promise 4: nothing is destroyed


def upgrade() -> None:
    op.execute(
        "create function refuse_change() returns trigger language plpgsql as "
        "$$ begin raise exception '% is append-only', tg_table_name; end $$"
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "golden_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(retired_at is null) = (successor is null)", name=op.f("ck_golden_identity_retired_has_successor")
        ),
        sa.CheckConstraint("successor <> id", name=op.f("ck_golden_identity_not_its_own_successor")),
        sa.ForeignKeyConstraint(["successor"], ["golden_identity.id"], name=op.f("fk_golden_identity_successor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_identity")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(fault = '') = (reason = '')", name=op.f("ck_message_fault_has_reason")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_message_digest_is_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_refused", "message", ["id"], unique=False, postgresql_where=sa.text("fault <> ''"))
    op.create_index(
        "uq_message_key",
        "message",
        ["control_id", "application", "facility", "digest"],
        unique=True,
        postgresql_where=sa.text("control_id <> ''"),
    )
    op.create_table(
        "source_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("registers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subsumed_by", sa.BigInteger(), nullable=True),
        sa.Column("borrowed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column(
            "live",
            sa.Boolean(),
            sa.Computed("coalesce(active, false) and subsumed_by is null", persisted=True),
            nullable=True,
        ),
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("encoded", sa.LargeBinary(), nullable=True),
        sa.Column("family", sa.Text(), server_default="", nullable=False),
        sa.Column("given", sa.Text(), server_default="", nullable=False),
        sa.Column("birth_date", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("authority <> '' and value <> ''", name=op.f("ck_source_record_identifier_is_whole")),
        sa.CheckConstraint("subsumed_by <> id", name=op.f("ck_source_record_not_subsumed_by_itself")),
        sa.ForeignKeyConstraint(["subsumed_by"], ["source_record.id"], name=op.f("fk_source_record_subsumed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint("authority", "value", name=op.f("uq_source_record_authority_value")),
    )
    op.create_index(
        "ix_source_record_birth_date",
        "source_record",
        ["birth_date"],
        unique=False,
        postgresql_where=sa.text("birth_date <> ''"),
    )
    op.create_index(
        "ix_source_record_family",
        "source_record",
        ["family", "birth_date"],
        unique=False,
        postgresql_ops={"family": "text_pattern_ops"},
    )
    op.create_index(
        "ix_source_record_subsumed_by",
        "source_record",
        ["subsumed_by"],
        unique=False,
        postgresql_where=sa.text("subsumed_by is not null"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_table(
        "assertion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("a_id", sa.BigInteger(), nullable=False),
        sa.Column("b_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("stamp", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subsumed_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "subsumed_id is null or (verdict = 'same' and subsumed_id in (a_id, b_id))",
            name=op.f("ck_assertion_a_merge_says_same"),
        ),
        sa.CheckConstraint("verdict in ('same', 'different')", name=op.f("ck_assertion_verdict")),
        sa.CheckConstraint(
            "(withdrawn_at is null) = (withdrawn_by is null)", name=op.f("ck_assertion_withdrawn_by_somebody")
        ),
        sa.CheckConstraint("a_id <> b_id", name=op.f("ck_assertion_two_records")),
        sa.ForeignKeyConstraint(["a_id"], ["source_record.id"], name=op.f("fk_assertion_a_id")),
        sa.ForeignKeyConstraint(["b_id"], ["source_record.id"], name=op.f("fk_assertion_b_id")),
        sa.ForeignKeyConstraint(["subsumed_id"], ["source_record.id"], name=op.f("fk_assertion_subsumed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assertion")),
    )
    op.create_index(
        "ix_assertion_a_id", "assertion", ["a_id"], unique=False, postgresql_where=sa.text("withdrawn_at is null")
    )
    op.create_index(
        "ix_assertion_b_id", "assertion", ["b_id"], unique=False, postgresql_where=sa.text("withdrawn_at is null")
    )
    op.create_table(
        "block_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["source_record.id"], name=op.f("fk_block_key_record_id")),
        sa.PrimaryKeyConstraint("key", "record_id", name=op.f("pk_block_key")),
    )
    op.create_table(
        "edge",
        sa.Column("a_id", sa.BigInteger(), nullable=False),
        sa.Column("b_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.REAL(), nullable=False),
        sa.Column("guards", sa.Integer(), nullable=False),
        sa.Column("joins", sa.Boolean(), nullable=False),
        sa.Column("pattern", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.CheckConstraint("a_id < b_id", name=op.f("ck_edge_ordered")),
        sa.CheckConstraint("not joins or guards = 0", name=op.f("ck_edge_a_guard_never_joins")),
        sa.ForeignKeyConstraint(["a_id"], ["source_record.id"], name=op.f("fk_edge_a_id")),
        sa.ForeignKeyConstraint(["b_id"], ["source_record.id"], name=op.f("fk_edge_b_id")),
        sa.PrimaryKeyConstraint("a_id", "b_id", name=op.f("pk_edge")),
    )
    op.create_index("ix_edge_b_id", "edge", ["b_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("old_golden_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("new_golden_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("identifiers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("studies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_event_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_new_golden_ids", "event", ["new_golden_ids"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_event_old_golden_ids",
        "event",
        ["old_golden_ids"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("old_golden_ids <> '{}'"),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("golden_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("until >= since", name=op.f("ck_link_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["golden_id"], ["golden_identity.id"], name=op.f("fk_link_golden_id")),
        sa.ForeignKeyConstraint(["record_id"], ["source_record.id"], name=op.f("fk_link_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index(
        "ix_link_golden_history", "link", ["golden_id"], unique=False, postgresql_where=sa.text("until is not null")
    )
    op.create_index(
        "ix_link_golden_id", "link", ["golden_id"], unique=False, postgresql_where=sa.text("until is null")
    )
    op.create_index(
        "ix_link_history", "link", ["record_id"], unique=False, postgresql_where=sa.text("until is not null")
    )
    op.create_index(
        "uq_link_record_id", "link", ["record_id"], unique=True, postgresql_where=sa.text("until is null")
    )
    op.create_table(
        "source_update",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("patch", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stamp", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_source_update_message_id")),
        sa.ForeignKeyConstraint(["record_id"], ["source_record.id"], name=op.f("fk_source_update_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_update")),
    )
    op.create_index("ix_source_update_record_id", "source_update", ["record_id"], unique=False)
    op.create_table(
        "study",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modalities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("body_site", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column(
            "registered_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("study_uid ~ '^[0-9.]{1,64}$'", name=op.f("ck_study_uid_is_a_uid")),
        sa.ForeignKeyConstraint(["record_id"], ["source_record.id"], name=op.f("fk_study_record_id")),
        sa.PrimaryKeyConstraint("study_uid", name=op.f("pk_study")),
    )
    op.create_index("ix_study_record_id", "study", ["record_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_delivery_event_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_delivery_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscription_id", "event_id", name=op.f("pk_delivery")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("a_id", sa.BigInteger(), nullable=False),
        sa.Column("b_id", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.REAL(), nullable=False),
        sa.Column("guards", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("standing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("assertion_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'claimed') = (claimed_by <> '') or state in ('deferred', 'decided', 'withdrawn')",
            name=op.f("ck_task_claimed_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'decided' or (decision is not null and decided_by <> '')",
            name=op.f("ck_task_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state in ('open', 'claimed', 'deferred', 'decided', 'withdrawn')", name=op.f("ck_task_state")
        ),
        sa.ForeignKeyConstraint(["a_id"], ["source_record.id"], name=op.f("fk_task_a_id")),
        sa.ForeignKeyConstraint(["assertion_id"], ["assertion.id"], name=op.f("fk_task_assertion_id")),
        sa.ForeignKeyConstraint(["b_id"], ["source_record.id"], name=op.f("fk_task_b_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_a_id", "task", ["a_id"], unique=False)
    op.create_index("ix_task_b_id", "task", ["b_id"], unique=False)
    op.create_index("ix_task_state", "task", ["state", "id"], unique=False)
    op.create_index(
        "uq_task_open",
        "task",
        ["kind", "a_id", "b_id"],
        unique=True,
        postgresql_where=sa.text("state in ('open', 'claimed', 'deferred')"),
    )

    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"drop trigger append_only on {table}")
    op.execute("drop function refuse_change()")
    op.drop_index(
        "uq_task_open", table_name="task", postgresql_where=sa.text("state in ('open', 'claimed', 'deferred')")
    )
    op.drop_index("ix_task_state", table_name="task")
    op.drop_index("ix_task_b_id", table_name="task")
    op.drop_index("ix_task_a_id", table_name="task")
    op.drop_table("task")
    op.drop_table("delivery")
    op.drop_index("ix_study_record_id", table_name="study")
    op.drop_table("study")
    op.drop_index("ix_source_update_record_id", table_name="source_update")
    op.drop_table("source_update")
    op.drop_index("uq_link_record_id", table_name="link", postgresql_where=sa.text("until is null"))
    op.drop_index("ix_link_history", table_name="link", postgresql_where=sa.text("until is not null"))
    op.drop_index("ix_link_golden_id", table_name="link", postgresql_where=sa.text("until is null"))
    op.drop_index("ix_link_golden_history", table_name="link", postgresql_where=sa.text("until is not null"))
    op.drop_table("link")
    op.drop_index(
        "ix_event_old_golden_ids",
        table_name="event",
        postgresql_using="gin",
        postgresql_where=sa.text("old_golden_ids <> '{}'"),
    )
    op.drop_index("ix_event_new_golden_ids", table_name="event", postgresql_using="gin")
    op.drop_table("event")
    op.drop_index("ix_edge_b_id", table_name="edge")
    op.drop_table("edge")
    op.drop_table("block_key")
    op.drop_index("ix_assertion_b_id", table_name="assertion", postgresql_where=sa.text("withdrawn_at is null"))
    op.drop_index("ix_assertion_a_id", table_name="assertion", postgresql_where=sa.text("withdrawn_at is null"))
    op.drop_table("assertion")
    op.drop_table("subscription")
    op.drop_index(
        "ix_source_record_subsumed_by",
        table_name="source_record",
        postgresql_where=sa.text("subsumed_by is not null"),
    )
    op.drop_index(
        "ix_source_record_family", table_name="source_record", postgresql_ops={"family": "text_pattern_ops"}
    )
    op.drop_index(
        "ix_source_record_birth_date", table_name="source_record", postgresql_where=sa.text("birth_date <> ''")
    )
    op.drop_table("source_record")
    op.drop_index("uq_message_key", table_name="message", postgresql_where=sa.text("control_id <> ''"))
    op.drop_index("ix_message_refused", table_name="message", postgresql_where=sa.text("fault <> ''"))
    op.drop_table("message")
    op.drop_table("golden_identity")
    op.drop_table("audit")
