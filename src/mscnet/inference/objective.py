"""`build_objective`: what a fit of a mechanism minimises."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.many.grids import POINTS
from mscnet.experiment.observations import Observations
from mscnet.experiment.refine import HOLD_POINTS
from mscnet.inference.data_part import DataPart, Found
from mscnet.inference.fact_terms import FactTerms
from mscnet.inference.linear import with_coefficients
from mscnet.inference.probing import done_in, first_run
from mscnet.inference.problem import FAILED, FreeParameter, Objective, Term
from mscnet.inference.quick import Quick, quick_of
from mscnet.inference.settings import FitSettings
from mscnet.inference.species_spectra import SpeciesSpectra
from mscnet.inference.subject import Subject, subject_of
from mscnet.mechanism.mechanism import Mechanism

FloatArray = NDArray[np.float64]

#: The step of derivatives beside a run, as a share of a value on a log scale or of a range on a linear one.  States
#: are exact there, so it need only be above the last digits.
_STEP = 1e-6
_NOTHING = Found(None, None)
#: At most so many rows are run at once.
_ROWS = 64


def build_objective(
    mechanism: Mechanism, settings: FitSettings | None = None, observations: Sequence[Observations] | None = None
) -> Objective:
    """The objective of a mechanism's chosen model: its facts, the data of its file (or `observations`), its priors.

    Raises:
        MechanismError: nothing is free, or there is nothing to fit to; what experiments, facts and data raise.
    """
    return FitObjective(mechanism, settings or FitSettings(), observations)


class FitObjective:
    """`Objective` of a mechanism; what was worked out last is kept.

    Terms come in this order: data, ln sigma of readings whose errors are estimated, priors of linear parameters,
    facts, other priors.  `notes` say which data are left out.  Pickled, it is built anew from the mechanism, the
    settings and the observations.
    """

    def __init__(
        self, mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None = None
    ) -> None:
        self.settings = settings
        self._mechanism = mechanism
        subject: Subject = subject_of(mechanism, settings, observations)
        self.model, self.observations, self.facts = subject.model, subject.observations, subject.facts
        self._bench = _bench(subject, settings)
        self._facts = FactTerms(subject.model, subject.facts) if subject.facts else None
        first = first_run(self._bench.perform, subject.searched)
        self._data = DataPart(subject, settings, first) if subject.observations else None
        self._quick = self._quickly()
        self._searched = subject.searched
        noise = self._data.parameters if self._data is not None else ()
        self.parameters: tuple[FreeParameter, ...] = (*subject.searched, *noise)
        self.notes = self._data.notes if self._data is not None else ()
        self._priors = [(j, *p.prior) for j, p in enumerate(subject.searched) if p.prior is not None]
        known = [(p, *p.prior) for p in subject.searched if p.prior is not None]
        priors = [Term("prior", p.name, observed=mean, sigma=sd, unit=p.unit) for p, mean, sd in known]
        parts = [part for part in (self._data, self._facts) if part is not None]
        self.terms: tuple[Term, ...] = (*(term for part in parts for term in part.terms), *priors)
        self.constant = self._data.constant if self._data is not None else 0.0
        equalities = [term.sigma for term in self.terms if term.kind == "equality"]
        self.constant -= sum(math.log(math.sqrt(2 * math.pi) * sigma) for sigma in equalities)
        self._log = np.array([p.scale == "log" for p in self.parameters], dtype=np.bool_)
        self._all_log = bool(self._log.all())
        self._spans = np.array([1.0 if p.scale == "log" else p.upper - p.lower for p in self._searched])
        self._uppers = np.array([p.upper for p in self._searched])
        self._last: tuple[bytes, FloatArray, Found] | None = None
        self._last_slopes: tuple[bytes, FloatArray] | None = None
        self._observed: FloatArray | None = None

    def __repr__(self) -> str:
        return f"<FitObjective of {self.model.name}: {len(self.parameters)} parameters, {len(self.terms)} terms>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        made = (self._mechanism, self.settings, self.observations)
        return (FitObjective, made) if self._observed is None else (_rebuilt, (*made, self._observed))

    # --- what an optimiser sees -------------------------------------------------------------------

    def residuals(self, theta: FloatArray) -> FloatArray:
        """See `Objective`."""
        return self._at(theta)[0].copy()

    def many(self, thetas: FloatArray) -> FloatArray:
        """See `Objective`."""
        thetas = np.asarray(thetas, dtype=float).reshape(len(thetas), len(self.parameters))
        parts = [self._rows(thetas[i : i + _ROWS])[0] for i in range(0, len(thetas), _ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.terms)))

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Objective`."""
        theta = np.asarray(theta, dtype=float)
        key = theta.tobytes()
        if self._last_slopes is None or self._last_slopes[0] != key:
            r, slopes, found = self._linearised(theta)
            self._last, self._last_slopes = (key, r, found), (key, slopes)
        assert self._last is not None
        return self._at(theta)[0].copy(), self._last_slopes[1].copy()

    def forget(self) -> None:
        """Lets go of what was worked out last, so that what comes next depends on nothing before it."""
        self._last = self._last_slopes = None

    def values(self, theta: FloatArray) -> dict[str, float]:
        """See `Objective`."""
        theta = np.asarray(theta, dtype=float)
        found = {p.name: p.to_value(float(u)) for p, u in zip(self.parameters, theta, strict=True)}
        return found if self._data is None else found | self._data.values(self._at(theta)[1])

    def spectra(self, theta: FloatArray) -> SpeciesSpectra:
        """The spectra of species that belong to theta where they are free, else none."""
        if self._data is None:
            return SpeciesSpectra((), np.empty(0), np.empty((0, 0)))
        return self._data.spectra(self._at(np.asarray(theta, dtype=float))[1])

    # --- other data -------------------------------------------------------------------------------

    def modelled(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The model's values of the data (n_data,), in the order of the terms, and their standard deviations; ``nan``
        where the model cannot be run."""
        if self._data is None:
            return np.empty(0), np.empty(0)
        values = self._given(np.asarray(theta, dtype=float)[None])[0]
        count = len(self._searched)
        return self._data.modelled(self._bench.perform(values[None, :count]), values[count:])

    def with_observed(self, observed: FloatArray) -> FitObjective:
        """The same with other values (n_data,) in place of the data's; `terms` tell the old ones."""
        other = copy.copy(self)
        other._observed = np.asarray(observed, dtype=float)
        other._data = None if self._data is None else self._data.with_observed(other._observed)
        other._last = other._last_slopes = None
        return other

    # --- worked out -------------------------------------------------------------------------------

    def _at(self, theta: FloatArray) -> tuple[FloatArray, Found]:
        theta = np.asarray(theta, dtype=float)
        key = theta.tobytes()
        if self._last is None or self._last[0] != key:
            rows, found = self._rows(theta[None])
            self._last = key, rows[0], found[0]
        return self._last[1], self._last[2]

    def _given(self, thetas: FloatArray) -> FloatArray:
        """Values of all parameters, (m, n_parameters)."""
        if self._all_log:
            return np.exp(thetas)
        return np.where(self._log, np.exp(np.where(self._log, thetas, 0.0)), thetas)

    def _rows(self, thetas: FloatArray) -> tuple[FloatArray, list[Found]]:
        """Residuals (m, n_terms), and what was projected out of each row."""
        values = self._given(thetas)
        none = [_NOTHING] * len(thetas)
        quick = self._quick_rows(values)
        if quick is not None:
            return quick, none
        try:
            parts, found = self._parts(values)
        except MechanismError:  # values that make no sense somewhere: the other rows may
            if len(thetas) == 1:
                return np.full((1, len(self.terms)), FAILED), none
            single = [self._rows(theta[None]) for theta in thetas]
            return np.concatenate([rows for rows, _ in single]), [one for _, (one,) in single]
        joined = np.concatenate([*parts, self._prior_residuals(values)], axis=1)
        joined[~np.isfinite(joined).all(axis=1)] = FAILED
        return joined, found if found else none

    def _quickly(self) -> Quick | None:
        """What does data alone without runs being made up, if that can be."""
        return quick_of(self._bench, self._data.data) if self._data is not None and self._facts is None else None

    def _quick_rows(self, values: FloatArray) -> FloatArray | None:
        """Residuals (m, n_terms), if that can be done quickly."""
        if self._quick is None or self._data is None or not math.isfinite(float(values.sum())):
            return None
        count = len(self._searched)
        found = self._quick.residuals(values[:, :count], values[:, count:], self._data.errors)
        if found is None or not self._priors:
            return found
        return np.concatenate([found, self._prior_residuals(values)], axis=1)

    def _quick_slopes(self, values: FloatArray) -> tuple[FloatArray, FloatArray, Found] | None:
        """As `_linearised`, if that can be done quickly."""
        if self._quick is None or self._data is None or not math.isfinite(float(values.sum())):
            return None
        count = len(self._searched)
        found = self._quick.linearised(values[:count], self._steps(values), values[count:], self._data.errors)
        if found is None:
            return None
        r, slopes = found
        to_theta = self._to_theta(values)
        to_theta[count:] = 1.0  # those of noise are by its logarithm
        slopes *= to_theta
        if not math.isfinite(float(slopes.sum())):
            slopes = np.where(np.isfinite(slopes), slopes, 0.0)
        if self._priors:
            r = np.concatenate([r, self._prior_residuals(values[None])[0]])
            slopes = np.concatenate([slopes, self._prior_slopes(len(values)) * self._to_theta(values)])
        return r, slopes, _NOTHING

    def _parts(self, values: FloatArray) -> tuple[list[FloatArray], list[Found]]:
        run = self._bench.perform(values[:, : len(self._searched)])
        parts: list[FloatArray] = []
        found: list[Found] = []
        if not done_in(run).any():
            return [np.full((len(values), len(self.terms) - len(self._priors)), math.nan)], found
        if self._data is not None:
            residuals, found = self._data.residuals(run, values[:, len(self._searched) :])
            parts.append(residuals)
        if self._facts is not None:
            parts.append(self._facts.residuals(run))
        parts[0][~done_in(run)] = math.nan
        return parts, found

    def _prior_residuals(self, values: FloatArray) -> FloatArray:
        columns = [(values[:, j] - mean) / deviation for j, mean, deviation in self._priors]
        return np.stack(columns, axis=1) if columns else np.empty((len(values), 0))

    def _linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, Found]:
        values = self._given(theta[None])[0]
        quick = self._quick_slopes(values)
        if quick is not None:
            return quick
        try:
            r, slopes, found = self._linear_parts(values, self._steps(values))
        except MechanismError:
            r, slopes, found = np.array([math.nan]), np.empty(0), Found(None, None)
        if not np.isfinite(r).all():
            shape = (len(self.terms), len(theta))
            return np.full(len(self.terms), FAILED), np.zeros(shape), found
        slopes *= self._to_theta(values)
        return r, np.where(np.isfinite(slopes), slopes, 0.0), found

    def _linear_parts(self, values: FloatArray, steps: FloatArray) -> tuple[FloatArray, FloatArray, Found]:
        """Residuals and their derivatives by the values of the parameters; ``nan`` where the run came to no end."""
        size, count = len(values), len(self._searched)
        run = self._bench.with_derivatives(values[:count], steps)
        parts, slopes, found = [], [], Found(None, None)
        if not done_in(run)[0]:
            return np.array([math.nan]), np.empty(0), found
        if self._data is not None:
            noise = values[count:]
            r, own, found = self._data.linearised(run, noise)
            own[:, count:] /= noise  # those of noise are by its logarithm
            parts.append(r)
            slopes.append(own)
        if self._facts is not None:
            rows = self._facts.residuals(run)
            parts.append(rows[0])
            slopes.append(_padded(((rows[1:] - rows[:1]) / steps[:, None]).T, size))
        parts.append(self._prior_residuals(values[None])[0])
        return np.concatenate(parts), np.concatenate([*slopes, self._prior_slopes(size)]), found

    def _prior_slopes(self, size: int) -> FloatArray:
        """By the values of the parameters."""
        found = np.zeros((len(self._priors), size))
        for i, (j, _, deviation) in enumerate(self._priors):
            found[i, j] = 1.0 / deviation
        return found

    def _to_theta(self, values: FloatArray) -> FloatArray:
        """What derivatives by values are multiplied with to be those by theta."""
        return values.copy() if self._all_log else np.where(self._log, values, 1.0)

    def _steps(self, values: FloatArray) -> FloatArray:
        """Steps of the searched parameters, away from the upper bound where that is near."""
        count = len(self._searched)
        own = values[:count]
        steps = _STEP * (own if self._all_log else np.where(self._log[:count], own, self._spans))
        out = own + steps > self._uppers
        if out.any():
            steps[out] *= -1.0
        return steps


def _rebuilt(
    mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations], observed: FloatArray
) -> FitObjective:
    return FitObjective(mechanism, settings, observations).with_observed(observed)


def _padded(slopes: FloatArray, size: int) -> FloatArray:
    """Derivatives by the parameters of the model as those by all."""
    found = np.zeros((len(slopes), size))
    found[:, : slopes.shape[1]] = slopes
    return found


def _bench(subject: Subject, settings: FitSettings) -> ManyBench:
    """The experiments of facts and data, read at the times of the data, and finely where facts are judged."""
    model = with_coefficients(subject.model, [p.name for p in subject.linear])
    return ManyBench(
        model,
        [p.name for p in subject.searched],
        experiments=subject.experiments,
        observations=subject.observations,
        points=POINTS if subject.facts else 0,
        hold_points=HOLD_POINTS if subject.facts else 2,
        rtol=settings.rtol,
    )
