"""consumers of PIX and PDQ

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CONSUMERS = sa.text("url like 'mllp:%'")


def upgrade() -> None:
    op.add_column("subscription", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("uq_subscription_consumer", "subscription", ["url"], unique=True, postgresql_where=CONSUMERS)
    op.create_table(
        "snapshot",
        sa.Column("pointer", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("pointer", name=op.f("pk_snapshot")),
    )
    op.create_index("ix_snapshot_owner", "snapshot", ["owner", "tag"], unique=False)
    op.create_index("ix_snapshot_expires_at", "snapshot", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_snapshot_expires_at", table_name="snapshot")
    op.drop_index("ix_snapshot_owner", table_name="snapshot")
    op.drop_table("snapshot")
    op.drop_index("uq_subscription_consumer", table_name="subscription", postgresql_where=CONSUMERS)
    op.execute("delete from subscription where url like 'mllp:%'")  # an older version would call them as webhooks
    op.drop_column("subscription", "stopped_at")
