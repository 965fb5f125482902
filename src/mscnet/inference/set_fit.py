"""One set of steps fitted: its constants, its likelihood, and what the data say of steps that it leaves out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.screen import Surrogate
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: A set of candidates, by their numbers.
Steps = frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class SetFit:
    """The best fit of a set: constants by candidate, `others` are the file's own free parameters.

    `log_likelihood` is at its maximum, also over the standard deviations that are estimated; `n_parameters` counts
    all that was estimated, `n_data` the terms.  `scale` has, for each group of data whose error is not known, the
    factor of their standard deviations; `rms` is that of residuals in standard deviations, where they are not known in
    those that errors are taken to vary as, so that it is 1 for the best fit.
    """

    steps: Steps
    constants: Mapping[int, float]
    others: Mapping[str, float]
    log_likelihood: float
    n_parameters: int
    n_data: int
    scale: Mapping[str, float]
    rms: float = math.nan
    evaluations: int = 0
    failed: bool = False

    @property
    def bic(self) -> float:
        """k ln n - 2 ln L (G. Schwarz, Ann. Statist. 1978, 6, 461)."""
        return self.n_parameters * math.log(max(self.n_data, 1)) - 2.0 * self.log_likelihood

    @property
    def aicc(self) -> float:
        """2 k - 2 ln L with the correction for few data (C. M. Hurvich, C.-L. Tsai, Biometrika 1989, 76, 297);
        infinite where n <= k + 1."""
        k, n = self.n_parameters, self.n_data
        if n <= k + 1:
            return math.inf
        return 2.0 * k - 2.0 * self.log_likelihood + 2.0 * k * (k + 1) / (n - k - 1)

    def ebic(self, candidates: int, chosen: int) -> float:
        """BIC that also counts among how many sets of its size this one was chosen (J. Chen, Z. Chen, Biometrika
        2008, 95, 759, with γ = 1): a set of s out of K steps is one of K!/(s! (K - s)!)."""
        return self.bic + 2.0 * log_choices(candidates, chosen)


def log_choices(candidates: int, chosen: int) -> float:
    """ln(K!/(s! (K - s)!))."""
    return math.lgamma(candidates + 1) - math.lgamma(chosen + 1) - math.lgamma(candidates - chosen + 1)


class SetFitter(Protocol):
    """Fits sets of candidates.

    `reach`: by how many steps a set of a screen may differ from the fit that it was made about, and yet be believed.
    """

    reach: float

    def fit(
        self, steps: Steps, start: Mapping[int, float], others: Mapping[str, float], worth: float = -math.inf
    ) -> SetFit:
        """The best fit from starting values; what is missing there starts at its typical value.  One that will not
        come to the log-likelihood `worth` may be given up."""

    def surrogate(self, fitted: SetFit) -> Surrogate | None:
        """The data as a linear model in all constants, about a fit; None where it cannot be run."""

    def additions(self, fitted: SetFit, count: int) -> list[tuple[int, float]]:
        """The steps that a set may lack most, with constants: what linear models cannot see, as steps that change much
        at once; none where these see all."""

    def first(self) -> Surrogate | None:
        """The data as a linear model in all constants before anything is fitted; None where not enough is seen."""

    def along(self, fitted: SetFit) -> Surrogate | None:
        """The data as a linear model over the courses of a fit; None where not enough is seen, or it cannot be run."""

    def reweigh(self, fitted: SetFit) -> bool:
        """Takes errors to vary as about this fit; whether they do so otherwise than before, so that sets are to be
        fitted anew."""
