"""Information criteria: AIC, AICc and BIC of a fit, and the weights that they give to rival models.

K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (Springer, 2002), chapter 2, for
AICc, differences and weights; R. E. Kass and A. E. Raftery, J. Am. Stat. Assoc. 1995, 90, 773, for BIC.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from mscnet.inference.result import FitResult
from mscnet.records import dataclass

CriterionName = Literal["aicc", "bic"]

#: Terms that are a Gaussian (or Student-t) factor of the likelihood, and those that are a one-sided one.
GAUSSIAN, ONE_SIDED = ("datum", "equality"), ("bound",)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a likelihood is made of: one term for each datum, each equality fact, each inequality fact.

    `n` is all of them: every one is an observation that could have come out otherwise, it was made before any model
    was fitted, and it is a factor of the likelihood.  An inequality tells less than a number does, as a censored
    observation; `n_gaussian` leaves them out (C. T. Volinsky and A. E. Raftery, Biometrics 2000, 56, 256, take the
    uncensored ones for BIC), and a comparison says where that would change its order.
    """

    data: int
    equalities: int
    inequalities: int

    @property
    def n(self) -> int:
        """All terms."""
        return self.data + self.equalities + self.inequalities

    @property
    def n_gaussian(self) -> int:
        """Data and equalities alone."""
        return self.data + self.equalities


@dataclass(frozen=True, slots=True)
class Criteria:
    """How well a model explains what was seen, and at what price.

    `parameters` are all that were fitted: model parameters, those projected out, and standard deviations of data
    that were estimated along; `spectra` of them are values of free spectra.  `sse` is Σ r² over data and facts, in
    standard deviations (tolerances).
    """

    log_likelihood: float
    parameters: int
    counts: Counts
    sse: float
    spectra: int = 0

    @property
    def aicc(self) -> float | None:
        """See `aicc`."""
        return aicc(self.log_likelihood, self.parameters, self.counts.n)

    @property
    def bic(self) -> float:
        """See `bic`."""
        return bic(self.log_likelihood, self.parameters, self.counts.n)


def aicc(log_likelihood: float, parameters: int, n: int) -> float | None:
    """-2 ln L + 2k + 2k(k + 1)/(n - k - 1), Akaike's criterion for small samples; None where n <= k + 1."""
    k = parameters
    if n <= k + 1:
        return None
    return -2.0 * log_likelihood + 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1)


def bic(log_likelihood: float, parameters: int, n: int) -> float:
    """-2 ln L + k ln n, Schwarz's criterion; ``inf`` without any term."""
    return -2.0 * log_likelihood + parameters * math.log(n) if n > 0 else math.inf


def weights(values: Sequence[float]) -> tuple[float, ...]:
    """exp(-Δ/2) over their sum: Akaike weights of AICc, and of BIC the probabilities of models that were equally
    likely before.  A value that is not finite gets 0; all get ``nan`` where none is."""
    found = np.asarray(values, dtype=float)
    finite = np.isfinite(found)
    if not finite.any():
        return (math.nan,) * len(found)
    relative = np.where(finite, np.exp(-0.5 * (np.where(finite, found, 0.0) - found[finite].min())), 0.0)
    return tuple(float(w) for w in relative / relative.sum())


def criteria_of(fit: FitResult) -> Criteria:
    """The criteria of a fit."""
    counts = Counts(fit.count("datum"), fit.count("equality"), fit.count("bound"))
    spectra = 0 if fit.spectra is None else fit.spectra.fitted
    return Criteria(fit.log_likelihood, fit.k, counts, weighted_squares(fit), spectra)


def weighted_squares(fit: FitResult) -> float:
    """Σ r² over data and facts."""
    kinds = (*GAUSSIAN, *ONE_SIDED)
    return float(sum(r * r for r, term in zip(fit.residuals, fit.terms, strict=True) if term.kind in kinds))
