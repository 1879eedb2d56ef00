"""the names of records that are live no longer, by which tasks about them are found without reading every record

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_source_record_past_family",
        "source_record",
        ["family"],
        postgresql_ops={"family": "text_pattern_ops"},
        postgresql_where=sa.text("not live"),
    )


def downgrade() -> None:
    op.drop_index("ix_source_record_past_family", table_name="source_record")
