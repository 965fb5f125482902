"""The syntax tree of structured species and rules; `start` and `end` are character offsets."""

from __future__ import annotations

from typing import NamedTuple

from mscnet.language.syntax import ArrowX, ClauseX, ExpressionX, NumberX, OriginX, PartX, TermX, Text, Word

# --- patterns ----------------------------------------------------------------------------------


class SiteX(NamedTuple):
    """``b%x~u!1``: a site with its states, bonds and labels, each without its mark, in the order of the text."""

    name: Word
    states: tuple[Word, ...]
    bonds: tuple[Word, ...]
    labels: tuple[Word, ...]
    start: int
    end: int


class MoleculeX(NamedTuple):
    """``A%x(b~u!1, c)@PM``: `opened` is where its bracket stands."""

    name: Word
    label: Word | None
    sites: tuple[SiteX, ...]
    place: Word | None
    start: int
    end: int


class PatternX(NamedTuple):
    """``%x@PM:{MatchOnce}A(b!1).B(a!1)``; `relation` is what follows in an observable, ``> 3``."""

    molecules: tuple[MoleculeX, ...]
    tag: Word | None
    place: Word | None
    once: bool
    start: int
    end: int


class PatternTermX(NamedTuple):
    """A pattern with its coefficient on a side of a rule (None for 1)."""

    pattern: PatternX
    coefficient: ExpressionX | None
    start: int
    end: int


class CountedX(NamedTuple):
    """A pattern, or the name of a molecule without sites, and how often it is to be found: ``R() > 2``."""

    pattern: PatternX | Word
    operator: str | None
    number: NumberX | None
    start: int
    end: int


# --- statements --------------------------------------------------------------------------------


class MoleculeTypeX(NamedTuple):
    """``molecule R(l, kin~u~p)``"""

    name: Word
    molecule: MoleculeX
    population: bool
    start: int
    end: int


class SeedX(NamedTuple):
    """``species L(r, r) = 1 mM``: parts as in a declaration."""

    pattern: PatternX
    parts: tuple[PartX, ...]
    start: int
    end: int


class RuleX(NamedTuple):
    """A line with a structured pattern; the fields are those of a reaction."""

    label: Word | None
    sides: tuple[tuple[TermX | PatternTermX, ...], ...]
    arrows: tuple[ArrowX, ...]
    clauses: tuple[ClauseX, ...]
    start: int
    end: int
    origin: OriginX | None = None
    fast: Word | None = None


class RestrictionX(NamedTuple):
    """``include_reactants(1, A(b))``: `word` is the whole word."""

    word: Word
    number: NumberX
    patterns: tuple[CountedX, ...]
    start: int
    end: int


class CountX(NamedTuple):
    """``observable Dimers "label" = molecules R(l!+), L(r!+)``: kind ``molecules`` or ``species``."""

    name: Word
    label: Text | None
    kind: str
    patterns: tuple[CountedX, ...]
    start: int
    end: int


class EnergyPatternX(NamedTuple):
    """``energy pattern A(b!1).B(a!1) = -2 "name"``"""

    pattern: PatternX
    energy: ExpressionX
    note: Text | None
    start: int
    end: int


class PopulationMapX(NamedTuple):
    """``population map P: A(b) @ k``"""

    name: Word
    pattern: PatternX
    clause: ClauseX
    start: int
    end: int


RuleStatementX = MoleculeTypeX | SeedX | RuleX | CountX | EnergyPatternX | PopulationMapX
