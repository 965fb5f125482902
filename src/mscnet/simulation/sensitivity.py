"""`sensitivities` and `gradient`: from a mechanism and a span of time to first derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field, replace
from mscnet.simulation.derivatives import Sensitivities as Sensitivities
from mscnet.simulation.differentiate import Course, Forward, forward, record
from mscnet.simulation.failure import explain
from mscnet.simulation.grid import Time, output_times
from mscnet.simulation.inputs import chosen_names, input_directions, scales, structural, through_initials
from mscnet.simulation.loop import Outcome, Report
from mscnet.simulation.problem import Problem
from mscnet.simulation.provenance import provenance, run_statistics
from mscnet.simulation.settings import chosen_settings
from mscnet.simulation.simulate import MAX_STEPS
from mscnet.simulation.status import SimulationError, Status
from mscnet.simulation.tolerances import AbsoluteTolerance, check_rtol, read_atol
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]

#: The most numbers, times × species × parameters, that sensitivities may hold (2 GB).
MAX_VALUES = 250_000_000

#: Weights of the output, (n_times, n_species), or a function of it that gives its value and those weights.
Loss = FloatArray | Callable[[FloatArray], tuple[float, FloatArray]]


@dataclass(frozen=True, eq=False)
class Gradient:
    """The derivatives of one number by parameters and initial concentrations.

    `value` is the number, `values` (n_parameters,) are its derivatives in the order of `parameters`;
    ``gradient["k1"]`` is one of them.  `trajectory` is the run itself.
    """

    value: float
    parameters: tuple[str, ...]
    values: FloatArray
    trajectory: Trajectory = field(repr=False)

    def __getitem__(self, parameter: str) -> float:
        """One derivative; raises KeyError."""
        return self.by_parameter[parameter]

    @property
    def by_parameter(self) -> Mapping[str, float]:
        """Derivatives by name."""
        return MappingProxyType(dict(zip(self.parameters, self.values.tolist(), strict=True)))


def sensitivities(
    mechanism: Mechanism,
    parameters: Sequence[str] | None = None,
    t_end: Time | None = None,
    *,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
    rtol: float | None = None,
    atol: AbsoluteTolerance | None = None,
    error_test: bool = True,
    max_steps: int = MAX_STEPS,
    progress: Callable[[float], object] | None = None,
) -> Sensitivities:
    """Integrate the rate equations with the derivatives of all concentrations by `parameters`.

    A parameter may stand anywhere: in a rate law, an exponent, a derived value, an initial concentration, a
    stoichiometric coefficient, the time of a switch.  The name of a species means its initial concentration.  Without
    names: all parameters that are used.  Times and tolerances are as in `simulate`.  p dx/dp (for p = 0, dx/dp) is held
    to the tolerances of x; with `error_test` off only the state decides on the steps, which is cheaper and some ten
    times less accurate.

    The method is BDF with a staggered corrector; its cost grows with the number of parameters.  For the gradient of
    one number by many parameters `gradient` is cheaper.  Without compiled kernels, and for parameters in stoichiometric
    coefficients, SciPy integrates the whole, with the derivatives of the rates by differences (1e-9 of their size).

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, a name is unknown, or a setting makes no sense.
        SimulationError: the numerics could not finish, or Ctrl-C was pressed; `.trajectory` has what was kept.

    The model may have events: see `event_sensitivity`.
    """
    asked = _Asked.of(mechanism, t_end, points, every, times, start, rtol, atol, max_steps, progress)
    names = chosen_names(asked.model, parameters)
    asked.check_size(len(names))
    if asked.model.events:
        return _with_events(asked, names, error_test)
    ran, directions, inputs = _forward(asked, names, error_test)
    run = asked.trajectory(ran.outcome, ran.values, ran.counts)
    index = asked.program.input_index
    values = inputs[[index[name] for name in names]]
    n = len(asked.program.species)
    return Sensitivities(run, names, ran.sensitivities[: ran.outcome.kept], values, directions[:, len(inputs) - n :])


def _with_events(asked: _Asked, names: tuple[str, ...], error_test: bool) -> Sensitivities:
    """The sensitivities of a model with events: the run is made first, then followed once more."""
    from mscnet.simulation.event_sensitivity import forward_events
    from mscnet.simulation.simulate import simulate

    nominal = simulate(
        asked.model, times=asked.grid, start=asked.start, method="bdf", rtol=asked.rtol, atol=asked.atol,
        max_steps=asked.max_steps,
    )  # fmt: skip
    found = forward_events(asked.program, nominal, asked.course(), names, error_test)
    ran, n = found.ran, len(asked.program.species)
    run = asked.trajectory(ran.outcome, ran.values, ran.counts)
    run = replace(run, events=nominal.events, courses=nominal.courses, notes=nominal.notes)
    values = found.inputs[[asked.program.input_index[name] for name in names]]
    initial = found.directions[:, len(found.inputs) - n :]
    return Sensitivities(run, names, ran.sensitivities, values, initial, found.slopes)


def gradient(
    mechanism: Mechanism,
    loss: Loss,
    parameters: Sequence[str] | None = None,
    t_end: Time | None = None,
    *,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
    rtol: float | None = None,
    atol: AbsoluteTolerance | None = None,
    max_steps: int = MAX_STEPS,
    progress: Callable[[float], object] | None = None,
) -> Gradient:
    """The derivatives of one number by `parameters`, at a cost that does not depend on how many there are.

    `loss` is an array of weights (n_times, n_species), whose number is the sum of weights × concentrations; or a
    function of the concentrations (n_times, n_species) that returns its value and its derivatives by them, of the same
    shape.  The rest is as in `sensitivities`.

    The method is the discrete adjoint of BDF: the derivatives are those of the numerical solution with its steps held
    fixed.  They are not in the error test, so where they matter to many digits, tighten `rtol`.  Steps × species
    numbers are kept in memory, at most 2 GB.  Without compiled kernels, and for parameters in stoichiometric
    coefficients, forward sensitivities serve.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, a name is unknown, a setting makes no sense, or the record is too large.
        SimulationError: the numerics could not finish, or Ctrl-C was pressed; `.trajectory` has what was kept.
    """
    asked = _Asked.of(mechanism, t_end, points, every, times, start, rtol, atol, max_steps, progress)
    names = chosen_names(asked.model, parameters)
    inner = structural(asked.model) if kernels.core() is not None else set(names)
    rest = tuple(name for name in names if name in inner)
    found: dict[str, float] = {}
    if asked.model.events:
        sensitive = _with_events(asked, names, True)
        value, weights = _weights(loss, sensitive.trajectory.values)
        slopes = np.einsum("ti,tip->p", weights, sensitive.values)
        return Gradient(value, names, slopes, sensitive.trajectory)
    if len(rest) < len(names) or not names:
        inputs = asked.program.inputs()
        ran = record(asked.program, inputs, asked.course())
        run = asked.trajectory(ran.outcome, ran.values, ran.counts)
        value, weights = _weights(loss, run.values)
        try:
            total = through_initials(asked.program, inputs, ran.gradient(weights))
        except KeyboardInterrupt:
            ran.outcome.status = Status.INTERRUPTED
            asked.trajectory(ran.outcome, ran.values, ran.counts)  # raises
            raise
        index = asked.program.input_index
        found = {name: float(total[index[name]]) for name in names}
    if rest:
        forwards, _, _ = _forward(asked, rest, True)
        run = asked.trajectory(forwards.outcome, forwards.values, forwards.counts)
        value, weights = _weights(loss, run.values)
        found |= dict(zip(rest, np.einsum("ti,tip->p", weights, forwards.sensitivities).tolist(), strict=True))
    return Gradient(value, names, np.array([found[name] for name in names]), run)


def _weights(loss: Loss, values: FloatArray) -> tuple[float, FloatArray]:
    if callable(loss):
        value, weights = loss(values)
    else:
        weights = loss
        value = float("nan")
    weights = np.array(weights, dtype=np.float64)
    if weights.shape != values.shape or not np.isfinite(weights).all():
        what = "not all finite" if weights.shape == values.shape else f"of shape {weights.shape}"
        message = f"the derivatives of the loss are {what}; they are {values.shape}, times by species, and finite"
        raise MechanismError.of("E045", message)
    return float(value) if callable(loss) else float((weights * values).sum()), weights


def _forward(asked: _Asked, names: tuple[str, ...], error_test: bool) -> tuple[Forward, FloatArray, FloatArray]:
    """Sensitivities, the directions they are along, and the inputs."""
    inner = structural(asked.model) if kernels.core() is not None else set(names)
    plain = tuple(name for name in names if name not in inner)
    rest = tuple(name for name in names if name in inner)
    if not rest:
        return _compiled(asked, plain, error_test)
    if asked.model.has_fast:
        message = "sensitivities to coefficients, or without compiled kernels, of a mechanism with fast steps"
        raise MechanismError.of(UNSUPPORTED, f"{message}: mscnet does not have this yet")
    from mscnet.simulation.augmented import forward_augmented

    other, moved = forward_augmented(asked.model, asked.program, rest, asked.course())
    if not plain or other.outcome.status is not Status.DONE:
        return other, moved, asked.program.inputs()
    ran, directions, inputs = _compiled(asked, plain, error_test)
    order = [(*plain, *rest).index(name) for name in names]
    rows = np.concatenate([ran.sensitivities, other.sensitivities], axis=2)[:, :, order]
    return Forward(ran.outcome, ran.values, rows, ran.counts), np.concatenate([directions, moved])[order], inputs


def _compiled(asked: _Asked, names: tuple[str, ...], error_test: bool) -> tuple[Forward, FloatArray, FloatArray]:
    program, inputs = asked.program, asked.program.inputs()
    directions = input_directions(program, inputs, names)
    scale = scales(inputs[[program.input_index[name] for name in names]])
    return forward(program, inputs, directions, asked.course(), scale, error_test), directions, inputs


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A run as it was asked for."""

    model: Mechanism
    program: RateProgram
    start: float
    grid: FloatArray
    rtol: float
    atol: Any
    max_steps: int
    progress: Callable[[float], object] | None

    @classmethod
    def of(
        cls,
        mechanism: Mechanism,
        t_end: Time | None,
        points: int | None,
        every: Time | None,
        times: Any,
        start: Time | None,
        rtol: float | None,
        atol: AbsoluteTolerance | None,
        max_steps: int,
        progress: Callable[[float], object] | None,
    ) -> _Asked:
        if not isinstance(mechanism, Mechanism):
            raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.load(…)")
        model = mechanism.expanded
        _, relative, absolute = chosen_settings(model, "bdf", rtol, atol)
        first, grid = output_times(model, t_end, points, every, times, start)
        if max_steps < 1:
            raise MechanismError.of("E045", f"max_steps is a number above 0, not {max_steps}")
        program = build_rate_program(model.network())
        x0 = program.initial()
        relative = check_rtol(relative)
        tolerance = read_atol(absolute, relative, x0, program)
        return cls(model, program, first, grid, relative, tolerance, max_steps, progress)

    def course(self) -> Course:
        atol = np.broadcast_to(np.asarray(self.atol, dtype=np.float64), (len(self.program.species),)).copy()
        report = None if self.progress is None else Report(self.progress, self.start, float(self.grid[-1]))
        return Course(self.start, self.grid, self.rtol, atol, self.max_steps, report)

    def check_size(self, count: int) -> None:
        n = len(self.program.species)
        if len(self.grid) * n * count > MAX_VALUES:
            size = len(self.grid) * n * count * 8 / 1e9
            message = f"{len(self.grid):,} times of {n:,} species by {count:,} parameters take {size:.1f} GB"
            raise MechanismError.of("E043", message + "; the limit is 2 GB", hint="ask for fewer points")

    def trajectory(self, outcome: Outcome, values: FloatArray, counts: dict[str, int]) -> Trajectory:
        """The run as a trajectory; raises SimulationError where it did not reach its end."""
        system: Any = self.program
        if kernels.core() is None:
            from mscnet.kinetics.system import build_rate_system

            system = build_rate_system(self.model.network())
        problem = Problem(system, self.start, float(self.grid[-1]), outcome.state, self.rtol, self.atol)
        problem.counts = counts
        kept = (self.grid[: outcome.kept], values[: outcome.kept])
        statistics = run_statistics("bdf", outcome, problem)
        origin = provenance(self.model, "bdf", self.rtol, self.atol)
        result = Trajectory(kept[0], self.program.species, kept[1], self.model, outcome.status, statistics, origin)
        if outcome.status is not Status.DONE:
            raise SimulationError(outcome.status, result, explain(outcome, problem, self.grid, self.max_steps))
        return result
