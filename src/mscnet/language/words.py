"""Words that mean something only in the blocks that they belong to.

The lexer knows the state of the parser, but the states after an expression are shared by all statements; so it is told
here whether ``over`` or ``weight`` is a word of facts or a name.
"""

from __future__ import annotations

from typing import ClassVar

#: By the head that begins a statement: the words that may follow an expression in it.
WORDS: dict[str, frozenset[str]] = {
    "EXPECT": frozenset(
        {"INCREASES", "DECREASES", "SIMILAR", "IS", "DOES", "OVER", "AT_A_TIME", "FROM", "AS"} | {"WEIGHT", "TO"}
    ),
    "DATA": frozenset({"AS"}),
    "IMPORT": frozenset({"AS"}),
    "EXPERIMENT": frozenset({"OVER", "FROM", "AT_A_TIME", "TO"}),
    "EVENT_EVERY": frozenset({"FROM", "TO", "TIMES"}),
    "EVENT_WHEN": frozenset({"AND", "OR", "ONCE"}),
}
_ALL = frozenset().union(*WORDS.values())
_NONE: frozenset[str] = frozenset()


class BlockWords:
    """Follows the tokens of a text and says which words are names where they stand."""

    __slots__ = ("_allowed", "_level")
    #: Kinds of tokens to show to `kind_of`; it leaves all others as they are.
    WATCHED: ClassVar[frozenset[str]] = _ALL | WORDS.keys() | {"_NL", "RBRACE"}

    def __init__(self) -> None:
        self._allowed, self._level = _NONE, 0

    def kind_of(self, kind: str, blocks: int) -> str:
        """The kind of a token, ``NAME`` for a word outside its block; `blocks` are open once it is read."""
        if kind in _ALL:
            return kind if kind in self._allowed else "NAME"
        if kind in WORDS:
            self._allowed, self._level = WORDS[kind], blocks
        elif kind in ("_NL", "RBRACE") and blocks == self._level:
            self._allowed = _NONE
        return kind
