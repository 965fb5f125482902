"""The domain objects: what a mechanism is made of.

All are frozen; a change makes a new object.  Numbers are in the file's units (see `units`), spans point
into the text that an object came from and are None for objects made in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.units import NONE, Dimension
from mscnet.records import dataclass, field

if TYPE_CHECKING:
    from mscnet.mechanism.thermo import Energies, Equilibrium

#: A stoichiometric coefficient or kinetic order: exact where it is a number, else an expression.
Coefficient = Fraction | Expression


def as_expression(coefficient: Coefficient) -> Expression:
    """A coefficient as an expression."""
    return Number(coefficient) if isinstance(coefficient, Fraction) else coefficient


#: A linear form over unknown sizes: coefficient of each size symbol; the key "" holds the constant part.
LinearForm = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Composition:
    """Elements with their counts, each a linear form in unknown sizes, and the net charge."""

    elements: tuple[tuple[str, tuple[tuple[str, Fraction], ...]], ...]
    charge: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Species:
    """A chemical species; `initial` is an expression in parameters, None where nothing was said (then 0).

    `compartment` is where it is, in a mechanism that has compartments.  A `constant` species keeps its concentration
    whatever reacts with it.  `bonds` are the bonds that it holds, by name with their number; None where nothing was
    said.  `complex` is what a species that rules have made is, as in ``A(b!1).B(a!1)``.
    """

    name: str
    label: str | None = None
    composition: Composition | None = None
    charge: int | None = None
    initial: Expression | None = None
    constant: bool = False
    dimension: Dimension = NONE
    pathway: str | None = None
    declared: bool = True
    energies: Energies | None = None
    bonds: tuple[tuple[str, Fraction], ...] | None = None
    compartment: str | None = None
    complex: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> str:
        """The label for a figure or table: the printed label where there is one, else the name."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant; `value` None until somebody gives one.

    `unit` is its unit as text for people (as written, else that of the file), `value` is in the file's
    units, and ``value == shown_value × unit_factor``.  `bounds` free it for fits unless `fixed`; `prior`
    is a standard deviation about `value`.  A parameter that is not `declared` came into being after ``@``.
    """

    name: str
    value: float | None = None
    dimension: Dimension | None = None
    unit: str = ""
    unit_factor: float = 1.0
    bounds: tuple[float, float] | None = None
    scale: Literal["linear", "log"] = "linear"
    prior: float | None = None
    fixed: bool = False
    note: str | None = None
    pathway: str | None = None
    declared: bool = True
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def free(self) -> bool:
        """Whether a fit may change it."""
        return not self.fixed and (self.bounds is not None or self.prior is not None or self.value is None)


@dataclass(frozen=True, slots=True)
class Definition:
    """A derived value, ``name = expression``; it may vary with species and time."""

    name: str
    expression: Expression
    dimension: Dimension | None = None
    pathway: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Observable:
    """A quantity that a run reports beside the species."""

    name: str
    expression: Expression
    label: str | None = None
    dimension: Dimension | None = None
    pathway: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> str:
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Function:
    """A user's function; calls are expanded when the text is read, this keeps what was written.

    `body` is the same as an expression with symbols of kind ``slot`` for the parameters, None where it has an error.
    """

    name: str
    parameters: tuple[str, ...]
    text: str
    pathway: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    body: Expression | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RateLaw:
    """How fast a reaction goes.

    ``mass_action``: `expression` times the product of reactant concentrations to their kinetic orders.
    ``general``: `expression` is the whole rate, in concentration per time (see `compartments` for steps on surfaces
    and between compartments).
    ``fast``: no rate; the reaction is always at equilibrium, and `expression` is its equilibrium constant K_c.
    """

    kind: Literal["mass_action", "general", "fast"]
    expression: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Term:
    """A species with its stoichiometric coefficient or kinetic order.

    The coefficient counts concentrations.  Where the species is in another compartment than the rate is of, it has the
    ratio of the two sizes in it, and `stated` is what the text says, in amounts; else that is None.
    """

    species: str
    coefficient: Coefficient
    span: Span | None = field(default=None, compare=False, repr=False)
    stated: Coefficient | None = None

    @property
    def written(self) -> Coefficient:
        """The coefficient as the text has it, which counts amounts."""
        return self.coefficient if self.stated is None else self.stated


@dataclass(frozen=True, slots=True)
class Reaction:
    """One directed reaction.  A reversible step is two, each the other's `partner`.

    `orders` are the kinetic orders of a mass-action law, catalysts included; for a general law they are
    empty; of a fast step they are the constant species that its K leaves out, as one leaves a solvent out.
    `reversible` is set on a single reaction whose general law is the net rate of both directions.
    `name` is unique in its mechanism; `label` is what the text calls the step.  `equilibrium` is what the law of one
    direction follows from, with the law of the other; None where both are given.
    """

    name: str
    reactants: tuple[Term, ...]
    products: tuple[Term, ...]
    orders: tuple[Term, ...]
    law: RateLaw
    catalysts: tuple[Term, ...] = ()
    label: str | None = None
    partner: str | None = None
    reverse: bool = False
    reversible: bool = False
    note: str | None = None
    pathway: str | None = None
    equilibrium: Equilibrium | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Option:
    """A default of the file: a number in the file's units, or a word."""

    name: str
    value: float | str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compartment:
    """A volume or, with `surface`, an area that holds species.

    Its size is the parameter of the same name, or the derived value of that name, which may vary with time.
    """

    name: str
    surface: bool = False
    derived: bool = False
    varies: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pathway:
    """An alternative: reactions that hold only when it is chosen.

    One that is derived from others names them in `bases`; of its values, those in `overrides` stand in place of what
    the bases or all pathways have, and the common steps in `without` are not in it.
    """

    name: str
    label: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    bases: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
