"""The review pages over many open tasks, printed as one JSON object.

    python -m benchmarks.worklist --resident 1000000 --tasks 100000 [--reviewers 20] [--workers 4]

A durable embedded PostgreSQL is filled with `--resident` simulated records (with `--template FOLDER` once, that
of `benchmarks.queries`), and with `--tasks` open tasks about pairs of them, of all kinds and weights. Then a
signed-in reviewer reads the work list and compare pages, one request after another (`alone`), and `--reviewers` at
once take the next task, look at it and answer that they are unsure (`at_once`). Times in milliseconds, from the
request to the whole page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from benchmarks.machine import machine, percentile_ms, versions
from benchmarks.residents import batches, region
from benchmarks.service import Serving, Stage, load, say, serving
from benchmarks.template import filled

_KINDS = ("possible-match", "possible-match", "possible-match", "contested-link", "nhs-number-confusion")
_ASKED = 100
_SURNAME = text("select family from source_record where family > '' order by id limit 1")
_TASKS = text(
    """insert into task (kind, state, a_id, b_id, weight, guards, reason)
       select (cast(:kinds as text[]))[1 + r.id % :several], 'open', r.id, r.id + 1 + r.id % 7, 3 + r.id % 170 / 10.0,
         0, 'put here to be measured' from source_record r where r.id + 8 <= (select max(id) from source_record)
       order by r.id limit :limit on conflict do nothing"""
)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last answer."""
    before = machine()

    def fill(stage: Stage) -> dict[str, float]:
        loading = load(stage, batches(region(stage.index.network, options.resident, 0).loaded))
        stage.vacuum()
        return loading

    with filled(options.template, fill, {"resident": options.resident}) as (stage, _):
        trust = stage.index.network.organisations[0].code
        with stage.index.engine.begin() as connection:
            surname = connection.execute(_SURNAME).scalar_one()
            asked = {"kinds": list(_KINDS), "several": len(_KINDS), "limit": options.tasks}
            made = connection.execute(_TASKS, asked).rowcount
        stage.vacuum()
        with serving(stage, options.workers, options.reviewers) as service:
            alone = _alone(stage, service, {"text": surname}, {"trust": trust})
            at_once = _at_once(service, options.reviewers)
        return {
            "records": options.resident,
            "tasks": made,
            "alone": alone,
            "at_once": at_once,
            "workers": options.workers,
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _alone(stage: Stage, service: Serving, named: dict[str, str], owned: dict[str, str]) -> dict[str, Any]:
    with stage.index.engine.connect() as connection:
        tasks = connection.execute(text("select id from task order by hashtext(id::text) limit 200")).scalars().all()
    with _signed_in(service) as client:
        asked: dict[str, Callable[[int], httpx.Response]] = {
            "work_list": lambda _: client.get("/review/tasks"),
            "of_a_trust": lambda _: client.get("/review/tasks", params=owned),
            "of_a_surname": lambda _: client.get("/review/tasks", params=named),
            "of_nobody": lambda _: client.get("/review/tasks", params={"text": "Qqqq"}),
            "compare": lambda n: client.get(f"/review/tasks/{tasks[n]}"),
        }
        return {name: _timed(name, ask) for name, ask in asked.items()}


def _timed(name: str, ask: Callable[[int], httpx.Response]) -> dict[str, Any]:
    for number in range(5):
        ask(_ASKED + number)
    latencies, statuses = [], set()
    for number in range(_ASKED):
        start = time.perf_counter()
        statuses.add(ask(number).status_code)
        latencies.append(time.perf_counter() - start)
    told = {"p50_ms": percentile_ms(latencies, 50), "p99_ms": percentile_ms(latencies, 99)}
    say(f"{name}: {told}")
    return told | {"statuses": sorted(statuses)}


def _at_once(service: Serving, reviewers: int) -> dict[str, Any]:
    with ThreadPoolExecutor(reviewers) as pool:
        worked = list(pool.map(lambda _: _review(service), range(reviewers)))
    steps = [step for one in worked for step in one]
    taken = [step[2] for step in steps if step[0] == "next"]
    return {
        "reviewers": reviewers,
        "tasks": len(taken),
        "taken_twice": len(taken) - len(set(taken)),
        **{
            name: {f"p{of}_ms": percentile_ms([s for what, s, _ in steps if what == name], of) for of in (50, 99)}
            for name in ("next", "compare", "answer")
        },
    }


def _review(service: Serving, tasks: int = 10) -> list[tuple[str, float, str]]:
    """What one reviewer does, and how long each step takes."""
    steps = []
    with _signed_in(service) as client:
        csrf = _csrf(client.get("/review/tasks"))
        for _ in range(tasks):
            start = time.perf_counter()
            page = client.post("/review/tasks/next", data={"csrf": csrf}).headers["location"]
            looked = time.perf_counter()
            client.get(page).raise_for_status()
            answered = time.perf_counter()
            sent = client.post(f"{page}/answer", data={"csrf": csrf, "decision": "unsure"})
            assert sent.status_code == 303, f"{page}: {sent.status_code}"
            done = time.perf_counter()
            steps += [("next", looked - start, page), ("compare", answered - looked, page)]
            steps.append(("answer", done - answered, page))
    return steps


@contextmanager
def _signed_in(service: Serving) -> Iterator[httpx.Client]:
    host, port = service.http
    with httpx.Client(base_url=f"http://{host}:{port}", trust_env=False, timeout=60) as client:
        form = client.get("/review/sign-in")
        client.post("/review/sign-in", data={"csrf": _csrf(form), "token": service.token})
        yield client


def _csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resident", type=int, default=110_000)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--template", type=Path, default=None, help="a folder for a filled database, to be copied")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
