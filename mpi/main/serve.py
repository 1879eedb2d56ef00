"""Run the service: one supervisor that owns the sockets and the embedded database, and its workers."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog
import uvicorn
from fastapi import FastAPI

from adapters.hl7v2.observer import Observer
from linkage import kernel
from linkage.model import Model
from mpi import metrics as metrics_files
from mpi.db import migrate
from mpi.domain.network import Network
from mpi.errors import MpiError, SettingsError
from mpi.launchers import load_launchers
from mpi.main.compose import compose_app
from mpi.main.counting import counting
from mpi.main.database import database
from mpi.main.garbage import settle
from mpi.main.index import compose
from mpi.main.listen import check_tls, compose_listener, compose_outgoing, compose_registrar
from mpi.main.model_in_force import model_in_force
from mpi.main.receivers import compose_receiver
from mpi.main.refreshing import refreshing
from mpi.main.relays import Relays
from mpi.main.watching import watching
from mpi.metrics import Metrics
from mpi.networks import load_network
from mpi.providers import load_provider
from mpi.settings import Settings
from mpi.tokens import load_callers
from mpi.usecases.refused.tallies import Tallies

_log = structlog.get_logger("mpi.serve")
_RESTART = 1.0  # seconds before a dead worker is replaced, so that a worker that cannot start does not spin
_OUTDATED = 3  # exit status of a worker that must begin again with the model now in force
# A query waits for the interpreter after each look at the database, behind threads that match: at Python's 5 ms three
# such waits are more than the query. Measured with a feed of 100 messages/s beside: half the p99 of PIX, no more CPU.
_SWITCH = 0.0005  # seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a worker needs, made once by the supervisor before it forks."""

    settings: Settings
    network: Network
    model: Model
    url: str
    mllp: socket.socket
    http: socket.socket
    dicom: socket.socket | None = None

    @property
    def base_url(self) -> str:
        """Where the HTTP edge is reached."""
        host, port = self.http.getsockname()[:2]
        return f"{'https' if self.settings.tls_cert else 'http'}://{host}:{port}"

    def renewed(self) -> Plan:
        """The same with the model in force now. Until the database can be asked, the one of before: who works with a
        model that is not in force is refused, and looks again."""
        try:
            model = model_in_force(self.url, self.settings, begin=False)
        except MpiError as error:
            _log.warning("the model in force cannot be read", error=type(error).__name__)
            time.sleep(_RESTART)
            return self
        kernel.warm(model)
        return replace(self, model=model)


class Beside(Protocol):
    """What runs in threads of its own beside HTTP."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> object:
        """Finish what is in hand, and end."""


@dataclass(slots=True)
class Asked:
    """Whether somebody has told this process to stop."""

    to_stop: bool = False


@contextmanager
def planned(settings: Settings) -> Iterator[Plan]:
    """Check settings and network, bring the database up to date, bind the ports. Raises `MpiError` in words."""
    network = load_network(settings.network)
    check_tls(settings, network)
    load_callers(settings, network)
    load_launchers(settings, network)
    load_provider(settings, network)
    with database(settings) as url, _bound(settings.mllp_host, settings.mllp_port) as mllp:
        migrate.upgrade(url)
        model = model_in_force(url, settings)
        kernel.warm(model)
        _enrol(url, network, model)
        with _bound(settings.http_host, settings.http_port) as http, _dicom(settings) as dicom:
            yield Plan(settings, network, model, url, mllp, http, dicom)


def _enrol(url: str, network: Network, model: Model) -> None:
    index = compose(url, network, model, 1)
    try:
        index.consumers.enrol()
    finally:
        index.engine.dispose()


def serve(plan: Plan) -> None:
    """Serve until SIGTERM or SIGINT, in this process or in forked workers."""
    settle()
    shared = plan.settings.data_dir / "metrics" if plan.settings.workers > 1 else None
    if shared is None:
        asked = Asked()
        while work(plan, None, asked):
            gc.unfreeze()  # what worked with the model of before is of no use any more
            plan = plan.renewed()
        return
    metrics_files.clear(shared)
    Supervisor(plan, shared).run()


class Supervisor:
    """Keeps the wanted number of workers alive; they share the listening sockets."""

    def __init__(self, plan: Plan, metrics_directory: Path) -> None:
        self._plan = plan
        self._metrics_directory = metrics_directory
        self._workers: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        """Until told to stop; then every worker finishes what it has in hand."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for _ in range(self._plan.settings.workers):
            self._fork()
        while self._workers:
            pid, status = os.wait()
            self._workers.discard(pid)
            metrics_files.forget(self._metrics_directory, pid)
            if not self._stopping:
                if os.waitstatus_to_exitcode(status) == _OUTDATED:
                    self._plan = self._plan.renewed()
                else:
                    _log.warning("worker died", pid=pid, status=status)
                    time.sleep(_RESTART)
                self._fork()

    def _fork(self) -> None:
        if self._stopping:
            return
        pid = os.fork()
        if pid:
            self._workers.add(pid)
            if self._stopping:  # told to stop while forking: this one was not among those told
                self._tell(pid)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        code = 1
        try:
            code = _OUTDATED if work(self._plan, self._metrics_directory, Asked()) else 0
        finally:
            sys.stderr.flush()
            os._exit(code)  # the supervisor's own clean-up is not the worker's to run

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True
        for pid in self._workers:
            self._tell(pid)

    def _tell(self, pid: int) -> None:
        with suppress(ProcessLookupError):  # it has just died by itself
            os.kill(pid, signal.SIGTERM)


def work(plan: Plan, metrics_directory: Path | None, asked: Asked) -> bool:
    """One worker: MLLP, HTTP, DICOM and the relay, until SIGTERM or SIGINT, or until another model is in force: then
    the answer is true, and the listening sockets wait for who takes over."""
    settings = plan.settings
    sys.setswitchinterval(_SWITCH)
    metrics = Metrics(metrics_directory)
    index = compose(plan.url, plan.network, plan.model, settings.pool_size)
    tallies = Tallies()
    observer = Observer(index.clock.now, tallies)
    receiver = compose_receiver(index, metrics, observer)
    mllp = compose_listener(index, receiver, plan.mllp, metrics, settings)
    app = compose_app(index, load_callers(settings, plan.network), metrics, settings, plan.base_url, tallies)
    server = _server(app, settings)

    def stop(number: int, frame: object) -> None:
        # When it has stopped, uvicorn raises the signal anew: by default that would end the process before what
        # MLLP has in hand is finished, and before the embedded database is stopped.
        asked.to_stop = server.should_exit = True

    changed = threading.Event()

    def change() -> None:
        changed.set()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.should_exit = asked.to_stop  # while it began again
    beside: list[Beside] = [
        mllp,
        *([compose_registrar(index, plan.dicom, metrics, settings)] if plan.dicom else []),
        Relays(index, metrics, compose_outgoing(index, metrics, settings)),
        counting(index, observer, settings.conformance_days),
        refreshing(index),
        watching(index, change),
    ]
    for one in beside:
        one.start()
    settle()
    try:
        server.run(sockets=[plan.http.dup()])  # it closes what it is given
    finally:
        for one in beside:
            one.stop()
        index.engine.dispose()
    return changed.is_set() and not asked.to_stop


def _server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    return uvicorn.Server(config)


@contextmanager
def _dicom(settings: Settings) -> Iterator[socket.socket | None]:
    if settings.dicom_port is None:
        yield None
        return
    with _bound(settings.dicom_host, settings.dicom_port) as listener:
        yield listener


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    with listener:
        yield listener
