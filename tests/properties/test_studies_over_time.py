"""The lives of studies: images late, twice or under a wrong patient, between merges, splits, moves and overlays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from linkage.record import Name, Sex
from mpi.domain.commands import Envelope, Field, Move, Moved, Order, Patch
from mpi.domain.order_fold import ImagingOrder, OrderFilter
from mpi.domain.orders import OrderField, OrderStatus, OrderValue, ReportStatus
from mpi.domain.views import EventType, HistoryFilter
from mpi.errors import Fault
from mpi.usecases.imaging.images import Image, Images
from tests.integration.core.world import ARCHIVE, World, at, of, other_person, person, register, study
from tests.properties.life_of_the_index import LOCAL, SAID, LifeOfTheIndex, bolton, identifiers, live, minutes

STUDIES = [f"1.{n}" for n in range(1, 8)]
PAGE = 2  # so that a history has pages
TOLD_BY_IMAGES: list[Patch | None] = [
    None,
    {Field.NAMES: (Name("OKONKWO", "ADAEZE"),), Field.BIRTH_DATE: "1961-03-07", Field.SEX: Sex.FEMALE},
    {Field.NAMES: (Name("WHITWORTH", "BERNARD"),), Field.BIRTH_DATE: "1938-11-25"},
]

TOLD_BY_ORDERS: list[dict[OrderField, OrderValue]] = [
    {OrderField.FILLER: "F1", OrderField.PLACER: "P1", OrderField.STATUS: OrderStatus.SCHEDULED},
    {OrderField.FILLER: "F2", OrderField.PLACER: "P1", OrderField.REPORT: ReportStatus.FINAL},
    {OrderField.FILLER: "F1", OrderField.ACCESSION: "A1", OrderField.REPORT: ReportStatus.PRELIMINARY},
    {OrderField.ACCESSION: "A1", OrderField.REPORT: ReportStatus.CORRECTED},
    {OrderField.PLACER: "P1", OrderField.STATUS: OrderStatus.CANCELLED},
]
told_by_orders = st.sampled_from(TOLD_BY_ORDERS)

Placed = dict[str, UUID]
"""The golden id whose history a study is in, by Study Instance UID."""

Ordered = dict[UUID, frozenset[tuple[ImagingOrder, int, str]]]
"""The orders of each golden id that has some, each with its id and the study that was made of it."""


class LifeOfStudies(LifeOfTheIndex):
    """A life with many studies, a listener who knows only what events told, and a memory of how things were."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.heard: Placed = {}
        self.last_heard = 0
        self.was: list[tuple[datetime, Placed]] = []
        self.orders_were: list[tuple[datetime, Ordered]] = []

    @initialize(homes=st.permutations(LOCAL), said=st.lists(st.sampled_from(SAID), min_size=5, max_size=5))
    def begins(self, homes: list[str], said: list[Patch]) -> None:
        """Five patients, some of them one person, each with a study."""
        for minute, (home, patch, uid) in enumerate(zip(homes, said, STUDIES, strict=False)):
            self.registers(home, patch, minute)
            self.registers_a_study(home, uid)

    @rule(patient=identifiers, uid=st.sampled_from(STUDIES), said=st.sampled_from(TOLD_BY_IMAGES))
    def an_image_comes(self, patient: str, uid: str, said: Patch | None) -> None:
        """Known or not, under whatever patient id: it is taken, and a study stays under its first patient."""
        home = self.studies.setdefault(uid, patient)
        envelope = Envelope("", "GATEWAY", "vna", f"{uid}/{patient}", "C-STORE", f"{uid} {patient}".encode())
        index = self.world.index  # another after a roll-out
        taken = Images(index.units, index.rematch, index.clock).take(
            envelope, Image(study(uid, patient), said), ARCHIVE
        )
        stays = home == patient or self.merged(home, patient)
        assert taken.fault == ("" if stays else Fault.CONFLICT)

    @rule(right=bolton, wrong=bolton, what=st.sampled_from(Moved), minute=minutes)
    def moves(self, right: str, wrong: str, what: Moved, minute: int) -> None:
        if right != wrong:
            numbers = {Moved.ACCOUNT: {"accounts": ("A1", "A2")}, Moved.VISITS: {"visits": ("V1",)}}.get(what, {})
            self.send(Move(what, of(right), of(wrong), at(self.moment(minute)), **numbers))

    @rule(
        patient=identifiers,
        uid=st.sampled_from([*STUDIES, None]),
        said=st.sampled_from(TOLD_BY_ORDERS),
        minute=minutes,
    )
    def is_ordered_or_reported(
        self, patient: str, uid: str | None, said: dict[OrderField, OrderValue], minute: int
    ) -> None:
        """Under whatever patient and number, in whatever order."""
        more: dict[OrderField, OrderValue] = {OrderField.STUDY_UID: uid} if uid else {}
        self.send(Order(of(patient), person(), said | more, at(self.moment(minute))))

    @precondition(lambda self: self.studies)
    @rule(data=st.data(), back=st.booleans(), minute=minutes)
    def is_overlaid(self, data: st.DataObject, back: bool, minute: int) -> None:
        """The record that a study hangs on becomes somebody else's, and perhaps is itself again."""
        home = self.studies[data.draw(st.sampled_from(sorted(self.studies)))]
        self.send(register(home, self.moment(minute), other_person()))
        if back:
            self.send(register(home, self.moment(minute), person()))

    @invariant()
    def every_study_is_in_exactly_one_history(self) -> None:
        """Promise 5, IHE-64: as the archive reads them, page for page."""
        placed = [(uid, golden) for golden in self.people() for uid in self.history(golden)]
        assert sorted(uid for uid, _ in placed) == sorted(self.studies)
        now = dict(placed)
        for uid, golden in now.items():
            assert self.world.imaging.study(uid, ARCHIVE)[1] == golden
        if not self.was or self.was[-1][1] != now:
            self.was.append((datetime.now(UTC), now))

    @invariant()
    def every_order_is_one_persons_and_its_study_is_theirs(self) -> None:
        """Issue 5.1: no report of one person is told of another's study."""
        seen: list[int] = []
        now: Ordered = {}
        for golden in self.people():
            orders = self.world.imaging.orders(golden, ARCHIVE).orders
            now |= {golden: frozenset(map(_told, orders))} if orders else {}
            seen += [order.id for order in orders]
            reports = {order.id: order.report_status for order in orders}
            studies = self.world.imaging.history(golden, ARCHIVE).studies
            assert {order.stored for order in orders} - {""} <= {s.study_uid for s in studies}
            for shown in studies:
                assert shown.order is None or reports[shown.order] is shown.report_status
        standing = self.world.rows("select id from imaging_order where stands order by id")
        assert sorted(seen) == [row.id for row in standing]
        if not self.orders_were or self.orders_were[-1][1] != now:
            self.orders_were.append((datetime.now(UTC), now))

    @invariant()
    def who_only_listens_knows_the_same(self) -> None:
        """Design 9: every event carries old and new golden ids, and no study changes its person in silence."""
        told = self.world.rows(
            "select id, type, old_golden_ids, new_golden_ids, studies from event where id > :last order by id",
            last=self.last_heard,
        )
        for event in told:
            self.last_heard = event.id
            if event.type in (EventType.ACCOUNT_MOVED, EventType.VISITS_MOVED):
                continue  # of numbers in another system; nobody became somebody else
            for uid in event.studies:
                if event.type != EventType.STUDY_REGISTERED:
                    assert [self.heard[uid]] == event.old_golden_ids
                (self.heard[uid],) = event.new_golden_ids
        assert self.heard == {uid: self.world.imaging.study(uid, ARCHIVE)[1] for uid in self.studies}

    @precondition(lambda self: len(self.was) > 1)
    @rule(data=st.data())
    def looks_back(self, data: st.DataObject) -> None:
        """Promise 4: the history as it was believed to be, whatever happened since."""
        at_that_time, then = data.draw(st.sampled_from(self.was))
        wanted = HistoryFilter(as_of=at_that_time)
        for golden in set(then.values()):
            page = self.world.imaging.history(golden, ARCHIVE, wanted)
            assert {s.study_uid for s in page.studies} == {uid for uid, held in then.items() if held == golden}

    @precondition(lambda self: len(self.orders_were) > 1)
    @rule(data=st.data())
    def looks_back_at_orders(self, data: st.DataObject) -> None:
        """The same of orders: what they showed, of whom, and which study had come of each."""
        at_that_time, then = data.draw(st.sampled_from(self.orders_were))
        wanted = OrderFilter(as_of=at_that_time)
        for golden, told in then.items():
            assert frozenset(map(_told, self.world.imaging.orders(golden, ARCHIVE, wanted).orders)) == told

    def people(self) -> list[UUID]:
        return [row.golden_id for row in self.world.rows("select distinct golden_id from link where until is null")]

    def history(self, golden: UUID) -> list[str]:
        """Every study of a person, read in pages."""
        found: list[str] = []
        after = ""
        while True:
            page = self.world.imaging.history(golden, ARCHIVE, HistoryFilter(), PAGE, after)
            assert page.golden_id == golden
            found += [s.study_uid for s in page.studies]
            after = page.next
            if not after:
                assert len(found) == page.total
                return found


def _told(order: ImagingOrder) -> tuple[ImagingOrder, int, str]:
    return order, order.id, order.stored


@pytest.fixture
def world(emptied_url: str) -> Iterator[World]:
    made = World.over(emptied_url)
    yield made
    made.close()


def test_every_study_is_in_one_history_whatever_happens(world: World) -> None:
    """Promises 4 and 5; IHE-64."""
    live(LifeOfStudies, world)
