"""A page that is one file: no script, nothing fetched, fit for light and dark screens, for paper and for a reader
who hears it. Colours are blue and orange, which no common colour blindness confuses; the side of zero says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files


def page(title: str, body: Iterable[str]) -> str:
    """The whole document; `body` is HTML, `title` text."""
    style = files("linkage.charts").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing may be loaded or run, whatever a name in a model's file tries.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def svg(width: float, height: float, name: str, description: str, marks: Iterable[str]) -> str:
    """A drawing that a screen reader tells by its name and description; `name` is made its identifier too."""
    key = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return (
        f'<svg viewBox="0 0 {number(width)} {number(height)}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(name)}</title><desc id="{key}-d">{escape(description)}</desc>'
        + "".join(marks)
        + "</svg>"
    )


def text(x: float, y: float, said: str, classes: str = "") -> str:
    """A word at its baseline."""
    return f'<text x="{number(x)}" y="{number(y)}"{_class(classes)}>{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A stroke."""
    return f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"{_class(classes)}/>'


def rect(x: float, y: float, width: float, height: float, classes: str, round_by: float = 0.0) -> str:
    """A filled rectangle."""
    corner = f' rx="{number(round_by)}"' if round_by else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"{corner}'
        f"{_class(classes)}/>"
    )


def circle(x: float, y: float, radius: float, classes: str) -> str:
    """A filled circle."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"{_class(classes)}/>'


def table(caption: str, head: Sequence[str], rows: Iterable[str], numeric: int) -> str:
    """A table whose last `numeric` columns hold numbers; rows from `row` or `tbody`."""
    first = len(head) - numeric
    cells = "".join(
        f'<th scope="col"{_class("n" if place >= first else "")}>{escape(name)}</th>'
        for place, name in enumerate(head)
    )
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead>'
        + "".join(rows)
        + "</table></div>"
    )


def row(name: str, texts: Sequence[str] = (), numbers: Sequence[str] = ()) -> str:
    """A row of a table: its name, then texts, then numbers."""
    cells = [f"<td>{escape(said)}</td>" for said in texts]
    cells += [f'<td class="n">{escape(said)}</td>' for said in numbers]
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def group(name: str, columns: int, rows: Iterable[str]) -> str:
    """Rows of a table under a common name."""
    head = f'<tr><th scope="rowgroup" colspan="{columns}">{escape(name)}</th></tr>' if name else ""
    return f"<tbody>{head}{''.join(rows)}</tbody>"


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, a true minus; what rounds to nothing has none."""
    said = f"{value:+.{digits}f}".replace("-", "−")
    return said if said.strip("+−0.") else said[1:]


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    return f"{value:.1f}".removesuffix(".0")


def _class(classes: str) -> str:
    return f' class="{classes}"' if classes else ""
