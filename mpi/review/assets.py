"""The styles and scripts that pages load: ours, and the fetched ones (see frontend/fetch.py beside this)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PREFIX = "/review/assets"
_HERE = Path(__file__).parent
_FOLDERS = {"own": _HERE / "styles", "vendor": _HERE / "vendor"}


class _Lasting(StaticFiles):
    """Files whose address changes when they do."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_assets(app: FastAPI) -> str:
    """Serve the files; returns the path that they lie under. Without the fetched ones pages are served bare."""
    if not (_FOLDERS["vendor"] / "fetched").is_file():
        structlog.get_logger("mpi.review").warning("pages have no styles: run `make venv`, which fetches them")
    base = f"{PREFIX}/{_fingerprint()}"
    for name, folder in _FOLDERS.items():
        app.mount(f"{base}/{name}", _Lasting(directory=folder, check_dir=False))
    return base


def _fingerprint() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(file for folder in _FOLDERS.values() for file in folder.glob("*") if file.is_file()):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
