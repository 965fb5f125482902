"""Conditions that cannot be done in many rows at once: run row by row, with derivatives by central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.asked import Asked
from mscnet.experiment.bench import Bench
from mscnet.experiment.plan import Planned
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.rows import (
    RowCondition,
    RowMeasured,
    RowSeries,
    RowSpectra,
    RowStretch,
    stacked,
)
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

#: Differences are taken over so much of a parameter's size, in runs whose tolerance is so much tighter.
_SHARE, _TIGHTER = 1e-3, 1e-3
_TIGHTEST = 1e-11


class Singly:
    """Runs rows one after the other; `finer` gives planned conditions their times, `settings` are the bench's."""

    def __init__(
        self, bench: Bench, names: Sequence[str], finer: Callable[[Planned], Planned], hold_points: int,
        settings: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self._bench, self._names, self._finer = bench, tuple(names), finer
        self._points, self._settings = hold_points, settings

    @cached_property
    def _exact(self) -> Bench:
        """The bench whose runs are told apart."""
        rtol = max(_TIGHTER * self._bench.solver.rtol, _TIGHTEST)
        given = {name: self._settings[name] for name in ("method", "atol", "max_steps")}
        return Bench(self._bench.mechanism, rtol=min(rtol, self._bench.solver.rtol), **given)

    def conditions(
        self, asked: Sequence[Asked], rows: FloatArray, good: NDArray[np.bool_], steps: FloatArray | None
    ) -> tuple[RowCondition, ...]:
        """All conditions of these experiments, of the rows that are `good` (m,).

        Raises:
            MechanismError: no row can be planned.
        """
        if steps is None or not good[0]:
            return self._stacked(self._bench, asked, rows, good)
        return self._differences(asked, rows[0], steps)

    def _stacked(
        self, bench: Bench, asked: Sequence[Asked], rows: FloatArray, good: NDArray[np.bool_]
    ) -> tuple[RowCondition, ...]:
        runs = [self._run(bench, asked, row) for row in rows.tolist()]
        whole = next((run for run in runs if isinstance(run, Run)), None)
        if whole is None:
            assert isinstance(runs[0], MechanismError)
            raise runs[0]
        lost = "a value is not a finite number"
        told = [
            lost if not ok else str(run.diagnostics[0].message) if isinstance(run, MechanismError) else ""
            for ok, run in zip(good, runs, strict=True)
        ]
        each = [_undone(whole, why) if why else run for run, why in zip(runs, told, strict=True)]
        found = stacked(bench.mechanism, self._names, rows, [run for run in each if isinstance(run, Run)])
        return found.conditions

    def _run(self, bench: Bench, asked: Sequence[Asked], row: Sequence[float]) -> Run | MechanismError:
        values = dict(zip(self._names, row, strict=True))
        try:
            return bench.run_revised(values, asked, self._finer, self._points)
        except MechanismError as error:
            return error

    def _differences(self, asked: Sequence[Asked], row: FloatArray, steps: FloatArray) -> tuple[RowCondition, ...]:
        """The row, and beside it rows that lie along differences of runs on either side of it."""
        apart = np.where(row != 0.0, _SHARE * np.abs(row), _SHARE)
        around = np.concatenate([row[None], row + np.diag(apart), row - np.diag(apart)])
        wide = self._stacked(self._exact, asked, around, np.ones(len(around), dtype=bool))
        return tuple(_Between(apart, steps).condition(c) for c in wide)


def _undone(like: Run, why: str) -> Run:
    """A run of the same conditions of which none was done."""
    conditions = tuple(Condition(c.experiment, c.values, (), (), (), Status.IMPOSSIBLE, why) for c in like.conditions)
    return Run(like.model, conditions, {})


class _Between:
    """Turns rows (a run, those above it, those below it) into the run with rows beside it, `steps` along the slopes."""

    def __init__(self, apart: FloatArray, steps: FloatArray) -> None:
        self._share = steps / (2.0 * apart)
        self._stretches: dict[int, RowStretch] = {}

    def rows(self, values: FloatArray) -> FloatArray:
        """(1 + P, …) of (1 + 2P, …)."""
        count = len(self._share)
        share = self._share.reshape(-1, *(1,) * (values.ndim - 1))
        beside = values[0] + (values[1 : 1 + count] - values[1 + count :]) * share
        return np.concatenate([values[:1], beside])

    def condition(self, wide: RowCondition) -> RowCondition:
        """Done in all rows where all its runs were done."""
        count = len(self._share)
        done = np.full(1 + count, bool(wide.done[0]))
        done[1:] &= wide.done[1 : 1 + count] & wide.done[1 + count :]
        measured = tuple(self._measured(m) for m in wide.measured)
        stretches = tuple(self._stretch(s) for s in wide.stretches)
        return RowCondition(wide.experiment, wide.values, measured, stretches, done, wide.trouble)

    def _stretch(self, wide: RowStretch) -> RowStretch:
        if id(wide) not in self._stretches:
            states, volume, inputs = (self.rows(values) for values in (wide.states, wide.volume, wide.inputs))
            self._stretches[id(wide)] = RowStretch(wide.vessel, wide.time, states, volume, inputs)
        return self._stretches[id(wide)]

    def _measured(self, wide: RowMeasured) -> RowMeasured:
        series = {
            name: RowSeries(name, s.time, self.rows(s.values), s.unit, s.wavelength) for name, s in wide.series.items()
        }
        spectra = {
            name: RowSpectra(name, s.time, s.wavelength, self.rows(s.absorbance)) for name, s in wide.spectra.items()
        }
        return RowMeasured(wide.start, self._stretch(wide.stretch), series, spectra, wide.clock)
