"""`python -m linkage`."""

from __future__ import annotations

from linkage.interrupts import install

if __name__ == "__main__":
    install()  # before the libraries load, for that takes a moment

    from linkage.cli import app

    app(prog_name="linkage")
