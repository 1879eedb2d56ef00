"""answers that need two people, claims that run out, and work in order of risk

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("state in ('open', 'claimed', 'deferred')")
_PLACE = """-2 * case kind when 'nhs-number-confusion' then 4 when 'overlay' then 4 when 'nhs-number-duplicate' then 3
 when 'contested-link' then 3 when 'possible-match' then 1 else 2 end - least(studies, 1)"""


def upgrade() -> None:
    op.add_column("task", sa.Column("claimed_at", sa.DateTime(timezone=True)))
    op.add_column("task", sa.Column("proposed", sa.Text()))
    op.add_column("task", sa.Column("proposed_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("task", sa.Column("studies", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("task", sa.Column("place", sa.Integer(), sa.Computed(_PLACE, persisted=True)))
    op.create_check_constraint(
        op.f("ck_task_proposed_by_somebody"), "task", "(proposed is null) = (proposed_by = '')"
    )
    op.execute("update task set claimed_at = clock_timestamp() where state = 'claimed'")
    op.execute(
        """update task t set studies = (select count(*) from study s where s.record_id in (t.a_id, t.b_id))
           where t.state in ('open', 'claimed', 'deferred')"""
    )
    op.create_index(
        "ix_task_worklist",
        "task",
        ["place", sa.text("(- weight)"), "id"],
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_task_worklist", table_name="task")
    op.drop_constraint(op.f("ck_task_proposed_by_somebody"), "task")
    for column in ("place", "studies", "proposed_by", "proposed", "claimed_at"):
        op.drop_column("task", column)
