"""The `mpi` command: every error it can foresee is one sentence and exit status 2."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from mpi.logs import configure_logs
from mpi.main.cli_loading import app as loading
from mpi.main.cli_measuring import app as measuring
from mpi.main.cli_models import app as models
from mpi.main.cli_quarantine import app as quarantine
from mpi.main.spoken import spoken

app = typer.Typer(
    help="Master patient index and cross-trust record linkage for NHS imaging networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(loading)
app.add_typer(models, name="model")
app.add_typer(quarantine)
app.add_typer(measuring)
_NETWORK = typer.Option(help="A shipped network (greater-manchester, surrey-sussex) or a TOML file.")


@app.command()
def serve(
    tls_cert: Annotated[Path | None, typer.Option(help="Our certificate with its chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, PEM without a passphrase.")] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(help="Who signs the senders' certificates: MLLP is TLS then.")
    ] = None,
) -> None:
    """Run the index: MLLP, HTTP and FHIR, and the delivery of identity changes.

    Settings come from MPI_... environment variables and mpi.toml (or the file MPI_CONFIG names): MPI_DATABASE_URL
    (else an embedded PostgreSQL under MPI_DATA_DIR), MPI_NETWORK, MPI_HTTP_PORT, MPI_MLLP_PORT,
    MPI_DICOM_PORT, MPI_WORKERS, MPI_TOKENS. Stops cleanly on SIGTERM or Ctrl-C: what is in hand is finished and
    acknowledged.
    """
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings(tls_cert=tls_cert, tls_key=tls_key, tls_ca=tls_ca)
        from mpi.main import serve as service  # noqa: PLC0415  takes seconds, which a wrong setting need not wait for

        configure_logs(settings.log_level)
        with service.planned(settings) as plan:
            host, port = plan.mllp.getsockname()[:2]
            secured = " over TLS with client certificates" if settings.tls_ca else ""
            typer.echo(f"mpi: serving HTTP on {plan.base_url} and MLLP on {host}:{port}{secured}", err=True)
            if plan.dicom is not None:
                host, port = plan.dicom.getsockname()[:2]
                typer.echo(f"mpi: serving DICOM as {settings.dicom_ae_title} on {host}:{port}{secured}", err=True)
            if not settings.tokens_configured:
                typer.echo(f"mpi: the administrator's token is in {settings.data_dir / 'tokens.toml'}", err=True)
            service.serve(plan)


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    from mpi.db.migrate import upgrade  # noqa: PLC0415
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken(), database(load_settings()) as url:
        upgrade(url)
        typer.echo("mpi: the database is up to date", err=True)


@app.command()
def verify() -> None:
    """Recompute the whole index from its evidence; exit status 1 when a difference is unaccounted for."""
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings()
        with database(settings) as url:
            found = compose(
                url, load_network(settings.network), model_in_force(url, settings, begin=False)
            ).verify.run()
    for difference in found.differences:
        typer.echo(f"{difference.what}: {difference.subject}")
    typer.echo(
        f"mpi: {found.records} records, {found.edges} edges, {found.components} linked groups; "
        f"{found.accounted} contested links await a reviewer; {len(found.differences)} differences",
        err=True,
    )
    raise typer.Exit(1 if found.differences else 0)


@app.command()
def consumers(
    resume: Annotated[str, typer.Option(help="Tell this stopped consumer again, from what it refused on.")] = "",
    skip: Annotated[bool, typer.Option("--skip", help="With --resume: leave out what it refused.")] = False,
) -> None:
    """List the subscribers with what they are owed; or tell a consumer again that refused something for good."""
    from mpi.domain.access import Caller, Role  # noqa: PLC0415
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415
    from mpi.usecases.subscribers.deliveries import name_of  # noqa: PLC0415

    operator = Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")
    with spoken():
        settings = load_settings()
        with database(settings) as url:
            known = compose(
                url, load_network(settings.network), model_in_force(url, settings, begin=False), 1
            ).consumers
            if resume:
                known.resume(resume, operator, skip=skip)
            standing = known.standing()
            if not standing:
                typer.echo("nobody is told of changes yet; `mpi serve` enrols the consumers that the network names")
            for one in standing:
                state = "told" if one.active else "stopped"
                said = f": {one.last_error}" if one.last_error else ""
                typer.echo(f"{name_of(one)}  {state}  {one.pending} waiting{said}")


@app.command()
def conformance(
    feed: Annotated[str, typer.Argument(help="A feed of the network; left out, every one.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back, today (UTC) among them.")] = 30,
) -> None:
    """Show what arrives wrong from each feed: how many messages, at which place, in which way, first and last."""
    from mpi.domain.access import Caller, Role  # noqa: PLC0415
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    operator = Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")
    with spoken():
        settings = load_settings()
        network = load_network(settings.network)
        with database(settings) as url:
            reports = compose(url, network, model_in_force(url, settings, begin=False)).conformance
            for name in [feed] if feed else sorted(network.feed_by_id):
                found = reports.report(name, days, operator)
                said = f"{found.messages} messages since {found.since}, {found.validated} of them validated"
                typer.echo(f"{name} ({network.feed_by_id[name].strictness}): {said}")
                for finding, seen in found.faults:
                    when = f"{seen.first_seen:%Y-%m-%d %H:%M} to {seen.last_seen:%Y-%m-%d %H:%M}"
                    where = finding.place or "message"
                    typer.echo(f"  {seen.messages:>8}  {finding.found_by:<9}  {where:<9}  {finding.fault}  {when}")


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    network: Annotated[str, _NETWORK] = "greater-manchester",
    people: Annotated[int, typer.Option(min=2, help="How many people live there.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
) -> None:
    """Simulate a region: people, what each trust's PAS makes of them, studies, and the truth beside them."""
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.simulate import simulate as simulate_region  # noqa: PLC0415
    from mpi.simulate import write  # noqa: PLC0415

    with spoken(), Progress(disable=not sys.stderr.isatty()) as progress:
        bars: dict[str, int] = {}

        def report(what: str, done: int, total: int) -> None:
            bar = bars.setdefault(what, progress.add_task(what, total=total))
            progress.update(bar, completed=done, total=total)  # type: ignore[arg-type]

        written = write(simulate_region(load_network(network), people, seed), out, report)
    typer.echo(f"mpi: {sum(written.values())} messages of {len(written)} feeds in {out}", err=True)


@app.command()
def demo(
    network: Annotated[str, _NETWORK] = "greater-manchester",
    people: Annotated[int, typer.Option(min=2, help="How many people live there.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    once: Annotated[bool, typer.Option("--once", help="Exit instead of going on serving.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is the result as one JSON object.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = min(4, os.cpu_count() or 1),
) -> None:
    """Play a simulated region into a service of its own and show what it made of it."""
    from mpi.main.demo import demonstrate  # noqa: PLC0415

    with spoken():
        demonstrate(network, people, seed, once=once, as_json=as_json, workers=workers)
