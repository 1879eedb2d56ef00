"""What is ordered and reported is known beside what is stored (issue 5.1, 5.4; decision 0022)."""

from __future__ import annotations

from datetime import UTC, datetime

from mpi.domain.commands import Merge, Order
from mpi.domain.interest import Interest
from mpi.domain.orders import Coded, OrderField, OrderStatus, OrderValue, ReportStatus
from mpi.domain.views import Event, EventType, RecordState
from tests.integration.core.world import ARCHIVE, SENIOR, World, at, of, other_person, person, register, study

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
    page = world.imaging.orders(world.golden(patient), ARCHIVE, awaited=awaited)
    assert page.total == len(page.orders)
    return [(o.filler or o.accession or o.placer, o.status, o.report_status) for o in page.orders]


def chest(patient: str, minute: float, filler: str = "F1", **said: OrderValue) -> Order:
    return order(patient, minute, filler, **({name.value: value for name, value in CHEST.items()} | said))


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


def test_pages_of_orders_go_on_where_they_ended(world: World) -> None:
    world.tell(register("BOL|1", 1))
    for number in range(5):
        world.tell(chest("BOL|1", 2 + number, f"F{number}"))
    seen, after = [], ""
    while True:
        page = world.imaging.orders(world.golden("BOL|1"), ARCHIVE, 2, after, awaited=True)
        seen += [o.filler for o in page.orders]
        assert page.total == 5
        if not (after := page.next):
            break
    assert sorted(seen) == [f"F{number}" for number in range(5)]


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
