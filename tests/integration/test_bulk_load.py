"""Promise 2: the same feed by message or by bulk load ends in the same people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from benchmarks.residents import batches
from linkage.model import Model
from linkage.record import Address, Name, Sex
from mpi.db.bulk import BulkStores
from mpi.domain.access import Caller, Role
from mpi.domain.commands import Envelope, Field, NhsNumber, Rank, Register, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.record import Update
from mpi.domain.views import Study
from mpi.embedded import create_database, drop_database
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from mpi.main.compose import Index, TimeOrderedIds, compose
from mpi.networks import load_network
from mpi.simulate import snapshot
from mpi.usecases.bulk import Batch, BulkLoad, Loaded
from mpi.usecases.imaging import Imaging
from mpi.usecases.intake import Intake
from mpi.usecases.subscriptions import Subscriptions

ADMINISTRATOR = Caller("admin", Role.ADMINISTRATOR, "RMC")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@cache
def network() -> Network:
    return load_network("greater-manchester")


def index_over(url: str) -> Index:
    return compose(url, network(), Model.default())


def loader(index: Index, workers: int = 1) -> BulkLoad:
    stores = BulkStores(index.engine, index.matching.model.fingerprint)
    return BulkLoad(stores, index.matching, index.network, TimeOrderedIds(), workers)


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    made = index_over(database_url)
    yield made
    made.engine.dispose()


def update(value: str = "1", authority: str = "BOLTON", minute: int = 0, **more: Any) -> Update:
    said = {
        Field.NAMES: (Name("Okonkwo", "Adaeze"),),
        Field.BIRTH_DATE: "1961-03-07",
        Field.SEX: Sex.FEMALE,
        Field.ADDRESSES: (Address(("12 Ladybarn Lane",), "Manchester", "", "M13 9WL"),),
        Field.NHS_NUMBER: NhsNumber("9434765919", "01"),
        Field.ACTIVE: True,
    }
    at = NOON.replace(minute=minute)
    return Update(
        Identifier(authority, value), said | {Field(k): v for k, v in more.items()}, Stamp(Rank.FEED, at, at)
    )


def by_message(index: Index, updates: Sequence[Update]) -> None:
    """The same records through the use case that feeds call, one message each."""
    intake = Intake(index.units, index.rematch, index.network)
    feed_of = {authority: feed for feed in index.network.feeds for authority in feed.authorities}
    for number, told in enumerate(updates):
        feed = feed_of[told.addressed.authority]
        caller = Caller(f"feed/{feed.id}", Role.FEED, feed.organisation, feed=feed.id)
        envelope = Envelope(feed.id, feed.application, feed.facility, str(number), "A28", b"%d" % number)
        receipt = intake.register(envelope, [Register((told.addressed,), told.patch, told.stamp)], caller)
        assert receipt.fault == "", receipt.text


def rows(index: Index, statement: str) -> list[Any]:
    with index.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


NAMED = "(select id, authority || '|' || value as name from source_record)"


def partition(index: Index) -> set[frozenset[str]]:
    blocks: dict[Any, set[str]] = defaultdict(set)
    statement = f"select l.golden_id, r.name from link l join {NAMED} r on r.id = l.record_id where l.until is null"
    for golden_id, name in rows(index, statement):
        blocks[golden_id].add(name)
    return {frozenset(block) for block in blocks.values()}


def edges(index: Index) -> dict[frozenset[str], tuple[Any, ...]]:
    statement = f"""select a.name, b.name, e.weight, e.guards, e.joins, e.pattern, e.model
        from edge e join {NAMED} a on a.id = e.a_id join {NAMED} b on b.id = e.b_id"""
    return {frozenset((a, b)): tuple(said) for a, b, *said in rows(index, statement)}


def tasks(index: Index) -> set[tuple[Any, ...]]:
    statement = f"""select t.kind, a.name, b.name, t.guards, t.reason, t.standing
        from task t join {NAMED} a on a.id = t.a_id join {NAMED} b on b.id = t.b_id where t.state = 'open'"""
    return set(rows(index, statement))


def records(index: Index) -> dict[str, tuple[Any, ...]]:
    """Everything stored of a record but its ids and the order of arrival, which a bulk load has not."""
    columns = "active, borrowed, live, keys, encoded, family, given, birth_date, subsumed_by"
    statement = f"select authority || '|' || value, {columns} from source_record"
    found = {name: tuple(said) for name, *said in rows(index, statement)}
    with index.units.begin(read_only=True) as unit:
        told = {
            str(r.identifier): {
                field: (cell.value, replace(cell.stamp, arrival=0)) for field, cell in r.registers.cells.items()
            }
            for r in unit.scan.records()
        }
    return {name: (*said, told[name]) for name, said in found.items()}


def keys(index: Index) -> list[Any]:
    return rows(index, f"select r.name, k.key from block_key k join {NAMED} r on r.id = k.record_id order by 1, 2")


def held(index: Index) -> set[str]:
    """Every record connected by joining edges with one whose link is held against the evidence (decision 2)."""
    reached = {name for kind, a, b, *_ in tasks(index) if kind == "contested-link" for name in (a, b)}
    joining = [pair for pair, (_, _, joins, *_) in edges(index).items() if joins]
    size = -1
    while size != len(reached):
        size = len(reached)
        reached |= {name for pair in joining if pair & reached for name in pair}
    return reached


@pytest.fixture
def other(template_url: str, worker_id: str) -> Iterator[Index]:
    name = f"bulk_{worker_id}"
    made = index_over(create_database(template_url, name, template="migrated"))
    yield made
    made.engine.dispose()
    drop_database(template_url, name)


def test_promise_2_a_region_by_message_and_by_bulk_load_ends_in_the_same_people(index: Index, other: Index) -> None:
    """Records, keys and edges to the byte; people and open tasks except where a message's history holds a link, which
    a task says (decision 2: the one thing that depends on history)."""
    frame = snapshot(network(), 2_000, 11)
    by_message(index, [told for batch in batches(frame) for told in batch])
    loaded = loader(other, workers=2).run(batches(frame.sample(frac=1, random_state=3), 500), ADMINISTRATOR)
    assert records(other) == records(index)
    assert keys(other) == keys(index)
    assert edges(other) == edges(index)
    apart = held(index)
    assert {b for b in partition(other) if not b & apart} == {b for b in partition(index) if not b & apart}
    assert {t for t in tasks(other) if not {*t[1:3]} & apart} == {t for t in tasks(index) if not {*t[1:3]} & apart}
    assert len(apart) < len(frame) / 50
    assert loaded.records == len(frame)
    assert loaded.people == len(partition(other)) < loaded.records / 2
    assert loaded.tasks == len(tasks(other)) > 10
    assert not held(other)
    for made in (index, other):
        verification = made.verify.run()
        assert verification.differences == ()
        assert verification.edges == loaded.edges


def test_promise_2_messages_after_a_load_join_the_loaded_people(index: Index) -> None:
    loader(index).run([[update("1"), update("9", "WWL")], [update("2", "SALFORD")]], ADMINISTRATOR)
    by_message(index, [update("5", "MFT", minute=5), update("1", minute=9, phones=("07700900123",))])
    assert partition(index) == {frozenset({"BOLTON|1", "WWL|9", "SALFORD|2", "MFT|5"})}
    assert index.verify.run().differences == ()


def test_promise_4_what_was_said_is_kept_and_a_later_telling_wins_whatever_stands_first(index: Index) -> None:
    before, after = update(minute=1, names=(Name("Okafor", "Adaeze"),)), update(minute=2)
    loader(index).run([[after, before]], ADMINISTRATOR)
    with index.units.begin(read_only=True) as unit:
        (record,) = unit.scan.records()
        assert [told.stamp for told in unit.scan.updates()] == [after.stamp, before.stamp]
    assert record.registers.demographics.previous_names == (Name("Okafor", "Adaeze"),)
    assert index.verify.run().differences == ()


def test_an_overlay_inside_a_load_is_asked_about(index: Index) -> None:
    changed = {"names": (Name("Whitworth", "Bernard"),), "birth_date": "1938-11-25", "sex": Sex.MALE}
    loader(index).run([[update(), update(minute=3, **changed)]], ADMINISTRATOR)
    ((kind, one, other, _, _, standing),) = tasks(index)
    assert (kind, one, other, standing) == ("overlay", "BOLTON|1", "BOLTON|1", True)


def test_promise_6_links_say_the_weights_and_the_model_that_made_them(index: Index) -> None:
    loader(index).run([[update("1"), update("9", "WWL"), update("3", "MFT-SEXUAL-HEALTH")]], ADMINISTRATOR)
    said = dict(rows(index, f"select r.name, l.reason from link l join {NAMED} r on r.id = l.record_id"))
    assert said["BOLTON|1"] == said["WWL|9"]
    assert said["BOLTON|1"]["model"] == index.matching.model.fingerprint
    ((one, two, weight, pattern),) = said["BOLTON|1"]["edges"]
    assert (one, two) == ("BOLTON|1", "WWL|9")
    assert weight > index.matching.thresholds.certain
    assert bytes.fromhex(pattern)
    assert said["MFT-SEXUAL-HEALTH|3"]["edges"] == []  # a confidential service takes no part (NHS-58)


def test_promise_8_the_load_is_audited_and_needs_the_right(index: Index) -> None:
    with pytest.raises(Forbidden):
        loader(index).run([[update()]], replace(ADMINISTRATOR, role=Role.REVIEWER))
    with pytest.raises(Forbidden):
        loader(index).studies([], replace(ADMINISTRATOR, role=Role.ARCHIVE))
    loader(index).run([[update()]], ADMINISTRATOR)
    detail = {"records": 1, "keys": len(keys(index)), "edges": 0, "people": 1, "tasks": 0}
    assert rows(index, 'select "user", action, detail from audit') == [("admin", "bulk-load", detail)]


def test_an_index_with_records_or_subscribers_is_not_loaded(index: Index) -> None:
    subscriptions = Subscriptions(index.units)
    added = subscriptions.add("http://127.0.0.1:9/hook", (), "secret", ADMINISTRATOR)
    refused(index, [[update()]], Fault.CONFLICT)
    subscriptions.remove(added.id, ADMINISTRATOR)
    loader(index).run([[update()]], ADMINISTRATOR)
    refused(index, [[update("2")]], Fault.CONFLICT)
    assert partition(index) == {frozenset({"BOLTON|1"})}


@pytest.mark.parametrize(
    ("batches_", "fault"),
    [
        ([[update()], [update()]], Fault.IDENTIFIER_IN_USE),
        ([[update(), update("2"), update()]], Fault.IDENTIFIER_IN_USE),
        ([[update()], [update(authority="NHS")]], Fault.UNKNOWN_AUTHORITY),
        ([[update()], [update(authority="ATLANTIS")]], Fault.UNKNOWN_AUTHORITY),
        ([[update()], [update("2", names=(Name("Oko\0nkwo"),))]], Fault.BAD_VALUE),
    ],
    ids=["twice", "not-together", "nhs-number", "unknown-authority", "unstorable"],
)
def test_promise_1_a_load_that_is_refused_leaves_nothing(index: Index, batches_: list[Batch], fault: Fault) -> None:
    text_ = refused(index, batches_, fault)
    assert "Oko" not in text_  # promise 8
    assert rows(index, "select count(*) from source_record") == [(0,)]
    assert loader(index).run([[update()]], ADMINISTRATOR).records == 1


def test_promise_1_a_load_that_dies_half_way_leaves_nothing(index: Index) -> None:
    def failing() -> Iterator[Batch]:
        yield [update()]
        raise OSError("the disk with the extract is gone")

    with pytest.raises(OSError, match="extract"):
        loader(index).run(failing(), ADMINISTRATOR)
    assert rows(index, "select count(*) from source_record") == [(0,)]


def test_an_index_in_use_is_not_loaded(index: Index) -> None:
    with index.engine.begin() as connection:
        connection.execute(text("lock table source_record in row share mode"))
        with pytest.raises(Unavailable):
            loader(index).run([[update()]], ADMINISTRATOR)


def test_a_load_leaves_every_constraint_as_it_was(index: Index) -> None:
    """Foreign keys are dropped and made again, so each must stand again, checked."""
    constraints = (
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint"
    )
    before = sorted(rows(index, constraints))
    loader(index).run([[update("1"), update("9", "WWL")]], ADMINISTRATOR)
    assert sorted(rows(index, constraints)) == before
    with index.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text("insert into block_key (key, record_id) values (1, 3)"))


def test_nothing_is_loaded_of_nothing(index: Index) -> None:
    assert loader(index).run([], ADMINISTRATOR) == Loaded(0, 0, 0, 0, 0)
    by_message(index, [update()])
    assert index.verify.run().differences == ()


def test_values_that_a_copy_could_misread_come_back_as_they_were(index: Index) -> None:
    names = (Name("O'Neil\\N\t", 'Zoë "Z"\n', "\\."), Name("{,}", "\r"))
    told = update("\\N", names=names)
    loader(index).run([[told]], ADMINISTRATOR)
    with index.units.begin(read_only=True) as unit:
        (record,) = unit.scan.records()
    assert record.identifier == told.addressed
    assert record.registers.demographics.names == names


def study(number: int, patient: str = "BOLTON|1") -> Study:
    return Study(f"2.25.{number}", Identifier.parse(patient), NOON, ("CT", 'M"R\\'), "CHEST", "CT Chest", "A1", "RMC")


def test_promise_5_loaded_studies_stand_in_the_one_history_of_their_person(index: Index) -> None:
    load = loader(index)
    load.run([[update("1"), update("9", "WWL")]], ADMINISTRATOR)
    studies = [study(1), study(2, "WWL|9"), replace(study(3), started_at=None, modalities=())]
    assert load.studies(studies, ADMINISTRATOR) == 3
    imaging = Imaging(index.units, index.matching, index.rematch, index.clock)
    history = imaging.history(Identifier("WWL", "9"), ADMINISTRATOR)
    assert sorted(history.studies, key=lambda s: s.study_uid) == studies


@pytest.mark.parametrize(
    ("number", "patient", "fault"),
    [(1, "BOLTON|1", Fault.CONFLICT), (2, "BOLTON|77", Fault.UNKNOWN_IDENTIFIER)],
    ids=["known-study", "unknown-patient"],
)
def test_studies_are_loaded_all_or_none(index: Index, number: int, patient: str, fault: Fault) -> None:
    load = loader(index)
    load.run([[update()]], ADMINISTRATOR)
    load.studies([study(1)], ADMINISTRATOR)
    with pytest.raises(Refused) as reason:
        load.studies([study(8), study(number, patient)], ADMINISTRATOR)
    assert reason.value.fault is fault
    assert rows(index, "select study_uid from study") == [("2.25.1",)]


def refused(index: Index, batches_: list[Batch], fault: Fault) -> str:
    with pytest.raises(Refused) as reason:
        loader(index).run(batches_, ADMINISTRATOR)
    assert reason.value.fault is fault
    assert reason.value.__cause__ is None
    return reason.value.text
