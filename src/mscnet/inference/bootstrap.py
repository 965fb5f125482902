"""Bootstrap: the fit repeated on data drawn anew, and what the constants then do.

New data are put into an objective that takes them (`Redrawable`).  In others, and for facts, residuals are (model -
observed)/sigma, so that new observations are a shift of residuals.  Drawing cases with replacement is a weight on each
(B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 9 and 13).

=============  ===============================================================================================
parametric     new observations are the fitted model's plus errors with the standard deviations of the fit, normal,
               or Student's where the fit takes them for that
residual       … plus residuals of the same file and reading drawn with replacement, centred, and enlarged by
               sqrt(n/(n - k)) for the k constants that were fitted
case           data of the same file and reading are drawn with replacement, values and all
=============  ===============================================================================================

Equality facts are drawn like data, all of them as one group.  Priors are taken as measurements of their own and drawn
anew (as they are for ``case``).  One-sided terms are statements without a spread: they count in every repeat as they
stand, so that a constant which only they hold back looks surer than it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.covariance import check_level
from mscnet.inference.identifiable import null_space
from mscnet.inference.problem import FreeParameter, Objective, Term
from mscnet.inference.refit import Refit, has_failed, refit
from mscnet.inference.settings import FitSettings
from mscnet.inference.workers import completed
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
Kind = Literal["parametric", "residual", "case"]

#: Residuals follow 1/sigma to this, relative, where a standard deviation is estimated along.
_FOLLOWS = 1e-3
#: How far from the optimum that is tried, in coordinates.
_TRIED = 0.05


class Redrawable(Protocol):
    """An objective that can be had with other data."""

    settings: FitSettings

    def modelled(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The model's values of the data (n_data,), in the order of the terms, and their standard deviations."""

    def with_observed(self, observed: FloatArray) -> Objective:
        """The same with other values (n_data,) in place of the data's."""


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Fits to data drawn anew: coordinates `thetas` (n, P), `costs` (n,), and which `converged` (n,), beside the fit
    `theta` (P,) that they were drawn from.  What did not converge is left out of what is worked out here."""

    parameters: tuple[FreeParameter, ...]
    theta: FloatArray
    thetas: FloatArray
    costs: FloatArray
    converged: NDArray[np.bool_]
    kind: Kind
    seed: int
    evaluations: int = 0

    def __repr__(self) -> str:
        return f"<Bootstrap: {int(self.converged.sum())} of {len(self.thetas)} {self.kind} repeats converged>"

    @property
    def flat(self) -> FloatArray:
        """The coordinates (n_converged, P)."""
        return self.thetas[self.converged]

    @property
    def values(self) -> FloatArray:
        """(n_converged, P) in the file's units."""
        log = np.array([p.scale == "log" for p in self.parameters])
        return np.where(log, np.exp(np.where(log, self.flat, 0.0)), self.flat)

    @property
    def covariance(self) -> FloatArray:
        """(P, P) of the coordinates."""
        return np.atleast_2d(np.cov(self.flat, rowvar=False))

    @property
    def standard_errors(self) -> FloatArray:
        """(P,) of the values, in the file's units."""
        return np.asarray(np.std(self.values, axis=0, ddof=1))

    def intervals(self, level: float = 0.95) -> FloatArray:
        """Percentile intervals of the values (P, 2).

        Raises:
            MechanismError: `level` is not between 0 and 1, or fewer than two repeats converged.
        """
        check_level(level)
        if len(self.flat) < 2:
            raise MechanismError.of("E145", f"{len(self.flat)} repeats that converged tell no interval")
        return np.asarray(np.quantile(self.values, [0.5 * (1 - level), 0.5 * (1 + level)], axis=0).T)


