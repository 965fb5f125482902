"""The residuals of data of experiments that go straight (see `experiment.many.straight`), in a handful of array
operations: what a small model's fit takes is mostly what lies around the integrator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.many.straight import Course, Straight
from mscnet.inference.data_terms import DataTerms
from mscnet.inference.errors import Errors
from mscnet.mechanism.bench import Observe, Reading
from mscnet.mechanism.expression import Expression, Symbol, symbols
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Values (m, k) of a reading from states (m, n_times, n_species) of its family and rows (m, n_free).
_Read = Callable[[FloatArray, FloatArray], Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Gather:
    """Data `at` (k,) that are concentrations: their places in a family's flattened states, (n_times · n_species)."""

    family: int
    at: IntArray | slice
    source: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Worked:
    """Data `at` (k,) that are worked out."""

    family: int
    at: slice
    read: _Read


class Quick:
    """Model values of all data, and their residuals, without runs being made up.  Not to be shared by threads."""

    def __init__(self, straight: Straight, gathers: Sequence[_Gather], worked: Sequence[_Worked], count: int) -> None:
        self._straight, self._gathers, self._worked, self._count = straight, tuple(gathers), tuple(worked), count

    def residuals(self, rows: FloatArray, noise: FloatArray, errors: Errors) -> FloatArray | None:
        """(m, n_terms) of data and of ln sigma for rows (m, n_free) and noise (m, n_noise); None where something is
        not finite or a run came to no end."""
        states = self._straight.run(rows)
        if states is None:
            return None
        model = np.empty((len(rows), self._count))
        for one in self._gathers:
            model[:, one.at] = states[one.family].reshape(len(rows), -1).take(one.source, axis=1)
        for other in self._worked:
            model[:, other.at] = other.read(states[other.family], rows)
        data, extra = errors.residuals(model, noise)
        found = np.concatenate([data, extra], axis=1) if extra.size else data
        return found if math.isfinite(float(found.sum())) else None

    def linearised(
        self, values: FloatArray, steps: FloatArray, noise: FloatArray, errors: Errors
    ) -> tuple[FloatArray, FloatArray] | None:
        """Residuals (n_terms,) of one row of values (n_free,), and their derivatives by those and by the logarithms of
        the noise parameters, (n_terms, n_free + n_noise); None as in `residuals`."""
        states = self._straight.follow(values, steps)
        if states is None:
            return None
        beside = np.empty((self._count, 1 + len(values)))
        for one in self._gathers:
            beside[one.at] = states[one.family].reshape(-1, 1 + len(values)).take(one.source, axis=0)
        if self._worked:
            rows = np.concatenate([values[None], values + np.diag(steps)])
            for other in self._worked:
                beside[other.at] = np.broadcast_to(
                    other.read(np.moveaxis(states[other.family], -1, 0), rows),
                    (len(rows), other.at.stop - other.at.start),
                ).T
        model = beside[:, 0]
        slopes = (beside[:, 1:] - beside[:, :1]) / steps
        r, extra, slopes, extra_slopes = errors.linearised(model, slopes, noise)
        if extra.size:
            r, slopes = np.concatenate([r, extra]), np.concatenate([slopes, extra_slopes])
        return (r, slopes) if math.isfinite(float(r.sum())) else None


def quick_of(bench: ManyBench, data: DataTerms) -> Quick | None:
    """The data of a fit if its experiments go straight and are read as numbers at times that they have."""
    straight = bench.straight
    if straight is None or data.projects:
        return None
    gathers: dict[int, tuple[list[int], list[int]]] = {}
    worked: list[_Worked] = []
    for block in data.blocks:
        course = straight.courses[block.condition]
        reading = _reading(course, block.reading)
        source = block.times.source if block.grid is None else None
        if reading is None or reading.expression is None or source is None:
            return None
        source = source[block.keep[:, 0]]
        expression = reading.expression
        species = _species(expression, bench)
        if species is not None:
            at, places = gathers.setdefault(course.family, ([], []))
            at += range(block.start, block.stop)
            places += (course.places[source] * len(bench.species_index) + species).tolist()
            continue
        read = _read_of(expression, course, source, bench, straight)
        if read is None:
            return None
        worked.append(_Worked(course.family, slice(block.start, block.stop), read))
    made = [_Gather(family, _span(np.array(at)), np.array(places)) for family, (at, places) in gathers.items()]
    return Quick(straight, made, worked, len(data.terms))


def _span(at: IntArray) -> IntArray | slice:
    """Places as a slice if they follow one another."""
    first, last = int(at[0]), int(at[-1])
    return slice(first, last + 1) if np.array_equal(at, np.arange(first, last + 1)) else at


def _species(expression: Expression, bench: ManyBench) -> int | None:
    """The place of the species whose concentration an expression is; None where it is something else."""
    if isinstance(expression, Symbol) and expression.kind == "species":
        return bench.species_index.get(expression.name)
    return None


def _reading(course: Course, name: str) -> Reading | None:
    """The reading of a number of that name."""
    step = course.plan.acts[-1].step
    assert isinstance(step, Observe)
    return next((reading for reading in step.readings if reading.name == name and reading.kind == "value"), None)


def _read_of(
    expression: Expression, course: Course, source: IntArray, bench: ManyBench, straight: Straight
) -> _Read | None:
    """What works out a reading at the places `source` (k,) of its course; None where that needs more than states,
    times and parameters."""
    places, time = course.places[source], course.time[source]
    group, single = course.group, bench.readings
    changed = {name for name, _ in group.changes}

    def knows(node: Symbol) -> bool:
        if node.kind in ("species", "time", "loop"):
            return True
        if node.name in single.from_stretch:
            return False
        if node.kind != "parameter" and node.name in single.derived:
            return all(map(knows, symbols(single.derived[node.name].expression)))
        return node.name not in group.varying or (node.name in straight.free and node.name not in changed)

    if not all(map(knows, symbols(expression))):
        return None
    fixed: dict[str, Any] = {}

    def read(states: FloatArray, rows: FloatArray) -> Any:
        def column(symbol: Symbol) -> Any:
            name = symbol.name
            if symbol.kind == "species":
                index = bench.species_index.get(name)
                return np.zeros(len(places)) if index is None else states[:, places, index]
            if symbol.kind == "time":
                return time
            if symbol.kind == "loop":
                return np.float64(course.plan.loops[name])
            if symbol.kind != "parameter" and name in single.derived:
                return evaluate_over(single.derived[name].expression, column)
            if name in group.varying:
                return rows[:, straight.free[name], None]
            if name not in fixed:
                fixed[name] = np.asarray(group.base.named(name))
            return fixed[name]

        return evaluate_over(expression, column)

    return read
