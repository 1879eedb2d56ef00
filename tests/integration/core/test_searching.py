"""A search by demographics reads its index however its plan was made: the plan is made once, for any values."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from linkage.record import Sex
from mpi.db.records import _conditions, _search
from mpi.domain.views import SearchCriteria
from tests.integration.core.world import ADMINISTRATOR, World, person, register

EXACT = frozenset({"family", "given"})


def found(world: World, **criteria: Any) -> set[str]:
    people = world.query.search(SearchCriteria(**criteria), ADMINISTRATOR)
    return {str(one) for shown in people for one in shown.told}


@pytest.fixture
def four(world: World) -> World:
    rows = (
        ("BOL|1", "Smith", "Ann", "1954-03-07", Sex.FEMALE),
        ("BOL|2", "Smithson", "Anna", "1954-03-07", Sex.FEMALE),
        ("BOL|3", "Smít%h_", "Bo", "1971-01-01", Sex.MALE),
        ("BOL|4", "Öst", "Cy", "1980", Sex.UNKNOWN),
    )
    for identifier, family, given, born, sex in rows:
        world.tell(register(identifier, 1, person(family, given, born, sex, postcode="")))
    return world


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"family": "smith"}, {"BOL|1", "BOL|2"}),
        ({"family": "smith", "exact": EXACT}, {"BOL|1"}),
        ({"family": "Smi", "given": "ann", "exact": frozenset({"given"})}, {"BOL|1"}),
        ({"family": "Smi", "given": "ann"}, {"BOL|1", "BOL|2"}),
        ({"family": "SMÍT%H_"}, {"BOL|3"}),
        ({"family": "%"}, set()),
        ({"family": "_mith"}, set()),
        ({"family": "Ö"}, {"BOL|4"}),
        ({"birth_date": "1954-03-07"}, {"BOL|1", "BOL|2"}),
        ({"birth_date": "1954-03-07", "family": "Smiths"}, {"BOL|2"}),
        ({"birth_date": "1980"}, {"BOL|4"}),
        ({"family": "S", "sex": "male"}, {"BOL|3"}),
    ],
)
def test_ihe_31_a_search_means_its_criteria(four: World, criteria: dict[str, Any], expected: set[str]) -> None:
    assert found(four, **criteria) == expected


@pytest.mark.parametrize(
    ("criteria", "index", "condition"),
    [
        (SearchCriteria(family="SMI"), "ix_source_record_family", "family"),
        (SearchCriteria(family="SMITH", exact=EXACT), "ix_source_record_family", "family"),
        (SearchCriteria(birth_date="1954-03-07"), "ix_source_record_birth_date", "birth_date"),
    ],
)
def test_the_plan_of_any_value_looks_up_by_index(
    world: World, criteria: SearchCriteria, index: str, condition: str
) -> None:
    """What a pattern would be for is unknown when the plan is made: LIKE would read the whole index."""
    clauses, parameters = _conditions(criteria)
    statement = _search(tuple(clauses))
    values, _ = statement.bind(parameters)
    kinds = ", ".join("bigint" if isinstance(value, int) else "text" for value in values)
    told = ", ".join(str(value) if isinstance(value, int) else f"'{value}'" for value in values)
    with world.index.engine.connect() as connection:
        connection.exec_driver_sql(
            """insert into source_record (authority, value, registers, active, keys, family, given, birth_date)
               select 'BOL', g::text, '{}', true, '{}', 'N' || mod(g, 900), '',
                 to_char(date '1930-01-01' + mod(g, 9000), 'YYYY-MM-DD')
               from generate_series(1, 20000) g"""
        )
        connection.execute(text("analyze source_record"))
        connection.exec_driver_sql(f"prepare looking ({kinds}) as {statement.sql.decode()}")
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"explain execute looking ({told})"))
        connection.rollback()
    scan = plan[plan.index("CTE met") :]
    assert f"on {index}" in scan or f"using {index}" in scan, plan
    assert f"Index Cond: ({condition}" in scan or f"Index Cond: (({condition}" in scan, plan
