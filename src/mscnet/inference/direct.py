"""Data on courses that begin at known concentrations, fitted without performing the experiments anew.

Where nothing reacts before a measurement begins, and what is read is linear in the concentrations and holds no free
parameter, the vessel can be prepared once.  A fit is then an integration with exact derivatives for each condition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.experiment.bench import Bench
from mscnet.experiment.data_match import condition_for
from mscnet.experiment.observations import Observations
from mscnet.experiment.optics import Optics
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.values import Values
from mscnet.kinetics.program import RateProgram
from mscnet.mechanism.bench import Add, DiluteTo, Discard, Experiment, Mix, Observe, Reading, Set, Take, Use
from mscnet.mechanism.bench_use import (
    experiment_expressions,
    optical_expressions,
    parameters_behind,
    stock_expressions,
    stocks_used,
)
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over
from mscnet.simulation.differentiate import Course, forward
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import default_atol

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: A reading is linear where it is so within this part, at random concentrations.
_LINEAR = 1e-9
_STEPS_AT_ONCE = (Mix, Add, DiluteTo, Take, Discard, Set, Use)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What one vessel holds, and when it was read.

    `inputs` (n_inputs,) of the program at its start; `times` (n_times,) of readings; `matrix` (n_readings, n_species)
    and `offset` (n_readings,) make readings of concentrations.  Datum i is reading `reading[i]` at time `at[i]`:
    `observed`, with the standard deviation `sigma` (nan: not known), of the `group` whose errors are alike (all
    (n_data,)).
    """

    name: str
    inputs: FloatArray
    start: float
    times: FloatArray
    matrix: FloatArray
    offset: FloatArray
    at: IntArray
    reading: IntArray
    observed: FloatArray
    sigma: FloatArray
    group: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Direct:
    """All samples of a mechanism; `groups` are the readings whose errors have no standard deviation of their own."""

    program: RateProgram
    samples: tuple[Sample, ...]
    groups: tuple[str, ...]
    rtol: float

    @property
    def count(self) -> int:
        """How many data there are."""
        return sum(s.observed.size for s in self.samples)

    def gathered(self, what: str) -> FloatArray:
        """A field of the samples' data, one after the other."""
        return np.concatenate([getattr(s, what) for s in self.samples])

    def model(self, values: Mapping[int, float], along: Sequence[int]) -> tuple[FloatArray, FloatArray] | None:
        """The model's value of every datum (n_data,) and its derivatives by the inputs `along` (n_data, P), with
        inputs changed to `values` by number; None where a run came to no end."""
        parts, slopes = [], []
        for sample in self.samples:
            ran = self.run(sample, values, along)
            if ran is None:
                return None
            states, sensitivities = ran
            shown = states @ sample.matrix.T + sample.offset
            parts.append(shown[sample.at, sample.reading])
            weights = sample.matrix[sample.reading]
            slopes.append(np.einsum("ds,dsp->dp", weights, sensitivities[sample.at]))
        return np.concatenate(parts), np.concatenate(slopes)

    def run(
        self, sample: Sample, values: Mapping[int, float], along: Sequence[int]
    ) -> tuple[FloatArray, FloatArray] | None:
        """Concentrations (n_times, n_species) of a sample, and their derivatives (n_times, n_species, P)."""
        inputs = sample.inputs.copy()
        inputs[list(values)] = list(values.values())
        directions = np.zeros((len(along), len(inputs)))
        directions[np.arange(len(along)), list(along)] = 1.0
        scale = np.array([abs(inputs[i]) or 1.0 for i in along])
        n = len(self.program.species)
        atol = np.full(n, default_atol(self.rtol, inputs[-n:], np.array(self.program.constant)))
        course = Course(sample.start, sample.times, self.rtol, atol, 20_000)
        found = forward(self.program, inputs, directions, course, scale, tested=False)
        if found.outcome.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        if found.outcome.status is not Status.DONE or not np.isfinite(found.sensitivities).all():
            return None
        return found.values, found.sensitivities


