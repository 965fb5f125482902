"""When states are kept of a measurement for a fit: at its readings, where data are, and densely where much happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.data_match import SAME_TIME, times_of
from mscnet.experiment.observations import Observations
from mscnet.experiment.perform import reading_times
from mscnet.experiment.plan import Act
from mscnet.mechanism.bench import Experiment, Observe
from mscnet.mechanism.bench_use import all_steps

FloatArray = NDArray[np.float64]

#: About so many points a measurement has, more where it has more readings.
POINTS = 120
#: The first point of a measurement that is kept, as a part of it.
_EARLIEST = 1e-4


class Grid:
    """Adds times to measurements.

    `points` are about how many a measurement gets, 0 for its readings alone.  `observations` add the times of their
    values, `more` times by experiment, counted from where its measurements begin; `zero` is what the instrument's clock
    shows then.
    """

    def __init__(
        self, experiments: Iterable[Experiment], points: int, observations: Iterable[Observations] = (),
        more: Mapping[str, FloatArray] | None = None, zero: float = 0.0,
    ) -> None:  # fmt: skip
        self._experiment = {id(step): each.name for each in experiments for step in all_steps(each.steps)}
        self._points, self._zero = points, zero if np.isfinite(zero) else 0.0
        self._observations = tuple(observations)
        self._more = {name: np.asarray(times, dtype=float) for name, times in (more or {}).items()}
        self._made: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def finer(self, act: Act) -> Act:
        """An act with more times, if it is a measurement over time."""
        if act.key[0] != "observe":
            return act
        _, duration, temperature, spec, until, during = act.key
        assert isinstance(act.step, Observe)
        key = (spec, duration, id(act.step))
        if key not in self._made:
            wanted = self._wanted(act.step, self._experiment.get(id(act.step), ""))
            self._made[key] = self._finer(spec, duration, wanted)
        return Act(("observe", duration, temperature, self._made[key], until, during), act.step)

    def _wanted(self, step: Observe, experiment: str) -> FloatArray:
        """The times from outside, from the start of the step; what data have no reading for counts for spectra."""
        names = {reading.name for reading in step.readings}
        light = any(reading.kind != "value" for reading in step.readings)
        found = [self._more[experiment]] if experiment in self._more else []
        for name, times in times_of(self._observations, experiment).items():
            if name in names or light:
                found.append(times - (self._zero if light else 0.0))
        return np.concatenate(found) if found else np.empty(0)

    def _finer(self, spec: tuple[Any, ...], duration: float, wanted: FloatArray) -> tuple[Any, ...]:
        readings = reading_times(spec, duration)
        first, last = float(readings[0]), float(readings[-1])
        if not last > first:
            return spec
        half = self._points // 2
        early = last * np.geomspace(_EARLIEST, 1.0, half, endpoint=False) if half else np.empty(0)
        even = np.linspace(first, last, half) if half > len(readings) else np.empty(0)
        others = np.unique(np.concatenate([early, even, wanted]))
        others = others[(others > first) & (others < last)]
        # a time that is a reading's but for rounding is that reading's
        near = np.clip(np.searchsorted(readings, others), 1, len(readings) - 1)
        apart = np.minimum(np.abs(readings[near] - others), np.abs(readings[near - 1] - others))
        others = others[apart > SAME_TIME * last]
        kept = others[np.concatenate(([True], np.diff(others) > SAME_TIME * last))] if len(others) else others
        return ("list", spec[1], *np.union1d(readings, kept).tolist())
