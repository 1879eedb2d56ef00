"""What `mpi.ports` promises of every store, asked of the one over PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from linkage.guard import Guard
from linkage.partition import AssertionRank, Verdict
from mpi.db.session import DbUnit
from mpi.domain.commands import Envelope
from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.quarantine import Sought
from mpi.domain.questions import Question
from mpi.domain.record import Record, Update
from mpi.domain.registers import Registers
from mpi.domain.views import Decision, TaskKind, TaskState
from mpi.errors import Fault, Refused
from mpi.ports import Contention
from tests.integration.core.world import REVIEWER, SENIOR, World, at, person

A, B, C, D = (Identifier("BOL", value) for value in "ABCD")
WRITTEN = Registers().write(person(), at(1))


@pytest.fixture
def world(emptied_url: str) -> Iterator[World]:
    made = World.over(emptied_url)
    yield made
    made.close()


@pytest.fixture
def peopled(world: World) -> World:
    """Four records, each one person; all but D can be compared and share the key 7."""
    with world.index.units.begin() as unit:
        records = [Record(i, registers=WRITTEN, keys=(7,), encoded=b"row") for i in (A, B, C)]
        records.append(Record(D, registers=WRITTEN, keys=(), encoded=None))
        unit.records.save([(None, record) for record in records], [Update(A, person(), at(1))], None)
        for identifier in (A, B, C, D):
            golden_id = uuid4()
            unit.identities.create([golden_id])
            unit.identities.link({identifier: golden_id}, [], {})
        unit.commit()
    return world


def edge(one: Identifier, other: Identifier, *, joins: bool) -> Edge:
    return Edge(Pair.of(one, other), 15.0, Guard.NONE if joins else Guard.STOPPED, joins)


def asserted(one: Identifier, other: Identifier, verdict: Verdict) -> Assertion:
    return Assertion(Pair.of(one, other), verdict, AssertionRank.REVIEWER, at(1))


def component(unit: DbUnit, *seeds: Identifier) -> list[Identifier]:
    return [record.identifier for record in unit.evidence.component(seeds)]


def tasks(unit: DbUnit) -> list[tuple[TaskKind, Identifier, Identifier]]:
    unanswered = (TaskState.OPEN, TaskState.CLAIMED, TaskState.DEFERRED)
    return [(t.kind, t.one, t.other) for t in unit.tasks.find(unanswered, (), "", 100, 0)]


def rival(world: World, work: Callable[[DbUnit], object]) -> tuple[threading.Thread, list[object]]:
    """A second transaction on its way; what it returned or raised comes into the list."""
    results: list[object] = []

    def run() -> None:
        try:
            with world.index.units.begin() as unit:
                results.append(work(unit))
                unit.commit()
        except Contention as contention:
            results.append(contention)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_nothing_is_kept_without_commit(world: World) -> None:
    with world.index.units.begin() as unit:
        unit.records.save([(None, Record(A, registers=WRITTEN))], [], None)
        unit.audit.record(SENIOR, "test", [], {})
        assert [r.identifier for r in unit.records.family([A])] == [A]
    assert (world.count("source_record"), world.count("audit")) == (0, 0)


def test_records_come_back_as_they_were_saved(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        found = unit.records.of_identifiers([B, A, Identifier("BOL", "unknown")])
        assert [r.identifier for r in found] == [A, B]
        assert (found[0].registers, found[0].keys, found[0].encoded) == (WRITTEN, (7,), b"row")
        assert unit.records.updates([A, B]) == [Update(A, person(), at(1))]


def test_candidates_share_a_key_and_can_be_compared(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        assert sorted(c.identifier for c in unit.records.candidates([7, 8], A)) == [B, C]
        assert unit.records.candidates([], A) == []
        assert [r.identifier for r in unit.records.holders_of_key(7)] == [A, B, C]


def test_a_family_is_all_that_was_merged_in_both_directions(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        a, b, c = unit.records.of_identifiers([A, B, C])
        merged = [Record(r.identifier, r.id, r.golden_id, WRITTEN, s) for r, s in ((a, B), (b, C))]
        unit.records.save(list(zip((a, b), merged, strict=True)), [], None)
        for member in (A, B, C):
            assert [r.identifier for r in unit.records.family([member])] == [A, B, C]
        assert unit.records.of_identifiers([A])[0].subsumed_by == B
        assert [r.identifier for r in unit.records.family([D])] == [D]
        assert c.subsumed_by is None


def test_a_held_identifier_waits_known_or_not(world: World) -> None:
    """V2-64: parallelism is across persons."""
    order: list[str] = []

    def hold(unit: DbUnit, identifier: Identifier, name: str) -> None:
        unit.records.lock_identifiers([identifier])
        unit.records.family([identifier])
        order.append(name)

    with world.index.units.begin() as unit:
        unit.records.lock_identifiers([A, B])
        unit.records.family([A, B])
        second, _ = rival(world, lambda u: hold(u, B, "second"))
        free, _ = rival(world, lambda u: hold(u, C, "free"))
        free.join(timeout=5)
        order.append("first")
    second.join(timeout=5)
    assert order == ["free", "first", "second"]


def test_two_inserts_of_one_identifier_are_a_contention(world: World) -> None:
    """Design 6: unique constraints behind the locks; the loser runs again."""
    with world.index.units.begin() as unit:
        unit.records.save([(None, Record(A, registers=WRITTEN))], [], None)
        second, results = rival(world, lambda u: u.records.save([(None, Record(A, registers=WRITTEN))], [], None))
        second.join(timeout=0.3)
        assert second.is_alive()
        unit.commit()
    second.join(timeout=5)
    assert isinstance(results[0], Contention)


def test_a_component_grows_by_joining_edges_same_and_shared_ids_only(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        unit.evidence.replace_edges(A, [edge(A, B, joins=False)])
        unit.evidence.add_assertions([asserted(A, C, Verdict.DIFFERENT)], SENIOR, "")
        assert component(unit, A) == [A]
        unit.evidence.replace_edges(A, [edge(A, B, joins=True)])
        (same,) = unit.evidence.add_assertions([asserted(B, C, Verdict.SAME)], SENIOR, "")
        assert component(unit, A) == component(unit, C) == [A, B, C]
        unit.evidence.withdraw(same, SENIOR, "no")
        unit.identities.link({D: unit.identities.current([A])[A]}, [D], {})
        assert component(unit, D) == [A, B, D]


def test_replacing_edges_leaves_those_of_others(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        unit.evidence.replace_edges(A, [edge(A, B, joins=True), edge(A, C, joins=True)])
        unit.evidence.replace_edges(D, [edge(C, D, joins=False)])
        unit.evidence.replace_edges(A, [edge(A, B, joins=False)])
        found = {p.edge.pair: p.edge.joins for p in unit.evidence.bearing_on([A, B, C, D])[0]}
        assert found == {Pair.of(A, B): False, Pair.of(C, D): False}


def test_edges_inside_one_golden_identity_are_told_only_when_asked_for(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        unit.evidence.replace_edges(A, [edge(A, B, joins=True), edge(A, C, joins=True), edge(A, D, joins=False)])
        unit.identities.link({B: unit.identities.current([A])[A]}, [B], {})
        for asked in ([A, B], [B, A]):
            placed, _, joins = unit.evidence.bearing_on(asked)
            assert sorted((p.edge.pair.other, p.one == p.other) for p in placed) == [(C, False), (D, False)]
            ends = zip(joins.one.tolist(), joins.other.tolist(), joins.weight.tolist(), strict=True)
            assert [({asked[one], asked[other]}, weight) for one, other, weight in ends] == [({A, B}, 15.0)]
        assert [(p.edge, p.one == p.other) for p in unit.evidence.inside([B])] == [(edge(A, B, joins=True), True)]
        assert unit.evidence.inside([C, D]) == []


def test_a_withdrawn_assertion_stands_no_more_but_stays_on_record(peopled: World) -> None:
    """Promise 4."""
    with peopled.index.units.begin() as unit:
        (made,) = unit.evidence.add_assertions([asserted(A, B, Verdict.SAME)], REVIEWER, "why")
        assert unit.evidence.assertion(made) is not None
        assert [a.pair for a in unit.evidence.assertions([B])] == [Pair.of(A, B)]
        unit.evidence.withdraw(made, SENIOR, "not so")
        assert unit.evidence.assertion(made) is None
        assert unit.evidence.assertions([A, B]) == []
        unit.commit()
    (row,) = peopled.rows("select made_by, reason, withdrawn_by, withdrawn_reason from assertion")
    assert tuple(row) == ("rita", "why", "sam", "not so")


def test_a_link_closes_the_one_before_it_and_the_past_stays_readable(peopled: World) -> None:
    """Promise 4."""
    with peopled.index.units.begin() as unit:
        was = unit.identities.current([A, B])
        before = datetime.now(UTC)
        unit.identities.link({B: was[A]}, [B], {"cause": "test"})
        unit.identities.retire({was[B]: was[A]})
        assert unit.identities.current([A, B]) == {A: was[A], B: was[A]}
        assert unit.identities.linked_at(B, before) == was[B]
        assert unit.identities.members_at(was[B], before) == [B]
        assert unit.identities.members_at(was[A], datetime.now(UTC)) == [A, B]
        assert unit.identities.resolve(was[B]) == was[A]
        assert unit.identities.resolve(UUID(int=1)) is None


def test_marking_contested_tells_which_are_so_only_now(peopled: World) -> None:
    with peopled.index.units.begin() as unit:
        assert unit.identities.mark_contested([A, B, C], [A]) == {A: True}
        assert unit.identities.mark_contested([A, B, C], [A, B]) == {B: True}
        assert unit.identities.mark_contested([A, B, C], [B]) == {A: False}
        assert {r.identifier: r.contested for r in unit.records.of_identifiers([A, B])} == {A: False, B: True}


def test_questions_open_once_and_withdraw_when_gone_alarms_never(peopled: World) -> None:
    possible = Question(TaskKind.POSSIBLE_MATCH, Pair.of(A, B), 5.0, Guard.NONE, "alike")
    with peopled.index.units.begin() as unit:
        unit.tasks.raise_alarm(TaskKind.LATE_MESSAGE, Pair.of(A, C), "late")
        unit.tasks.raise_alarm(TaskKind.LATE_MESSAGE, Pair.of(A, C), "late")
        for _ in range(2):
            unit.tasks.sync([A, B], [possible])
            assert sorted(tasks(unit)) == [(TaskKind.LATE_MESSAGE, A, C), (TaskKind.POSSIBLE_MATCH, A, B)]
        unit.tasks.sync([D], [])
        assert len(tasks(unit)) == 2
        unit.tasks.sync([B], [])
        assert tasks(unit) == [(TaskKind.LATE_MESSAGE, A, C)]


def test_a_decided_task_is_reopened_with_the_assertion_it_made(peopled: World) -> None:
    possible = Question(TaskKind.POSSIBLE_MATCH, Pair.of(A, B), 5.0, Guard.NONE, "alike")
    with peopled.index.units.begin() as unit:
        unit.tasks.sync([A, B], [possible])
        (task,) = unit.tasks.touching([A])
        unit.tasks.claim(task.id, "rita", datetime(2999, 1, 1, tzinfo=UTC))
        (made,) = unit.evidence.add_assertions([asserted(A, B, Verdict.SAME)], REVIEWER, "")
        unit.tasks.decide(task.id, Decision.SAME, "one", "rita", made, None)
        decided = unit.tasks.get(task.id)
        assert decided is not None
        assert (decided.state, decided.claimed_by, decided.decided_by) == (TaskState.DECIDED, "", "rita")
        assert unit.tasks.touching([A]) == []
        assert unit.tasks.reopen(task.id, "no", "rita") == made
        assert [t.state for t in unit.tasks.touching([A])] == [TaskState.OPEN]


def test_two_claims_of_one_message_wait_for_the_first_answer(world: World) -> None:
    """V2-16: also when the sender sends again before it had its answer."""
    envelope = Envelope("bolton", "PAS", "RMC", "7", "A28", b"raw")
    with world.index.units.begin() as unit:
        first = unit.inbox.claim(envelope)
        second, results = rival(world, lambda u: u.inbox.claim(envelope))
        second.join(timeout=0.3)
        assert second.is_alive()
        unit.inbox.refuse(first.message_id, Refused(Fault.BAD_VALUE, "no", "PID"))
        unit.commit()
    second.join(timeout=5)
    (claim,) = results
    assert claim.receipt.fault == Fault.BAD_VALUE  # type: ignore[attr-defined]
    assert claim.message_id == first.message_id  # type: ignore[attr-defined]


def test_quarantine_lists_the_refused_without_their_bytes(world: World) -> None:
    with world.index.units.begin() as unit:
        for number in range(3):
            claim = unit.inbox.claim(Envelope("bolton", "PAS", "RMC", str(number), "A28", b"raw"))
            if number:
                unit.inbox.refuse(claim.message_id, Refused(Fault.BAD_VALUE, "no"))
        listed = unit.quarantine.list(Sought(), None, 10)
        assert [kept.control_id for kept in listed] == ["2", "1"]
        assert [kept.control_id for kept in unit.quarantine.list(Sought(), listed[0].id, 10)] == ["1"]
        assert unit.quarantine.get(listed[0].id) == (listed[0], b"raw")
        assert unit.quarantine.get(999) is None
