"""An abstract description of a mechanism: what it says, before any name, unit or layout is chosen.

Names are identifiers such as ``s1`` (species) or ``p3`` (parameter); `render` gives them spellings.  Values are
exact, in mol/L, seconds and kelvin.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from tests.strategies.spelling import PURE, Dim, Spelling


class Number(NamedTuple):
    """A pure number."""

    value: Fraction


class Amount(NamedTuple):
    """``number`` in the unit `spelling`; without one it is written bare, in whatever the file's unit is."""

    number: Fraction
    spelling: Spelling
    bare: bool = False

    @property
    def value(self) -> Fraction:
        return self.number * self.spelling.factor


class Name(NamedTuple):
    """A parameter, definition, observable, an argument of a function (an identifier), or ``time``."""

    id: str


class Level(NamedTuple):
    """The concentration of a species."""

    species: str


class Sum(NamedTuple):
    """Terms with their signs."""

    terms: tuple[tuple[int, Expr], ...]


class Product(NamedTuple):
    """Factors, each after ``*`` or ``/``."""

    factors: tuple[tuple[str, Expr], ...]


class Power(NamedTuple):
    base: Expr
    exponent: Expr


class Call(NamedTuple):
    """A built-in function."""

    function: str
    arguments: tuple[Expr, ...]


class Apply(NamedTuple):
    """A function of the file, by identifier."""

    function: str
    arguments: tuple[Expr, ...]


class If(NamedTuple):
    operator: str
    left: Expr
    right: Expr
    yes: Expr
    no: Expr


Expr = Number | Amount | Name | Level | Sum | Product | Power | Call | Apply | If


def times(*factors: Expr) -> Product:
    return Product(tuple(("*", factor) for factor in factors))


def over(above: Expr, below: Expr) -> Product:
    return Product((("*", above), ("/", below)))


def plus(*terms: Expr) -> Sum:
    return Sum(tuple((1, term) for term in terms))


def minus(first: Expr, second: Expr) -> Sum:
    return Sum(((1, first), (-1, second)))


# --- statements -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Species:
    """A declared species.  `formula` is its composition as text."""

    id: str
    label: str | None = None
    formula: str | None = None
    initial: Expr | None = None
    constant: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter with its true dimension; `declared` False for one that a law brings into being.

    `value`, `bounds` and `prior` share one spelling; `units_at` says which of value, prior, low and high are
    written with it, none for a bare declaration.
    """

    id: str
    dim: Dim
    value: Amount
    declared: bool = True
    given: bool = True
    bounds: tuple[Fraction, Fraction] | None = None
    prior: Fraction | None = None
    scale: str | None = None
    fixed: bool = False
    note: str | None = None
    units_at: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Definition:
    id: str
    expression: Expr
    dim: Dim = PURE


@dataclass(frozen=True)
class Observable:
    id: str
    expression: Expr
    dim: Dim
    label: str | None = None


@dataclass(frozen=True)
class Function:
    id: str
    arguments: tuple[str, ...]
    body: Expr


@dataclass(frozen=True)
class Term:
    """A species with a stoichiometric coefficient: a number, or an expression in parameters."""

    species: str
    coefficient: Fraction | Expr = Fraction(1)


@dataclass(frozen=True)
class Arrow:
    """``forward``, ``backward`` or ``both``; catalysts with their orders."""

    direction: str = "forward"
    catalysts: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True)
class Reaction:
    """A reaction statement: n+1 sides with n arrows; laws and orders one a direction, in reading order.

    `net` marks a full law that holds for both directions of each arrow together.
    """

    sides: tuple[tuple[Term, ...], ...]
    arrows: tuple[Arrow, ...]
    laws: tuple[Expr, ...]
    full: bool = False
    net: bool = False
    orders: tuple[tuple[tuple[str, Fraction | Expr], ...], ...] | None = None
    label: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Option:
    name: str
    value: Amount | Fraction | str


@dataclass(frozen=True)
class Pathway:
    id: str
    statements: tuple[Reaction, ...]
    label: str | None = None


Statement = Species | Parameter | Definition | Observable | Function | Reaction | Option | Pathway


@dataclass(frozen=True)
class Model:
    """Statements in the order in which they are written, and every identifier with its kind."""

    statements: tuple[Statement, ...]
    species: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    def of(self, kind: type) -> list[Statement]:
        return [statement for statement in self.statements if isinstance(statement, kind)]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What a failing property shows: the model as a plain text."""
        from tests.strategies.render import Style, render

        printer.text(f"<Model\n{render(self, Style())}>")
