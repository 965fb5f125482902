"""Sets of steps fitted by the objective of a mechanism that is made of them: for facts, and for any experiment."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.observations import Observations
from mscnet.inference.candidates import Candidate
from mscnet.inference.direct_fit import best_of
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.inference.screen import Surrogate
from mscnet.inference.set_fit import SetFit, Steps
from mscnet.inference.settings import FitSettings
from mscnet.inference.step_model import Scales, constant_names, with_steps
from mscnet.mechanism.mechanism import Mechanism

FloatArray = NDArray[np.float64]

#: A step that is tried beside a fit is given this part of its typical constant.
_TRIED = 0.03
#: Starts of a fit, and of one of a set that was asked for.
_STARTS, _STARTS_ASKED = 2, 8


class ObjectiveFitter:
    """A `SetFitter` for any data and facts.

    Args:
        base: what every set has; see `with_steps` for `scales` and `factor`.
        seed: of the starts of a fit after the first, which is at the constants that are known.
        asked: sets that are fitted from more starts, since somebody wants to know how they stand.

    Raises:
        MechanismError: there is nothing to fit to, and what experiments, facts and data raise.
    """

    def __init__(
        self, base: Mechanism, candidates: Sequence[Candidate], scales: Scales, settings: FitSettings,
        observations: Sequence[Observations], *, factor: str | None = None, seed: int = 1,
        asked: Collection[Steps] = (),
    ) -> None:  # fmt: skip
        self.base, self.candidates, self.scales = base, tuple(candidates), scales
        self._settings, self._observations = settings, tuple(observations)
        self._factor, self._seed, self._asked = factor, seed, frozenset(asked)
        self._all: Objective | None = None

    def fit(self, steps: Steps, start: Mapping[int, float], others: Mapping[str, float]) -> SetFit:
        """See `SetFitter`."""
        order = sorted(steps)
        chosen = [self.candidates[j] for j in order]
        if not chosen and not any(p.free for p in self.base.parameters):
            return SetFit(steps, {}, {}, -math.inf, 0, 0, {}, failed=True)  # nothing to fit: an objective has none
        # a screen knows nothing of ranges
        known = [
            min(max(start.get(j) or self.scales.typical(c.order), low), high)
            for j, c, (low, high) in ((j, c, self.scales.bounds(c.order)) for j, c in zip(order, chosen, strict=True))
        ]
        model = with_steps(self.base, chosen, self.scales, values=known, factor=self._factor)
        objective = build_objective(model, self._settings, self._observations or None)
        values = dict(zip(constant_names(self.base, len(order)), known, strict=True)) | dict(others)
        low, high = np.array([p.bounds for p in objective.parameters]).T
        first = np.clip([_coordinate(p, values.get(p.name)) for p in objective.parameters], low, high)
        begins = [first]
        draw = np.random.default_rng([self._seed, *order])
        for _ in range((_STARTS_ASKED if steps in self._asked else _STARTS) - 1):
            begins.append(np.clip(first + draw.uniform(-2.0, 2.0, len(first)) * _logs(objective), low, high))
        apart = np.full(len(objective.terms), -1)

        def evaluate(theta: FloatArray) -> tuple[FloatArray, FloatArray] | None:
            residuals, jacobian = objective.linearised(theta)
            return None if np.all(residuals == FAILED) else (residuals, jacobian)

        at, residuals, spent = best_of(evaluate, begins, low, high, apart)
        if residuals is None:
            return SetFit(steps, {}, {}, -math.inf, 0, len(objective.terms), {}, math.nan, spent, True)
        return self._fitted(steps, dict(zip(order, known, strict=True)), objective, at, residuals, spent)

    def _fitted(
        self, steps: Steps, begun: Mapping[int, float], objective: Objective, at: FloatArray, residuals: FloatArray,
        spent: int,
    ) -> SetFit:  # fmt: skip
        found = {p.name: p.to_value(float(u)) for p, u in zip(objective.parameters, at, strict=True)}
        names = constant_names(self.base, len(begun))
        # an objective leaves out what nothing depends on; such a constant stays, and counts as any other
        idle = sum(name not in found for name in names)
        constants = {j: found.get(name, k) for (j, k), name in zip(begun.items(), names, strict=True)}
        others = {name: value for name, value in found.items() if name not in names}
        counted = [i for i, term in enumerate(objective.terms) if term.kind in ("datum", "equality", "bound")]
        rms = math.sqrt(float(np.mean(residuals[counted] ** 2)))
        apart = np.array([term.kind != "prior" for term in objective.terms])
        likelihood = objective.constant - 0.5 * float(np.sum(residuals[apart] ** 2))
        return SetFit(steps, constants, others, likelihood, len(at) + idle, len(counted), {}, rms, spent)

    def surrogate(self, fitted: SetFit) -> Surrogate | None:
        """See `SetFitter`; by differences, each step in turn at a small constant."""
        names = constant_names(self.base, len(self.candidates))
        if self._all is None:
            model = with_steps(self.base, self.candidates, self.scales, factor=self._factor)
            self._all = build_objective(model, self._settings, self._observations or None)
        objective = self._all
        place = {p.name: i for i, p in enumerate(objective.parameters)}
        least = np.array([self.scales.bounds(c.order)[0] for c in self.candidates])
        now = np.array([fitted.constants.get(j, least[j]) for j in range(len(names))])
        values = dict(zip(names, now, strict=True)) | dict(fitted.others)
        low, high = np.array([p.bounds for p in objective.parameters]).T
        theta = np.clip([_coordinate(p, values.get(p.name)) for p in objective.parameters], low, high)
        rows = np.tile(theta, (len(names) + 1, 1))
        for j, candidate in enumerate(self.candidates):
            tried = now[j] * 1.05 if j in fitted.constants else _TRIED * self.scales.typical(candidate.order)
            if names[j] in place:
                rows[j + 1, place[names[j]]] = min(math.log(tried), high[place[names[j]]])
        found = objective.many(rows)
        if np.all(found[0] == FAILED):
            return None
        moved = np.ones(len(names))
        for j, name in enumerate(names):
            if name in place:
                moved[j] = math.exp(rows[j + 1, place[name]]) - now[j]
        bad = np.all(found[1:] == FAILED, axis=1) | (moved == 0.0)
        columns = np.where(bad, 0.0, (found[1:] - found[0]).T / np.where(moved == 0.0, 1.0, moved))
        return Surrogate.of(columns, columns @ np.where(bad, 0.0, now) - found[0])

    def first(self) -> Surrogate | None:
        """See `SetFitter`; where nothing else is free the empty set is no fit, and the screen about it is made here."""
        if any(p.free for p in self.base.parameters):
            return None
        return self.surrogate(SetFit(frozenset(), {}, {}, -math.inf, 0, 0, {}))

    def along(self, fitted: SetFit) -> Surrogate | None:
        """See `SetFitter`: courses are not looked at."""
        return None

    def reweigh(self, fitted: SetFit) -> bool:
        """See `SetFitter`: errors are the objective's business."""
        return False


def _coordinate(parameter: FreeParameter, value: float | None) -> float:
    if value is None:
        value = parameter.start
    if value is None:
        low, high = parameter.bounds
        return 0.5 * (low + high)
    return parameter.to_search(value)


def _logs(objective: Objective) -> FloatArray:
    return np.array([1.0 if p.scale == "log" else 0.0 for p in objective.parameters])
