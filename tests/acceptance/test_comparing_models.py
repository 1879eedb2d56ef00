"""Another model, from the command line: compared beside the running service, and never put in force by a setting."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.hl7v2.ack import code_of
from linkage.model import Model
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count
from tests.acceptance.patients import Patient, adt
from tests.acceptance.service_process import mpi
from tests.integration.core.other_models import altered, keener

pytestmark = pytest.mark.timeout(120)


def written(folder: Path, model: Model) -> Path:
    file = folder / "other.json"
    file.write_text(json.dumps(model.document), encoding="utf-8")
    return file


def test_a_model_is_compared_while_the_service_runs(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    url = new_database()
    service = start_service(database_url=url)
    with service.mllp() as client:
        for feed, born in (("bolton", "19610307"), ("mft", "19610308")):
            person = Patient("COMPARABLE", "Ottilie", born=born, postcode="", line="", phone="")
            assert code_of(client.send(adt(feed, "A28", "V1", person))) == "AA"
    settings = {"database_url": url, "data_dir": tmp_path}
    report = tmp_path / "report.jsonl"
    told = mpi("model", "compare", str(written(tmp_path, keener())), "--out", str(report), cwd=tmp_path, **settings)
    assert told.returncode == 0, told.stderr
    assert "this is proposal 1; see it at /review/models/1" in told.stderr
    first, *changes = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    assert (first["joined"], first["tasks_closed"], [change["kinds"] for change in changes]) == (1, 1, [["merge"]])
    assert "COMPARABLE" not in report.read_text(encoding="utf-8") + told.stdout + told.stderr
    assert count(url, "select count(*) from golden_identity where retired_at is null") == 2
    again = mpi("model", "compare", str(written(tmp_path, Model.default())), cwd=tmp_path, **settings)
    assert (again.returncode, again.stderr) == (2, "mpi: this model is in force already\n")
    assert service.stop() == 0


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
