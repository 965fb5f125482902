"""What a mechanism says of equilibria: standard energies of species, equilibrium constants of steps, bond energies."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Expression
from mscnet.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Energies:
    """Standard energies of a species, per amount, at c° = 1 mol/L; `expression` is its Gibbs energy at the
    temperature of the model.

    `enthalpy` and `entropy` are None where the text does not give them, directly or by two of the three.
    """

    expression: Expression
    enthalpy: Expression | None = None
    entropy: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """What sets one constant of a reversible step from the other: the forward one over the reverse one is `constant`.

    It is that of the step as written, products over reactants, in the file's concentration.  `source` says whether
    the text gives it or the energies of the species do.
    """

    constant: Expression
    source: Literal["given", "energies"]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bond:
    """A bond energy with its standard error, in the file's unit of energy per amount."""

    name: str
    energy: float
    error: float = 0.0
    unit: str = ""
    unit_factor: float = 1.0
    note: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BondChange:
    """The bonds that a step forms, by name with their number; those that it breaks are negative."""

    step: str
    pathway: str | None
    bonds: tuple[tuple[str, Fraction], ...]
