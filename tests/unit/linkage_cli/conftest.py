"""One file of people and one result, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.linkage_cli.people_builders import rows, run, write


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("people") / "people.csv", rows())


@pytest.fixture(scope="session")
def linked(people: Path) -> Path:
    out = people.parent / "linked"
    result = run("dedupe", people, "--out", out)
    assert result.exit_code == 0, result.output
    return out
