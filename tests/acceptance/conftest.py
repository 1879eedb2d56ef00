"""Service processes over databases of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from mpi.domain.network import Network
from mpi.embedded import EmbeddedPostgres, create_database, drop_database
from mpi.networks import load_network
from tests.acceptance.service_process import Service, running, write_tokens
from tests.conftest import CLUSTERS, TEMPLATE

StartService = Callable[..., Service]
_numbers = count()


@pytest.fixture(scope="session")
def network() -> Network:
    return load_network("greater-manchester")


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory, network: Network) -> tuple[Path, dict[str, str]]:
    """A token file and its tokens by role or feed."""
    file = tmp_path_factory.mktemp("tokens") / "tokens.toml"
    return file, write_tokens(file, network)


@pytest.fixture(scope="module")
def cluster_directory() -> Iterator[Path]:
    """Where a PostgreSQL of the module's own may lie; a server left running in it is stopped."""
    directory = Path(tempfile.mkdtemp(dir=os.environ[CLUSTERS]))
    yield directory
    EmbeddedPostgres(directory).stop()


@pytest.fixture(scope="module")
def new_database(template_url: str, worker_id: str) -> Iterator[Callable[[], str]]:
    """Makes migrated databases, dropped after the module."""
    with ExitStack() as stack:

        def make() -> str:
            name = f"acceptance_{worker_id}_{next(_numbers)}"
            url = create_database(template_url, name, template=TEMPLATE)
            stack.callback(drop_database, template_url, name)
            return url

        yield make


@pytest.fixture(scope="module")
def start_service(
    tmp_path_factory: pytest.TempPathFactory, tokens: tuple[Path, dict[str, str]]
) -> Iterator[StartService]:
    """Starts services, stopped after the module: `start_service(database_url=..., workers=2)`."""
    with ExitStack() as stack:

        def start(**settings: object) -> Service:
            folder = tmp_path_factory.mktemp("service")
            return stack.enter_context(running(Service(folder, tokens, **settings)))

        yield start
