"""The review pages over a real database and a real server, with people to look at."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import uvicorn

from linkage.model import Model
from mpi.domain.access import Caller, Role
from mpi.domain.network import Network, Organisation
from mpi.main.compose import compose_app
from mpi.main.index import compose
from mpi.metrics import Metrics
from mpi.settings import Settings
from mpi.tokens import token_hash
from mpi.usecases.refused.tallies import Tallies
from tests.integration.core.world import World, network

TRUSTS = {
    "RMC": "Bolton NHS Foundation Trust",
    "RBV": "The Christie NHS Foundation Trust",
    "RWJ": "Stockport NHS Foundation Trust",
    "RM3": "Northern Care Alliance NHS Foundation Trust",
}
TOKENS = {role: f"a-token-for-the-role-{role}" for role in Role if role is not Role.FEED}
CALLERS = {token_hash(token): Caller(f"{role}.smith", role, "RMC") for role, token in TOKENS.items()}
URGENT = "a-token-for-who-breaks-the-glass"
CALLERS[token_hash(URGENT)] = Caller("urgent.smith", Role.VIEWER, "RMC", "break-glass")


def named_network() -> Network:
    """The tests' network with names that people read."""
    small = network()
    names = {
        "BOL": "Bolton",
        "CHR": "Christie",
        "STO": "Stockport patient record, all its hospitals",
        "GUM": "Clinic",
        "NHS": "NHS number",
    }
    return replace(
        small,
        name="Greater Manchester imaging network",
        organisations=tuple(Organisation(code, name) for code, name in TRUSTS.items()),
        authorities=tuple(replace(one, name=names[one.id]) for one in small.authorities),
    )


class Served:
    """A running service. `world` is its index; `address` where it is; every number it gives out is new."""

    def __init__(
        self,
        database_url: str,
        data_dir: Path,
        clock: Any = None,
        asking: bool = False,
        listener: socket.socket | None = None,
        **settings: Any,
    ) -> None:
        listener = listener or socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        network = replace(named_network(), ask_reason=asking)
        self.world = World(compose(database_url, network, Model.default(), 10))
        chosen = Settings(data_dir=data_dir, **({"bulk_sample": 10} | settings))
        index = replace(self.world.index, clock=clock) if clock else self.world.index
        app = compose_app(index, CALLERS, Metrics(), chosen, "http://127.0.0.1", Tallies())
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
        self._thread = threading.Thread(target=self._server.run, args=[[listener]], daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self._numbers = count(1)

    def number(self) -> int:
        """A number of the test's own: for patient ids, study UIDs and NHS numbers that nobody else uses."""
        return next(self._numbers)

    def audited(self, action: str) -> list[Any]:
        """The audit rows of an action, oldest first."""
        return self.world.rows("select * from audit where action = :action order by id", action=action)

    def stop(self) -> None:
        """Stop serving and give the connections back."""
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.world.close()
