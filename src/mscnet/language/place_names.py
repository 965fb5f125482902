"""The names in the tokens of loose statements, whatever statement they are in: species, expressions, loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mscnet.language.loose import ION, Block, Token
from mscnet.language.loose_tokens import is_index, loop_names, owner_of

#: How firmly a place declares its name: not at all, with another place that says more, or for good.
USE, WEAK, STRONG = 0, 1, 2

_ALWAYS = frozenset({"and", "or", "not"})
_LOOP_WORDS = frozenset({"in", "by", "step", "if", "and", "or", "not", "mod"})
NO_WORDS: frozenset[str] = frozenset()


class Key(NamedTuple):
    """What is known of a name from its statement alone; places with one key stand for one thing.

    `space` is what kind of name it is: ``name`` (species, parameters, functions, bottles …), ``pathway``,
    ``experiment``, ``label``, ``prefix``, ``unit``, ``reading``, ``local`` (of a function or experiment, its `owner`),
    ``entry`` and ``fact`` (a reading, loop variable, experiment or name).  `role` is what it is used as.  An imported
    name stands with its prefix in `name` and without it in the text.
    """

    space: str
    name: str
    role: str
    declares: int = USE
    pathway: str | None = None
    owner: str = ""


class Place(NamedTuple):
    """A name in the text."""

    key: Key
    start: int
    end: int


class Names:
    """Notes the places of names in `found`, in the order of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Place] = []
        self.pathway: str | None = None
        self.owner = ""
        self.locals: frozenset[str] = NO_WORDS
        self.loops: dict[str, str] = {}
        #: What a name right behind a number is: in ``quantity``, which is a number for sure, units win over names.
        self.beside = "beside"

    # --- families ---

    def loops_around(self, block: Block | None, numbered: bool) -> dict[str, str]:
        """The loop variables of the blocks around, each with the block that it belongs to: where that begins, or its
        number, counted from outside in negative numbers."""
        heads: list[Sequence[Token]] = []
        while block is not None:
            if block.head == "for":
                heads.append(block.statement.tokens)
            block = block.parent
        found: dict[str, str] = {}
        for i, tokens in enumerate(reversed(heads), 1):
            owner = f"for@{-i}" if numbered else owner_of(tokens[0])
            found |= {name.text: owner for name in loop_names(tokens)}
        return found

    def without_loops(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """A statement without ``for … in …`` at its end, or with none left where it is the head of a block."""
        if tokens[0].text == "experiment":
            return tokens
        depth = 0
        for i, token in enumerate(tokens):
            if token.text in ("(", "[", "-[", "<-["):
                depth += 1
            elif token.text in (")", "]", "]->"):
                depth -= 1
            elif token.text == "for" and depth <= 0 and i + 2 < len(tokens) and tokens[i + 2].text == "in":
                self._read_loops(tokens[i:])
                return tokens[:i]
        return tokens

    def _read_loops(self, tokens: Sequence[Token]) -> None:
        owner = owner_of(tokens[0])
        names = loop_names(tokens)
        self.loops = self.loops | {name.text: owner for name in names}
        for token in names:
            self.add("local", token, "variable", STRONG, owner)
        known = {token.start for token in names}
        for token in tokens[1:]:
            if token.kind != "name" or token.start in known or token.text in _LOOP_WORDS:
                continue
            if token.text in self.loops:
                self.add("local", token, "argument", USE, self.loops[token.text])
            else:
                self.add("name", token, "loop value")

    # --- places ---

    def add(self, space: str, token: Token, role: str, declares: int = USE, owner: str = "") -> None:
        key = Key(space, token.text, role, declares, self.pathway, owner)
        self.found.append(Place(key, token.start, token.end))

    def name(self, token: Token, role: str, declares: int = USE, space: str = "name") -> None:
        """A name of the common space, with its prefix as a name of its own."""
        text, start = token.text, token.start
        if text in self.loops:
            self.add("local", token, "argument", USE, self.loops[text])
            return
        dot = text.find(".")
        if dot >= 0 and text[:dot] in self.loops:  # of each compartment: a family, as `{c}.A` would be
            self.add("local", Token("name", text[:dot], start), "argument", USE, self.loops[text[:dot]])
            start, text = start + dot + 1, f"{{{text[:dot]}}}{text[dot:]}"
        elif dot >= 0:
            head = Key("experiment" if space == "fact" else "prefix", text[:dot], "prefix", USE, self.pathway)
            self.found.append(Place(head, start, start + dot))
            after = text.rfind(".") + 1
            start, text = start + after, text[after:] if space == "fact" else text
        key = Key(space, text, role, declares, self.pathway, self.owner)
        self.found.append(Place(key, start, token.end))

    def species(self, token: Token, declares: int = USE) -> int:
        """A species, perhaps an ion; where it ends."""
        ion = ION.match(self.text, token.end)
        if ion is not None:
            token = Token("name", token.text + ion[0], token.start)
        self.name(token, "species", declares)
        return token.end

    # --- expressions ---

    def expression(self, tokens: Sequence[Token], words: frozenset[str] = NO_WORDS, space: str = "name") -> None:
        for i, token in enumerate(tokens):
            if token.kind != "name":
                continue
            text = token.text
            before = tokens[i - 1] if i else None
            after = tokens[i + 1].text if i + 1 < len(tokens) else ""
            if text in _ALWAYS and text in words:
                continue
            if text in words and after not in ("(", "=", ")") and (before is None or before.text not in "*/([+^"):
                continue
            if _is_word(tokens, i, before):
                continue
            if text in self.locals:
                self.add("local", token, "argument", USE, self.owner)
            elif before is not None and before.text == "[" and not is_index(tokens, i):
                self.species(token)
            elif after == "(":
                self.name(token, "call", USE, space)
            elif before is not None and (before.kind == "number" or before.text == "/"):
                self.name(token, self.beside, USE, space)
            else:
                self.name(token, "value", USE, space)


def _is_word(tokens: Sequence[Token], i: int, before: Token | None) -> bool:
    """Whether a token that looks like a name is a word where it stands."""
    text = tokens[i].text
    if text == "table":
        return any(token.kind == "string" for token in tokens[i + 1 : i + 3])
    if text == "smooth":
        return any(token.text == "table" for token in tokens[:i])
    if text in ("first", "blank"):
        return before is not None and before.text == "against"
    return text in ("cell", "cuvette") and before is not None and before.kind == "name"
