"""Put what pydantic and tomllib found into words that say what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mpi.networks.problem import Problem, suggest
from mpi.networks.shape import NetworkTable

_EXAMPLES: Mapping[str, str] = {
    "id": '"SHORT-NAME"',
    "name": '"Full name"',
    "code": '"R0A" (the ODS code)',
    "owner": '"R0A" (the ODS code of an organisation in this file)',
    "organisation": '"R0A" (the ODS code of an organisation in this file)',
    "namespaces": '["NAME"] (as messages write it in CX.4)',
    "protocol": '"mllp" or "fhir"',
    "application": '"NAME" (as MSH-3 gives it)',
    "facility": '"R0A" (as MSH-4 gives it)',
    "authorities": '["ID"] (ids of authorities in this file)',
    "site": '"R0A01" (a site code of the owner)',
    "since": "2026-04-01",
    "organisations": "one or more [[organisations]] tables",
}

_WRONG_TYPES: Mapping[str, str] = {
    "string_type": 'must be a text in double quotes, such as "R0A"',
    "string_too_short": "must not be empty; write a text or leave the key out",
    "date_type": "must be a date without quotes and without time, such as 2026-04-01",
    "date_from_datetime_inexact": "must be a date without quotes and without time, such as 2026-04-01",
    "list_type": 'must be a list in square brackets, such as ["A"]',
    "too_short": "must not be empty; write at least one",
    "int_type": "must be a whole number without quotes, such as 100",
    "greater_than_equal": "must not be less than 0",
    "less_than_equal": "must not be more than 1000000",
    "bool_type": "must be true or false, without quotes",
    "dict_type": 'must be a table, such as { KEY = "VALUE" }',
    "model_type": "must be a table of keys and values",
}


def explain(error: ErrorDetails) -> Problem:
    """One pydantic error as a problem; a missing key stands on the line of the table that lacks it."""
    path, kind = error["loc"], error["type"]
    key = str(path[-1]) if path else ""
    if kind == "missing":
        return Problem(path[:-1], f"'{key}' is missing; write {key} = {_EXAMPLES.get(key, 'a value')}")
    if kind == "extra_forbidden":
        return Problem(path, f"unknown key '{key}'; {suggest(key, _known_keys(path[:-1]))}")
    if kind == "literal_error":
        expected = error.get("ctx", {}).get("expected", "")
        return Problem(path, f"{_place(path)} is {_shown(error['input'])}; write {expected}")
    return Problem(path, f"{_place(path)} {_WRONG_TYPES.get(kind, error['msg'])}")


def syntax(message: str, text: str) -> tuple[int, str]:
    """The line and the words of a `tomllib.TOMLDecodeError`."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    last = max(text.rstrip("\n").count("\n") + 1, 1)
    line = int(found.group(1)) if found else last
    what = message.split(" (at ", maxsplit=1)[0]
    return line, f"not TOML: {what}; texts and dates, brackets and quotes must be complete"


def _place(path: tuple[str | int, ...]) -> str:
    """The key as its author knows it: 'authorities' rather than ('feeds', 3, 'authorities', 0)."""
    keys = [str(part) for part in path if isinstance(part, str)]
    return f"'{keys[-1]}'" if keys else "the file"


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else f"{value}".lower() if isinstance(value, bool) else str(value)


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys of the table at `path`."""
    table: Any = NetworkTable
    for part in path:
        if isinstance(part, str):
            annotation = table.model_fields[part].annotation
            table = next(a for a in _leaves(annotation) if isinstance(a, type) and issubclass(a, BaseModel))
    return list(table.model_fields)


def _leaves(annotation: Any) -> list[Any]:
    return [leaf for part in get_args(annotation) for leaf in _leaves(part)] or [annotation]
