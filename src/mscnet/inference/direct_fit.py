"""Sets of steps fitted to `Direct` samples: damped Gauss–Newton steps in the logarithms of the constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.candidates import Candidate
from mscnet.inference.direct import Direct
from mscnet.inference.noise import error_shapes
from mscnet.inference.screen import Surrogate
from mscnet.inference.set_fit import SetFit, Steps
from mscnet.inference.step_model import Scales
from mscnet.inference.weak_form import WeakForm
from mscnet.mechanism.types import Parameter

FloatArray = NDArray[np.float64]

#: A fit ends where the next step would lower ½ χ² by less than this; so many evaluations at most.
ENOUGH, MOST_EVALUATIONS = 1e-3, 60
#: No logarithm moves by more than this in one step.
_FARTHEST = 2.0
#: Errors that change by less, as a logarithm, are as they were.
_SAME_ERRORS = 0.2
#: Starts of a fit where not every species is seen, and how far constants are from the first, as a logarithm.
STARTS, _SPREAD = 3, 3.0
#: The smallest factor of errors.
SMALLEST = 1e-6


class DirectFitter:
    """A `SetFitter` for data that `direct` can handle.

    Args:
        names: the constants of the candidates, in their order.
        free: the file's own free parameters.
        seed: of further starts, which are tried where not every species is seen.
    """

    reach = math.inf

    def __init__(
        self, data: Direct, candidates: Sequence[Candidate], names: Sequence[str], scales: Scales,
        free: Sequence[Parameter], seed: int = 1,
    ) -> None:  # fmt: skip
        self.data, self.candidates, self.scales, self.free = data, tuple(candidates), scales, tuple(free)
        index = data.program.input_index
        self._place = [index[name] for name in names]
        self._free_place = [index[p.name] for p in free]
        self._observed = data.gathered("observed")
        self._group = data.gathered("group").astype(int)
        #: Standard deviations, or what they are proportional to in their group.
        self._shape = error_shapes(data)
        self._weak = WeakForm(data, self.candidates)
        self._seed = seed
        #: Where the courses of all species are seen, constants are known well enough before a fit.
        self._starts = 1 if self._weak.seen else STARTS

    # --- fits --------------------------------------------------------------------------------------

    def fit(
        self, steps: Steps, start: Mapping[int, float], others: Mapping[str, float], worth: float = -math.inf
    ) -> SetFit:
        """See `SetFitter`; a fit is too short to be given up."""
        order = sorted(steps)
        low, high = self._bounds(order)
        typical = [self.scales.typical(self.candidates[j].order) for j in order]
        u = [math.log(start.get(j) or t) for j, t in zip(order, typical, strict=True)]
        u += [self._to_search(p, others.get(p.name, p.value if p.value is not None else 1.0)) for p in self.free]
        at = np.clip(np.array(u), low, high)
        begins = [at]
        if self._starts > 1 and order:
            draw = np.random.default_rng([self._seed, *order]).uniform(
                -_SPREAD, _SPREAD, (self._starts - 1, len(order))
            )
            begins += [np.clip(at + np.append(row, np.zeros(len(at) - len(order))), low, high) for row in draw]
        at, residuals, spent = best_of(lambda x: self._residuals(order, x), begins, low, high, self._group)
        if residuals is None:
            return SetFit(steps, {}, {}, -math.inf, 0, len(self._observed), {}, math.nan, spent, True)
        return self._fitted(steps, order, at, residuals, spent)

    def _fitted(self, steps: Steps, order: list[int], at: FloatArray, residuals: FloatArray, spent: int) -> SetFit:
        constants = {j: math.exp(u) for j, u in zip(order, at, strict=False)}
        rest = zip(self.free, at[len(order) :], strict=True)
        others = {p.name: math.exp(u) if _log(p) else float(u) for p, u in rest}
        factors = group_factors(residuals, self._group)
        sigma = self._sigma(factors)
        likelihood = -float(
            np.sum(0.5 * (residuals * self._shape / sigma) ** 2 + np.log(math.sqrt(2 * math.pi) * sigma))
        )
        scale = dict(zip(self.data.groups, factors.tolist(), strict=True))
        count = len(order) + len(self.free) + len(factors)
        rms = math.sqrt(float(np.mean(residuals**2)))
        return SetFit(steps, constants, others, likelihood, count, len(residuals), scale, rms, spent)

    def _sigma(self, factors: FloatArray) -> FloatArray:
        """Standard deviations (n_data,) with a factor for each group."""
        return self._shape * np.append(factors, 1.0)[self._group]

    def _residuals(self, order: list[int], u: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """(model - observed) over what errors are proportional to, with its derivatives by the coordinates."""
        values, slopes = self._values(order, u)
        ran = self.data.model(values, [*values])
        if ran is None:
            return None
        seen, jacobian = ran
        return (seen - self._observed) / self._shape, jacobian * slopes / self._shape[:, None]

    def _values(self, order: list[int], u: FloatArray) -> tuple[dict[int, float], FloatArray]:
        """Inputs by number, and how they change with the coordinates."""
        logs = [True] * len(order) + [_log(p) for p in self.free]
        places = [*(self._place[j] for j in order), *self._free_place]
        numbers = np.where(logs, np.exp(np.where(logs, u, 0.0)), u)
        return dict(zip(places, numbers.tolist(), strict=True)), np.where(logs, numbers, 1.0)

    def _bounds(self, order: list[int]) -> tuple[FloatArray, FloatArray]:
        pairs = [self.scales.bounds(self.candidates[j].order) for j in order]
        ends = [(math.log(low), math.log(high)) for low, high in pairs]
        ends += [tuple(self._to_search(p, value) for value in _range(p)) for p in self.free]  # type: ignore[misc]
        low, high = np.array(ends).reshape(-1, 2).T
        return low, high

    def _to_search(self, parameter: Parameter, value: float) -> float:
        return math.log(value) if _log(parameter) else value

    def reweigh(self, fitted: SetFit) -> bool:
        """See `SetFitter`."""
        values = {self._place[j]: k for j, k in fitted.constants.items()}
        values |= {place: fitted.others[p.name] for p, place in zip(self.free, self._free_place, strict=True)}
        ran = self.data.model(values, [])
        if ran is None:
            return False
        new, old = (
            error_shapes(self.data, (self._observed - ran[0], ran[0])),
            self._sigma(np.array([fitted.scale[g] for g in self.data.groups])),
        )
        if np.abs(np.log(new / old)).max(initial=0.0) < _SAME_ERRORS:
            return False
        self._shape = new
        return True

    # --- linear models -----------------------------------------------------------------------------

    def surrogate(self, fitted: SetFit) -> Surrogate | None:
        """See `SetFitter`."""
        values = {place: fitted.constants.get(j, 0.0) for j, place in enumerate(self._place)}
        values |= {place: fitted.others[p.name] for p, place in zip(self.free, self._free_place, strict=True)}
        ran = self.data.model(values, [*self._place, *self._free_place])
        if ran is None:
            return None
        seen, jacobian = ran
        sigma = self._sigma(np.array([fitted.scale[g] for g in self.data.groups]))
        jacobian /= sigma[:, None]
        count = len(self._place)
        now = np.array([fitted.constants.get(j, 0.0) for j in range(count)])
        target = (self._observed - seen) / sigma + jacobian[:, :count] @ now
        return Surrogate.of(jacobian[:, :count], target, jacobian[:, count:])

    def additions(self, fitted: SetFit, count: int) -> list[tuple[int, float]]:
        """See `SetFitter`: none."""
        return []

    def first(self) -> Surrogate | None:
        """See `SetFitter`."""
        return self._weak.surrogate(self._shape)

    def along(self, fitted: SetFit) -> Surrogate | None:
        """The weak form over the courses of a fit."""
        values = {self._place[j]: k for j, k in fitted.constants.items()}
        values |= {place: fitted.others[p.name] for p, place in zip(self.free, self._free_place, strict=True)}
        sigma = self._sigma(np.array([fitted.scale[g] for g in self.data.groups]))
        return self._weak.along(values, sigma)


def _log(parameter: Parameter) -> bool:
    return parameter.scale == "log" or (parameter.bounds is None and (parameter.value or 1.0) > 0)


def _range(parameter: Parameter) -> tuple[float, float]:
    if parameter.bounds is not None:
        return parameter.bounds
    value = parameter.value or 1.0
    if parameter.prior is not None:
        return value - 8 * parameter.prior, value + 8 * parameter.prior
    return 1e-4 * abs(value), 1e4 * abs(value)


def group_factors(residuals: FloatArray, group: NDArray[np.int64]) -> FloatArray:
    """The most likely factor of the errors of each group (n_groups,)."""
    count = int(group.max(initial=-1)) + 1
    squares = np.bincount(group[group >= 0], weights=residuals[group >= 0] ** 2, minlength=count)
    number = np.bincount(group[group >= 0], minlength=count)
    return np.maximum(np.sqrt(squares / np.maximum(number, 1)), SMALLEST)


def best_of(
    evaluate: Callable[[FloatArray], tuple[FloatArray, FloatArray] | None],
    begins: Sequence[FloatArray],
    low: FloatArray,
    high: FloatArray,
    group: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray | None, int]:
    """What `minimised` gives from the best of several starts, with all evaluations."""
    found = [minimised(evaluate, begin, low, high, group) for begin in begins]
    spent = sum(used for _, _, used in found)
    costs = [math.inf if residuals is None else _cost(residuals, group) for _, residuals, _ in found]
    at, residuals, _ = found[int(np.argmin(costs))]
    return at, residuals, spent


def minimised(
    evaluate: Callable[[FloatArray], tuple[FloatArray, FloatArray] | None],
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    group: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray | None, int]:
    """The largest likelihood within bounds from `start` (P,), by Levenberg-Marquardt steps that stop at the bounds (K.
    Levenberg, Quart. Appl. Math. 1944, 2, 164; J. J. More, Lect. Notes Math. 1978, 630, 105).

    Of the residuals, those of a `group` from 0 on have a common factor in their standard deviation, which is at its
    most likely value throughout; -1 is for those without.

    Returns:
        Where it is, the residuals there (None where the start cannot be run), and how often they were evaluated.
    """
    at, damping, used = start, 1e-2, 1
    now = evaluate(at)
    if now is None:
        return at, None, used
    cost = _cost(now[0], group)
    while used < MOST_EVALUATIONS and len(at):
        weight = 1.0 / np.append(group_factors(now[0], group), 1.0)[group]
        jacobian = now[1] * weight[:, None]
        gradient, normal = jacobian.T @ (now[0] * weight), jacobian.T @ jacobian
        held = ((at <= low) & (gradient > 0)) | ((at >= high) & (gradient < 0))
        step = _step(gradient, normal, damping, ~held)
        new = np.clip(at + np.clip(step, -_FARTHEST, _FARTHEST), low, high)
        moved = new - at
        expected = -float(gradient @ moved + 0.5 * moved @ normal @ moved)
        if expected < ENOUGH:
            if damping < 1e4 and np.abs(step).max(initial=0.0) > _FARTHEST:  # cut short: less of it may be more
                damping *= 8.0
                continue
            break
        trial = evaluate(new)
        used += 1
        reached = math.inf if trial is None else _cost(trial[0], group)
        if trial is not None and reached < cost:
            damping = max(damping * (0.1 if cost - reached > 0.5 * expected else 1.0), 1e-9)
            at, cost, now = new, reached, trial
        elif damping > 1e8:
            break
        else:
            damping *= 8.0
    return at, now[0], used


def _cost(residuals: FloatArray, group: NDArray[np.int64]) -> float:
    """-ln L but for a constant."""
    factors = group_factors(residuals, group)
    number = np.bincount(group[group >= 0], minlength=len(factors))
    known = residuals[group < 0]
    return 0.5 * float(known @ known) + float(number @ np.log(factors))


def _step(gradient: FloatArray, normal: FloatArray, damping: float, moving: NDArray[np.bool_]) -> FloatArray:
    step = np.zeros(len(gradient))
    block = normal[np.ix_(moving, moving)]
    scale = np.diag(block) + 1e-12 * max(float(np.trace(block)), 1e-300)
    step[moving] = -np.linalg.lstsq(block + damping * np.diag(scale), gradient[moving], rcond=None)[0]
    return step
