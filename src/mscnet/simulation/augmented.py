"""Forward sensitivities by SciPy: the state and its sensitivities as one system, the readable sibling of the kernels.

The rates' derivatives by the parameters are differences of rate systems with other values, so that a parameter may
stand anywhere, in a stoichiometric coefficient, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, eye_array, kron

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import switch_times
from mscnet.kinetics.system import RateSystem, build_rate_system
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.differentiate import Course, Forward
from mscnet.simulation.loop import integrate
from mscnet.simulation.methods import get_method
from mscnet.simulation.problem import SPARSE_FROM, Problem
from mscnet.simulation.settings import longest_step

FloatArray = NDArray[np.float64]

#: The change of a value, as a part of it, at which differences of order 2 are most accurate: the cube root of eps.
RELATIVE_CHANGE = 6e-6


@dataclass(frozen=True, slots=True, eq=False)
class _Difference:
    """A derivative as a sum of systems with other values, each with its weight."""

    systems: tuple[RateSystem, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, base: RateSystem, name: str, value: float, size: float) -> _Difference:
        """Central, or on one side where the value is 0 and must not become negative."""
        h = RELATIVE_CHANGE * size
        if value == 0.0:
            systems = (base, *(base.with_values({name: step * h}) for step in (1.0, 2.0)))
            return cls(systems, (-1.5 / h, 2.0 / h, -0.5 / h))
        above, below = value + h, value - h
        systems = (base.with_values({name: above}), base.with_values({name: below}))
        return cls(systems, (1.0 / (above - below), -1.0 / (above - below)))

    def rhs(self, time: float, x: FloatArray) -> FloatArray:
        return sum(w * system.rhs(time, x) for w, system in zip(self.weights, self.systems, strict=True))  # type: ignore[return-value]

    def initial(self) -> FloatArray:
        return sum(w * system.initial() for w, system in zip(self.weights, self.systems, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, eq=False)
class _Augmented:
    """State, then each scaled sensitivity, one after the other, as what a `Problem` takes for a system."""

    base: RateSystem
    differences: tuple[_Difference, ...]
    scale: FloatArray

    def rhs(self, time: float, y: FloatArray) -> FloatArray:
        """d/dt of all of y."""
        rows = y.reshape(len(self.scale) + 1, -1)
        x = rows[0]
        out = np.empty_like(rows)
        out[0] = self.base.rhs(time, x)
        small = len(x) < SPARSE_FROM
        jacobian = self.base.dense_jacobian(time, x) if small else self.base.jacobian(time, x)
        out[1:] = (jacobian @ rows[1:].T).T
        for i, (difference, scale) in enumerate(zip(self.differences, self.scale, strict=True)):
            out[i + 1] += scale * difference.rhs(time, x)
        return out.ravel()

    def jacobian(self, time: float, y: FloatArray) -> csc_array:
        """Without what couples sensitivities to the state: Newton's method finds the state first, then these."""
        blocks = len(self.scale) + 1
        state = y[: len(y) // blocks]
        return csc_array(kron(eye_array(blocks), self.base.jacobian(time, state)))

    def dense_jacobian(self, time: float, y: FloatArray) -> FloatArray:
        """`jacobian` as a dense array."""
        blocks = len(self.scale) + 1
        dense: Any = np.kron(np.eye(blocks), self.base.dense_jacobian(time, y[: len(y) // blocks]))
        return np.asarray(dense, dtype=np.float64)


def forward_augmented(
    model: Mechanism, program: RateProgram, names: Sequence[str], course: Course
) -> tuple[Forward, FloatArray]:
    """Sensitivities to parameters and initial concentrations by name, as by `differentiate.forward`, and the
    derivatives of the initial concentrations behind those of the inputs, (P, n_inputs).

    Raises:
        MechanismError: a rate switches at a time that moves with one of `names`.
    """
    base = build_rate_system(model.network())
    inputs = program.inputs()
    n, count = len(base.species), len(names)
    values = inputs[[program.input_index[name] for name in names]]
    scale = np.where(values == 0.0, 1.0, np.abs(values))
    differences = tuple(
        _Difference.of(base, name, value, size) for name, value, size in zip(names, values, scale, strict=True)
    )
    start, end = course.start, float(course.times[-1])
    cuts = _fixed_switches(model, names, differences, start, end) if base.timed else []
    directions = np.zeros((count, len(inputs)))
    directions[np.arange(count), [program.input_index[name] for name in names]] = 1.0
    for row, difference in zip(directions, differences, strict=True):
        row[len(inputs) - n :] = difference.initial()
    y0 = np.concatenate([base.initial(), (directions[:, len(inputs) - n :] * scale[:, np.newaxis]).ravel()])
    system: Any = _Augmented(base, differences, scale)
    problem = Problem(system, start, end, y0, course.rtol, np.tile(course.atol, count + 1))
    problem.max_step = longest_step(base.timed, start, end)
    problem.switches = cuts
    method = get_method("radau" if len(y0) < SPARSE_FROM else "bdf")
    rows = np.empty((len(course.times), len(y0)))
    outcome = integrate(method, problem, course.times, rows, course.max_steps, None)
    outcome.state = outcome.state[:n]
    shaped = rows[:, n:].reshape(len(rows), count, n).transpose(0, 2, 1)
    with np.errstate(invalid="ignore"):
        return Forward(outcome, rows[:, :n].copy(), shaped / scale, dict(problem.counts)), directions


def _fixed_switches(
    model: Mechanism, names: Sequence[str], differences: Sequence[_Difference], start: float, end: float
) -> list[float]:
    cuts = switch_times(model, start, end)
    for name, difference in zip(names, differences, strict=True):
        for system in difference.systems:
            if switch_times(system.network.mechanism, start, end) != cuts:
                message = f"a rate switches at a time that moves with `{name}`"
                hint = "sensitivities to it need the compiled kernels; see `mscnet doctor`"
                raise MechanismError.of("E045", message, hint=hint)
    return cuts
