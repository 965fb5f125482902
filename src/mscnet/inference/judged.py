"""Facts as residuals, judged one row after the other: slow, for what is not done faster."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.judge import judge
from mscnet.experiment.rows import RowRun
from mscnet.experiment.verdict import Verdict
from mscnet.inference.problem import Term
from mscnet.mechanism.facts import Fact
from mscnet.mechanism.mechanism import Mechanism

FloatArray = NDArray[np.float64]


class JudgedTerms:
    """Facts beside rows of a run."""

    def __init__(self, model: Mechanism, facts: Sequence[Fact], run: RowRun) -> None:
        self._model, self._facts = model, tuple(facts)
        self.terms = tuple(_term(verdict)[0] for verdict in self._judged(run, 0))

    def residuals(self, run: RowRun) -> FloatArray:
        """(m, n_terms)."""
        return np.array([[_term(v)[1] for v in self._judged(run, row)] for row in range(len(run))])

    def _judged(self, run: RowRun, row: int) -> tuple[Verdict, ...]:
        values = dict(zip(run.names, run.rows[row].tolist(), strict=True))
        return judge(self._model.with_values(values), self._facts, run.run(row))


def _term(verdict: Verdict) -> tuple[Term, float]:
    fact = verdict.fact
    name = fact.name or fact.text
    if fact.relation in ("=", "isosbestic") and isinstance(verdict.expected, float) and verdict.tolerance:
        value = verdict.value if isinstance(verdict.value, float) else math.nan
        term = Term("equality", name, verdict.experiment, observed=verdict.expected, sigma=verdict.tolerance)
        return term, (value - verdict.expected) / verdict.tolerance
    return Term("bound", name, verdict.experiment), max(0.0, -verdict.margin)
