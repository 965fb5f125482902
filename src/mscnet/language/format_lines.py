"""The lines of a text as its author broke them, each at its place: indented by blocks, brackets and continuation.

Lines are broken where the author broke them, with two exceptions: a block that goes over several lines has its braces
at the ends of lines, and an opening brace stands on the line that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mscnet.language.format_blanks import is_word
from mscnet.language.format_tokens import END, Comment, Piece, closes, opens

#: One step inwards.
STEP = 4

#: What goes on with the line above when it begins a line, so that only a ``;`` keeps it a statement of its own.
GOES_ON = ("<->", "<=>", "->", "<-", "→", "←", "⇌", "⇄", "↔", "-[", "@", "{")


class Line:
    """A line to be written: its tokens, the comment at its end, and what is known of its place.

    `whole` says that it holds one statement from beginning to end; `block` is the head of the block that it is in, and
    `depth` the number of blocks; `hangs` says that its comment goes on with that of the line above.
    """

    __slots__ = ("blank", "block", "comment", "depth", "hangs", "indent", "pieces", "whole")

    def __init__(self, indent: int, whole: bool, blocks: Sequence[str]) -> None:
        self.indent, self.whole = indent, whole
        self.depth, self.block = len(blocks), blocks[-1] if blocks else ""
        self.pieces: list[Piece] = []
        self.comment: Comment | None = None
        self.blank = self.hangs = False


class _Frame(NamedTuple):
    """An open bracket or block: where it closes, where what it holds begins, and the statement that it is in."""

    outer: int
    block: bool
    head: Piece | None

    @property
    def inner(self) -> int:
        return self.outer + STEP


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    """The lines that a text is to be written in."""
    layout = _Layout(_long_blocks(pieces))
    for at, piece in enumerate(pieces):
        layout.take(at, piece)
    return layout.lines


def _long_blocks(pieces: Sequence[Piece]) -> set[int]:
    """The braces, by index, of blocks that go over several lines and are not empty."""
    found: set[int] = set()
    opened: list[tuple[int, int]] = []
    lines = 0
    for at, piece in enumerate(pieces):
        lines += piece.breaks + len(piece.comments)
        if piece.kind == "LBRACE":
            opened.append((at, lines))
        elif piece.kind == "RBRACE" and opened:
            start, before = opened.pop()
            if lines > before and (at > start + 1 or piece.comments):
                found |= {start, at}
    return found


class _Layout:
    """Takes the pieces of a text one by one and puts them on lines."""

    def __init__(self, long_blocks: set[int]) -> None:
        self.long_blocks = long_blocks
        self.lines: list[Line] = []
        self.line: Line | None = None  # the one that goes on
        self.code: Line | None = None  # the last one with tokens
        self.frames: list[_Frame] = []
        self.blocks: list[str] = []
        self.statement = 0  # where the current statement is indented
        self.head: Piece | None = None
        self.beside_head = False
        self.last: Piece | None = None

    def take(self, at: int, piece: Piece) -> None:
        """Put a piece, and the comments before it, where they belong."""
        self._comments(piece)
        if piece.kind == END:
            return
        broken = self._is_broken(at, piece)
        if piece.semicolon:
            self._semicolon(piece, broken)
        if broken:
            self._begin(piece)
        self._put(piece)

    def _is_broken(self, at: int, piece: Piece) -> bool:
        """Whether a line begins with this piece."""
        if self.line is None or piece.comments:
            return True
        if at - 1 in self.long_blocks and self.last is not None and self.last.kind == "LBRACE":
            return True
        if piece.kind == "RBRACE":
            return at in self.long_blocks
        return piece.breaks > 0 and (piece.kind != "LBRACE" or self.line.comment is not None)

    def _semicolon(self, piece: Piece, broken: bool) -> None:
        """A ``;`` stays where it parts two statements that would be one, or stand on one line, without it."""
        needed = piece.value.startswith(GOES_ON) if broken else piece.kind != "RBRACE"
        if self.code is not None and needed and self.last is not None and self.last.kind != "LBRACE":
            self.code.pieces.append(Piece(";", ";", False))
            if self.code.depth == len(self.blocks):
                self.code.whole = False

    def _begin(self, piece: Piece) -> None:
        """A new line for a token."""
        indent = self._indent(piece)
        starts = piece.starts and piece.kind != "RBRACE"
        if not starts and piece.kind != "RBRACE" and self.code is not None:
            self.code.whole = False  # its statement has more than one line
        line = Line(indent, starts, self.blocks)
        line.blank = starts and piece.breaks > 1 and self._may_part()
        self.lines.append(line)
        self.line = self.code = line

    def _may_part(self) -> bool:
        """Whether an empty line may follow the last one: not at the start of the text or of a block."""
        if not self.lines:
            return False
        pieces = self.lines[-1].pieces
        return not pieces or pieces[-1].kind != "LBRACE"

    def _indent(self, piece: Piece) -> int:
        frame = self.frames[-1] if self.frames else None
        if piece.kind == "RBRACE" or closes(piece.value):
            return frame.outer if frame else 0
        if frame is not None and not frame.block:
            return frame.inner
        if piece.starts:
            return frame.inner if frame else 0
        if piece.kind == "LBRACE":
            return self.statement
        head, last = self.head, self.last
        if last is not None and last.value == "," and head is not None and is_word(head) and self.beside_head:
            return self.statement + len(head.value) + 1
        return self.statement + STEP

    def _put(self, piece: Piece) -> None:
        line, last = self.line, self.last
        assert line is not None
        if last is not None and last is self.head:
            self.beside_head = bool(line.pieces) and line.pieces[-1] is last
        if piece.starts and piece.kind != "RBRACE":
            self.head, self.statement = piece, line.indent
            if line.pieces and line.depth == len(self.blocks):
                line.whole = False
        if piece.kind == "LBRACE":
            self.frames.append(_Frame(self.statement, True, self.head))
            self.blocks.append("" if self.head is None else self.head.value)
        elif opens(piece.value):
            self.frames.append(_Frame(line.indent, False, self.head))
        elif self.frames and (piece.kind == "RBRACE" or closes(piece.value)):
            frame = self.frames.pop()
            if frame.block:
                self.statement, self.head = frame.outer, frame.head
                self.blocks.pop()
        line.pieces.append(piece)
        self.last = piece

    def _comments(self, piece: Piece) -> None:
        """Lines for the comments before a piece."""
        before: Comment | None = None
        for comment in piece.comments:
            line = self.line
            if comment.breaks == 0 and line is not None and line.comment is None:
                line.comment = before = comment
                continue
            between = piece.starts or piece.kind in ("RBRACE", END)
            own = Line(self._comment_indent(piece), False, self.blocks)
            own.comment = comment
            own.blank = comment.breaks > 1 and between and self._may_part()
            own.hangs = before is not None and comment.breaks == 1 and before.column == comment.column > 0
            before = comment if own.hangs else None
            self.lines.append(own)
            self.line = None

    def _comment_indent(self, piece: Piece) -> int:
        frame = self.frames[-1] if self.frames else None
        if frame is not None and (not frame.block or piece.starts or piece.kind == "RBRACE"):
            return frame.inner
        return 0 if piece.starts else self.statement + STEP
