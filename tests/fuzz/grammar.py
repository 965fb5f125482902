"""Texts derived from the grammar itself, rule by rule: every construct comes, sense or not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from random import Random
from re import _constants as parts  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from lark import Lark
from lark.grammar import NonTerminal, Terminal
from lark.lexer import PatternStr

from mscnet.language.grammar import grammar

NAMES = ("A", "B", "C", "E", "S", "k1", "k2", "n", "m", "x", "e1", "W", "fig", "S1", "te.A", "t", "time", "K", "od")
NUMBERS = ("0", "1", "2", "3", "0.5", "1e-3", "10", "12", "2.5", "100")
UNITS = ("mM", "min", "s", "M", "mL", "uL", "nm", "kJ", "mol", "K", "cm")

#: Terminals that a sample of their pattern would seldom make sense for.
WORDS: dict[str, tuple[str, ...]] = {
    "NAME": (*NAMES, *NAMES, *UNITS),
    "NUMBER": NUMBERS,
    "ION": ("H^+", "Ca^2+", "OH^-"),
    "TEMPLATE": ("A{E}", "{E}", "k{n}", "{E}_PC", "S{n+1}"),
    "TEMPLATE_ION": ("M{E}^2+",),
    "MEMBER_OPEN": ("F[", "A[", "k[", "P{E}["),
    "FORMULA": ("H2O", "Cd[n]Te[n]", "(NH4)2SO4^2-", "C{E}2", "Te[n-m]"),
    "STRING": ('"a note"', '"feed.csv"', '"part.mech"', '"michaelis_menten"', '""'),
    "BOND": ("Cd-Te", "Te-Te", "A=B", "{E}-Cd"),
    "_NL": ("\n", "\n", " ; "),
    "LINE": ("",),
}


class Deriver:
    """Draws texts from the rules of the grammar."""

    def __init__(self) -> None:
        lark = Lark(
            grammar(), parser="lalr", lexer="contextual", start="file", keep_all_tokens=True, maybe_placeholders=False
        )
        self.rules: dict[str, list[list[Any]]] = {}
        for rule in lark.rules:
            self.rules.setdefault(rule.origin.name, []).append(rule.expansion)
        self.patterns = {t.name: t.pattern for t in lark.terminals}
        self.depth = self._depths()
        self.levels = {name: [self._deepest(e, self.depth) or 0 for e in made] for name, made in self.rules.items()}
        self.statements = self.rules["_statement"]

    def _depths(self) -> dict[str, int]:
        """How many levels of rules each needs at least."""
        depth: dict[str, int] = {}
        while len(depth) < len(self.rules):
            known = len(depth)
            for name, expansions in self.rules.items():
                found = [self._deepest(e, depth) for e in expansions]
                least = min((d for d in found if d is not None), default=None)
                if least is not None and name not in depth:
                    depth[name] = least + 1
            assert len(depth) > known
        return depth

    def _deepest(self, expansion: Iterable[Any], depth: dict[str, int]) -> int | None:
        levels = [0 if isinstance(s, Terminal) else depth.get(s.name) for s in expansion]
        return None if None in levels else max((d for d in levels if d is not None), default=0)

    def text(self, random: Random, statements: int) -> str:
        made = []
        for _ in range(statements):
            tokens: list[str] = []
            self._derive(random, random.choice(self.statements), 14, tokens)
            made.append(" ".join(tokens))
        return "\n".join(made) + "\n"

    def _derive(self, random: Random, expansion: list[Any], budget: int, out: list[str]) -> None:
        for symbol in expansion:
            if isinstance(symbol, NonTerminal):
                levels = self.levels[symbol.name]
                most = max(budget - 1, min(levels))
                fitting = [e for e, level in zip(self.rules[symbol.name], levels, strict=True) if level <= most]
                self._derive(random, random.choice(fitting), budget - 1, out)
            else:
                out.append(self._word(random, symbol.name))

    def _word(self, random: Random, name: str) -> str:
        known = WORDS.get(name)
        if known is not None:
            return random.choice(known)
        pattern = self.patterns[name]
        return pattern.value if isinstance(pattern, PatternStr) else sample(random, pattern.to_regexp())


def sample(random: Random, pattern: str) -> str:
    """A text that a regular expression of the grammar matches, look-arounds left aside."""
    return _sampled(random, parser.parse(pattern))


def _sampled(random: Random, items: Any) -> str:
    text = ""
    for kind, value in items:
        if kind is parts.LITERAL:
            text += chr(value)
        elif kind is parts.IN:
            text += _one_of(random, value)
        elif kind is parts.BRANCH:
            text += _sampled(random, random.choice(value[1]))
        elif kind is parts.SUBPATTERN:
            text += _sampled(random, value[3])
        elif kind in (parts.MAX_REPEAT, parts.MIN_REPEAT):
            low, high, inner = value
            text += "".join(_sampled(random, inner) for _ in range(random.randint(low, min(high, low + 2))))
        elif kind in (parts.NOT_LITERAL, parts.ANY):
            text += "x"
    return text


def _one_of(random: Random, choices: Any) -> str:
    kind, value = random.choice(choices)
    if kind is parts.LITERAL:
        return chr(value)
    if kind is parts.RANGE:
        return chr(random.randint(*value))
    return "x"  # a class or a negation: a letter is in most


@lru_cache(maxsize=1)
def deriver() -> Deriver:
    return Deriver()


assert re  # the private modules belong to it
