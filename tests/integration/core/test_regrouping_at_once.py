"""Moves, splits and merges begun at one moment, each in a thread of its own: one of them is done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from linkage.partition import Verdict
from mpi.db.evidence import EvidenceStore
from mpi.domain.regrouping import Regroup
from mpi.errors import Conflict, MpiError, NotFound
from mpi.usecases.deciding.acting import Opposed
from mpi.usecases.identity.asserting import Asserting
from tests.integration.core.regroups import ADA, CASES, do, regrouping, two_people, wish
from tests.integration.core.world import (
    COLLEAGUE,
    SENIOR,
    World,
    of,
    register,
)


@pytest.fixture
def two(world: World) -> World:
    """Ada and Bernard."""
    return two_people(world)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of each of these begun at one moment: "done" or the name of the error."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        gate.wait(30)
        try:
            act()
        except MpiError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


@pytest.mark.parametrize(("kind", "records", "other", "block"), CASES)
def test_of_two_at_once_with_one_mark_one_wins(
    two: World, kind: Regroup, records: tuple[str, ...], other: str, block: set[str]
) -> None:
    asked = wish(two, kind, *records, other=other)
    mark = regrouping(two).preview(asked, SENIOR).mark
    told = at_once(*[lambda: regrouping(two).apply(asked, mark, "", SENIOR)] * 3)
    assert sorted(told) == ["Outlived", "Outlived", "done"]
    assert len(two.rows("select * from audit where action = :a", a=kind.value)) == (2 if other else 1)
    assert frozenset(block) in two.partition()
    two.verify()


def test_a_decision_made_meanwhile_is_not_walked_over(two: World) -> None:
    """A colleague's word waits to be committed while the merge begins: it is heard."""
    asked = wish(two, Regroup.MERGE, other="BOL|9")
    mark = regrouping(two).preview(asked, SENIOR).mark
    asserting = Asserting(two.index.matching, two.index.rematch, two.index.clock)
    with ThreadPoolExecutor(1) as threads:
        with two.index.units.begin() as unit:
            asserting.state(unit, of("CHR|1"), of("CHR|9"), Verdict.DIFFERENT, "two people", COLLEAGUE)
            merging = threads.submit(regrouping(two).apply, asked, mark, "", SENIOR)
            with pytest.raises(TimeoutError):
                merging.result(1)
            unit.commit()
        with pytest.raises(Opposed):
            merging.result(30)
    assert not two.together("BOL|1", "BOL|9")


def test_a_record_that_comes_meanwhile_is_looked_at_first(two: World) -> None:
    asked = wish(two, Regroup.SPLIT, "CHR|1")
    mark = regrouping(two).preview(asked, SENIOR).mark
    asserting = Asserting(two.index.matching, two.index.rematch, two.index.clock)
    two.tell(register("STO|1", 11, ADA))
    with ThreadPoolExecutor(1) as threads:
        with two.index.units.begin() as unit:
            asserting.state(unit, of("BOL|1"), of("STO|1"), Verdict.SAME, "one", COLLEAGUE)
            parting = threads.submit(regrouping(two).apply, asked, mark, "", SENIOR)
            with pytest.raises(TimeoutError):
                parting.result(1)
            unit.commit()
        with pytest.raises(Conflict, match="have changed"):
            parting.result(30)
    assert two.together("BOL|1", "CHR|1", "STO|1")


def test_of_two_who_take_back_at_once_one_does(two: World) -> None:
    made = do(two, wish(two, Regroup.MERGE, other="BOL|9"), SENIOR)
    golden_id = two.golden("BOL|1")
    told = at_once(*[lambda: regrouping(two).undo(golden_id, made, "", SENIOR)] * 3)
    assert sorted(told) == ["NotFound", "NotFound", "done"]
    two.verify()


def test_what_was_taken_back_while_its_act_was_looked_up_is_told(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague takes it back after it was seen to stand and before the rest of its act is read."""
    made = do(two, wish(two, Regroup.MERGE, other="BOL|9"), SENIOR)
    golden_id = two.golden("BOL|1")
    ours = EvidenceStore.whole_acts

    def after_a_colleague(evidence: EvidenceStore, assertion_ids: Collection[int]) -> list[int]:
        monkeypatch.setattr(EvidenceStore, "whole_acts", ours)
        regrouping(two).undo(golden_id, made, "", SENIOR)
        return ours(evidence, assertion_ids)

    monkeypatch.setattr(EvidenceStore, "whole_acts", after_a_colleague)
    with pytest.raises(NotFound):
        regrouping(two).undo(golden_id, made, "", SENIOR)
    two.verify()
