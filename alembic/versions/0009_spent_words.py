"""words that count once: ended sessions, launches already used

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_spent_word")),
    )
    op.create_index("ix_spent_word_until", "spent_word", ["until"])


def downgrade() -> None:
    op.drop_table("spent_word")
