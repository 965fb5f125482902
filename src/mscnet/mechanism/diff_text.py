"""What a file says from a name on, in its own words."""

from __future__ import annotations

import re

from mscnet.diagnostics import Span

_PIECE = re.compile(r'"[^"\n]*"|#[^\n]*|[({[]|[)}\]]|[,;\n]|[^\S\n]+|[^\s"#(){}\[\],;]+')
#: The most that is shown, in characters.
_MOST = 200
_GOES_ON = ("+", "-", "*", "/", ",", "^", "=")


def _ends(piece: str, said: list[str]) -> bool:
    return piece in ",;" or (piece == "\n" and not "".join(said).rstrip().endswith(_GOES_ON))


def statement_at(span: Span) -> str:
    """The declaration whose name stands at a place, on one line: ``A "label" of C2H6 = 1 mM``."""
    said: list[str] = []
    depth = 0
    for found in _PIECE.finditer(span.source.text, span.start):
        piece = found[0]
        if piece[0] == "#":
            continue
        if piece in "({[":
            depth += 1
        elif piece in ")}]":
            depth -= 1
            if depth < 0:
                break
        elif depth == 0 and _ends(piece, said):
            break
        said.append(" " if piece.isspace() else piece)
        if found.end() - span.start > _MOST:
            said.append(" …")
            break
    return " ".join("".join(said).split())
