"""Cross-validation: each experiment left out in turn, and how well the rest foretells it.

The score is the log predictive density of what was left out, at the values fitted without it (H. Akaike's criterion
estimates the same; M. Stone, J. R. Stat. Soc. B 1977, 39, 44): a model that bends to every experiment loses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import Observations
from mscnet.experiment.settings import experiments_of
from mscnet.inference.fit import FitTask
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.inference.result import FitResult
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace

#: The starts of each fit of a cross-validation: from the best fit of all, and two more.
FOLD_STARTS = 3


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
    model = mechanism.expanded
    facts = model.facts if settings.facts else ()
    held = {names[0] for fact in facts if len(names := list(dict.fromkeys(experiments_of(fact)))) == 1}
    if settings.data:
        data = model.data_files if observations is None else observations
        held |= {each.experiment for each in data}
    wanted = settings.experiments
    return tuple(e.name for e in model.experiments if e.name in held and (wanted is None or e.name in wanted))


def fold_tasks(best: FitResult, task: FitTask) -> dict[str, FitTask]:
    """The fits of a model without each experiment in turn, by experiment; they begin at its best fit.

    A fact that compares experiments counts where all of them are kept, and is foretold nowhere.

    Raises:
        MechanismError: E145, there are not two experiments to leave out in turn.
    """
    model, settings = best.model, task.settings
    names = experiments_with_something(model, settings, task.observations)
    if len(names) < 2:
        message = f"{model.name} has {len(names)} experiment with data or facts of its own: none can be left out"
        raise MechanismError.of("E145", message, hint="cross-validation needs two at least: leave it away")
    every = settings.experiments or tuple(e.name for e in model.experiments)
    few = replace(settings, starts=min(settings.starts, FOLD_STARTS), from_file=True)
    return {
        left: FitTask(model, replace(few, experiments=tuple(e for e in every if e != left)), task.observations)
        for left in names
    }


def foretold(name: str, left: str, fit: FitResult, task: FitTask) -> Fold:
    """How well a fit without an experiment foretells it; `task` is the fit of everything."""
    alone = build_objective(fit.model, replace(task.settings, experiments=(left,)), task.observations)
    return _fold(name, left, fit, alone)


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
