"""orders as they were shown at a time and looked for by any number, and the codes of studies

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'[]'::jsonb")
_NOW = sa.text("clock_timestamp()")
# Of an order that is known already: when the first of what is told of it was received. How it stood before it was
# changed for the last time is not known.
_KNOWN_SINCE = """update imaging_order o set registered_at = m.received_at from message m
 where m.id = (o.begun ->> 3)::bigint"""


def upgrade() -> None:
    op.add_column(
        "imaging_order",
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
    )
    op.execute(_KNOWN_SINCE)
    op.create_table(
        "imaging_order_past",
        sa.Column("order_id", sa.BigInteger, sa.ForeignKey("imaging_order.id"), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), primary_key=True, server_default=_NOW),
        sa.Column("shown", postgresql.JSONB, nullable=False),
    )
    for number in ("filler", "placer"):
        op.create_index(
            f"ix_imaging_order_{number}",
            "imaging_order",
            [number],
            postgresql_where=sa.text(f"stands and {number} <> ''"),
        )
    for codes in ("procedures", "anatomy"):
        op.add_column("study", sa.Column(codes, postgresql.JSONB, nullable=False, server_default=_EMPTY))


def downgrade() -> None:
    for codes in ("anatomy", "procedures"):
        op.drop_column("study", codes)
    for number in ("placer", "filler"):
        op.drop_index(f"ix_imaging_order_{number}", "imaging_order")
    op.drop_table("imaging_order_past")
    op.drop_column("imaging_order", "registered_at")
