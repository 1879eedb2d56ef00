"""One throw-away PostgreSQL for the whole run, and a fresh, migrated database for each test that asks for one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from mpi.embedded import EmbeddedPostgres, create_database, drop_database, rename_database
from mpi.embedded.databases import database_exists
from tests.emptying import Emptied

CLUSTERS = "PYTEST_CLUSTERS"  # where this run's PostgreSQL clusters lie; xdist workers inherit it
TEMPLATE = "migrated"
_TEMPLATE_LOCK = 7_041_966
_numbers = count()

# A law holds or not; how long an example takes says only what else the machine has to do.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the machine the tests run on must not leak into them."""
    for name in [n for n in os.environ if n.startswith("MPI_")]:
        del os.environ[name]
    os.environ["NO_PROXY"] = "127.0.0.1"  # whatever tests call is on this machine
    if not hasattr(config, "workerinput"):
        # Not under pytest's own directory: each pytest closes that one to other users, and as root the server is one.
        os.environ[CLUSTERS] = tempfile.mkdtemp(prefix="mpi-tests-", dir="/tmp")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(CLUSTERS), ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failed one: a promise nobody checked."""
    report = yield
    return _fail_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for a whole module that skips itself."""
    report = yield
    return _fail_if_skipped(report)


def _fail_if_skipped(report):
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A new directory for a cluster of the test's own; a server left running in it is stopped."""
    directory = Path(tempfile.mkdtemp(dir=os.environ[CLUSTERS]))
    yield directory
    EmbeddedPostgres(directory).stop()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server without fsync, shared by all xdist workers; the last to leave stops it."""
    with EmbeddedPostgres(Path(os.environ[CLUSTERS]) / "shared", durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def template_url(postgres_url: str) -> str:
    """The URL of a database migrated to the newest revision, once for all workers."""
    from mpi.db.migrate import upgrade  # noqa: PLC0415  tests without a database do not need it

    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        if not database_exists(postgres_url, TEMPLATE):
            # Named at the end: a migration that failed leaves no template to be taken for a good one.
            drop_database(postgres_url, "migrating")
            upgrade(create_database(postgres_url, "migrating"))
            rename_database(postgres_url, "migrating", TEMPLATE)
    return make_url(postgres_url).set(database=TEMPLATE).render_as_string(hide_password=False)


@pytest.fixture
def empty_database_url(postgres_url: str, worker_id: str) -> Iterator[str]:
    """The URL of a new database without any table, for tests of the migrations themselves."""
    name = f"empty_{worker_id}_{next(_numbers)}"
    yield create_database(postgres_url, name)
    drop_database(postgres_url, name)


@pytest.fixture
def database_url(template_url: str, worker_id: str) -> Iterator[str]:
    """The URL of a migrated database of the test's own."""
    name = f"test_{worker_id}_{next(_numbers)}"
    yield create_database(template_url, name, template=TEMPLATE)
    drop_database(template_url, name)


@pytest.fixture(scope="session")
def _emptied(template_url: str, worker_id: str) -> Iterator[Emptied]:
    databases = Emptied(template_url, (f"emptied_{worker_id}_{number}" for number in _numbers))
    yield databases
    databases.drop()


@pytest.fixture
def emptied_url(_emptied: Emptied) -> Iterator[str]:
    """The URL of a migrated database without rows, for this test alone until it ends; other tests had it before."""
    yield _emptied.given()
    _emptied.taken_back()