class BootstrapInterrupted(KeyboardInterrupt):
    """Ctrl-C ended the repeats: `.bootstrap` has those that were finished."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        super().__init__(f"interrupted after {len(bootstrap.thetas)} repeats")
        self.bootstrap: Bootstrap = bootstrap


def bootstrap(
    objective: Objective,
    theta: FloatArray,
    repeats: int = 200,
    kind: Kind = "parametric",
    *,
    seed: int = 1,
    jobs: int = 1,
    tolerance: float = 1e-8,
    progress: Callable[[float], None] | None = None,
) -> Bootstrap:
    """`repeats` local fits, each begun at the optimum `theta` (P,), to data drawn anew.

    The same `seed` gives the same repeats whatever `jobs`, the number of processes.

    Raises:
        MechanismError: an unknown kind, no repeats, a model that cannot be run at `theta`, or standard deviations that
            follow the model, so that new data are no shift of residuals.
        BootstrapInterrupted: Ctrl-C was pressed.
    """
    if kind not in ("parametric", "residual", "case"):
        raise MechanismError.of("E145", f"no bootstrap is called `{kind}`", hint="parametric, residual or case")
    if repeats < 1 or seed < 0:
        message = f"repeats are a number from 1 on and the seed is one from 0, not {repeats} and {seed}"
        raise MechanismError.of("E145", message)
    theta = np.array(theta, dtype=float)
    drawer = _Drawer.of(objective, theta, kind)
    seeds = np.random.SeedSequence(seed).spawn(repeats)
    found: dict[int, Refit] = {}
    interrupted = False
    try:
        for number, one in completed(partial(_repeat, objective, drawer, tolerance), seeds, jobs):
            found[number] = one
            if progress is not None:
                progress(len(found) / repeats)
    except KeyboardInterrupt:
        interrupted = True
    whole = [found[k] for k in sorted(found)]
    result = Bootstrap(
        objective.parameters, theta, np.array([f.theta for f in whole]).reshape(-1, theta.size),
        np.array([f.cost for f in whole]), np.array([f.converged for f in whole], dtype=bool), kind, seed,
        sum(f.evaluations + f.linearisations for f in whole),
    )  # fmt: skip
    if interrupted:
        raise BootstrapInterrupted(result)
    return result


def _repeat(objective: Objective, drawer: _Drawer, tolerance: float, seed: np.random.SeedSequence) -> Refit:
    return refit(drawer.draw(objective, np.random.default_rng(seed)), drawer.theta, (), tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """The data of an objective that takes others: `places` among the terms, the fitted `model`, `sigma`, and the
    `scatter` (observed - model)/sigma, all (n_data,); `degrees` of freedom of Student's t, None: normal."""

    places: NDArray[np.int64]
    model: FloatArray
    sigma: FloatArray
    scatter: FloatArray
    degrees: float | None

    @classmethod
    def of(cls, objective: Objective, theta: FloatArray, kind: Kind) -> _Data | None:
        """None where new data have to be shifts, or for cases, which are weights."""
        if not (hasattr(objective, "with_observed") and hasattr(objective, "modelled")):
            return None
        own = cast(Redrawable, objective)
        settings = own.settings
        if kind == "case":
            if settings.linear or settings.free_spectra:
                message = "cases cannot be drawn where parameters are projected out"
                raise MechanismError.of("E145", message, hint="take the parametric or the residual bootstrap")
            return None
        model, sigma = own.modelled(theta)
        places = np.array([i for i, t in enumerate(objective.terms) if t.kind == "datum"], dtype=int)
        observed = np.array([objective.terms[i].observed for i in places])
        degrees = settings.degrees if settings.loss == "student" else None
        return cls(places, model, sigma, (observed - model) / sigma, degrees)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawer:
    """What data are drawn from: the fit, the scatter (n_terms,) = -residuals about it, groups that are drawn among
    themselves, and which terms (n_terms, P) have a standard deviation that is which parameter."""

    kind: Kind
    theta: FloatArray
    scatter: FloatArray
    groups: tuple[NDArray[np.int64], ...]
    priors: NDArray[np.int64]
    sigma_of: FloatArray
    enlarged: float
    data: _Data | None

    @classmethod
    def of(cls, objective: Objective, theta: FloatArray, kind: Kind) -> _Drawer:
        """Raises MechanismError where the model cannot be run, or a standard deviation follows it."""
        residuals, jacobian = objective.linearised(theta)
        if has_failed(residuals):
            raise MechanismError.of("E145", "the model cannot be run with these values, so nothing is drawn from it")
        terms, parameters = objective.terms, objective.parameters
        data = _Data.of(objective, theta, kind)
        scatter = -residuals
        if data is not None:
            scatter[data.places] = data.scatter
        groups = _groups(terms)
        drawn = np.concatenate(groups) if groups else np.empty(0, dtype=int)
        spent = null_space(jacobian, parameters, theta).rank - sum(p.kind == "noise" for p in parameters)
        left = max(1, drawn.size - spent)
        priors = np.array([i for i, t in enumerate(terms) if t.kind == "prior"], dtype=int)
        shifted = drawn if data is None and kind != "case" else np.empty(0, dtype=int)
        sigma_of = _sigma_of(objective, theta, shifted)
        return cls(kind, theta, scatter, groups, priors, sigma_of, float(np.sqrt(drawn.size / left)), data)

    def draw(self, objective: Objective, rng: np.random.Generator) -> Objective:
        """The objective with data drawn anew."""
        weights, errors = np.ones(self.scatter.size), np.zeros(self.scatter.size)
        shifted = np.zeros(self.scatter.size, dtype=bool)
        for group in self.groups:
            if self.kind == "case":
                weights[group] = np.sqrt(np.bincount(rng.integers(group.size, size=group.size), minlength=group.size))
            else:
                errors[group] = self._errors(group, objective.terms, rng)
                shifted[group] = True
        if self.kind != "case":
            errors[self.priors] = rng.standard_normal(self.priors.size)
            shifted[self.priors] = True
        if self.data is not None:
            seen = self.data.model + self.data.sigma * errors[self.data.places]
            objective = cast(Redrawable, objective).with_observed(seen)
            shifted[self.data.places] = False
        shift = np.where(shifted, errors - self.scatter, 0.0)
        return _Redrawn(objective, self.theta, shift, weights, self.sigma_of)

    def _errors(self, group: NDArray[np.int64], terms: Sequence[Term], rng: np.random.Generator) -> FloatArray:
        """New errors of a group, in standard deviations."""
        if self.kind == "parametric":
            degrees = self.data.degrees if self.data is not None and terms[group[0]].kind == "datum" else None
            drawn: Any = rng.standard_normal(group.size) if degrees is None else rng.standard_t(degrees, group.size)
            return np.asarray(drawn)
        seen = self.scatter[group]
        if group.size > 1:
            seen = (seen - seen.mean()) * self.enlarged
        return np.asarray(rng.choice(seen, group.size))


