"""sequence numbers of feeds

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_sequence",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("ck_feed_sequence_last_is_a_number")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_feed_sequence_message_id")),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_sequence")),
    )


def downgrade() -> None:
    op.drop_table("feed_sequence")
