"""people who sign in at an OpenID provider, and their sessions

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account")),
    )
    op.create_index("ix_account_seen", "account", ["seen_at"])
    op.create_table(
        "provider_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("held", postgresql.JSONB(), nullable=False),
        sa.Column("selected", sa.Text(), nullable=False),
        sa.Column("urid", sa.Text(), nullable=False),
        sa.Column("provider_session", sa.Text(), nullable=False),
        sa.Column("acr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True)),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("end_session", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_session")),
    )
    op.create_index("ix_provider_session_subject", "provider_session", ["issuer", "subject"])
    op.create_index("ix_provider_session_until", "provider_session", ["until"])


def downgrade() -> None:
    op.drop_table("provider_session")
    op.drop_table("account")
