"""Bands of prediction: how sure the readings of experiments are, given how sure the constants are.

Linearised: with the covariance C of the coordinates, the variance of a reading is gᵀCg (G. A. F. Seber and C. J. Wild,
Nonlinear Regression, 1989, ch. 5), and a band is the fitted course ± a normal quantile.  g is taken by differences
along the principal axes of C.  From samples or a bootstrap: quantiles of the courses of draws, time by time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.bench import Wanted
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.refine import refined
from mscnet.experiment.results import name_of
from mscnet.experiment.rows import RowCondition, RowRun
from mscnet.inference.bootstrap import Bootstrap
from mscnet.inference.covariance import Covariance, check_level, covariance, quantile
from mscnet.inference.problem import Objective, Term
from mscnet.inference.refit import search_bounds
from mscnet.inference.samples import Samples
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Differences are taken over this share of a standard deviation to either side.
_SHARE = 0.1
#: Errors of measurement are drawn so often for each course.
_REPEATS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A reading of a condition: the fitted `middle`, `lower` and `upper` ends (n_times,) at `time` (n_times,), which
    counts from the start of its measurement.  `seen` are data of it: (n, 2), time and value."""

    condition: str
    reading: str
    unit: str
    time: FloatArray
    middle: FloatArray
    lower: FloatArray
    upper: FloatArray
    seen: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Bands at a `level`, from the ``covariance``, ``samples`` or a ``bootstrap``; `noise` tells whether errors of
    measurement are in them.  Of `drawn` courses `failed` could not be run; `unknown` names parameters whose errors are
    not known, and which were kept as they are."""

    bands: tuple[Band, ...]
    level: float
    source: str
    noise: bool
    drawn: int
    failed: int = 0
    unknown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Bands: {len(self.bands)} readings at {self.level:.0%}, from the {self.source}>"

    def of(self, reading: str, condition: str | None = None) -> Band:
        """The band of a reading, of the first condition or the one that is named.

        Raises:
            KeyError: there is none.
        """
        for band in self.bands:
            if band.reading == reading and condition in (None, band.condition):
                return band
        raise KeyError(reading if condition is None else f"{reading} of {condition}")


def predict(
    objective: Objective,
    theta: FloatArray,
    model: Mechanism,
    source: Covariance | Samples | Bootstrap | None = None,
    *,
    experiments: Wanted | None = None,
    level: float = 0.95,
    noise: bool = False,
    draws: int = 200,
    seed: int = 1,
    fine: bool = True,
    rtol: float = 1e-6,
) -> Bands:
    """Bands of all readings over time of `experiments` (all without it), fitted to or not.

    Args:
        theta: coordinates (P,) of the fit.
        model: the mechanism that was fitted; values that the objective does not fit are its own.
        source: what says how sure the constants are; without it, the covariance at `theta`.
        noise: where a new measurement lies, rather than the mean of many: errors of measurement are added.
        draws: at most so many samples or repeats are run.
        fine: follow courses between the readings too.

    Raises:
        MechanismError: a level that is none, an unknown experiment, a condition that cannot be done, a reading whose
            error of measurement is not known.
    """
    check_level(level)
    theta = np.asarray(theta, dtype=float)
    if source is None:
        source = covariance(objective, theta)
    rows = _steps(source, theta) if isinstance(source, Covariance) else _drawn(source, draws, seed)
    run = _performed(objective, model, np.concatenate([theta[None], rows]), experiments, fine, rtol)
    errors = _Errors(objective, np.concatenate([theta[None], rows])) if noise else None
    rng = np.random.default_rng(seed)
    bands, failed = [], 0
    for condition in run.conditions:
        name = name_of(condition.experiment, condition.values)
        if not condition.done[0]:
            raise MechanismError.of("E145", f"{name} cannot be done with the fitted values: {condition.trouble}")
        failed = max(failed, int(np.sum(~condition.done)))
        for reading, (unit, time, values) in _courses(condition).items():
            sigma = errors.of(reading, name, values) if errors is not None else None
            if isinstance(source, Covariance):
                lower, upper = _linear(values, sigma, quantile(level, source.degrees))
            else:
                lower, upper = _quantiles(values[condition.done], _those(sigma, condition.done), level, rng)
            seen = _seen(objective.terms, name, reading)
            bands.append(Band(name, reading, unit, time, values[0], lower, upper, seen))
    kind, unknown = _kind(source)
    return Bands(tuple(bands), level, kind, noise, len(rows), failed, unknown)


def _kind(source: Covariance | Samples | Bootstrap) -> tuple[str, tuple[str, ...]]:
    if isinstance(source, Samples):
        return "samples", ()
    if isinstance(source, Bootstrap):
        return "bootstrap", ()
    return "covariance", (*source.blind.undetermined, *source.at_bound)


def _steps(source: Covariance, theta: FloatArray) -> FloatArray:
    """Rows (2 n, P) a share of a standard deviation to either side along each principal axis, inside the bounds."""
    matrix = np.where(np.isfinite(source.matrix), source.matrix, 0.0)
    values, vectors = np.linalg.eigh(matrix)
    axes = (vectors * np.sqrt(np.maximum(values, 0.0))).T[values > 0]
    low, high = search_bounds(source.parameters)
    rows = theta + _SHARE * np.stack([axes, -axes], axis=1).reshape(-1, theta.size)
    return np.asarray(np.clip(rows, low, high))


def _drawn(source: Samples | Bootstrap, draws: int, seed: int) -> FloatArray:
    flat = source.flat
    if len(flat) <= draws:
        return flat
    return flat[np.sort(np.random.default_rng([seed, 1]).choice(len(flat), draws, replace=False))]


def _performed(
    objective: Objective, model: Mechanism, thetas: FloatArray, experiments: Wanted | None, fine: bool, rtol: float
) -> RowRun:
    chosen = model.expanded
    known = {p.name for p in chosen.parameters}
    values = [{n: v for n, v in objective.values(theta).items() if n in known} for theta in thetas]
    names = tuple(values[0])
    bench = ManyBench(refined(chosen) if fine else chosen, names, experiments=experiments, rtol=rtol)
    return bench.perform([[each[name] for name in names] for each in values])


def _courses(condition: RowCondition) -> Mapping[str, tuple[str, FloatArray, FloatArray]]:
    """Unit, times and values (m, n_times) of every reading; those of several steps one after the other."""
    found: dict[str, tuple[str, FloatArray, FloatArray]] = {}
    first: dict[str, float] = {}
    for measured in condition.measured:
        for name, series in measured.series.items():
            time = series.time + measured.start - first.setdefault(name, measured.start)
            if name in found:
                _, before, values = found[name]
                time = np.concatenate([before, time])
                found[name] = series.unit, time, np.concatenate([values, series.values], axis=1)
            else:
                found[name] = series.unit, time, series.values
    return found


def _linear(values: FloatArray, sigma: FloatArray | None, reach: float) -> tuple[FloatArray, FloatArray]:
    """The ends of a band from rows 1, 2 | 3, 4 | … on either side of row 0; where one side failed, from the other."""
    up, down = values[1::2] - values[0], values[0] - values[2::2]
    up, down = np.where(np.isfinite(up), up, down), np.where(np.isfinite(down), down, up)
    variance = np.sum((np.nan_to_num(up + down) / (2 * _SHARE)) ** 2, axis=0)
    if sigma is not None:
        variance = variance + sigma[0] ** 2
    return values[0] - reach * np.sqrt(variance), values[0] + reach * np.sqrt(variance)


def _quantiles(
    values: FloatArray, sigma: FloatArray | None, level: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """The ends of a band from draws, which are the rows from 1 on."""
    courses = values[1:]
    if sigma is not None:
        noise = rng.standard_normal((_REPEATS, *courses.shape))
        courses = (courses + sigma[1:] * noise).reshape(-1, courses.shape[1])
    lower, upper = np.quantile(courses, [0.5 * (1 - level), 0.5 * (1 + level)], axis=0)
    return lower, upper


def _those(sigma: FloatArray | None, done: NDArray[np.bool_]) -> FloatArray | None:
    return None if sigma is None else sigma[done]


def _seen(terms: Sequence[Term], condition: str, reading: str) -> FloatArray:
    found = [
        (t.time, t.observed) for t in terms if t.kind == "datum" and (t.condition, t.reading) == (condition, reading)
    ]
    return np.array(found, dtype=float).reshape(-1, 2)


class _Errors:
    """Standard deviations of measurement in m rows of coordinates: those of the data, or those estimated along."""

    def __init__(self, objective: Objective, thetas: FloatArray) -> None:
        self._terms = objective.terms
        self._thetas = thetas
        self._place = {p.name: j for j, p in enumerate(objective.parameters) if p.kind == "noise"}

    def of(self, reading: str, condition: str, values: FloatArray) -> FloatArray:
        """(m, n_times) for a reading whose values are these.

        Raises:
            MechanismError: nothing tells the error of the reading.
        """
        constant = next(
            (t.source for t in self._terms if t.kind == "noise" and t.reading == reading and t.source in self._place),
            None,
        )
        if constant is not None:
            own, share = self._place[constant], self._place.get(f"relative_{constant}")
            a = np.exp(self._thetas[:, own, None])
            b = np.exp(self._thetas[:, share, None]) if share is not None else 0.0
            return np.asarray(np.hypot(a, b * values))
        known = [
            (t.condition == condition, t.sigma)
            for t in self._terms
            if t.kind == "datum" and t.reading == reading and math.isfinite(t.sigma)
        ]
        if not known:
            message = f"nothing tells the error of measurement of `{reading}`, which has no data"
            hint = "ask for the band without noise, or name experiments that have data"
            raise MechanismError.of("E145", message, hint=hint)
        nearest = [s for own_condition, s in known if own_condition] or [s for _, s in known]
        return np.full(values.shape, float(np.median(nearest)))
