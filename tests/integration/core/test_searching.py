"""A search by demographics reads its index however its plan was made: the plan is made once, for any values."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from linkage.record import Name, NameUse, Sex
from mpi.db.records import other_names
from mpi.db.searching import looking_for
from mpi.domain.commands import Field, Merge
from mpi.domain.views import SearchCriteria
from tests.integration.core.world import ADMINISTRATOR, World, at, of, person, register

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


MAIDEN = Name("Jones", use=NameUse.MAIDEN)


@pytest.fixture
def named(world: World) -> World:
    """Known by several names at once, by one after another, and by none any more."""
    several = (Name("Smith", "Mary", "Jane"), MAIDEN, Name("Smyth", "Molly"))
    world.tell(register("BOL|1", 1, person(more={Field.NAMES: several})))
    for minute, family in enumerate(("Ábell", "Ben-Ali", "Clerk")):
        world.tell(register("BOL|2", minute, person(family, "Nia", born="1971-01-01")))
    world.tell(register("BOL|3", 1, person("Dodd", "Joe", born="1980-01-01")))
    world.tell(register("BOL|3", 2, {Field.NAMES: None, Field.ACTIVE: True}))
    world.tell(register("BOL|4", 1, person("Jones", "Mary", born="1990-01-01")))
    return world


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"family": "jones", "exact": EXACT}, {"BOL|1", "BOL|4"}),
        ({"family": "jon"}, {"BOL|1", "BOL|4"}),
        ({"family": "jones", "given": "mary", "exact": EXACT}, {"BOL|1", "BOL|4"}),  # each parameter by any name
        ({"family": "smith", "given": "molly", "exact": EXACT}, {"BOL|1"}),
        ({"family": "smyth", "given": "mol"}, {"BOL|1"}),
        ({"family": "jones", "given": "jane", "exact": EXACT}, set()),
        ({"family": "jones", "birth_date": "1961-03-07"}, {"BOL|1"}),
        ({"given": "molly", "birth_date": "1961-03-07"}, {"BOL|1"}),
        ({"family": "ábell", "exact": EXACT}, {"BOL|2"}),
        ({"family": "ben-"}, {"BOL|2"}),
        ({"family": "clerk"}, {"BOL|2"}),
        ({"family": "dodd", "exact": EXACT}, {"BOL|3"}),
    ],
)
def test_ihe_31_further_and_former_names_find_the_person(
    named: World, criteria: dict[str, Any], expected: set[str]
) -> None:
    """At least all exact matches to the sent parameters, in whichever repetition of PID-5."""
    assert found(named, **criteria) == expected


def test_ihe_31_a_person_is_found_by_what_the_record_says_now(named: World) -> None:
    """A name that was never the patient's is forgotten with the merge that brought it, and comes back with it."""
    named.tell(register("BOL|5", 30, person("Elder", "Eve")), Merge(of("BOL|5"), of("BOL|2"), at(40)))
    named.tell(register("BOL|2", 50, person("Former", "Eve")))
    assert found(named, family="former") == found(named, family="elder")
    stored = named.rows(
        "select r.authority || '|' || r.value as i, n.family, n.given from other_name n"
        " join source_record r on r.id = n.record_id"
    )
    with named.index.units.begin(read_only=True) as unit:
        told = {(str(r.identifier), *n) for r in unit.scan.records() for n in other_names(r.registers.demographics)}
    assert {(row.i, row.family, row.given) for row in stored} == told
    assert len(told) >= 6


@pytest.mark.parametrize(
    ("criteria", "index", "condition"),
    [
        (SearchCriteria(family="SMI"), "ix_source_record_family", "family"),
        (SearchCriteria(family="SMITH", exact=EXACT), "ix_source_record_family", "family"),
        (SearchCriteria(family="SMI"), "ix_other_name_family", "family"),
        (SearchCriteria(family="SMITH", given="ANN", exact=EXACT), "ix_source_record_family", "family"),
        (SearchCriteria(family="SMITH", given="ANN", exact=EXACT), "ix_other_name_family", "family"),
        (SearchCriteria(birth_date="1954-03-07"), "ix_source_record_birth_date", "birth_date"),
    ],
)
def test_the_plan_of_any_value_looks_up_by_index(
    world: World, criteria: SearchCriteria, index: str, condition: str
) -> None:
    """What a pattern would be for is unknown when the plan is made: LIKE would read the whole index."""
    statement, parameters = looking_for(criteria)
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
        connection.exec_driver_sql(
            "insert into other_name select id, 'M' || mod(id, 900), '' from source_record where mod(id, 3) = 0"
        )
        connection.execute(text("analyze source_record, other_name"))
        connection.exec_driver_sql(f"prepare looking ({kinds}) as {statement.sql.decode()}")
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"explain execute looking ({told})"))
        connection.rollback()
    scan = plan[plan.index("CTE met") :]
    assert f"on {index}" in scan or f"using {index}" in scan, plan
    assert f"Index Cond: ({condition}" in scan or f"Index Cond: (({condition}" in scan, plan
