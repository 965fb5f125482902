"""Delimited text as rows of cells: the delimiter, the decimal sign, comments, and the place of every cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from mscnet.diagnostics import Diagnostic, MechanismError, Source, Span
from mscnet.experiment.data_text import MAX_COLUMNS
from mscnet.records import dataclass

#: What stands where there is no value.
MISSING = frozenset({"", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "-", "--", "?", "missing"})
#: The most findings about one file that are collected before reading ends.
MOST_FINDINGS = 20

_COMMENTS = ("#", "%", "//")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_POINT, _COMMA = re.compile(r"\d\.\d"), re.compile(r"\d,\d")
_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written: `delimiter` is "" for blanks; `decimal` is the sign in a number."""

    delimiter: str
    decimal: str


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row without the blanks about them; `line` counts from 1."""

    line: int
    cells: tuple[str, ...]


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a cell is a plain decimal number."""
    return _NUMBER.fullmatch(text.replace(",", ".") if decimal == "," else text) is not None


def is_missing(text: str) -> bool:
    return text.casefold() in MISSING


def layout_of(source: Source) -> Layout:
    """Delimiter and decimal sign of a text, from its first lines; see `_decimal`."""
    sample = [line for _, line in _lines(source.text, _SAMPLE)]
    delimiter = next((sign for sign in ("\t", ";", ",") if _parts_all(sample, sign)), None)
    if delimiter is None:
        delimiter = next((sign for sign in ("\t", ";", ",") if sample and sign in _unquoted(sample[0])), "")
    return Layout(delimiter, _decimal(source.text, sample, delimiter))


def _parts_all(sample: Sequence[str], sign: str) -> bool:
    return bool(sample) and all(sign in _unquoted(line) for line in sample)


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _decimal(text: str, sample: Sequence[str], delimiter: str) -> str:
    """A comma where cells hold commas between digits and no points: it is then never a mark of thousands, for such
    numbers are refused."""
    if delimiter == ",":
        return "."
    start = max(0, text.find(sample[1])) if len(sample) > 1 else 0
    return "," if _COMMA.search(text, start) and not _POINT.search(text, start) else "."


def _lines(text: str, most: int | None = None) -> Iterator[tuple[int, str]]:
    """Lines that are neither blank nor comments, with their numbers."""
    count, start, number = 0, 0, 0
    while start < len(text) and (most is None or count < most):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line, number, start = text[start:end], number + 1, end + 1
        if line.strip() and not line.lstrip(' "\t').startswith(_COMMENTS):
            count += 1
            yield number, line


def comments_of(source: Source) -> Iterator[tuple[int, str]]:
    """The comment lines at the head of a text, without their signs."""
    for number, line in enumerate(source.text[:100_000].split("\n"), 1):
        if line.strip() and not line.lstrip(' "\t').startswith(_COMMENTS):
            return
        if line.strip():
            yield number, line.lstrip(' "\t#%/').rstrip()


def rows_of(source: Source, layout: Layout, start: int = 1) -> Iterator[Row]:
    """The rows of a table from line `start` on.

    Raises:
        MechanismError: a cell in quotes that never ends, or is too long.
    """
    if not layout.delimiter:
        for number, line in _lines(source.text):
            if number >= start:
                yield Row(number, tuple(line.split()))
        return
    numbers: list[int] = []
    reader = csv.reader(_noted(source.text, numbers, start), delimiter=layout.delimiter, strict=True)
    while True:
        numbers.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise bad_row(source, numbers[0] if numbers else start, f"this row cannot be read: {error}") from None
        if len(cells) > MAX_COLUMNS:
            raise bad_row(source, numbers[0], f"{len(cells)} columns; at most {MAX_COLUMNS} are read")
        yield Row(numbers[0], tuple(map(str.strip, cells)))


def _noted(text: str, numbers: list[int], start: int) -> Iterator[str]:
    """Lines for the csv module; the number of each is noted as it is drawn."""
    for number, line in _lines(text):
        if number >= start:
            numbers.append(number)
            yield line


def bad_row(source: Source, line: int, message: str, hint: str | None = None) -> MechanismError:
    """The error of a whole line."""
    return MechanismError([finding(source, line, None, message, hint)])


def finding(
    source: Source,
    line: int,
    column: int | None,
    message: str,
    hint: str | None = None,
    layout: Layout | None = None,
    code: str = "E132",
) -> Diagnostic:
    """A finding about a line, or (`column` from 0, with `layout`) about one of its cells."""
    return Diagnostic("error", code, message, span=_place(source, line, column, layout), hint=hint)


def _place(source: Source, line: int, column: int | None, layout: Layout | None) -> Span:
    text, offset = source.line(line), source.start_of(line)
    start, end = 0, len(text)
    if column is not None and layout is not None:
        spans = list(_cell_spans(text, layout.delimiter))
        start, end = spans[column] if column < len(spans) else (len(text), len(text))
    while start < end and text[start] == " ":
        start += 1
    return Span(source, offset + start, offset + max(start, len(text[:end].rstrip())))


def _cell_spans(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
    if not delimiter:
        yield from (match.span() for match in re.finditer(r"\S+", text))
        return
    start, quoted = 0, False
    for at, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif sign == delimiter and not quoted:
            yield start, at
            start = at + 1
    yield start, len(text)


def number_in(text: str, decimal: str) -> float | None:
    """The value of a cell, NaN where it is missing, None where it is no number."""
    if is_missing(text):
        return float("nan")
    plain = text.replace(",", ".") if decimal == "," and "." not in text and text.count(",") == 1 else text
    if decimal == "," and "." in text:
        return None
    return float(plain) if _NUMBER.fullmatch(plain) and plain.isascii() else None
