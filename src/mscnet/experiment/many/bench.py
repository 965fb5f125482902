"""`ManyBench`: a mechanism's experiments made ready once and performed in many rows of values, or with derivatives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.asked import Asked
from mscnet.experiment.bench import MAX_HOLD_POINTS, Bench, Wanted
from mscnet.experiment.faults import Words
from mscnet.experiment.many.grids import POINTS, Grid
from mscnet.experiment.many.groups import Behind, Group, RowGroup, Setup
from mscnet.experiment.many.passing import RowSolver
from mscnet.experiment.many.perform import RowNode, RowPerformer
from mscnet.experiment.many.plans import Plans, RowPlan, can_be_together
from mscnet.experiment.many.readings import RowReadings
from mscnet.experiment.many.singly import Singly
from mscnet.experiment.many.straight import Straight, straight_of
from mscnet.experiment.many.tree import Tree, build_tree
from mscnet.experiment.measure import Readings
from mscnet.experiment.observations import Observations
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun
from mscnet.experiment.values import read_changes
from mscnet.mechanism.bench import Observe
from mscnet.mechanism.bench_use import observations as observing
from mscnet.mechanism.bench_use import optical_expressions
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter
from mscnet.simulation.batch import structural_inputs
from mscnet.simulation.tolerances import AbsoluteTolerance

FloatArray = NDArray[np.float64]

#: How far rows with derivatives lie from the run, as a part of the parameter's size: what is worked out from them has
#: a relative error of about this from curvature, and one of 1e-10 from rounding.
STEP = 1e-6


class ManyBench:
    """Experiments of a mechanism's chosen model ready for rows of values of the parameters `names`.

    What all rows can do side by side is done so, in one call of the kernels for each stretch of time.  What they cannot
    (a duration that follows a free parameter, `equilibrate`, ramps, feeds and flows, rates that switch, events, methods
    without kernels) is run row by row as by `Bench`, with derivatives by central differences.  Picklable.

    Args:
        names: the free parameters, in the order of the columns of rows.
        experiments: as for `Bench.run`; all without it.
        observations: data whose times are among those of the measurements.
        times: more times for the measurements of experiments, by name, from where they begin.
        points: about so many times each measurement has, early ones among them; 0 for those of its readings alone.
        hold_points: of holds so many states are kept.
        tested: whether the derivatives take part in the integrator's error test; without, they are some ten times less
            accurate than the run itself, which is enough for a search, and a third quicker.
        method, rtol, atol, max_steps: as for `Bench`.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: a name that is no parameter, or twice there; values of others are missing; as `Bench`.
    """

    def __init__(
        self, mechanism: Mechanism, names: Sequence[str], *, experiments: Wanted | None = None,
        observations: Iterable[Observations] = (), times: Mapping[str, FloatArray] | None = None, points: int = POINTS,
        hold_points: int = 2, tested: bool = False, method: str | None = None, rtol: float | None = None,
        atol: AbsoluteTolerance | None = None, max_steps: int | None = None,
    ) -> None:  # fmt: skip
        self._settings: dict[str, Any] = {
            "experiments": experiments, "observations": tuple(observations), "times": times, "points": points,
            "hold_points": hold_points, "tested": tested, "method": method, "rtol": rtol, "atol": atol,
            "max_steps": max_steps,
        }  # fmt: skip
        self._bench = Bench(mechanism, method=method, rtol=rtol, atol=atol, max_steps=max_steps)
        self.model = self._bench.mechanism
        self.names = tuple(names)
        if not 2 <= hold_points <= MAX_HOLD_POINTS:
            raise MechanismError.of("E045", f"of a hold, 2 to {MAX_HOLD_POINTS:,} points are kept, not {hold_points}")
        if len(set(self.names)) < len(self.names):
            raise MechanismError.of("E045", "a parameter is named twice among the free ones")
        self._start = {name: _somewhere(self.model.get_parameter(name)) for name in self._checked(self.names)}
        self._asked = self._bench.asked(experiments)
        self._bench.check_given(self._asked, self._start)
        steps = [e.steps for e in self._bench.experiments.values()]
        grid = Grid(self._bench.experiments.values(), points, self._settings["observations"], times, self._time_zero())
        self._plans = Plans(self.model, self._bench.experiments, self._asked, self.names, grid, self._start)
        self._setup = Setup(
            self.model, self._bench.solver, {name: i for i, name in enumerate(self.names)}, self._bench.stocks,
            self._bench.relevant, Behind(self.model),
        )  # fmt: skip
        self._solver = RowSolver(self._bench.solver, tested)
        self._words, self._hold_points = Words.of(self.model), hold_points
        light = [
            reading for s in steps for step in observing(s) for reading in step.readings if reading.kind != "value"
        ]
        known = {p.name for p in self.model.parameters} | {d.name for d in self.model.derived}
        self._optical = self._setup.behind(optical_expressions(self.model)) & known if light else set()
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._fixed: list[list[RowPlan | None] | None] = [self._fixed_plans(i) for i in range(len(self._asked))]

    def __repr__(self) -> str:
        return f"<ManyBench {self.model.name}: {len(self._asked)} experiments, {len(self.names)} free parameters>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.model, self.names, self._settings)

    def _checked(self, names: Sequence[str]) -> Sequence[str]:
        read_changes(self.model, dict.fromkeys(names, 1.0))
        return names

    def _time_zero(self) -> float:
        settings = dict(self.model.instrument.settings) if self.model.instrument is not None else {}
        return self.model.evaluate(settings["time_zero"]) if "time_zero" in settings else 0.0

    # --- what is asked for -----------------------------------------------------------------------

    def perform(self, rows: ArrayLike) -> RowRun:
        """Every row of values (m, n_names), in the file's units.  A row whose run fails is not `done`; the others are
        as if it were not there.

        Raises:
            ValueError: another shape.
            ExperimentsInterrupted, KeyboardInterrupt: Ctrl-C was pressed.
        """
        values = np.array(rows, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.names) or not len(values):
            raise ValueError(f"rows have {len(self.names)} values each, one row or more; not {values.shape}")
        return self._run(values, None)

    def with_derivatives(self, values: ArrayLike, steps: ArrayLike | None = None) -> RowRun:
        """One row of values (n_names,) with its exact derivatives beside it, as `RowRun.steps` says.

        `steps` (n_names,) are how far the other rows lie from it; without them a millionth of each value.  They only
        carry derivatives, so short ones do no harm until rounding shows (below some 1e-9 of a value).

        Raises:
            ValueError: another shape, or a step of 0.
            ExperimentsInterrupted, KeyboardInterrupt: Ctrl-C was pressed.
        """
        first = np.array(values, dtype=np.float64)
        if first.shape != (len(self.names),):
            raise ValueError(f"a row has {len(self.names)} values, not {first.shape}")
        given = np.where(first != 0.0, STEP * np.abs(first), STEP) if steps is None else np.array(steps, dtype=float)
        if given.shape != first.shape or not (np.isfinite(given) & (given != 0.0)).all():
            raise ValueError("steps are numbers other than 0, one for each parameter")
        rows = np.concatenate([first[None], first + np.diag(given)])
        return self._run(rows, rows[1:].diagonal() - first if len(first) else given)

    def _run(self, rows: FloatArray, steps: FloatArray | None) -> RowRun:
        good: NDArray[np.bool_] = np.array(np.isfinite(rows).all(axis=1))
        if steps is not None:
            good[:] = good[0]
        ready = np.where(good[:, None], rows, rows[good][0] if good.any() else np.array(list(self._start.values())))
        groups = _Groups(self, ready)
        plans = self._plans_for(groups)
        together = [plan for column in plans for plan in column if plan is not None]
        fast = iter(self._together(together, groups, good, steps))
        slow = iter(self._singly(plans, ready, good, steps))
        found = [next(fast) if plan is not None else next(slow) for column in plans for plan in column]
        return RowRun(self.model, self.names, rows, tuple(found), steps)

    @property
    def readings(self) -> Readings:
        """What takes the readings of single runs."""
        return self._bench.readings

    @property
    def species_index(self) -> Mapping[str, int]:
        """The places of species among states."""
        return self._bench.readings.species_index

    @cached_property
    def straight(self) -> Straight | None:
        """All that is asked for as numbers alone, where every condition goes straight (see there)."""
        if not self._asked or any(column is None or None in column for column in self._fixed):
            return None
        rows = np.array([list(self._start.values())], dtype=np.float64).reshape(1, -1)
        performer = RowPerformer(self._solver, _Groups(self, rows).of, np.ones(1, dtype=bool), None, self._words)
        plans = [plan for column in self._fixed for plan in column or () if plan is not None]
        return straight_of(self._tree, plans, self.group, performer.perform(self._tree), self._solver)

    # --- plans -----------------------------------------------------------------------------------

    def group(self, key: tuple[Any, ...]) -> Group:
        """The values behind a group's key."""
        if key not in self._groups:
            changes, loops = self._plans.changes_of(key)
            self._groups[key] = Group(self._setup, self._plans.bases[key], key, changes, loops)
        return self._groups[key]

    def _fixed_plans(self, which: int) -> list[RowPlan | None] | None:
        """The plans of an experiment's conditions where all rows share them, with None for those that are run one by
        one; None for all of it where each row needs its own."""
        one, planned = self._asked[which], self._plans.planned[which]
        if not self._solver.works or self._structural() or self._reads_elsewhere(one):
            return [None] * len(planned)
        if self._plans.follows(which, self._setup):
            return None
        return [self._plans.shared(p, self._key_of(p)) if can_be_together(p) else None for p in planned]

    @staticmethod
    def _key_of(planned: Any) -> tuple[Any, ...]:
        key: tuple[Any, ...] = planned.acts[planned.first].key[1]
        return key

    def _structural(self) -> bool:
        """Whether a stoichiometric coefficient or a kinetic order follows something that differs between rows."""
        program = self._bench.solver.program
        names = list(program.input_index)
        where = {names[i] for i in structural_inputs(program)}
        set_somewhere = {name for e in self._bench.experiments.values() for name, _ in e.values}
        return bool(where & ({*self.names} | set_somewhere))

    def _reads_elsewhere(self, one: Asked) -> bool:
        """Whether the wavelengths that an experiment reads at differ between rows."""
        group = Group(self._setup, self._plans.bases[()], (), one.experiment.values, {})
        steps = [step for step in observing(one.experiment.steps) if isinstance(step, Observe)]
        looped = [value for loop in one.experiment.loops for value in loop.values]
        wavelengths = [w for step in steps for reading in step.readings for w in reading.wavelengths]
        if self._setup.behind(wavelengths) & {loop.variable for loop in one.experiment.loops}:
            wavelengths += looped
        return group.varies(wavelengths)

    def _plans_for(self, groups: _Groups) -> list[list[RowPlan | None]]:
        return [
            fixed if fixed is not None else self._plans.stacked(i, groups.run) for i, fixed in enumerate(self._fixed)
        ]

    # --- performing ------------------------------------------------------------------------------

    @cached_property
    def _tree(self) -> Tree:
        """The tree where all rows share it."""
        return self._tree_of([plan for column in self._fixed for plan in column or () if plan is not None])

    def _tree_of(self, plans: Sequence[RowPlan]) -> Tree:
        return build_tree(plans, lambda key: self.group(key).signature, self._hold_points)

    def _together(
        self, plans: Sequence[RowPlan], groups: _Groups, good: NDArray[np.bool_], steps: FloatArray | None
    ) -> list[RowCondition]:
        if not plans:
            return []
        tree = self._tree_of(plans) if None in self._fixed else self._tree
        performer = RowPerformer(self._solver, groups.of, good, steps, self._words)
        nodes = performer.perform(tree)
        readings = RowReadings(self._bench.readings, self._optical)
        return [
            self._condition(plan, [nodes[i] for i in path], readings, groups)
            for plan, path in zip(plans, tree.paths, strict=True)
        ]

    def _condition(
        self, plan: RowPlan, nodes: Sequence[RowNode], readings: RowReadings, groups: _Groups
    ) -> RowCondition:
        measured: list[RowMeasured] = []
        stretches = []
        lost: dict[int, str] = {}
        done, trouble = nodes[-1].alive, nodes[-1].trouble
        group = groups.of(plan.group)
        try:
            for act, node in zip(plan.acts[plan.first :], nodes[plan.first :], strict=True):
                if node.stretch is None:
                    continue
                stretches.append(node.stretch)
                if act.key[0] == "observe":
                    assert isinstance(act.step, Observe)
                    measured.append(readings.measured(act.step, node.stretch, node.start, plan, group))
                    lost |= readings.lost(act.step, group)
        except MechanismError as error:
            lost = dict.fromkeys(range(len(done)), error.diagnostics[0].message)
        if lost:
            done, trouble = done.copy(), trouble or next(iter(lost.values()))
            done[list(lost)] = False
        return RowCondition(plan.experiment, dict(plan.loops), tuple(measured), tuple(stretches), done, trouble)

    @cached_property
    def _slowly(self) -> Singly:
        return Singly(self._bench, self.names, self._plans.finer, self._hold_points, self._settings)

    def _singly(
        self, plans: Sequence[Sequence[RowPlan | None]], rows: FloatArray, good: NDArray[np.bool_],
        steps: FloatArray | None,
    ) -> list[RowCondition]:  # fmt: skip
        """The conditions that cannot be done side by side."""
        which = [i for i, column in enumerate(plans) if None in column]
        if not which:
            return []
        found = self._slowly.conditions([self._asked[i] for i in which], rows, good, steps)
        wanted = [plan is None for i in which for plan in plans[i]]
        return [condition for condition, slow in zip(found, wanted, strict=True) if slow]


class _Groups:
    """The groups of one call, with its rows."""

    def __init__(self, bench: ManyBench, rows: FloatArray) -> None:
        self._bench, self._rows = bench, rows
        self.run = RowGroup(bench.group(()), rows)
        self._known: dict[tuple[Any, ...], RowGroup] = {(): self.run}

    def of(self, key: tuple[Any, ...]) -> RowGroup:
        """A group with rows."""
        if key not in self._known:
            self._known[key] = RowGroup(self._bench.group(key), self._rows, self.run)
        return self._known[key]


def _somewhere(parameter: Parameter) -> float:
    """The value of a parameter, or one inside its bounds, to plan with."""
    if parameter.value is not None:
        return parameter.value
    bounds = parameter.bounds
    if bounds is None:
        return 1.0
    low, high = bounds
    return math.sqrt(low * high) if low > 0.0 else 0.5 * (low + high)


def _rebuilt(model: Mechanism, names: tuple[str, ...], settings: Mapping[str, Any]) -> ManyBench:
    return ManyBench(model, names, **settings)
