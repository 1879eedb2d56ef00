"""what was said of imaging orders, and the orders as they stand

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXTS = ("filler", "accession", "placer", "procedure", "study_uid")
_STATUSES = "'ordered', 'scheduled', 'in-progress', 'completed', 'cancelled', 'discontinued'"
_NEW_EVENTS = "'study-ordered', 'order-changed', 'report-changed'"


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    op.create_table(
        "imaging_order",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("record_id", sa.BigInteger, sa.ForeignKey("source_record.id"), nullable=False),
        _text("kind"),
        _text("number"),
        sa.Column("said", postgresql.JSONB, nullable=False),
        sa.Column("begun", postgresql.JSONB, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        *map(_text, _TEXTS),
        sa.Column("codes", postgresql.JSONB, nullable=False),
        _text("modality"),
        _text("body_site"),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        _text("status"),
        _text("report_status"),
        _text("organisation"),
        sa.Column("stated_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("record_id", "kind", "number", name=op.f("uq_imaging_order_record_id_kind_number")),
        sa.CheckConstraint("kind in ('filler', 'accession', 'placer')", name="kind_is_known"),
        sa.CheckConstraint(f"status in ({_STATUSES})", name="status_is_known"),
        sa.CheckConstraint(
            "report_status in ('', 'preliminary', 'final', 'corrected', 'cancelled')", name="report_status_is_known"
        ),
    )
    op.create_index(
        "ix_imaging_order_study_uid",
        "imaging_order",
        ["study_uid"],
        postgresql_where=sa.text("stands and study_uid <> ''"),
    )
    op.create_index(
        "ix_imaging_order_made_under",
        "imaging_order",
        [sa.text("coalesce(nullif(accession, ''), filler)")],
        postgresql_where=sa.text("stands"),
    )
    op.create_index("ix_study_record_id_accession", "study", ["record_id", "accession"])
    op.drop_index("ix_study_record_id", "study")


def downgrade() -> None:
    # An older version has no words for these events, and would tell nothing more from the first of them on.
    op.execute(f"delete from delivery where event_id in (select id from event where type in ({_NEW_EVENTS}))")
    # Nor for a subscription to them; one to nothing else ends, for to name no types is to ask for all.
    op.execute(f"delete from subscription where types <@ array[{_NEW_EVENTS}] and types <> '{{}}'")
    op.execute(f"update subscription set types = array(select t from unnest(types) t where t not in ({_NEW_EVENTS}))")
    op.create_index("ix_study_record_id", "study", ["record_id"])
    op.drop_index("ix_study_record_id_accession", "study")
    op.drop_table("imaging_order")
