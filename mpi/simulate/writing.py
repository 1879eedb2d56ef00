"""A region as files: messages per feed, studies, people and the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pandas as pd

from mpi.domain.network import Protocol
from mpi.simulate.region import Region, SimMessage

Progress = Callable[[str, int, int], None]
"""Called with (what is being written, how many so far, how many in all or about all)."""

_EVERY = 5_000


def _framed(message: SimMessage) -> bytes:
    """MLLP block (V2-1), so that a file can be sent to a listener as it is."""
    return b"\x0b" + message.body + b"\x1c\r"


def _line(message: SimMessage) -> bytes:
    head = {"method": "PUT", "query": message.query, "at": message.at.isoformat(), "id": message.control_id}
    return json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "resource": ' + message.body + b"}\n"


def _write_messages(region: Region, out: Path, progress: Progress) -> dict[str, int]:
    speaking = [pas for pas in region.systems if pas.speaks]
    written: dict[str, int] = {pas.feed.id: 0 for pas in speaking}
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        for pas in speaking:
            folder, ending = ("fhir", "ndjson") if pas.is_fhir else ("messages", "hl7")
            if pas.feed.id not in files:
                path = out / folder / f"{pas.feed.id}.{ending}"
                path.parent.mkdir(parents=True, exist_ok=True)
                files[pas.feed.id] = stack.enter_context(path.open("wb"))
        for count, message in enumerate(region.messages(), start=1):
            fhir = message.protocol is Protocol.FHIR
            files[message.feed_id].write(_line(message) if fhir else _framed(message))
            written[message.feed_id] += 1
            if count % _EVERY == 0:
                progress("messages", count, len(region.events))
    return written


def _write_studies(region: Region, out: Path) -> None:
    frame = region.study_frame.copy()
    for name in ("started_at", "at"):
        frame[name] = pd.to_datetime(frame[name], unit="s", utc=True)
    frame.to_parquet(out / "studies.parquet", index=False)
    frame.drop(columns="person").to_json(
        out / "studies.ndjson", orient="records", lines=True, date_format="iso", date_unit="s"
    )


def write(region: Region, out_dir: Path, progress: Progress | None = None) -> dict[str, int]:
    """Write the region under `out_dir`; returns the number of messages of each feed.

    messages/<feed>.hl7 (MLLP blocks), fhir/<feed>.ndjson, studies.ndjson and studies.parquet (the latter with the
    true person), truth.parquet, notes.parquet, people.parquet, manifest.json. Raises OSError.
    """
    report: Progress = progress or (lambda *_: None)
    out_dir.mkdir(parents=True, exist_ok=True)
    written = _write_messages(region, out_dir, report)
    report("messages", sum(written.values()), sum(written.values()))
    _write_studies(region, out_dir)
    report("studies", len(region.study_frame), len(region.study_frame))
    region.truth_frame.to_parquet(out_dir / "truth.parquet", index=False)
    region.notes.to_parquet(out_dir / "notes.parquet", index=False)
    region.people.frame().to_parquet(out_dir / "people.parquet")
    report("people", len(region.people), len(region.people))
    manifest = {"network": region.network.id, "seed": region.seed, "counts": region.counts(), "messages": written}
    (out_dir / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return written
