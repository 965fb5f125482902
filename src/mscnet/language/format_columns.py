"""Lines as text: neighbouring lines of one kind have what they hold in columns, and so have their comments.

A line that holds one whole statement is cut into cells, each with a key (``@``, ``=``, ``in``, a note …).  Lines that
follow each other with no empty line or comment between, in one block and of one kind, form a run; in a run cells of one
key begin in one column.  A run ends where a column would need too much room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from mscnet.language.format_blanks import Blanks, is_word
from mscnet.language.format_lines import Line
from mscnet.language.format_tokens import Piece, closes, opens

#: The most blanks that an aligned column may cost a line.
MOST_ROOM = 40

_ARROWS = frozenset({"->", "<-", "<->", "<=>", "→", "←", "⇌", "⇄", "↔"})
_OVER = {"-[": "]->", "<-[": "]->"}

_ENERGIES = ("gibbs", "enthalpy", "entropy")

#: By the kind of a statement: what begins a cell in it, in the order in which cells usually stand.
_KEYS: dict[str, tuple[str, ...]] = {
    "reaction": ("@", "rate", "order", '"', "for", "{"),
    "species": ('"', "of", "=", "constant", *_ENERGIES, "bonds", "for"),
    "parameter": ("=", "unit", "in", '"', "for"),
    "observable": ('"', "=", '" at the end', "for"),
    "function": ("=",),
    "definition": ("=", "for"),
    "bond": ("=", '"', "for"),
    "fact": ("from",),
    "block": ('"', "{"),
}
#: Blanks before a cell where they are not two: alone, and in a run of several lines that have one.
_GAPS = {
    ("species", '"'): (1, 2), ("observable", '"'): (1, 2), ("block", '"'): (1, 2), ("species", "of"): (1, 2),
    ("species", "constant"): (1, 2), ("species", "="): (1, 2), ("observable", "="): (1, 2),
    ("parameter", "="): (1, 1), ("function", "="): (1, 1), ("definition", "="): (1, 1), ("block", "{"): (1, 1),
    ("bond", "="): (1, 1),
    ("parameter", "unit"): (1, 1), ("reaction", "sides"): (1, 1), ("reaction", "right"): (1, 1),
}  # fmt: skip
_SOURCES = frozenset({"from", "as", "weight"})


class Cell(NamedTuple):
    """A part of a line: its key and its text; an `arrow` at its end is pushed to the end of the column."""

    key: str
    text: str
    arrow: str = ""

    @property
    def width(self) -> int:
        return len(self.text) + (1 + len(self.arrow) if self.arrow else 0)


class Row(NamedTuple):
    """A line with its cells; rows of one kind may stand in one run."""

    line: Line
    kind: str
    cells: list[Cell]


def write_lines(lines: Sequence[Line], blanks: Blanks) -> str:
    """The text of lines."""
    return "".join(texts_of([row_of(line, blanks) for line in lines]))


def texts_of(rows: Sequence[Row]) -> list[str]:
    """The text of each row with its comment and line end, and with an empty line before it where one belongs."""
    texts = [text for run in _runs(rows) for text in run.texts()]
    lines = [row.line for row in rows]
    return [("\n" if line.blank else "") + text + "\n" for line, text in _with_comments(lines, texts)]


# --- cells ------------------------------------------------------------------------------------------


def row_of(line: Line, blanks: Blanks) -> Row:
    """A line cut into its cells."""
    pieces = line.pieces
    if not pieces:
        return Row(line, "", [])
    kind = _kind(line)
    if not kind:
        return Row(line, "", [Cell("", _text(pieces, 0, len(pieces), blanks))])
    starts = _cell_starts(pieces, _class(kind))
    labelled = len(starts) > 1 and starts[1][1] == "sides"
    return Row(line, kind + ":" if labelled else kind, _cells(pieces, starts, blanks))


def _kind(line: Line) -> str:
    """The kind of statement that a whole line is, "" for one that has no cells."""
    pieces = line.pieces
    if not line.whole or pieces[-1].kind == "LBRACE":
        return ""
    head = pieces[0].value
    if pieces[-1].kind == "RBRACE":
        return "block " + head
    if line.block == "expect":
        return "fact"
    if is_word(pieces[0]):
        several = head in ("species", "parameter") and _has_comma(pieces)
        return head if head in _KEYS and not several else ""
    if any(piece.value in _ARROWS or piece.value in _OVER for piece in pieces):
        return "reaction"
    return "definition" if _is_definition(pieces) else ""


def _is_definition(pieces: Sequence[Piece]) -> bool:
    """Whether the line is ``name = …`` or ``name(…) = …``, and one such."""
    values = [pieces[at].value for at in _before_loops(pieces)]
    return ("=" in values[1:2] or values[1:3] == ["(", "="]) and values.count("=") == 1 and "," not in values


def _has_comma(pieces: Sequence[Piece]) -> bool:
    return any(pieces[at].value == "," for at in _before_loops(pieces))


def _before_loops(pieces: Sequence[Piece]) -> Iterable[int]:
    """The places of the tokens outside all brackets, up to a ``for`` that ends the statement."""
    return takewhile(lambda at: pieces[at].kind != "FOR", _outside(pieces))


def _outside(pieces: Sequence[Piece]) -> Iterable[int]:
    """The places of the tokens outside all brackets, opening ones included."""
    depth = 0
    for at, piece in enumerate(pieces):
        closing = piece.kind == "RBRACE" or closes(piece.value)
        depth -= closing
        if depth == 0 and not closing:
            yield at
        depth += piece.kind == "LBRACE" or opens(piece.value)


def _cell_starts(pieces: Sequence[Piece], kind: str) -> list[tuple[int, str]]:
    """Where cells begin, with their keys; no key comes twice."""
    found, keys = [(0, "")], {""}

    def begin(at: int, key: str) -> None:
        if key and key not in keys and found[-1][0] < at < len(pieces):
            keys.add(key)
            found.append((at, key))

    if kind == "reaction" and len(pieces) > 2 and pieces[1].value == ":":
        begin(2, "sides")
    for at in _outside(pieces):
        if found[-1][1] == "for":
            break
        if kind == "reaction" and (pieces[at].value in _ARROWS or pieces[at].value in _OVER):
            begin(_arrow_end(pieces, at), "right")
        elif at:
            begin(at, _key(pieces, at, kind, keys))
    return found


def _arrow_end(pieces: Sequence[Piece], at: int) -> int:
    """The place after an arrow, with what stands over it."""
    if pieces[at].value in _OVER:
        while at < len(pieces) - 1 and pieces[at].value not in ("]->", "]-"):
            at += 1
    return at + 1


def _key(pieces: Sequence[Piece], at: int, kind: str, before: set[str]) -> str:
    piece = pieces[at]
    value = '"' if piece.kind == "STRING" else piece.value
    if kind == "fact":
        return "from" if value in _SOURCES and piece.kind != "NAME" else ""
    if kind == "observable" and value == '"' and "=" in before:
        return '" at the end'
    if kind == "parameter" and pieces[at - 1].kind == "NUMBER" and pieces[at - 2].value == "=":
        return value if value in _KEYS[kind] else "unit" if _is_unit(pieces, at) else ""
    if (kind == "block" and "{" in before) or (value == "=" and pieces[at - 1].value in _ENERGIES):
        return ""
    named = value in ("=", "@", '"', "{") or piece.kind not in ("NAME", "ION", "FORMULA")
    return value if named and value in _KEYS[kind] else ""


def _is_unit(pieces: Sequence[Piece], at: int) -> bool:
    """Whether nothing but a unit stands from `at` to the next cell."""
    if pieces[at].value in ("*", "·", "-"):
        return False
    for piece in pieces[at:]:
        if piece.kind == "STRING" or piece.value == "in" or is_word(piece):
            return True
        if piece.kind not in ("NAME", "NUMBER", "UNIT_SIGN") and piece.value not in ("/", "^", "-", "*", "·"):
            return False
    return True


def _cells(pieces: Sequence[Piece], starts: Sequence[tuple[int, str]], blanks: Blanks) -> list[Cell]:
    ends = [start for start, _ in starts[1:]] + [len(pieces)]
    cells = []
    for i, ((start, key), end) in enumerate(zip(starts, ends, strict=True)):
        arrow = end
        if i + 1 < len(starts) and starts[i + 1][1] == "right":
            arrow = next(at for at in range(start, end) if pieces[at].value in _ARROWS or pieces[at].value in _OVER)
        over = _text(pieces, arrow, end, blanks) if arrow < end else ""
        cells.append(Cell(key, _text(pieces, start, arrow, blanks), over))
    return cells


def _text(pieces: Sequence[Piece], start: int, end: int, blanks: Blanks) -> str:
    parts = [pieces[start].value]
    for at in range(start + 1, end):
        parts += (blanks.before(pieces, at), pieces[at].value)
    return "".join(parts)


# --- runs -------------------------------------------------------------------------------------------


class _Run:
    """Rows that stand in columns, and the order of the keys that they have."""

    def __init__(self, row: Row) -> None:
        self.rows: list[Row] = []
        self.keys: list[str] = []
        self.spans: dict[str, tuple[int, int]] = {}
        self.counts: dict[str, int] = {}
        self._take(row, self._merged(row) or [])

    def add(self, row: Row) -> bool:
        """Whether a row goes into this run; if so it is in it."""
        first = self.rows[-1].line
        if not row.kind or row.kind != self.rows[0].kind or row.line.blank or row.line.indent != first.indent:
            return False
        keys = self._merged(row)
        if keys is None or not self._has_room(row):
            return False
        self._take(row, keys)
        return True

    def _merged(self, row: Row) -> list[str] | None:
        """The keys of the run with those of a row put among them; None where their orders disagree."""
        keys, at = list(self.keys), 0
        usual = _KEYS.get(_class(row.kind), ())
        for cell in row.cells:
            if cell.key in keys:
                place = keys.index(cell.key)
                if place < at:
                    return None
            else:
                later = usual[usual.index(cell.key) + 1 :] if cell.key in usual else usual
                place = next((i for i in range(at, len(keys)) if keys[i] in later), len(keys))
                keys.insert(place, cell.key)
            at = place + 1
        return keys

    def _has_room(self, row: Row) -> bool:
        for key, start in _offsets(row):
            low, high = self.spans.get(key, (start, start))
            if max(high, start) - min(low, start) > MOST_ROOM:
                return False
        return True

    def _take(self, row: Row, keys: list[str]) -> None:
        self.keys = keys
        self.rows.append(row)
        for key, start in _offsets(row):
            low, high = self.spans.get(key, (start, start))
            self.spans[key] = (min(low, start), max(high, start))
            self.counts[key] = self.counts.get(key, 0) + 1

    def texts(self) -> Iterator[str]:
        """The text of each row, without its comment."""
        columns = self._columns()
        for row in self.rows:
            text = ""
            for cell in row.cells:
                text = text.ljust(columns[cell.key]) + cell.text
                if cell.arrow:
                    text += cell.arrow.rjust(columns["right"] - 1 - len(text))
            yield " " * row.line.indent + text if text else ""

    def _columns(self) -> dict[str, int]:
        columns: dict[str, int] = {}
        before: dict[str, list[Cell]] = {key: [] for key in self.keys}
        for row in self.rows:
            for last, cell in pairwise(row.cells):
                before[cell.key].append(last)
        for key in self.keys:
            ends = [columns[last.key] + last.width for last in before[key]]
            columns[key] = max(ends) + self._gap(key) if ends else 0
        return columns

    def _gap(self, key: str) -> int:
        return _gap(self.rows[0].kind, key)[self.counts[key] > 1]


def _class(kind: str) -> str:
    """The kind without what only keeps its runs apart."""
    return kind.partition(" ")[0].rstrip(":")


def _gap(kind: str, key: str) -> tuple[int, int]:
    return _GAPS.get((_class(kind), key), (2, 2))


def _offsets(row: Row) -> Iterator[tuple[str, int]]:
    """How far from the line's start each cell begins, as if all stood side by side."""
    at = 0
    for cell in row.cells:
        yield cell.key, at
        at += cell.width


