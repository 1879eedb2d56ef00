"""How fast an archive's studies are back-loaded by QIDO-RS, printed as one JSON object.

    python -m benchmarks.harvest --people 100000 --studies 20000 [--orthanc 5000]

A durable embedded PostgreSQL is filled with the records that `--people` simulated people of an NHS region have. A
stub in a process of its own, which keeps its answers, lists `--studies` studies of one day on some of them. Then the
studies are harvested as `mpi harvest` does it: `listing` alone, `registering` of new ones (listing included), and the
same list `again`. `baseline` is a tenth as many of another day, one study a transaction, as images come. With
`--orthanc` a real Orthanc is filled with so many studies of one image: `orthanc` is how fast it tells them by QIDO-RS
to whoever asks for nothing beyond what it always tells, `orthanc_listing` to the same listing as of the stub, which
asks for issuers and codes as well and twice for what may be cut off.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
from pydicom import Dataset

from adapters.dicom.harvest import Day, Harvester
from adapters.dicom.listing import Listing
from adapters.dicom.qido import WebPeer, search_studies
from benchmarks.machine import machine, versions
from benchmarks.orthanc import listed, orthanc
from benchmarks.residents import batches, region
from benchmarks.service import Stage, load, say, staged
from mpi.domain.access import Caller, Role
from mpi.domain.network import Network
from mpi.main.garbage import settle
from mpi.usecases.imaging.backload import Backload
from mpi.usecases.imaging.images import Image, Images, Taken

Json = dict[str, Any]
_DAYS = date(2024, 3, 1), date(2024, 3, 2)
_PAGE = 500
_ARCHIVE = Caller("archive/gm-vna", Role.ARCHIVE, "RMC")


class OneByOne(Backload):
    """Takes nothing together, so that each study has a transaction."""

    def take(self, images: list[Image], caller: Caller) -> list[Taken | None]:  # type: ignore[override]
        """None of them."""
        return [None] * len(images)


def run(options: argparse.Namespace) -> Json:
    """From filling to the last study."""
    before = machine()
    with staged() as stage:
        people = region(stage.index.network, int(options.people * 2.2), 0)
        load(stage, batches(people.loaded))
        stage.vacuum()
        days = {day: _studies(people.loaded, stage.index.network, day, options.studies) for day in _DAYS}
        days[_DAYS[1]] = days[_DAYS[1]][: options.studies // 10]
        with stub(days, stage.folder) as address:
            peer = WebPeer(address, page=_PAGE)
            told = {"listing": _timed(lambda: sum(1 for _ in _listing(peer, _DAYS[0])))}
            settle()  # as `mpi harvest` does
            index = stage.index
            together, alone = Backload(index.units, index.clock), OneByOne(index.units, index.clock)
            for name in ("registering", "again"):
                told[name] = _timed(lambda: _harvest(stage, together, peer, _DAYS[0]).registered)
                say(f"{name}: {told[name]}")
            told["baseline"] = _timed(lambda: _harvest(stage, alone, peer, _DAYS[1]).registered)
        if options.orthanc:
            told |= _of_orthanc(stage.folder, options.orthanc)
        return {
            **{f"{name}_per_s": rate for name, rate in told.items()},
            "resident": len(people.loaded),
            "studies": options.studies,
            "orthanc_studies": options.orthanc,
            "machine": before,
            "versions": versions(stage.index.engine),
        }


def _of_orthanc(folder: Path, count: int) -> dict[str, float]:
    say(f"storing {count:,} studies in Orthanc ...")
    with orthanc(folder, _DAYS[0], count) as address:
        peer = WebPeer(address, page=_PAGE)
        told = {
            "orthanc": _timed(lambda: listed(address, _DAYS[0], _PAGE)),
            "orthanc_listing": _timed(lambda: sum(1 for _ in _listing(peer, _DAYS[0]))),
        }
    say(f"{told}")
    return told


def _listing(peer: WebPeer, day: date) -> Listing:
    return Listing(partial(search_studies, peer), day)


def _harvest(stage: Stage, backload: Backload, peer: WebPeer, day: date) -> Day:
    index = stage.index
    images = Images(index.units, index.rematch, index.clock)
    archive = next(archive for archive in index.network.archives if archive.id == "gm-vna")
    harvester = Harvester(images, backload, index.network, archive, "GM_VNA", _ARCHIVE, event="QIDO-RS", name="stub")
    counts = harvester.take(_listing(peer, day))
    assert counts.registered == counts.listed, counts
    return counts


def _timed(work: Any) -> float:
    """How many a second."""
    start = time.perf_counter()
    count = work()
    return round(count / (time.perf_counter() - start), 1)


def _studies(loaded: pd.DataFrame, network: Network, day: date, count: int) -> list[Json]:
    """Studies of one day on records drawn at random, in the DICOM JSON model."""
    issuers = {authority.id: authority.namespaces[0] for authority in network.authorities}
    dice = random.Random(day.toordinal())
    drawn = loaded.sample(count, replace=True, random_state=day.toordinal())
    return [
        _study(row, issuers[str(row.authority)], f"2.25.{day.toordinal()}{n:09d}", day, dice.randrange(86_400))
        for n, row in enumerate(drawn.itertuples())
    ]


def _study(row: Any, issuer: str, uid: str, day: date, second: int) -> Json:
    dataset = Dataset()
    dataset.StudyInstanceUID, dataset.PatientID, dataset.IssuerOfPatientID = uid, row.value, issuer
    dataset.PatientName, dataset.PatientSex = f"{row.surname}^{row.forename}", row.sex if row.sex in "MF" else "O"
    dataset.PatientBirthDate = row.birth_date.replace("-", "") if len(row.birth_date) == 10 else ""
    dataset.StudyDate = f"{day:%Y%m%d}"
    dataset.StudyTime = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
    dataset.ModalitiesInStudy, dataset.StudyDescription, dataset.AccessionNumber = "CT", "CT Thorax", uid[-8:]
    dataset.NumberOfStudyRelatedSeries, dataset.NumberOfStudyRelatedInstances = 3, 400
    found: Json = dataset.to_json_dict()
    return found


@contextmanager
def stub(days: dict[date, list[Json]], folder: Path) -> Iterator[str]:
    """A process that answers QIDO-RS with these studies; stopped at exit."""
    file = folder / "listed.json"
    file.write_text(json.dumps({f"{day:%Y%m%d}": studies for day, studies in days.items()}))
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.harvest", "--stub", str(file)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/dicom-web"
    finally:
        process.terminate()
        process.wait()


def serve_stub(file: Path) -> None:
    """Answer until terminated; the port is printed."""
    days: dict[str, list[Json]] = json.loads(file.read_text())
    answers: dict[tuple[str, str], bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            day, time, offset = (asked.get(name, [""])[0] for name in ("StudyDate", "StudyTime", "offset"))
            body = answers.get((f"{day} {time}", offset))
            if body is None:
                first, _, last = time.partition("-")
                found = [s for s in days[day] if not first or first <= s["00080030"]["Value"][0] <= last]
                body = json.dumps(found[int(offset or 0) : int(offset or 0) + _PAGE]).encode()
                answers[f"{day} {time}", offset] = body
            self.send_response(200)
            self.send_header("Content-Type", "application/dicom+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--orthanc", type=int, default=0, help="studies in a real Orthanc")
    parser.add_argument("--stub", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stub:
        serve_stub(options.stub)
    else:
        print(json.dumps(run(options), indent=2))


if __name__ == "__main__":
    main()
