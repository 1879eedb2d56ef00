"""further and former names, to be found by

Revision ID: 0006
Revises: 0005
"""

from itertools import product

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BATCH = 5000


def upgrade() -> None:
    op.create_table(
        "other_name",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["source_record.id"], name=op.f("fk_other_name_record_id")),
        sa.PrimaryKeyConstraint("record_id", "family", "given", name=op.f("pk_other_name")),
    )
    op.create_index("ix_other_name_family", "other_name", ["family"], postgresql_ops={"family": "text_pattern_ops"})
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """From the records as version 0005 holds them: names are [[[family, given, ...], ...], stamp, past]."""
    records = sa.text(
        """select id, registers -> 'names' as names from source_record where id > :after
           and (jsonb_array_length(registers -> 'names') > 2
                or jsonb_path_exists(registers, '$.names[0][1]'))
           order by id limit :batch"""
    )
    insert = sa.text("insert into other_name (record_id, family, given) values (:record_id, :family, :given)")
    after = 0
    while rows := connection.execute(records, {"after": after, "batch": _BATCH}).all():
        after = rows[-1].id
        if told := [
            {"record_id": row.id, "family": family, "given": given}
            for row in rows
            for family, given in sorted(_others(row.names))
        ]:
            connection.execute(insert, told)


def _others(cell: list) -> set[tuple[str, str]]:
    told = cell[0] or []
    first = told[0] if told else ["", ""]
    names = [*told, *(name for value, _ in (cell[2] if len(cell) > 2 else []) for name in value)]
    families = {name[0].upper() for name in names if name[0]} or {""}
    givens = {name[1].upper() for name in names if name[1]} or {""}
    return set(product(families, givens)) - {(first[0].upper(), first[1].upper()), ("", "")}


def downgrade() -> None:
    op.drop_index("ix_other_name_family", table_name="other_name")
    op.drop_table("other_name")
