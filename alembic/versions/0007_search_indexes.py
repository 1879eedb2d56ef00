"""searches by name from indexes alone

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PATTERNS = {"family": "text_pattern_ops", "given": "text_pattern_ops"}
_RECORD, _OTHER = "ix_source_record_family", "ix_other_name_family"


def upgrade() -> None:
    op.drop_index(_RECORD, table_name="source_record")
    op.create_index(
        _RECORD,
        "source_record",
        ["family", "birth_date", "given", "id"],
        postgresql_ops=_PATTERNS,
        postgresql_where=sa.text("live"),
    )
    op.drop_index(_OTHER, table_name="other_name")
    op.create_index(_OTHER, "other_name", ["family", "given", "record_id"], postgresql_ops=_PATTERNS)


def downgrade() -> None:
    op.drop_index(_OTHER, table_name="other_name")
    op.create_index(_OTHER, "other_name", ["family"], postgresql_ops={"family": "text_pattern_ops"})
    op.drop_index(_RECORD, table_name="source_record")
    op.create_index(_RECORD, "source_record", ["family", "birth_date"], postgresql_ops={"family": "text_pattern_ops"})
