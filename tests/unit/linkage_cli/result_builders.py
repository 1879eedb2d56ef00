"""Results made by hand, and what a reviewer who knows the truth would answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from linkage.model import Model
from linkage.result import Result, assemble

Link = tuple[int, int, float, str]
"""Rows, weight in bits, guards."""


def result(label: Sequence[int], links: Sequence[Link] = (), first: int | None = None) -> Result:
    """A result of len(label) records "r0", "r1" ...; label: the smallest row of each record's cluster."""
    ids = [f"r{n}" for n in range(len(label))]
    weight = np.array([bits for _, _, bits, _ in links], np.float32)
    found = pa.table(
        {
            "id_a": pa.array([ids[a] for a, *_ in links], pa.string()),
            "id_b": pa.array([ids[b] for _, b, *_ in links], pa.string()),
            "weight": weight,
            "probability": 1.0 / (1.0 + np.exp2(-weight.astype(np.float64))),
            "joined": pa.array([label[a] == label[b] for a, b, *_ in links], pa.bool_()),
            "guards": pa.array([guards for *_, guards in links], pa.string()),
        }
    )
    clusters = pa.table({"id": pa.array(ids, pa.string()), "cluster": pa.array([ids[n] for n in label], pa.string())})
    return assemble(found, clusters, Model.default(), first, "0123456789abcdef")


def fill(path: Path, drawn: Path, answer: Callable[[int, str, str], str]) -> Path:
    """Write the sheet at `drawn` to `path` with an answer for each row from its number and its ids."""
    with drawn.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["same"] = answer(number, row["id_a"], row["id_b"])
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a sheet by column."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
