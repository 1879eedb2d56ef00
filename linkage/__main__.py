"""`python -m linkage`."""

from __future__ import annotations

from linkage.cli import app

if __name__ == "__main__":
    app(prog_name="linkage")
