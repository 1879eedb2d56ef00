"""Looking at pages in a real Chromium, as people do and as axe-core does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mpi.domain.access import Role
from tests.browser.served import TOKENS, Served

AXE = Path(__file__).parents[2] / "mpi" / "review" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 60_000  # milliseconds; as long as everything else that is waited for
WIDTHS = {320: 640, 768: 1024, 1280: 900}  # pixels; the heights that go with them
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Where Chromium is; the test fails with what to install when it is nowhere."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("no Chromium for the browser tests; install it (apt-get install chromium)", pytrace=False)


@contextmanager
def browsing() -> Iterator[Browser]:
    """One browser with a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*_ARGUMENTS], headless=True)
        yield browser
        browser.close()


class Watch:
    """What a page must never do: break its own policy, fail in a script, ask another host for anything."""

    def __init__(self, page: Page, address: str) -> None:
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("console", lambda said: self.wrong.append(said.text) if _is_complaint(said.text) else None)
        page.on("request", lambda asked: None if asked.url.startswith(address) else self.wrong.append(asked.url))

    def check(self) -> None:
        """Fail with all of it."""
        assert self.wrong == [], "\n".join(self.wrong)


def _is_complaint(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text


def sign_in_by_form(page: Page, served: Served, role: Role) -> None:
    """Sign in as a person in `role` does, and come to the work list."""
    page.goto(f"{served.address}/review/sign-in")
    page.get_by_label("Access token").fill(TOKENS[role])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served.address}/review")


def open_session(page: Page, served: Served, role: Role, token: str = "") -> None:
    """Give the browser a new session of `role`, or of another token: the form is sent, but not drawn."""
    asking, address = page.context.request, f"{served.address}/review/sign-in"
    csrf = re.search(r'name="csrf" value="([^"]*)"', asking.get(address).text())
    assert csrf
    answer = asking.post(address, form={"csrf": csrf[1], "token": token or TOKENS[role]}, max_redirects=0)
    assert answer.status == 303, answer.text()


def sign_in(page: Page, served: Served, role: Role, then: str = "/review") -> None:
    """Go to a page, in a new session of `role`."""
    open_session(page, served, role)
    page.goto(served.address + then)


def bring_to(page: Page, width: int) -> None:
    """Make the window `width` pixels wide, and wait until the page's own scripts have followed."""
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    # The header moves links in the frame of a resize, and again in the next when its list came out another size.
    page.evaluate(
        """async () => {
          for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
        }"""
    )
    assert page.evaluate("window.innerWidth") == width


def check_accessibility(page: Page) -> None:
    """axe-core finds no violation on the page as it stands."""
    assert AXE.is_file(), "axe-core is missing; run `make venv`, which fetches it"
    if not page.evaluate("'axe' in window"):
        # The debugger's own evaluation: the page's policy would let no foreign script in.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    told = [f"{v['id']}: {v['help']}: {[n['html'][:200] for n in v['nodes']]}" for v in found["violations"]]
    assert told == [], "\n".join(told)


def check_layout(page: Page) -> None:
    """Nothing is cut: the page is no wider than its window, and no text is wider than the box it stands in."""
    told = page.evaluate(
        """() => {
          const wrong = [];
          const wide = document.documentElement.scrollWidth;
          if (wide > window.innerWidth) wrong.push(`the page is ${wide} wide`);
          const clipped = one => {
            for (let at = one; at; at = at.parentElement) {
              const box = at.getBoundingClientRect();
              if (getComputedStyle(at).overflow === 'hidden' && (box.width <= 1 || box.height <= 1)) return true;
            }
            return false;
          };
          for (const one of document.querySelectorAll('main *, header *, footer *')) {
            const box = one.getBoundingClientRect();
            const shown = box.width > 1 && box.height > 1 && getComputedStyle(one).visibility !== 'hidden';
            const scrolls = one.closest('[data-scrolls]');
            if (shown && !scrolls && !clipped(one) && box.right > window.innerWidth + 1)
              wrong.push(`${one.tagName} ${one.className} ends at ${box.right}`);
          }
          return wrong;
        }"""
    )
    assert told == [], "\n".join(told)
