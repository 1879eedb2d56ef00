"""The demonstration: a region played through the real ports of a real service, judged against the truth."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text

from linkage.evaluation import compare_clusterings
from mpi.domain.network import Network, Protocol
from mpi.embedded import EmbeddedPostgres
from mpi.errors import Unavailable
from mpi.main.index import Index, compose
from mpi.main.model_in_force import model_in_force
from mpi.main.player import Score, Target, play_messages, play_studies
from mpi.networks import load_network
from mpi.settings import load_settings
from mpi.simulate import Region, simulate

_PATIENCE = 300.0  # seconds for the service to come up; on a busy machine the kernel compiles for a minute
_SHOWN = 12  # studies of the person shown
_SHORT = re.compile(r"( Integrated Care)?( NHS)?( Foundation)? Trust$")
_WIDTH = 110  # characters, where the output is no terminal

# The person whose studies come from most trusts, then the one with most studies: worth showing.
_SHOWCASE = text(
    """select l.golden_id, count(distinct s.organisation) as trusts, count(*) as studies
       from study s join link l on l.record_id = s.record_id and l.until is null
       group by 1 order by trusts desc, studies desc, 1 limit 1"""
)
_LINKS = text(
    """select r.authority || '|' || r.value as identifier, l.golden_id from source_record r
       join link l on l.record_id = r.id and l.until is null where r.active is not null"""
)
_COUNTS = {
    "source_records": text("select count(*) from source_record where active is not null"),
    "golden": text("select count(*) from golden_identity where retired_at is null"),
    "studies": text("select count(*) from study"),
    "orders": text("select count(*) from imaging_order where stands"),
    "tasks": text("select count(*) from task where state in ('open', 'claimed', 'deferred')"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a demonstration found; the fields of its JSON line."""

    messages: int
    rejected: int
    source_records: int
    golden: int
    studies: int
    orders: int
    tasks: int
    precision: float
    recall: float
    messages_per_s: float
    verify_differences: int


