"""Small questions about the tokens of a loose statement: brackets, commas, and words in their places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mscnet.language.loose import Token


def is_index(tokens: Sequence[Token], i: int) -> bool:
    """Whether the bracket before token `i` is the index of a member: ``F[n]``."""
    return i > 1 and tokens[i - 2].kind == "name" and tokens[i - 2].end == tokens[i - 1].start


def owner_of(token: Token) -> str:
    """What the variables of the loop belong to that begins with a token."""
    return f"for@{token.start}"


def loop_names(tokens: Sequence[Token]) -> list[Token]:
    """The variables of ``for n in 1 .. 5, m in n .. 5``."""
    pairs = pairwise(tokens)
    return [token for token, following in pairs if token.kind == "name" and following.text == "in"]


def token_at(tokens: Sequence[Token], offset: int, i: int) -> int:
    """The first token from `i` on that begins at or after an offset."""
    while i < len(tokens) and tokens[i].start < offset:
        i += 1
    return i


def closing(tokens: Sequence[Token], i: int) -> int:
    """Where the tokens go on after the bracket that opens at `i`."""
    depth = 0
    for j in range(i, len(tokens)):
        text = tokens[j].text
        if text in ("(", "["):
            depth += 1
        elif text in (")", "]"):
            depth -= 1
            if depth == 0:
                return j + 1
    return len(tokens)


def pieces(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """What stands between commas outside of brackets; empty pieces are left out."""
    pieces: list[Sequence[Token]] = []
    depth = start = 0
    for i, token in enumerate(tokens):
        text = token.text
        if text in ("(", "["):
            depth += 1
        elif text in (")", "]"):
            depth -= 1
        elif text == "," and depth <= 0:
            pieces.append(tokens[start:i])
            start = i + 1
    pieces.append(tokens[start:])
    return [piece for piece in pieces if piece]


def prefix_of(tokens: Sequence[Token]) -> Token | None:
    """The prefix that an ``import`` gives."""
    for token, following in pairwise(tokens):
        if token.kind == "name" and token.text == "as" and following.kind == "name":
            return following
    return None


def label_end(tokens: Sequence[Token]) -> int:
    """Where the ``:`` stands that ends a label at the start, ``step:`` or ``dose[i]:``; 0 where there is none."""
    if len(tokens) < 2 or tokens[0].kind != "name":
        return 0
    end = closing(tokens, 1) if tokens[1].text == "[" else 1
    return end if end < len(tokens) and tokens[end].text == ":" else 0
