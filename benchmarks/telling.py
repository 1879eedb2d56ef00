"""How soon a merge is in the history and known to a subscriber while feeds run, printed as one JSON object.

    python -m benchmarks.telling --resident 100000 --seconds 60 [--rate 100] [--merges 2] [--workers 2]

A durable embedded PostgreSQL is filled with `--resident` simulated records of an NHS region. While feeds send
`--rate` ADT messages a second at random moments (`benchmarks.intake` says which), a sender of its own merges
temporary patients, each with a study, into residents (IHE-67), `--merges` a second. `history_right` counts the
histories of the survivor that had the study in the first read after the merge was acknowledged. `told_ms` is from
that acknowledgement to the moment when a webhook that is subscribed to everything is called about the temporary
patient, `from_sending_ms` from the moment the merge was sent; `untold` are those of which it had not been called
ten seconds after the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from adapters.hl7v2.ack import code_of
from adapters.hl7v2.send import MllpClient
from benchmarks.machine import machine, percentile_ms, versions
from benchmarks.mllp_load import Answers, Order, Player
from benchmarks.residents import Region, batches, region, rows_of
from benchmarks.service import Serving, Stage, load, say, serving, staged
from benchmarks.traffic import Message, Traffic, deal

_WARM = 5.0  # seconds not counted
_SPARE = 30  # newcomers for each second
_PATIENCE = 10.0  # seconds after which a merge counts as untold
_WEBHOOK_SECRET = "of-a-benchmark-and-nothing-else"


@dataclass(slots=True)
class Listener:
    """A webhook, and when it was first called about each identifier after it was waited for."""

    url: str = ""
    heard: dict[str, float] = field(default_factory=dict)
    waited: set[str] = field(default_factory=set)
    events: int = 0


@dataclass(slots=True)
class Merge:
    """One temporary patient's: moments of `time.perf_counter`; `right` is what the first read after it said."""

    prior: str
    sent: float = 0.0
    acknowledged: float = 0.0
    right: bool = False
    code: str = ""


