"""what arrives wrong from each feed

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_day",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("validated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "day", name=op.f("pk_feed_day")),
    )
    op.create_table(
        "feed_fault",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("field", sa.Integer(), nullable=False),
        sa.Column("component", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_seen <= last_seen", name=op.f("ck_feed_fault_first_before_last")),
        sa.CheckConstraint("found_by in ('reader', 'validator')", name=op.f("ck_feed_fault_found_by")),
        sa.PrimaryKeyConstraint(
            "feed", "day", "segment", "field", "component", "fault", "found_by", name=op.f("pk_feed_fault")
        ),
    )


def downgrade() -> None:
    op.drop_table("feed_fault")
    op.drop_table("feed_day")
