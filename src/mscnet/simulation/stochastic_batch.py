"""Stochastic runs for scans: many sets of inputs, each run with a stream of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.molecules import MOST_MOLECULES, rounding_notes, whole_counts
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import may_switch
from mscnet.simulation.batch import (
    BAD_EVENT,
    BAD_START,
    NEGATIVE_RATE,
    Batch,
    RunSettings,
    SingleRuns,
    structural_inputs,
)
from mscnet.simulation.column_program import ColumnProgram
from mscnet.simulation.compiled import STATUSES
from mscnet.simulation.many_runs import STATUS
from mscnet.simulation.status import Status
from mscnet.simulation.stochastic import Batch as ManyRuns
from mscnet.simulation.stochastic import Molecules, build_molecules, run_batch
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]

#: Runs that go to the kernels at once give at most so many counts (16 MB).
MAX_COUNTS = 2_000_000
#: The number in a `Batch` of each status of `many_runs.STATUS`.
_OWN = {Status.NEGATIVE_RATE: NEGATIVE_RATE, Status.EVENT: BAD_EVENT}
_NUMBERS = np.array([_OWN[s] if s in _OWN else STATUSES.index(s) for s in STATUS])


class StochasticRuns:
    """A `BatchEngine` of exact stochastic runs: run i of a call is run first + i + 1 of the seed.

    Where the kernels' tables hold for all inputs, runs go to them together; where coefficients or times of jumps
    depend on inputs, or without kernels, each set of inputs becomes a model of its own.
    """

    def __init__(self, program: RateProgram, settings: RunSettings, columns: ColumnProgram) -> None:
        self._program, self._settings, self._columns = program, settings, columns
        self._model = program.network.mechanism
        self._molecules = build_molecules(self._model)
        self._single = SingleRuns(program, settings, columns)
        self._apart = (
            self._molecules.propensities is None
            or bool(structural_inputs(program))
            or (program.timed and may_switch(self._model))
            or bool(self._model.events)
            or bool(self._model.compartments)  # the tables are of amounts, the inputs of concentrations
        )
        self.name = f"ssa {self._molecules.algorithm('auto')}"
        n_species = len(program.species)
        self._most = max(1, MAX_COUNTS // max(1, len(settings.times) * n_species))
        # of each species a start that was rounded, and what it became
        self._exact, self._rounded = np.zeros((2, n_species))

    @property
    def notes(self) -> list[str]:
        slow = self._molecules.notes[-1:] if self._molecules.plain is not None else ()
        return [*rounding_notes(self._model, self._exact, self._rounded), *slow]

    def __call__(self, inputs: FloatArray, stop: NDArray[np.int64] | None = None, first: int = 0) -> Batch:
        batch = Batch.empty(len(inputs), len(self._settings.times), len(self._columns.names))
        batch.values[:], batch.reached[:] = np.nan, self._settings.start
        for runs in self._pieces(inputs):
            if stop is not None and stop[0]:
                break
            self._run(inputs, runs, batch, stop, first)
        return batch

    def _pieces(self, inputs: FloatArray) -> Iterator[NDArray[np.int64]]:
        """Runs that go together, by their places in `inputs`."""
        stretches = _equal(inputs) if self._apart else [np.arange(len(inputs))]
        for stretch in stretches:
            for at in range(0, len(stretch), self._most):
                yield stretch[at : at + self._most]

    def _run(
        self, inputs: FloatArray, runs: NDArray[np.int64], batch: Batch, stop: NDArray[np.int64] | None, first: int
    ) -> None:
        """Makes the runs at places `runs` of `inputs`."""
        exact = inputs[runs, -len(self._program.species) :] * self._molecules.omega
        good = ((exact >= 0.0) & (exact < MOST_MOLECULES)).all(axis=1)
        batch.status[runs[~good]] = BAD_START
        runs, exact = runs[good], exact[good]
        molecules = self._molecules_of(inputs[runs[0]]) if len(runs) else None
        if molecules is None:
            batch.status[runs] = BAD_START
            return
        counts = whole_counts(self._model, exact)
        self._note(exact, counts)
        settings = self._settings
        made = run_batch(
            molecules, settings.start, settings.times, runs + first + 1, settings.seed, counts=counts,
            inputs=None if self._apart else inputs[runs], max_events=settings.max_steps, stop=stop,
            jobs=1,
        )  # fmt: skip
        if stop is None and (made.status == STATUS.index(Status.INTERRUPTED)).any():
            raise KeyboardInterrupt
        batch.status[runs], batch.reached[runs] = _NUMBERS[made.status], made.reached
        batch.counts[runs, 0] = made.events
        states = made.counts / molecules.omega
        states[np.arange(len(settings.times)) >= made.kept[:, None]] = np.nan
        batch.values[runs] = self._values(states, inputs[runs], made)

    def _molecules_of(self, row: FloatArray) -> Molecules | None:
        """The molecules that serve one row of inputs; None where an initial concentration makes no sense."""
        if not self._apart:
            return self._molecules
        try:
            return build_molecules(self._single.mechanism(row))
        except MechanismError as error:
            if error.diagnostics[0].code != "E041":
                raise
            return None

    def _values(self, states: FloatArray, inputs: FloatArray, made: ManyRuns) -> FloatArray:
        """The columns (m, n_times, n_columns) of states (m, n_times, n_species)."""
        indices, n_species = self._columns.indices, len(self._program.species)
        if (indices < n_species).all():
            return states[..., indices]
        values = np.empty((*states.shape[:2], len(indices)))
        # with events, parameters have courses of their own in each run
        alike = [np.array([r]) for r in range(len(inputs))] if made.logs else _equal(inputs)
        for runs in alike:
            courses = made.logs[int(runs[0])].courses if made.logs else {}
            times = np.tile(self._settings.times, len(runs))
            flat = states[runs].reshape(len(times), n_species)
            model = self._single.mechanism(inputs[runs[0]])
            course = Trajectory(times, self._program.species, flat, model, courses=courses)
            for j, name in enumerate(self._columns.names):
                values[runs, :, j] = np.reshape(course[name], (len(runs), -1))
        return values

    def _note(self, exact: FloatArray, counts: FloatArray) -> None:
        """Keeps, of each species, the start that rounding has changed most."""
        change = np.abs(counts - exact) / np.maximum(exact, 1e-300)
        for i, run in enumerate(change.argmax(axis=0)):
            known = abs(self._rounded[i] - self._exact[i]) / max(self._exact[i], 1e-300)
            if change[run, i] > known:
                self._exact[i], self._rounded[i] = exact[run, i], counts[run, i]


def _equal(inputs: FloatArray) -> list[NDArray[np.int64]]:
    """Stretches of equal rows, by their places."""
    same = (inputs[1:] == inputs[:-1]) | (np.isnan(inputs[1:]) & np.isnan(inputs[:-1]))
    return np.split(np.arange(len(inputs)), np.flatnonzero(~same.all(axis=1)) + 1)
