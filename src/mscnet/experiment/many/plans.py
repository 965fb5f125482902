"""Conditions planned once for all rows, and again for single rows where their numbers follow free parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.asked import Asked
from mscnet.experiment.many.grids import Grid
from mscnet.experiment.many.groups import RowGroup, Setup
from mscnet.experiment.plan import Act, Planned, Planner
from mscnet.experiment.values import Values
from mscnet.mechanism.bench import Experiment, Observe
from mscnet.mechanism.bench_use import all_steps, step_expressions
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: Acts that can be done in all rows at once; holds and measurements among them where their temperature does not change
#: on the way and nothing flows.
_TOGETHER = frozenset(("begin", "mix", "add", "dilute", "take", "discard", "set", "use", "hold", "observe"))
#: Where the numbers of an act's key stand that may differ between rows.
_FREE = {"mix": (2,), "add": (2,), "dilute": (3,), "take": (3,), "discard": (2,), "set": (2,), "hold": (2,),
         "observe": (2,)}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RowPlan:
    """A condition in all rows: as `Planned`, where a number in a key may be a tuple of one number a row.  The key of
    ``begin`` holds that of a `Group`; `group` is that of the condition's own values."""

    experiment: Experiment
    loops: Mapping[str, float]
    group: tuple[Any, ...]
    acts: Sequence[Act]
    first: int
    row_loops: Sequence[Mapping[str, float]] = ()


class Plans:
    """The conditions of the experiments asked for, in order; `start` are values of the free parameters to plan with."""

    def __init__(
        self, mechanism: Mechanism, experiments: Mapping[str, Experiment], asked: Sequence[Asked], free: Iterable[str],
        grid: Grid, start: Mapping[str, float],
    ) -> None:  # fmt: skip
        self._mechanism, self._experiments, self._asked, self._grid = mechanism, experiments, asked, grid
        self._free = set(free)
        self._behind: dict[int, list[str]] = {}
        base = Values.of(mechanism, start)
        planner = self._planner(base)
        for one in asked:
            planner.check_origins(one.experiment)
        #: Base values of each group of experiments by its key.
        self.bases: dict[tuple[Any, ...], Values] = {(): base}
        self.planned: list[list[Planned]] = [self._conditions(planner, one) for one in asked]
        for key, values in planner.changed.items():
            self.bases[key] = values

    def _planner(self, values: Values) -> Planner:
        return Planner(self._experiments, values)

    def _conditions(self, planner: Planner, one: Asked) -> list[Planned]:
        return [self.finer(p) for p in planner.conditions(one.experiment, one.values)]

    def finer(self, planned: Planned) -> Planned:
        """With the grid's times in its measurements."""
        return replace(planned, acts=[self._grid.finer(act) for act in planned.acts])

    def changes_of(self, key: tuple[Any, ...]) -> tuple[Any, Mapping[str, float]]:
        """The values that the experiment behind a group sets, and its loop values."""
        return (self._experiments[key[0]].values, dict(key[1:])) if key else ((), {})

    # --- which are the same in all rows --------------------------------------------------------

    def follows(self, which: int, setup: Setup) -> bool:
        """Whether numbers of the steps of the experiment `which`, or of those before it, may differ between rows."""
        experiment: Experiment | None = self._asked[which].experiment
        numbers: list[Expression] = []
        own: list[Expression] = []
        names: set[str] = set(self._free)
        while experiment is not None:
            numbers += _numbers_of(experiment)
            own += (value for _, value in experiment.values)
            if setup.behind(value for _, value in experiment.values) & names:
                names |= {name for name, _ in experiment.values}
            origin = experiment.origin
            experiment = None if origin is None else self._experiments[origin.experiment]
        self._behind[which] = sorted(setup.behind([*numbers, *own]) & self._free)
        return bool(setup.behind(numbers) & names)

    def shared(self, planned: Planned, group: tuple[Any, ...]) -> RowPlan:
        """The plan of a condition that is the same in all rows."""
        return RowPlan(planned.experiment, planned.loops, group, planned.acts, planned.first)

    def stacked(self, which: int, rows: RowGroup) -> list[RowPlan | None]:
        """The conditions of the experiment `which` with the values of each row; None for those whose steps cannot be
        done side by side."""
        known: dict[tuple[float, ...], list[Planned]] = {}
        columns: list[list[Planned]] = []
        free = rows.group.setup.free
        for i, key in enumerate(map(tuple, rows.rows[:, [free[name] for name in self._behind[which]]].tolist())):
            if key not in known:
                known[key] = self._conditions(self._planner(rows.row(i)), self._asked[which])
            columns.append(known[key])
        base = self.planned[which]
        if any(len(column) != len(base) for column in columns):
            return [None] * len(base)
        plans = [_together(base[i], [column[i] for column in columns]) for i in range(len(base))]
        return [plan if plan is not None and self._has_groups(plan) else None for plan in plans]

    def _has_groups(self, plan: RowPlan) -> bool:
        """Whether no experiment's values follow loop variables that differ between rows."""
        return all(act.key[1] in self.bases for act in plan.acts if act.key[0] == "begin")


def _numbers_of(experiment: Experiment) -> Iterator[Expression]:
    """What the acts of an experiment are planned with: all that it says but for what its readings are of."""
    for loop in experiment.loops:
        yield from loop.values
    if experiment.origin is not None:
        yield from experiment.origin.arguments
        yield from () if experiment.origin.after is None else (experiment.origin.after,)
    for step in all_steps(experiment.steps):
        yield from step_expressions(replace(step, readings=()) if isinstance(step, Observe) else step)


def can_be_together(planned: Planned) -> bool:
    """Whether a condition's acts can all be done in many rows at once."""
    return planned.error is None and all(_can(act) for act in planned.acts)


def _can(act: Act) -> bool:
    kind = act.key[0]
    if kind == "hold":
        return act.key[3] is None
    if kind == "observe":
        return act.key[4] is None and act.key[5] is None
    return kind in _TOGETHER


def _together(base: Planned, column: Sequence[Planned]) -> RowPlan | None:
    """One plan of a condition's plans in each row."""
    first = column[0]
    if not all(can_be_together(p) and len(p.acts) == len(first.acts) and p.first == first.first for p in column):
        return None
    acts: list[Act] = []
    for i, act in enumerate(first.acts):
        key = _key([p.acts[i].key for p in column])
        if key is None:
            return None
        acts.append(Act(key, act.step))
    begin = acts[first.first].key
    loops = [p.loops for p in column]
    return RowPlan(base.experiment, loops[0], begin[1], acts, first.first, loops)


def _key(keys: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    first = keys[0]
    if all(key == first for key in keys):
        return first
    if any(len(key) != len(first) or key[0] != first[0] for key in keys):
        return None
    free = _FREE.get(first[0], ())
    found: list[Any] = []
    for place, part in enumerate(first):
        parts = [key[place] for key in keys]
        joined = part if all(p == part for p in parts) else _portions_or_number(parts) if place in free else None
        if joined is None and part is not None:
            return None
        found.append(joined)
    return tuple(found)


def _portions_or_number(parts: Sequence[Any]) -> Any:
    """Numbers of all rows as one tuple, also inside portions; None where one is missing."""
    if isinstance(parts[0], tuple):
        return tuple(
            (portions[0][0], _number([quantity for _, quantity, _ in portions]), portions[0][2])
            for portions in zip(*parts, strict=True)
        )
    return _number(parts)


def _number(parts: Sequence[float | None]) -> Any:
    if any(part is None for part in parts):
        return None
    return parts[0] if all(part == parts[0] for part in parts) else tuple(parts)
