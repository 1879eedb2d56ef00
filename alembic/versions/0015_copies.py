"""refused messages sent again, as they were or mended, or settled without

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY = ["control_id", "application", "facility", "digest"]
_KEYED = sa.text("control_id <> ''")
_CHECKS = {
    "copy_made_by_somebody": "(original_id is null) = (made_by = '')",
    "settled_with_a_word": "(settled_at is null) = (settlement = '')",
}


def upgrade() -> None:
    op.add_column("message", sa.Column("original_id", sa.BigInteger))
    op.create_foreign_key(op.f("fk_message_original_id"), "message", "message", ["original_id"], ["id"])
    op.add_column("message", sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("message", sa.Column("settled_at", sa.DateTime(timezone=True)))
    for name in ("made_by", "settled_by", "settlement"):
        op.add_column("message", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_message_{name}"), "message", condition)
    op.drop_index("uq_message_key", "message")
    op.create_index("uq_message_key", "message", [*_KEY, "attempt"], unique=True, postgresql_where=_KEYED)
    waiting = sa.text("fault <> '' and settled_at is null and original_id is null")
    op.create_index("ix_message_waiting", "message", ["id"], postgresql_where=waiting)
    copies = sa.text("original_id is not null")
    op.create_index("ix_message_original_id", "message", ["original_id"], postgresql_where=copies)


def downgrade() -> None:
    # An older version knows one message for a key: of several attempts the last keeps it, as the one that counts.
    op.execute(
        """update message m set control_id = '' where control_id <> '' and exists (select from message n
           where (n.control_id, n.application, n.facility, n.digest)
             = (m.control_id, m.application, m.facility, m.digest) and n.attempt > m.attempt)"""
    )
    for name in ("ix_message_original_id", "ix_message_waiting", "uq_message_key"):
        op.drop_index(name, "message")
    op.create_index("uq_message_key", "message", _KEY, unique=True, postgresql_where=_KEYED)
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_message_{name}"), "message")
    for name in ("settlement", "settled_by", "settled_at", "attempt", "made_by", "original_id"):
        op.drop_column("message", name)
