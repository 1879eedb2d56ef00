"""indexes for looking back: who saw a person, and what was said of records and taken back since

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_PAST = sa.text("withdrawn_at is not null")


def upgrade() -> None:
    # What feeds send is most of the trail, and no look at anybody.
    people = sa.text("role <> 'feed'")
    op.create_index("ix_audit_subject", "audit", [sa.text("(subjects[1])"), "id"], postgresql_where=people)
    for end in ("a_id", "b_id"):
        op.create_index(f"ix_assertion_{end}_withdrawn", "assertion", [end], postgresql_where=_PAST)


def downgrade() -> None:
    for end in ("a_id", "b_id"):
        op.drop_index(f"ix_assertion_{end}_withdrawn", "assertion")
    op.drop_index("ix_audit_subject", "audit")
