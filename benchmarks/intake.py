"""Messages a second through the real service, printed as one JSON object.

    python -m benchmarks.intake --resident 100000 --seconds 60 [--workers 3] [--connections 16] [--rate 100]

A durable embedded PostgreSQL is filled with `--resident` simulated records of an NHS region; then the service takes
ADT messages over MLLP, one in flight a connection (V2-64), from a load generator of its own process: half updates of
residents, a third and more new records of residents at another trust, newcomers, and merges. First as fast as the
answers come (`messages_per_s`), then at random moments at half that rate, where an answer's time counts from the
moment its message was meant to leave; `pgbench_paced` are one-row commits at that rate, just after, which tell what
the disk alone does to a p99. `ratio` is against pgbench's one-row commits from as many connections in the
same run. `--compare 1000000` runs a second, larger index after the first.
"""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from benchmarks.machine import Meter, Waits, commits, machine, of_children, percentile_ms, versions
from benchmarks.mllp_load import Answers, Order, Player
from benchmarks.residents import Region, batches, region
from benchmarks.service import Stage, load, say, serving, staged
from benchmarks.traffic import Traffic, deal

_WARM = 5.0  # seconds not counted: caches and connections
_SPARE = 150  # newcomers for each second of a phase
_FASTEST = 2_500  # messages a second that are rendered beforehand


def run(resident: int, options: argparse.Namespace) -> dict[str, Any]:
    """One index of `resident` records from filling to last answer."""
    before = machine()
    with staged() as stage:
        people = region(stage.index.network, resident, int(options.seconds * _SPARE))
        loading = load(stage, batches(people.loaded))
        stage.vacuum()
        say("pgbench commits one row at a time ...")
        baseline = commits(stage.index.engine, stage.url, options.connections, options.baseline)
        measured = _measure(stage, people, options)
        return {
            **measured,
            "pgbench_tps": baseline["tps"],
            "pgbench": baseline,
            "ratio": round(measured["messages_per_s"] / baseline["tps"], 4),
            "resident": len(people.loaded),
            "workers": options.workers,
            "connections": options.connections,
            "load_seconds": loading,
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _measure(stage: Stage, people: Region, options: argparse.Namespace) -> dict[str, Any]:
    traffic = Traffic(people.systems, people.loaded, people.duplicates, people.newcomers)
    feeds = sorted({p.feed.id for p in people.systems if p.speaks and not p.is_fhir})
    count = int((2 * options.seconds + _WARM) * _FASTEST)
    lines = deal(traffic.messages(count), options.connections, feeds)
    say(f"{count:,} messages rendered: {traffic.drawn}")
    with (
        serving(stage, options.workers, options.connections) as service,
        Player(service.mllp, lines) as player,
    ):
        meter = Meter({"service": service.pid, "postgres": stage.postmaster, "load": player.pid})
        player.play(Order(_WARM))
        used, workers = meter.read(), of_children(service.pid)
        with Waits(stage.index.engine) as waits:
            most = player.play(Order(options.seconds))
        spent, shares = meter.spent(used, len(most.latencies)), meter.shares(used, most.seconds)
        each = [round((now - workers[pid]) / most.seconds, 2) for pid, now in of_children(service.pid).items()]
        rate = len(most.latencies) / most.seconds
        say(
            f"closed loop: {rate:.0f} messages/s, {dict(most.codes)}, cpu ms a message {spent}, of all cores {shares}"
        )
        steady = player.play(Order(options.seconds, options.rate or rate / 2))
        say(f"open loop: {dict(steady.codes)}; pgbench commits at that rate ...")
    paced = commits(
        stage.index.engine, stage.url, options.connections, int(options.seconds), options.rate or rate / 2
    )
    return {
        "messages_per_s": round(rate, 1),
        "ack_p50_ms": percentile_ms(steady.latencies, 50),
        "ack_p99_ms": percentile_ms(steady.latencies, 99),
        "closed": _told(most),
        "open": _told(steady) | {"rate": round(options.rate or rate / 2, 1)},
        "cpu_ms_per_message": spent,
        "cpu_share": shares,
        "worker_cores": sorted(each),
        "database_waits": waits.means,
        "pgbench_paced": paced,
    }


def _told(answers: Answers) -> dict[str, Any]:
    return {
        "messages": len(answers.latencies),
        "seconds": round(answers.seconds, 2),
        "p50_ms": percentile_ms(answers.latencies, 50),
        "p99_ms": percentile_ms(answers.latencies, 99),
        "codes": dict(answers.codes),
        "exhausted": answers.exhausted,
    }


def main() -> None:
    """Run and print one JSON object."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resident", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=cores)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.0, help="of the second phase; default half the maximum")
    parser.add_argument("--baseline", type=int, default=10, help="seconds of pgbench")
    parser.add_argument("--compare", type=int, default=0, help="residents of a second, larger index")
    options = parser.parse_args()
    result = run(options.resident, options)
    if options.compare:
        larger = run(options.compare, options)
        fall = 1 - larger["messages_per_s"] / result["messages_per_s"]
        result |= {"larger": larger, "fall": round(fall, 4)}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
