"""Every page at 320, 768 and 1280 pixels: nothing is cut; axe-core finds nothing at the widest and the
narrowest. SCREENSHOTS names a folder for pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.chromium import WIDTHS, check_accessibility, check_layout, open_session
from tests.browser.gallery import PICTURES, Picture
from tests.browser.served import Served


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_page_fits_its_window_and_is_accessible(page: Page, served: Served, picture: Picture) -> None:
    if picture.role is not None:
        open_session(page, served, picture.role)
    path = picture.path(served)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(served.address + path)
        assert answer is not None
        assert answer.status == picture.status
        check_layout(page)
        if width in (min(WIDTHS), max(WIDTHS)):
            check_accessibility(page)
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{picture.name}-{width}.png", full_page=True)
