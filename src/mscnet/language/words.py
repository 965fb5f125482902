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
    "EXPERIMENT": frozenset({"OVER", "FROM", "AT_A_TIME", "TO", "STEP"}),
    "EVENT_EVERY": frozenset({"FROM", "TO", "TIMES"}),
    "EVENT_WHEN": frozenset({"AND", "OR", "ONCE"}),
}
#: Those that may follow ``for``, in the statement or block heading that it stands in.
_OF_LOOPS = frozenset({"BY", "STEP", "IF", "AND", "OR"})
_ALL = _OF_LOOPS.union(*WORDS.values())
_NONE: frozenset[str] = frozenset()


class BlockWords:
    """Follows the tokens of a text and says which words are names where they stand."""

    __slots__ = ("_allowed", "_before", "_level")
    #: Kinds of tokens to show to `kind_of`; it leaves all others as they are.
    WATCHED: ClassVar[frozenset[str]] = _ALL | WORDS.keys() | {"_NL", "LBRACE", "RBRACE", "FOR"}

    def __init__(self) -> None:
        self._allowed, self._level = _NONE, 0
        #: What was allowed before a ``for``, None where there is none.
        self._before: frozenset[str] | None = None

    @property
    def in_experiment(self) -> bool:
        """Whether the words of experiments are allowed."""
        return "STEP" in (self._allowed if self._before is None else self._before)

    def kind_of(self, kind: str, blocks: int) -> str:
        """The kind of a token, ``NAME`` for a word outside its block; `blocks` are open once it is read."""
        if kind in _ALL:
            return kind if kind in self._allowed else "NAME"
        if kind in WORDS:
            self._allowed, self._level, self._before = WORDS[kind], blocks, None
        elif kind == "FOR":
            self._before = self._allowed if self._before is None else self._before
            self._allowed = self._allowed | _OF_LOOPS
        elif self._before is not None and kind in ("_NL", "LBRACE", "RBRACE"):
            self._allowed, self._before = self._before, None
        if kind in ("_NL", "RBRACE") and blocks == self._level:
            self._allowed = _NONE
        return kind
