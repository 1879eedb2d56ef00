"""What is ordered and reported is known beside what is stored (issue 5.1, 5.4; decision 0022)."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from mpi.domain.access import Caller, Role
from mpi.domain.availability import Availability, Holding, Notice
from mpi.domain.commands import Field, Merge, Move, Moved, Order
from mpi.domain.identifiers import WITHHELD
from mpi.domain.interest import Interest
from mpi.domain.order_fold import OrderFilter
from mpi.domain.orders import Coded, OrderField, OrderStatus, OrderValue, ReportStatus, TaskOrder
from mpi.domain.views import Decision, Event, EventType, HistoryFilter, LinkState, RecordState, TaskKind, TaskState
from mpi.errors import Conflict, NotFound
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.worklist import Worklist
from tests.integration.core.world import (
    ADMINISTRATOR,
    ARCHIVE,
    COLLEAGUE,
    REVIEWER,
    SENIOR,
    World,
    at,
    of,
    other_person,
    person,
    register,
    study,
)

CHEST: dict[OrderField, OrderValue] = {
    OrderField.CODES: (Coded("CCHES", "CT Thorax", "LOCAL"),),
    OrderField.MODALITY: "CT",
    OrderField.BODY_SITE: "CHEST",
    OrderField.STATUS: OrderStatus.SCHEDULED,
    OrderField.STARTS_AT: datetime(2024, 3, 1, 9, tzinfo=UTC),
    OrderField.ORGANISATION: "RMC",
}


def order(patient: str, minute: float, filler: str = "", **said: OrderValue) -> Order:
    """`order("BOL|1", 5, "F1", report=ReportStatus.FINAL)`."""
    told = {OrderField(name): value for name, value in said.items()}
    return Order(of(patient), person(), {OrderField.FILLER: filler} | told if filler else told, at(minute))


def orders(world: World, patient: str, *, awaited: bool = True) -> list[tuple[str, OrderStatus, ReportStatus | None]]:
    page = world.imaging.orders(world.golden(patient), ARCHIVE, OrderFilter(awaited=awaited))
    assert page.total == len(page.orders)
    return [(o.filler or o.accession or o.placer, o.status, o.report_status) for o in page.orders]


def chest(patient: str, minute: float, filler: str = "F1", **said: OrderValue) -> Order:
    return order(patient, minute, filler, **({name.value: value for name, value in CHEST.items()} | said))


def now(world: World) -> datetime:
    moment: datetime = world.rows("select clock_timestamp() as now")[0].now
    return moment


def test_an_order_is_awaited_until_its_study_is_stored(world: World) -> None:
    world.tell(register("BOL|1", 1))
    world.tell(chest("BOL|1", 2, study_uid="1.1"))
    assert orders(world, "BOL|1") == [("F1", OrderStatus.SCHEDULED, None)]
    world.imaging.register(study("1.1", "BOL|1"), ARCHIVE)
    assert orders(world, "BOL|1") == []
    assert orders(world, "BOL|1", awaited=False) == [("F1", OrderStatus.SCHEDULED, None)]
    world.tell(order("BOL|1", 9, "F1", status=OrderStatus.COMPLETED, report=ReportStatus.FINAL))
    (found,) = world.imaging.history(of("BOL|1"), ARCHIVE).studies
    (ordered,) = world.imaging.orders(world.golden("BOL|1"), ARCHIVE).orders
    assert (found.report_status, found.order, ordered.stored) == (ReportStatus.FINAL, ordered.id, "1.1")
    assert world.imaging.study("1.1", ARCHIVE)[0].report_status is ReportStatus.FINAL
    assert found.link is LinkState.CERTAIN
    (then,) = world.imaging.history(of("BOL|1"), ARCHIVE, HistoryFilter(as_of=now(world))).studies
    unsaid = replace(found, link=None, report_status=None, order=None, order_codes=())
    assert asdict(then) == asdict(unsaid), "how things stood then is not known any more, and is not told"


def test_all_that_is_known_of_a_study_is_told_by_every_way_of_reading_it(world: World) -> None:
    """No two of its fields say the same here, so that none can stand in the place of another."""
    world.tell(register("BOL|1", 1), register("CHR|1", 2))
    whole = study(
        *("1.1", "CHR|1", 9),
        modalities=("CT", "SR"),
        body_site="CHEST",
        description="Thorax",
        accession="A1",
        organisation="RMC",
        archive="vna",
        series=3,
        instances=400,
        procedures=(Coded("1", "as its images say", "99IMAGES"),),
        anatomy=(Coded("816094009", "Thoracic structure", "SCT"),),
    )
    bare = study("1.2", "BOL|1", 2, modalities=())
    for one in (whole, bare):
        world.imaging.register(one, ARCHIVE)
    world.tell(chest("BOL|1", 3, study_uid="1.1", report=ReportStatus.PRELIMINARY))
    (ordered,) = world.imaging.orders(world.golden("BOL|1"), ARCHIVE, OrderFilter(awaited=False)).orders
    holding = Holding(Availability.NEARLINE, "VNA")
    then = HistoryFilter(as_of=now(world))
    golden_id = world.golden("BOL|1")
    with world.index.units.begin() as unit:
        unit.studies.note(Notice("1.1", "vna", holding, 3, 400))
        present, *_ = unit.studies.history(golden_id, HistoryFilter(), 10, "")
        past, *_ = unit.studies.history(golden_id, then, 10, "")
        among, found = unit.studies.among(["1.1"]), unit.studies.get("1.1")
    told = replace(
        whole,
        holding=holding,
        report_status=ReportStatus.PRELIMINARY,
        order=ordered.id,
        order_codes=CHEST[OrderField.CODES],
    )
    assert [asdict(one) for one in present] == [asdict(told), asdict(bare)]
    assert [asdict(one) for one in among.values()] == [asdict(told)]
    assert found is not None
    assert (asdict(found[0]), found[1]) == (asdict(told), golden_id)
    unsaid = replace(whole, link=None, holding=holding), replace(bare, link=None)
    assert [asdict(one) for one in past] == [asdict(one) for one in unsaid]


def test_a_late_older_message_undoes_nothing(world: World) -> None:
    """V2-61 for orders: the later by its own stamp counts."""
    world.tell(order("BOL|1", 9, "F1", report=ReportStatus.FINAL, status=OrderStatus.COMPLETED))
    world.tell(chest("BOL|1", 2, report=ReportStatus.PRELIMINARY))
    assert orders(world, "BOL|1") == [("F1", OrderStatus.COMPLETED, ReportStatus.FINAL)]
    (found,) = world.imaging.orders(world.golden("BOL|1"), ARCHIVE).orders
    assert (found.modality, found.description) == ("CT", "CT Thorax")  # told by the older alone


def test_an_order_for_nobody_yet_known_waits_for_their_feed(world: World) -> None:
    world.tell(chest("BOL|7", 2))
    assert world.record("BOL|7").state is RecordState.AWAITED
    assert world.record("BOL|7").registers.demographics.imported
    world.tell(register("BOL|7", 3, other_person()))
    world.tell(chest("BOL|7", 4))
    assert world.record("BOL|7").registers.demographics.names[0].family == "Whitworth"
    assert orders(world, "BOL|7") == [("F1", OrderStatus.SCHEDULED, None)]


def test_a_study_without_uid_is_found_by_accession_of_the_same_authority_and_person(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|1", 1), register("BOL|2", 1, other_person()))
    world.tell(chest("BOL|1", 2, accession="A1"))
    for uid, patient in (("1.2", "BOL|2"), ("1.3", "CHR|1")):
        world.imaging.register(study(uid, patient, accession="A1"), ARCHIVE)
    assert world.golden("BOL|1") == world.golden("CHR|1")
    assert orders(world, "BOL|1") == [("F1", OrderStatus.SCHEDULED, None)]
    world.imaging.register(study("1.1", "BOL|1", accession="A1"), ARCHIVE)
    assert orders(world, "BOL|1") == []
    told = {s.study_uid: s.order for s in world.imaging.history(of("BOL|1"), ARCHIVE).studies}
    assert told["1.1"] is not None
    assert told["1.3"] is None


def test_a_merge_and_its_end_take_orders_along_and_bring_them_back(world: World) -> None:
    """Promise 4 and 5 for orders: an A40 moves no row, what was said under both numbers is one order, and after the
    end of the merge each is as it was."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(chest("BOL|2", 2))
    world.tell(order("BOL|1", 3, "F1", report=ReportStatus.FINAL, status=OrderStatus.COMPLETED))
    apart = orders(world, "BOL|1"), orders(world, "BOL|2")
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    assert orders(world, "BOL|1") == [("F1", OrderStatus.COMPLETED, ReportStatus.FINAL)]
    assert world.imaging.orders(world.golden("BOL|1"), ARCHIVE).orders[0].patient == of("BOL|2")
    assert not world.verify().differences
    world.review.assert_pair(of("BOL|1"), of("BOL|2"), False, "two people", SENIOR)
    assert world.golden("BOL|1") != world.golden("BOL|2")
    assert (orders(world, "BOL|1"), orders(world, "BOL|2")) == apart
    assert not world.verify().differences


