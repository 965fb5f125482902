"""Rows by ordinary runs, one after the other, and their derivatives by differences: slow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.bench import Bench
from mscnet.experiment.results import Run
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun, RowSeries, RowSpectra, RowStretch, stacked
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

FloatArray = NDArray[np.float64]

#: A difference is taken over so many steps to either side.
_FACTOR = 300.0


class RowBench:
    """Experiments of a model made ready for many rows of values of the parameters `names`."""

    def __init__(
        self, model: Mechanism, experiments: Sequence[str], names: Sequence[str], rtol: float, hold_points: int = 2
    ) -> None:
        self._bench = Bench(model, rtol=rtol)
        self._model, self._experiments, self.names = model.chosen, list(experiments), tuple(names)
        self._points = hold_points

    def perform(self, rows: FloatArray) -> RowRun:
        """Runs with the values of each of the rows (m, n_names)."""
        rows = np.atleast_2d(rows)
        return stacked(self._model, self.names, rows, [self._run(row) for row in rows])

    def with_derivatives(self, values: FloatArray, steps: FloatArray) -> RowRun:
        """A run with `values` (n_names,) and its derivatives beside it, as `RowRun.steps` says."""
        around = np.repeat(values[None], 2 * len(steps) + 1, axis=0)
        for j, step in enumerate(steps):
            around[1 + 2 * j, j] += _FACTOR * step
            around[2 + 2 * j, j] -= _FACTOR * step
        run = self.perform(around)
        rows = np.concatenate([values[None], values[None] + np.diag(steps)])
        conditions = tuple(_condition(c) for c in run.conditions)
        return RowRun(run.model, run.names, rows, conditions, np.asarray(steps, dtype=float))

    def _run(self, row: FloatArray) -> Run:
        values = dict(zip(self.names, row.tolist(), strict=True))
        return self._bench.run(values, experiments=self._experiments, ledger=False, hold_points=self._points)


def _beside(values: FloatArray) -> FloatArray:
    """Row 0 as it is, and one a parameter that is one step away from it."""
    slopes = (values[1::2] - values[2::2]) / (2.0 * _FACTOR)
    return np.concatenate([values[:1], values[:1] + slopes])


def _condition(c: RowCondition) -> RowCondition:
    done = np.concatenate([c.done[:1], c.done[1::2] & c.done[2::2]])
    stretches = {id(s): _stretch(s) for s in (*c.stretches, *(m.stretch for m in c.measured))}
    measured = tuple(_measured(m, stretches[id(m.stretch)]) for m in c.measured)
    return replace(c, measured=measured, stretches=tuple(stretches[id(s)] for s in c.stretches), done=done)


def _stretch(s: RowStretch) -> RowStretch:
    return replace(s, states=_beside(s.states), volume=_beside(s.volume), inputs=_beside(s.inputs))


def _measured(m: RowMeasured, stretch: RowStretch) -> RowMeasured:
    series: dict[str, RowSeries] = {n: replace(s, values=_beside(s.values)) for n, s in m.series.items()}
    spectra: dict[str, RowSpectra] = {n: replace(s, absorbance=_beside(s.absorbance)) for n, s in m.spectra.items()}
    return replace(m, stretch=stretch, series=series, spectra=spectra)
