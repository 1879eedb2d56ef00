"""lifting a do-not-link needs two people: who has asked for it

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assertion", sa.Column("lift_asked_by", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("assertion", "lift_asked_by")