def direct(model: Mechanism, observations: Sequence[Observations], rtol: float, off: Sequence[str]) -> Direct | None:
    """The samples of a model, None where it takes more than this; see the module.

    Args:
        off: rate constants that are free and stand for steps that do not happen while a vessel is prepared.

    Raises:
        MechanismError: what the experiments raise; data that belong to no condition.
    """
    if kernels.core() is None or model.events or model.facts or not observations:
        return None
    if any(p.prior for p in model.parameters if p.free):
        return None
    experiments = {e.name: e for e in model.experiments}
    names = {o.experiment for o in observations}
    free = {p.name for p in model.parameters if p.free}
    if not all(_at_once(model, experiments[name], free) for name in names):
        return None
    if any(o.spectra for o in observations):
        return None
    bench = Bench(model.with_values(dict.fromkeys(off, 0.0)), rtol=rtol)
    run = bench.run(experiments=[name for name in experiments if name in names], ledger=False)
    for condition in run.conditions:
        if condition.error is not None:
            raise condition.error
        if condition.status is not Status.DONE or len(condition.measured) != 1:
            return None
    return _Maker(bench, run, free).samples(observations, rtol)


def _at_once(model: Mechanism, experiment: Experiment, free: set[str]) -> bool:
    """Whether no time passes before the one measurement, and nothing in the experiment is free."""
    steps = list(experiment.steps)
    while steps and not isinstance(steps[-1], Observe):
        steps.pop()
    if not steps or experiment.origin is not None:
        return False
    *before, last = steps
    if not all(isinstance(step, _STEPS_AT_ONCE) and getattr(step, "over", None) is None for step in before):
        return False
    if not isinstance(last, Observe) or last.during is not None or last.until is not None:
        return False
    expressions = list(experiment_expressions(experiment))
    stocks = {stock.name: stock for stock in model.stocks}
    for name in stocks_used(before) & stocks.keys():
        expressions += stock_expressions(stocks[name])
    if any(reading.kind != "value" for reading in last.readings):
        expressions += optical_expressions(model)
    set_here = {name for name, _ in experiment.values} | {s.name for s in before if isinstance(s, Set)}
    return not free & (parameters_behind(model, expressions) | set_here)


class _NotLinear(Exception):
    """A reading that takes more than a matrix."""


