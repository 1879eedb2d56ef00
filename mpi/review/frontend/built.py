"""Keep a wheel from being built without what its pages load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FetchedFirst(BuildHookInterface[Any]):
    """Of a wheel to be installed elsewhere; an editable one reads the folder when it serves."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse to go on without the fetched files."""
        if version != "editable" and not (Path(self.root) / "mpi" / "review" / "vendor" / "fetched").is_file():
            raise FileNotFoundError("mpi/review/vendor is empty; run `make venv`, which fetches styles and scripts")
