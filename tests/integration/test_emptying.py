"""A database that one test leaves to the next is as good as new, or it is another one."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.emptying import Emptied
from tests.integration.core.world import World, register


@pytest.fixture
def databases(template_url: str, worker_id: str) -> Iterator[Emptied]:
    made = Emptied(template_url, (f"again_{worker_id}_{number}" for number in range(9)))
    yield made
    made.drop()


def connect(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def test_rows_are_gone_and_numbers_begin_anew(databases: Emptied) -> None:
    url = databases.given()
    for _ in range(2):
        assert databases.given() == url
        world = World.over(url)
        assert world.send(register("BOL|1", 1)).message_id == 1
        assert world.count("audit") == 1
        databases.taken_back()
        assert (world.count("source_record"), world.count("audit")) == (0, 0)
        world.close()


@pytest.mark.parametrize(
    "more",
    [
        "create table another ()",
        "alter table link disable trigger all",
        "alter table source_record add check (value <> '')",
        "drop index ix_source_record_family",
        "create function meddle() returns int language sql as 'select 1'",
        "alter database {name} set default_transaction_read_only = on",
        "analyze audit",
    ],
)
def test_after_more_than_a_change_of_rows_it_is_another(databases: Emptied, more: str) -> None:
    url = databases.given()
    World.over(url).send(register("BOL|1", 1))
    with connect(url) as connection:
        connection.execute(more.format(name=connection.info.dbname))
    databases.taken_back()
    assert databases.given() != url


def test_who_is_left_connected_is_not(databases: Emptied) -> None:
    with connect(databases.given()) as left:
        databases.taken_back()
        with pytest.raises(psycopg.OperationalError):
            left.execute("select 1")
