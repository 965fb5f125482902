"""Sets of steps fitted by the objective of a mechanism that is made of them: for facts, and for any experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.observations import Observations
from mscnet.inference.candidates import Candidate
from mscnet.inference.objective import build_objective
from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.inference.screen import Surrogate
from mscnet.inference.search import box_of
from mscnet.inference.set_descent import best_end
from mscnet.inference.set_fit import SetFit, Steps
from mscnet.inference.settings import FitSettings
from mscnet.inference.step_model import Scales, constant_names, with_steps
from mscnet.mechanism.mechanism import Mechanism

FloatArray = NDArray[np.float64]

#: A step that is tried beside a fit is given this part of its typical constant.
_TRIED = 0.03
#: Further starts of the fit of a set of which nothing is known.
_STARTS_BLIND = 7
#: How many sizes of a constant are tried where a step is added.
_SIZES = 4


class ObjectiveFitter:
    """A `SetFitter` for any data and facts.

    Args:
        base: what every set has; see `with_steps` for `scales` and `factor`.
        seed: of the further starts of sets of which nothing is known.

    Raises:
        MechanismError: there is nothing to fit to, and what experiments, facts and data raise.
    """

    #: Facts are far from linear.
    reach = 2.0

    def __init__(
        self, base: Mechanism, candidates: Sequence[Candidate], scales: Scales, settings: FitSettings,
        observations: Sequence[Observations], *, factor: str | None = None, seed: int = 1,
    ) -> None:  # fmt: skip
        self.base, self.candidates, self.scales = base, tuple(candidates), scales
        self._settings, self._observations = settings, tuple(observations)
        self._factor, self._seed = factor, seed
        self._all: Objective | None = None

    def fit(
        self, steps: Steps, start: Mapping[int, float], others: Mapping[str, float], worth: float = -math.inf
    ) -> SetFit:
        """See `SetFitter`."""
        order = sorted(steps)
        if not order and not any(p.free for p in self.base.parameters):
            return SetFit(steps, {}, {}, -math.inf, 0, 0, {}, failed=True)  # nothing to fit: an objective has none
        known = self._known(order, start)
        objective = self._objective(order, known)
        constants = dict(zip(self._names(order), known, strict=True))
        begins = self._begins(objective, constants, others, () if start or others else order)
        at, residuals, spent = best_end(objective, begins, objective.constant - worth)
        if residuals is None:
            return SetFit(steps, {}, {}, -math.inf, 0, len(objective.terms), {}, math.nan, spent, True)
        return self._fitted(steps, dict(zip(order, known, strict=True)), objective, at, residuals, spent)

    def _known(self, order: Sequence[int], start: Mapping[int, float]) -> list[float]:
        """Constants to start from; a screen knows nothing of ranges."""
        found = []
        for j in order:
            size = self.candidates[j].order
            low, high = self.scales.bounds(size)
            found.append(min(max(start.get(j) or self.scales.typical(size), low), high))
        return found

    def _names(self, order: Sequence[int]) -> tuple[str, ...]:
        return constant_names(self.base, len(order))

    def _objective(self, order: Sequence[int], values: Sequence[float]) -> Objective:
        chosen = [self.candidates[j] for j in order]
        model = with_steps(self.base, chosen, self.scales, values=values, factor=self._factor)
        return build_objective(model, self._settings, self._observations or None)

    def _begins(
        self, objective: Objective, constants: Mapping[str, float], others: Mapping[str, float], blind: Sequence[int]
    ) -> list[FloatArray]:
        """Where a fit begins: at what is known; with the file's own values beside the constants; and, where nothing is
        known of the steps `blind`, farther away."""
        low, high = np.array([p.bounds for p in objective.parameters]).T
        known = dict(constants) | dict(others)
        first = np.clip([_coordinate(p, known.get(p.name)) for p in objective.parameters], low, high)
        begins = [first]
        if others:
            begins.append(np.clip([_coordinate(p, constants.get(p.name)) for p in objective.parameters], low, high))
        draw = np.random.default_rng([self._seed, *blind])
        for _ in range(_STARTS_BLIND if blind else 0):
            begins.append(np.clip(first + draw.uniform(-2.0, 2.0, len(first)) * _logs(objective), low, high))
        return begins

    def _fitted(
        self, steps: Steps, begun: Mapping[int, float], objective: Objective, at: FloatArray, residuals: FloatArray,
        spent: int,
    ) -> SetFit:  # fmt: skip
        found = {p.name: p.to_value(float(u)) for p, u in zip(objective.parameters, at, strict=True)}
        names = self._names(sorted(begun))
        # an objective leaves out what nothing depends on; such a constant stays, and counts as any other
        idle = sum(name not in found for name in names)
        constants = {j: found.get(name, k) for (j, k), name in zip(begun.items(), names, strict=True)}
        others = {name: value for name, value in found.items() if name not in names}
        counted = [i for i, term in enumerate(objective.terms) if term.kind in ("datum", "equality", "bound")]
        rms = math.sqrt(float(np.mean(residuals[counted] ** 2)))
        apart = np.array([term.kind != "prior" for term in objective.terms])
        likelihood = objective.constant - 0.5 * float(np.sum(residuals[apart] ** 2))
        return SetFit(steps, constants, others, likelihood, len(at) + idle, len(counted), {}, rms, spent)

    # --- what a set lacks --------------------------------------------------------------------------

    def surrogate(self, fitted: SetFit) -> Surrogate | None:
        """See `SetFitter`; by differences, each step in turn at a small constant."""
        tried = [
            fitted.constants[j] * 1.05 if j in fitted.constants else _TRIED * self.scales.typical(c.order)
            for j, c in enumerate(self.candidates)
        ]
        found = self._with_each(fitted, [(j, k) for j, k in enumerate(tried)])
        if found is None:
            return None
        now = np.array([fitted.constants.get(j, self._least(j)) for j in range(len(tried))])
        moved = np.array(tried) - now
        bad = np.all(found[1:] == FAILED, axis=1) | (moved == 0.0)
        columns = np.where(bad, 0.0, (found[1:] - found[0]).T / np.where(moved == 0.0, 1.0, moved))
        target = columns @ np.where(bad, 0.0, now) - found[0]
        more, damping = self._beside(fitted)
        rest = np.zeros((more.shape[1], len(tried)))
        columns, more = np.vstack([columns, rest]), np.vstack([more, damping * np.eye(more.shape[1])])
        return Surrogate.of(columns, np.append(target, np.zeros(len(rest))), more)

    def additions(self, fitted: SetFit, count: int) -> list[tuple[int, float]]:
        """See `SetFitter`: every other step is run at a few sizes of its constant, the rest adapted in the straight
        line, damped (as one step of Levenberg and Marquardt)."""
        pairs = [
            (j, float(k))
            for j, c in enumerate(self.candidates)
            if j not in fitted.steps
            for k in np.geomspace(self.scales.typical(c.order), 0.3 * self.scales.bounds(c.order)[1], _SIZES)
        ]
        found = self._with_each(fitted, pairs)
        if found is None:
            return []
        slopes, damping = self._beside(fitted)
        normal = slopes.T @ slopes + damping**2 * np.eye(slopes.shape[1])
        pull = found @ slopes
        left = np.einsum("ij,ij->i", found, found)
        if slopes.shape[1]:
            left = left - np.einsum("ij,ji->i", pull, np.linalg.solve(normal, pull.T))
        best: dict[int, tuple[float, float]] = {}
        for (j, k), cost in zip(pairs, left[1:].tolist(), strict=True):
            if cost < best.get(j, (left[0], 0.0))[0]:
                best[j] = cost, k
        return [(j, best[j][1]) for j in sorted(best, key=lambda j: (best[j][0], j))[:count]]

    def _with_each(self, fitted: SetFit, pairs: Sequence[tuple[int, float]]) -> FloatArray | None:
        """Residuals (1 + n_pairs, n_terms) of a fit, and with one constant in turn changed; None where the fit cannot
        be run with all candidates at their least."""
        names = self._names(range(len(self.candidates)))
        if self._all is None:
            typical = [self.scales.typical(c.order) for c in self.candidates]
            self._all = self._objective(range(len(self.candidates)), typical)
        objective = self._all
        place = {p.name: i for i, p in enumerate(objective.parameters)}
        values = {name: fitted.constants.get(j, self._least(j)) for j, name in enumerate(names)} | dict(fitted.others)
        low, high = np.array([p.bounds for p in objective.parameters]).T
        theta = np.clip([_coordinate(p, values.get(p.name)) for p in objective.parameters], low, high)
        rows = np.tile(theta, (len(pairs) + 1, 1))
        for i, (j, k) in enumerate(pairs, 1):
            if names[j] in place:
                rows[i, place[names[j]]] = min(math.log(k), high[place[names[j]]])
        found = objective.many(rows)
        return None if np.all(found[0] == FAILED) else found

    def _least(self, candidate: int) -> float:
        return self.scales.bounds(self.candidates[candidate].order)[0]

    def _beside(self, fitted: SetFit) -> tuple[FloatArray, float]:
        """Slopes (n_terms, n) by all that is free about a fit but the constants of its steps, in natural units, and how
        much a unit of them weighs."""
        order = sorted(fitted.steps)
        if not fitted.others:
            return np.empty((len(self._all.terms) if self._all is not None else 0, 0)), 1.0
        objective = self._objective(order, [fitted.constants[j] for j in order])
        values = dict(zip(self._names(order), (fitted.constants[j] for j in order), strict=True)) | dict(fitted.others)
        box = box_of(objective.parameters)
        theta = np.clip([_coordinate(p, values.get(p.name)) for p in objective.parameters], box.low, box.high)
        residuals, slopes = objective.linearised(theta)
        own = [p.name in fitted.others for p in objective.parameters]
        return (slopes * box.unit)[:, own], max(1.0, math.sqrt(float(np.mean(residuals**2))))

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