def test_orders_are_read_as_they_were_shown(world: World) -> None:
    """Promise 4 for orders: the links, the orders, what was told of them and which study was stored, all of then."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(chest("BOL|2", 2, accession="A1"))

    def told(patient: str, when: datetime | None, **wanted: bool) -> list[tuple[str, str, str]]:
        page = world.imaging.orders(of(patient), ARCHIVE, OrderFilter(as_of=when, **wanted), 1)
        assert page.total == len(page.orders)
        return [(str(o.patient), o.status, o.stored) for o in page.orders]

    planned = now(world)
    world.tell(order("BOL|1", 3, "F1", report=ReportStatus.FINAL, status=OrderStatus.COMPLETED))
    world.imaging.register(study("1.1", "BOL|2", accession="A1"), ARCHIVE)
    made = now(world)
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    merged = now(world)
    world.review.assert_pair(of("BOL|1"), of("BOL|2"), False, "two people", SENIOR)
    apart = now(world)
    world.tell(chest("BOL|2", 9, accession="A1", status=OrderStatus.CANCELLED))

    assert told("BOL|1", planned) == []
    assert told("BOL|2", planned) == told("BOL|2", planned, awaited=True) == [("BOL|2", "scheduled", "")]
    assert told("BOL|1", made) == [("BOL|1", "completed", "")]
    assert told("BOL|2", made) == told("BOL|2", apart) == [("BOL|2", "scheduled", "1.1")]
    assert told("BOL|2", made, awaited=True) == []
    assert told("BOL|1", merged) == told("BOL|2", merged) == [("BOL|2", "completed", "1.1")]
    assert told("BOL|1", apart) == [("BOL|1", "completed", "")]
    assert told("BOL|2", None) == [("BOL|2", "cancelled", "1.1")]
    (found,) = world.imaging.orders(of("BOL|2"), ARCHIVE, OrderFilter(as_of=made)).orders
    assert (found.starts_at, found.codes) == (CHEST[OrderField.STARTS_AT], CHEST[OrderField.CODES])
    with pytest.raises(NotFound):
        world.imaging.orders(of("BOL|2"), ARCHIVE, OrderFilter(as_of=datetime(2020, 1, 1, tzinfo=UTC)))


def test_nhs_57_of_another_time_whoever_of_then_or_now_is_restricted_is_protected(world: World) -> None:
    """CHR|1 was taken for BOL|1 for a while, and has been restricted since."""
    world.tell(register("BOL|1", 1, other_person()), register("CHR|1", 1))
    world.review.assert_pair(of("BOL|1"), of("CHR|1"), True, "", ADMINISTRATOR)
    golden = world.golden("BOL|1")
    world.tell(chest("CHR|1", 2, study_uid="1.1"))
    world.imaging.register(study("1.1", "CHR|1", organisation="RBV"), ARCHIVE)
    together = now(world)
    world.review.assert_pair(of("BOL|1"), of("CHR|1"), False, "two people", ADMINISTRATOR)
    world.tell(register("CHR|1", 3, person(more={Field.RESTRICTED: True})))
    viewer, then = Caller("vera", Role.VIEWER, "RMC"), HistoryFilter(as_of=together)
    ordered = OrderFilter(as_of=together)
    assert [o.patient for o in world.imaging.orders(golden, viewer, ordered).orders] == [WITHHELD]
    assert world.imaging.orders(golden, viewer, replace(ordered, number="F1")).total == 0
    assert [s.patient for s in world.imaging.history(golden, viewer, then).studies] == [WITHHELD]
    assert world.imaging.history(golden, viewer, replace(then, organisation="RBV")).total == 0
    for golden_id in (golden, world.golden("BOL|1"), world.golden("CHR|1")):
        assert {change.identifier for change in world.imaging.changes(golden_id, viewer)} <= {WITHHELD}
    assert [o.patient for o in world.imaging.orders(golden, ARCHIVE, OrderFilter(as_of=together)).orders] == [
        of("CHR|1")
    ]


@pytest.mark.parametrize("shared", ["filler", "accession", "placer", "study_uid"])
def test_an_order_that_comes_under_a_second_patient_is_asked_about(world: World, shared: str) -> None:
    """Promise 7: nothing is guessed, each patient keeps what was said of theirs, and a reviewer is asked, once."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()), register("CHR|1", 1), register("BOL|3", 1))
    assert world.together("BOL|1", "CHR|1", "BOL|3")

    def numbered(patient: str, minute: float, **said: OrderValue) -> Order:
        own = {"filler": f"F{patient}", "accession": f"A{patient}"}
        return order(patient, minute, **(own | {"placer": f"P{patient}", shared: "7.7", "modality": "CT"} | said))

    world.tell(numbered("BOL|1", 2), numbered("BOL|3", 2))
    assert world.tasks() == [], "two numbers of one person are no question"
    world.tell(numbered("BOL|2", 3))
    asked = {(task.one, task.other) for task in world.tasks(TaskKind.ORDER_CONFLICT)}
    assert asked == {(of("BOL|1"), of("BOL|2")), (of("BOL|2"), of("BOL|3"))}
    for patient in ("BOL|1", "BOL|2"):  # viewable under both
        assert of(patient) in {o.patient for o in world.imaging.orders(of(patient), ARCHIVE).orders}
    for task in world.tasks(TaskKind.ORDER_CONFLICT):
        world.review.decide(task.id, Decision.DIFFERENT, "a typing error", REVIEWER)
    world.tell(numbered("BOL|2", 4, report=ReportStatus.FINAL))
    assert world.tasks(TaskKind.ORDER_CONFLICT) == []
    world.tell(numbered("CHR|9", 5))
    assert bool(world.tasks(TaskKind.ORDER_CONFLICT)) == (shared == "study_uid"), "another department's number"
    assert not world.verify().differences


