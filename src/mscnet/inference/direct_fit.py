"""Sets of steps fitted to `Direct` samples: damped Gauss–Newton steps in the logarithms of the constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.candidates import Candidate
from mscnet.inference.direct import Direct
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
#: Rounds in which standard deviations are estimated anew; they end when none changes by more than this part.
_ROUNDS, _SETTLED = 6, 1e-3
#: A standard deviation is at least this part of the largest value read.
_LEAST = 1e-6


class DirectFitter:
    """A `SetFitter` for data that `direct` can handle.

    Args:
        names: the constants of the candidates, in their order; `free` are the file's own free parameters.
    """

    def __init__(
        self, data: Direct, candidates: Sequence[Candidate], names: Sequence[str], scales: Scales,
        free: Sequence[Parameter],
    ) -> None:  # fmt: skip
        self.data, self.candidates, self.scales, self.free = data, tuple(candidates), scales, tuple(free)
        index = data.program.input_index
        self._place = [index[name] for name in names]
        self._free_place = [index[p.name] for p in free]
        self._observed, self._given = data.gathered("observed"), data.gathered("sigma")
        self._group = data.gathered("group").astype(int)
        size = [float(np.max(np.abs(self._observed[self._group == g]), initial=0.0)) for g in range(len(data.groups))]
        self._least = _LEAST * np.array([s or 1.0 for s in size])
        self._weak = WeakForm(data, self.candidates)
        self._estimates = self._weak.noise if self._weak.noise is not None else 0.05 * self._least / _LEAST

    # --- fits --------------------------------------------------------------------------------------

    def fit(self, steps: Steps, start: Mapping[int, float], others: Mapping[str, float]) -> SetFit:
        """See `SetFitter`."""
        order = sorted(steps)
        low, high = self._bounds(order)
        typical = [self.scales.typical(self.candidates[j].order) for j in order]
        u = [math.log(start.get(j) or t) for j, t in zip(order, typical, strict=True)]
        u += [self._to_search(p, others.get(p.name, p.value if p.value is not None else 1.0)) for p in self.free]
        at = np.clip(np.array(u), low, high)
        spent = 0
        estimates = self._estimates.copy()
        found = None
        for _ in range(_ROUNDS):
            sigma = self._sigma(estimates)
            at, found, used = minimised(lambda x: self._residuals(order, x, sigma), at, low, high)  # noqa: B023
            spent += used
            if found is None:
                return self._failed(steps, spent)
            new = self._estimated(found * sigma)
            settled = np.all(np.abs(new - estimates) <= _SETTLED * new)
            estimates = new
            if settled or not len(estimates):
                break
        assert found is not None
        return self._fitted(steps, order, at, found * sigma, spent)

    def _fitted(self, steps: Steps, order: list[int], at: FloatArray, residuals: FloatArray, spent: int) -> SetFit:
        constants = {j: math.exp(u) for j, u in zip(order, at, strict=False)}
        rest = zip(self.free, at[len(order) :], strict=True)
        others = {p.name: math.exp(u) if _log(p) else float(u) for p, u in rest}
        estimates = self._estimated(residuals)
        sigma = self._sigma(estimates)
        likelihood = -0.5 * float(np.sum((residuals / sigma) ** 2 + np.log(2 * math.pi * sigma**2)))
        rms = {name: float(s) for name, s in zip(self.data.groups, estimates, strict=True)}
        count = len(order) + len(self.free) + len(estimates)
        return SetFit(steps, constants, others, likelihood, count, len(residuals), rms, spent)

    def _failed(self, steps: Steps, spent: int) -> SetFit:
        return SetFit(steps, {}, {}, -math.inf, 0, len(self._observed), {}, spent, True)

    def _sigma(self, estimates: FloatArray) -> FloatArray:
        known = self._group < 0
        if known.all():
            return self._given
        return np.where(known, self._given, estimates[np.maximum(self._group, 0)])

    def _estimated(self, residuals: FloatArray) -> FloatArray:
        """The standard deviation of every group whose data have none, at its most likely value."""
        found = [math.sqrt(float(np.mean(residuals[self._group == g] ** 2))) for g in range(len(self._least))]
        return np.maximum(np.array(found), self._least) if found else np.empty(0)

    def _residuals(self, order: list[int], u: FloatArray, sigma: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """(model - observed)/sigma with its derivatives by the coordinates."""
        values, slopes = self._values(order, u)
        ran = self.data.model(values, [*values])
        if ran is None:
            return None
        seen, jacobian = ran
        return (seen - self._observed) / sigma, jacobian * slopes / sigma[:, None]

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

    # --- linear models -----------------------------------------------------------------------------

    def surrogate(self, fitted: SetFit) -> Surrogate | None:
        """See `SetFitter`."""
        values = {place: fitted.constants.get(j, 0.0) for j, place in enumerate(self._place)}
        values |= {place: fitted.others[p.name] for p, place in zip(self.free, self._free_place, strict=True)}
        ran = self.data.model(values, [*self._place, *self._free_place])
        if ran is None:
            return None
        seen, jacobian = ran
        sigma = self._sigma(np.array([fitted.rms[g] for g in self.data.groups]))
        jacobian /= sigma[:, None]
        count = len(self._place)
        now = np.array([fitted.constants.get(j, 0.0) for j in range(count)])
        target = (self._observed - seen) / sigma + jacobian[:, :count] @ now
        return Surrogate.of(jacobian[:, :count], target, jacobian[:, count:])

    def first(self) -> Surrogate | None:
        """See `SetFitter`."""
        return self._weak.surrogate(self._sigma(self._estimates))

    def along(self, fitted: SetFit) -> Surrogate | None:
        """The weak form over the courses of a fit."""
        values = {self._place[j]: k for j, k in fitted.constants.items()}
        values |= {place: fitted.others[p.name] for p, place in zip(self.free, self._free_place, strict=True)}
        sigma = self._sigma(np.array([fitted.rms[g] for g in self.data.groups]))
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


def minimised(
    evaluate: Callable[[FloatArray], tuple[FloatArray, FloatArray] | None],
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> tuple[FloatArray, FloatArray | None, int]:
    """The least ½ Σ r² within bounds from `start` (P,), by Levenberg–Marquardt steps that stop at the bounds (K. Levenberg,
    Quart. Appl. Math. 1944, 2, 164; J. J. Moré, Lect. Notes Math. 1978, 630, 105).

    Returns:
        Where it is, the residuals there (None where the start cannot be run), and how often they were evaluated.
    """
    at, damping, used = start, 1e-2, 1
    now = evaluate(at)
    if now is None:
        return at, None, used
    residuals, jacobian = now
    cost = 0.5 * float(residuals @ residuals)
    while used < MOST_EVALUATIONS and len(at):
        gradient, normal = jacobian.T @ residuals, jacobian.T @ jacobian
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
        reached = math.inf if trial is None else 0.5 * float(trial[0] @ trial[0])
        if trial is not None and reached < cost:
            damping = max(damping * (0.1 if cost - reached > 0.5 * expected else 1.0), 1e-9)
            at, cost, (residuals, jacobian) = new, reached, trial
        elif damping > 1e8:
            break
        else:
            damping *= 8.0
    return at, residuals, used


def _step(gradient: FloatArray, normal: FloatArray, damping: float, moving: NDArray[np.bool_]) -> FloatArray:
    step = np.zeros(len(gradient))
    block = normal[np.ix_(moving, moving)]
    scale = np.diag(block) + 1e-12 * max(float(np.trace(block)), 1e-300)
    step[moving] = -np.linalg.lstsq(block + damping * np.diag(scale), gradient[moving], rcond=None)[0]
    return step
