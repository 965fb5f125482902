"""What a fit is about: free parameters, the terms of a likelihood, and the objective that an optimiser sees.

Everything behind `Objective` (experiments, data, facts, priors) is one vector of weighted residuals, so that least
squares, profiles, samplers and designs know nothing of chemistry.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FreeParameter:
    """A parameter that is searched for, in its coordinate u: ln(value) where the scale is ``log``, else the value.

    `lower`, `upper` and `start` are values in the file's units; `start` is None where the file gives none.  A prior
    is normal, `prior` its (mean, standard deviation) in the file's units.  `kind` is ``noise`` for the standard
    deviation of an observable that is estimated along.  ``shown = value/unit_factor`` in `unit` is for people.
    """

    name: str
    lower: float
    upper: float
    scale: Literal["linear", "log"] = "linear"
    start: float | None = None
    prior: tuple[float, float] | None = None
    kind: Literal["model", "noise"] = "model"
    unit: str = ""
    unit_factor: float = 1.0
    note: str = ""

    def to_search(self, value: float) -> float:
        """The coordinate of a value."""
        return math.log(value) if self.scale == "log" else value

    def to_value(self, u: float) -> float:
        """The value at a coordinate."""
        return math.exp(u) if self.scale == "log" else u

    @property
    def bounds(self) -> tuple[float, float]:
        """The ends of its range, as coordinates."""
        return self.to_search(self.lower), self.to_search(self.upper)


@dataclass(frozen=True, slots=True)
class Term:
    """What one residual is on.

    ``datum`` and ``equality`` are Gaussian (or Student-t) terms, (model - observed)/sigma; a ``bound`` is one-sided:
    0 where the inequality holds, else how far it is missed over its scale, so that -½r² is the log of a half-normal
    tail; ``prior`` is Gaussian in the parameter; ``noise`` carries ln(sigma) of the terms of an observable whose
    error is estimated.  `source` is the data file or the fact, `condition` where it was seen, ``fig4(v = 15 uL)``.
    """

    kind: Literal["datum", "equality", "bound", "prior", "noise"]
    source: str
    condition: str = ""
    reading: str = ""
    time: float = math.nan
    wavelength: float = math.nan
    observed: float = math.nan
    sigma: float = math.nan
    unit: str = ""


#: What every residual is where a run came to no end: large, finite, and so refused by any optimiser.
FAILED = 1e8


class Objective(Protocol):
    """-log likelihood = ½ Σ residuals² - `constant`, priors among the residuals.

    `theta` (n_parameters,) are coordinates in the order of `parameters`; all methods take them inside the bounds.
    Where the model cannot be run, every residual is `FAILED` and derivatives are 0.
    """

    @property
    def parameters(self) -> tuple[FreeParameter, ...]:
        """What is searched for."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """What each residual is on."""

    @property
    def constant(self) -> float:
        """What does not depend on theta: -Σ ln(sqrt(2π) sigma) of all Gaussian terms, `prior` ones apart."""

    def residuals(self, theta: FloatArray) -> FloatArray:
        """(n_terms,)."""

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals (n_terms,) and their derivatives (n_terms, n_parameters)."""

    def many(self, thetas: FloatArray) -> FloatArray:
        """Residuals (m, n_terms) for thetas (m, n_parameters)."""

    def values(self, theta: FloatArray) -> dict[str, float]:
        """Every fitted value by name in the file's units, linear ones that are projected out among them."""
