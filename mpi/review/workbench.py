"""Puts the pages together and into the application."""

from __future__ import annotations

from fastapi import FastAPI

from mpi.review import (
    batches,
    by_provider,
    change,
    compare,
    corrections,
    dashboards,
    deliveries,
    find,
    keeping_apart,
    launch,
    models,
    person,
    quarantine,
    reason,
    sign_in,
    start,
    tasks,
    timeline,
)
from mpi.review.pages import Pages


def add_pages(app: FastAPI, pages: Pages) -> None:
    """Make `app` serve all pages; its failures under /review and /launch are to be told by `pages.fail`."""
    pages.add_to(app)
    for router in (
        sign_in.public,
        sign_in.router,
        by_provider.public,
        by_provider.router,
        start.public,
        start.router,
        tasks.router,
        compare.router,
        batches.router,
        corrections.router,
        quarantine.router,
        deliveries.router,
        dashboards.router,
        find.router,
        person.router,
        reason.router,
        change.router,
        keeping_apart.router,
        models.router,
        timeline.router,
        launch.public,
        launch.router,
    ):
        app.include_router(router)
