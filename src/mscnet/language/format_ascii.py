"""The ASCII spelling of every sign that has another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from mscnet.diagnostics import Source
from mscnet.language.format_tokens import Piece
from mscnet.language.parse import parse_file
from mscnet.language.syntax import BracketX, Word
from mscnet.mechanism.units import UNITS

#: Signs with the spelling that means the same.
SIGNS = MappingProxyType(
    {"→": "->", "←": "<-", "⇌": "<->", "⇄": "<->", "↔": "<->", "∅": "0", "±": "+-", "·": "*", "°C": "degC"}
)
#: Letters of units; a name of the file that holds one stays as it is.
LETTERS = MappingProxyType({"µ": "u", "μ": "u", "Å": "angstrom", "\N{ANGSTROM SIGN}": "angstrom"})


def spell_in_ascii(pieces: Iterable[Piece], source: Source) -> None:
    """Give every sign of a text its ASCII spelling; names, strings and comments keep theirs."""
    names: set[str] | None = None
    for piece in pieces:
        if piece.kind == "STRING" or piece.value.isascii():
            continue
        if piece.value in SIGNS:
            piece.value = SIGNS[piece.value]
            piece.kind = "NUMBER" if piece.value == "0" else "NAME" if piece.value == "degC" else piece.kind
        elif piece.kind == "BOND":
            piece.value = piece.value.replace("≡", "-=").replace("–", "-")
        elif piece.kind == "NAME" and piece.value in UNITS:
            if names is None:
                names = set(_names_in(parse_file(source)[0]))
            if piece.value not in names:
                for letter, spelling in LETTERS.items():
                    piece.value = piece.value.replace(letter, spelling)


def _names_in(node: object) -> Iterator[str]:
    """What a syntax tree declares or uses as a name of the file, where it cannot be a unit."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Word | BracketX):
            yield node.name
        elif isinstance(node, tuple | list):
            nodes += node
