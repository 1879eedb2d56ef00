"""Another model, from the command line: compared beside the running service, rolled out and back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.hl7v2.ack import code_of
from linkage.model import Model
from mpi.main.index import compose
from mpi.networks import load_network
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import OBSERVER, count, plain_url, read_state, rows
from tests.acceptance.patients import Patient, adt
from tests.acceptance.service_process import COMMAND, Service, environment, mpi, wait_for
from tests.integration.core.other_models import altered, approve, keener

pytestmark = pytest.mark.timeout(120)
PEOPLE = "select count(*) from golden_identity where retired_at is null"


def written(folder: Path, model: Model) -> Path:
    file = folder / "other.json"
    file.write_text(json.dumps(model.document), encoding="utf-8")
    return file


@pytest.mark.timeout(400)
def test_a_model_is_compared_rolled_out_and_back_while_services_run(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    """Two instances, one of them with workers. Nothing is lost, nobody weighs by a model that is not in force, and a
    roll-out that is killed leaves all as it was (promise 1)."""
    url = new_database()
    services = [start_service(database_url=url, workers=workers) for workers in (1, 2)]
    ottilie = Patient("COMPARABLE", "Ottilie", born="19610307", postcode="", line="", phone="")
    for feed, born, service in zip(("bolton", "mft"), ("19610307", "19610308"), services, strict=True):
        accepted(service, feed, replace(ottilie, born=born))
    settings = {"database_url": url, "data_dir": tmp_path}
    compared(url, tmp_path, settings)
    answered(url, 1)
    killed_half_way(url, tmp_path, settings)

    told = mpi("model", "roll-out", "1", "--workers", "1", cwd=tmp_path, **settings)
    assert told.returncode == 0, told.stderr
    for number, service in enumerate(services):
        accepted(service, "mft", ottilie, f"V2{number}")
    assert (count(url, PEOPLE), models_of_edges(url)) == (1, {keener().fingerprint})
    back = mpi("model", "roll-back", "--reason", "worse", "--workers", "1", cwd=tmp_path, **settings)
    assert back.returncode == 0, back.stderr
    for number, service in enumerate(services):
        accepted(service, "bolton", ottilie, f"V2{number}")
    assert models_of_edges(url) == {Model.default().fingerprint}
    assert count(url, PEOPLE) > 1
    listed = mpi("model", "list", cwd=tmp_path, **settings).stdout
    reigns = [line.rsplit(", ")[-1] for line in listed.splitlines()[:3]]
    assert reigns == ["roll-back", "roll-out of proposal 1", "the first"]
    verified = mpi("verify", cwd=tmp_path, **settings)
    assert verified.returncode == 0, verified.stdout
    assert [service.stop() for service in services] == [0, 0]


def compared(url: str, folder: Path, settings: dict[str, Any]) -> None:
    """It is told what would change, and nothing does."""
    report = folder / "report.jsonl"
    told = mpi("model", "compare", str(written(folder, keener())), "--out", str(report), cwd=folder, **settings)
    assert told.returncode == 0, told.stderr
    assert "this is proposal 1; see it at /review/models/1" in told.stderr
    first, *changes = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    assert (first["joined"], first["tasks_closed"], [change["kinds"] for change in changes]) == (1, 1, [["merge"]])
    assert "COMPARABLE" not in report.read_text(encoding="utf-8") + told.stdout + told.stderr
    assert count(url, PEOPLE) == 2
    astray = folder / "missing" / "report.jsonl"
    late = mpi("model", "compare", str(written(folder, keener())), "--out", str(astray), cwd=folder, **settings)
    assert (late.returncode, late.stderr) == (2, f"mpi: {astray}: No such file or directory\n")
    assert count(url, "select count(*) from model_proposal") == 1
    none = mpi("model", "roll-out", str(10**20), cwd=folder, **settings)
    assert (none.returncode, none.stderr) == (2, "mpi: no proposed model has this id\n")
    again = mpi("model", "compare", str(written(folder, Model.default())), cwd=folder, **settings)
    assert (again.returncode, again.stderr) == (2, "mpi: this model is in force already\n")


def answered(url: str, proposal: int) -> None:
    """A senior reviewer approves."""
    index = compose(url, load_network("greater-manchester"), Model.default(), 1)
    approve(index.models, proposal)
    index.engine.dispose()


def accepted(service: Service, feed: str, person: Patient, value: str = "V1") -> None:
    """Sent until it is accepted, as feeds do; whatever else it is answered says to try again."""
    frame = adt(feed, "A28", value, person)

    def took() -> bool:
        try:
            with service.mllp() as client:
                code = code_of(client.send(frame))
        except OSError:  # the instance begins again
            return False
        assert code in ("AA", "AR")
        return code == "AA"

    wait_for(took, f"{feed} is accepted")


def killed_half_way(url: str, folder: Path, settings: dict[str, Any]) -> None:
    """A roll-out that waits for a locked edge when all but the edges has been decided, and is killed there."""
    before = read_state(url)
    with psycopg.connect(plain_url(url), application_name=OBSERVER) as other:
        other.execute("select from edge for update")
        command = [*COMMAND, "model", "roll-out", "1", "--workers", "1"]
        rolling = subprocess.Popen(command, cwd=folder, env=environment(**settings), stderr=subprocess.DEVNULL)
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query = 'delete from edge'"
        wait_for(lambda: count(url, waits) == 1, "the roll-out is half way")
        rolling.kill()
        rolling.wait()
        other.rollback()
    theirs = "select count(*) from pg_stat_activity where application_name like 'mpi model%%'"
    wait_for(lambda: count(url, theirs) == 0, "its transaction has ended")
    assert read_state(url) == before
    assert count(url, "select count(*) from model_reign") == 1


def models_of_edges(url: str) -> set[str]:
    return {row[0] for row in rows(url, "select distinct model from edge")}


def test_a_setting_does_not_change_the_model_of_an_index(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    """Edges of two models never stand side by side."""
    url = new_database()
    assert start_service(database_url=url).stop() == 0
    other = altered(notes=["another"])
    service = start_service(database_url=url, model=written(tmp_path, other))
    with service.mllp() as client:
        for feed in ("bolton", "mft"):
            assert code_of(client.send(adt(feed, "A28", "V1", Patient("STEADY", "Ottilie")))) == "AA"
    assert service.stop() == 0
    shipped = Model.default().fingerprint
    assert count(url, f"select count(*) from edge where model <> '{shipped}'") == 0
    verified = mpi("verify", cwd=tmp_path, database_url=url, data_dir=tmp_path, model=tmp_path / "other.json")
    assert verified.returncode == 0, verified.stdout
    assert "the index keeps its model" in verified.stderr
