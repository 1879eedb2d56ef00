"""links by the numbering of their record, so that duplicates within one are found without reading every record

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("authority", sa.Text))
    op.execute("update link set authority = r.authority from source_record r where r.id = record_id")
    op.alter_column("link", "authority", nullable=False)
    op.create_index(
        "ix_link_numbering",
        "link",
        ["authority", "golden_id"],
        postgresql_include=["record_id"],
        postgresql_where=sa.text("until is null and not contested"),
    )
    # A year such as 9999 stands for no date; what was said of the order stays in `said`.
    op.execute("update imaging_order set starts_at = null where starts_at >= '2200-01-01Z'")


def downgrade() -> None:
    op.drop_index("ix_link_numbering", table_name="link")
    op.drop_column("link", "authority")
