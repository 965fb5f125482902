"""The canonical layout of a text that somebody is typing in: what has not changed is not laid out again.

A text falls into parts, each a statement outside all blocks (with its block) and the comments and empty lines below it.
Parts are read and cut into cells one by one and kept.  Parts whose columns may depend on each other form a group, which
is kept as text.  The result is the same, letter by letter, as that of `mscnet.language.format`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Source
from mscnet.language.format import same_content
from mscnet.language.format_blanks import Blanks, names_of_units, units_among
from mscnet.language.format_columns import Row, row_of, texts_of
from mscnet.language.format_lines import GOES_ON, Line, lines_of
from mscnet.language.format_tokens import END, quick_pieces
from mscnet.language.lalr import NotTaken

_BLANKS = re.compile(r"[ \t]+")


class NotInParts(Exception):
    """The text has to be laid out as a whole, which may find that it has syntax errors."""


class Broken(Exception):
    """The text has a syntax error."""


class Part:
    """A part of a text with its lines: `parted` where an empty line follows, `names` are what it says of units."""

    __slots__ = ("lines", "names", "parted", "pieces", "rows", "units", "verified")

    def __init__(self, text: str) -> None:
        try:
            self.pieces = quick_pieces(Source("<part>", text))
        except NotTaken:
            raise Broken from None
        if self.pieces[0].kind != END and self.pieces[0].value.startswith(GOES_ON):
            raise NotInParts
        self.names = names_of_units(self.pieces)
        self.lines = lines_of(self.pieces)
        self.parted = self.pieces[-1].breaks > 1
        self.rows: dict[bool, list[Row]] = {}
        self.units: frozenset[str] | None = None
        self.verified = {_squeezed(text)}

    def rows_for(self, units: frozenset[str], blank: bool) -> list[Row]:
        """The rows, where these names are units, with an empty line before the first of them or without."""
        if units is not self.units:
            self.units, self.rows = units, {}
        found = self.rows.get(blank)
        if found is None:
            blanks = Blanks(self.pieces, units)
            rows = [row_of(line, blanks) for line in self.lines]
            if rows and blank:
                rows[0] = rows[0]._replace(line=_parted(rows[0].line))
            found = self.rows[blank] = rows
        return found

    def verify(self, text: str) -> None:
        """See to it that a layout of this part means the same.

        Raises:
            NotInParts: it does not.
        """
        squeezed = _squeezed(text)
        if squeezed not in self.verified:
            if not same_content(self.pieces, text):
                raise NotInParts
            self.verified.add(squeezed)


def _squeezed(text: str) -> str:
    """A text without what no layout of a part can change in its meaning: how much room there is where there is some."""
    return _BLANKS.sub(" ", text.strip("\n"))


def _parted(line: Line) -> Line:
    made = copy(line)
    made.blank = True
    return made


class Laid(NamedTuple):
    """A stretch of lines, from the first up to `end`, and what it is to be."""

    first: int
    end: int
    text: str


class Layouts:
    """What is kept from one version of a text to the next."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._groups: dict[tuple[object, ...], str] = {}
        self._units: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether nothing is known yet."""
        return not self._parts

    def lay_out(self, lines: Sequence[str], tops: Sequence[int]) -> list[Laid]:
        """The layout of a text by its lines, stretch by stretch; `tops` are the lines at which nothing is open.

        Raises:
            Broken: it has syntax errors.
            NotInParts: it has to be laid out as a whole, which may find that it has syntax errors.
        """
        stretches = list(_stretches(lines, tops))
        parts: list[Part | None] = []
        kept: dict[str, Part] = {}
        for first, end in stretches:
            checkpoint()
            text = "\n".join(lines[first:end])
            part = kept.get(text) or self._parts.get(text)
            try:
                part = part or Part(text)
                kept[text] = part
            except Broken:
                part = None
            parts.append(part)
        self._parts = kept
        whole = [part for part in parts if part is not None]
        if len(whole) < len(parts):
            _say_why_not(lines, stretches, parts.index(None))
        units = units_among(part.names for part in kept.values())
        if units != self._units:
            self._units, self._groups = units, {}
        return self._laid(stretches, whole)

    def _laid(self, stretches: Sequence[tuple[int, int]], parts: Sequence[Part]) -> list[Laid]:
        found: list[Laid] = []
        groups: dict[tuple[object, ...], str] = {}
        for start, stop, blank in _groups(parts, self._units):
            checkpoint()
            key = (blank, *parts[start:stop])
            text = groups.get(key) or self._groups.get(key)
            if text is None:
                text = _write(parts[start:stop], blank, self._units)
            groups[key] = text
            found.append(Laid(stretches[start][0], stretches[stop - 1][1], text))
        self._groups = groups
        return found


def _say_why_not(lines: Sequence[str], stretches: Sequence[tuple[int, int]], i: int) -> None:
    """Part `i` cannot be read: it is broken, unless it can be read together with the next, which belongs to it."""
    if i + 1 < len(stretches):
        with contextlib.suppress(NotTaken):
            quick_pieces(Source("<part>", "\n".join(lines[stretches[i][0] : stretches[i + 1][1]])))
            raise NotInParts
    raise Broken


def _stretches(lines: Sequence[str], tops: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last line (exclusive) of each part: one with code, and those below that have none."""
    start = 0
    for top in tops:
        written = lines[top].lstrip("; \t")
        if top > start and written and not written.startswith("#"):
            yield start, top
            start = top
    yield start, len(lines)


def _groups(parts: Sequence[Part], units: frozenset[str]) -> Iterator[tuple[int, int, bool]]:
    """Parts whose columns may depend on each other, by index, and whether an empty line stands before the first."""
    start, begins = 0, False
    last: Row | None = None
    for i, part in enumerate(parts):
        blank = last is not None and parts[i - 1].parted
        rows = part.rows_for(units, blank)
        if i > start and (last is None or not rows or not _touch(last, rows[0])):
            yield start, i, begins
            start, begins = i, blank
        if rows:
            last = rows[-1]
    yield start, len(parts), begins


def _touch(last: Row, row: Row) -> bool:
    """Whether the columns of two neighbouring lines, or those of their comments, may depend on each other."""
    if row.line.blank or last.line.indent != row.line.indent:
        return False
    return (bool(row.kind) and row.kind == last.kind) or (bool(row.line.pieces) and row.line.comment is not None)


def _write(parts: Sequence[Part], blank: bool, units: frozenset[str]) -> str:
    rows = [part.rows_for(units, blank and i == 0) for i, part in enumerate(parts)]
    texts = texts_of([row for each in rows for row in each])
    at = 0
    for part in parts:
        part.verify("".join(texts[at : at + len(part.lines)]))
        at += len(part.lines)
    return "".join(texts)
