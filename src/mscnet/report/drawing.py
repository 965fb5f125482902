"""Line drawings as SVG: boxes, lines, curves and text, each with its own look, laid out by who draws.

Lengths are pixels, y grows downwards.  Widths of text are estimated from a table of a sans-serif face, so a picture is
the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: Colours that tell apart without red and green, and in grey (M. Okabe, K. Ito, 2008); form says the same again.
INK: Final = "#1f2933"
FAINT: Final = "#8a94a0"
PALE: Final = "#f3f6f9"
NEW: Final = "#00795a"
GONE: Final = "#c4490a"
CHANGED: Final = "#f7d774"
LINK: Final = "#0067a8"

_FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
#: Widths in thousandths of the size; what is not listed is as wide as a digit.
_NARROW: Final = {**dict.fromkeys("ijl'|", 230), **dict.fromkeys("ftrI.,:;!/ ()[]-", 310)}
_WIDE: Final = {**dict.fromkeys("mMW%@", 870), **dict.fromkeys("ABCDEGHKNOPQRSUVXYw←→⇌+=<>~", 680)}
_PLAIN: Final = 556


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, about."""
    thousandths = sum(_NARROW.get(c) or _WIDE.get(c) or _PLAIN for c in text)
    return thousandths * size / 1000 * (1.06 if bold else 1.0)


class Drawing:
    """What is drawn so far; `svg` gives all of it on a page that holds it with a margin."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts: list[str] = []
        self._heads: dict[str, None] = {}
        self._left = self._top = float("inf")
        self._right = self._bottom = float("-inf")

    def rect(
        self,
        box: tuple[float, float, float, float],
        *,
        fill: str = "white",
        stroke: str = INK,
        width: float = 1.2,
        radius: float = 6,
        dash: str = "",
    ) -> None:
        """A box from its left, top, width and height."""
        x, y, w, h = box
        self._seen([(x, y), (x + w, y + h)])
        more = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{_n(width)}"{more}/>'
        )

    def circle(self, x: float, y: float, radius: float, *, fill: str = INK, stroke: str = "none") -> None:
        """A dot."""
        self._seen([(x - radius, y - radius), (x + radius, y + radius)])
        self._parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" stroke="{stroke}"/>')

    def line(
        self,
        points: Iterable[tuple[float, float]],
        *,
        stroke: str = INK,
        width: float = 1.4,
        dash: str = "",
        head: str = "",
    ) -> None:
        """A line through two points, a quadratic curve through three (the middle one draws it), a cubic one by four.

        `head` is what stands at its end: ``arrow``, ``bar``, or nothing.
        """
        way = list(points)
        self._seen(way)
        spelled = [f"{_n(x)} {_n(y)}" for x, y in way]
        letter = {2: "L", 3: "Q", 4: "C"}[len(way)]
        more = f' stroke-dasharray="{dash}"' if dash else ""
        if head:
            name = f"{head}-{stroke.removeprefix('#')}"
            self._heads[name] = None
            more += f' marker-end="url(#{name})"'
        path = f"M{spelled[0]} {letter}{', '.join(spelled[1:])}"
        self._parts.append(f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{_n(width)}"{more}/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        fill: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """A line of text; `y` is its base line, `anchor` is ``start``, ``middle`` or ``end``."""
        width = text_width(words, size, bold)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        self._seen([(left, y - size), (left + width, y + size * 0.3)])
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}" text-anchor="{anchor}"{weight}>'
            f"{escape(_shown(words))}</text>"
        )

    def turned(self, x: float, y: float, words: str, *, size: float = 12, fill: str = INK) -> None:
        """A line of text that rises to the right, from its lower end."""
        width = text_width(words, size)
        self._seen([(x, y), (x + width * 0.71, y - width * 0.71 - size)])
        turn = f"rotate(-45 {_n(x)} {_n(y)})"
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}" transform="{turn}">'
            f"{escape(_shown(words))}</text>"
        )

    @property
    def bottom(self) -> float:
        """Down to where it is drawn; 0 for nothing."""
        return max(self._bottom, 0.0) if self._parts else 0.0

    def svg(self, margin: float = 14) -> str:
        """All of it as the text of an SVG file."""
        if not self._parts:
            self.text(0, 12, "nothing to draw", fill=FAINT)
        x, y = self._left - margin, self._top - margin
        width, height = self._right - x + margin, self._bottom - y + margin
        heads = [_head(name) for name in self._heads]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
                f'viewBox="{_n(x)} {_n(y)} {_n(width)} {_n(height)}" font-family={quoteattr(_FONT)}>',
                f"<title>{escape(_shown(self._title))}</title>",
                *(["<defs>", *heads, "</defs>"] if heads else []),
                f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="white"/>',
                *self._parts,
                "</svg>",
                "",
            ]
        )

    def _seen(self, points: Iterable[tuple[float, float]]) -> None:
        for x, y in points:
            self._left, self._right = min(self._left, x), max(self._right, x)
            self._top, self._bottom = min(self._top, y), max(self._bottom, y)


def _head(name: str) -> str:
    kind, colour = name.split("-")
    shape = (
        f'<path d="M0 0 L9 4 L0 8 z" fill="#{colour}"/>'
        if kind == "arrow"
        else f'<path d="M8 0 L8 8" stroke="#{colour}" stroke-width="2.4"/>'
    )
    return (
        f'<marker id="{name}" markerWidth="10" markerHeight="8" refX="8" refY="4" orient="auto" '
        f'markerUnits="userSpaceOnUse">{shape}</marker>'
    )


def _shown(words: str) -> str:
    return "".join(c if c.isprintable() else " " for c in words)


def _n(number: float) -> str:
    return f"{round(number, 1):g}"
