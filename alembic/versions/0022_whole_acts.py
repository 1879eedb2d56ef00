"""what a reviewer states in one act is told together, and taken back together

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Until now an act's statements were known by their stamp: all have one, to the microsecond.
_KNOWN = """update assertion a set act_id = f.id
 from (select min(id) as id, made_by, stamp from assertion where rank = 1 group by made_by, stamp having count(*) > 1) f
 where a.rank = 1 and a.made_by = f.made_by and a.stamp = f.stamp and a.id > f.id"""


def upgrade() -> None:
    op.add_column("assertion", sa.Column("act_id", sa.BigInteger, sa.ForeignKey("assertion.id")))
    op.execute(_KNOWN)
    op.create_index("ix_assertion_act_id", "assertion", ["act_id"], postgresql_where=sa.text("act_id is not null"))


def downgrade() -> None:
    op.drop_column("assertion", "act_id")
