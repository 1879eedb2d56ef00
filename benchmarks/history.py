"""Latency of `resolve`, of imaging histories and of QIDO-RS over real HTTP, printed as one JSON object.

    python -m benchmarks.history --people 1000000 --studies 10000000 --seconds 30 [--connections 8] [--workers 4]

A durable embedded PostgreSQL is filled with the records that `--people` simulated people of an NHS region have in its
trusts, and with `--studies` studies on them, of which one person has 500. Then a client process asks over keep-alive
connections, one request in flight each: who a known patient id is (`POST /v1/resolve`), the imaging history of a
person by golden id, the whole history of the person with 500 studies, and a person's studies by QIDO-RS; first as
fast as answers come (`_at_most`), then at random moments: at half that rate (`_at_half`), and at `--rate` (`_p50_ms`,
`_p99_ms`; a tenth of it for the 500), where a latency counts from the moment its request was meant to leave. The
default of 100/s is some fifty times what the region's 4 million examinations a year ask for in the busiest hour.
`baseline` is the same history select by pgbench, from as many connections in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import text

from benchmarks.http_load import Answers, ask
from benchmarks.machine import Meter, machine, percentile_ms, pgbench, versions
from benchmarks.residents import batches, region
from benchmarks.service import LOADER, NETWORK, Serving, Stage, load, say, serving
from benchmarks.template import filled
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.views import Study
from mpi.networks import load_network

_ASKED = 20_000  # different people asked about
_WARM = 3.0  # seconds not counted
_RECORDS_OF_A_PERSON = 2.2  # as the simulated trusts have them
_MANY = 500  # studies of the one person who has most
_KINDS = (("DX", "CHEST", "XR Chest"), ("US", "ABDOMEN", "US Abdomen"), ("CT", "HEAD", "CT Head"))
_PEOPLE = text(
    """select l.golden_id from study s join link l on l.record_id = s.record_id and l.until is null
       order by hashtext(s.study_uid) limit :limit"""
)
# As `mpi.db.studies` reads a history, for people drawn by the number of one of their studies.
_HISTORY = """\\set n random(1, {studies})
select s.study_uid, s.started_at, s.modalities, s.body_site, s.description, s.accession, s.organisation, s.archive,
  s.series, s.instances, r.authority, r.value from link l join study s on s.record_id = l.record_id
  join source_record r on r.id = s.record_id
  where l.golden_id = (select golden_id from asked where id = :n) and l.until is null
  order by coalesce(s.started_at, '-infinity') desc, s.study_uid desc limit 101;
