"""How every command speaks: what it takes, the sentence an error becomes, and the files it reads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from unicodedata import category

import typer

from linkage.costs import LEAST_COST, MOST_COST
from linkage.errors import LinkageError
from linkage.interrupts import SENTENCE, STOPPED

if TYPE_CHECKING:
    from linkage.room import Room
    from linkage.tables.reading import Reading

Columns = Annotated[Path | None, typer.Option("--mapping", help="TOML naming the columns; else recognised by name.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Threads; default all processors.")]
Memory = Annotated[
    str | None,
    typer.Option(
        help="How much memory to take, such as 4GB; what does not fit goes to files beside the output while it runs. "
        "Default most of what is free.",
        show_default=False,
    ),
]
FalseMerge = Annotated[
    float,
    typer.Option(
        min=LEAST_COST,
        max=MOST_COST,
        help="What joining two people costs, in missed links. A pair is joined when its odds outweigh it: 8 is for "
        "odds of 8 to 1, or 3 bits.",
    ),
]
ResultDirectory = Annotated[Path, typer.Argument(help="What dedupe or link wrote.", show_default=False)]

CTRL_C = STOPPED + 2


def say(line: str, *, err: bool = False) -> None:
    """One line to the terminal, and nothing but that: what a file calls its columns must not steer the terminal."""
    typer.echo("".join(_shown(character) for character in line), err=err)


def _shown(character: str) -> str:
    """The character, or its code where it does not show: controls, marks of direction, halves of a pair."""
    if category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character.encode("unicode_escape", "surrogatepass").decode()
    return character


@contextmanager
def spoken() -> Iterator[None]:
    """Errors that can be foreseen become one sentence and exit status 2, Ctrl-C one and 130."""
    try:
        yield
    except LinkageError as error:
        say(f"linkage: {error}", err=True)
        raise typer.Exit(2) from None
    except MemoryError:
        typer.echo("linkage: there is not enough memory for files of this size", err=True)
        raise typer.Exit(2) from None
    except UnicodeEncodeError:
        say("linkage: the name of a file or directory is not UTF-8: give it another", err=True)
        raise typer.Exit(2) from None
    except BrokenExecutor:
        say("linkage: a process that read values was ended from outside, most often for want of memory", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo(SENTENCE, err=True)
        raise typer.Exit(CTRL_C) from None


def room_of(memory: str | None, folder: Path) -> Room:
    """Where large arrays lie: in so much memory, "" or None for what there is to have, and beyond it in files in
    `folder`, or in the nearest folder above it that is there."""
    from linkage.room import Room, read_memory, usual_memory  # noqa: PLC0415

    there = next((place for place in (folder, *folder.absolute().parents) if place.is_dir()), None)
    return Room(read_memory(memory) if memory else usual_memory(), there)


def read_people(file: Path, mapping: Path | None, room: Room) -> Reading:
    """The people in a file; what reading it came to goes to standard error."""
    from linkage.tables.mapping import load_mapping  # noqa: PLC0415  Arrow takes a moment to load
    from linkage.tables.reading import read  # noqa: PLC0415

    reading = read(file, None if mapping is None else load_mapping(mapping), room)
    for line in reading.report.lines():
        say(line, err=True)
    return reading
