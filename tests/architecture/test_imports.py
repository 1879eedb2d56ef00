"""Importing any module connects to nothing, starts nothing and writes nothing (design 8: no state at import)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, json, os, pkgutil, sys, threading
seen = []
watched = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.fork"}

def watch(event, arguments):
    if event in watched:
        seen.append(event)
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        path = str(arguments[0])
        if path != os.devnull and "__pycache__" not in path:
            seen.append(f"open {path}")

names = []
for room in ("linkage", "mpi", "adapters"):
    package = importlib.import_module(room)
    names += [room] + [m.name for m in pkgutil.walk_packages(package.__path__, room + ".")]
# The libraries may do what they like while they load; what is watched is our own modules' bodies, the second time.
for name in names:
    importlib.import_module(name)
for name in list(sys.modules):
    if name.split(".")[0] in ("linkage", "mpi", "adapters"):
        del sys.modules[name]
sys.addaudithook(watch)
before = threading.active_count()
for name in names:
    importlib.import_module(name)
print(json.dumps({"modules": len(names), "seen": seen, "threads": threading.active_count() - before}))
"""


def test_importing_every_module_has_no_effect() -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["modules"] > 20
    assert told["seen"] == []
    assert told["threads"] == 0
    assert len(done.stdout.splitlines()) == 1, "an import printed something"


LOADED = """
import importlib, json, sys
slow = ("sqlalchemy", "psycopg", "numba", "fastapi", "uvicorn", "fhir", "pandas")
loaded = {}
for name in sys.argv[1:]:
    importlib.import_module(name)
    loaded[name] = [one for one in slow if one in sys.modules]
print(json.dumps(loaded))
"""
COMMANDS = ("mpi.main.cli", "mpi.main.index", "mpi.main.model_in_force", "mpi.main.load", "mpi.main.filling")


def test_a_command_waits_for_no_library_that_it_does_not_use() -> None:
    """Help needs no database; who only asks the index or fills it serves no pages, and they take seconds to load."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *COMMANDS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=240
    )
    asking = ["sqlalchemy", "psycopg", "numba"]
    assert json.loads(done.stdout) == {"mpi.main.cli": [], **dict.fromkeys(COMMANDS[1:], asking)}
