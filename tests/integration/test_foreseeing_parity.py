"""What is foreseen of another model is what comes of it, rolled out or in an index that began with that model."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from benchmarks.residents import batches
from linkage.model import Model
from mpi.domain.model_change import ChangeKind, Counts, ModelDifference
from mpi.embedded import create_database, drop_database
from mpi.main.index import Index, compose
from mpi.main.rolling import compose_rolling
from mpi.simulate import snapshot
from mpi.usecases.identity.matching import Matching
from mpi.usecases.models.foreseeing import Foreseeing
from mpi.usecases.models.reigning import Reigning
from tests.integration.bulk_index import (
    ADMINISTRATOR,
    NAMED,
    edges,
    index_over,
    loader,
    network,
    partition,
    records,
    rows,
    tasks,
)
from tests.integration.core.other_models import altered, approve, otherwise_encoded

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


def rolled_out(index: Index, model: Model) -> Counts:
    """The model proposed, approved by another, and rolled out."""
    made, _ = index.models.propose(model, ADMINISTRATOR)
    approve(index.models, made)
    return compose_rolling(index, 2).out(made, ADMINISTRATOR)


def golden_ids(index: Index) -> dict[str, object]:
    """The golden id of each record."""
    statement = f"select r.name, l.golden_id from link l join {NAMED} r on r.id = l.record_id where l.until is null"
    return dict(rows(index, statement))


def retired(index: Index) -> dict[object, object]:
    return dict(rows(index, "select id, successor from golden_identity where retired_at is not null"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("model", [altered(certain=KEENER), otherwise_encoded(certain=KEENER)], ids=["rows", "anew"])
def test_promise_2_what_is_foreseen_is_what_a_roll_out_does_and_a_new_index_holds(
    index: Index, database_url: str, empty_url: str, region: pd.DataFrame, model: Model
) -> None:
    """People, tasks, edges and rows, but for links that are held (decision 2); and all of it back (decision 29)."""
    Reigning(index.units).model(index.matching.model, "operator")
    found = Foreseeing(index.units, index.matching, Matching(model, network()), 2).run()
    other = compose(empty_url, network(), model)
    loaded = loader(other).run(batches(region), ADMINISTRATOR)
    assert (found.counts.records, found.counts.edges) == (loaded.records, loaded.edges)
    assert found.counts.joined > 3
    held = [change for change in found.changes if ChangeKind.HELD in change.kinds]
    apart = {str(p.identifier) for change in held for block in change.blocks for p in block}
    assert len(apart) < len(region) / 50
    expected = foreseen(index, found)
    before = (edges(index), records(index), partition(index), tasks(index))
    named = golden_ids(index)

    assert rolled_out(index, model) == found.counts
    after = compose(database_url, network(), model)
    then = partition(other)
    assert partition(after) == expected
    assert {block for block in expected if not block & apart} == {block for block in then if not block & apart}
    assert (edges(after), records(after)) == (edges(other), records(other))
    asked, wanted = ({one for one in tasks(i) if not {one[1], one[2]} & apart} for i in (after, other))
    assert asked == wanted
    assert after.verify.run().differences == ()
    other.engine.dispose()

    compose_rolling(after, 2).back("it was worse", ADMINISTRATOR)
    after.engine.dispose()
    assert (edges(index), records(index), partition(index), tasks(index)) == before
    assert index.verify.run().differences == ()
    # An id that has ended never comes back; it leads to whoever it was of.
    gone = retired(index)
    assert {name: gone.get(golden_id, golden_id) for name, golden_id in named.items()} == golden_ids(index)
    assert 0 < len(set(named.values()) & gone.keys()) <= found.counts.joined


@pytest.mark.timeout(600)
def test_the_model_in_force_foresees_nothing_of_itself(index: Index) -> None:
    """Whatever stands in the index is what a change under its own model would leave: tasks too."""
    found = Foreseeing(index.units, index.matching, Matching(altered(), network())).run()
    assert found.counts.is_nothing
    assert found.changes == ()
