"""`python -m mpi.main` is `mpi`."""

from mpi.main.cli import app

app()