"""


def run(options: argparse.Namespace) -> dict[str, Any]:
    """From filling to the last answer."""
    before = machine()
    people = region(load_network(NETWORK), int(options.people * _RECORDS_OF_A_PERSON), 0)

    def fill(stage: Stage) -> dict[str, float]:
        loading = load(stage, batches(people.loaded))
        start = time.perf_counter()
        count = stage.loader.studies(_studies(people.loaded, options.studies), LOADER)
        seconds = round(time.perf_counter() - start, 2)
        say(f"loaded studies: {count:,} in {seconds} s")
        stage.vacuum()
        return loading | {"studies": seconds}

    holds = {"resident": len(people.loaded), "studies": options.studies}
    with filled(options.template, fill, holds) as (stage, loading):
        measured = _measure(stage, people.loaded, options)
        return {
            **measured,
            **holds,
            "connections": options.connections,
            "workers": options.workers,
            "load_seconds": loading,
            "baseline": _baseline(stage, options),
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _measure(stage: Stage, loaded: pd.DataFrame, options: argparse.Namespace) -> dict[str, Any]:
    asked = loaded.sample(min(_ASKED, len(loaded)), random_state=7)
    with stage.index.engine.connect() as connection:
        golden = connection.execute(_PEOPLE, {"limit": _ASKED}).scalars().all()
    told: dict[str, Any] = {}
    with serving(stage, options.workers, options.connections) as service:
        resolves = [
            _request(service, "POST", "/v1/resolve", json.dumps({"issuer": authority, "patient_id": value}))
            for authority, value in zip(asked.authority.tolist(), asked.value.tolist(), strict=True)
        ]
        asked_for = {
            "resolve": resolves,
            "history": [_request(service, "GET", f"/v1/people/{golden_id}/imaging") for golden_id in golden],
            "history_of_500": [_request(service, "GET", _whole_history(loaded))],
            "qido": [_request(service, "GET", path) for path in _qido(asked, stage.index.network)],
        }
        meter = Meter({"service": service.pid, "postgres": stage.postmaster})
        for name, requests in asked_for.items():
            ask(service.http, requests, options.connections, _WARM)
            used = meter.read()
            most = ask(service.http, requests, options.connections, options.seconds)
            rate, count = len(most.latencies) / most.seconds, max(len(most.latencies), 1)
            told[f"{name}_cpu_ms"] = meter.spent(used, count) | {"load": round(most.cpu / count * 1000, 3)}
            half = ask(service.http, requests, options.connections, options.seconds, rate / 2)
            usual = options.rate / (10 if name == "history_of_500" else 1)  # few have so many
            steady = ask(service.http, requests, options.connections, options.seconds, usual)
            told |= {f"{name}_{what}": value for what, value in _told(steady).items()}
            told |= {f"{name}_at_most": _told(most), f"{name}_at_half": _told(half)}
            say(f"{name}: {rate:.0f}/s, p99 {told[f'{name}_p99_ms']} ms, {dict(steady.statuses)}")
    return told


def _whole_history(loaded: pd.DataFrame) -> str:
    return f"/v1/imaging?identifier={loaded.authority.iloc[0]}|{loaded.value.iloc[0]}&limit={_MANY}"


def _qido(asked: pd.DataFrame, network: Network) -> list[str]:
    namespaces = {authority.id: authority.namespaces[0] for authority in network.authorities}
    return [
        f"/dicom-web/studies?PatientID={value}&IssuerOfPatientID={namespaces[authority]}"
        for authority, value in zip(asked.authority.tolist(), asked.value.tolist(), strict=True)
    ]


def _told(answers: Answers) -> dict[str, Any]:
    return {
        "per_s": round(len(answers.latencies) / answers.seconds, 1),
        "p50_ms": percentile_ms(answers.latencies, 50),
        "p99_ms": percentile_ms(answers.latencies, 99),
        "statuses": dict(answers.statuses),
    }


def _baseline(stage: Stage, options: argparse.Namespace) -> dict[str, float]:
    with stage.index.engine.begin() as connection:
        connection.execute(text("create table asked (id bigint generated always as identity, golden_id uuid)"))
        connection.execute(text(f"insert into asked (golden_id) {_PEOPLE.text}"), {"limit": _ASKED})
        connection.execute(text("create unique index on asked (id)"))
        rows = connection.execute(text("select count(*) from asked")).scalar_one()
    stage.vacuum()
    return pgbench(stage.url, _HISTORY.format(studies=rows), options.connections, max(int(options.seconds // 3), 5))


def _request(service: Serving, method: str, path: str, body: str = "") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()


def _studies(loaded: pd.DataFrame, count: int) -> Iterator[Study]:
    """Studies on records drawn at random, over fifteen years, the first 500 on the first record."""
    dice = random.Random(7)
    authorities, values = loaded.authority.tolist(), loaded.value.tolist()
    for n in range(count):
        row = dice.randrange(len(values)) if n >= _MANY else 0
        modality, site, description = dice.choice(_KINDS)
        started = datetime.fromtimestamp(dice.randrange(1_293_840_000, 1_767_225_600), UTC)
        patient = Identifier(authorities[row], values[row])
        yield Study(
            f"2.25.{10**30 + n}", patient, started, (modality,), site, description, f"A{n:08d}", "RMC", "", 2, 200
        )


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--studies", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second of the last phase")
    parser.add_argument("--template", type=Path, default=None, help="a folder for a filled database, to be copied")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
