"""The life of an index, step by step over the real database: feeds, archive and reviewers taking turns."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count
from typing import cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from linkage.model import Model
from linkage.record import Sex
from mpi.domain.commands import Command, Delete, Field, Link, Merge, Patch, Rename, Status, Unlink
from mpi.domain.views import Decision, TaskKind, TaskView
from mpi.errors import Fault, Refused
from mpi.main.index import compose
from mpi.main.rolling import compose_rolling
from mpi.usecases.identity.matching import Matching
from mpi.usecases.models.foreseeing import Foreseeing
from mpi.usecases.models.reigning import Reigning
from tests.integration.core.other_models import approve, keener, otherwise_encoded, warier
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    World,
    at,
    nhs,
    of,
    other_person,
    person,
    register,
    study,
)

LOCAL = ["BOL|1", "BOL|2", "BOL|3", "BOL|4", "CHR|1", "CHR|2", "STO|1", "GUM|1"]
SAID: list[Patch] = [
    person(),
    person(number=nhs(1)),
    person(number=nhs(2), postcode="OL1 1AA"),
    person(given="Ada", more={Field.MULTIPLE_BIRTH: True}),
    other_person(nhs(1)),
    other_person(nhs(2), more={Field.PHONES: ("0161 496 0000",)}),
    other_person(),
    person("Zulu", "Alpha", "1980-01-01", Sex.MALE),
    {Field.NHS_NUMBER: None, Field.ACTIVE: True},
]
ALLOWED = {Fault.SELF_MERGE, Fault.ALREADY_SUBSUMED, Fault.MERGE_CYCLE, Fault.IDENTIFIER_IN_USE}
MODELS = [keener(), warier(), otherwise_encoded(certain=keener().certain)]

identifiers = st.sampled_from(LOCAL)
bolton = st.sampled_from(LOCAL[:4])
minutes = st.integers(0, 60)


def questions(world: World) -> list[tuple[TaskKind, object, object]]:
    """What waits for an answer."""
    return [(task.kind, task.one, task.other) for task in world.tasks()]


def contested(world: World) -> list[int]:
    """The records whose links are contested."""
    rows = world.rows("select record_id from link where contested and until is null order by 1")
    return [row.record_id for row in rows]


def answers(task: TaskView) -> list[Decision]:
    """What settles a task of this kind."""
    overlay = task.kind is TaskKind.OVERLAY
    return [Decision.ACCEPT, Decision.REJECT] if overlay else [Decision.SAME, Decision.DIFFERENT]


class LifeOfTheIndex(RuleBasedStateMachine):
    """Whatever happens, the promises hold after every step. `world` is shared and emptied for each life."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.world.clear()
        self.tick = count(1)
        self.asserted: list[int] = []
        self.studies: dict[str, str] = {}
        self.retired: set[UUID] = set()
        self.before: World | None = None  # while another model is in force than the first

    def send(self, command: Command) -> None:
        receipt = self.world.send(command)
        assert receipt.status is Status.ACCEPTED or receipt.fault in ALLOWED, receipt

    def moment(self, minute: int) -> float:
        """An event time near `minute` that no other message has."""
        return minute + next(self.tick) / 1000

    @rule(identifier=identifiers, patch=st.sampled_from(SAID), minute=minutes)
    def registers(self, identifier: str, patch: Patch, minute: int) -> None:
        self.send(register(identifier, self.moment(minute), patch))

    @rule(survivor=bolton, prior=bolton, minute=minutes)
    def merges(self, survivor: str, prior: str, minute: int) -> None:
        self.send(Merge(of(survivor), of(prior), at(self.moment(minute))))

    @rule(new=bolton, old=bolton, minute=minutes)
    def renames(self, new: str, old: str, minute: int) -> None:
        self.send(Rename(of(new), of(old), at(self.moment(minute))))

    @rule(one=bolton, other=bolton, verb=st.sampled_from([Link, Unlink]), minute=minutes)
    def links_or_unlinks(self, one: str, other: str, verb: type[Link] | type[Unlink], minute: int) -> None:
        if one != other:
            self.send(verb(of(one), of(other), at(self.moment(minute))))

    @rule(identifier=identifiers, minute=minutes)
    def deletes(self, identifier: str, minute: int) -> None:
        self.send(Delete(of(identifier), at(self.moment(minute))))

    @rule(patient=identifiers, uid=st.sampled_from(["1.1", "1.2", "1.3"]))
    def registers_a_study(self, patient: str, uid: str) -> None:
        home = self.studies.setdefault(uid, patient)
        if home == patient or self.merged(home, patient):
            self.world.imaging.register(study(uid, patient), ARCHIVE)
            return
        with pytest.raises(Refused) as refused:
            self.world.imaging.register(study(uid, patient), ARCHIVE)
        assert refused.value.fault is Fault.CONFLICT

    @rule(one=identifiers, other=identifiers, same=st.booleans())
    def asserts(self, one: str, other: str, same: bool) -> None:
        known = self.world.records()
        if one != other and one in known and other in known:
            self.asserted += self.world.review.assert_pair(of(one), of(other), same, "seen", ADMINISTRATOR).assertions

    @precondition(lambda self: self.asserted)
    @rule(data=st.data())
    def withdraws(self, data: st.DataObject) -> None:
        made = data.draw(st.sampled_from(self.asserted))
        self.asserted.remove(made)
        self.world.review.withdraw(made, "not so", ADMINISTRATOR)

    @precondition(lambda self: self.standing_merges())
    @rule(data=st.data())
    def unmerges(self, data: st.DataObject) -> None:
        self.world.review.withdraw(
            data.draw(st.sampled_from(self.standing_merges())), "merged in error", ADMINISTRATOR
        )

    @precondition(lambda self: self.world.tasks())
    @rule(data=st.data())
    def decides(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.world.tasks()))
        self.settle(task, data.draw(st.sampled_from([*answers(task), Decision.DEFER])))

    @precondition(lambda self: self.world.tasks() and not self.world.tasks(TaskKind.CONTESTED_LINK))
    @rule(data=st.data())
    def decides_and_undoes(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.world.tasks()))
        decision = data.draw(st.sampled_from(answers(task)))
        before = self.world.partition(), self.world.records(), {t.kind for t in self.world.tasks()}
        steady = self.is_steady()
        self.settle(task, decision)
        self.world.review.undo(task.id, "", ADMINISTRATOR)
        after = self.world.partition(), self.world.records(), {t.kind for t in self.world.tasks()}
        assert not steady or after == before

    def is_steady(self) -> bool:
        """Whether settling everything anew would leave it: a hold that hard evidence has come between unnoticed goes
        whenever its component is settled, whatever for (decision 29)."""
        index = self.world.index
        return Foreseeing(index.units, index.matching, index.matching).run().counts.is_nothing

    @precondition(lambda self: self.before is None)
    @rule(model=st.sampled_from(MODELS), back=st.booleans())
    def rolls_a_model_out(self, model: Model, back: bool) -> None:
        """Decision 29. Taken back at once, it leaves everything as it was, but for a hold that hard evidence has come
        between unnoticed: it goes whenever its component is settled anew, by whatever model."""
        index = self.world.index
        steady = self.is_steady()
        left = self.world.partition(), questions(self.world), contested(self.world)
        Reigning(index.units).model(index.matching.model, "operator")
        foreseen = Foreseeing(index.units, index.matching, Matching(model, index.network)).run().counts
        made, _ = index.models.propose(model, ADMINISTRATOR)
        approve(index.models, made)
        assert compose_rolling(index).out(made, ADMINISTRATOR) == foreseen
        url = index.engine.url.render_as_string(hide_password=False)
        self.before, self.world = self.world, World(compose(url, index.network, model, 3), self.world._messages)
        if back:
            self.the_index_is_what_its_evidence_says()
            self.rolls_it_back()
            assert not steady or (self.world.partition(), questions(self.world), contested(self.world)) == left

    @precondition(lambda self: self.before is not None)
    @rule()
    def rolls_it_back(self) -> None:
        compose_rolling(self.world.index).back("worse", ADMINISTRATOR)
        self.teardown()

    def teardown(self) -> None:
        """Whatever model is in force, the next life begins with the first."""
        if self.before is not None:
            self.world.close()
            self.world, self.before = self.before, None

    @invariant()
    def the_index_is_what_its_evidence_says(self) -> None:
        self.world.verify()
        self.world.check_questions()

    @invariant()
    def every_record_is_one_person_and_every_study_in_one_history(self) -> None:
        partition = self.world.partition()
        assert sorted(i for block in partition for i in block) == sorted(self.world.records())
        placed = self.world.rows(
            "select s.study_uid, count(*) as n from study s join link l on l.record_id = s.record_id"
            " and l.until is null group by 1"
        )
        assert {row.study_uid: row.n for row in placed} == dict.fromkeys(self.studies, 1)

    @invariant()
    def a_golden_id_once_retired_is_never_used_again(self) -> None:
        now = {r.id for r in self.world.rows("select id from golden_identity where retired_at is not null")}
        linked = {r.golden_id for r in self.world.rows("select golden_id from link where until is null")}
        assert self.retired <= now
        assert not now & linked
        self.retired = now

    def settle(self, task: TaskView, decision: Decision) -> None:
        """An answer, given by two people where it needs them; both may join a confidential record (NHS-58)."""
        if self.world.review.decide(task.id, decision, "", ADMINISTRATOR).proposed:
            self.world.review.decide(task.id, decision, "", replace(ADMINISTRATOR, user="another"))

    def merged(self, one: str, other: str) -> bool:
        """Whether merges connect the two."""
        with self.world.index.units.begin() as unit:
            return of(other) in {record.identifier for record in unit.records.family([of(one)])}

    def standing_merges(self) -> list[int]:
        rows = self.world.rows(
            "select id from assertion where subsumed_id is not null and withdrawn_at is null order by id"
        )
        return [row.id for row in rows]


def live(life: type[LifeOfTheIndex], world: World) -> None:
    """Play some lives of a kind in a world. The lives are the same each time."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call, unused-ignore]
        cast("type[LifeOfTheIndex]", partial(life, world)),
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
