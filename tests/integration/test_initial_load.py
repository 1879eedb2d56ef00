"""A first filling from files ends in what the messages one by one would have made (promise 2, V2-16, V2-19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2 import batch
from adapters.hl7v2.ack import code_of
from mpi.domain.network import Protocol
from mpi.embedded import create_database, drop_database
from mpi.errors import Fault, Refused
from mpi.main.filling import load_all
from mpi.main.index import Index
from mpi.settings import Settings, load_settings
from mpi.simulate import simulate
from tests.integration.bulk_index import NAMED, edges, index_over, keys, names, network, partition, records, rows
from tests.integration.test_bulk_parity import held

FEEDS = [feed.id for feed in network().feeds if feed.protocol is Protocol.MLLP]
HEAD = "MSH|^~\\&|BOLPAS|RMC|MPI|R0A|20260301120000||ADT^{event}|{control}|P|2.4\r"


@dataclass
class Database:
    """A database of the test's own, and the settings that lead there."""

    index: Index
    settings: Settings

    def load(self, *files: Path, feeds: list[str], initial: bool) -> list[str]:
        said: list[str] = []
        operator = "olga" if initial else ""
        load_all(self.settings, files, feeds, operator, failures_only=False, say=said.append)
        return said

    def messages(self) -> Counter[tuple[str, ...]]:
        columns = "feed, control_id, event, encode(digest, 'hex'), array_to_string(flags, ';'), fault"
        return Counter(rows(self.index, f"select {columns} from message"))


