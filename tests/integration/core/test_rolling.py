"""A model rolled out and back over the whole index (decision 29; design section 4, Model change; SEC-1, SEC-3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from linkage.model import Model
from mpi.db.rolling import RollingStore, RollingStores
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.model_change import Counts
from mpi.domain.views import Decision, TaskKind, TaskState
from mpi.errors import Conflict, Forbidden, NotFound, Outdated, Unavailable
from mpi.main.index import compose
from mpi.main.rolling import compose_rolling
from mpi.usecases.models.reigning import Reigning
from tests.integration.core.other_models import altered, approve, keener, warier
from tests.integration.core.test_foreseeing import BERNARD, asked_about, linked
from tests.integration.core.world import (
    ADMINISTRATOR,
    REVIEWER,
    SENIOR,
    World,
    network,
    nhs,
    of,
    other_person,
    person,
    register,
)


def approved(world: World, model: Model) -> int:
    """A proposal of the operator's that a senior reviewer has approved."""
    Reigning(world.index.units).model(world.index.matching.model, "operator")
    made, _ = world.index.models.propose(model, ADMINISTRATOR)
    approve(world.index.models, made)
    return made


def roll_out(world: World, model: Model) -> Counts:
    return compose_rolling(world.index).out(approved(world, model), ADMINISTRATOR)


def roll_back(world: World) -> Counts:
    return compose_rolling(world.index).back("worse than it looked", ADMINISTRATOR)


@contextmanager
def under(url: str, model: Model) -> Iterator[World]:
    """The same index, by a process that has begun with this model."""
    world = World(compose(url, network(), model, 2))
    yield world
    world.close()


def links(world: World) -> dict[str, UUID]:
    found = world.rows(
        "select r.authority || '|' || r.value as i, l.golden_id from link l"
        " join source_record r on r.id = l.record_id where l.until is null"
    )
    return {row.i: row.golden_id for row in found}


def state(world: World) -> tuple[object, ...]:
    """Who is one person, whose links are contested, what is asked, and by which model it is weighed."""
    return (
        links(world),
        world.rows("select record_id from link where contested and until is null order by 1"),
        world.rows(
            "select id, kind, state, a_id, b_id, weight, due from task where state <> 'withdrawn' order by id"
        ),
        world.rows("select a_id, b_id, weight, guards, joins, pattern, model from edge order by 1, 2"),
        world.rows("select a_id, b_id, rank from assertion where withdrawn_at is null order by 1, 2, 3"),
    )


def test_what_merged_parts_again_and_messages_stay(emptied_url: str, world: World) -> None:
    """Two pairs of men merge; a reviewer confirms one of them; a third record comes to the other."""
    asked_about(world)
    ivo = other_person(family="Quarmby", given="Ivo", postcode="", lines=())
    world.tell(register("BOL|6", 1, ivo), register("CHR|6", 2, ivo | {Field.BIRTH_DATE: "1938-11-26"}))
    bernard = next(task for task in world.tasks(TaskKind.POSSIBLE_MATCH) if task.one == of("BOL|8"))
    world.review.claim(bernard.id, REVIEWER)
    due = world.index.clock.now().date() + timedelta(days=3)
    world.review.decide(bernard.id, Decision.DEFER, "asked the trust", REVIEWER, due)
    held = links(world)

    made = approved(world, keener())
    foreseen = world.index.models.proposal(made, REVIEWER).proposal.counts
    assert compose_rolling(world.index).out(made, ADMINISTRATOR) == foreseen
    assert foreseen.joined == 2
    with under(emptied_url, keener()) as then:
        assert then.together("BOL|8", "CHR|8")
        assert then.together("BOL|6", "CHR|6")
        assert then.tasks() == []
        then.verify()
        merged = [
            e for e in then.rows("select * from event where type = 'identity-merged'") if "CHR|8" in e.identifiers
        ]
        assert [(e.old_golden_ids, e.new_golden_ids) for e in merged] == [([held["CHR|8"]], [held["BOL|8"]])]
        then.review.assert_pair(of("BOL|6"), of("CHR|6"), True, "the same passport", ADMINISTRATOR)
        then.tell(register("CHR|88", 9, BERNARD | {Field.BIRTH_DATE: "1938-11-26"}))
        assert then.together("CHR|8", "CHR|88")
        roll_back(then)
    assert world.together("BOL|6", "CHR|6")
    assert not world.together("BOL|8", "CHR|8")
    assert world.golden("BOL|8") == held["BOL|8"]
    assert world.query.person(held["CHR|8"], REVIEWER).golden_id == world.golden("CHR|8") == world.golden("CHR|88")
    (left,) = [t for t in world.tasks(TaskKind.POSSIBLE_MATCH) if t.id == bernard.id]
    assert (left.state, left.due, left.comment) == (TaskState.DEFERRED, due, "asked the trust")
    world.verify()
    world.check_questions()


