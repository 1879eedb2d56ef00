"""The commands of `mpi` that take in what is in files and archives already."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mpi.logs import configure_logs
from mpi.main.spoken import spoken

app = typer.Typer()
_FEED = typer.Option(help="The feed of the network whose messages these are.")
_FEEDS = typer.Option(help="The feed of the network whose messages they are; one for each file, in their order.")
_FAILURES = typer.Option("--failures-only", help="Leave positive acknowledgements out of the answers.")


def _say(line: str) -> None:
    typer.echo(f"mpi: {line}", err=True)


@app.command()
def load(
    files: Annotated[
        list[Path], typer.Argument(help="HL7 v2 messages, in a batch or file (FHS, BHS) or one after another.")
    ],
    feed: Annotated[list[str], _FEEDS],
    failures_only: Annotated[bool, _FAILURES] = False,
    initial: Annotated[bool, typer.Option("--initial", help="Fill an empty index, by bulk what can be.")] = False,
) -> None:
    """Take in files of HL7 v2 messages; the answers are written beside each, as FILE.ack.

    When its counts are wrong a file is quarantined before anything is applied. It may be loaded again at any time,
    after an interruption too: nothing is applied twice. Exit status 1 when something was refused.

    With --initial all files of all feeds together are the first filling of an index without subscribers: plain
    registrations go in by bulk, all or nothing, then the rest one by one. When that is interrupted, go on without
    --initial.
    """
    from mpi.main.filling import load_all  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        operator = getpass.getuser() if initial else ""
        positive = load_all(load_settings(), files, feed, operator, failures_only=failures_only, say=_say)
    raise typer.Exit(0 if positive else 1)


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(help="Files are taken from here, and put into its done and quarantine.")],
    feed: Annotated[str, _FEED],
    failures_only: Annotated[bool, _FAILURES] = False,
    once: Annotated[bool, typer.Option("--once", help="Take what is there and end.")] = False,
    settle: Annotated[float, typer.Option(min=0, help="Seconds a file must not have changed.")] = 2.0,
) -> None:
    """Take in the files of HL7 v2 messages that appear in a folder, as `mpi load` does, until SIGTERM or Ctrl-C."""
    from mpi.main.load import watching  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings()
        configure_logs(settings.log_level)
        for line in watching(settings, folder, feed, failures_only=failures_only, once=once, settle=settle):
            typer.echo(f"mpi: {line}", err=True)


_DAYS = ["%Y-%m-%d"]


@app.command()
def harvest(
    archive: Annotated[str, typer.Argument(help="The archive of the network whose studies these are.")],
    peer: Annotated[
        str, typer.Option(help="Where it answers: AETITLE@host:port for C-FIND, https://... for QIDO-RS (DICOMweb).")
    ],
    since: Annotated[datetime, typer.Option(formats=_DAYS, help="The first day of study.")],
    until: Annotated[datetime, typer.Option(formats=_DAYS, help="The last day of study.")],
    progress: Annotated[Path, typer.Option(help="A file of the days done; a later run goes on after them.")],
    rate: Annotated[float, typer.Option(min=0, help="At most so many studies a second; 0 is no limit.")] = 100.0,
    undated: Annotated[
        bool,
        typer.Option("--undated", help="And studies without a date: all that the archive has is looked through."),
    ] = False,
    token_file: Annotated[Path | None, typer.Option(help="A file with the bearer token for QIDO-RS.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Who signs the archive's certificate, PEM; else the usual.")] = None,
) -> None:
    """Register an archive's studies, day by day by C-FIND or QIDO-RS; it may be stopped and run again at any time.

    A day too large for the archive is read in parts, by time of day. Exit status 1 when some studies are in
    quarantine: see `mpi quarantine`.
    """
    from mpi.main.garbage import settle  # noqa: PLC0415
    from mpi.main.harvest import Days, harvesting  # noqa: PLC0415
    from mpi.main.peers import Access  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings()
        configure_logs(settings.log_level)
        settle()
        quarantined = 0
        days = Days(since.date(), until.date(), undated)
        for day in harvesting(settings, archive, peer, days, progress, rate, Access(token_file, ca)):
            quarantined += day.quarantined
            typer.echo(f"mpi: {day}", err=True)
    raise typer.Exit(1 if quarantined else 0)
