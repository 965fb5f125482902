"""Where blanks stand between the tokens of a line, by the classes of tokens, whatever statement they are in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mscnet.language.format_tokens import Piece, closes, opens
from mscnet.mechanism.units import UNITS

_NAMES = frozenset({"NAME", "ION", "FORMULA", "TEMPLATE", "TEMPLATE_ION", "BOND", "MEMBER_OPEN"})
_COMPARED = frozenset({"==", "!="})
#: Signs that bind closely on both sides.
_CLOSE = frozenset({"*", "/", "·", "^", "."})
_SIGNS = frozenset({"+", "-"})
#: What a name of the file follows, and no unit.
_BEFORE_NAMES = frozenset(
    {"species", "parameter", ",", "[", "@", ":", "+", "->", "<-", "<->", "<=>", "→", "←", "⇌", "⇄", "↔", "-[", "<-["}
)
#: Words that are called like functions although they are words of a statement.
_CALLED = frozenset({"spectrum", "difference", "sum", "ramp", "pulse", "table"})
#: What stands close behind what it belongs to: the marks of a site, and of a pattern.
_MARKS = frozenset({"SITE_STATE", "SITE_BOND", "SITE_LABEL", "MATCH_ONCE"})
#: Words between conditions.
_JOINING = frozenset({"and", "or", "not", "if"})
_WORD = re.compile(r"\w+\Z")
#: Signs that the rules below know nothing of: the author's blanks stay.
_UNKNOWN = re.compile(r"[~!?$&|\\]")


def is_operand(piece: Piece) -> bool:
    """Whether an operator after this is one between two operands, not a sign."""
    return (
        piece.kind in _NAMES
        or piece.kind in ("NUMBER", "STRING", "UNIT_SIGN", "PLACE_CLOSE", "MATCH_ONCE")
        or piece.value in (")", "]", "}", "∅")
    )


def is_word(piece: Piece) -> bool:
    """Whether it is a word of the language where it stands, not a name."""
    return piece.kind not in _NAMES and piece.kind != "NUMBER" and _WORD.match(piece.value) is not None


class Blanks:
    """Decides on the blank before each token; knows which words are units in this text."""

    def __init__(self, pieces: Sequence[Piece], units: frozenset[str] | None = None) -> None:
        self.units = units_among([names_of_units(pieces)]) if units is None else units
        self.indices = _indices_of(pieces)

    def before(self, pieces: Sequence[Piece], at: int) -> str:
        """What stands between the token before `at`, on the same line, and that one."""
        last, this = pieces[at - 1], pieces[at]
        a, b = last.value, this.value
        if b == "/" and last.kind in ("NUMBER", "RPAR") and self._unit_follows(pieces, at):
            sure = last.kind == "NUMBER" and (at < 2 or pieces[at - 2].value not in ("^", "-"))
            return " " if sure or this.blank else ""
        if b == ";":
            return " "
        if last.kind == "SPECIES_TAG" or (last.kind == "MATCH_ONCE" and this.kind == "MOLECULE_OPEN"):
            return ""
        if this.kind in _MARKS and (this.kind != "MATCH_ONCE" or closes(a) or last.kind == "PLACE_CLOSE"):
            return ""
        if last.kind in _MARKS or last.kind == "PLACE_CLOSE":
            return "" if closes(b) or b in (",", ".") else " "
        if "." in (a, b) and _is_apart(pieces, at if b == "." else at - 1):
            return " "
        if a == "+" and b == "-":
            return " "  # `+-` would be a deviation
        if "-" in (a, b) and self._in_power(pieces, at if b == "-" else at - 1):
            return ""
        if id(this) in self.indices and (a == "," or a in _SIGNS or b in _SIGNS):
            return ""
        if this.kind == "LBRACE" or last.kind == "LBRACE" or this.kind == "RBRACE":
            return " "
        if a == "-" and b == "[" and last.starts:
            return " "  # `-[` at a line's start would be an arrow that goes on with the line above
        if opens(a) or closes(b) or a in _CLOSE or b in _CLOSE or b in (",", ":"):
            return ""
        if a in _SIGNS and (at < 2 or not is_operand(pieces[at - 2])):
            return ""
        if b == "%":
            return ""
        if b in ("(", "["):
            return self._before_bracket(last, this)
        if a in _COMPARED or b in _COMPARED:
            return " "
        if _UNKNOWN.search(a) or _UNKNOWN.search(b) or last.kind == "RBRACE":
            return " " if this.blank else ""
        return " "

    def _in_power(self, pieces: Sequence[Piece], sign: int) -> bool:
        """Whether a sign stands close in ``mM-1``, which `check` tells to be no power."""
        if not 1 < sign < len(pieces) - 1 or pieces[sign].blank or pieces[sign + 1].blank:
            return False
        if pieces[sign - 2].kind != "NUMBER":
            return False
        before, after = pieces[sign - 1], pieces[sign + 1]
        return before.kind == "NAME" and before.value in self.units and after.kind == "NUMBER" and after.value.isdigit()

    def _before_bracket(self, last: Piece, this: Piece) -> str:
        written = " " if this.blank else ""
        if last.kind in ("NAME", "TEMPLATE"):
            return "" if this.value == "(" else written
        if is_word(last):
            if last.value in _CALLED:
                return ""
            return written if this.value == "(" and last.value not in _JOINING else " "
        return written if last.value in (")", "]") else " "

    def _unit_follows(self, pieces: Sequence[Piece], at: int) -> bool:
        if at + 1 == len(pieces):  # the line ends in a stroke
            return False
        after = pieces[at + 1]
        if after.value == "(":
            return pieces[at].blank and not after.blank
        return after.kind == "NAME" and after.value in self.units


def _is_apart(pieces: Sequence[Piece], dot: int) -> bool:
    """Whether a dot stands between two names with blanks: without these they would be one name, as of an import."""
    around = (*pieces[max(dot - 1, 0) : dot], *pieces[dot + 1 : dot + 2])
    return len(around) == 2 and all(piece.kind in ("NAME", "TEMPLATE") for piece in around)


def _indices_of(pieces: Sequence[Piece]) -> frozenset[int]:
    """The ids of what stands in the brackets of members, ``F[n+1]``, outside other brackets in these."""
    found: set[int] = set()
    brackets: list[bool] = []
    for piece in pieces:
        if closes(piece.value) and brackets:
            brackets.pop()
        if brackets and brackets[-1]:
            found.add(id(piece))
        if opens(piece.value):
            brackets.append(piece.kind == "MEMBER_OPEN")
    return frozenset(found)


def units_among(found: Iterable[tuple[set[str], set[str]]]) -> frozenset[str]:
    """Names that are units in a text: known ones, and those that it declares, less what it names otherwise.

    `found` is what `names_of_units` says of each part of the text.
    """
    declared = set(UNITS)
    otherwise: set[str] = set()
    for own, named in found:
        declared |= own
        otherwise |= named
    return frozenset(declared - otherwise)


def names_of_units(pieces: Sequence[Piece]) -> tuple[set[str], set[str]]:
    """Names that a text declares as units, and those of units that it names otherwise."""
    own: set[str] = set()
    named: set[str] = set()
    head, in_molecule = "", False
    for before, piece in zip((None, *pieces), pieces, strict=False):
        if piece.starts:
            head = piece.value
        in_molecule = piece.kind == "MOLECULE_OPEN" or (in_molecule and not closes(piece.value))
        if in_molecule:
            continue
        if piece.kind != "NAME" or (piece.value not in UNITS and head != "unit"):
            continue
        previous = "" if before is None else before.value
        if head == "unit" and previous in ("unit", ","):
            own.add(piece.value)
        elif head != "units" and (
            piece.starts or previous in ("species", "parameter", ",", "[", "@", ":", "->", "<->")
        ):
            named.add(piece.value)
    return own, named
