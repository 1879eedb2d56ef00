"""On which line of a TOML text each value stands; the standard reader does not tell.

Only for text that `tomllib` has accepted: nothing is checked here, values are walked over and their lines noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and array positions from the root, e.g. ("feeds", 2, "authorities", 0)."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def locate(text: str) -> Mapping[Path, int]:
    """The 1-based line of every table, key and array element of the TOML document `text`."""
    return _Walk(text).document()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}  # how many [[tables]] each array of tables has so far

    def document(self) -> Mapping[Path, int]:
        table: Path = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_SPACE)
        return self.lines

    def header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path of the table that it opens."""
        line = self.line()
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        path = self.key(())
        self.skip(_BLANK)
        self.at += 2 if double else 1
        if double:
            position = self.arrays.get(path, 0)
            self.arrays[path] = position + 1
            self.lines.setdefault(path, line)
            path = (*path, position)
        self.lines[path] = line
        return path

    def pair(self, table: Path) -> None:
        line = self.line()
        path = self.key(table)
        for depth in range(len(table) + 1, len(path) + 1):
            self.lines.setdefault(path[:depth], line)
        self.skip(_BLANK)
        self.at += 1  # the equals sign
        self.skip(_BLANK)
        self.value(path)

    def key(self, table: Path) -> Path:
        """A dotted key, relative to `table`; a part that names an array of tables means its newest table."""
        path = table
        while True:
            self.skip(_BLANK)
            path = (*self.newest(path), self.key_part())
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return path
            self.at += 1

    def newest(self, path: Path) -> Path:
        return (*path, self.arrays[path] - 1) if path in self.arrays else path

    def key_part(self) -> str:
        if self.text[self.at] not in "\"'":
            return self.take(_BARE_KEY)
        quoted = self.take(_STRING)
        return quoted[1:-1] if quoted[0] == "'" else _unescape(quoted[1:-1])

    def value(self, path: Path) -> None:
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        elif first in "\"'":
            self.take(_STRING)
        else:
            self.take(_SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        position = 0
        while not self.ends("]"):
            self.lines[(*path, position)] = self.line()
            self.value((*path, position))
            position += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while not self.ends("}"):
            self.pair(path)

    def ends(self, bracket: str) -> bool:
        """Step over space, comments and a comma; whether `bracket` closes the collection there."""
        self.skip(_SPACE)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_SPACE)
        closed = self.text[self.at] == bracket
        self.at += closed
        return closed

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"line {self.line()} is not TOML")
        self.at = found.end()
        return found.group()


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) > 1 else _SHORT.get(code, code)

    return _ESCAPE.sub(one, text)
