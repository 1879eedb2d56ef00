"""subscriptions to studies by modality and body part, events that tell of the studies they touch, and how soon a
study can be had

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FILTERS = ("modalities", "body_sites")


def upgrade() -> None:
    for name in _FILTERS:
        none = sa.text("'{}'::text[]")
        op.add_column("subscription", sa.Column(name, postgresql.ARRAY(sa.Text), nullable=False, server_default=none))
    told = sa.Column("about", postgresql.JSONB, nullable=False, server_default=sa.text("'[]'::jsonb"))
    op.add_column("event", told)
    # Of a study that is not known yet too: an archive may speak of it first.
    op.create_table(
        "holding",
        sa.Column("study_uid", sa.Text, primary_key=True),
        sa.Column("availability", sa.Text, nullable=False),
        sa.Column("ae_title", sa.Text, nullable=False),
        sa.Column("archive", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
    )


def downgrade() -> None:
    # An older version knows no filters, and would tell these subscribers of everybody's studies.
    op.execute(
        "update subscription set stopped_at = clock_timestamp(), last_error = 'filters are not known any more'"
        " where modalities <> '{}' or body_sites <> '{}'"
    )
    op.drop_table("holding")
    op.drop_column("event", "about")
    for name in _FILTERS:
        op.drop_column("subscription", name)
