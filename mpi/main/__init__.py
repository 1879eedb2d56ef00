"""The command line, and the composition root: the only room that knows every other."""

from mpi.main.cli import app

__all__ = ["app"]
