"""What the grammar of BNGL makes of one entry of a block, or of one action."""

from __future__ import annotations

from typing import Any

from mscnet.mechanism.structure import Pattern, Restriction
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A name, number or text with its place."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MathX:
    """Something that is calculated: a stretch of the text, and the words, signs and groups that it is made of."""

    start: int
    end: int
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ArgumentX:
    """``key => value``, or a value alone."""

    key: Word | None
    value: MathX


@dataclass(frozen=True, slots=True)
class GroupX:
    """What stands in brackets: ``(…)``, ``[…]`` or ``{…}``, by its first sign."""

    bracket: str
    arguments: tuple[ArgumentX, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ValueX:
    """``name = value`` or ``name(arguments) = value``; `arguments` is None where there are no brackets."""

    name: Word
    value: MathX
    arguments: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class CompartmentX:
    name: Word
    dimension: Word
    size: MathX


@dataclass(frozen=True, slots=True)
class SiteTypeX:
    name: Word
    states: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class MoleculeTypeX:
    name: Word
    sites: tuple[SiteTypeX, ...]
    population: bool


@dataclass(frozen=True, slots=True)
class MeasuredX:
    """A pattern with a value: a seed or an energy pattern."""

    pattern: Pattern
    value: MathX
    label: Word | None


@dataclass(frozen=True, slots=True)
class ObservableX:
    kind: Word
    name: Word
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class MapX:
    pattern: Pattern
    population: Pattern
    rate: MathX


@dataclass(frozen=True, slots=True)
class RuleX:
    """`flags` are the words behind the laws with their places; `priority` is a whole number with its place."""

    label: Word | None
    reactants: tuple[Pattern, ...]
    reversible: bool
    products: tuple[Pattern, ...]
    laws: tuple[MathX, ...]
    flags: tuple[Word, ...]
    priority: Word | None
    restrictions: tuple[Restriction, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ActionX:
    name: Word
    arguments: tuple[ArgumentX, ...]
    start: int
    end: int
