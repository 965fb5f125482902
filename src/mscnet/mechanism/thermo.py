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


#: Loops are not looked for among more reversible steps, nor among more that are left once those in no loop are gone.
MAX_STEPS = 20_000
MAX_TANGLED = 2_000


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that together change nothing, and the products of their constants round it.

    `steps` are names with how often each is taken, a negative number backwards.  `state` is ``balanced`` (for every
    value of the names in the constants), ``balanced here`` (with the values that the file gives), ``violated``, or
    ``open`` where something has no value or is a concentration.  `forward` and `reverse` are the products round the
    loop, in the file's units, ``nan`` where they have no value; `condition` is what must hold.
    """

    steps: tuple[tuple[str, int], ...]
    state: Literal["balanced", "balanced here", "violated", "open"]
    forward: float
    reverse: float
    condition: str
    warmer: bool = False
    spans: tuple[Span | None, ...] = field(default=(), compare=False, repr=False)

    @property
    def holds(self) -> bool:
        """Whether detailed balance holds round it, as far as can be told."""
        return self.state in ("balanced", "balanced here")

    def text(self) -> str:
        """``r1 + r2 - r3``: the steps, those that run backwards with a minus."""
        parts = [("- " if n < 0 else "+ ") + (f"{abs(n)} " if abs(n) != 1 else "") + name for name, n in self.steps]
        return " ".join(parts).removeprefix("+ ")
