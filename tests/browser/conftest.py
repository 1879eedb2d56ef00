"""A browser and a served index for each module, a fresh page for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from playwright.sync_api import Browser, Page

from mpi.embedded import create_database, drop_database
from tests.browser.chromium import PATIENCE, Watch, browsing
from tests.browser.served import Served
from tests.conftest import TEMPLATE

_numbers = count()


@pytest.fixture(scope="module")  # while it is open a loop runs in this thread, and other modules want their own
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(template_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An index without people, its pages served; `served.world` fills it."""
    name = f"pages_{worker_id}_{next(_numbers)}"
    running = Served(create_database(template_url, name, template=TEMPLATE), tmp_path_factory.mktemp("pages"))
    yield running
    running.stop()
    drop_database(template_url, name)


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page in a context of its own, without cookies; at the end it must have kept to its policy and its host."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    watch = Watch(opened, served.address)
    yield opened
    context.close()
    watch.check()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """The same service without a browser: cookies are kept, redirects are not followed."""
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30) as opened:
        yield opened
