"""The commands of `mpi` that measure the index."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from mpi.main.spoken import spoken

app = typer.Typer()


@app.command()
def sample(
    pairs: Annotated[int, typer.Option(min=20, max=5_000, help="How many pairs people shall answer.")] = 300,
    twice: Annotated[float, typer.Option(min=0, max=1, help="The share of them that two people shall answer.")] = 0.2,
    share: Annotated[float, typer.Option(min=0.01, max=0.5, help="How much of the work list they make up.")] = 0.1,
    records: Annotated[int, typer.Option(min=1, help="How many records to look at, drawn by chance.")] = 2_000,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed draws the same pairs.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Take back the samples that nobody has answered.")] = False,
) -> None:
    """Draw a blind sample of pairs into the work list, to estimate precision and recall from the answers.

    While it waits for answers, possible matches are shown without the index's opinion, samples among them.
    """
    from mpi.domain.access import Caller, Role  # noqa: PLC0415
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415
    from mpi.usecases.deciding.sampling import Draw  # noqa: PLC0415

    operator = Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")
    with spoken():
        settings = load_settings()
        with database(settings) as url:
            model = model_in_force(url, settings, begin=False)
            sampling = compose(url, load_network(settings.network), model, 1).sampling
            if end:
                gone = sampling.end(operator)
                typer.echo(
                    f"mpi: taken back {gone.pairs:,} pairs without an answer, {gone.readings:,} second readings",
                    err=True,
                )
                return
            drawn = sampling.draw(operator, Draw(pairs, twice, share, records, seed))
    typer.echo(
        f"mpi: drawn {drawn.drawn:,} of {drawn.pairs:,} pairs of {drawn.records:,} records, with seed {drawn.seed}",
        err=True,
    )
    for one in drawn.strata:
        what = ("linked" if one.joined else "not linked") + ("" if one.compared else ", never compared")
        typer.echo(f"{one.low:+7.1f} to {one.high:+7.1f} bits, {what}: {one.size:,} pairs")


@app.command("refresh-dashboards")
def refresh_dashboards() -> None:
    """Count anew what the dashboards show; `mpi serve` does so every five minutes, less often on a large index."""
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings()
        with database(settings) as url:
            model = model_in_force(url, settings, begin=False)
            counted = compose(url, load_network(settings.network), model, 1).dashboards.refresh()
    typer.echo("mpi: counted" if counted else "mpi: somebody else is counting just now", err=True)
