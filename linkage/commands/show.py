"""`linkage show`: a model's weights as text, as a page and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.commands.speaking import say, spoken

Page = Annotated[Path | None, typer.Option("--html", help="A new HTML file with the chart and its numbers.")]
Picture = Annotated[Path | None, typer.Option("--png", help="A new PNG file with the chart.")]


def show(
    model: Annotated[Path, typer.Argument(help="A model's JSON file.", show_default=False)],
    html: Page = None,
    png: Picture = None,
) -> None:
    """Print what each level of agreement is worth under a model, in bits; or draw it with --html and --png."""
    with spoken():
        from linkage.charts.weights import lines  # noqa: PLC0415  the compiled kernel takes a moment to load
        from linkage.model import Model  # noqa: PLC0415
        from linkage.writing import check_new, write_new  # noqa: PLC0415

        for file in filter(None, (html, png)):
            check_new(file)
        loaded = Model.load(model)
        if html is not None:
            from linkage.charts.weights_page import weights_page  # noqa: PLC0415

            write_new(html, weights_page(loaded))
            say(f"{html}: the weights of model {loaded.fingerprint}")
        if png is not None:
            from linkage.charts.weights_picture import weights_picture  # noqa: PLC0415

            write_new(png, weights_picture(loaded))
            say(f"{png}: the weights of model {loaded.fingerprint}")
        if html is None and png is None:
            for line in lines(loaded):
                say(line)
