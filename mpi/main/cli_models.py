"""The commands of `mpi model`: compare another model with the one in force, roll it out, and go back."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.logs import configure_logs
from mpi.main.spoken import spoken

if TYPE_CHECKING:
    from mpi.domain.access import Caller
    from mpi.domain.model_change import Counts
    from mpi.main.index import Index

app = typer.Typer(
    help="Models: what another one would make of the index; roll it out, and back.", no_args_is_help=True
)
_WORKERS = typer.Option(min=1, help="Worker processes.")
_PROPOSAL = typer.Argument(min=1, help="The proposal's number; somebody else has approved it.")
_CORES = len(os.sched_getaffinity(0))


@app.command()
def compare(
    file: Annotated[Path, typer.Argument(help="The model, a JSON file.")],
    out: Annotated[Path | None, typer.Option(help="Write all that would change here too, as JSON lines.")] = None,
    workers: Annotated[int, _WORKERS] = _CORES,
) -> None:
    """Foresee what another model would make of the index, and propose it.

    Every record is scored and grouped anew beside the running service, which notices nothing of it. What would merge,
    what would part and what reviewers would be asked stands on the page Models then, for them to judge. The report
    holds identifiers and golden ids, no names.
    """
    from linkage.model import Model  # noqa: PLC0415
    from mpi.domain.model_codec import change_to_json  # noqa: PLC0415

    with spoken():
        proposed = Model.load(file)
        if out is not None:
            out.open("a").close()  # whether it can be written is told before the work
        with _index() as index:
            made, found = index.models.propose(proposed, _operator(), workers, _told)
        typer.echo(f"mpi: this is proposal {made}; see it at /review/models/{made}", err=True)
        if out is not None:
            with out.open("w", encoding="utf-8") as report:
                for line in (asdict(found.counts), *map(change_to_json, found.changes)):
                    report.write(json.dumps(line) + "\n")
        _tell(found.counts)


@app.command("list")
def list_() -> None:
    """Show which model was in force when, what is proposed, and whether the model is being changed."""
    with spoken():
        with _index() as index:
            found = index.models.overview(_operator())
        for reign in found.reigns:
            until = f"{reign.until:%Y-%m-%d %H:%M}" if reign.until else "now"
            how = "the first"
            if reign.proposal_id is not None:
                how = f"roll-out of proposal {reign.proposal_id}"
            elif reign.restores is not None:
                how = "roll-back"
            when = f"{reign.since:%Y-%m-%d %H:%M} to {until}"
            typer.echo(f"{reign.model.fingerprint}  {when}  {reign.model.name} {reign.model.version}, {how}")
        for proposal in found.proposals:
            name = f"{proposal.model.name} {proposal.model.version}"
            typer.echo(f"proposal {proposal.id}: {name}, {proposal.state}, {proposal.changes} changes")
        if found.under_way is not None:
            typer.echo(f"since {found.under_way.since:%Y-%m-%d %H:%M} under way: {found.under_way.what}")


@app.command()
def roll_out(
    proposal: Annotated[int, _PROPOSAL],
    workers: Annotated[int, _WORKERS] = _CORES,
    even_so: Annotated[
        bool, typer.Option("--even-so", help="Also when far more changes than was foreseen; it is audited.")
    ] = False,
) -> None:
    """Put an approved model in force, and make of the whole index what it makes of it.

    All or nothing: until this command ends well, everybody is served the index as it was. Meanwhile nothing is
    written: feeds are told to try again, and lose nothing. Running services begin again with the new model by
    themselves. `mpi model roll-back` takes it back. Refused, with nothing changed, when it merges, parts, contests or
    asks more than was foreseen, by more than 10 % and 20.
    """
    from mpi.main.rolling import compose_rolling  # noqa: PLC0415

    with spoken():
        with _index() as index:
            counts = compose_rolling(index, workers).out(proposal, _operator(), _told, even_so=even_so)
        _tell(counts)
    typer.echo("mpi: the model is in force; mpi verify compares the index with it", err=True)


@app.command()
def roll_back(
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    workers: Annotated[int, _WORKERS] = _CORES,
) -> None:
    """Put the model in force again that was so before the last roll-out.

    People whom only the newer model has joined part again, with the tasks there were. What feeds and reviewers have
    said meanwhile stays. All or nothing, and nothing is written meanwhile, as in a roll-out.
    """
    from mpi.main.rolling import compose_rolling  # noqa: PLC0415

    with spoken():
        with _index() as index:
            counts = compose_rolling(index, workers).back(reason, _operator(), _told)
        _tell(counts)
    typer.echo("mpi: the former model is in force; mpi verify compares the index with it", err=True)


@contextmanager
def _index() -> Iterator[Index]:
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    configure_logs(settings.log_level)
    with database(settings) as url:
        index = compose(url, load_network(settings.network), model_in_force(url, settings), 2)
        try:
            yield index
        finally:
            index.engine.dispose()


def _operator() -> Caller:
    from mpi.domain.access import Caller, Role  # noqa: PLC0415

    return Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")


def _tell(counts: Counts) -> None:
    for name, number in asdict(counts).items():
        typer.echo(f"{name.replace('_', ' '):<14}{number:>14,}")


def _told(phase: str, rows: int) -> None:
    typer.echo(f"mpi: {phase}: {rows:,}", err=True)
