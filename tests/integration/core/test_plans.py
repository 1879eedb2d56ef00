"""What one person or record is asked about is looked up, however many others the index holds."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import text

import mpi.db
from mpi.db.prepared import Prepared
from mpi.domain.order_fold import OrderFilter
from mpi.domain.views import HistoryFilter
from mpi.domain.worklist import Wanted
from tests.integration.core.world import ADMINISTRATOR, World, of, register

_BIG = frozenset({"link", "source_record", "golden_identity", "study"})
_MANY = 30_000
_FILL = (
    "set local enable_hashjoin = on",
    "insert into golden_identity (id) select gen_random_uuid() from generate_series(1, {many})",
    """insert into source_record (authority, value, registers, keys, active, family)
       select 'CHR', 'P' || n, '{{}}', '{{}}', true, 'F' || n from generate_series(1, {many}) as n""",
    """insert into link (record_id, golden_id, authority, reason) select r.id, g.id, r.authority, '{{}}'
       from (select id, authority, row_number() over (order by id) as n from source_record where authority = 'CHR') r
       join (select id, row_number() over (order by id) as n from golden_identity) g on g.n = r.n""",
    """insert into study (study_uid, record_id, modalities, body_site, description, accession, organisation, archive,
         series, instances) select '1.2.' || id, id, '{{}}', '', '', 'A' || id, '', '', 1, 1 from source_record""",
)
# These read many rows because that is what they are asked: the highest number of a record, whole people at a time.
_WHOLE = frozenset({"samples._GREATEST"})


def modules() -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules of the stores: their names and what is in them."""
    for module in pkgutil.iter_modules(mpi.db.__path__):
        yield module.name, vars(importlib.import_module(f"mpi.db.{module.name}"))


def written() -> dict[str, Prepared]:
    """Every statement that is known when its module is read, by where it stands."""
    found = ((f"{module}.{name}", value) for module, held in modules() for name, value in held.items())
    return {place: value for place, value in found if isinstance(value, Prepared)}


def forget_made() -> None:
    """Let statements that are put together at run time be made anew."""
    for _, held in modules():
        for value in held.values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def reads_all(plan: dict[str, Any]) -> Iterator[str]:
    """The scans of big tables that no condition narrows."""
    scans = plan["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan"}
    if scans and plan["Relation Name"] in _BIG and "Index Cond" not in plan and not _is_partial(plan):
        yield f"{plan['Node Type']} of {plan['Relation Name']} {plan.get('Index Name', '')}".strip()
    for below in plan.get("Plans", ()):
        yield from reads_all(below)


def _is_partial(plan: dict[str, Any]) -> bool:
    """Whether the index holds only the few records that have been merged into others."""
    return bool(plan.get("Index Name") == "ix_source_record_subsumed_by")


def test_no_statement_of_a_use_case_reads_a_big_table_whole(world: World) -> None:
    world.tell(register("BOL|1", 1))
    then = datetime.now(UTC)
    with world.index.engine.begin() as connection:
        for statement in _FILL:
            connection.execute(text(statement.format(many=_MANY)))
    with world.index.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    forget_made()
    gc.collect()
    before = {id(one) for one in gc.get_objects() if isinstance(one, Prepared)}
    world.imaging.history(of("BOL|1"), ADMINISTRATOR)
    world.imaging.history(of("BOL|1"), ADMINISTRATOR, HistoryFilter(as_of=then))
    world.imaging.orders(of("BOL|1"), ADMINISTRATOR, OrderFilter(as_of=then))
    world.query.person_of(of("BOL|1"), ADMINISTRATOR, then)
    with world.index.units.begin(read_only=True) as unit:
        unit.worklist.count(Wanted(text="F1"), then, 10)
    made = [one for one in gc.get_objects() if isinstance(one, Prepared) and id(one) not in before]
    assert len(made) >= 4
    bad: dict[str, list[str]] = {}
    checked = 0
    with world.index.engine.connect() as connection:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for name, statement in (written() | {f"made {n}": one for n, one in enumerate(made)}).items():
            try:
                (plan,) = driver.execute(b"explain (generic_plan, format json) " + statement.sql).fetchone()  # type: ignore[misc]
            except psycopg.errors.SyntaxError:  # begin, commit: they have no plan
                driver.rollback()
                continue
            checked += 1
            if (found := list(reads_all(plan[0]["Plan"]))) and name not in _WHOLE:
                bad[name] = found
    assert checked > 150
    assert bad == {}
