"""What models foretell of an experiment that has not been done, with derivatives, in standard deviations of reading."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.rows import RowCondition, RowRun
from mscnet.inference.design_known import Known
from mscnet.inference.design_space import Template
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.bench_use import observations
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: What the designed experiment is called.
NAME = "designed"
#: The error of a reading of which none is known, as a share of its largest value.
SHARE = 0.02
#: How far rows with derivatives lie from the run, as a share of the size of a parameter.
_STEP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """Readings of an experiment by one model: `values` (n,), all series one after the other, their derivatives
    `slopes` (n, n_parameters) by the coordinates; `readings` (n,) and `times` (n,) say what each is."""

    values: FloatArray
    slopes: FloatArray
    readings: tuple[str, ...]
    times: FloatArray

    def of(self, names: frozenset[str]) -> Foretold:
        """Some readings alone."""
        rows = np.array([name in names for name in self.readings], dtype=bool)
        kept = tuple(name for name in self.readings if name in names)
        return Foretold(self.values[rows], self.slopes[rows], kept, self.times[rows])


class Trials:
    """Runs of designed experiments by one model."""

    def __init__(self, known: Known, rtol: float) -> None:
        self.known = known
        self._rtol = rtol
        self._name = free_name(known.model)
        self.done = 0

    def bench(self, template: Template, values: Sequence[float]) -> Trial | None:
        """The experiment with these values made ready; None where it cannot be."""
        made = template.with_values(values, self._name)
        model = replace(self.known.model, experiments=(*self.known.model.experiments, made), facts=())
        self.done += 1
        try:
            bench = ManyBench(model, [p.name for p in self.known.parameters], experiments=[self._name], points=0,
                              rtol=self._rtol)  # fmt: skip
        except MechanismError:
            return None
        return Trial(self.known, bench, made)


def free_name(model: Mechanism) -> str:
    """``designed``, or with a number where there is one already."""
    taken = {e.name for e in model.experiments}
    return next(name for i in range(len(taken) + 1) if (name := NAME + (f"{i + 1}" if i else "")) not in taken)


class Trial:
    """One designed experiment under one model, at any values of its parameters."""

    def __init__(self, known: Known, bench: ManyBench, experiment: Experiment) -> None:
        self._known = known
        self._bench = bench
        #: The readings that count; None: all.
        self.only: frozenset[str] | None = None
        self._light = {
            reading.name: reading.kind != "value"
            for step in observations(experiment.steps)
            for reading in step.readings
        }

    def at(self, theta: FloatArray) -> Foretold | None:
        """What the model foretells at coordinates (n_parameters,); None where the experiment cannot be done."""
        parameters = self._known.parameters
        values = np.array([p.to_value(float(u)) for p, u in zip(parameters, theta, strict=True)])
        steps = _STEP * np.where(values != 0, np.abs(values), 1.0)
        try:
            run = self._bench.with_derivatives(values, steps)
        except MechanismError:
            return None
        if not run.conditions or not all(bool(c.done.all()) for c in run.conditions):
            return None
        names, times, rows = _readings(run)
        scale = np.array([v if p.scale == "log" else 1.0 for p, v in zip(parameters, values, strict=True)])
        slopes = ((rows[1:] - rows[0]) / steps[:, None]).T * scale
        if not (np.isfinite(rows[0]).all() and np.isfinite(slopes).all()):
            return None
        found = Foretold(rows[0], slopes, names, times)
        return found if self.only is None else found.of(self.only)

    @property
    def light(self) -> Mapping[str, bool]:
        """Whether each reading is of light."""
        return self._light


def _readings(run: RowRun) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Names, times, and values (m, n) of all series; where there are none, of all spectra."""
    parts = [part for condition in run.conditions for part in _series(condition)]
    if not parts:
        parts = [part for condition in run.conditions for part in _spectra(condition)]
    if not parts:
        return (), np.zeros(0), np.zeros((len(run), 0))
    names = tuple(name for name, times, _ in parts for _ in times)
    return names, np.concatenate([t for _, t, _ in parts]), np.concatenate([v for _, _, v in parts], axis=1)


def _series(condition: RowCondition) -> list[tuple[str, FloatArray, FloatArray]]:
    return [(s.name, s.time, s.values) for m in condition.measured for s in m.series.values()]


def _spectra(condition: RowCondition) -> list[tuple[str, FloatArray, FloatArray]]:
    return [
        (s.name, np.repeat(s.time, s.wavelength.size), s.absorbance.reshape(len(s.absorbance), -1))
        for m in condition.measured
        for s in m.spectra.values()
    ]


def check_errors(model: Mechanism, given: Mapping[str, float]) -> None:
    """Raises MechanismError (E146) where a standard deviation is given of what is no reading, or is not above 0."""
    known = [r.name for e in model.experiments for step in observations(e.steps) for r in step.readings]
    for name, sigma in given.items():
        if name not in known:
            hint = suggest(name, known) or "readings are " + ", ".join(dict.fromkeys(known))
            raise MechanismError.of("E146", f"an error is given of `{name}`, which is no reading", hint=hint)
        if not 0 < sigma < math.inf:
            raise MechanismError.of("E146", f"the error of `{name}` is a standard deviation above 0, not {sigma:g}")


def errors_of(
    foretold: Foretold, light: Mapping[str, bool], known: Sequence[Known], given: Mapping[str, float]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Standard deviations by reading, and the readings of which none is known.

    In this order: what is `given`, that of the same reading in the fits, the instrument's noise for light, else a
    share of the largest value.
    """
    fitted = {name: sigma for each in reversed(known) for name, sigma in each.sigmas}
    noise = _noise(known[0].model)
    found: dict[str, float] = {}
    guessed = []
    for name in dict.fromkeys(foretold.readings):
        sigma = given.get(name) or fitted.get(name) or (noise if light.get(name) else None)
        if sigma is None:
            guessed.append(name)
            rows = np.array([reading == name for reading in foretold.readings])
            sigma = SHARE * float(np.abs(foretold.values[rows]).max()) or 1.0
        found[name] = sigma
    return found, tuple(guessed)


def _noise(model: Mechanism) -> float | None:
    settings = dict(model.instrument.settings) if model.instrument is not None else {}
    value = model.evaluate(settings["noise"]) if "noise" in settings else math.nan
    return value if value > 0 else None