def _groups(terms: Sequence[Term]) -> tuple[NDArray[np.int64], ...]:
    found: dict[tuple[str, ...], list[int]] = {}
    for i, term in enumerate(terms):
        if term.kind == "datum":
            found.setdefault(("datum", term.source, term.reading), []).append(i)
        elif term.kind == "equality":
            found.setdefault(("equality",), []).append(i)
    return tuple(np.array(places, dtype=int) for places in found.values())


def _sigma_of(objective: Objective, theta: FloatArray, drawn: NDArray[np.int64]) -> FloatArray:
    """(n_terms, P): 1 where the residual of a term goes as exp(-coordinate) of an estimated standard deviation."""
    found = np.zeros((len(objective.terms), len(objective.parameters)))
    noise = [j for j, p in enumerate(objective.parameters) if p.kind == "noise"]
    if not noise:
        return found
    # beside the optimum hardly a residual is 0
    rng = np.random.default_rng(0)
    model = np.array([p.kind == "model" for p in objective.parameters])
    ends = np.array([p.bounds for p in objective.parameters])
    beside = np.clip(theta + _TRIED * rng.choice([-1.0, 1.0], theta.size) * model, ends[:, 0], ends[:, 1])
    residuals, jacobian = objective.linearised(beside)
    for j in noise:
        follows = np.abs(jacobian[:, j] + residuals) <= _FOLLOWS * np.abs(residuals)
        still = np.abs(jacobian[:, j]) <= _FOLLOWS * np.abs(residuals)
        if not np.all((follows | still)[drawn]):
            name = objective.parameters[j].name
            message = f"the standard deviation `{name}` changes with the model, so new data are no shift of residuals"
            hint = "a bootstrap needs errors that are constant, or given with the data"
            raise MechanismError.of("E145", message, hint=hint)
        found[drawn, j] = (follows & ~still)[drawn]
    return found


class _Redrawn:
    """An objective with other observations: residuals less a shift, times weights."""

    def __init__(
        self, objective: Objective, theta: FloatArray, shift: FloatArray, weights: FloatArray, sigma_of: FloatArray
    ) -> None:
        self._objective, self._theta, self._shift, self._weights = objective, theta, shift, weights
        self._sigma_of = sigma_of

    @property
    def parameters(self) -> tuple[FreeParameter, ...]:
        """See `Objective`."""
        return self._objective.parameters

    @property
    def terms(self) -> tuple[Term, ...]:
        """See `Objective`."""
        return self._objective.terms

    @property
    def constant(self) -> float:
        """See `Objective`."""
        return self._objective.constant

    def residuals(self, theta: FloatArray) -> FloatArray:
        """See `Objective`."""
        return self._moved(theta, self._objective.residuals(theta))

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """See `Objective`."""
        residuals, slopes = self._objective.linearised(theta)
        if has_failed(residuals):
            return residuals, slopes
        by_sigma = self._shift_at(theta)[:, None] * self._sigma_of
        return self._moved(theta, residuals), (slopes + by_sigma) * self._weights[:, None]

    def many(self, thetas: FloatArray) -> FloatArray:
        """See `Objective`."""
        rows = self._objective.many(thetas)
        return np.array([self._moved(theta, row) for theta, row in zip(thetas, rows, strict=True)])

    def values(self, theta: FloatArray) -> dict[str, float]:
        """See `Objective`."""
        return self._objective.values(theta)

    def _shift_at(self, theta: FloatArray) -> FloatArray:
        """The shift in standard deviations of `theta`, which may be others than those it was drawn with."""
        return np.asarray(self._shift * np.exp(self._sigma_of @ (self._theta - theta)))

    def _moved(self, theta: FloatArray, residuals: FloatArray) -> FloatArray:
        if has_failed(residuals):
            return residuals
        return np.asarray((residuals - self._shift_at(theta)) * self._weights)
