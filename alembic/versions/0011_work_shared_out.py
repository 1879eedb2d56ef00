"""tasks are held until a time, so that they can be given to somebody for days; filters that people keep

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("task", "claimed_at", new_column_name="held_until")
    op.execute("update task set held_until = held_until + interval '30 minutes' where held_until is not null")
    op.create_table(
        "saved_filter",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user", "name", name=op.f("pk_saved_filter")),
    )


def downgrade() -> None:
    op.drop_table("saved_filter")
    op.execute("update task set held_until = held_until - interval '30 minutes' where held_until is not null")
    op.alter_column("task", "held_until", new_column_name="claimed_at")
