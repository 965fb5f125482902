"""Cross-validation: each experiment left out in turn, and how well the rest foretells it.

The score is the log predictive density of what was left out, at the values fitted without it (H. Akaike's criterion
estimates the same; M. Stone, J. R. Stat. Soc. B 1977, 39, 44): a model that bends to every experiment loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import Observations
from mscnet.experiment.settings import experiments_of
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.inference.result import FitResult
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace

#: Fits a model under settings to observations, from its own values and a few more starts.
Fitter = Callable[[Mechanism, FitSettings, "Sequence[Observations] | None"], FitResult]


@dataclass(frozen=True, slots=True)
class Fold:
    """How well a model fitted without an experiment foretells it: the log density of its `terms` data and facts, and
    their Σ r².  `unknown` are fitted parameters that only this experiment could tell (they stay where they are in
    the file)."""

    pathway: str
    experiment: str
    log_density: float
    squares: float
    terms: int
    unknown: tuple[str, ...] = ()


def experiments_with_something(
    mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None
) -> tuple[str, ...]:
    """The experiments that have data, or a fact of their own, in the order of the file; those of `settings`."""
    model = mechanism.chosen
    facts = model.facts if settings.facts else ()
    held = {names[0] for fact in facts if len(names := list(dict.fromkeys(experiments_of(fact)))) == 1}
    if settings.data:
        data = model.data_files if observations is None else observations
        held |= {each.experiment for each in data}
    wanted = settings.experiments
    return tuple(e.name for e in model.experiments if e.name in held and (wanted is None or e.name in wanted))


def leave_out(
    name: str,
    best: FitResult,
    settings: FitSettings,
    observations: Sequence[Observations] | None,
    fitter: Fitter,
) -> tuple[Fold, ...]:
    """The folds of one model.  A fact that compares experiments counts where all of them are kept, and nowhere else.

    Raises:
        MechanismError: E145, there are not two experiments to leave out in turn.
    """
    names = experiments_with_something(best.model, settings, observations)
    if len(names) < 2:
        message = f"{best.model.name} has {len(names)} experiment with data or facts: none can be left out"
        raise MechanismError.of("E145", message, hint="cross-validation needs two at least: leave it away")
    every = settings.experiments or tuple(e.name for e in best.model.experiments)
    folds = []
    for left in names:
        kept = replace(settings, experiments=tuple(e for e in every if e != left))
        fit = fitter(best.model, kept, observations)
        alone = build_objective(best.model, replace(settings, experiments=(left,)), observations)
        folds.append(_fold(name, left, fit, alone))
    return tuple(folds)


def _fold(name: str, left: str, fit: FitResult, alone: Objective) -> Fold:
    theta, unknown = carried(fit.values, alone.parameters)
    residuals = alone.residuals(theta)
    counted = np.array([term.kind in ("datum", "equality", "bound") for term in alone.terms])
    density = np.array([term.kind != "prior" for term in alone.terms])
    if np.all(np.abs(residuals) >= FAILED):
        return Fold(name, left, -np.inf, np.inf, int(counted.sum()), unknown)
    log_density = alone.constant - 0.5 * float(residuals[density] @ residuals[density])
    squares = float(residuals[counted] @ residuals[counted])
    return Fold(name, left, log_density, squares, int(counted.sum()), unknown)


def carried(
    values: Mapping[str, float], parameters: Sequence[FreeParameter]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], tuple[str, ...]]:
    """Coordinates of `parameters` with the values that a fit gave them, and the names of those it did not have."""
    theta, unknown = [], []
    for parameter in parameters:
        value = values.get(parameter.name)
        if value is None:
            unknown.append(parameter.name)
            value = parameter.start if parameter.start is not None else _middle(parameter)
        theta.append(parameter.to_search(min(max(value, parameter.lower), parameter.upper)))
    return np.array(theta), tuple(unknown)


def _middle(parameter: FreeParameter) -> float:
    low, high = parameter.bounds
    return parameter.to_value(0.5 * (low + high))
