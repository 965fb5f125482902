"""The syntax tree of bottles, media and experiments; `start` and `end` are character offsets."""

from __future__ import annotations

from typing import NamedTuple

from mscnet.language.syntax import ExpressionX, StatementX, Text, Word
from mscnet.language.syntax_rules import PatternX


class ContentX(NamedTuple):
    """``name = value`` in the block of a bottle, or after ``set`` and ``with``.  A structured species is `pattern`, and
    its `name` is empty.
    """

    name: Word
    value: ExpressionX
    start: int
    end: int
    pattern: PatternX | None = None


class StockX(NamedTuple):
    """What a bottle holds."""

    label: Text | None = None
    solvent: Word | None = None
    contents: tuple[ContentX, ...] = ()


class MediumX(NamedTuple):
    """The statements of ``in toluene { … }``."""

    statements: tuple[StatementX, ...]


class ValueX(NamedTuple):
    """A quantity, or a range of them: ``low .. high step width``."""

    low: ExpressionX
    high: ExpressionX | None
    step: ExpressionX | None
    start: int
    end: int


class PortionX(NamedTuple):
    """``1 mL toluene`` as one product, ``1/2 of flask`` with `of`, or, with no quantity, ``all of flask``."""

    quantity: ExpressionX | None
    of: Word | None
    start: int
    end: int


class PrepositionX(NamedTuple):
    """``over 10 min``, ``at 1, 2, 5 min``, ``to flask``: what follows a step, by its word."""

    word: Word
    values: tuple[ValueX, ...]
    start: int
    end: int


class ReadingX(NamedTuple):
    """``od = absorbance(371 nm)``, ``[A]``, or, with `grid`, ``s = spectrum(320 nm .. 450 nm) against blank``.

    A `difference` is from the first reading of its step; its `grid` may be one wavelength.
    """

    name: Word | None
    value: ExpressionX | None
    grid: ValueX | None
    start: int
    end: int
    against: Word | None = None
    difference: bool = False


class StepX(NamedTuple):
    """A step by its verb; which of the others may be there depends on it."""

    verb: Word
    portions: tuple[PortionX, ...] = ()
    clauses: tuple[PrepositionX, ...] = ()
    readings: tuple[ReadingX, ...] = ()
    contents: tuple[ContentX, ...] = ()
    #: Of a repeat; of a measurement what goes on meanwhile.
    steps: tuple[StepX, ...] = ()
    start: int = 0
    end: int = 0


class LoopX(NamedTuple):
    """``v in 15, 30 uL``."""

    variable: Word
    values: tuple[ValueX, ...]
    start: int
    end: int


class OriginX(NamedTuple):
    """``from fig1a(30 uL) after 20 h``."""

    experiment: Word
    arguments: tuple[ExpressionX, ...]
    after: ExpressionX | None
    start: int
    end: int


class ExperimentX(NamedTuple):
    """An experiment; what its heading has twice is kept twice, and reported in elaboration."""

    parameters: tuple[Word, ...]
    labels: tuple[Text, ...]
    sources: tuple[Text, ...]
    origins: tuple[OriginX, ...]
    loops: tuple[LoopX, ...]
    steps: tuple[StepX, ...]
