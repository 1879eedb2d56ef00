"""models: the one in force, proposals, what they would change, and what reviewers say of that

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    default = None if null else sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null, server_default=default)


def upgrade() -> None:
    op.create_table(
        "model",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        _time("added_at"),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_model")),
    )
    op.create_table(
        "model_reign",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        _time("since"),
        _time("until", null=True),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_reign")),
        sa.ForeignKeyConstraint(
            ["fingerprint"], ["model.fingerprint"], name=op.f("fk_model_reign_fingerprint_model")
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_model_reign_ends_after_it_begins")),
    )
    op.create_index(
        "uq_model_reign_now",
        "model_reign",
        [sa.text("(until is null)")],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "model_proposal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        _time("made_at"),
        sa.Column("answered_by", sa.Text(), nullable=False, server_default=""),
        _time("answered_at", null=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_proposal")),
        sa.ForeignKeyConstraint(
            ["fingerprint"], ["model.fingerprint"], name=op.f("fk_model_proposal_fingerprint_model")
        ),
        sa.ForeignKeyConstraint(["base"], ["model.fingerprint"], name=op.f("fk_model_proposal_base_model")),
        sa.CheckConstraint("state in ('proposed', 'approved', 'declined')", name=op.f("ck_model_proposal_state")),
        sa.CheckConstraint(
            "(state = 'proposed') = (answered_by = '') and answered_by <> made_by",
            name=op.f("ck_model_proposal_answered_by_another"),
        ),
    )
    op.create_table(
        "model_change",
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("judgement", sa.Text()),
        sa.Column("judged_by", sa.Text(), nullable=False, server_default=""),
        _time("judged_at", null=True),
        sa.PrimaryKeyConstraint("proposal_id", "number", name=op.f("pk_model_change")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["model_proposal.id"], name=op.f("fk_model_change_proposal_id_model_proposal")
        ),
        sa.CheckConstraint("kind in ('merge', 'split', 'held', 'freed')", name=op.f("ck_model_change_kind")),
        sa.CheckConstraint("judgement in ('better', 'worse', 'unsure')", name=op.f("ck_model_change_judgement")),
        sa.CheckConstraint("(judgement is null) = (judged_by = '')", name=op.f("ck_model_change_judged_by_somebody")),
    )
    op.create_index(
        "ix_model_change_unjudged",
        "model_change",
        ["proposal_id", "number"],
        postgresql_where=sa.text("judgement is null"),
    )


def downgrade() -> None:
    for table in ("model_change", "model_proposal", "model_reign", "model"):
        op.drop_table(table)
