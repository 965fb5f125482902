"""Exact stochastic runs of a model with events: one run at a time, in stretches between what happens.

Between two events the process is a Markov process, so a stretch may begin with a stream of random numbers of its own;
each is known by the seed, the run and the number of the stretch.  A condition on molecules is looked at after every
reaction, one that follows time also in between, so neither is ever late.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.kinetics.molecules import molecules_per_concentration
from mscnet.kinetics.switches import switch_times
from mscnet.mechanism.compartments import amounts_for_concentrations, in_amounts
from mscnet.mechanism.expression import Call, Comparison, Expression, Number, Symbol, deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.event_actions import BadAction
from mscnet.simulation.event_course import EventCourse
from mscnet.simulation.event_log import EventLog
from mscnet.simulation.event_system import Systems
from mscnet.simulation.inputs import structural

FloatArray = NDArray[np.float64]

#: How stretches end, numbered as in kernels/ssa.h, and what an event that cannot be done counts as.
DONE, TOO_MANY, EVENT, STOPPED = 0, 4, 6, 7
_DIRECT = 0
_MASK = 2**64 - 1


def seed_of(seed: int, stretch: int) -> int:
    """The seed of a stretch (SplitMix64; Steele, Lea, Flood, OOPSLA 2014), below 2^63; the first has the run's own."""
    if stretch == 0:
        return seed
    z = (seed + stretch * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return (z ^ (z >> 31)) >> 1


@dataclass(eq=False)
class EventfulRun:
    """Where a run has come: `kept` output times, `events` (reactions that happened), how it ended, what its events
    did."""

    log: EventLog
    kept: int = 0
    events: int = 0
    status: int = DONE
    culprit: int = -1
    reached: float = 0.0


class Eventful:
    """Runs of one model; `molecules` are those of `stochastic.build_molecules`."""

    def __init__(self, molecules: Any, start: float, times: FloatArray, seed: int, max_events: int, stop: Any) -> None:
        self.molecules, self.model = molecules, molecules.model
        self.start, self.times, self.end = start, times, float(times[-1])
        self.seed, self.max_events, self.stop = seed, max_events, stop
        self.constant = np.array([species.constant for species in self.model.species], dtype=bool)

    def run(self, number: int, counts: FloatArray, values: FloatArray) -> EventfulRun:
        """Run `number` from `counts` (n_species,); fills `values` (n_times, n_species) with counts."""
        return _One(self, number, np.array(counts), values).go()

    def omega(self, model: Mechanism) -> float | FloatArray:
        """Molecules for a unit of concentration, as `molecules_per_concentration` has them for the sizes of a model."""
        if not model.compartments or model is self.model:
            known: float | FloatArray = self.molecules.omega
            return known
        return molecules_per_concentration(model)


class _One:
    """One run, and where it stands."""

    def __init__(self, runs: Eventful, number: int, counts: FloatArray, values: FloatArray) -> None:
        self.runs, self.number, self.counts, self.values = runs, number, counts, values
        self.omega = self.omega_at_start = runs.molecules.omega
        self.systems = _Molecules(runs.model, runs.molecules)
        grid, n = runs.times, len(counts)
        self.course = EventCourse(self.systems, runs.start, runs.end, grid, np.zeros(n), self.whole)
        self.switches = switch_times(runs.model, runs.start, runs.end)
        self.out = EventfulRun(self.course.log, reached=runs.start)
        self.stretches = 0

    def go(self) -> EventfulRun:
        """From the start to the end, or to what stops the run."""
        out, end = self.out, self.runs.end
        try:
            state = self.course.begin(out.reached, self.counts / self.omega)
            self.omega = self.runs.omega(self.course.model)
            self._take(state)
            self._after()
            while out.status == DONE and out.reached < end:
                self._stretch()
        except BadAction as error:
            self.course.log.trouble, out.status = str(error), EVENT
        return out

    def whole(self, after: FloatArray, before: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        """Concentrations of whole molecules after an event; what it left alone, and reservoirs, stay as they are."""
        model = self.course.model
        omega = self.runs.omega(model.with_values(dict(parameters)) if parameters and model.compartments else model)
        rounded = np.rint(after * omega) / omega
        return np.where((after == before) | self.runs.constant, after, rounded)

    def _in_first_volume(self, counts: FloatArray) -> FloatArray:
        """Counts (…, n_species) that stand for the concentrations which there are now in the volumes of the start."""
        return counts if self.omega is self.omega_at_start else counts * (self.omega_at_start / self.omega)

    def _take(self, state: FloatArray) -> None:
        self.counts = np.where(self.runs.constant, state * self.omega, np.rint(state * self.omega))

    def _stretch(self) -> None:
        out, course, end = self.out, self.course, self.runs.end
        first, upto = out.kept, course.next_time(out.reached, end)
        stop = len(self.runs.times)
        if upto < end or course.is_set(upto):
            stop = max(first, int(np.searchsorted(self.runs.times, upto, side="left")))
        edges = np.array([out.reached, *(t for t in self.switches if out.reached < t < upto), upto])
        status = self.systems.run(self, edges, first, stop)
        self.values[first : out.kept] = self._in_first_volume(self.values[first : out.kept])
        self.stretches += 1
        course.keep(first, out.kept)
        if status == STOPPED:
            out.status = DONE
        elif status != DONE:
            out.status = status
            return
        else:
            out.reached = upto
        state = self.counts / self.omega
        crossed = [i for i, held in course.holds.items() if course.held(i, out.reached, state) != held]
        begun = [i for i in crossed if i in course.due or not course.holds[i]]
        for i in crossed:
            if i not in begun:
                course.holds[i] = False
        done, after = len(course.log.firings), course.happen(out.reached, state, begun)
        if len(course.log.firings) > done:
            self.omega = self.runs.omega(course.model)
            self._take(after)
            self.switches = switch_times(course.model, self.runs.start, end)
        self._after()

    def _after(self) -> None:
        """The output at a time at which something happened is what is there after it."""
        times, reached = self.runs.times, self.out.reached
        first, last = np.searchsorted(times, reached, "left"), np.searchsorted(times, reached, "right")
        if last > first:
            self.values[first:last] = self._in_first_volume(self.counts)
            self.out.kept = max(self.out.kept, int(last))
            self.course.keep(int(first), int(last))


class _Molecules(Systems):
    """The model of a run as it is now, and its propensities."""

    def __init__(self, model: Mechanism, molecules: Any) -> None:
        self.molecules = molecules
        super().__init__(model, False)
        if model.compartments:  # what is counted are amounts, and sizes are in no coefficient of these
            self._structural = structural(in_amounts(model))

    def _built(self) -> Any:
        from mscnet.simulation.stochastic import build_molecules

        return self.molecules if self.model is self.molecules.model else build_molecules(self.model)

    def _changed(self, values: Any) -> Any:
        # tables stay, inputs are the model's; the readable method is built anew
        return self.current if self.current.propensities is not None else self._built()

    def settled(self, state: FloatArray, parameters: Mapping[str, float], time: float) -> FloatArray:
        """The state itself: single molecules have no fast steps, which are refused."""
        return state

    def run(self, one: _One, edges: FloatArray, first: int, stop: int) -> int:
        """One stretch: the output times number `first` … `stop` - 1 are filled; the status."""
        watch = _watch_program(one.course)
        if self.current.propensities is not None:
            return self._by_kernels(one, edges, slice(first, stop), watch)
        return self._readable(one, edges, slice(first, stop))

    def _by_kernels(self, one: _One, edges: FloatArray, rows: slice, watch: dict[str, Any]) -> int:
        runs, out, n = one.runs, one.out, len(one.counts)
        core: Any = kernels.core()
        propensities = self.current.propensities
        inputs = propensities.program.inputs(self.model)
        inputs[len(inputs) - n :] = one.counts / self.current.unit
        finals, reached = np.empty((1, n)), np.array([edges[0]])
        kept, events, status, culprit = np.zeros((4, 1), dtype=np.int64)
        algorithm = _DIRECT if watch else int(self.current.algorithm("auto") == "rejection")
        core.run_ssa(propensities.system, {
            "inputs": inputs, "counts": one.counts, "edges": edges, "times": np.ascontiguousarray(runs.times[rows]),
            "runs": np.array([one.number], dtype=np.int64), "seed": seed_of(runs.seed, one.stretches),
            "algorithm": algorithm, "max_events": runs.max_events - out.events, "stop": runs.stop,
            "values": one.values[rows][None], "reached": reached, "kept": kept, "events": events, "status": status,
            "culprit": culprit, "finals": finals, **watch,
        })  # fmt: skip
        one.counts = finals[0]
        out.kept += int(kept[0])
        out.events += int(events[0])
        out.reached, out.culprit = float(reached[0]), int(culprit[0])
        return int(status[0])

    def _readable(self, one: _One, edges: FloatArray, rows: slice) -> int:
        runs, out, course = one.runs, one.out, one.course

        def watched(time: float, counts: FloatArray) -> bool:
            state = counts / one.omega
            return any(course.held(i, time, state) != held for i, held in course.holds.items())

        def stop(time: float) -> bool:
            return bool(runs.stop[0])

        watch = None if not course.holds else watched
        found = self.current.plain.run(
            one.counts, seed_of(runs.seed, one.stretches), one.number, edges, runs.times[rows], one.values[rows],
            runs.max_events - out.events, stop, watch,
        )  # fmt: skip
        one.counts = found.counts
        out.kept += found.kept
        out.events += found.events
        out.reached, out.culprit = found.time, found.culprit
        return int(found.status)


def _as_it_is(expression: Expression) -> Expression:
    return expression


def _watch_program(course: EventCourse) -> dict[str, Any]:
    """What ends a stretch, as the kernels take it: that a condition of an event holds which did not, or no longer does.

    Empty where there is none.
    """
    if not course.holds:
        return {}
    zero = Number(Fraction(0))
    changes: list[Expression] = []
    for i, held in course.holds.items():
        g = course.condition(i)
        operator = ("<" if g.inclusive else "<=") if held else ("<=" if g.inclusive else "<")
        sides = (g.expression, zero) if held else (zero, g.expression)
        changes.append(Comparison(operator, *sides))  # type: ignore[arg-type]
    model = course.model
    counted = amounts_for_concentrations(model) if model.compartments else _as_it_is
    place = {species.name: k for k, species in enumerate(model.species)}
    used: dict[int, int] = {}
    timed = False

    def value_of(symbol: Symbol) -> Value:
        nonlocal timed
        if symbol.kind == "time":
            timed = True
            return builder.emit("time")
        if symbol.kind == "species":
            return builder.emit("slot", used.setdefault(place[symbol.name], len(used)))
        if symbol.kind == "parameter":
            return builder.number(model.value_of(symbol.name))
        return builder.expression(counted(model.expression_of(symbol.name)))

    builder = ProgramBuilder(value_of, lambda symbol: symbol.kind == "species")
    with deep_recursion():
        whole = changes[0] if len(changes) == 1 else Call("max", tuple(changes))
        code, literals = builder.arrays(builder.expression(counted(whole)))
    species = np.array(list(used), dtype=np.uint32)
    return {"watch_code": code, "watch_literals": literals, "watch_species": species, "watch_timed": int(timed)}
