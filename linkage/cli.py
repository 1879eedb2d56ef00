"""The `linkage` command: link files of people. Every error it can foresee is one sentence and exit status 2."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.commands.evaluate import evaluate
from linkage.commands.sample import sample
from linkage.commands.show import show
from linkage.commands.speaking import Columns, FalseMerge, Memory, Workers, read_people, room_of, say, spoken
from linkage.commands.waiting import waiting
from linkage.costs import FALSE_MERGE
from linkage.plurals import counted
from linkage.progress import SILENT, Progress

if TYPE_CHECKING:
    from linkage.people import Linker
    from linkage.room import Room
    from linkage.tables.reading import Reading

app = typer.Typer(
    help="Probabilistic record linkage for people: who is the same person in files of records?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

File = Annotated[Path, typer.Argument(help="CSV (.csv, .tsv, .csv.gz) or Parquet.", show_default=False)]
Out = Annotated[
    Path,
    typer.Option(help="A new directory for links, possible pairs, clusters, model and report.", show_default=False),
]
Seed = Annotated[int, typer.Option(min=0, help="The same files and seed give the same result.")]


class Engine(StrEnum):
    """What links: this program, or Apache Spark."""

    LOCAL = "local"
    SPARK = "spark"


EngineName = Annotated[Engine, typer.Option(help="spark: for more than fits in memory; needs PySpark 4 and Java 17.")]


@app.command()
def dedupe(
    file: File,
    out: Out,
    mapping: Columns = None,
    seed: Seed = 0,
    workers: Workers = None,
    memory: Memory = None,
    engine: EngineName = Engine.LOCAL,
    false_merge: FalseMerge = FALSE_MERGE,
) -> None:
    """Find the records of one file that are one person.

    Writes links.parquet (id_a, id_b, weight, probability, pattern, joined, guards) with the pairs that stand in one
    cluster, possible.parquet, likewise, with those that might be one person and were not joined: guards names what
    stopped a pair that was heavy enough; clusters.parquet (id, cluster), model.json and report.json.
    """
    with spoken():
        _linking(engine)([file], out, mapping, seed, workers, memory, false_merge)


@app.command()
def link(
    file: File,
    other: File,
    out: Out,
    mapping: Columns = None,
    seed: Seed = 0,
    workers: Workers = None,
    memory: Memory = None,
    engine: EngineName = Engine.LOCAL,
    false_merge: FalseMerge = FALSE_MERGE,
) -> None:
    """Find the records of two files that are one person.

    Writes links.parquet, possible.parquet, clusters.parquet, model.json and report.json as dedupe does; each link and
    each possible pair is of a record of either file.
    """
    with spoken():
        _linking(engine)([file, other], out, mapping, seed, workers, memory, false_merge)


@app.command()
def train(
    file: File,
    out: Annotated[Path, typer.Option(help="The model's JSON file; it holds no records.", show_default=False)],
    mapping: Columns = None,
    seed: Seed = 0,
    workers: Workers = None,
    memory: Memory = None,
    false_merge: FalseMerge = FALSE_MERGE,
) -> None:
    """Train a model on a file, without labels, and say what could not be learned."""
    with spoken():
        from linkage.writing import write_new  # noqa: PLC0415

        room = room_of(memory, out.parent)
        linker = _linker([read_people(file, mapping, room)], seed, workers, room, false_merge=false_merge)
        for finding in linker.training.diagnosis:
            say(finding.text, err=True)
        write_new(out, json.dumps(linker.model.document, indent=1))
        say(f"{out}: model {linker.model.fingerprint}")


for command in (show, sample, evaluate):
    app.command()(command)


@app.command()
def explain(
    file: File,
    one: Annotated[str, typer.Argument(help="The id of a record.", show_default=False)],
    other: Annotated[str, typer.Argument(help="The id of another.", show_default=False)],
    mapping: Columns = None,
    seed: Seed = 0,
    workers: Workers = None,
    memory: Memory = None,
    false_merge: FalseMerge = FALSE_MERGE,
) -> None:
    """Say why two records of a file weigh what they weigh, field by field, in words and bits that add up."""
    with spoken():
        room = room_of(memory, file.parent)
        linker = _linker([read_people(file, mapping, room)], seed, workers, room, false_merge=false_merge)
        explanation = linker.explain(one, other)
        say(f"{explanation.prior:+7.2f}  before anything is compared: how seldom two records are of one person")
        for line in explanation.lines:
            say(f"{line.weight + line.adjustment:+7.2f}  {line.sentence}")
        say(f"{explanation.total:+7.2f}  {explanation.summary}")


def _linking(engine: Engine) -> Callable[..., None]:
    if engine is Engine.LOCAL:
        return _linked
    from linkage.commands.on_spark import linked_on_spark  # noqa: PLC0415

    return linked_on_spark


def _linked(
    files: list[Path],
    out: Path,
    mapping: Path | None,
    seed: int,
    workers: int | None,
    memory: str | None,
    false_merge: float,
) -> None:
    from linkage import outputs  # noqa: PLC0415  the compiled kernel takes a moment to load
    from linkage.blocking_report import tell_blocking  # noqa: PLC0415
    from linkage.cautions import cautions  # noqa: PLC0415
    from linkage.partition_report import partition_lines  # noqa: PLC0415
    from linkage.result import POSSIBLE  # noqa: PLC0415
    from linkage.writing import check_free  # noqa: PLC0415

    began = time.perf_counter()
    check_free(out)
    room = room_of(memory, out.parent)
    readings = [read_people(file, mapping, room) for file in files]
    reports = [asdict(reading.report) for reading in readings]
    first = len(readings[0].table) if len(readings) > 1 else None
    with waiting() as progress:
        linker = _linker(readings, seed, workers, room, progress, false_merge)
        warned = list(cautions(linker, linker.table))
        linker = linker.without_fields()
        readings.clear()
        linker = linker.without_entries()
        report: dict[str, Any] = {
            "files": reports,
            **outputs.counts(linker, first),
            "cautions": warned,
            "memory_filed": room.filed,
            "seconds": round(time.perf_counter() - began, 2),
        }
        progress.begin("writing", 0)
        outputs.write(linker, out, report, first)
    say(
        f"{counted(report['records'], 'record')}, {counted(report['links'], 'link')},"
        f" {counted(report['clusters'], 'cluster')} in {report['seconds']:.1f} s: {out}"
    )
    not_joined = counted(report["possible"], "possible pair was", "possible pairs were")
    say(f"{not_joined} not joined: {out / POSSIBLE}")
    for line in (*partition_lines(report["partition"]), *tell_blocking(report["blocking"])):
        say(line)
    for line in warned:
        say(f"caution: {line}")


def _linker(
    readings: list[Reading],
    seed: int,
    workers: int | None,
    room: Room,
    progress: Progress = SILENT,
    false_merge: float = FALSE_MERGE,
) -> Linker:
    from linkage.people import people  # noqa: PLC0415
    from linkage.tables.together import tell_alone, together  # noqa: PLC0415

    table = readings[0].table
    for reading in readings[1:]:
        for line in tell_alone(table, reading.table, (readings[0].report.source, reading.report.source)):
            say(line, err=True)
        table = together(table, reading.table, room)
    return people(table, seed=seed, workers=workers, room=room, progress=progress, false_merge=false_merge)
