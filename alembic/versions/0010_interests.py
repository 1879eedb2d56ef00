"""subscriptions to studies by modality and body part, and events that tell of the studies they touch

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


def downgrade() -> None:
    # An older version knows no filters, and would tell these subscribers of everybody's studies.
    op.execute(
        "update subscription set stopped_at = clock_timestamp(), last_error = 'filters are not known any more'"
        " where modalities <> '{}' or body_sites <> '{}'"
    )
    op.drop_column("event", "about")
    for name in _FILTERS:
        op.drop_column("subscription", name)
