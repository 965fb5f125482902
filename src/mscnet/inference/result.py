"""`FitResult`: what a fit found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.verdict import Verdict
from mscnet.inference.problem import FreeParameter, Term
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """One local fit: where it began and ended (coordinates (n_parameters,)), the cost ½ Σ r² at either, how often the
    model was evaluated, and why it stopped."""

    number: int
    begin: FloatArray
    end: FloatArray
    begin_cost: float
    cost: float
    evaluations: int
    seconds: float
    message: str = ""
    finished: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FitResult:
    """The best fit of one model, with all its starts.

    `theta` (P,) are coordinates in the order of `parameters`, `values` all fitted values by name in the file's units
    (linear ones that were projected out among them).  `covariance` (P, P) is that of the coordinates, from JᵀJ at the
    optimum (``nan`` rows where a parameter is not determined).  `residuals` (n_terms,) belong to `terms`; `constant`
    as in `Objective`.  `verdicts` are the facts judged with the fitted values.  `model` is the fitted pathway with
    these values.
    """

    model: Mechanism
    settings: FitSettings
    parameters: tuple[FreeParameter, ...]
    theta: FloatArray
    values: Mapping[str, float]
    covariance: FloatArray
    terms: tuple[Term, ...]
    residuals: FloatArray
    constant: float
    starts: tuple[Start, ...]
    verdicts: tuple[Verdict, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """½ Σ r² at the optimum, priors included."""
        return 0.5 * float(self.residuals @ self.residuals)

    def count(self, *kinds: str) -> int:
        """How many terms are of these kinds."""
        return sum(term.kind in kinds for term in self.terms)

    @property
    def log_likelihood(self) -> float:
        """That of data and facts (Gaussian terms, and one-sided ones whose largest likelihood is 1), priors apart."""
        r = np.array([r for r, term in zip(self.residuals, self.terms, strict=True) if term.kind != "prior"])
        return self.constant - 0.5 * float(r @ r)
