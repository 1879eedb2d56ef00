"""`linkage sample`: draw pairs of a result for a person to review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.commands.speaking import Columns, ResultDirectory, Workers, read_people, room_of, say, spoken

if TYPE_CHECKING:
    from linkage.tables.table import Table

Files = Annotated[
    list[Path] | None,
    typer.Option(help="The file the result was made from, or both in their order, for values and blocking loss."),
]


def sample(
    result: ResultDirectory,
    out: Annotated[Path, typer.Option(help="A new CSV file, to be filled in under 'same'.", show_default=False)],
    files: Files = None,
    mapping: Columns = None,
    size: Annotated[int, typer.Option(min=1, help="Pairs to review.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="The same result and seed draw the same pairs.")] = 0,
    workers: Workers = None,
) -> None:
    """Draw pairs of a result for review, joined ones and others, most where the answers tell most.

    Fill in yes, no or unsure under 'same' and give the file to evaluate. Weights are kept out of sight, in the column
    'code'. With --files both records' values stand side by side, and pairs that were never compared are drawn too.
    """
    with spoken():
        from linkage.clerical.drawing import draw_pairs  # noqa: PLC0415  the compiled kernel takes a moment to load
        from linkage.clerical.sheet import sheet  # noqa: PLC0415
        from linkage.result import load_result  # noqa: PLC0415
        from linkage.writing import check_new, write_new  # noqa: PLC0415

        check_new(out)
        loaded = load_result(result)
        table = _table(files, mapping) if files else None
        if table is not None:
            say(f"weighing {len(table):,} records under looser keys too ...", err=True)
        drawn = draw_pairs(loaded, size, seed, table, workers)
        write_new(out, sheet(drawn, loaded, table))
        for line in drawn.lines():
            say(line)
        say(f"{out}: write yes, no or unsure under 'same', then: linkage evaluate {result} --sample {out}")


def _table(files: list[Path], mapping: Path | None) -> Table:
    from linkage.tables.errors import InputError  # noqa: PLC0415
    from linkage.tables.together import together  # noqa: PLC0415

    if len(files) > 2:
        raise InputError("a result is made from one file or from two")
    room = room_of(None, files[0].parent)
    tables = [read_people(file, mapping, room).table for file in files]
    return tables[0] if len(tables) == 1 else together(tables[0], tables[1], room)
