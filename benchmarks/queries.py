"""Latency of PIX and PDQ queries over MLLP while a feed runs, printed as one JSON object.

    python -m benchmarks.queries --resident 1000000 --seconds 30 [--connections 8] [--rate 50] [--feed 100]

A durable embedded PostgreSQL is filled with `--resident` simulated records of an NHS region, a quarter of an hour for
a million; with `--template FOLDER` once, and each run works on a copy. First each query is asked alone, by one caller
in this process (`alone`: what it costs, without the noise of others). Then the service runs. A client process asks
over kept connections, one query in flight each, at random moments of `--rate` a second, while another plays ADT at
`--feed` messages a second: PIX queries by local id, and PDQ by identifier, by surname and date of birth, by the
beginning of a surname and date of birth, by surname and forename, and by a surname alone in pages of 20. A latency
counts from the moment its query was meant to leave. The feed's own latencies are told beside.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from adapters.hl7v2.exchange import ANYBODY
from adapters.hl7v2.observer import Observer
from benchmarks.machine import Meter, machine, percentile_ms, versions
from benchmarks.mllp_load import Answers, Order, Player
from benchmarks.residents import Row, batches, region, rows_of
from benchmarks.service import NETWORK, Stage, load, say, serving
from benchmarks.template import filled
from benchmarks.traffic import Traffic, deal
from mpi.domain.network import Network, Protocol
from mpi.main.garbage import settle
from mpi.main.receivers import compose_receiver
from mpi.metrics import Metrics
from mpi.networks import load_network

_ASKED = 20_000  # different people asked about
_WARM = 3.0  # seconds not counted
_FEED_LINES = 8
_ALONE = 400  # queries of each kind
_NEWCOMERS = 24_300  # spare people for the feed, as many whatever its length, so that a template stays good
_SPARE = 1.5  # messages prepared for each that is meant to leave

Write = Callable[[Row, Network], tuple[str, str]]


def _pix(row: Row, network: Network) -> tuple[str, str]:
    return "QBP^Q23^QBP_Q21", f"QPD|IHE PIX Query|T|{row['value']}^^^{_namespace(row, network)}\rRCP|I"


def _pdq(parameters: Callable[[Row, Network], list[str]], page: str = "") -> Write:
    def write(row: Row, network: Network) -> tuple[str, str]:
        return "QBP^Q22^QBP_Q21", f"QPD|IHE PDQ Query|T|{'~'.join(parameters(row, network))}\rRCP|I|{page}"

    return write


def _born(row: Row) -> str:
    return f"@PID.7^{row['birth_date'].replace('-', '')}"


def _namespace(row: Row, network: Network) -> str:
    return network.authority_by_id[row["authority"]].namespaces[0]


KINDS: dict[str, Write] = {
    "pix": _pix,
    "pdq_identifier": _pdq(lambda row, net: [f"@PID.3.1^{row['value']}", f"@PID.3.4.1^{_namespace(row, net)}"]),
    "pdq_surname_birth_date": _pdq(lambda row, _: [f"@PID.5.1.1^{row['surname']}", _born(row)]),
    "pdq_wildcard_birth_date": _pdq(lambda row, _: [f"@PID.5.1.1^{row['surname'][:3]}*", _born(row)]),
    "pdq_surname_forename": _pdq(
        lambda row, _: [f"@PID.5.1.1^{row['surname']}", f"@PID.5.2^{row['forename']}"], "20^RD"
    ),
    "pdq_surname": _pdq(lambda row, _: [f"@PID.5.1.1^{row['surname']}"], "20^RD"),
}


def asked_kinds(options: argparse.Namespace) -> dict[str, Write]:
    """The kinds of query to ask."""
    return {name: KINDS[name] for name in options.kinds or KINDS}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last answer."""
    before = machine()
    messages = int(options.feed * (options.seconds + _WARM) * len(asked_kinds(options)) * _SPARE)
    people = region(load_network(NETWORK), options.resident, _NEWCOMERS)

    def fill(stage: Stage) -> dict[str, float]:
        loading = load(stage, batches(people.loaded))
        stage.vacuum()
        return loading

    with filled(options.template, fill, {"resident": len(people.loaded)}) as (stage, loading):
        traffic = Traffic(people.systems, people.loaded, people.duplicates, people.newcomers)
        feeds = [f.id for f in stage.index.network.feeds if f.protocol is Protocol.MLLP]
        fed = deal(traffic.messages(messages), _FEED_LINES, feeds)
        asked = rows_of(people.loaded.sample(min(_ASKED, len(people.loaded)), random_state=7))
        asked = [row for row in asked if len(row["birth_date"]) == 10 and len(row["surname"]) > 2]
        resident = len(people.loaded)
        return {
            "alone": {name: _alone(stage, asked, write) for name, write in asked_kinds(options).items()},
            **_measure(stage, asked, fed, options),
            "resident": resident,
            "connections": options.connections,
            "workers": options.workers,
            "rate": options.rate,
            "load_seconds": loading,
            "machine": before | {"load_after": round(os.getloadavg()[0], 2)},
            "versions": versions(stage.index.engine),
        }