def _runs(rows: Sequence[Row]) -> Iterator[_Run]:
    run: _Run | None = None
    for row in rows:
        if run is not None and run.add(row):
            continue
        if run is not None:
            yield run
        run = _Run(row)
    if run is not None:
        yield run


# --- comments ---------------------------------------------------------------------------------------


def _with_comments(lines: Sequence[Line], texts: Sequence[str]) -> Iterator[tuple[Line, str]]:
    """Each line with its text and comment."""
    column = 0
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.comment is None or not line.pieces:
            if line.comment is None:
                yield line, texts[at]
            else:
                column = column if line.hangs else line.indent
                yield line, " " * column + line.comment.text
            at += 1
            continue
        end = _comment_run(lines, texts, at)
        column = max(len(text) for text in texts[at:end]) + 2
        for i in range(at, end):
            comment = lines[i].comment
            assert comment is not None
            yield lines[i], texts[i].ljust(column) + comment.text
        at = end


def _comment_run(lines: Sequence[Line], texts: Sequence[str], start: int) -> int:
    """Where the lines end whose comments stand in one column with that of the line at `start`."""
    low = high = len(texts[start])
    for at in range(start + 1, len(lines)):
        line, width = lines[at], len(texts[at])
        low, high = min(low, width), max(high, width)
        commented = line.comment is not None and line.pieces
        if not commented or line.blank or line.indent != lines[start].indent or high - low > MOST_ROOM:
            return at
    return len(lines)