class _Maker:
    """Makes samples of the conditions of a run in which nothing reacted."""

    def __init__(self, bench: Bench, run: Run, free: set[str]) -> None:
        self.program, self.model, self.run = bench.solver.program, bench.mechanism, run
        self.index = bench.solver.index
        self.derived = {item.name: item.expression for item in self.model.derived}
        self.groups: dict[str, int] = {}

    def samples(self, observations: Sequence[Observations], rtol: float) -> Direct | None:
        by_condition: dict[int, tuple[Condition, list[Any]]] = {}
        for each in observations:
            for series in each.series:
                condition = condition_for(self.run, each, series.values)
                by_condition.setdefault(id(condition), (condition, []))[1].append(series)
        try:
            made = [self._sample(condition, series) for condition, series in by_condition.values()]
        except _NotLinear:
            return None
        return Direct(self.program, tuple(s for s in made if s.observed.size), tuple(self.groups), rtol)

    def _sample(self, condition: Condition, many: list[Any]) -> Sample:
        measured = condition.measured[0]
        last = measured.time[-1]
        names = list(dict.fromkeys(series.reading for series in many))
        rows = [self._row(condition, name) for name in names]
        time, reading, observed, sigma, group = [], [], [], [], []
        for series in many:
            zero = measured.clock
            for t, seen, error in zip(series.time, series.observed, series.error, strict=True):
                if math.isfinite(seen) and zero - 1e-9 * abs(last) <= t <= last * (1 + 1e-9):
                    time.append(max(float(t) - zero, 0.0))
                    reading.append(names.index(series.reading))
                    observed.append(float(seen))
                    known = math.isfinite(error) and error > 0
                    sigma.append(float(error) if known else math.nan)
                    group.append(-1 if known else self.groups.setdefault(series.reading, len(self.groups)))
        times, at = np.unique(np.array(time), return_inverse=True)
        n = len(self.program.species)
        inputs = measured.stretch.inputs.copy()
        inputs[-n:] = measured.stretch.states[0]
        matrix, offset = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
        start = measured.start if self.program.timed else 0.0
        return Sample(
            condition.name, inputs, start, start + times, matrix, offset, at.astype(np.int64),
            np.array(reading, dtype=np.int64), np.array(observed), np.array(sigma), np.array(group, dtype=np.int64),
        )  # fmt: skip

    # --- readings as a matrix ---------------------------------------------------------------------

    def _row(self, condition: Condition, name: str) -> tuple[FloatArray, float]:
        """What a reading makes of concentrations: weights (n_species,) and an offset."""
        step = next(s for s in reversed(condition.experiment.steps) if isinstance(s, Observe))
        n = len(self.program.species)
        size = float(np.max(condition.measured[0].stretch.states, initial=0.0)) or 1.0
        probes = np.concatenate([np.zeros((1, n)), size * np.eye(n), size * np.random.default_rng(1).random((2, n))])
        seen = self._seen(condition, step, name, probes)
        weights, offset = (seen[1 : n + 1] - seen[0]) / size, float(seen[0])
        expected = probes @ weights + offset
        if not np.allclose(seen, expected, rtol=_LINEAR, atol=_LINEAR * (np.abs(expected).max() or 1.0)):
            raise _NotLinear
        return weights, offset

    def _seen(self, condition: Condition, step: Observe, name: str, probes: FloatArray) -> FloatArray:
        for reading in step.readings:
            if reading.kind == "value" and reading.name == name:
                assert reading.expression is not None
                found = self._value(condition, reading.expression, probes)
                return np.array(np.broadcast_to(found, len(probes)), dtype=np.float64)
            if reading.kind == "absorbance" and reading.reference is None:
                found = self._light(condition, reading, name, probes)
                if found is not None:
                    return found
        raise _NotLinear

    def _light(self, condition: Condition, reading: Reading, name: str, probes: FloatArray) -> FloatArray | None:
        parameters = self._held(condition)
        per_nm = float(self.model.units.scale_of(LENGTH)) / 1e-9
        at = [parameters.value(e, condition.values) * per_nm for e in reading.wavelengths]
        names = [reading.name if len(at) == 1 else f"{reading.name}_{w:g}" for w in at]
        if name not in names:
            return None
        path = None if reading.path is None else parameters.value(reading.path, condition.values) * per_nm / 1e7
        optics = Optics.of(self.model, parameters.parameters)
        return np.asarray(optics.absorbance(probes, [at[names.index(name)]], path)[:, 0])

    def _held(self, condition: Condition) -> Values:
        return Values.of(self.model, {}).changed(condition.experiment.values, condition.values)

    def _value(self, condition: Condition, expression: Expression, probes: FloatArray) -> Any:
        inputs, held = condition.measured[0].stretch.inputs, self._held(condition)

        def column(symbol: Symbol) -> Any:
            if symbol.kind == "loop":
                return np.float64(condition.values[symbol.name])
            if symbol.kind == "species":
                place = self.program.network.species_index.get(symbol.name)
                return np.zeros(len(probes)) if place is None else probes[:, place]
            if symbol.kind == "time":
                raise _NotLinear
            if symbol.name in self.index:
                return inputs[self.index[symbol.name]]
            if symbol.name in self.derived:
                return evaluate_over(self.derived[symbol.name], column)
            return held.named(symbol.name)

        return evaluate_over(expression, column)
