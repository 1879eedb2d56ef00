"""The `mpi` command as an operator meets it: help, migrate, verify, wrong settings, stopping."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from mpi.simulate import simulate
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import count, reading, rows
from tests.acceptance.patients import Patient, adt, nhs_number
from tests.acceptance.service_process import COMMAND, environment, mpi, wait_for
from tests.acceptance.trust_feeds import Answers, play

pytestmark = pytest.mark.timeout(120)


def test_help_names_every_command_and_what_it_is_for(tmp_path: Path) -> None:
    told = subprocess.run(
        [*COMMAND, "--help"], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    commands = (
        "serve",
        "load",
        "watch",
        "migrate",
        "verify",
        "quarantine",
        "consumers",
        "conformance",
        "model",
        "sample",
        "refresh-dashboards",
        "simulate",
        "demo",
    )
    for command in commands:
        assert command in told.stdout
        helped = mpi(command, "--help", cwd=tmp_path)
        assert (helped.returncode, "Usage" in helped.stdout) == (0, True)
    assert "MPI_DATABASE_URL" in mpi("serve", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", [("verify",), ("consumers",), ("migrate",), ("model", "list")])
def test_a_database_that_cannot_be_reached_is_told_with_the_reason(tmp_path: Path, command: tuple[str, ...]) -> None:
    nobody = "postgresql://index:open-sesame@127.0.0.1:1/mpi"
    told = mpi(*command, cwd=tmp_path, database_url=nobody, data_dir=tmp_path)
    (line,) = told.stderr.splitlines()
    assert told.returncode == 2
    assert line.startswith("mpi: the database cannot be used: ")
    assert "port 1 failed: Connection refused" in line
    assert "open-sesame" not in line


def test_migrate_makes_the_tables_and_may_be_repeated(tmp_path: Path, empty_database_url: str) -> None:
    settings = {"database_url": empty_database_url, "data_dir": tmp_path}
    early = mpi("verify", cwd=tmp_path, **settings)
    assert (early.returncode, early.stderr) == (
        2,
        "mpi: the database has not the tables of this version: run mpi migrate\n",
    )
    for _ in range(2):
        done = mpi("migrate", cwd=tmp_path, **settings)
        assert done.returncode == 0, done.stderr
        assert "up to date" in done.stderr
    assert count(empty_database_url, "select count(*) from source_record") == 0
    verified = mpi("verify", cwd=tmp_path, **settings)
    assert verified.returncode == 0, verified.stderr
    assert "0 differences" in verified.stderr


def test_promise_2_verify_tells_what_was_changed_behind_its_back(
    tmp_path: Path, new_database: Callable[[], str], start_service: StartService
) -> None:
    """Exit status 1 and one line for each difference; never a name."""
    url = new_database()
    service = start_service(database_url=url)
    with service.mllp() as client:
        for feed in ("bolton", "mft"):
            person = Patient("VERIFIABLE", "Ottilie", nhs=nhs_number(9))
            assert code_of(client.send(adt(feed, "A28", "V1", person))) == "AA"
    assert service.stop() == 0
    settings = {"database_url": url, "data_dir": tmp_path}
    good = mpi("verify", cwd=tmp_path, **settings)
    assert (good.returncode, good.stdout) == (0, "")
    assert "2 records, 1 edges, 1 linked groups" in good.stderr

    with reading(url) as connection:
        connection.execute("update edge set weight = 1")
        connection.execute("""update source_record set registers = jsonb_set(registers, '{names,0,0,0}', '"OTHER"')
                              where authority = 'MFT'""")
    spoilt = mpi("verify", cwd=tmp_path, **settings)
    assert spoilt.returncode == 1
    assert "edge weighs otherwise: BOLTON|V1 MFT|V1" in spoilt.stdout
    assert "registers differ from what was said: MFT|V1" in spoilt.stdout
    assert "VERIFIABLE" not in spoilt.stdout + spoilt.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"http_host": "0.0.0.0"}, "http_host"),  # without TLS and tokens
        ({"mllp_host": "0.0.0.0"}, "mllp_host"),
        ({"environment": "production"}, "database_url"),
        ({"database_url": "mysql://somebody:hunter2@here/db"}, "database_url"),
        ({"http_port": "70000"}, "http_port"),
        ({"workers": "0"}, "workers"),
        ({"admin_token": "short"}, "admin_token"),
        ({"network": "atlantis"}, "atlantis"),
        ({"tokens": "/nowhere/tokens.toml"}, "tokens"),
        ({"htpp_port": "1"}, "MPI_HTTP_PORT"),
        ({"config": "/nowhere/mpi.toml"}, "MPI_CONFIG"),
    ],
)
def test_sec_4_wrong_settings_are_refused_by_name_and_nothing_listens(
    settings: dict[str, str], told: str, tmp_path: Path
) -> None:
    """SEC-4, SEC-5: one sentence that names the setting, exit status 2, no traceback, no secret."""
    refused = mpi("serve", cwd=tmp_path, **{"data_dir": tmp_path, "http_port": 0, "mllp_port": 0, **settings})
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "serving" not in refused.stderr
    assert "hunter2" not in refused.stderr
    assert not (tmp_path / "postgres").exists(), "refused before a database was made"


def test_a_wrong_network_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "network.toml"
    file.write_text(
        'id = "n"\nname = "N"\npopulation = "synthetic"\n\n[[organisations]]\ncode = "RMC"\nnamme = "Bolton"\n'
    )
    refused = mpi("serve", cwd=tmp_path, network=file, data_dir=tmp_path, http_port=0, mllp_port=0)
    assert refused.returncode == 2
    assert f"{file}:7" in refused.stderr or f"{file}, line 7" in refused.stderr, refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_taken_port_is_named(tmp_path: Path, new_database: Callable[[], str], start_service: StartService) -> None:
    first = start_service(database_url=new_database())
    port = first.target.mllp[1]
    refused = mpi("serve", cwd=tmp_path, data_dir=tmp_path, database_url=new_database(), mllp_port=port, http_port=0)
    assert refused.returncode == 2
    assert str(port) in refused.stderr
    assert first.stop() == 0


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path, database_url: str) -> None:
    url = make_url(database_url).set(database="not_there", username="postgres", password="hunter2hunter2")
    for command in ("serve", "migrate", "verify"):
        refused = mpi(
            command,
            cwd=tmp_path,
            data_dir=tmp_path,
            database_url=url.render_as_string(hide_password=False),
            http_port=0,
            mllp_port=0,
        )
        assert refused.returncode == 2, refused.stderr
        assert "hunter2" not in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_v2_5_sigterm_finishes_what_is_in_hand_and_exits_0(
    workers: int, new_database: Callable[[], str], start_service: StartService, network: Network
) -> None:
    """What was accepted before the stop is there, and what was applied had been answered."""
    url = new_database()
    service = start_service(database_url=url, workers=workers)
    messages = list(simulate(network, 60, 11).messages())
    answers = Answers()
    lines = [messages[first::4] for first in range(4)]
    feeding = threading.Thread(target=play, args=(lines, [lambda: service.target], answers))
    feeding.start()
    wait_for(lambda: len(answers.acknowledged) >= 40, "load")
    forked = service.workers()
    assert service.stop() == 0
    stored = {row[0] for row in rows(url, "select control_id from message")}
    # Read after every worker is gone: an answer the client has not read yet may be on its way, one for each line.
    assert set(answers.acknowledged) <= stored
    assert len(stored - set(answers.acknowledged)) <= len(lines)
    hanging = (
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in tra%%'"
    )
    wait_for(lambda: count(url, hanging) == 0, "no transaction is left open")
    assert len(forked) == (workers if workers > 1 else 0)
    assert b"Traceback" not in service.log.read_bytes()
    service.start()
    feeding.join()
    assert len(answers.acknowledged) == len(messages)
    assert count(url, "select count(*) from message") == len(messages)
    assert answers.codes["AE"] == answers.codes["422"] == 0
    assert service.stop() == 0


def test_a_sample_needs_pairs_and_dashboards_are_counted_at_once(tmp_path: Path, empty_database_url: str) -> None:
    settings = {"database_url": empty_database_url, "data_dir": tmp_path}
    assert mpi("migrate", cwd=tmp_path, **settings).returncode == 0
    drawn = mpi("sample", "--pairs", "20", cwd=tmp_path, **settings)
    assert (drawn.returncode, "nothing to draw" in drawn.stderr) == (2, True), drawn.stderr
    ended = mpi("sample", "--end", cwd=tmp_path, **settings)
    assert (ended.returncode, ended.stderr) == (0, "mpi: taken back 0 pairs without an answer, 0 second readings\n")
    counted = mpi("refresh-dashboards", cwd=tmp_path, **settings)
    assert (counted.returncode, counted.stderr) == (0, "mpi: counted\n")
    assert count(empty_database_url, "select count(*) from dashboard where name = 'shown'") == 1
