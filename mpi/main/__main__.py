"""`python -m mpi.main` is `mpi`."""

from mpi.main.cli import app

if __name__ == "__main__":
    app()