def test_what_was_compared_long_ago_is_not_rolled_out_blindly(world: World) -> None:
    """SEC-1: who approved has seen what was foreseen; 22 people have come since whose links would be contested."""
    made = approved(world, warier())
    for number in range(1, 23):
        known = person("Achterberg", "Willemijn", f"1940-02-{number:02}", number=nhs(number))
        world.tell(register(f"BOL|{number}", 1, known), register(f"CHR|{number}", 2, known))
    before = state(world)
    rolling = compose_rolling(world.index)
    told = r"foreseen .*: 22 contested links and not 0, 22 new tasks and not 0\. Nothing"
    with pytest.raises(Conflict, match=told):
        rolling.out(made, ADMINISTRATOR)
    assert state(world) == before
    assert world.rows("select from audit where action = 'roll-out-model'") == []
    assert rolling.out(made, ADMINISTRATOR, even_so=True).held == 22
    (audited,) = world.rows("select detail from audit where action = 'roll-out-model'")
    assert (audited.detail["even_so"], audited.detail["held"]) == ("whatever was foreseen", 22)


def test_a_hold_that_a_roll_out_made_goes_with_it(emptied_url: str, world: World) -> None:
    linked(world)
    before = state(world)
    assert roll_out(world, warier()).held == 1
    with under(emptied_url, warier()) as then:
        assert then.together("BOL|1", "CHR|1")
        assert len(then.tasks(TaskKind.CONTESTED_LINK)) == 1
        assert then.verify().accounted == 1
        assert roll_back(then).freed == 1
    assert state(world) == before
    assert world.verify().accounted == 0


def test_a_hold_that_a_roll_out_lifted_comes_back_with_its_task(emptied_url: str, world: World) -> None:
    numbered = BERNARD | {Field.NHS_NUMBER: NhsNumber(nhs(1), "01")}
    world.tell(register("BOL|8", 1, numbered), register("CHR|8", 2, numbered | {Field.BIRTH_DATE: "1938-11-26"}))
    world.tell(register("BOL|8", 3, BERNARD | {Field.NHS_NUMBER: None}))
    before = state(world)
    assert roll_out(world, keener()).freed == 1
    with under(emptied_url, keener()) as then:
        assert then.tasks() == []
        assert then.verify().accounted == 0
        roll_back(then)
    assert state(world) == before
    assert world.verify().accounted == 1


def test_what_a_guard_parted_comes_together_under_its_own_id(emptied_url: str) -> None:
    """Two verified NHS numbers, that only the new model heeds (NHS-11)."""
    careless = altered(guards=["unidentified"], balance=None)
    with under(emptied_url, careless) as world:
        for identifier, number in (("BOL|1", 1), ("CHR|1", 2)):
            phone = {Field.PHONES: ("0161 496 0001",)}
            world.tell(register(identifier, number, person(number=nhs(number), more=phone)))
        before = state(world)
        with (
            world.index.units.begin() as unit
        ):  # it is made for files: no proposal of it, but an old index may have it
            unit.models.begin(careless.fingerprint, careless.document, "operator")
            unit.commit()
        assert roll_out(world, Model.default()).parted == 1
        with under(emptied_url, Model.default()) as then:
            assert not then.together("BOL|1", "CHR|1")
            then.verify()
            roll_back(then)
        assert state(world) == before
        world.verify()


