"""The first filling of an index: all or nothing, and everything as messages would have left it (promises 1 to 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from linkage.record import Name, Sex
from mpi.domain.access import Role
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Study
from mpi.errors import Fault, Forbidden, Refused, Unavailable
from mpi.main.index import Index
from mpi.usecases.imaging.imaging import Imaging
from mpi.usecases.subscribers.subscriptions import Subscriptions
from mpi.usecases.whole.bulk import Batch, Loaded
from tests.integration.bulk_index import (
    ADMINISTRATOR,
    NAMED,
    NOON,
    by_message,
    index_over,
    keys,
    loader,
    partition,
    rows,
    tasks,
    update,
)


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    made = index_over(database_url)
    yield made
    made.engine.dispose()


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
    ((kind, one, other, _, _, standing, _),) = tasks(index)
    assert (kind, one, other, standing) == ("overlay", "BOLTON|1", "BOLTON|1", False)
    with index.units.begin(read_only=True) as unit:
        (record,) = unit.scan.records()
    assert record.registers.demographics.names == update().patch["names"]
    assert record.pending is not None
    assert record.pending.registers.demographics.names == changed["names"]
    assert record.contested
    assert index.verify.run().differences == ()


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
