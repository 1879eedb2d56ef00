"""Latency of PIX and PDQ queries over MLLP while a feed runs, printed as one JSON object.

    python -m benchmarks.queries --resident 1000000 --seconds 30 [--connections 8] [--rate 50] [--feed 100]

A durable embedded PostgreSQL is filled with `--resident` simulated records of an NHS region. A client process asks
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
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.machine import Meter, machine, percentile_ms, versions
from benchmarks.mllp_load import Answers, Order, Player
from benchmarks.residents import Row, batches, region, rows_of
from benchmarks.service import Stage, load, say, serving, staged
from benchmarks.traffic import Traffic, deal
from mpi.domain.network import Network, Protocol

_ASKED = 20_000  # different people asked about
_WARM = 3.0  # seconds not counted
_FEED_LINES = 8
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


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last answer."""
    before = machine()
    with staged() as stage:
        seconds = (options.seconds + _WARM) * len(KINDS)
        messages = int(options.feed * seconds * _SPARE)
        people = region(stage.index.network, options.resident, messages)
        loading = load(stage, batches(people.loaded))
        stage.vacuum()
        traffic = Traffic(people.systems, people.loaded, people.duplicates, people.newcomers)
        feeds = [f.id for f in stage.index.network.feeds if f.protocol is Protocol.MLLP]
        fed = deal(traffic.messages(messages), _FEED_LINES, feeds)
        asked = rows_of(people.loaded.sample(min(_ASKED, len(people.loaded)), random_state=7))
        asked = [row for row in asked if len(row["birth_date"]) == 10 and len(row["surname"]) > 2]
        return {
            **_measure(stage, asked, fed, options),
            "resident": len(people.loaded),
            "connections": options.connections,
            "workers": options.workers,
            "rate": options.rate,
            "load_seconds": loading,
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _measure(stage: Stage, asked: list[Row], fed: list[list[bytes]], options: argparse.Namespace) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with (
        serving(stage, options.workers, options.connections + _FEED_LINES) as service,
        Player(service.mllp, fed) as feed,
    ):
        meter = Meter({"service": service.pid, "postgres": stage.postmaster})
        feeding: list[Answers] = []
        for name, write in KINDS.items():
            lines = list(_lines(asked, write, stage.index.network, options))
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


def _lines(asked: list[Row], write: Write, network: Network, options: argparse.Namespace) -> Iterator[list[bytes]]:
    """Framed queries for each connection."""
    dice = random.Random(7)
    count = int(options.rate * (options.seconds + _WARM) * _SPARE / options.connections) + 20
    for line in range(options.connections):
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
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