def test_a_conflict_names_its_orders_and_ends_when_the_source_merges_the_patients(world: World) -> None:
    """Promise 4, NHS-57: a reviewer reads which orders are meant, unless somebody is restricted; a merge answers, and
    the merge taken back asks again."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(order("BOL|1", 2, "F1", placer="P1", accession="A1"), order("BOL|1", 2, "F9"))
    world.tell(order("BOL|2", 3, "F1", placer="P2"))
    task = world.task(TaskKind.ORDER_CONFLICT)
    named = TaskOrder(of("BOL|1"), "F1", "P1", "A1"), TaskOrder(of("BOL|2"), "F1", "P2")
    comparing = Comparing(world.index.units, world.index.matching)
    page = Worklist(world.index.units, world.index.clock).page(REVIEWER)
    for told in (world.review.task(task.id, REVIEWER), comparing.compare(task.id, REVIEWER).task, page.tasks[0]):
        assert told.orders == named
    world.tell(register("BOL|2", 4, other_person(more={Field.RESTRICTED: True})))
    withheld = tuple(TaskOrder(of(one), withheld=True) for one in ("BOL|1", "BOL|2"))
    assert world.review.task(task.id, REVIEWER).orders == withheld
    assert world.review.task(task.id, replace(REVIEWER, purpose="emergency")).orders == named
    world.review.claim(task.id, REVIEWER)
    world.tell(Merge(of("BOL|1"), of("BOL|2"), at(5)))
    assert world.together("BOL|1", "BOL|2")
    assert world.tasks(TaskKind.ORDER_CONFLICT) == []
    assert world.review.task(task.id, REVIEWER).state is TaskState.WITHDRAWN
    with pytest.raises(Conflict):
        world.review.decide(task.id, Decision.DIFFERENT, "too late", REVIEWER)
    (merge,) = world.review.assertions(of("BOL|1"), SENIOR)
    world.review.withdraw(merge.id, "the wrong patient", SENIOR)
    assert [one.id for one in world.tasks(TaskKind.ORDER_CONFLICT)] == [task.id]
    assert not world.verify().differences


def test_an_order_cancelled_for_one_patient_and_made_anew_for_another_is_no_question(world: World) -> None:
    """How HL7 has a wrong-patient order corrected. A visit that moves (A45) brings no order along: an order goes by
    its patient and its own numbers, and PV1-19 is not read. So when its source goes on under the other patient
    without a cancellation, that is asked about."""
    world.tell(register("BOL|1", 1), register("BOL|2", 1, other_person()))
    world.tell(chest("BOL|1", 2), chest("BOL|1", 3, status=OrderStatus.CANCELLED), chest("BOL|2", 4))
    assert world.tasks() == []
    world.tell(Move(Moved.VISITS, of("BOL|1"), of("BOL|2"), at(5), visits=("V1",)))
    assert orders(world, "BOL|2") == [("F1", OrderStatus.SCHEDULED, None)]
    assert orders(world, "BOL|1") == []
    world.tell(order("BOL|1", 6, "F1", status=OrderStatus.COMPLETED, report=ReportStatus.FINAL))
    asked = world.task(TaskKind.ORDER_CONFLICT)
    assert asked.reason.startswith("one order came under two patient ids")
    assert world.review.preview(asked.id, Decision.SAME, REVIEWER)[1], "who look different are joined by two people"
    assert world.review.decide(asked.id, Decision.SAME, "", REVIEWER).proposed is Decision.SAME
    assert not world.together("BOL|1", "BOL|2")
    world.review.decide(asked.id, Decision.SAME, "", COLLEAGUE)
    assert world.together("BOL|1", "BOL|2")


def test_pages_of_orders_go_on_where_they_ended(world: World) -> None:
    world.tell(register("BOL|1", 1))
    for number in range(5):
        world.tell(chest("BOL|1", 2 + number, f"F{number}"))
    seen, after = [], ""
    while True:
        page = world.imaging.orders(world.golden("BOL|1"), ARCHIVE, OrderFilter(awaited=True), 2, after)
        seen += [o.filler for o in page.orders]
        assert page.total == 5
        if not (after := page.next):
            break
    assert sorted(seen) == [f"F{number}" for number in range(5)]
    for authority, total in (("", 1), ("BOL", 1), ("CHR", 0), ("urn:any", 0)):
        for as_of in (None, now(world)):
            wanted = OrderFilter(number="F1", authority=authority, as_of=as_of)
            assert world.imaging.orders(world.golden("BOL|1"), ARCHIVE, wanted).total == total


def test_a_cancelled_order_is_not_awaited(world: World) -> None:
    world.tell(chest("BOL|1", 2))
    world.tell(order("BOL|1", 3, "F1", status=OrderStatus.CANCELLED))
    assert orders(world, "BOL|1") == []
    assert orders(world, "BOL|1", awaited=False) == [("F1", OrderStatus.CANCELLED, None)]


def test_what_another_trust_has_planned_is_a_possible_repeat(world: World) -> None:
    world.tell(register("BOL|1", 1), register("CHR|1", 1))
    world.tell(chest("CHR|1", 2, "C1"), order("CHR|1", 3, "C2", modality="MR", body_site="CHEST"))
    world.imaging.register(study("1.1", "BOL|1", 9, body_site="Chest"), ARCHIVE)
    _, _, also = world.imaging.priors("1.1", ARCHIVE)
    assert [o.filler for o in also] == ["C1"]
    asked = study("", "BOL|1", 9, body_site="CHEST", started_at=None)
    assert world.imaging.priors(asked, ARCHIVE, datetime(2024, 9, 1, tzinfo=UTC))[2] == []


def test_subscribers_are_told_of_the_orders_they_want(world: World) -> None:
    for name, interest in (("all", Interest()), ("lung", Interest(("CT",), ("CHEST",))), ("mr", Interest(("MR",)))):
        world.subscriptions.add(f"https://{name}.example/hook", (), "", ARCHIVE, interest)
    world.tell(register("BOL|1", 1))
    world.tell(order("BOL|1", 2, placer="P1", **{n.value: v for n, v in CHEST.items()}))
    world.tell(chest("BOL|1", 3, placer="P1", study_uid="1.1"))
    world.imaging.register(study("1.1", "BOL|1", body_site="CHEST"), ARCHIVE)
    world.tell(order("BOL|1", 4, "F1", status=OrderStatus.COMPLETED, report=ReportStatus.PRELIMINARY))
    world.tell(order("BOL|1", 5, "F1", report=ReportStatus.FINAL))
    world.tell(order("BOL|1", 5.5, "F1", report=ReportStatus.FINAL))
    heard: dict[str, list[tuple[EventType, Event]]] = {"all": [], "lung": [], "mr": []}
    world.relay.run_once(lambda s, event: heard[s.url.split(".")[0][8:]].append((event.type, event)))
    assert [kind for kind, _ in heard["lung"]] == [
        EventType.STUDY_ORDERED,
        EventType.ORDER_CHANGED,
        EventType.STUDY_REGISTERED,
        EventType.ORDER_CHANGED,
        EventType.REPORT_CHANGED,
        EventType.REPORT_CHANGED,
    ]
    assert heard["mr"] == []
    ordered, reported = heard["lung"][0][1], heard["lung"][-1][1]
    assert (ordered.studies, ordered.about[0].modalities) == ((), ("CT",))
    assert ordered.detail == {"order": "placer P1", "status": "scheduled"}
    assert reported.studies == ("1.1",)
    assert reported.detail == {"order": "filler F1", "status": "completed", "report": "final"}
    assert reported.new_golden_ids == (world.golden("BOL|1"),)
