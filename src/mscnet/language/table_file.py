"""Programs of time from files: a column of times and columns of values, as functions in pieces.

Between its rows a table is straight (``linear``), keeps the value of the row before (``step``), or follows a cubic in
each interval that overshoots nowhere (``smooth``: F. N. Fritsch, J. Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300).
Before its first and after its last row it keeps the first and the last value.
"""

from __future__ import annotations

import math
import os
import re
from itertools import pairwise
from pathlib import Path

from mscnet import assets
from mscnet.diagnostics import suggest
from mscnet.language.paths import path_trouble
from mscnet.mechanism.expression import Table
from mscnet.mechanism.quantity import QuantityError, parse_unit
from mscnet.mechanism.units import TEMPERATURE, TIME, Dimension, UnitSystem
from mscnet.records import dataclass

#: How values between rows are found; the first is the default.
METHODS = ("linear", "step", "smooth")
MAX_ROWS = 100_000
MAX_BYTES = 20 * 1024 * 1024
_HEADER = re.compile(r"\s*(.*?)\s*(?:[(\[]([^)\]]*)[)\]])?\s*$")
_CELSIUS = ("degC", "°C", "C")
Piece = tuple[float, float, float, float]


class TableError(Exception):
    """What is wrong with a table, with the code of its diagnostic and a hint."""

    def __init__(self, message: str, hint: str | None = None, code: str = "E244") -> None:
        super().__init__(message)
        self.hint, self.code = hint, code


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its name, the factor and offset that bring its numbers into the file's units, their dimension."""

    place: int
    name: str
    factor: float = 1.0
    offset: float = 0.0
    dimension: Dimension | None = None


def read_table(path: str, column: str | None, method: str, source: str, system: UnitSystem) -> Table:
    """The table of a file beside the mechanism called `source`; `column` by its name, where there are several.

    Raises:
        TableError: the file is not there, or not inside the mechanism's folder; a row that is no two numbers, times
            that do not rise, an unknown column or unit.
    """
    lines = [(n, line) for n, line in enumerate(_text(path, source).splitlines(), 1) if _is_row(line)]
    if not lines:
        raise TableError(f"{path} is empty")
    separator = _separator(lines[0][1])
    header = _cells(lines[0][1], separator)
    named = not all(_number(cell, separator) is not None for cell in header)
    time, value = _columns(path, header if named else ["time", "value"][: len(header)], column, system)
    if not named and len(header) != 2:
        raise TableError(
            f"{path} has {len(header)} columns and no header that names them", "write one: `time (h), flow (mM/h)`"
        )
    rows = lines[1:] if named else lines
    times, values = _rows(path, rows, separator, time, value)
    shown = f'table("{path}", "{column}")' if column is not None else f'table("{path}")'
    if method != METHODS[0]:
        shown = f"{shown[:-1]}, {method})"
    knots, pieces = _pieces(times, values, method)
    return Table(shown, knots, pieces, method == "smooth", value.dimension)


# --- files ---------------------------------------------------------------------------------------


def _text(path: str, source: str) -> str:
    trouble = path_trouble(path)
    if trouble is not None:
        hint = 'put the file beside the mechanism, or in a folder below: "data/feed.csv"'
        raise TableError(f"{trouble}: `{path[:80]}`", hint, "E071")
    base = _folder(source)
    try:
        target = Path(os.path.realpath(base / path))
        if not target.is_relative_to(os.path.realpath(base)):
            raise TableError(f"{path} lies outside the mechanism's folder", "copy it there", "E071")
        if not target.is_file():
            raise TableError(f"there is no file {path}", "it is looked for in the mechanism's own folder")
        if target.stat().st_size > MAX_BYTES:
            raise TableError(f"{path} has more than {MAX_BYTES // 2**20} MB", "thin it out")
        data = target.read_bytes()
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is no text in UTF-8", "export it as CSV") from None


def _folder(source: str) -> Path:
    """The folder of a mechanism's file: that of the shipped ones for one of them, this folder for a text."""
    if not source or source.startswith("<"):
        return Path.cwd()
    if source.startswith("mechanisms/") and not os.path.exists(source):
        return Path(str(assets.place("mechanisms"))).parent / os.path.dirname(source)
    return Path(source).parent


def _is_row(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _separator(header: str) -> str:
    return next((mark for mark in ("\t", ";", ",") if mark in header), ",")


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(separator)]


def _number(cell: str, separator: str) -> float | None:
    """The number in a cell; with a comma for its point where commas do not divide the cells."""
    if separator != ",":
        cell = cell.replace(",", ".")
    try:
        value = float(cell) if "_" not in cell else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# --- columns -------------------------------------------------------------------------------------


