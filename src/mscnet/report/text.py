"""Plain text for people: aligned tables, numbers with units, words for what is missing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter, Species
from mscnet.mechanism.units import Dimension

#: What a table shows where there is nothing to show.
NOTHING = "—"
#: What stands in place of a value that nobody has given.
NOT_GIVEN = "not given"


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: wide letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def pad(text: str, width: int, right: bool = False) -> str:
    """`text` filled with blanks to `width` columns; set `right` to align it at the right."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Aligned columns under a ruled header; columns in `right` are aligned at the right.

    A column that is empty throughout is left out, an empty cell shows `NOTHING`.
    """
    rows = [list(row) for row in rows]
    kept = [i for i in range(len(headers)) if any(row[i] for row in rows)] or list(range(len(headers)))
    numeric = set(right)
    body = [[row[i] or NOTHING for i in kept] for row in rows]
    head = [headers[i] for i in kept]
    widths = [max(display_width(line[j]) for line in (head, *body)) for j in range(len(kept))]
    rule = ["─" * width for width in widths]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            pad(cell, width, kept[j] in numeric) for j, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()

    return "\n".join(line(cells) for cells in (head, rule, *body))


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns, a name and what belongs to it; rows without a second part are left out."""
    rows = [(name, text) for name, text in rows if text]
    width = max((display_width(name) for name, _ in rows), default=0)
    indent = "\n" + " " * (width + 2)
    return "\n".join(f"{pad(name, width)}  {text.replace(chr(10), indent)}" for name, text in rows)


def number(value: float) -> str:
    """A number for reading: at most ten digits, without a trailing ``.0``."""
    return NOT_GIVEN if math.isnan(value) else f"{value:.10g}"


def quantity(value: float, unit: str) -> str:
    """A number with its unit; `NOT_GIVEN` for nan."""
    shown = number(value)
    return shown if shown == NOT_GIVEN or not unit else f"{shown} {unit}"


def parameter_unit(mechanism: Mechanism, parameter: Parameter) -> str:
    """The unit of a parameter: as the file writes it, else the file's unit of its dimension."""
    if parameter.unit:
        return parameter.unit
    return mechanism.units.describe(parameter.dimension) if parameter.dimension is not None else ""


def parameter_value(mechanism: Mechanism, parameter: Parameter) -> str:
    """A parameter's value with its unit as the file writes it."""
    if parameter.value is None:
        return NOT_GIVEN
    return quantity(parameter.value / parameter.unit_factor, parameter_unit(mechanism, parameter))


def initial_value(mechanism: Mechanism, species: Species) -> str:
    """A species' initial value with its unit; "" where the file says nothing (then it is 0)."""
    if species.initial is None:
        return ""
    return quantity(mechanism.evaluate(species.initial), mechanism.units.describe(species.dimension))


def file_units(mechanism: Mechanism) -> str:
    """The units that the file's bare numbers are in: ``time min, concentration mM, volume L``."""
    system = mechanism.units
    units = [("time", system.time), ("concentration", system.concentration), ("volume", system.volume)]
    return ", ".join(f"{name} {unit.symbol}" for name, unit in units)


def unit_of(mechanism: Mechanism, dimension: Dimension | None) -> str:
    """The file's unit of `dimension`, "" where it has none."""
    return mechanism.units.describe(dimension) if dimension is not None else ""
