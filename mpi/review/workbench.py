"""Puts the pages together and into the application."""

from __future__ import annotations

from fastapi import FastAPI

from mpi.review import compare, find, sign_in, start, tasks
from mpi.review.pages import Pages


def add_pages(app: FastAPI, pages: Pages) -> None:
    """Make `app` serve all pages; its failures under /review are to be told by `pages.fail`."""
    pages.add_to(app)
    for router in (sign_in.public, sign_in.router, start.router, tasks.router, compare.router, find.router):
        app.include_router(router)
