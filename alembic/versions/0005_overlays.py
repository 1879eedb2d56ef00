"""the version of a record that waits for a reviewer after an overlay

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_record", sa.Column("pending", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_table(
        "ruling",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at is null) = (withdrawn_by is null)", name=op.f("ck_ruling_withdrawn_by_somebody")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_ruling_task_id")),
        sa.ForeignKeyConstraint(["update_id"], ["source_update.id"], name=op.f("fk_ruling_update_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
    )
    op.create_index("ix_ruling_task_id", "ruling", ["task_id"])
    op.create_index(
        "uq_ruling_update_id",
        "ruling",
        ["update_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )


def downgrade() -> None:
    op.drop_table("ruling")
    op.drop_column("source_record", "pending")
