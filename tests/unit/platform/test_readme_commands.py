"""The README lists the commands there are: none is missing, none is of the past."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from mpi.main.cli import app

README = Path(__file__).parents[3] / "README.md"


def test_the_list_of_commands_is_the_commands() -> None:
    section = README.read_text(encoding="utf-8").split("## Run it for real\n")[1]
    listed = section.strip().split("\n\n")[0]
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    assert set(re.findall(r"\bmpi ([a-z]+(?:-[a-z]+)*)", listed)) == set(command.commands)
