"""Whatever is derived and does not follow from what was said is found (promise 2)."""

from __future__ import annotations

import pytest

from linkage.record import Name, NameUse
from mpi.domain.commands import Field
from tests.integration.core.world import World, person, register

TOLD = person(more={Field.NAMES: (Name("Okonkwo", "Adaeze"), Name("Bello", "Adaeze", use=NameUse.MAIDEN))})


COLUMNS = "search columns that differ from what the record says: BOL|1"
NAMES = "further names that differ from what the record says: BOL|1"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "update source_record set family = 'OKONKWA'",
            COLUMNS,
        ),
        ("update source_record set birth_date = ''", COLUMNS),
        ("update source_record set active = false", COLUMNS),
        ("delete from other_name", NAMES),
        (
            "insert into other_name select id, 'SMITH', 'JO' from source_record",
            NAMES,
        ),
        ("delete from block_key", "blocking keys that differ from their record's: BOL|1"),
    ],
)
def test_what_a_search_goes_by_is_compared_with_the_record(world: World, damage: str, said: str) -> None:
    """IHE-31: a person whom PDQ does not find is as lost as one nobody has registered."""
    world.tell(register("BOL|1", 1, TOLD))
    world.verify()
    with world.index.engine.begin() as connection:
        assert connection.exec_driver_sql(damage).rowcount >= 1
    assert said in [difference.subject for difference in world.index.verify.run().differences]
