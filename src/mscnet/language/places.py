"""Where the names of a text stand, and what each is there: read from its loose statements, however broken they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mscnet.language.loose import ION, Block, Line, Loose, Statement, Token
from mscnet.language.loose_tokens import closing, is_index, label_end, loop_names, pieces, prefix_of, token_at
from mscnet.language.place_names import NO_WORDS, STRONG, USE, WEAK, Key, Place
from mscnet.language.place_parts import Found, Part
from mscnet.language.place_patterns import is_molecule, told_apart
from mscnet.language.place_rules import RuleNames

_FORMULA = re.compile(r"\s*[A-Za-z({](?:[A-Za-z0-9()]|\{[^{}\n]*\}|\[[^\]\n]*\])*(?:\^\d*[+-])?")
_ARROWS = frozenset({"<->", "<=>", "->", "<-", "→", "←", "⇌", "⇄", "↔", "-[", "<-["})
_EVENTS = frozenset({"at", "every", "when"})

#: Words that are words of mscnet among the parts of a statement, where no bracket or sign makes them a name.
_PARTS = {
    "species": frozenset({"gibbs", "enthalpy", "entropy"}),
    "parameter": frozenset({"in", "log", "linear", "fixed"}),
    "experiment": frozenset((
        "every", "for", "at", "after", "in", "from", "to", "over", "with", "out", "into", "of", "all", "step",
        "while", "add", "flow", "against"
    )),
    "expect": frozenset((
        "increases", "decreases", "with", "never", "always", "similar", "to", "is", "constant", "does", "not",
        "depend", "on", "over", "at", "from", "as", "weight"
    )),
    "event": frozenset(["from", "to", "times", "for", "and", "or", "not", "once"]),
}  # fmt: skip
#: All of them.
PART_WORDS = frozenset().union(*_PARTS.values())


def _is_fast(tokens: Sequence[Token]) -> bool:
    """Whether a step begins with the word ``fast``: a species or its coefficient follows it, behind a blank."""
    if len(tokens) < 2 or tokens[0].text != "fast" or tokens[1].start == tokens[0].end:
        return False
    return tokens[1].kind in ("name", "number") or tokens[1].text in ("(", "∅")


class _Around(NamedTuple):
    """The blocks around a statement: what its names depend on, and where the loops among them begin."""

    known_by: tuple[Any, ...] | None
    loops: tuple[int, ...]


_OUTSIDE = _Around((), ())


def parts_of(text: str, loose: Loose) -> list[Part]:
    """The statements of a text that hold names."""
    finder = _Finder(text)
    arounds: dict[Block | None, _Around] = {None: _OUTSIDE}
    parts = []
    for statement in loose.statements:
        around = arounds.get(statement.block) or _around(statement.block, arounds)
        found, base = None, statement.base
        if statement.line is not None and around.known_by is not None:
            found = _of_line(statement, statement.line, around.known_by)
        if found is None:
            finder.found = []
            finder.read(statement)
            found, base = Found(finder.found), 0
        if found.starts:
            parts.append(Part(statement, base, found, found.keys(base, around.loops)))
    return parts


def _around(block: Block | None, known: dict[Block | None, _Around]) -> _Around:
    """What is around the statements of a block; all of it is noted in `known`, the outer blocks first."""
    waiting = []
    while block is not None and block not in known:
        waiting.append(block)
        block = block.parent
    found = known[block]
    for inner in reversed(waiting):
        variables = tuple(name.text for name in loop_names(inner.statement.tokens)) if inner.head == "for" else ()
        by, loops = found
        if inner.head == "import" or by is None:
            by = None  # names get the prefix that the block gives
        else:
            by = (*by, (inner.head, inner.name, variables))
        if inner.head == "for":
            loops = (*loops, inner.statement.tokens[0].start)
        found = known[inner] = _Around(by, loops)
    return found


def _of_line(statement: Statement, line: Line, around: tuple[Any, ...]) -> Found:
    """The names of a statement within a line, which is read once for all places where it stands alike."""
    key = around, statement.first, statement.last
    found: Found | None = line.places.get(key)
    if found is None:
        finder = _Finder(line.text)
        finder.read(statement, statement.tokens_from_base)
        found = line.places[key] = Found(finder.found)
    return found


class _Finder(RuleNames):
    def read(self, statement: Statement, tokens: Sequence[Token] | None = None) -> None:
        """Note the names of a statement; with its `tokens` those of its line, and loops around it by their number."""
        block = statement.block
        self.pathway, self.owner, self.locals, self.labels = None, "", NO_WORDS, set()
        around = block
        while around is not None:
            if around.head == "pathway":
                self.pathway = around.name
            elif around.head in ("experiment", "expect", "data"):
                self.owner = around.name
            around = around.parent
        self.loops = self.loops_around(block, tokens is not None)
        if tokens is None:
            tokens = statement.tokens
        inner = block
        while inner is not None and inner.head in ("for", "", "repeat"):
            inner = inner.parent
        reader = _BLOCKS.get(inner.head if inner is not None else "", _Finder.statement)
        if inner is None or inner.head not in ("experiment", "expect"):
            tokens = self.without_loops(tokens)
        tokens = told_apart(tokens)
        if tokens:
            reader(self, tokens, inner)

    # --- statements ---

    def statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        first = tokens[0]
        reader = _HEADS.get(first.text) if first.kind == "name" else None
        if len(tokens) > 1 and first.kind == "name":
            colon = label_end(tokens)
            if colon:
                self.add("label", first, "label", STRONG)
                self.expression(tokens[2 : colon - 1])  # the index of a family: `dose[i]:`
                rest = tokens[colon + 1 :]
                if rest and rest[0].text in _EVENTS:
                    self._event_head(rest, block)
                else:
                    self._reaction(rest)
                return
            if tokens[1].text == "=" and first.text not in ("species", "parameter"):
                self._definition(tokens, block)
                return
        if reader is not None:
            reader(self, tokens, block)
        else:
            self._reaction(tokens)

    def _definition(self, tokens: Sequence[Token], block: Block | None) -> None:
        first = tokens[0]
        if block is not None and block.head == "import":
            given = prefix_of(block.statement.tokens)
            name = f"{given.text}.{first.text}" if given else first.text
            self.found.append(Place(Key("name", name, "definition", USE, self.pathway), first.start, first.end))
        else:
            weak = block is not None and block.inside("in") is not None
            self.name(first, "definition", WEAK if weak else STRONG)
        self.expression(tokens[2:])

    def _reaction(self, tokens: Sequence[Token]) -> None:
        depth, i, laws = 0, int(_is_fast(tokens)), False
        arrow = False
        self.rule = f"rule@{tokens[0].start}" if tokens else ""
        tokens = self.filters(tokens)
        while i < len(tokens):
            kind, text, _ = tokens[i]
            if depth == 0 and (kind == "name" or text in ("@", "%")):
                after = self.complex(tokens, i) if kind == "name" else self.tag(tokens, i)
                if after > i:
                    i = after
                    continue
            if text == "[" and depth == 0 and is_index(tokens, i + 1):
                end = closing(tokens, i)
                self.expression(tokens[i + 1 : end - 1])  # of a member: `A[mod(i, 4) + 1]`
                i = end
                continue
            if text == "(":
                depth += 1
            elif text == ")":
                depth -= 1
            elif text in _ARROWS:
                arrow = True
            elif text == "@" or (kind == "name" and arrow and depth == 0 and text in ("rate", "order") and i):
                laws = True
                break
            elif kind == "string":
                pass
            elif kind == "name":
                if depth > 0 or (i and tokens[i - 1].text == "^"):
                    self.name(tokens[i], "value")
                else:
                    i = token_at(tokens, self.species(tokens[i]), i)
                    continue
            i += 1
        if laws:
            if self.labels:
                self.locals, self.owner = frozenset(self.labels), self.rule
            self._clauses(tokens[i:])

    def _clauses(self, tokens: Sequence[Token]) -> None:
        """``@ … rate … order …``: expressions, and species with their orders."""
        start, order = 0, False
        for i, token in enumerate(tokens):
            following = tokens[i + 1].text if i + 1 < len(tokens) else ""
            if token.kind != "name" or token.text not in ("order", "rate") or following in ("=", "(", "*"):
                continue
            (self._reaction if order else self._law)(tokens[start:i])
            start, order = i + 1, token.text == "order"
        (self._reaction if order else self._law)(tokens[start:])

    def _law(self, tokens: Sequence[Token]) -> None:
        kept = [
            token
            for i, token in enumerate(tokens)
            if not (token.kind == "name" and i + 1 < len(tokens) and tokens[i + 1].text == "=")
        ]
        self.expression(kept)

    def _species_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        for piece in pieces(tokens[1:]):
            if piece[0].text in _PARTS["species"] and len(piece) > 1 and piece[1].text == "=":
                self.expression(piece[2:])  # a second energy, behind a comma
                continue
            start = self.tag(piece, 0)
            if is_molecule(piece, start):
                self._seed(piece, self.complex(piece, start))
                continue
            if piece[0].kind != "name":
                continue
            i = token_at(piece, self.species(piece[0], STRONG), 0)
            if i < len(piece) and piece[i].text == "[":  # a family: F[n]
                end = closing(piece, i)
                self.expression(piece[i + 1 : end])
                i = end
            rest: list[Token] = []
            while i < len(piece):
                text = piece[i].text
                if text == "of":
                    formula = _FORMULA.match(self.text, piece[i].end)
                    end = token_at(piece, formula.end() if formula else piece[i].end, i)
                    self._formula(piece[i:end])
                    i = end
                elif text == "constant" or text in _PARTS["species"]:
                    i += 1
                elif text == "in" and i + 1 < len(piece):
                    self.name(piece[i + 1], "compartment")
                    i += 2
                elif text == "bonds":
                    i += 1
                    while i < len(piece) and piece[i].text not in ("constant", "of", "=") and piece[i].kind != "string":
                        i += 1
                else:
                    rest.append(piece[i])
                    i += 1
            self.expression(rest, _PARTS["species"])

    def _formula(self, tokens: Sequence[Token]) -> None:
        """The variables of loops in a composition, ``Au[n]``; other signs there have a meaning of their own."""
        for token in tokens:
            if token.text in self.loops:
                self.name(token, "argument")

    def _parameter_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        for piece in pieces(tokens[1:]):
            if piece[0].kind == "name":
                self.name(piece[0], tokens[0].text, STRONG)
                self.beside = "quantity" if tokens[0].text == "parameter" else "beside"
                surface = tokens[0].text == "compartment" and len(piece) > 1 and piece[1].text == "surface"
                self.expression(piece[2 if surface else 1 :], _PARTS["parameter"])
                self.beside = "beside"

    def _observable_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        if len(tokens) > 1 and tokens[1].kind == "name":
            self.name(tokens[1], "observable", STRONG)
            if not self._counts(tokens):
                self.expression(tokens[2:])

    def _function_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        if len(tokens) < 2 or tokens[1].kind != "name":
            return
        name = tokens[1]
        self.name(name, "function", STRONG)
        end = closing(tokens, 2) if len(tokens) > 2 and tokens[2].text == "(" else 2
        owner = f"{name.text}@{name.start}"
        parameters = [token for token in tokens[3 : max(3, end - 1)] if token.kind == "name"]
        for token in parameters:
            self.add("local", token, "argument", STRONG, owner)
        self.locals, self.owner = frozenset(token.text for token in parameters), owner
        self.expression(tokens[end:])

    def _settings(self, tokens: Sequence[Token], block: Block | None) -> None:
        """``units`` and ``option``."""
        for piece in pieces(tokens[1:]):
            key = piece[0].text
            if tokens[0].text == "option" and key in ("pathway", "experiment", "medium") and len(piece) > 2:
                self.add("name" if key == "medium" else key, piece[2], key)
            elif tokens[0].text == "units" or len(piece) != 3 or piece[2].kind != "name":
                self.expression(piece[2:])

    def _unit_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        for piece in pieces(tokens[1:]):
            if piece[0].kind == "name":
                self.add("unit", piece[0], "unit", STRONG)
                self.expression(piece[2:])

    def _pathway_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        space, declares = "pathway", STRONG
        self.owner = tokens[1].text if len(tokens) > 1 else ""
        for token in tokens[1:]:
            if token.kind != "name" or token.text == "with":
                continue
            if token.text == "without":
                space = "label"
                continue
            self.add(space, token, space, declares, self.owner)
            declares = USE

    def _import_statement(self, tokens: Sequence[Token], block: Block | None) -> None:
        given = prefix_of(tokens)
        if given is not None:
            self.add("prefix", given, "prefix", STRONG)

    def _nothing(self, tokens: Sequence[Token], block: Block | None) -> None:
        """Bonds have names of their own, which stand nowhere else."""

    def _medium_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        for token in tokens[1:2]:
            self.name(token, "medium")

    def _band_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        if len(tokens) > 1 and tokens[1].kind == "name":
            self.species(tokens[1])

    def _stock_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        kind = tokens[0].text
        for piece in pieces(tokens[1:]):
            names = [token for token in piece if token.kind == "name" and token.text != "in"]
            for i, token in enumerate(names):
                declares = STRONG if kind in ("solution", "solvent") else WEAK
                self.name(token, kind, declares if i == 0 else USE)

    def _experiment_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        if len(tokens) < 2 or tokens[1].kind != "name":
            return
        self.add("experiment", tokens[1], "experiment", STRONG)
        self.owner = tokens[1].text
        i = 2
        if i < len(tokens) and tokens[i].text == "(":
            end = closing(tokens, i)
            for token in tokens[i:end]:
                if token.kind == "name":
                    self.add("local", token, "variable", WEAK, self.owner)
            i = end
        while i < len(tokens):
            text = tokens[i].text
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if text == "from" and following is not None and following.kind == "name":
                self.add("experiment", following, "experiment")
                i += 2
            elif following is not None and following.text == "in":
                self.add("local", tokens[i], "variable", STRONG, self.owner)
                i += 2
            else:
                self.expression(tokens[i : i + 1], _PARTS["experiment"], "entry")
                i += 1

    def _expect_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        if len(tokens) > 1 and tokens[1].kind == "name":
            self.add("experiment", tokens[1], "experiment")
            stop = next((i for i, token in enumerate(tokens) if token.text == "as"), len(tokens))
            self.expression(tokens[2:stop])

    def _event_head(self, tokens: Sequence[Token], block: Block | None) -> None:
        self.expression(tokens[1:], _PARTS["event"])

    # --- lines of blocks ---

    def _content(self, tokens: Sequence[Token], block: Block | None) -> None:
        """A line in the block of a bottle."""
        self.rule = f"rule@{tokens[0].start}"
        start = self.tag(tokens, 0)
        if is_molecule(tokens, start):
            self.expression(tokens[self.complex(tokens, start) :])
            return
        if block is not None and block.head == "solution" and tokens[0].kind == "name":
            self.species(tokens[0])
        self.expression(tokens[2:])

    def _step(self, tokens: Sequence[Token], block: Block | None) -> None:
        """A step of an experiment."""
        verb = tokens[0].text
        if verb not in ("measure", "set", "with"):
            self.expression(tokens[1:] if tokens[0].kind == "name" else tokens, _PARTS["experiment"], "entry")
            return
        for piece in pieces(tokens[1:]):
            if len(piece) > 1 and piece[1].text == "=" and piece[0].kind == "name":
                if verb == "measure":
                    self.add("reading", piece[0], "reading", STRONG)
                else:
                    self.name(piece[0], "parameter")
                piece = piece[2:]
            self.expression(piece, _PARTS["experiment"], "entry")

    def _fact(self, tokens: Sequence[Token], block: Block | None) -> None:
        self.expression(tokens, _PARTS["expect"], "fact")

    def _shape(self, tokens: Sequence[Token], block: Block | None) -> None:
        for piece in pieces(tokens[1:]):
            values = next((i + 1 for i, token in enumerate(piece) if token.text == "="), len(piece))
            self.expression(piece[values:])

    def _entry(self, tokens: Sequence[Token], block: Block | None) -> None:
        first = tokens[0]
        if block is not None and block.head == "data" and first.kind == "name":
            self.name(first, "entry", USE, "entry")
        self.expression(tokens[1:])

    def _action(self, tokens: Sequence[Token], block: Block | None) -> None:
        if tokens[0].kind == "name" and ION.match(self.text, tokens[0].end):
            tokens = tokens[token_at(tokens, self.species(tokens[0]), 0) :]
        self.expression(tokens)


_Reader = Callable[[_Finder, Sequence[Token], Block | None], None]

_HEADS: dict[str, _Reader] = {
    "species": _Finder._species_statement,
    "parameter": _Finder._parameter_statement,
    "compartment": _Finder._parameter_statement,
    "observable": _Finder._observable_statement,
    "molecule": _Finder._molecule_statement,
    "population": _Finder._population_statement,
    "energy": _Finder._energy_statement,
    "function": _Finder._function_statement,
    "units": _Finder._settings,
    "option": _Finder._settings,
    "unit": _Finder._unit_statement,
    "pathway": _Finder._pathway_statement,
    "import": _Finder._import_statement,
    "bond": _Finder._nothing,
    "in": _Finder._medium_head,
    "band": _Finder._band_head,
    "instrument": _Finder._nothing,
    "solution": _Finder._stock_head,
    "solvent": _Finder._stock_head,
    "liquid": _Finder._stock_head,
    "solid": _Finder._stock_head,
    "experiment": _Finder._experiment_head,
    "expect": _Finder._expect_head,
    "data": _Finder._expect_head,
    "at": _Finder._event_head,
    "every": _Finder._event_head,
    "when": _Finder._event_head,
}

_BLOCKS: dict[str, _Reader] = {
    "solution": _Finder._content,
    "liquid": _Finder._content,
    "solid": _Finder._content,
    "experiment": _Finder._step,
    "expect": _Finder._fact,
    "band": _Finder._shape,
    "instrument": _Finder._entry,
    "data": _Finder._entry,
    "at": _Finder._action,
    "every": _Finder._action,
    "when": _Finder._action,
}
