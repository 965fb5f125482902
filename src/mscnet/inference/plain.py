"""The objective in its plainest form: ordinary runs, `judge`, `match`, differences.  Slow; others are held to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.bench import Bench
from mscnet.experiment.data import observations as read_observations
from mscnet.experiment.data_match import match, sampled_at
from mscnet.experiment.judge import judge
from mscnet.experiment.observations import Observations
from mscnet.experiment.refine import HOLD_POINTS, refined
from mscnet.experiment.results import Run
from mscnet.experiment.settings import experiments_of
from mscnet.experiment.verdict import Verdict
from mscnet.inference.problem import FAILED, FreeParameter, Term
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter

FloatArray = NDArray[np.float64]

#: The range of a parameter without bounds, as factors of its value (or of 1 where it has none).
_RANGE = 1e4
#: The step of a difference, as a coordinate of a logarithmic scale or a share of the range of a linear one.
_STEP = 1e-4


class PlainObjective:
    """`Objective` by one `Bench` run for each evaluation; errors of data are those given or the instrument's noise.

    Raises:
        MechanismError: nothing is free, or there is nothing to fit to.
    """

    def __init__(
        self, mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None = None
    ) -> None:
        self.settings = settings
        model = mechanism.expanded
        observed = read_observations(model) if observations is None and settings.data else (observations or ())
        wanted = settings.experiments
        self._facts = tuple(
            f for f in model.facts if settings.facts and (wanted is None or set(experiments_of(f)) <= set(wanted))
        )
        self._data = tuple(o for o in observed if wanted is None or o.experiment in wanted) if settings.data else ()
        self._names = {name for f in self._facts for name in experiments_of(f)} | {o.experiment for o in self._data}
        if not self._names:
            raise MechanismError.of("E143", f"{model.name} has neither facts nor data to fit to")
        self.model = model
        # facts are judged on fine courses, data at their own times
        self._fine = Bench(refined(model), rtol=settings.rtol) if self._facts else None
        self._read = Bench(sampled_at(model, self._data), rtol=settings.rtol) if self._data else None
        self.parameters = tuple(_free(p) for p in model.parameters if p.free)
        if not self.parameters:
            hint = "give a parameter bounds, as in `parameter k = 0.1 /min in 1e-3 .. 10 log`"
            raise MechanismError.of("E143", f"{model.name} has no free parameter", hint=hint)
        middle = np.array([p.to_search(_start(p)) for p in self.parameters])
        found = list(self._pairs(middle))
        self.terms = tuple(term for term, _ in found)
        gaussian = [t.sigma for t in self.terms if t.kind in ("datum", "equality")]
        self.constant = -sum(math.log(math.sqrt(2 * math.pi) * sigma) for sigma in gaussian)

    def residuals(self, theta: FloatArray) -> FloatArray:
        """See `Objective`."""
        try:
            found = np.array([r for _, r in self._pairs(np.asarray(theta, dtype=float))])
        except _Failed:
            return np.full(len(self.terms), FAILED)
        return np.where(np.isfinite(found), found, 10.0)

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Objective`; by central differences."""
        first = self.residuals(theta)
        slopes = np.zeros((len(first), len(theta)))
        if np.all(first == FAILED):
            return first, slopes
        for j, parameter in enumerate(self.parameters):
            low, high = parameter.bounds
            step = _STEP if parameter.scale == "log" else _STEP * (high - low)
            up, down = np.array(theta, dtype=float), np.array(theta, dtype=float)
            up[j], down[j] = min(up[j] + step, high), max(down[j] - step, low)
            slopes[:, j] = (self.residuals(up) - self.residuals(down)) / (up[j] - down[j])
        return first, slopes

    def many(self, thetas: FloatArray) -> FloatArray:
        """See `Objective`."""
        return np.array([self.residuals(theta) for theta in thetas])

    def values(self, theta: FloatArray) -> dict[str, float]:
        """See `Objective`."""
        return {p.name: p.to_value(float(u)) for p, u in zip(self.parameters, theta, strict=True)}

    def _pairs(self, theta: FloatArray) -> Iterator[tuple[Term, float]]:
        values = self.values(theta)
        names = sorted(self._names, key=[e.name for e in self.model.experiments].index)
        model = self.model.with_values(values)
        if self._read is not None:
            yield from self._data_terms(_finished(self._read.run(values, experiments=names, ledger=False)))
        if self._fine is not None:
            run = _finished(self._fine.run(values, experiments=names, ledger=False, hold_points=HOLD_POINTS))
            yield from (_fact_term(verdict) for verdict in judge(model, self._facts, run))
        for p, u in zip(self.parameters, theta, strict=True):
            if p.prior is not None:
                mean, sd = p.prior
                yield Term("prior", p.name, observed=mean, sigma=sd), (p.to_value(float(u)) - mean) / sd

    def _data_terms(self, run: Run) -> Iterator[tuple[Term, float]]:
        found = match(self._data, run)
        noise = self._noise()
        for series in found.series:
            data = series.data
            for t, seen, error, model in zip(data.time, data.observed, data.error, series.model, strict=True):
                if math.isfinite(seen):
                    sigma = float(error) if math.isfinite(error) else noise
                    term = Term(
                        "datum", "", series.condition.name, data.reading, float(t), math.nan, float(seen), sigma
                    )
                    yield term, float(model - seen) / sigma
        for spectra in found.spectra:
            scans = spectra.data
            for i, t in enumerate(scans.time):
                for j, w in enumerate(scans.wavelength):
                    seen, error = float(scans.absorbance[i, j]), float(scans.error[i, j])
                    if math.isfinite(seen):
                        sigma = error if math.isfinite(error) else noise
                        place = (spectra.condition.name, scans.reading, float(t), float(w))
                        yield Term("datum", "", *place, seen, sigma), float(spectra.model[i, j] - seen) / sigma

    def _noise(self) -> float:
        settings = dict(self.model.instrument.settings) if self.model.instrument is not None else {}
        return self.model.evaluate(settings["noise"]) if "noise" in settings else 1.0


class _Failed(Exception):
    """A run came to no end."""


def _finished(run: Run) -> Run:
    if any(c.trouble for c in run.conditions):
        raise _Failed
    return run


def _fact_term(verdict: Verdict) -> tuple[Term, float]:
    fact = verdict.fact
    name = fact.name or fact.text
    equality = fact.relation in ("=", "isosbestic")
    weight = 1.0
    if equality and isinstance(verdict.expected, float) and verdict.tolerance:
        value = verdict.value if isinstance(verdict.value, float) else math.nan
        term = Term("equality", name, verdict.experiment, observed=verdict.expected, sigma=verdict.tolerance)
        return term, weight * (value - verdict.expected) / verdict.tolerance
    return Term("bound", name, verdict.experiment), weight * max(0.0, -verdict.margin)


def _free(p: Parameter) -> FreeParameter:
    size = abs(p.value) if p.value else 1.0
    low, high = p.bounds or (size / _RANGE, size * _RANGE)
    log = p.scale == "log" or (p.bounds is None and (p.value is None or p.value > 0))
    prior = None if p.prior is None or p.value is None else (p.value, p.prior)
    if p.bounds is None and prior is not None:
        low, high, log = prior[0] - 8 * prior[1], prior[0] + 8 * prior[1], False
    return FreeParameter(p.name, low, high, "log" if log else "linear", p.value, prior, "model", p.unit, p.unit_factor)


def _start(p: FreeParameter) -> float:
    if p.start is not None:
        return min(max(p.start, p.lower), p.upper)
    return math.sqrt(p.lower * p.upper) if p.scale == "log" else 0.5 * (p.lower + p.upper)
