"""The columns that tables share, and the names that their constraints take."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    MetaData,
    func,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def numbered() -> Column[int]:
    """The key of a table whose rows are counted."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def time(name: str, *, null: bool = False) -> Column[object]:
    """A moment, by default that of the statement."""
    default = None if null else func.clock_timestamp()
    return Column(name, DateTime(timezone=True), nullable=null, server_default=default)


def of_record(name: str, *, null: bool = False) -> Column[int]:
    """The source record that a row is about."""
    return Column(name, BigInteger, ForeignKey("source_record.id"), nullable=null)
