"""The canonical layout of a mechanism file.

It works on tokens and brackets, not on the statements of the grammar: blanks between tokens (`format_blanks`), lines
(`format_lines`), columns (`format_columns`).  What it gives is read again before it is handed out: a layout that would
lose a comment or mean something else is never given.
"""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.diagnostics import MechanismError, Source
from mscnet.language.format_blanks import Blanks
from mscnet.language.format_columns import write_lines
from mscnet.language.format_lines import lines_of
from mscnet.language.format_tokens import END, Piece, pieces_of
from mscnet.language.source import source_of


def format_text(text: str, *, ascii: bool = False, name: str = "<text>") -> str:
    """A mechanism's text in the canonical layout; with `ascii`, every sign in its ASCII spelling.

    Comments are kept, and where lines are broken.  Formatting twice is formatting once.  A text with ``\\r\\n`` at the
    end of its first line keeps such line ends.

    Raises:
        MechanismError: the text has syntax errors.

    >>> format_text("A+B->C@k1;C  -> D @0.1/min #slow")
    'A + B -> C @ k1 ; C -> D @ 0.1 /min  #slow\\n'
    """
    return format_bytes(text.encode("utf-8", "surrogatepass"), name, ascii).decode("utf-8")


def format_bytes(data: bytes, name: str, ascii: bool = False) -> bytes:
    """The bytes of a mechanism file in the canonical layout; see `format_text`.

    Raises:
        MechanismError: the file is no text in UTF-8, too large, or has syntax errors.
    """
    text = format_source(source_of(data, name), ascii)
    first = data.find(b"\n")
    if first > 0 and data[first - 1] == ord("\r"):
        text = text.replace("\n", "\r\n")
    return text.encode("utf-8")


def format_source(source: Source, ascii: bool = False) -> str:
    """The canonical layout of a source, with plain line ends.

    Raises:
        MechanismError: the source has syntax errors.
    """
    from mscnet.language import without_collector

    with without_collector():
        pieces = pieces_of(source)
        blanks = Blanks(pieces)
        if ascii:
            from mscnet.language.format_ascii import spell_in_ascii

            spell_in_ascii(pieces, source)
        text = write_lines(lines_of(pieces), blanks)
        if text != source.text and not same_content(pieces, text):
            message = "no layout of this file was found that means the same; it is left as it is"
            raise MechanismError.of("E250", message, hint="please report this file", file=source.name)
    return text


def same_content(pieces: Sequence[Piece], text: str) -> bool:
    """Whether a text has the tokens, statements and comments of these pieces."""
    try:
        return _content(pieces) == _content(pieces_of(Source("<formatted>", text)))
    except MechanismError:
        return False


def _content(pieces: Sequence[Piece]) -> list[object]:
    content: list[object] = []
    for piece in pieces:
        content += (comment.text for comment in piece.comments)
        closes = piece.kind in ("RBRACE", END)
        content.append((piece.kind, piece.value, piece.starts and not closes))
    return content
