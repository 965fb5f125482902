"""Experiments that go straight: what is mixed is the same in all rows, and then it is left to itself once.

Their vessels are known beforehand, so a call fills parameters into prepared inputs and hands them to the kernels; what
comes back is numbers alone, the same as `ManyBench` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.many.groups import Group
from mscnet.experiment.many.passing import RowSolver
from mscnet.experiment.many.perform import RowNode
from mscnet.experiment.many.plans import RowPlan
from mscnet.experiment.many.tree import Branch, Part, Tree
from mscnet.experiment.many.vessel import RowVessel
from mscnet.records import dataclass
from mscnet.simulation.row_segments import Along, Stretch

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Acts of which a mixture may be made.
_MAKING = frozenset(("begin", "mix", "add", "dilute", "take", "discard", "use"))


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a condition's only stretch is part of: the number of the `family`, the places (n_times,) of its own times
    among the family's, its plan, its group, and the `time` of each from the start of the experiment."""

    family: int
    places: IntArray
    plan: RowPlan
    group: Group
    time: FloatArray


class _Family:
    """One integration: its inputs (n_inputs,) but for those `places` (k,) that are the free parameters `which` (k,)."""

    def __init__(self, template: FloatArray, places: IntArray, which: IntArray, n_free: int, stretch: Stretch) -> None:
        self._template, self._places, self._which, self._stretch = template, places, which, stretch
        self._all = np.unique(which)
        directions = np.zeros((n_free, len(template)))
        directions[which, places] = 1.0
        self._along = Along(directions[self._all], 1 + self._all, 1 + n_free)

    def run(self, rows: FloatArray) -> FloatArray | None:
        """States (m, n_times, n_species); None where a row came to no end."""
        inputs = np.empty((len(rows), len(self._template)))
        inputs[:] = self._template
        inputs[:, self._places] = rows.take(self._which, axis=1)
        return self._stretch.run(inputs)

    def follow(self, values: FloatArray, steps: FloatArray) -> FloatArray | None:
        """States (n_times, n_species, 1 + n_free) of a run and, `steps` along their derivatives, beside it."""
        inputs = self._template.copy()
        inputs[self._places] = values.take(self._which)
        moving = np.abs(values.take(self._all))
        moving[moving == 0.0] = 1.0
        return self._stretch.follow(inputs, self._along, moving, steps.take(self._all))


class Straight:
    """All conditions of a bench as courses of a few families.  Not to be shared by threads."""

    def __init__(self, families: Sequence[_Family], courses: Sequence[Course], free: Mapping[str, int]) -> None:
        self._families, self.courses, self.free = tuple(families), tuple(courses), free

    def run(self, rows: FloatArray) -> list[FloatArray] | None:
        """States (m, n_times, n_species) of each family for finite rows (m, n_free); None where one came to no end."""
        found = []
        for family in self._families:
            states = family.run(rows)
            if states is None:
                return None
            found.append(states)
        return found

    def follow(self, values: FloatArray, steps: FloatArray) -> list[FloatArray] | None:
        """States (n_times, n_species, 1 + n_free) of each family: of a run with values (n_free,), and in column 1 + j
        those that lie `steps[j]` along its derivative by parameter j; None where it came to no end."""
        found = []
        for family in self._families:
            states = family.follow(values, steps)
            if states is None:
                return None
            found.append(states)
        return found


def straight_of(
    tree: Tree, plans: Sequence[RowPlan], group: Callable[[tuple[Any, ...]], Group], nodes: Sequence[RowNode],
    solver: RowSolver,
) -> Straight | None:  # fmt: skip
    """The experiments of a tree, performed with some row as `nodes`, if all of them go straight."""
    families: dict[int, _Family] = {}
    courses: list[Course] = []
    for plan, path in zip(plans, tree.paths, strict=True):
        branches = [tree.branches[i] for i in path]
        own, part = group(plan.group), branches[-1].part
        if part is None or not _is_straight(branches, own):
            return None
        before, number = nodes[branches[-1].before], part.family.number
        if number not in families:
            family = _family(own, before, branches[-1], part, solver)
            if family is None:
                return None
            families[number] = family
        places = np.arange(len(part.own)) if part.places is None else part.places
        courses.append(Course(number, places, plan, own, part.own + before.state.clock))
    order = {number: i for i, number in enumerate(families)}
    ready = [Course(order[c.family], c.places, c.plan, c.group, c.time) for c in courses]
    free = next(iter(courses)).group.setup.free if courses else {}
    return Straight(list(families.values()), ready, free) if courses else None


def _is_straight(branches: Sequence[Branch], group: Group) -> bool:
    """Whether nothing happens but a mixture, the same in all rows, and one measurement of it."""
    making, last = branches[:-1], branches[-1].act
    once = last.key[0] == "observe" and last.key[1] > 0.0 and not isinstance(last.key[2], tuple)
    if not once or not all(branch.act.key[0] in _MAKING for branch in making):
        return False
    begun = sum(branch.act.key[0] == "begin" for branch in making)
    return begun == 1 and not group.stocks_varying


def _family(group: Group, before: RowNode, branch: Branch, part: Part, solver: RowSolver) -> _Family | None:
    """The integration of a vessel as it is before the last act; None where its inputs follow other than the free
    parameters themselves."""
    state = before.state
    vessel = state.vessels.get(state.current or "")
    if vessel is None or vessel.is_empty or vessel.waiting or not _is_fixed(vessel) or not before.alive.all():
        return None
    if branch.act.key[2] is not None:
        vessel = vessel.warmed(branch.act.key[2])
    changed = {name for name, _ in group.changes}
    if any(name in changed or name not in group.setup.free for _, name in group.columns):
        return None
    template = solver.inputs(vessel, state.parameters[:1], True)[0]
    held = solver.solver.temperature_index if vessel.temperature is not None else None
    columns = [(place, name) for place, name in group.columns if place != held]
    own = [(place, group.setup.free[name]) for place, name in columns]
    places, which = np.array(own, dtype=np.intp).reshape(-1, 2).T
    begin = solver.solver.counted_from(state.clock)
    end, times = begin + part.family.duration, part.family.times
    out = np.minimum(times + begin, end) if begin else times
    x0 = template[None, solver.solver.n_parameters :]
    stretch = solver.segments.stretch(begin, end, out, solver.atol(vessel, x0)[0], solver.tested)
    return _Family(template, places, which, len(group.setup.free), stretch)


def _is_fixed(vessel: RowVessel) -> bool:
    """Whether a vessel holds the same in all rows."""
    parts = (vessel.volume, vessel.least, vessel.temperature, *vessel.components.values())
    if len(vessel.amounts) != 1 or any(isinstance(part, np.ndarray) for part in parts):
        return False
    return bool(vessel.volume > 0.0)