def _columns(path: str, header: list[str], column: str | None, system: UnitSystem) -> tuple[_Column, _Column]:
    """The column of times, called `time` or `t`, else the first; and that of the values."""
    parts = [_HEADER.match(cell) for cell in header]
    names = [part[1] if part else cell for part, cell in zip(parts, header, strict=True)]
    units = [part[2] if part else None for part in parts]
    first = next((i for i, name in enumerate(names) if name.lower() in ("time", "t")), 0)
    others = [i for i in range(len(names)) if i != first]
    if not others:
        raise TableError(f"{path} has one column: a time and a value are needed", "as in `time (h), flow (mM/h)`")
    if column is None and len(others) > 1:
        listed = ", ".join(f'"{names[i]}"' for i in others[:6])
        raise TableError(
            f"{path} has several columns: which is meant?",
            f'name one, as in `table("{path}", {listed.split(", ")[0]})`: there are {listed}',
        )
    chosen = others[0] if column is None else next((i for i in others if column in (names[i], header[i])), None)
    if chosen is None:
        known = [names[i] for i in others]
        raise TableError(
            f"{path} has no column `{column}`", suggest(column or "", known) or "it has " + ", ".join(known[:8])
        )
    time = _with_unit(path, first, names[first], units[first], system)
    if time.dimension not in (None, TIME):
        raise TableError(f"the times of {path} are in `{units[first]}`, which is no unit of time")
    return time, _with_unit(path, chosen, names[chosen], units[chosen], system)


def _with_unit(path: str, place: int, name: str, unit: str | None, system: UnitSystem) -> _Column:
    if not unit:
        return _Column(place, name)
    if unit in _CELSIUS[:2]:
        scale = float(system.scale_of(TEMPERATURE))
        return _Column(place, name, 1.0 / scale, 273.15 / scale, TEMPERATURE)
    try:
        factor, dimension = parse_unit(unit, system)
    except QuantityError as error:
        raise TableError(f"the unit `{unit}` of column `{name}` of {path}: {error}", error.hint, "E012") from None
    return _Column(place, name, float(factor / system.scale_of(dimension)), 0.0, dimension)


def _rows(
    path: str, rows: list[tuple[int, str]], separator: str, time: _Column, value: _Column
) -> tuple[list[float], list[float]]:
    if len(rows) > MAX_ROWS:
        raise TableError(f"{path} has {len(rows):,} rows; at most {MAX_ROWS:,} are read", "thin it out")
    times: list[float] = []
    values: list[float] = []
    for number, line in rows:
        cells = _cells(line, separator)
        found = [_in_cell(path, number, cells, column, separator) for column in (time, value)]
        if times and found[0] <= times[-1]:
            problem = "twice" if found[0] == times[-1] else "after a later one"
            hint = "times rise from row to row; for a jump use `step`, or two rows a moment apart"
            raise TableError(f"line {number} of {path}: the time {cells[time.place]} comes {problem}", hint)
        times.append(found[0])
        values.append(found[1])
    if not times:
        raise TableError(f"{path} has no rows of numbers")
    return times, values


def _in_cell(path: str, number: int, cells: list[str], column: _Column, separator: str) -> float:
    cell = cells[column.place] if column.place < len(cells) else ""
    value = _number(cell, separator)
    if value is not None:
        return value * column.factor + column.offset
    if not cell:
        raise TableError(
            f"line {number} of {path}: `{column.name}` is empty", "leave the row out: values between rows are found"
        )
    raise TableError(f"line {number} of {path}: `{cell[:40]}` in column `{column.name}` is no number")


# --- pieces --------------------------------------------------------------------------------------


def _pieces(times: list[float], values: list[float], method: str) -> tuple[tuple[float, ...], tuple[Piece, ...]]:
    """Where pieces begin and what they are: the constant before the first row, the intervals, the constant after."""
    slopes = _slopes(times, values) if method == "smooth" else []
    pieces: list[Piece] = [(values[0], 0.0, 0.0, 0.0)]
    for i, ((t, u), (y, z)) in enumerate(zip(pairwise(times), pairwise(values), strict=True)):
        h, rise = u - t, (z - y) / (u - t)
        if method == "step":
            pieces.append((y, 0.0, 0.0, 0.0))
        elif method == "linear":
            pieces.append((y, rise, 0.0, 0.0))
        else:
            a, b = slopes[i], slopes[i + 1]
            pieces.append((y, a, (3 * rise - 2 * a - b) / h, (a + b - 2 * rise) / h**2))
    pieces.append((values[-1], 0.0, 0.0, 0.0))
    before = times[0] - max(1.0, abs(times[0]))
    return (before, *times), tuple(pieces)


def _slopes(times: list[float], values: list[float]) -> list[float]:
    """Slopes at the rows of a cubic that rises and falls with the values: harmonic means of the neighbouring ones.

    At both ends, where the value stays from there on, the slope is zero, so that it has no kink.
    """
    steps = [b - a for a, b in pairwise(times)]
    rises = [(b - a) / h for (a, b), h in zip(pairwise(values), steps, strict=True)]
    slopes = [0.0]
    for (h, k), (a, b) in zip(pairwise(steps), pairwise(rises), strict=True):
        if a * b <= 0.0:
            slopes.append(0.0)
        else:
            w, v = 2 * k + h, k + 2 * h
            slopes.append((w + v) / (w / a + v / b))
    return [*slopes, 0.0]
