"""Every page at 320, 768 and 1280 pixels: nothing is cut; axe-core finds nothing at the widest and the
narrowest. A page is loaded at the narrowest, and then brought to the others. SCREENSHOTS names a folder for pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from mpi.domain.access import Role
from tests.browser.chromium import WIDTHS, bring_to, check_accessibility, check_layout, open_session
from tests.browser.gallery import PICTURES, Picture
from tests.browser.served import Served

BOXES = """() => [...document.body.querySelectorAll('*')].map(one => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return width * height ? [one.tagName, one.className, x, y, width, height].join(' ') : '';
}).filter(Boolean)"""
PICTURE_OF = {picture.name: picture for picture in PICTURES}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_page_fits_its_window_and_is_accessible(page: Page, served: Served, picture: Picture) -> None:
    if picture.role is not None:
        open_session(page, served, picture.role)
    path = picture.path(served)
    bring_to(page, min(WIDTHS))
    answer = page.goto(served.address + path)
    assert answer is not None
    assert answer.status == picture.status
    for width in sorted(WIDTHS):
        bring_to(page, width)
        check_layout(page)
        if width in (min(WIDTHS), max(WIDTHS)):
            check_accessibility(page)
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{picture.name}-{width}.png", full_page=True)


@pytest.mark.parametrize("name", ["start", "work-list", "task-twins", "dashboard-trusts", "timeline-forty"])
def test_a_page_brought_to_a_width_is_as_one_loaded_at_it(page: Page, served: Served, name: str) -> None:
    """Why one load shows every width: all that is seen stands where it would after a load of its own."""
    open_session(page, served, Role.ADMINISTRATOR)
    address = served.address + PICTURE_OF[name].path(served)
    loaded, brought = {}, {}
    for width in sorted(WIDTHS, reverse=True):
        bring_to(page, width)
        page.goto(address)
        bring_to(page, width)
        loaded[width] = page.evaluate(BOXES)
    for width in sorted(WIDTHS):
        bring_to(page, width)
        brought[width] = page.evaluate(BOXES)
    assert brought == loaded
    assert len(set(map(str, loaded.values()))) == len(WIDTHS)
