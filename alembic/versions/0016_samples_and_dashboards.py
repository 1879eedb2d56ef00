"""blind samples among the review tasks, and the counts that dashboards show

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OPEN = sa.text("state in ('open', 'claimed', 'deferred')")
_NOW = sa.text("clock_timestamp()")
_BEFORE = """-2 * case kind when 'nhs-number-confusion' then 4 when 'overlay' then 4 when 'nhs-number-duplicate' then 3
 when 'contested-link' then 3 when 'possible-match' then 1 else 2 end - least(studies, 1)"""
_PLACE = """-2 * case kind when 'nhs-number-confusion' then 4 when 'overlay' then 4 when 'nhs-number-duplicate' then 3
 when 'contested-link' then 3 when 'possible-match' then 1 when 'blind-sample' then 1 else 2 end
 - least(studies, 1)"""


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=_NOW)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def upgrade() -> None:
    op.create_table(
        "sample_round",
        _id(),
        sa.Column("made_by", sa.Text, nullable=False),
        _time("made_at"),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("pairs", sa.BigInteger, nullable=False),
        sa.Column("share", sa.REAL, nullable=False),
    )
    op.create_table(
        "sample_stratum",
        sa.Column("round_id", sa.BigInteger, sa.ForeignKey("sample_round.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("joined", sa.Boolean, nullable=False),
        sa.Column("compared", sa.Boolean, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("round_id", "number"),
    )
    op.create_table(
        "sample_pair",
        _id(),
        sa.Column("round_id", sa.BigInteger, nullable=False),
        sa.Column("stratum", sa.Integer, nullable=False),
        sa.Column("a_id", sa.BigInteger, sa.ForeignKey("source_record.id"), nullable=False),
        sa.Column("b_id", sa.BigInteger, sa.ForeignKey("source_record.id"), nullable=False),
        sa.Column("weight", sa.REAL, nullable=False),
        sa.Column("readers", sa.Integer, nullable=False),
        sa.Column("groups", postgresql.JSONB, nullable=False),
        sa.ForeignKeyConstraint(["round_id", "stratum"], ["sample_stratum.round_id", "sample_stratum.number"]),
        sa.UniqueConstraint("round_id", "a_id", "b_id"),
        sa.CheckConstraint("readers in (1, 2)", name=op.f("ck_sample_pair_readers")),
    )
    op.add_column("task", sa.Column("sample_id", sa.BigInteger, sa.ForeignKey("sample_pair.id")))
    op.create_check_constraint(
        op.f("ck_task_sample_is_blind"), "task", "(kind = 'blind-sample') = (sample_id is not null)"
    )
    op.create_table(
        "sample_answer",
        sa.Column("pair_id", sa.BigInteger, sa.ForeignKey("sample_pair.id"), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("pair_id", "reader"),
        sa.CheckConstraint("answer in ('same', 'different', 'unsure', 'seen')", name=op.f("ck_sample_answer_answer")),
    )
    op.create_table(
        "dashboard",
        sa.Column("name", sa.Text, primary_key=True),
        _time("at"),
        sa.Column("content", postgresql.JSONB, nullable=False),
    )
    op.create_table(
        "feed_traffic",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "day"),
    )
    _order(_PLACE)


def downgrade() -> None:
    op.execute("delete from task where kind = 'blind-sample'")
    for table in ("feed_traffic", "dashboard", "sample_answer"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_task_sample_is_blind"), "task")
    op.drop_column("task", "sample_id")
    for table in ("sample_pair", "sample_stratum", "sample_round"):
        op.drop_table(table)
    _order(_BEFORE)


def _order(place: str) -> None:
    """A generated column cannot be altered on every server this runs on: it is made anew, with its index."""
    op.drop_index("ix_task_worklist", table_name="task")
    op.drop_column("task", "place")
    op.add_column("task", sa.Column("place", sa.Integer(), sa.Computed(place, persisted=True)))
    op.create_index("ix_task_worklist", "task", ["place", sa.text("(- weight)"), "id"], postgresql_where=_OPEN)
