"""The house as laid out in design 6 and 7: what may lie where, and what is declared."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("linkage", "mpi", "adapters")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PARTS = {"starlette": "fastapi", "pydantic_core": "pydantic", "typing_extensions": "pydantic"}  # come with another
SOURCES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


def normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*groups: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~ ;]", line)[0]) for group in groups for line in group}


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_alembic_never_hides_the_library_of_that_name() -> None:
    assert not list((ROOT / "alembic").rglob("__init__.py"))


def test_tests_are_files_not_packages_and_no_name_comes_twice() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_module_is_a_drawer_for_everything() -> None:
    """Design 8: no utils, helpers, manager, base, common."""
    drawers = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert not [file for file in [*SOURCES, *(ROOT / "integrations").rglob("*.py")] if file.stem in drawers]


def test_every_imported_library_is_declared() -> None:
    """As a dependency, as what the wheel is built with, or by an extra that is there for whoever wants that part."""
    of_module = packages_distributions()
    extras = {name: lines for name, lines in PROJECT["project"]["optional-dependencies"].items() if name != "dev"}
    built_with = PROJECT["build-system"]["requires"]
    known = declared(PROJECT["project"]["dependencies"], built_with, *extras.values())
    missing = {}
    for file in SOURCES:
        for module in imported(file) - set(sys.stdlib_module_names) - set(ROOMS):
            if not {normal(name) for name in [*of_module.get(module, []), PARTS.get(module, module)]} & known:
                missing.setdefault(module, str(file.relative_to(ROOT)))
    assert not missing


def test_a_plugin_needs_nothing_but_what_its_host_has() -> None:
    """Orthanc runs it with the system's Python: the standard library and Orthanc's own module, no more."""
    for file in (ROOT / "integrations").rglob("*.py"):
        assert imported(file) <= {*sys.stdlib_module_names, "orthanc", "mpi_orthanc"}, file


def test_constraints_pin_every_dependency_exactly_and_name_no_host() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pinned = {normal(line.split("==")[0]) for line in lines}
    project = PROJECT["project"]
    assert declared(project["dependencies"], *project["optional-dependencies"].values()) <= pinned


def test_what_an_extra_brings_is_there_for_the_tests() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert set().union(*extras.values()) <= set(extras["dev"])


def test_nothing_is_caught_in_silence() -> None:
    """Design 8: `except Exception` belongs in a server loop that quarantines and counts; never bare, never `pass`."""
    silent = []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ExceptHandler):
                wide = node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException")
                lost = isinstance(node.type, ast.Name) and node.type.id == "Exception"
                if wide or (lost and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)):
                    silent.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert not silent


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert not [file for file in SOURCES if marks.search(file.read_text())]


@pytest.mark.parametrize("target", ["venv", "demo", "test", "lint", "screenshots", "clean"])
def test_make_help_tells_every_target(target: str) -> None:
    told = subprocess.run(
        ["make", "-C", ROOT, "--no-print-directory", "help"], capture_output=True, text=True, check=True
    )
    assert f"make {target} " in told.stdout


def test_make_test_runs_every_check_and_pytest_last() -> None:
    plan = subprocess.run(
        ["make", "-C", ROOT, "-n", "-o", ".venv/.installed", "test"], capture_output=True, text=True, check=True
    )
    steps = [line for line in plan.stdout.splitlines() if "/bin/" in line]
    order = [next(i for i, step in enumerate(steps) if check in step) for check in (
        "ruff check", "ruff format --check", "mypy", "lint-imports", "pytest",
    )]  # fmt: skip
    assert order == sorted(order)
    assert order[-1] == len(steps) - 1


def test_ci_runs_make_test_and_nothing_after_it() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert script.rstrip().splitlines()[-1].endswith("make --no-print-directory test")


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed, 2 errors"), ("", "3 skipped")])
def test_a_skipped_test_fails_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_sample.py").write_text(
        "import pytest\n"
        "@pytest.mark.skip\ndef test_marked(): pass\n"
        "def test_inside(): pytest.skip('why')\n"
        "@pytest.mark.parametrize('x', [])\ndef test_empty(x): pass\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            "/dev/null",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"CI": ci, "PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert outcome in done.stdout.splitlines()[-1]
    assert (done.returncode == 0) is not bool(ci)