def demonstrate(network: str, people: int, seed: int, *, once: bool, as_json: bool, workers: int) -> None:
    """Play a region and tell what came of it; afterwards go on serving until interrupted, unless `once`."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else _WIDTH)
    settings = load_settings()
    loaded = load_network(network)
    ending = _Ending()
    temporary = tempfile.TemporaryDirectory(prefix="mpi-demo-")
    with temporary as folder, ending, EmbeddedPostgres(Path(folder)) as server, ending:
        tokens = _write_tokens(Path(folder), loaded)
        console.print(f"Simulating {people:,} people of {loaded.name}, seed {seed} ...")
        region = simulate(loaded, people, seed)
        ending.check()
        with _service(Path(folder), server.url, network, workers, tokens) as (target, service), ending:
            score, seconds = _play(region, target, console)
            ending.check()
            index = compose(server.url, loaded, model_in_force(server.url, settings))
            result = _judge(index, region, score, seconds)
            _show_person(index, target, console)
            index.engine.dispose()
            _show(result, console)
            if as_json:
                print(json.dumps(asdict(result)), flush=True)
            ending.check()
            if not once:
                _go_on(target, service, console)


class _Ended(KeyboardInterrupt):
    """An interrupt; of a class of its own, because CPython 3.11 ends by SIGINT, whatever status was asked for, once a
    plain KeyboardInterrupt has left an `exec` of text, as in the making of every dataclass that is imported."""


class _Ending:
    """SIGTERM ends a demonstration as Ctrl-C does, with all that it has started.

    An interrupt that falls into a callback of a library is swallowed there: so it is told again between the steps.
    Once a block within it has ended, whatever comes then would only leave behind what is being cleared away.
    """

    def __init__(self) -> None:
        self._told = self._clearing = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def __enter__(self) -> None:
        """What is inside can be interrupted."""

    def __exit__(self, *_: object) -> None:
        self._clearing = True

    def check(self) -> None:
        """Raise the interrupt again that somebody may have swallowed."""
        if self._told:
            raise _Ended

    def _end(self, number: int, frame: object) -> None:
        self._told = True
        if not self._clearing:
            raise _Ended


def _play(region: Region, target: Target, console: Console) -> tuple[Score, float]:
    score = Score()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        messages = progress.add_task("messages", total=sum(1 for _ in region.messages()))
        start = time.perf_counter()
        play_messages(region.messages(), target, score.answers, lambda: progress.advance(messages))
        seconds = time.perf_counter() - start
        orders = progress.add_task("orders", total=sum(1 for _ in region.orders()))
        play_messages(region.orders(), target, score.orders, lambda: progress.advance(orders))
        studies = progress.add_task("studies", total=len(region.study_frame))
        play_studies(region.studies(), target, score, lambda: progress.advance(studies))
    return score, seconds


def _judge(index: Index, region: Region, score: Score, seconds: float) -> Result:
    # A confidential service's records never link by themselves (NHS-58): no truth would have them found.
    apart = {authority.id for authority in index.network.authorities if not authority.linkage}
    person_of = {str(i): person for i, person in region.person_of.items() if i.authority not in apart}
    with index.engine.connect() as connection:
        links = {row.identifier: row.golden_id for row in connection.execute(_LINKS) if row.identifier in person_of}
        counts = {name: connection.execute(statement).scalar_one() for name, statement in _COUNTS.items()}
    pairs = compare_clusterings(links, {identifier: person_of[identifier] for identifier in links})
    return Result(
        messages=score.messages,
        rejected=score.rejected,
        precision=round(pairs.precision, 5),
        recall=round(pairs.recall, 5),
        messages_per_s=round(score.messages / seconds, 1),
        verify_differences=len(index.verify.run().differences),
        **counts,
    )


def _show_person(index: Index, target: Target, console: Console) -> None:
    with index.engine.connect() as connection:
        row = connection.execute(_SHOWCASE).one_or_none()
    if row is None:
        return
    headers = {"Authorization": f"Bearer {target.tokens['admin']}"}
    with httpx.Client(base_url=target.http, headers=headers, trust_env=False) as client:
        history = client.get(f"/v1/people/{row.golden_id}/imaging", params={"limit": _SHOWN}).json()
        person = client.get(f"/v1/people/{row.golden_id}").json()
    names = {o.code: _SHORT.sub("", o.name) for o in index.network.organisations}
    table = Table(title=f"One imaging history: golden identity {row.golden_id}", title_justify="left")
    for heading in ("Date", "Trust", "Modality", "Body site", "Description", "Report", "Local patient id"):
        table.add_column(heading)
    for study in history["studies"]:
        patient = study["patient"]
        table.add_row(
            str(study["started_at"])[:10],
            names.get(study["organisation"], study["organisation"]),
            ", ".join(study["modalities"]),
            study["body_site"],
            study["description"],
            study["report_status"] or ("none yet" if study["order"] else ""),
            f"{patient['authority']} {patient['value']}",
        )
    records = ", ".join(f"{r['identifier']['authority']} {r['identifier']['value']}" for r in person["records"])
    console.print(table)
    console.print(
        f"{history['total']} studies from {row.trusts} trusts, under {len(person['records'])} records: {records}"
    )


def _show(result: Result, console: Console) -> None:
    table = Table(title="The region", title_justify="left", show_header=False)
    for name, value in asdict(result).items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    console.print(table)


def _go_on(target: Target, service: subprocess.Popen[bytes], console: Console) -> None:
    console.print(f"Serving: HTTP {target.http}  MLLP {target.mllp[0]}:{target.mllp[1]}")
    console.print(f"Pages: {target.http}/review  sign in with the token {target.tokens['admin']}", soft_wrap=True)
    call = f"curl -H 'Authorization: Bearer {target.tokens['admin']}' '{target.http}/v1/tasks?limit=1'"
    console.print(f"Try: {call}", soft_wrap=True)  # a line that is broken cannot be pasted
    console.print("Press Ctrl-C to stop; the demonstration's data are thrown away.")
    try:
        service.wait()
    except KeyboardInterrupt:
        console.print("Stopping.")
    else:
        raise Unavailable("the service ended by itself; its reasons stand above")


@contextmanager
def _service(
    folder: Path, url: str, network: str, workers: int, tokens: dict[str, str]
) -> Iterator[tuple[Target, subprocess.Popen[bytes]]]:
    """A service of its own process, stopped at exit."""
    mllp, http = _free_port(2575), _free_port(8080)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MPI_")}
    environment |= {
        "MPI_DATABASE_URL": url,
        "MPI_DATA_DIR": str(folder),
        "MPI_NETWORK": network,
        "MPI_TOKENS": str(folder / "demo-tokens.toml"),
        "MPI_MLLP_PORT": str(mllp),
        "MPI_HTTP_PORT": str(http),
        "MPI_WORKERS": str(workers),
        "MPI_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-m", "mpi.main", "serve"], env=environment)
    try:
        target = Target(("127.0.0.1", mllp), f"http://127.0.0.1:{http}", tokens)
        _await(target, process)
        yield target, process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(target: Target, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{target.http}/health/ready", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise Unavailable("the service did not start; its reasons stand above")


def _free_port(wanted: int) -> int:
    """`wanted`, or any free one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Unavailable("no free port on this machine")


def _write_tokens(folder: Path, network: Network) -> dict[str, str]:
    """Tokens for an administrator, an archive and every FHIR feed, for this demonstration only."""
    callers: dict[str, dict[str, str]] = defaultdict(dict)
    callers["admin"] = {"user": "admin", "role": "administrator", "organisation": "demo"}
    callers["archive"] = {"user": "archive", "role": "archive", "organisation": "demo"}
    for feed in network.feeds:
        if feed.protocol is Protocol.FHIR:
            entry = {"user": f"feed/{feed.id}", "role": "feed", "organisation": feed.organisation, "feed": feed.id}
            callers[feed.id] = entry
    tokens = {name: secrets.token_urlsafe(32) for name in callers}
    with open(folder / "demo-tokens.toml", "w", opener=lambda p, f: os.open(p, f, 0o600)) as out:
        for name, entry in callers.items():
            lines = [f'{key} = "{value}"' for key, value in {**entry, "token": tokens[name]}.items()]
            out.write("\n".join(["[[token]]", *lines, ""]))
    return tokens