@pytest.fixture
def databases(template_url: str, worker_id: str, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    made: list[tuple[str, Index]] = []

    def make() -> Database:
        name = f"initial_{worker_id}_{len(made)}"
        url = create_database(template_url, name, template="migrated")
        made.append((name, index_over(url)))
        return Database(made[-1][1], load_settings(database_url=url, data_dir=tmp_path / name))

    yield make
    for name, index in made:
        index.engine.dispose()
        drop_database(template_url, name)


def told_of(index: Index) -> dict[str, tuple[Any, ...]]:
    """Everything stored of a record, its survivor by name and not by a database's own number."""
    joined = f"source_record o join {NAMED} r using (id) join {NAMED} s on s.id = o.subsumed_by"
    survivor = dict(rows(index, f"select r.name, s.name from {joined}"))
    return {name: (*said[:-2], survivor.get(name), said[-1]) for name, said in records(index).items()}


def orders(index: Index) -> list[Any]:
    """What is told of every order but when it arrived."""
    columns = "r.name, kind, number, stands, placer, study_uid, status, report_status, starts_at"
    return rows(index, f"select {columns} from imaging_order o join {NAMED} r on r.id = o.record_id order by 1, 2, 3")


def adt(event: str, value: str, control: str, name: str = "OKONKWO", born: str = "19610307", rest: str = "") -> bytes:
    pid = f"PID|||{value}^^^BOLTON^PI||{name}^Adaeze||{born}|F|||12 Ladybarn Lane^^Manchester^^M13 9WL"
    return (HEAD.format(event=event, control=control) + f"EVN||20260301\r{pid}\r{rest}").encode()


def answers(file: Path) -> list[tuple[str, bytes]]:
    """The code and the rest of MSA of every answer, in order."""
    told = file.with_name(f"{file.name}.ack").read_bytes()
    found = list(batch.messages(batch.lines_of([told])))
    return [(code_of(part), part.split(b"\rMSA|")[1].split(b"\r")[0]) for part in found]


@pytest.mark.timeout(900)
def test_promise_2_a_region_is_the_same_people_by_initial_load_and_message_by_message(
    databases: Callable[[], Database], tmp_path: Path
) -> None:
    """Every trust's life of registrations, changes, merges and faults, in its own dialect, and a RIS's orders."""
    region = simulate(network(), 400, 5)
    files = {feed: tmp_path / f"{feed}.hl7" for feed in FEEDS}
    wires: dict[str, list[bytes]] = {feed: [] for feed in FEEDS}
    for told in (*region.messages(), *region.orders()):
        if told.protocol is Protocol.MLLP:
            wires[told.feed_id].append(told.body)
    for feed, file in files.items():
        file.write_bytes(b"".join(wires[feed]))
    one, other = databases(), databases()
    one.load(*files.values(), feeds=FEEDS, initial=False)
    expected = {feed: answers(file) for feed, file in files.items()}
    other.load(*files.values(), feeds=FEEDS, initial=True)
    assert {feed: answers(file) for feed, file in files.items()} == expected
    assert other.messages() == one.messages()
    assert told_of(other.index) == told_of(one.index)
    assert keys(other.index) == keys(one.index)
    assert names(other.index) == names(one.index)
    assert edges(other.index) == edges(one.index)
    assert orders(other.index) == orders(one.index)
    assert orders(one.index)
    held_back = held(one.index) | held(other.index)
    free = {frozenset(block - held_back) for block in partition(one.index)}
    assert {frozenset(block - held_back) for block in partition(other.index)} == free
    for index in (one.index, other.index):
        assert index.verify.run().differences == ()
    by_bulk = rows(other.index, "select count(*) from link where reason ->> 'cause' = 'bulk-load'")[0][0]
    assert by_bulk > len(records(other.index)) / 2  # what it is for
    audited = "select subjects, (detail - 'message')::text from audit where action = 'feed' order by 1, 2"
    assert rows(other.index, audited) == rows(one.index, audited)


def test_what_no_bulk_load_can_take_is_taken_after_it(databases: Callable[[], Database], tmp_path: Path) -> None:
    file = tmp_path / "bolton.hl7"
    file.write_bytes(
        b"".join(
            (
                adt("A28", "1", "C1"),
                adt("A28", "2", "C2", "SMITH", "19500101"),
                adt("A28", "3", "C3", "JONES", "19400101"),
                adt("A31", "3", "C4", "JONES", "19400101"),
                adt("A28", "5", "C8", "BLACK", "19200101"),
                adt("A31", "5", "C9", "WHITWORTH", "19380525"),  # may be another patient: for intake to judge
                adt("A40", "1", "C5", rest="MRG|2^^^BOLTON^PI\r"),
                adt("A28", "", "C6"),
                adt("A28", "4", "C1", "GREEN", "19300101"),  # a control id used before
                adt("A28", "1", "C1"),  # the first again
            )
        )
    )
    told = databases()
    said = told.load(file, feeds=["bolton"], initial=True)
    assert [code for code, _ in answers(file)] == ["AA"] * 7 + ["AE", "AA", "AA"]
    assert said[-1].startswith(f"{file}: 10 messages: 9 AA, 1 AE")
    people = ({"BOLTON|1", "BOLTON|2"}, {"BOLTON|3"}, {"BOLTON|4"}, {"BOLTON|5"})
    assert partition(told.index) == set(map(frozenset, people))
    assert any("2 messages go in by bulk" in line for line in said)  # of BOLTON|3 alone is nothing else said
    assert told.index.verify.run().differences == ()


def test_v2_16_loading_again_message_by_message_applies_nothing_twice(
    databases: Callable[[], Database], tmp_path: Path
) -> None:
    file = tmp_path / "bolton.hl7"
    file.write_bytes(adt("A28", "1", "C1") + adt("A28", "2", "C2", "SMITH", "19500101"))
    told = databases()
    told.load(file, feeds=["bolton"], initial=True)
    before = (records(told.index), told.messages(), rows(told.index, "select count(*) from source_update"))
    with pytest.raises(Refused) as refused:
        told.load(file, feeds=["bolton"], initial=True)
    assert refused.value.fault is Fault.CONFLICT
    assert "without --initial" in refused.value.text
    told.load(file, feeds=["bolton"], initial=False)
    assert [code for code, _ in answers(file)] == ["AA", "AA"]
    assert (records(told.index), told.messages(), rows(told.index, "select count(*) from source_update")) == before


def test_v2_19_a_file_that_does_not_add_up_keeps_all_of_them_out(
    databases: Callable[[], Database], tmp_path: Path
) -> None:
    good, short = tmp_path / "good.hl7", tmp_path / "short.hl7"
    good.write_bytes(adt("A28", "1", "C1"))
    short.write_bytes(b"BHS|^~\\&|BOLPAS|RMC\r" + adt("A28", "2", "C2") + b"BTS|2\r")
    told = databases()
    (line,) = told.load(good, short, feeds=["bolton", "bolton"], initial=True)
    assert "short.hl7: quarantined, nothing was applied" in line
    assert (records(told.index), rows(told.index, "select fault from message")) == ({}, [("count-mismatch",)])
