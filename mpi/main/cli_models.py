"""The commands of `mpi model`: compare another model with the one in force."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mpi.logs import configure_logs
from mpi.main.spoken import spoken

app = typer.Typer(help="Models: what another one would make of the index.", no_args_is_help=True)


@app.callback()
def models() -> None:
    """Compare models. Nothing here changes what is served."""


@app.command()
def compare(
    file: Annotated[Path, typer.Argument(help="The model, a JSON file.")],
    out: Annotated[Path | None, typer.Option(help="Write all that would change here too, as JSON lines.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = len(os.sched_getaffinity(0)),
) -> None:
    """Foresee what another model would make of the index, and propose it.

    Every record is scored and grouped anew beside the running service, which notices nothing of it. What would merge,
    what would part and what reviewers would be asked stands on the page Models then, for them to judge. The report
    holds identifiers and golden ids, no names.
    """
    from linkage.model import Model  # noqa: PLC0415
    from mpi.domain.access import Caller, Role  # noqa: PLC0415
    from mpi.domain.model_codec import change_to_json  # noqa: PLC0415
    from mpi.main.compose import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.main.serve import database  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    operator = Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")
    with spoken():
        settings = load_settings()
        configure_logs(settings.log_level)
        proposed = Model.load(file)
        with database(settings) as url:
            index = compose(url, load_network(settings.network), model_in_force(url, settings), 2)
            made, found = index.models.propose(proposed, operator, workers, _told)
            index.engine.dispose()
        counts = asdict(found.counts)
        if out is not None:
            with out.open("w", encoding="utf-8") as report:
                for line in (counts, *map(change_to_json, found.changes)):
                    report.write(json.dumps(line) + "\n")
        for name, number in counts.items():
            typer.echo(f"{name.replace('_', ' '):<14}{number:>14,}")
    typer.echo(f"mpi: this is proposal {made}; see it at /review/models/{made}", err=True)


def _told(phase: str, rows: int) -> None:
    typer.echo(f"mpi: {phase}: {rows:,}", err=True)