@contextmanager
def listening() -> Iterator[Listener]:
    """A webhook on loopback while inside."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            now = time.perf_counter()
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            listener.events += 1
            for one in event.get("identifiers", ()):
                name = f"{one['authority']}|{one['value']}"
                if name in listener.waited:
                    listener.heard.setdefault(name, now)
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_port}/events"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last merge."""
    before = machine()
    with staged() as stage:
        people = region(stage.index.network, options.resident, int(options.seconds * _SPARE))
        load(stage, batches(people.loaded))
        stage.vacuum()
        with serving(stage, options.workers, options.connections) as service, listening() as listener:
            measured = _measure(stage, service, listener, people, options)
        return {
            **measured,
            "resident": len(people.loaded),
            "workers": options.workers,
            "connections": options.connections,
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _measure(
    stage: Stage, service: Serving, listener: Listener, people: Region, options: argparse.Namespace
) -> dict[str, Any]:
    spoken = {p.authority.id for p in people.systems if p.speaks and not p.is_fhir}
    frame = people.loaded[people.loaded.authority.isin(list(spoken))]
    count = int(options.seconds * options.merges * 1.5) + 10
    probes = [(row, f"T{n:07d}") for n, row in enumerate(rows_of(frame.sample(count, random_state=3)))]
    sender = Traffic(people.systems, people.loaded, probes, [], first=500_000_000)
    merges = [sender.merge() for _ in probes]
    asked = Asked(service)
    for n, (row, prior) in enumerate(probes):
        asked.register(str(row["authority"]), prior, _uid(n))
    asked.subscribe(listener.url)
    traffic = Traffic(people.systems, people.loaded, people.duplicates, people.newcomers)
    feeds = sorted({p.feed.id for p in people.systems if p.authority.id in spoken})
    drawn = int((options.seconds + _WARM) * options.rate * 1.5)
    with Player(service.mllp, deal(traffic.messages(drawn), options.connections, feeds)) as player:
        player.play(Order(_WARM, options.rate))
        feed: list[Answers] = []
        playing = threading.Thread(target=lambda: feed.append(player.play(Order(options.seconds, options.rate))))
        playing.start()
        made = list(_merge(service, asked, listener, probes, merges, options))
        playing.join()
    _await(listener, made)
    return _told(made, listener, feed[0], options)


def _merge(
    service: Serving,
    asked: Asked,
    listener: Listener,
    probes: list[tuple[Any, str]],
    merges: list[Message],
    options: argparse.Namespace,
) -> Iterator[Merge]:
    """Merge after merge, at random moments, each followed by a read of the survivor's history."""
    dice, until = random.Random(5), time.perf_counter() + options.seconds
    with MllpClient(*service.mllp) as client:
        for n, message in enumerate(merges):
            time.sleep(dice.expovariate(options.merges))
            if time.perf_counter() > until:
                return
            row, prior = probes[-1 - n]  # as `Traffic` draws them
            merge = Merge(f"{row['authority']}|{prior}")
            listener.waited.add(merge.prior)
            merge.sent = time.perf_counter()
            merge.code = code_of(client.send(message.body[1:-2]))
            merge.acknowledged = time.perf_counter()
            merge.right = f"2.25.{10**20 + len(probes) - 1 - n}" in asked.history(
                f"{row['authority']}|{row['value']}"
            )
            yield merge


def _uid(number: int) -> str:
    return f"2.25.{10**20 + number}"


def _await(listener: Listener, made: list[Merge]) -> None:
    until = time.perf_counter() + _PATIENCE
    while len(listener.heard) < len(made) and time.perf_counter() < until:
        time.sleep(0.05)


def _told(made: list[Merge], listener: Listener, feed: Answers, options: argparse.Namespace) -> dict[str, Any]:
    heard = [one for one in made if one.prior in listener.heard]
    after = [max(0.0, listener.heard[one.prior] - one.acknowledged) for one in heard]
    whole = [listener.heard[one.prior] - one.sent for one in heard]
    say(f"{len(made)} merges, {len(heard)} told, {listener.events} events")
    return {
        "merges": len(made),
        "accepted": sum(one.code == "AA" for one in made),
        "history_right": sum(one.right for one in made),
        "untold": len(made) - len(heard),
        "told_ms": _spread(after),
        "from_sending_ms": _spread(whole),
        "within_1_s": round(sum(one <= 1.0 for one in after) / max(len(made), 1), 4),
        "events": listener.events,
        "feed": {
            "rate": options.rate,
            "messages": len(feed.latencies),
            "seconds": round(feed.seconds, 2),
            "ack_p99_ms": percentile_ms(feed.latencies, 99),
            "codes": dict(feed.codes),
        },
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {name: percentile_ms(seconds, percent) for name, percent in (("p50", 50), ("p99", 99), ("max", 100))}


class Asked:
    """What an archive asks of the service, over one kept connection."""

    def __init__(self, service: Serving) -> None:
        self._connection = HTTPConnection(*service.http, timeout=60)
        self._token = service.token

    def register(self, authority: str, patient: str, uid: str) -> None:
        """A study of a patient."""
        self._call("POST", "/v1/studies", {"issuer": authority, "patient_id": patient, "study_uid": uid})

    def subscribe(self, url: str) -> None:
        """A webhook for all events."""
        self._call("POST", "/v1/subscriptions", {"url": url, "secret": _WEBHOOK_SECRET})

    def history(self, identifier: str) -> set[str]:
        """The study UIDs of a person."""
        page = self._call("GET", f"/v1/imaging?identifier={identifier}&limit=500")
        return {study["study_uid"] for study in page["studies"]}

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = self._connection.getresponse()
        except RemoteDisconnected:  # the service closes a connection that has rested
            self._connection.close()
            return self._call(method, path, body)
        content = answer.read()
        assert answer.status < 300, f"{answer.status}: {content[:300]!r}"
        return json.loads(content)


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resident", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--merges", type=float, default=2.0, help="merges a second that are watched")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
