"""What is foreseen of another model is what comes of it, beside an index that began with that model."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from benchmarks.residents import batches
from linkage.model import Model
from mpi.domain.model_change import ChangeKind, ModelDifference
from mpi.embedded import create_database, drop_database
from mpi.main.compose import Index, compose
from mpi.simulate import snapshot
from mpi.usecases.foreseeing import Foreseeing
from mpi.usecases.matching import Matching
from tests.integration.bulk_index import ADMINISTRATOR, index_over, loader, network, partition, tasks
from tests.integration.core.other_models import altered, otherwise_encoded

KEENER = Model.default().possible + 0.5


@pytest.fixture
def region() -> pd.DataFrame:
    """Records that say no number and no telephone, so that much is only possible."""
    return snapshot(network(), 1_000, 11).assign(nhs_number="", nhs_status="", home_phone="", mobile="")


@pytest.fixture
def index(database_url: str, region: pd.DataFrame) -> Iterator[Index]:
    made = index_over(database_url)
    loader(made).run(batches(region), ADMINISTRATOR)
    yield made
    made.engine.dispose()


@pytest.fixture
def empty_url(template_url: str, worker_id: str) -> Iterator[str]:
    name = f"foreseen_{worker_id}"
    yield create_database(template_url, name, template="migrated")
    drop_database(template_url, name)


def foreseen(index: Index, found: ModelDifference) -> set[frozenset[str]]:
    """The people as they would be."""
    changed = {str(p.identifier) for change in found.changes for block in change.blocks for p in block}
    after = {frozenset(str(p.identifier) for p in block) for change in found.changes for block in change.blocks}
    return after | {block for block in partition(index) if not block & changed}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("model", [altered(certain=KEENER), otherwise_encoded(certain=KEENER)], ids=["rows", "anew"])
def test_promise_2_what_is_foreseen_is_what_an_index_under_that_model_holds(
    index: Index, empty_url: str, region: pd.DataFrame, model: Model
) -> None:
    """People and tasks, but for links that are held (decision 2)."""
    found = Foreseeing(index.units, index.matching, Matching(model, network()), 2).run()
    other = compose(empty_url, network(), model)
    loaded = loader(other).run(batches(region), ADMINISTRATOR)
    assert (found.counts.records, found.counts.edges) == (loaded.records, loaded.edges)
    assert found.counts.joined > 3
    held = [change for change in found.changes if ChangeKind.HELD in change.kinds]
    apart = {str(p.identifier) for change in held for block in change.blocks for p in block}
    assert len(apart) < len(region) / 50
    now, then = foreseen(index, found), partition(other)
    assert {block for block in now if not block & apart} == {block for block in then if not block & apart}
    wanted = len(tasks(index)) + found.counts.tasks_opened - found.counts.tasks_closed
    assert abs(wanted - len(tasks(other))) <= 2 * len(apart)
    other.engine.dispose()


@pytest.mark.timeout(600)
def test_the_model_in_force_foresees_nothing_of_itself(index: Index) -> None:
    """Whatever stands in the index is what a change under its own model would leave: tasks too."""
    found = Foreseeing(index.units, index.matching, Matching(altered(), network())).run()
    assert found.counts.is_nothing
    assert found.changes == ()
