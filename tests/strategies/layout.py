"""Tokens to text in a layout drawn at random: blanks, line breaks where the language allows them, comments."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

_OPERATORS = {"+", "-", "*", "/", "·", ",", "^", "<", ">", "<=", ">=", "±", "+-", "+/-"}
_BEFORE = re.compile(r"->|<-|<=>|→|←|⇌|⇄|↔|-\[|@|\{")
_ION = re.compile(r"\w\^\d*[+-]$")
_COMMENTS = ("", " a note", ' with "quotes" { and } braces', " k -> l @ 3 ; (", "#", " µ → é 名")

#: The token that ends a statement inside a block.
END = "\n"


class Layout:
    """How a text is laid out; without a `random`, plainly: one blank between tokens, one statement a line."""

    def __init__(self, random: Random | None) -> None:
        self.random = random

    def join(self, statements: list[list[str]]) -> str:
        """Statements, each a list of tokens, as a text."""
        if self.random is None:
            return "".join(" ".join(tokens) + "\n" for tokens in statements)
        text = self._ends(maybe_empty=True)
        for i, tokens in enumerate(statements):
            text += self._statement(tokens) + self._ends(maybe_empty=i == len(statements) - 1)
        newline = self.random.choice(("\n", "\n", "\n", "\r\n", "\r"))
        mark = self.random.choice(("", "", "", "\ufeff"))
        return mark + text.replace("\n", newline)

    def _statement(self, tokens: list[str]) -> str:
        text, depth = tokens[0], 0
        for before, token in pairwise(tokens):
            depth += (before in ("(", "[") or before.endswith("-[")) - (before in (")", "]") or before.startswith("]-"))
            text += self._between(before, token, depth) + (self._ends(maybe_empty=False) if token == END else token)
        return text

    def _between(self, before: str, token: str, depth: int) -> str:
        random = self.random
        assert random is not None
        if END in (before, token):
            return ""
        breakable = depth > 0 or before in _OPERATORS or _BEFORE.match(token)
        if breakable and random.random() < 0.08:
            return self._break()
        if _must_part(before, token) or random.random() < 0.7:
            return random.choice((" ", " ", " ", "  ", "\t"))
        return ""

    def _break(self) -> str:
        assert self.random is not None
        comment = f" #{self.random.choice(_COMMENTS)}" if self.random.random() < 0.4 else ""
        return comment + "\n" * self.random.choice((1, 1, 2)) + " " * self.random.choice((0, 4))

    def _ends(self, maybe_empty: bool) -> str:
        """What stands between two statements."""
        random = self.random
        assert random is not None
        style = random.random()
        if maybe_empty and style < 0.3:
            return ""
        if style < 0.5:
            return "\n"
        if style < 0.65:
            return random.choice((";", " ; ", ";;", ";\n", "; # end\n"))
        return self._break()


def _must_part(before: str, token: str) -> bool:
    """Whether two tokens would run into each other, or mean something else without a blank."""
    if token in ("-", "{"):  # `mM-1` is refused for it looks like a power; a block stands off the name before it
        return True
    end, start = before[-1], token[0]
    if _is_word(start):
        number = before[0].isdigit() or before[0] == "."
        loose = number and end.isdigit() and not start.isdigit() and start not in "eE"  # `2A`, `0.05mM`
        return not loose and (_is_word(end) or end in "]" or _ION.search(before) is not None)
    return start == "." and (end.isdigit() or end == ".")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
