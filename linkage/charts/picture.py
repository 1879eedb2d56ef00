"""PNG pictures by matplotlib's Agg, without any window or global state; white ground, colours as on the pages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from linkage.errors import LinkageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, QUIET, LINE, FOR, AGAINST = "#1a2027", "#56606b", "#d7dde4", "#1668ac", "#c2570c"
_DOTS = 150  # an inch


def figure_of(width: float, height: float) -> Figure:
    """An empty figure of so many inches. Raises `LinkageError` where matplotlib cannot be loaded."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  it takes a second to load
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise LinkageError("a PNG picture needs matplotlib, which is not installed; ask for an HTML page") from None
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file, the same for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS, metadata={"Software": None})
    return buffer.getvalue()
