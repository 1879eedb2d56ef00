"""models are rolled out and back: writers hold the one they weigh by, and a reign says how it began

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Statement by statement, not in one: only what follows the lock sees what whoever held it has committed.
_CHECK = """create function check_model(known text) returns boolean language plpgsql as $$
begin
  if known <> '' and exists (select from model_reign where until is null and fingerprint <> known) then
    raise exception 'another model is in force' using errcode = 'MPI02';
  end if;
  return true;
end $$"""
_HOLD = """create function hold_model(known text) returns boolean language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock_shared(5567189231764301) then
    raise exception 'the model is being changed' using errcode = 'MPI01';
  end if;
  return check_model(known);
end $$"""


def upgrade() -> None:
    op.execute(_CHECK)
    op.execute(_HOLD)
    op.add_column("model_reign", sa.Column("proposal_id", sa.BigInteger, sa.ForeignKey("model_proposal.id")))
    op.add_column("model_reign", sa.Column("restores", sa.BigInteger, sa.ForeignKey("model_reign.id")))
    op.add_column("model_reign", sa.Column("last_link", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("model_reign", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.create_unique_constraint(op.f("uq_model_reign_proposal_id"), "model_reign", ["proposal_id"])
    op.create_check_constraint(
        op.f("ck_model_reign_out_or_back"), "model_reign", "proposal_id is null or restores is null"
    )
    op.create_table(
        "model_reign_task",
        sa.Column("reign_id", sa.BigInteger, sa.ForeignKey("model_reign.id"), nullable=False),
        sa.Column("task_id", sa.BigInteger, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reign_id", "task_id"),
        sa.CheckConstraint("state in ('open', 'deferred')", name=op.f("ck_model_reign_task_state")),
    )


def downgrade() -> None:
    op.drop_table("model_reign_task")
    op.drop_constraint(op.f("ck_model_reign_out_or_back"), "model_reign")
    op.drop_constraint(op.f("uq_model_reign_proposal_id"), "model_reign")
    for column in ("reason", "last_link", "restores", "proposal_id"):
        op.drop_column("model_reign", column)
    op.execute("drop function hold_model(text)")
    op.execute("drop function check_model(text)")
