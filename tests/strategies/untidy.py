"""Texts made untidy: other blanks, line breaks, semicolons and comments, and the same meaning."""

from __future__ import annotations

import re
from random import Random

_PIECES = re.compile(r'"[^"\n]*"|#[^\n]*|[ \t]+|\n|;|[,({}]|[-+*/]=|(?<=\s)[+*](?=\s)|[^\s"#;,(){}+*]+|[)+*]')
_COMMENTS = ("# a", "#b ; c", "#", '# "quoted" { [', "# → µ", "#   wide   ")
_BLANKS = (" ", " ", "  ", "\t", "      ")


def untidy(random: Random, text: str) -> str:
    """`text` in another layout; where a line is broken, a comment may come in."""
    pieces = _PIECES.findall(text)
    assert "".join(pieces) == text
    out: list[str] = []
    for at, piece in enumerate(pieces):
        before = pieces[at - 1] if at else "\n"
        if piece.isspace() and piece != "\n":
            out.append(_indent(random) if before == "\n" else random.choice(_BLANKS))
        elif piece == "\n":
            out.append(_line_end(random, before, text))
        elif piece == "(" and pieces[at + 2 : at + 3] == [")"]:  # it may be one of a formula
            out.append(piece)
        elif piece in (",", "(") or (piece in ("+", "*") and before.isspace() and random.random() < 0.3):
            out.append(piece + (_break(random) if random.random() < 0.15 else ""))
        elif piece == ";" and random.random() < 0.4:
            out.append(random.choice((";;", " ;", "; ", ";\n", "\n", _break(random))))
        elif piece.startswith("#"):
            out.append(piece + random.choice(("", "", "  ", "\t")))
        else:
            out.append(piece)
    return "".join(out)


def _indent(random: Random) -> str:
    return random.choice(("", " ", "    ", "\t", "         "))


def _line_end(random: Random, before: str, text: str) -> str:
    comment = "" if before.startswith("#") or random.random() < 0.85 else "  " + random.choice(_COMMENTS)
    more = random.choice(("", "", "", "", "\n", "\n\n\n", " \n\t\n" + random.choice(_COMMENTS) + "\n"))
    return random.choice(("", "", " ", "\t")) + comment + "\n" + more


def _break(random: Random) -> str:
    return random.choice(("\n", "\n\n", f" {random.choice(_COMMENTS)}\n", f"\n  {random.choice(_COMMENTS)}\n\n    "))
