"""The tokens of a text with what lies between them: comments, line breaks, and where statements begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mscnet.diagnostics import MechanismError, Source
from mscnet.language.build import Token
from mscnet.language.lalr import NotTaken, Tables, known_tables, parse

#: What a gap between two tokens may hold beside blanks.
_PIECE = re.compile(r"#[^\n]*|[\n;]")
_BLANKS = re.compile(r"[ \t\r\f]+")


class Comment(NamedTuple):
    """A comment, with how many line breaks stand before it and its column in the text (from 0)."""

    text: str
    breaks: int
    column: int


class Piece:
    """A token and what stands before it.

    `blank` says whether the author left room before it, `breaks` how many line breaks (after the last comment),
    `starts` whether a statement begins here, `semicolon` whether a ``;`` before it ended one.
    """

    __slots__ = ("blank", "breaks", "comments", "kind", "semicolon", "starts", "value")

    def __init__(self, kind: str, value: str, starts: bool) -> None:
        self.kind, self.value, self.starts = kind, value, starts
        self.blank = self.semicolon = False
        self.breaks = 0
        self.comments: tuple[Comment, ...] = ()


def opens(value: str) -> bool:
    """Whether a token opens a bracket: ``(``, ``[``, ``-[``, or one that begins with its name, ``F[``."""
    return value.endswith(("(", "["))


def closes(value: str) -> bool:
    """Whether a token closes a bracket; the end of an arrow with something over it does."""
    return value.startswith((")", "]"))


#: The kind of the piece that stands at the end of a text, with the comments after the last token.
END = "$END"


def pieces_of(source: Source) -> list[Piece]:
    """Every token of a text, and a last piece of kind `END`.

    Raises:
        MechanismError: the text has syntax errors.
    """
    text = source.text + "\n"
    return list(_pieces(text, tokens_of(source, text)))


def quick_pieces(source: Source) -> list[Piece]:
    """What `pieces_of` gives, without looking for what is wrong.

    Raises:
        NotTaken: the text has a syntax error.
    """
    text = source.text + "\n"
    seen: list[Token] = []
    parse(_tables(), text, seen)
    return list(_pieces(text, seen))


def tokens_of(source: Source, text: str) -> list[Token]:
    """The tokens that the parser takes, those that end statements (``_NL``) among them."""
    seen: list[Token] = []
    try:
        parse(_tables(), text, seen)
    except NotTaken:
        from mscnet.language.recovery import parse_with_recovery

        raise MechanismError(parse_with_recovery(source)[1]) from None
    return seen


def _tables() -> Tables:
    known = known_tables()
    if known is not None:
        return known
    from mscnet.language.lark_tables import tables_of
    from mscnet.language.recovery import lark_parser

    return tables_of(lark_parser()[0])


def _pieces(text: str, tokens: list[Token]) -> Iterator[Piece]:
    at, starts, separated = (
        0,
        True,
        False,
    )  # where the gap before the next piece begins, and whether it ends a statement
    for token in tokens:
        if token.type == "_NL":
            starts = separated = True
            continue
        # words that make one token, as `energy pattern`, stand one blank apart
        value = token.value if token.type == "STRING" else _BLANKS.sub(" ", token.value)
        piece = Piece(token.type, value, starts)
        _fill(piece, text, at, token.start_pos, separated)
        yield piece
        at, starts, separated = token.end_pos, token.type == "LBRACE", False
    last = Piece(END, "", True)
    _fill(last, text, at, len(text), separated)
    yield last


def _fill(piece: Piece, text: str, start: int, end: int, separated: bool) -> None:
    """Say of a piece what stands in the gap before it."""
    if start == end:
        return
    piece.blank = True
    if end - start == 1 and text[start] == " ":
        return
    comments: list[Comment] = []
    for found in _PIECE.finditer(text, start, end):
        mark = found[0]
        if mark == "\n":
            piece.breaks += 1
        elif mark == ";":
            piece.semicolon = separated
        else:
            column = found.start() - text.rfind("\n", 0, found.start()) - 1
            comments.append(Comment(mark.rstrip(), piece.breaks, column))
            piece.breaks = 0
    piece.comments = tuple(comments)
