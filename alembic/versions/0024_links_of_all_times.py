"""one index each over all links of a record and of a golden id: of two halves none serves who asks for all times

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NOW, _BEFORE = sa.text("until is null"), sa.text("until is not null")


def upgrade() -> None:
    for name in ("ix_link_golden_id", "ix_link_golden_history", "ix_link_history"):
        op.drop_index(name, table_name="link")
    op.create_index("ix_link_golden_id", "link", ["golden_id"])
    op.create_index("ix_link_record_id", "link", ["record_id"])


def downgrade() -> None:
    for name in ("ix_link_golden_id", "ix_link_record_id"):
        op.drop_index(name, table_name="link")
    op.create_index("ix_link_golden_id", "link", ["golden_id"], postgresql_where=_NOW)
    op.create_index("ix_link_golden_history", "link", ["golden_id"], postgresql_where=_BEFORE)
    op.create_index("ix_link_history", "link", ["record_id"], postgresql_where=_BEFORE)
