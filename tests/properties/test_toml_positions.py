"""Where a value stands in a TOML file: each generated integer is the number of the line it stands on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mpi import networks
from mpi.networks import shipped_networks
from mpi.networks.positions import locate

HERE = "\0"  # replaced by the number of the line that it stands on

blank = st.sampled_from(["", '# a [comment] = {with, "brackets"\n', "\n", "  \n\t# '\n"])
value = st.sampled_from(
    [
        HERE,
        f"[{HERE}, {HERE}]",
        f"[\n  {HERE}, # one ]\n  {HERE},\n]",
        f"[[{HERE}], [\n{HERE},\n]]",
        f"{{ a = {HERE}, 'b c' = [ {HERE} ] }}",
        f"[ {{ x = {HERE} }},\n  {{ y.z = {HERE} }}\n]",
        '"text # with = [brackets] \\" and quotes"',
        "'it''s'".replace("''", "]"),
        '"""\nmany\n[lines]\n# no comment \\""" still "" here"""',
        "'''\none '' more\n'''",
        "2026-04-01",
        "2026-04-01 10:00:00",
        "-1.5e3",
        "true",
        "[]",
        "{}",
    ]
)
key = st.sampled_from(["{}", '"{} quoted"', "'{}.dot'", "{}.inner", "{} . 'x' . y", '"\\u00e9{}"'])


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = []
    for table in range(draw(st.integers(0, 4))):
        if table:
            form = draw(st.sampled_from(["[t{}]", "[[many]]", "[[many.deep]]", "[ t{} . sub ]", "[many.d{}]"]))
            if "many." in form and "[[many]]" not in "".join(parts):
                form = "[[many]]"
            parts.append(f"{draw(blank)}{form.format(table)} # [end]\n")
        for number in range(draw(st.integers(0, 3))):
            name = draw(key).format(f"k{table}{number}")
            parts.append(f"{draw(blank)}{name} = {draw(value)}{draw(st.sampled_from(['', ' # ] }']))}\n")
    text = "".join(parts)
    return "\n".join(line.replace(HERE, str(n)) for n, line in enumerate(text.split("\n"), 1))


def paths(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if path:
        yield path, node
    if isinstance(node, dict):
        for name, child in node.items():
            yield from paths(child, (*path, name))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from paths(child, (*path, number))


@given(documents())
def test_every_value_is_found_on_its_own_line(text: str) -> None:
    lines = locate(text)
    for path, found in paths(tomllib.loads(text)):
        if type(found) is int and type(path[-1]) is int:
            assert lines[path] == found
        elif type(found) is int:
            assert lines[path] == found, "a key stands where its value begins"
        elif not isinstance(found, dict):
            assert path in lines


def test_the_shipped_files_are_located_completely() -> None:
    for name in shipped_networks():
        with open(networks.__path__[0] + f"/{name}.toml") as file:
            text = file.read()
        lines = locate(text)
        assert {path for path, _ in paths(tomllib.loads(text))} <= set(lines)