def test_only_an_approved_and_fitting_proposal_is_rolled_out_and_once(emptied_url: str, world: World) -> None:
    """Change control (SEC-1): who, what and by whose approval stands in the audit trail."""
    asked_about(world)
    rolling = compose_rolling(world.index)
    with pytest.raises(Forbidden):
        rolling.out(1, SENIOR)
    with pytest.raises(NotFound):
        rolling.out(1, ADMINISTRATOR)
    with pytest.raises(Conflict, match="nothing to go back to"):
        rolling.back("", ADMINISTRATOR)
    Reigning(world.index.units).model(Model.default(), "operator")
    open_, _ = world.index.models.propose(altered(certain=50.0), ADMINISTRATOR)
    with pytest.raises(Conflict, match="is proposed: only an approved one"):
        rolling.out(open_, ADMINISTRATOR)
    late, made = approved(world, warier()), approved(world, keener())
    rolling.out(made, ADMINISTRATOR)
    with pytest.raises(Conflict, match="compared with: compare it again"):
        rolling.out(late, ADMINISTRATOR)
    with under(emptied_url, keener()) as then:
        assert then.index.models.proposal(made, REVIEWER).proposal.state == "rolled-out"
        roll_back(then)
    with pytest.raises(Conflict, match="rolled out before"):
        rolling.out(made, ADMINISTRATOR)
    with pytest.raises(Conflict, match="nothing to go back to"):
        rolling.back("", ADMINISTRATOR)
    overview = world.index.models.overview(REVIEWER)
    now, out, first = overview.reigns
    states = {proposal.id: proposal.state for proposal in overview.proposals}
    assert states == {open_: "proposed", late: "approved", made: "rolled-back"}
    assert (now.restores, now.until, now.reason) == (first.id, None, "worse than it looked")
    assert (out.proposal_id, out.begun_by, out.model.fingerprint) == (made, "admin", keener().fingerprint)
    said = world.rows("select action, subjects, detail from audit where action like 'roll-%' order by id")
    assert [(row.action, row.subjects) for row in said] == [
        ("roll-out-model", [f"model-proposal/{made}"]),
        ("roll-back-model", [f"model-proposal/{made}"]),
    ]
    assert (said[0].detail["approved_by"], said[0].detail["joined"]) == ("sam", 1)


def test_nobody_writes_meanwhile_and_everybody_reads(emptied_url: str, world: World) -> None:
    """A feed is told to try again and loses nothing; a broken connection leaves all as it was (promise 1)."""
    asked_about(world)
    made = approved(world, keener())
    before = state(world)
    with pytest.raises(Unavailable), RollingStores(world.index.engine).begin() as store:
        _roll_half_way(world, store, made)
    assert state(world) == before
    assert world.index.models.overview(REVIEWER).under_way is None
    assert world.send(register("BOL|1", 1, person())).fault == ""
    world.verify()


def _roll_half_way(world: World, store: RollingStore, made: int) -> None:
    store.claim("mpi model roll-out")
    with pytest.raises(Unavailable, match="is being changed; nothing was applied, try again"):
        world.send(register("BOL|1", 1, person()))
    with pytest.raises(Conflict, match="by somebody else already"):
        compose_rolling(world.index).out(made, ADMINISTRATOR)
    store.unit.models.succeed(keener().fingerprint, "admin", proposal_id=made, reason="")
    store.unit.lane.execute(text("delete from edge"))
    assert world.query.person_of(of("BOL|8"), REVIEWER).golden_id == world.golden("BOL|8")
    under_way = world.index.models.overview(REVIEWER).under_way
    assert under_way is not None
    assert under_way.what == "mpi model roll-out"
    pid = store.unit.lane.execute(text("select pg_backend_pid()")).scalar_one()
    world.rows("select pg_terminate_backend(:pid, 5000)", pid=pid)
    store.unit.commit()


def test_a_process_with_another_model_is_refused(emptied_url: str, world: World) -> None:
    """Weights of two models never stand side by side: neither in what is written nor in what is told."""
    asked_about(world)
    begun, go_on = threading.Event(), threading.Event()
    made = approved(world, keener())

    def write() -> None:
        with world.index.units.begin() as unit:
            unit.audit.record(ADMINISTRATOR, "waits", [], {})
            unit.lane.flush()  # type: ignore[attr-defined]
            begun.set()
            go_on.wait(60)
            unit.commit()

    writing = threading.Thread(target=write)
    writing.start()
    assert begun.wait(60)
    rolling = threading.Thread(target=compose_rolling(world.index).out, args=(made, ADMINISTRATOR))
    rolling.start()
    rolling.join(1.0)
    assert rolling.is_alive()  # whoever had begun to write finishes first, and nobody else begins
    with pytest.raises(Unavailable, match="try again"):
        world.send(register("BOL|1", 1, person()))
    assert world.count("model_reign") == 1
    go_on.set()
    writing.join()
    rolling.join()
    with pytest.raises(Outdated):
        world.send(register("BOL|1", 1, person()))
    with pytest.raises(Outdated):
        world.tasks()
    with under(emptied_url, keener()) as then:
        assert then.send(register("BOL|1", 1, person())).fault == ""
        then.verify()
