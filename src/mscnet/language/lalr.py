"""The parser's tables without the library that makes them, and the loop that reads a text by them.

Lark builds the tables from the grammar; importing it takes longer than reading most files, so the tables are kept as
plain data in the user's cache folder.  The loop is the standard one of LALR(1) parsing (Aho, Sethi, Ullman, Compilers,
1986, section 4.7) with a lexer that looks for the tokens that the parser can take next.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from mscnet.checkpoint import checkpoint
from mscnet.language.build import CLOSING, DANGLING, MAX_NESTING, OPENING, Build, Token, TooDeep
from mscnet.language.cache import cache_file
from mscnet.language.grammar import grammar as grammar_of_the_language
from mscnet.language.syntax import StatementX
from mscnet.language.words import BlockWords

#: After so many tokens a lexer gets one pattern for all its terminals; before, compiling it would take longer.
TRIED_ONE_BY_ONE = 150

#: Tokens that say something of newlines, brackets, blocks or words of blocks; all others pass.
_WATCHED = OPENING | CLOSING | {"_NL", "LBRACE", "RBRACE", "TEMPLATE", "TEMPLATE_ION"} | BlockWords.WATCHED
#: Tokens that only families have (``for`` of experiments apart).
_OF_FAMILIES = frozenset({"FOR", "TEMPLATE", "TEMPLATE_ION", "MEMBER_OPEN"})

#: What `tables_of` gives; its layout is part of the name under which it is kept.
Tables = dict[str, Any]
_LAYOUT = "tables1"


class NotTaken(Exception):
    """The text has a syntax error, or nests too deep."""


@lru_cache(maxsize=1)
def known_tables() -> Tables | None:
    """The tables of the grammar: kept ones, else made by Lark and kept; None where nothing may be kept."""
    grammar = grammar_of_the_language()
    file = cache_file(grammar, _LAYOUT)
    if file is None:
        return None
    with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
        kept = marshal.loads(file.read_bytes())
        if isinstance(kept, dict) and kept.get("grammar") == grammar:
            return kept
    from mscnet.language.lark_tables import tables_of
    from mscnet.language.recovery import lark_parser

    tables = {**tables_of(lark_parser()[0]), "grammar": grammar}
    with contextlib.suppress(OSError):
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(marshal.dumps(tables))
        os.replace(fresh, file)
    return tables


class _Lexer:
    """Finds the next token among the terminals that a state of the parser can take."""

    __slots__ = ("keywords", "names", "one_by_one", "pattern", "terminals", "tried")

    def __init__(self, names: list[str], keywords: dict[str, dict[str, str]], terminals: dict[str, str]) -> None:
        self.names, self.keywords, self.terminals = names, keywords, terminals
        self.one_by_one: list[tuple[str, Callable[..., Any]]] = []
        self.tried = 0
        self.pattern: Callable[..., Any] | None = None

    def match(self, text: str, at: int) -> tuple[str, str]:
        """Kind and text of the token at an offset.

        Raises:
            NotTaken: there is none.
        """
        if self.pattern is not None:
            found = self.pattern(text, at)
            if found is None:
                raise NotTaken
            kind, value = found.lastgroup, found[0]
        else:
            kind, value = self._first(text, at)
        words = self.keywords.get(kind)
        return (kind, value) if words is None else (words.get(value, kind), value)

    def _first(self, text: str, at: int) -> tuple[str, str]:
        self.tried += 1
        if self.tried > TRIED_ONE_BY_ONE:
            self.pattern = re.compile("|".join(f"(?P<{name}>{self.terminals[name]})" for name in self.names)).match
        for i, name in enumerate(self.names):
            if i == len(self.one_by_one):
                self.one_by_one.append((name, _matcher(self.terminals[name])))
            found = self.one_by_one[i][1](text, at)
            if found is not None:
                return name, found[0]
        raise NotTaken


@cache
def _matcher(pattern: str) -> Callable[..., Any]:
    return re.compile(pattern).match


class _Reader:
    """The tables with what is made of them once a process: lexers and actions."""

    def __init__(self, tables: Tables) -> None:
        lexers = [_Lexer(names, keywords, tables["terminals"]) for names, keywords in tables["lexers"]]
        self.lexers = [lexers[i] for i in tables["lexer_of"]]
        self.states: list[dict[str, int]] = tables["states"]
        self.ignored = frozenset(tables["ignored"])
        self.start, self.end = tables["start"], tables["end"]
        build = Build()
        # a rule that only ever stands for its single part has no action
        self.rules = [
            (origin, length, action and getattr(build, action, None), single, tuple(inlined))
            for origin, length, action, single, inlined in tables["rules"]
        ]


@lru_cache(maxsize=1)
def _reader() -> _Reader:
    tables = known_tables()
    assert tables is not None
    return _Reader(tables)


def parse(tables: Tables, text: str, seen: list[Token] | None = None) -> tuple[StatementX, ...]:
    """The statements of a text that ends in a newline; `seen` gets every token that the parser took, in order.

    Raises:
        NotTaken: it has a syntax error, or something in it nests too deep.
    """
    return parse_marked(tables, text, seen)[0]


def parse_marked(tables: Tables, text: str, seen: list[Token] | None = None) -> tuple[tuple[StatementX, ...], bool]:
    """The statements of a text, as `parse` gives them, and whether something in it belongs to families.

    Raises:
        NotTaken: it has a syntax error, or something in it nests too deep.
    """
    reader = _reader() if tables is known_tables() else _Reader(tables)
    states, rules, ignored, lexers = reader.states, reader.rules, reader.ignored, reader.lexers
    stack: list[int] = [reader.start]
    values: list[Any] = []
    at, size, brackets, blocks, last, words, families = 0, len(text), 0, 0, "", BlockWords(), False
    try:
        while at < size:
            kind, value = lexers[stack[-1]].match(text, at)
            start, at = at, at + len(value)
            if kind in ignored:
                continue
            if kind in _WATCHED:
                if kind == "_NL":
                    checkpoint()
                    if brackets or last in DANGLING:
                        continue
                elif kind in OPENING:
                    brackets += 1
                elif kind in CLOSING:
                    brackets = max(0, brackets - 1)
                elif kind == "LBRACE":
                    blocks += 1
                elif kind == "RBRACE":
                    blocks = max(0, blocks - 1)
                if kind in _OF_FAMILIES and (kind != "FOR" or brackets or not words.in_experiment):
                    families = True
                if brackets > MAX_NESTING or blocks > MAX_NESTING:
                    raise NotTaken
                kind = words.kind_of(kind, blocks)
            last = kind
            token = Token(value)
            token.type, token.value, token.start_pos, token.end_pos = kind, value, start, at
            while (action := states[stack[-1]][kind]) < 0:
                _reduce(rules[-1 - action], states, stack, values)
            stack.append(action)
            values.append(token)
            if seen is not None:
                seen.append(token)
        while stack[-1] != reader.end:
            _reduce(rules[-1 - states[stack[-1]]["$END"]], states, stack, values)
    except (KeyError, TooDeep):
        raise NotTaken from None
    statements: tuple[StatementX, ...] = values[-1]
    return statements, families


def _reduce(rule: Any, states: list[dict[str, int]], stack: list[int], values: list[Any]) -> None:
    """Put the node of a rule in the place of its parts."""
    origin, length, action, single, inlined = rule
    if length:
        parts = values[-length:]
        del stack[-length:], values[-length:]
        if inlined:  # parts of rules that are only helpers stand in the place of the helper
            flat: list[Any] = []
            done = 0
            if inlined[0] == 0:  # its list is nobody else's: a file's statements gather in one that grows
                flat, done = parts[0], 1
            for i in inlined[done:]:
                flat += parts[done:i]
                flat += parts[i]
                done = i + 1
            flat += parts[done:]
            parts = flat
    else:
        parts = []
    stack.append(states[stack[-1]][origin])
    values.append(parts[0] if single and len(parts) == 1 else parts if action is None else action(parts))
