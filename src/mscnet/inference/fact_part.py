"""The facts of a fit: their experiments run with fine readings, and their residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.refine import HOLD_POINTS, refined
from mscnet.inference.judged import JudgedTerms
from mscnet.inference.probing import done_in, first_run
from mscnet.inference.problem import FreeParameter
from mscnet.inference.row_bench import RowBench
from mscnet.inference.subject import Subject

FloatArray = NDArray[np.float64]


class FactPart:
    """Residuals of the facts of a subject, as functions of the values of its parameters `names`.

    Raises:
        MechanismError: the experiments cannot be run, or a fact speaks of what they do not have.
    """

    def __init__(self, subject: Subject, rtol: float) -> None:
        self.names = subject.for_facts
        parameters: Sequence[FreeParameter] = [p for p in subject.searched if p.name in self.names]
        fine = refined(subject.model)
        self._bench = RowBench(fine, subject.fact_experiments, self.names, rtol, HOLD_POINTS)
        run = first_run(self._bench.perform, parameters)
        self._facts = JudgedTerms(subject.model, subject.facts, run)
        self.terms = self._facts.terms
        gaussian = [term.sigma for term in self.terms if term.kind == "equality"]
        self.constant = -sum(math.log(math.sqrt(2 * math.pi) * sigma) for sigma in gaussian)

    def residuals(self, values: FloatArray) -> FloatArray:
        """(m, n_terms) for values (m, n_names); rows that came to no end have ``nan``."""
        run = self._bench.perform(values)
        found = self._facts.residuals(run)
        found[~done_in(run)] = math.nan
        return found

    def linearised(self, values: FloatArray, steps: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals (n_terms,) and their derivatives by the values, (n_terms, n_names)."""
        run = self._bench.with_derivatives(values, steps)
        found = self._facts.residuals(run)
        if not done_in(run)[0]:
            found[0] = math.nan
        return found[0], ((found[1:] - found[:1]) / steps[:, None]).T
