"""One local fit, or a global search with a local one after it, on an `Objective`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.inference.result import Start
from mscnet.inference.settings import FitSettings
from mscnet.inference.soften import Softened
from mscnet.inference.starts import begin_points, further_points
from mscnet.inference.trust import Box, least_squares

FloatArray = NDArray[np.float64]

#: Called with the cost wherever a search has come to a better point.
Watch = Callable[[float], None]

#: So many points more are tried where the model cannot be run at a start's own.
TRIES = 20
#: A search at rest is begun anew while that gains more than this share of the cost, `RESTARTS` times at most.
GAIN, RESTARTS = 1e-3, 3
#: Facts are known to some tenths of their tolerances, so costs that differ by less than this share are the same; a
#: rough search ends where a step gains no more than the second one.
FACTS, COARSE = 1e-5, 2e-3
#: The share of the evaluations that the search on softened residuals may take.
ROUGH = 0.3
#: Differential evolution: individuals and generations for each parameter and allowed evaluation.
CROWD, LEAST_CROWD = 4, 16


def run_start(objective: Objective, settings: FitSettings, number: int, watch: Watch | None = None) -> Start:
    """The whole of start `number`; the same for the same objective, settings and number.

    A start whose every point fails is not `finished` and has the cost of a failed run.
    """
    start = begin_start(objective, settings, number, watch)
    return finish_start(objective, settings, start, watch) if start.rough else start


def begin_start(objective: Objective, settings: FitSettings, number: int, watch: Watch | None = None) -> Start:
    """Start `number` as far as it is searched whatever others find: where facts count roughly, else to the end."""
    clock = time.perf_counter()
    getattr(objective, "forget", _nothing)()
    counted = Counted(objective, watch)
    begin = _begin(counted, settings, number)
    begin_cost = counted.cost(begin)
    at, message = begin, ""
    if settings.method == "global":
        at, message = evolve(counted, settings, number, begin)
    if not runs(counted.cost(at)):
        return Start(number, begin, at, begin_cost, counted.cost(at), counted.evaluations,
                     time.perf_counter() - clock, "the model could not be run at any point tried", False)  # fmt: skip
    rough = _has_facts(objective)
    end, cost, said = (roughly if rough else descend)(counted, settings, at)
    said = f"{message}; {said}" if message else said
    return Start(number, begin, end, begin_cost, cost, counted.evaluations, time.perf_counter() - clock, said,
                 rough=rough)  # fmt: skip


def finish_start(objective: Objective, settings: FitSettings, start: Start, watch: Watch | None = None) -> Start:
    """A rough start searched on from its end; its evaluations and seconds are those of both."""
    clock = time.perf_counter()
    getattr(objective, "forget", _nothing)()
    counted = Counted(objective, watch)
    counted.cost(start.end)
    end, cost, said = descend(counted, settings, start.end, start.evaluations)
    seconds = start.seconds + time.perf_counter() - clock
    return Start(start.number, start.begin, end, start.begin_cost, cost, start.evaluations + counted.evaluations,
                 seconds, said)  # fmt: skip


def _nothing() -> None:
    """What there is to forget for an objective that remembers nothing."""


def _has_facts(objective: Objective) -> bool:
    return any(term.kind in ("equality", "bound") for term in objective.terms)


def runs(cost: float) -> bool:
    """Whether a cost is of a model that could be run."""
    return cost < 0.5 * FAILED**2


class Counted:
    """An objective whose evaluations are counted, and whose last ones are not made twice.

    `evaluations` counts points at which the model was evaluated, `linearisations` those with derivatives among them.
    """

    def __init__(self, objective: Objective, watch: Watch | None = None) -> None:
        self.objective = objective
        self.evaluations = self.linearisations = 0
        self._watch = watch
        #: The lowest cost so far.
        self.best = np.inf
        self._residuals: dict[bytes, FloatArray] = {}
        self._slopes: dict[bytes, FloatArray] = {}

    def residuals(self, theta: FloatArray) -> FloatArray:
        """(n_terms,), finite."""
        key = theta.tobytes()
        if key not in self._residuals:
            self.evaluations += 1
            self._residuals = {key: self._seen(self.objective.residuals(theta))}
        return self._residuals[key]

    def slopes(self, theta: FloatArray) -> FloatArray:
        """(n_terms, n_parameters)."""
        key = theta.tobytes()
        if key not in self._slopes:
            self.evaluations += 1
            self.linearisations += 1
            found, slopes = self.objective.linearised(theta)
            if key not in self._residuals:
                self._residuals = {key: self._seen(found)}
            whole = math.isfinite(float(slopes.sum()))
            self._slopes = {key: slopes if whole else np.where(np.isfinite(slopes), slopes, 0.0)}
        return self._slopes[key]

    def begin(self, theta: FloatArray) -> None:
        """Residuals and derivatives at once, where both will be wanted."""
        self.slopes(theta)

    def costs(self, thetas: FloatArray) -> FloatArray:
        """(m,) for thetas (m, n_parameters)."""
        self.evaluations += len(thetas)
        found = _finite(self.objective.many(thetas))
        costs: FloatArray = 0.5 * np.einsum("ij,ij->i", found, found)
        self._tell(float(costs.min()))
        return costs

    def cost(self, theta: FloatArray) -> float:
        """½ Σ r²."""
        r = self.residuals(theta)
        return 0.5 * float(r @ r)

    def _seen(self, residuals: FloatArray) -> FloatArray:
        finite = _finite(residuals)
        self._tell(0.5 * float(finite @ finite))
        return finite

    def _tell(self, cost: float) -> None:
        self.best = min(self.best, cost)
        if self._watch is not None:
            self._watch(self.best)


def _finite(residuals: FloatArray) -> FloatArray:
    """Residuals with what is not finite, or too large to be squared, as failed."""
    if float(np.vdot(residuals, residuals)) <= FAILED**2:  # not so where one is no number
        return residuals
    held: FloatArray = np.clip(np.where(np.isfinite(residuals), residuals, FAILED), -FAILED, FAILED)
    return held


def _begin(counted: Counted, settings: FitSettings, number: int) -> FloatArray:
    """The best candidate of a start; where none can be run, the first of further points that can."""
    parameters = counted.objective.parameters
    points = begin_points(parameters, settings, number)
    if len(points) > 1:
        points = points[[int(np.argmin(counted.costs(points)))]]
    counted.begin(points[0])
    if runs(counted.cost(points[0])):
        return points[0]
    further = further_points(parameters, settings, number, TRIES)
    return next((point for point in further if runs(counted.cost(point))), points[0])


def descend(
    counted: Counted, settings: FitSettings, begin: FloatArray, before: int = 0
) -> tuple[FloatArray, float, str]:
    """A local search by least squares from `begin` (n_parameters,): the end, its cost, and why it stopped.

    One-sided terms have kinks, at which a search may come to rest too soon: where facts count it is begun anew, with a
    fresh trust region, while that gains more than `GAIN` of the cost.  `before` evaluations have been made of those
    that are allowed.
    """
    last = counted.evaluations + max(settings.max_evaluations - before, 1)
    box = box_of(counted.objective.parameters)
    facts = _has_facts(counted.objective)
    tolerance = max(settings.tolerance, FACTS) if facts else settings.tolerance
    at, cost, message = begin, counted.cost(begin), ""
    for _ in range(1 + RESTARTS if facts else 1):
        found = least_squares(counted, at, box, tolerance=tolerance, allowed=lambda: counted.evaluations < last)
        earlier = cost
        at, cost, message = found.theta, found.cost, found.message
        if counted.evaluations >= last or earlier - cost <= GAIN * earlier:
            break
    return at, cost, message


def roughly(counted: Counted, settings: FitSettings, begin: FloatArray) -> tuple[FloatArray, float, str]:
    """As `descend`, to where a step gains little: on softened residuals first (see `soften`), on the residuals then."""
    last = counted.evaluations + settings.max_evaluations
    soon = counted.evaluations + round(ROUGH * settings.max_evaluations)
    box = box_of(counted.objective.parameters)
    tolerance = max(COARSE, settings.tolerance)
    softly = least_squares(Softened(counted), begin, box, tolerance=tolerance,
                           allowed=lambda: counted.evaluations < soon, ahead=True)  # fmt: skip
    found = least_squares(counted, softly.theta, box, tolerance=tolerance,
                          allowed=lambda: counted.evaluations < last, ahead=True)  # fmt: skip
    cost = float(counted.costs(found.theta[None])[0])  # residuals beside derivatives differ, near a jump a good deal
    return found.theta, cost, f"searched roughly: {found.message}"


def box_of(parameters: Sequence[FreeParameter]) -> Box:
    """The range of parameters, and their natural units: a factor of e on a logarithmic scale, a quarter of the range on
    a linear one."""
    low, high = np.array([p.bounds for p in parameters]).T
    span = np.where(np.isfinite(high - low), high - low, 4.0)
    unit = np.where([p.scale == "log" for p in parameters], 1.0, np.where(span > 0, 0.25 * span, 1.0))
    return Box(low, high, unit)


def evolve(counted: Counted, settings: FitSettings, number: int, begin: FloatArray) -> tuple[FloatArray, str]:
    """A global search by differential evolution (R. Storn, K. Price, J. Global Optim. 1997, 11, 341) as in scipy,
    a generation evaluated together: the best point, and how it ended.

    At most `max_evaluations` evaluations for each parameter are made, as many as a local search with differences takes.
    """
    from scipy.optimize import differential_evolution

    parameters = counted.objective.parameters
    size = max(LEAST_CROWD, CROWD * len(parameters))
    generations = max(1, settings.max_evaluations * len(parameters) // size)
    first = further_points(parameters, settings, number, size)
    first[0] = begin
    found = differential_evolution(
        lambda columns: counted.costs(np.ascontiguousarray(columns.T)), [p.bounds for p in parameters], init=first,
        maxiter=generations, tol=1e-4, polish=False, updating="deferred", vectorized=True,
        seed=np.random.default_rng([settings.seed, number, 1]),
    )  # fmt: skip
    return np.asarray(found.x, dtype=float), f"{found.nit} generations"
