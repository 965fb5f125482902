"""The ASCII spelling of every sign that has another."""

from __future__ import annotations

from collections.abc import Container, Iterable
from types import MappingProxyType

from mscnet.language.format_tokens import Piece

#: Signs with the spelling that means the same.
SIGNS = MappingProxyType(
    {"→": "->", "←": "<-", "⇌": "<->", "⇄": "<->", "↔": "<->", "∅": "0", "±": "+-", "·": "*", "°C": "degC"}
)
#: Letters of units; a name of the file that holds one stays as it is.
LETTERS = MappingProxyType({"µ": "u", "μ": "u", "Å": "angstrom", "\N{ANGSTROM SIGN}": "angstrom"})


def spell_in_ascii(pieces: Iterable[Piece], units: Container[str]) -> None:
    """Give every sign of a text its ASCII spelling; names, strings and comments keep theirs.

    `units` holds the words that are units in this text.
    """
    for piece in pieces:
        if piece.kind == "STRING" or piece.value.isascii():
            continue
        if piece.value in SIGNS:
            piece.value = SIGNS[piece.value]
            piece.kind = "NUMBER" if piece.value == "0" else "NAME" if piece.value == "degC" else piece.kind
        elif piece.kind == "NAME" and piece.value in units:
            for letter, spelling in LETTERS.items():
                piece.value = piece.value.replace(letter, spelling)
