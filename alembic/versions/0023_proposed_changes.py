"""changes of people that nobody asked for wait for a second person as tasks; alarms name their studies

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_WAITING = sa.text("proposal is not null and state in ('open', 'claimed', 'deferred')")


def upgrade() -> None:
    op.add_column("task", sa.Column("study_uids", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("task", sa.Column("proposal", postgresql.JSONB))
    op.add_column("task", sa.Column("people", postgresql.ARRAY(sa.BigInteger)))
    op.create_check_constraint(
        op.f("ck_task_change_is_proposed"), "task", "(kind = 'proposed-change') = (proposal is not null)"
    )
    op.create_check_constraint(op.f("ck_task_change_is_of_people"), "task", "(proposal is null) = (people is null)")
    op.create_index("ix_task_proposal", "task", ["id"], postgresql_where=_WAITING)


def downgrade() -> None:
    # An older version cannot read them; what was done of them stands by its statements, and who proposed it is in
    # the audit trail.
    op.execute("delete from model_reign_task where task_id in (select id from task where proposal is not null)")
    op.execute("delete from task where proposal is not null")
    op.drop_index("ix_task_proposal", table_name="task")
    op.drop_column("task", "study_uids")
    op.drop_column("task", "people")
    op.drop_column("task", "proposal")
