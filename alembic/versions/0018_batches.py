"""tasks that are answered alike by a sample of them

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_GROUPED = sa.text("pattern is not null and state = 'open' and guards = 0 and studies = 0 and proposed is null")
_FILL = """update task t set pattern = e.pattern
 from edge e, source_record a, source_record b
 where t.kind = 'possible-match' and t.state in ('open', 'claimed', 'deferred') and length(e.pattern) > 0
   and e.a_id = least(t.a_id, t.b_id) and e.b_id = greatest(t.a_id, t.b_id)
   and a.id = t.a_id and b.id = t.b_id and a.authority <> b.authority"""


def upgrade() -> None:
    op.add_column("task", sa.Column("pattern", sa.LargeBinary))
    op.execute(_FILL)
    op.create_index("ix_task_group", "task", ["pattern", "weight", "id"], postgresql_where=_GROUPED)
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("pattern", sa.LargeBinary, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.Column("decision", sa.Text),
        sa.Column("confirmed_by", sa.Text, nullable=False, server_default=""),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("pattern", "model", "turn"),
        sa.CheckConstraint("decision in ('same', 'different')", name=op.f("ck_batch_decision")),
        sa.CheckConstraint("confirmed_by <> opened_by", name=op.f("ck_batch_confirmed_by_a_second")),
        sa.CheckConstraint(
            "(decision is null) = (confirmed_by = '') and (decision is null) = (confirmed_at is null)",
            name=op.f("ck_batch_decided_by_somebody"),
        ),
    )
    op.create_table(
        "batch_task",
        sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("task_id", sa.BigInteger, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("batch_id", "place"),
        sa.UniqueConstraint("batch_id", "task_id"),
        sa.CheckConstraint(
            "outcome in ('', 'sampled', 'answered', 'left', 'taken-back', 'kept')", name=op.f("ck_batch_task_outcome")
        ),
    )
    op.create_index("ix_batch_task_outcome", "batch_task", ["batch_id", "outcome", "place"])


def downgrade() -> None:
    op.drop_table("batch_task")
    op.drop_table("batch")
    op.drop_index("ix_task_group", table_name="task")
    op.drop_column("task", "pattern")
