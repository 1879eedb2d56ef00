"""`mpi quarantine`: the messages that were refused, and sending one again."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.domain.access import Caller, Role
from mpi.errors import Fault, Refused
from mpi.main.spoken import spoken

if TYPE_CHECKING:
    from mpi.domain.quarantine import Kept
    from mpi.usecases.refused.quarantine import Quarantine

app = typer.Typer()
quarantine = typer.Typer(name="quarantine", help="List the messages that were refused, show one, or send it again.")
app.add_typer(quarantine)
_MESSAGE = Annotated[int, typer.Argument(min=1, help="The id that the list shows.")]


@quarantine.callback(invoke_without_command=True)
def refused(
    context: typer.Context,
    message: Annotated[int, typer.Option(help="Write this message's bytes, as they came, to standard output.")] = 0,
    before: Annotated[int, typer.Option(help="List from the message before this id on.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=200, help="List at most so many.")] = 50,
    settled: Annotated[bool, typer.Option("--settled", help="List those that are settled.")] = False,
) -> None:
    """List the messages that were refused and wait, the newest first, with the reason and where; or show one."""
    if context.invoked_subcommand is not None:
        return
    from mpi.domain.quarantine import Sought  # noqa: PLC0415

    with _opened() as known:
        if message:
            sys.stdout.buffer.write(known.raw(message, _operator()))
            return
        for kept in known.list(_operator(), Sought(settled=settled), limit, before or None).messages:
            when, where = f"{kept.received_at:%Y-%m-%d %H:%M:%S}", f" at {kept.location}" if kept.location else ""
            said = f"{kept.event} {kept.control_id or '(no control id)'}"
            typer.echo(f"{kept.id}  {when}  {_sender(kept)}  {said}  {kept.fault}{where}: {kept.reason}")


@quarantine.command()
def replay(
    message: _MESSAGE,
    edited: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Send this file's text instead, in UTF-8.")
    ] = None,
) -> None:
    """Send a refused message again, as it came or edited; exit status 1 when it is refused anew."""
    with _opened() as known:
        receipt = known.replay(message, _text(edited) if edited else None, _operator())
    if receipt.fault:
        where = f" at {receipt.location}" if receipt.location else ""
        typer.echo(f"mpi: refused again as message {receipt.message_id}, {receipt.fault}{where}: {receipt.text}")
        raise typer.Exit(1)
    before = " before; nothing was applied" if receipt.repeat else ""
    typer.echo(f"mpi: accepted as message {receipt.message_id}{before}")


@quarantine.command()
def settle(message: _MESSAGE, reason: Annotated[str, typer.Option(help="Why it need not be sent again.")]) -> None:
    """Settle a refused message that need not be sent again."""
    with _opened() as known:
        known.settle(message, reason, _operator())
    typer.echo(f"mpi: message {message} is settled")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(Fault.ENCODING, f"{file} is not in UTF-8") from None


def _operator() -> Caller:
    return Caller(getpass.getuser(), Role.ADMINISTRATOR, "local", purpose="operations")


@contextmanager
def _opened() -> Iterator[Quarantine]:
    from mpi.main.database import database  # noqa: PLC0415
    from mpi.main.index import compose  # noqa: PLC0415  the compiled kernel takes a moment to load
    from mpi.main.model_in_force import model_in_force  # noqa: PLC0415
    from mpi.networks import load_network  # noqa: PLC0415
    from mpi.settings import load_settings  # noqa: PLC0415

    with spoken():
        settings = load_settings()
        with database(settings) as url:
            model = model_in_force(url, settings, begin=False)
            yield compose(url, load_network(settings.network), model, 1).quarantine


def _sender(kept: Kept) -> str:
    known = kept.feed or (kept.application if kept.event.startswith("C-") else "")  # an AE title
    return known or "unknown feed"
