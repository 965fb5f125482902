"""A table of measured values, read by the roles of its columns, as observations.

The forms, told apart by which columns there are: *wide* (a time and one column a reading or wavelength), *long* (a
column with the names of readings, or with wavelengths, beside the values), spectra in columns (a column of wavelengths
and one a time), and *numbers* (no time: one row a condition).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import Diagnostic, MechanismError, Source
from mscnet.experiment.data_cells import (
    MOST_FINDINGS,
    Layout,
    Row,
    bad_row,
    comments_of,
    finding,
    is_missing,
    is_number,
    layout_of,
    number_in,
    rows_of,
)
from mscnet.experiment.data_columns import Column, HeaderError
from mscnet.experiment.data_text import MAX_VALUES, too_large
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Digits of other scripts, which ``float`` takes and we do not.
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A table before its columns mean anything: headers, rows, and how to point at a cell."""

    source: Source
    layout: Layout
    headers: tuple[str, ...]
    header_line: int
    rows: Iterable[Row]

    def error_at(self, error: HeaderError) -> MechanismError:
        """A header's error at its place."""
        return MechanismError(
            [finding(self.source, self.header_line, error.column, str(error), error.hint, self.layout, error.code)]
        )


def sheet_of(source: Source) -> Sheet:
    """The table in a text: its layout, its header, its rows.

    Raises:
        MechanismError: no header row, or nothing at all.
    """
    layout = layout_of(source)
    rows = rows_of(source, layout)
    first = next(rows, None)
    if first is None:
        raise MechanismError.of("E131", f"{source.name} holds no table", file=source.name)
    cells, line, start = first.cells, first.line, first.line + 1
    if all(is_number(cell, layout.decimal) or is_missing(cell) for cell in cells) and len(cells) > 1:
        cells, line = _header_in_comment(source, layout, first)
        start = first.line
    while cells and not cells[-1]:
        cells = cells[:-1]  # what a spreadsheet leaves behind
    return Sheet(source, layout, cells, line, rows_of(source, layout, start))


def _header_in_comment(source: Source, layout: Layout, first: Row) -> tuple[tuple[str, ...], int]:
    """The header that stands in the last comment before numbers."""
    for line, text in reversed(list(comments_of(source))):
        cells = tuple(c.strip() for c in (text.split(layout.delimiter) if layout.delimiter else text.split()))
        if len(cells) == len(first.cells):
            return cells, line
        break
    raise bad_row(source, first.line, "the columns have no names", "put a first row above, as in `time (min), od371`")


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The cells of a table that count: numbers by column (n_rows,), texts by column, and the line of each row."""

    numbers: Mapping[int, FloatArray]
    texts: Mapping[int, list[str]]
    lines: NDArray[np.int64]


def read_values(sheet: Sheet, columns: Sequence[Column]) -> Values:
    """Every cell of the columns whose role is known; those of role ``other`` are left out.

    Raises:
        MechanismError: rows of another length, or cells that are no numbers: all such up to `MOST_FINDINGS`.
    """
    wanted = [c for c in columns if c.role != "other"]
    numeric = [c.index for c in wanted if c.role != "name"]
    named = [c.index for c in wanted if c.role == "name"]
    return collect(sheet, numeric, named)


def collect(sheet: Sheet, numeric: Sequence[int], named: Sequence[int]) -> Values:
    """The cells of some columns, as numbers or as texts; see `read_values`."""
    flat, lines = array("d"), array("q")
    texts: dict[int, list[str]] = {index: [] for index in named}
    findings: list[Diagnostic] = []
    width, decimal = len(sheet.headers), sheet.layout.decimal
    text = sheet.source.text
    # `1_000` is a number to `float`
    underscores = text.find("_", text.find("\n", sheet.source.start_of(sheet.header_line))) >= 0
    exact = decimal == "," or underscores or (not text.isascii() and _OTHER_DIGIT.search(text) is not None)
    for row in sheet.rows:
        cells = row.cells
        if not any(cells):
            continue
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            findings.append(_wrong_length(sheet, row, width))
        else:
            lines.append(row.line)
            for index in named:
                texts[index].append(cells[index])
            picked = [cells[index] for index in numeric]
            try:
                if exact:
                    raise ValueError
                flat.extend(list(map(float, picked)))
            except ValueError:
                flat.extend(_cell_by_cell(sheet, row, numeric, findings))
        if len(findings) >= MOST_FINDINGS:
            break
        if len(flat) > MAX_VALUES:
            raise too_large(f"{sheet.source.name} holds more values", f"{MAX_VALUES // 10**6} million", None)
    if findings:
        raise MechanismError(findings)
    if not lines:
        raise bad_row(sheet.source, sheet.header_line, "there are no rows of data below the header")
    table = np.frombuffer(flat, dtype=float).reshape(len(lines), len(numeric)) if numeric else np.empty((len(lines), 0))
    _refuse_infinite(sheet, table, numeric, lines)
    return Values({index: table[:, k] for k, index in enumerate(numeric)}, texts, np.array(lines))


def _refuse_infinite(sheet: Sheet, table: FloatArray, numeric: Sequence[int], lines: Sequence[int]) -> None:
    """``inf`` and ``1e999`` pass through ``float``, but nobody measures them."""
    if not np.isinf(table).any():
        return
    message = "this value is beyond what can be measured"
    found = [
        finding(sheet.source, lines[row], numeric[k], message, None, sheet.layout)
        for row, k in np.argwhere(np.isinf(table))[:MOST_FINDINGS].tolist()
    ]
    raise MechanismError(found)


def _wrong_length(sheet: Sheet, row: Row, width: int) -> Diagnostic:
    message = f"this row has {len(row.cells)} cell{'s' if len(row.cells) != 1 else ''}, the header {width}"
    hint = None
    if len(row.cells) < width:
        hint = "the file may be cut off here"
    elif sheet.layout.delimiter == ",":
        hint = "are commas used as decimal signs too? then part columns with `;` or tabs"
    return finding(sheet.source, row.line, None, message, hint)


def _cell_by_cell(sheet: Sheet, row: Row, numeric: Sequence[int], findings: list[Diagnostic]) -> list[float]:
    """The numbers of a row that has something else in it: missing values, decimal commas, or mistakes."""
    made = []
    for index in numeric:
        value = number_in(row.cells[index], sheet.layout.decimal)
        if value is None or value in (np.inf, -np.inf):
            message = f"`{row.cells[index][:40]}` in column `{sheet.headers[index]}` is no number"
            hint = "leave the cell empty, or write NA, where there is no value"
            if "," in row.cells[index] and sheet.layout.decimal == ".":
                hint = "write decimals with one sign in the whole file, and no marks of thousands"
            findings.append(finding(sheet.source, row.line, index, message, hint, sheet.layout))
        made.append(np.nan if value is None else value)
    return made