def _alone(stage: Stage, asked: list[Row], write: Write) -> dict[str, float]:
    """What a query costs when nothing else runs: milliseconds of processor in this process and in the database's."""
    receiver = compose_receiver(stage.index, Metrics(), Observer(stage.index.clock.now))
    (line,) = _lines(asked, write, stage.index.network, 1, _ALONE + _ALONE // 4)
    frames = [frame[1:-2] for frame in line]
    settle()  # as the service does
    for frame in frames[_ALONE:]:
        receiver.respond(frame, ANYBODY)
    meter = Meter({"postgres": stage.postmaster})
    used, own = meter.read(), time.process_time()
    latencies = []
    for frame in frames[:_ALONE]:
        start = time.perf_counter()
        receiver.respond(frame, ANYBODY)
        latencies.append(time.perf_counter() - start)
    own = time.process_time() - own
    return {
        "cpu_ms": round(own / _ALONE * 1000, 3),
        "postgres_cpu_ms": meter.spent(used, _ALONE)["postgres"],
        "p50_ms": percentile_ms(latencies, 50),
        "p99_ms": percentile_ms(latencies, 99),
    }


def _measure(stage: Stage, asked: list[Row], fed: list[list[bytes]], options: argparse.Namespace) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with (
        serving(stage, options.workers, options.connections + _FEED_LINES) as service,
        Player(service.mllp, fed) as feed,
    ):
        meter = Meter({"service": service.pid, "postgres": stage.postmaster})
        feeding: list[Answers] = []
        for name, write in asked_kinds(options).items():
            count = int(options.rate * (options.seconds + _WARM) * _SPARE / options.connections) + 20
            lines = list(_lines(asked, write, stage.index.network, options.connections, count))
            order = Order(options.seconds + _WARM, options.feed)
            thread = threading.Thread(target=lambda order=order: feeding.append(feed.play(order)))
            with Player(service.mllp, lines) as player:
                thread.start()
                player.play(Order(_WARM, options.rate))
                used = meter.read()
                answers = player.play(Order(options.seconds, options.rate))
                spent = meter.spent(used, max(len(answers.latencies), 1))
                thread.join()
            told[name] = _told(answers) | {"cpu_ms_with_feed": spent}
            say(f"{name}: p50 {told[name]['p50_ms']} ms, p99 {told[name]['p99_ms']} ms, {told[name]['codes']}")
    latencies = [latency for answers in feeding for latency in answers.latencies]
    told["feed"] = {
        "per_s": round(len(latencies) / sum(answers.seconds for answers in feeding), 1),
        "p50_ms": percentile_ms(latencies, 50),
        "p99_ms": percentile_ms(latencies, 99),
        "codes": dict(sum((answers.codes for answers in feeding), feeding[0].codes.__class__())),
    }
    return told


def _lines(asked: list[Row], write: Write, network: Network, connections: int, count: int) -> Iterator[list[bytes]]:
    """Framed queries, `count` for each connection."""
    dice = random.Random(7)
    for line in range(connections):
        frames = []
        for number in range(count):
            kind, rest = write(dice.choice(asked), network)
            head = f"MSH|^~\\&|GMVNA|R0A|MPI|REGION|20260301120000||{kind}|Q{line}-{number}|P|2.5||||||UNICODE UTF-8"
            frames.append(b"\x0b" + f"{head}\r{rest}\r".encode() + b"\x1c\r")
        yield frames


def _told(answers: Answers) -> dict[str, Any]:
    return {
        "per_s": round(len(answers.latencies) / answers.seconds, 1),
        "p50_ms": percentile_ms(answers.latencies, 50),
        "p99_ms": percentile_ms(answers.latencies, 99),
        "codes": dict(answers.codes),
        "exhausted": answers.exhausted,
    }


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resident", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=float, default=50.0, help="queries a second")
    parser.add_argument("--feed", type=float, default=100.0, help="ADT messages a second beside")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, help="of query; all")
    parser.add_argument("--template", type=Path, default=None, help="a folder for a filled database, to be copied")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
