"""Which column of a file means what: the mapping, and its TOML form."""

from __future__ import annotations

import tomllib
from collections import Counter, abc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from linkage.comparison import COMPARISONS
from linkage.tables.dates import compile_format
from linkage.tables.errors import InputError
from linkage.tables.table import FIELDS

KINDS = ("name", "text", "category", "number", "code")
LISTS = {"dob": 3, "phone": 3, "email": 2, "address": 20}
"""The fields that several columns may make up, and how many."""
_NUMBERS = ("nhs_number", "national_id")
KEYS = ("id", *(name for name in FIELDS if not name[-1].isdigit()))
_TAKEN = frozenset((*KEYS, *FIELDS, *COMPARISONS, "limits"))
"""Names that an extra column cannot have; a model's frequencies have their limits beside the fields."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A column outside the usual ones; `kind` is how it will be compared."""

    name: str
    column: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """The source's columns by "id" or field, in order: `dob` is one column or year, month, day; `address` its lines.

    left: columns that `recognise` found no field for. Raises `InputError` when it makes no sense in itself.
    """

    columns: abc.Mapping[str, tuple[str, ...]]
    dob_format: str = ""
    extras: tuple[Extra, ...] = ()
    left: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, columns in self.columns.items():
            if name not in KEYS:
                raise InputError(f"a mapping has no field '{name}'{suggest(name, KEYS)}")
            if not 1 <= len(columns) <= LISTS.get(name, 1) or not all(columns):
                raise InputError(f"'{name}' takes {_allowed(name)}")
        if self.dob_format:
            compile_format(self.dob_format)
        # An id may be the number that is compared too; any other column with two meanings is a slip of the pen.
        named = [(name, column) for name, columns in self.columns.items() for column in columns]
        numbers = {column for name, column in named if name in _NUMBERS}
        ids = [column for name, column in named if name == "id" and column not in numbers]
        compared = [column for name, column in named if name != "id"]
        times = Counter((*compared, *(extra.column for extra in self.extras)))
        times.update(column for column in ids if column in compared)
        for column in times:
            if times[column] > 1:
                raise InputError(f"the column '{column}' is mapped twice: each column has one meaning")

    def used(self) -> tuple[str, ...]:
        """Every column that has a meaning, the extra ones last, no repeats."""
        named = (column for columns in self.columns.values() for column in columns)
        return tuple(dict.fromkeys((*named, *(extra.column for extra in self.extras))))

    def check(self, names: Sequence[str]) -> None:
        """Raise `InputError` unless a source with columns `names` has each mapped column exactly once, and an id."""
        if "id" not in self.columns:
            raise InputError(
                "no column holds the id of each record: name one 'id', or say which one it is with 'id' in a mapping"
            )
        times = Counter(names)
        for column in self.used():
            if not times[column]:
                raise InputError(f"there is no column '{column}', which the mapping names{suggest(column, names)}")
            if times[column] > 1:
                raise InputError(f"{times[column]} columns are called '{column}': give each a name of its own")
        if set(self.columns) == {"id"} and not self.extras:
            raise InputError("no column but the id was recognised: say in a mapping what the others mean")


def load_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file: a table `[columns]`, and `[[extra]]` for each extra column.

    Raises `InputError` naming the line (not TOML) or the key (not a mapping).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        said = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text, as TOML must be (byte {error.start + 1})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        where = str(error).replace("at end of document", f"at line {text.rstrip().count(chr(10)) + 1}, the last")
        raise InputError(f"{path} is not TOML: {where}") from error
    try:
        return mapping_of(said)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def mapping_of(said: abc.Mapping[str, Any]) -> Mapping:
    """A mapping from what its TOML says; raises `InputError` naming the key."""
    _refuse_unknown(said, ("columns", "extra"), "")
    columns = said.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise InputError("there is no table [columns], which names the file's column of each field")
    _refuse_unknown(columns, (*KEYS, "dob_format"), "in [columns] ")
    if "id" not in columns:
        raise InputError("[columns] must name the column of 'id'")
    form = columns.get("dob_format", "")
    if not isinstance(form, str):
        raise InputError("'dob_format' in [columns] must be text such as \"DD/MM/YYYY\"")
    extras = said.get("extra", [])
    if not isinstance(extras, list):
        raise InputError("'extra' must be written [[extra]], one for each column")
    named = {name: _columns(name, value) for name, value in columns.items() if name != "dob_format"}
    return Mapping(named, form, tuple(_extras(extras)))


def suggest(name: str, known: Iterable[str]) -> str:
    """What the writer may have meant, as the end of a sentence; "" when nothing is near."""
    folded = {other.casefold(): other for other in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.7)
    return f" (did you mean '{folded[near[0]]}'?)" if near else ""


def _refuse_unknown(said: abc.Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in said:
        if key not in known:
            raise InputError(f"unknown key {where}'{key}'{suggest(key, known)}; known are {', '.join(known)}")


def _columns(name: str, value: object) -> tuple[str, ...]:
    """One column or a list of them."""
    listed = value if isinstance(value, list) else [value]
    columns = tuple(column.strip() for column in listed if isinstance(column, str))
    if len(columns) < len(listed) or not all(columns):
        raise InputError(f"'{name}' in [columns] takes {_allowed(name)}")
    return columns


def _allowed(name: str) -> str:
    if name == "dob":
        return "the name of a column, or a list of the year, month and day columns"
    most = LISTS.get(name, 1)
    return "the name of one column" if most == 1 else f"the name of a column, or a list of up to {most}"


def _extras(said: Sequence[object]) -> Iterable[Extra]:
    """The extra columns, each checked by itself and for a name of its own."""
    seen: set[str] = set()
    for number, extra in enumerate(said, 1):
        where = f"in [[extra]] {number} "
        if not isinstance(extra, dict):
            raise InputError("'extra' must be written [[extra]], one for each column")
        _refuse_unknown(extra, ("name", "column", "kind"), where)
        for key in ("name", "column", "kind"):
            if not isinstance(extra.get(key), str) or not extra[key].strip():
                raise InputError(f"{where}'{key}' must be given, as text")
        if not extra["name"].isprintable():
            raise InputError(f"{where}'name' must be text that can be shown on one line")
        if extra["kind"] not in KINDS:
            raise InputError(f"{where}'kind' is one of {', '.join(KINDS)}{suggest(extra['kind'], KINDS)}")
        if extra["name"] in seen or extra["name"] in _TAKEN:
            raise InputError(f"{where}the name '{extra['name']}' is taken")
        seen.add(extra["name"])
        yield Extra(extra["name"], extra["column"].strip(), extra["kind"])
