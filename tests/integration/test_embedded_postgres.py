"""The embedded PostgreSQL keeps what it acknowledged and serves whoever needs it (design 6, promise 1)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy.engine import make_url

from mpi.embedded import EmbeddedPostgres, binaries, create_database, drop_database, rename_database
from mpi.embedded.databases import database_exists
from mpi.errors import SettingsError, Unavailable
from tests.conftest import CLUSTERS

USE_IT = """
import sys, time
from pathlib import Path
from mpi.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.readline()
"""


def connect(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def setting(url: str, name: str) -> str:
    with connect(url) as connection:
        return str(connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0])


def use_in_another_process(data_dir: Path) -> tuple[subprocess.Popen[str], int]:
    """A process inside the context; its standard input ends its stay."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE_IT, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process], timeout=20)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A durable server for those who only look at it."""
    directory = Path(tempfile.mkdtemp(dir=os.environ[CLUSTERS]))
    with EmbeddedPostgres(directory) as started:
        yield started


def test_a_commit_is_durable_and_nothing_listens_on_a_network_address(server: EmbeddedPostgres) -> None:
    """V2-11: an acknowledgement follows a commit, so a commit must reach the disk. SEC-4: no open port."""
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert setting(server.url, name) == "on"
    assert setting(server.url, "listen_addresses") == ""
    assert server.pid is not None
    for process in [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # a backend that has just ended
            assert not process.net_connections(kind="inet")


def test_settings_for_the_index_are_in_force(server: EmbeddedPostgres) -> None:
    assert setting(server.url, "server_version").startswith("18")
    assert setting(server.url, "server_encoding") == "UTF8"
    assert setting(server.url, "max_connections") == "200"
    assert setting(server.url, "jit") == "off"
    assert setting(server.url, "TimeZone") == "UTC"
    with connect(server.url) as connection:
        buffers = connection.execute("SELECT pg_size_bytes(current_setting('shared_buffers'))").fetchone()
    assert buffers is not None
    assert buffers[0] >= 256 * 2**20


def test_data_survives_a_clean_stop(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server, connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    assert server.pid is None
    with EmbeddedPostgres(data_dir) as server, connect(server.url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)


def test_committed_work_survives_kill_9_of_the_server(data_dir: Path) -> None:
    """Promise 1, SEC-10: kill the process at any instant and nothing acknowledged is lost."""
    with EmbeddedPostgres(data_dir) as server:
        connection = connect(server.url)
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (11)")
        assert server.pid is not None
        kill(server.pid)
        with EmbeddedPostgres(data_dir) as again, connect(again.url) as after:
            assert after.execute("SELECT value FROM kept").fetchone() == (11,)
        connection.close()


def test_a_server_that_outlived_its_killed_owner_is_taken_over_and_stopped(data_dir: Path) -> None:
    owner, pid = use_in_another_process(data_dir)
    kill(owner.pid)
    owner.wait()
    with EmbeddedPostgres(data_dir) as server:
        assert server.pid == pid
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_four_processes_share_one_server_and_the_last_one_out_stops_it(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as supervisor:
        workers = [use_in_another_process(data_dir) for _ in range(4)]
        assert {pid for _, pid in workers} == {supervisor.pid}
    assert supervisor.pid is not None, "the supervisor left first: its workers still need the server"
    for process, _ in workers[:3]:
        leave(process)
    with connect(supervisor.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    leave(workers[3][0])
    assert supervisor.pid is None


def test_a_forked_worker_that_ends_does_not_stop_its_parents_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        child = os.fork()
        if child == 0:
            server.__exit__(None, None, None)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_stale_postmaster_pid_that_names_another_program_is_no_obstacle(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert server.pid is not None
        sockets = Path(str(make_url(server.url).query["host"]))
        stale = [data_dir / "postgres" / "18" / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"]
        dead = server.pid
        kill(dead)
        # Of the server's own user, and not this process: others' and its parents' numbers are no obstacle to it.
        with subprocess.Popen(["sleep", "60"], user=sockets.stat().st_uid) as another:
            for file in stale:
                file.write_text(file.read_text().replace(str(dead), str(another.pid), 1))
            time.sleep(0.2)
            try:
                with EmbeddedPostgres(data_dir) as again:
                    assert setting(again.url, "fsync") == "on"
            finally:
                another.kill()


def test_an_initialisation_that_was_killed_half_way_is_done_again(data_dir: Path) -> None:
    half = data_dir / "postgres" / "18.new"
    half.mkdir(parents=True)
    (data_dir / "postgres" / "MPI-EMBEDDED-POSTGRES").touch()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir) as server:
        assert setting(server.url, "server_version").startswith("18")


def test_somebody_elses_files_are_never_touched(data_dir: Path) -> None:
    foreign = data_dir / "postgres" / "PG_VERSION"
    foreign.parent.mkdir()
    foreign.write_text("13\n")
    with pytest.raises(SettingsError, match="data_dir"), EmbeddedPostgres(data_dir):
        pass
    assert [p.name for p in foreign.parent.iterdir()] == ["PG_VERSION"]


def test_a_socket_directory_of_somebody_elses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long data directory puts the socket in a directory everybody can write to; there ownership is checked."""
    with tempfile.TemporaryDirectory() as short:
        long = Path(short) / ("d" * 90)
        server = EmbeddedPostgres(long)
        socket_directory = server._socket_directory
        assert socket_directory.parent == Path("/tmp")
        elsewhere = Path(short) / "elsewhere"
        elsewhere.mkdir()
        socket_directory.symlink_to(elsewhere)
        try:
            with pytest.raises(SettingsError, match="socket directory"), server:
                pass
        finally:
            socket_directory.unlink()


def test_a_long_data_directory_below_one_closed_to_others_works(data_dir: Path) -> None:
    """As under /root: the server's own user may pass through, and still nobody may list what lies there."""
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / ("d" * 110))
    with server:
        assert setting(server.url, "fsync") == "on"
        assert server._socket_directory.exists()
    assert not server._socket_directory.exists()
    assert closed.stat().st_mode & 0o066 == 0


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    with (data_dir / "postgres" / "18" / "postgresql.conf").open("a") as configuration:
        configuration.write("\nno_such_setting = on\n")
    with pytest.raises(Unavailable, match="no_such_setting"), EmbeddedPostgres(data_dir):
        pass


def test_an_error_leaves_no_demographics_in_the_servers_log(server: EmbeddedPostgres) -> None:
    """Promise 8: the failing statement and key would be somebody's name."""
    with connect(server.url) as connection:
        connection.execute("CREATE TABLE people (name text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('EXAMPLE-SURNAME')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('EXAMPLE-SURNAME')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT 'EXAMPLE-SURNAME'::int")
        connection.execute("DROP TABLE people")
    assert "EXAMPLE-SURNAME" not in server._log.read_text()


def test_databases_are_created_once_copied_renamed_and_dropped(postgres_url: str) -> None:
    first = create_database(postgres_url, "first")
    with connect(first) as connection:
        connection.execute("CREATE TABLE t AS SELECT 3 AS n")
    assert create_database(postgres_url, "first") == first
    copy = create_database(postgres_url, 'odd-"name"', template="first")
    with connect(copy) as connection:
        assert connection.execute("SELECT n FROM t").fetchone() == (3,)
        drop_database(postgres_url, 'odd-"name"')
    rename_database(postgres_url, "first", "second")
    assert database_exists(postgres_url, "second")
    assert not database_exists(postgres_url, "first")
    drop_database(postgres_url, "second")
    drop_database(postgres_url, "never-there")
    assert setting(postgres_url, "fsync") == "off"


def test_the_programs_of_the_bundle_are_there() -> None:
    for program in ("initdb", "pg_ctl", "postgres", "psql", "pgbench", "pg_dump"):
        assert os.access(binaries() / program, os.X_OK)


@pytest.mark.parametrize("_time", ["first", "second"])
def test_every_test_has_a_migrated_database_of_its_own(database_url: str, _time: str) -> None:
    with connect(database_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables > (5,)
        connection.execute("CREATE TABLE only_in_this_test ()")
