"""One entry of a BNGL file, text to nodes, by the tables of ``grammars/bngl.lark``.

Lark makes the tables once; they are kept as plain data in the user's cache folder, as those of our own language are.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mscnet import assets
from mscnet.interop.bngl_build import Build
from mscnet.interop.faults import Fault
from mscnet.language.build import Token
from mscnet.language.cache import cache_file

#: The rules of the grammar that an entry may be.
STARTS = (
    "parameter", "compartment", "molecule_type", "seed", "observable", "function", "energy", "population_map", "rule",
    "action", "setting", "pattern",
)  # fmt: skip
_LAYOUT = "bngl1"

#: Brackets may nest this deep.
MAX_NESTING = 100

#: What each kind of entry looks like, for those who wrote it otherwise.
FORMS = {
    "parameter": "a parameter is a name and a value, as in `kon 1e-3` or `kon = 2*k0`",
    "compartment": "a compartment is a name, 2 or 3, a size and what it lies in, as in `PM 2 area EC`",
    "molecule_type": "a kind of molecule is a name and its sites, as in `R(l,kin~u~p)`",
    "seed": "a seed is a species and how much of it there is, as in `R(l,kin~u) 100`",
    "observable": "an observable is `Molecules` or `Species`, a name and patterns, as in `Molecules Dimers R(l!+)`",
    "function": "a function is a name, brackets and an expression, as in `rate() = k*Dimers`",
    "energy": "an energy pattern is a pattern and an energy in units of RT, as in `A(b!1).B(a!1) G/RT`",
    "population_map": "a map is `pattern -> Population() rate`",
    "rule": "a rule is `name: A(b) + B(a) <-> A(b!1).B(a!1) kon, koff`",
    "action": "an action is `name({setting=>value, …})`",
    "setting": "a parameter is a name and a value, as in `parameter kon 1e-3`",
    "pattern": "a pattern is molecules with their sites, as in `A(b!1).B(a!1)`",
}
_WORD = re.compile(r"\w+|\S")


def parse(text: str, start: int, end: int, kind: str, build: Build) -> Any:
    """The node of an entry of that kind which is ``text[start:end]``.

    What stands behind the population of a seed is left out, as BioNetGen does it; `build.left` is its place.

    Raises:
        Fault: it is none.
    """
    reader = _reader()
    build.entry, build.left = (start, end), None
    state, final = reader.starts[kind]
    states, lexers = reader.states, reader.lexers
    stack: list[int] = [state]
    values: list[Any] = []
    at = last = start
    depth = 0
    while True:
        while at < end and text[at].isspace():
            at += 1
        if at >= end:
            break
        try:
            name, value = lexers[stack[-1]](text, at, end)
            while (action := states[stack[-1]][name]) < 0:
                _reduce(reader.rules[-1 - action], states, stack, values, build)
        except KeyError:
            if kind == "seed" and "$END" in states[stack[-1]]:
                build.left = (at, end)
                break
            raise _unexpected(text, at, end, kind) from None
        depth += (name in _OPENING) - (name in _CLOSING)
        if depth > MAX_NESTING:
            raise Fault("E004", f"brackets nest more than {MAX_NESTING} deep", at, at + 1)
        token = Token(value)
        token.type, token.value, token.start_pos, token.end_pos = name, value, at, at + len(value)
        at = last = at + len(value)
        stack.append(action)
        values.append(token)
    while stack[-1] != final:
        action = states[stack[-1]].get("$END", 0)
        if action >= 0:
            shown = kind.replace("_", " ").replace("setting", "parameter")
            raise Fault("E002", f"this {shown} ends too early", max(start, last - 1), last, FORMS[kind])
        _reduce(reader.rules[-1 - action], states, stack, values, build)
    return values[-1]


_OPENING, _CLOSING = ("LPAR", "SITES_OPEN", "LBRACKET", "LBRACE"), ("CLOSE", "RBRACKET", "RBRACE")


def _unexpected(text: str, at: int, end: int, kind: str) -> Fault:
    found = _WORD.match(text, at, end)
    shown = found[0] if found else text[at]
    hint = FORMS[kind]
    if kind == "rule" and text.startswith("<-", at) and not text.startswith("<->", at):
        hint = "arrows are `->` and `<->`"
    return Fault("E002", f"`{shown[:40]}` is not expected here", at, at + len(shown), hint)


class _Lexer:
    """The longest wanted token: the terminals that a state can take, in the order in which Lark tries them."""

    def __init__(self, names: list[str], keywords: dict[str, dict[str, str]], terminals: dict[str, str]) -> None:
        self.keywords = keywords
        self.match = re.compile("|".join(f"(?P<{name}>{terminals[name]})" for name in names)).match

    def __call__(self, text: str, at: int, end: int) -> tuple[str, str]:
        found = self.match(text, at, end)
        if found is None:
            raise KeyError
        kind, value = found.lastgroup or "", found[0]
        words = self.keywords.get(kind)
        return (kind, value) if words is None else (words.get(value, kind), value)


class _Reader:
    """The tables with what is made of them once a process."""

    def __init__(self, tables: dict[str, Any]) -> None:
        ignored = set(tables["ignored"])
        lexers = [
            _Lexer([name for name in names if name not in ignored], keywords, tables["terminals"])
            for names, keywords in tables["lexers"]
        ]
        self.lexers = [lexers[i] for i in tables["lexer_of"]]
        self.states: list[dict[str, int]] = tables["states"]
        self.starts: dict[str, tuple[int, int]] = tables["starts"]
        self.rules = [
            (origin, length, action and getattr(Build, action, None), tuple(inlined))
            for origin, length, action, _, inlined in tables["rules"]
        ]


Rule = tuple[str, int, Callable[[Build, list[Any]], Any] | None, tuple[int, ...]]


def _reduce(rule: Rule, states: list[dict[str, int]], stack: list[int], values: list[Any], build: Build) -> None:
    """Put the node of a rule in the place of its parts."""
    origin, length, action, inlined = rule
    parts: list[Any] = []
    if length:
        parts = values[-length:]
        del stack[-length:], values[-length:]
        if inlined:  # parts of rules that are only helpers stand in the place of the helper
            flat: list[Any] = parts[0] if inlined[0] == 0 else []  # its list is nobody else's: a long one grows
            for i, part in enumerate(parts[1:], 1) if inlined[0] == 0 else enumerate(parts):
                if i in inlined:
                    flat += part
                else:
                    flat.append(part)
            parts = flat
    stack.append(states[stack[-1]][origin])
    values.append(parts if action is None else action(build, parts))


@lru_cache(maxsize=1)
def _reader() -> _Reader:
    return _Reader(_tables())


def _tables() -> dict[str, Any]:
    """The tables of the grammar: kept ones, else made by Lark, and kept where something may be."""
    grammar = assets.grammar_text("bngl.lark")
    file = cache_file(grammar, _LAYOUT)
    if file is not None:
        with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
            kept = marshal.loads(file.read_bytes())
            if isinstance(kept, dict) and kept.get("grammar") == grammar and set(kept["starts"]) == set(STARTS):
                return kept
    from lark import Lark

    from mscnet.language.lark_tables import tables_of

    parser = Lark(grammar, start=list(STARTS), parser="lalr", lexer="contextual", maybe_placeholders=False)
    tables = {**tables_of(parser, STARTS), "grammar": grammar}
    if file is not None:
        with contextlib.suppress(OSError):
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(marshal.dumps(tables))
            os.replace(fresh, file)
    return tables
