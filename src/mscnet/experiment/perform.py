"""Performs acts: a tree of states, in which conditions that begin alike share their trunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.faults import Placed, Words, fault
from mscnet.experiment.flow import Stream
from mscnet.experiment.passing import Passed, Solver
from mscnet.experiment.plan import Act, Planned
from mscnet.experiment.results import Happened, LedgerRow, Stretch
from mscnet.experiment.stocks import Bottles
from mscnet.experiment.values import TEMPERATURE
from mscnet.experiment.vessel import ROUNDING, Vessel, poured_together
from mscnet.experiment.words import sentence
from mscnet.mechanism.bench import Flow, Observe
from mscnet.records import dataclass
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

#: The first point that is kept of a hold, as a part of it.
_EARLIEST = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """All vessels at a time of the experiment: the current one's name, parameter values (n_parameters,), stocks."""

    vessels: Mapping[str, Vessel]
    current: str | None
    clock: float
    parameters: FloatArray
    bottles: Bottles | None

    def with_vessels(self, changed: Mapping[str, Vessel], current: str | None = None) -> State:
        """The same with other contents, perhaps at another vessel."""
        vessels = {**self.vessels, **changed}
        return State(vessels, current or self.current, self.clock, self.parameters, self.bottles)


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Time under observation: when it began in the experiment, its stretch, and what else varied (see `Passed`)."""

    start: float
    stretch: Stretch
    columns: Mapping[str, FloatArray]


class Node:
    """What an act has led to; `children` are the acts that were done next."""

    __slots__ = (
        "children", "error", "happened", "notes", "observed", "rows", "state", "status", "stretches", "trouble",
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        self.state = state
        self.children: dict[tuple[Any, ...], Node] = {}
        self.observed: Observed | None = None
        self.rows: list[LedgerRow] = []
        self.stretches: list[Stretch] = []
        self.status, self.trouble = Status.DONE, ""
        self.error: MechanismError | None = None
        self.happened: tuple[Happened, ...] = ()
        self.notes: tuple[str, ...] = ()


class _Unfinished(Exception):
    """The numerics ended before the act did."""

    def __init__(self, status: Status, trouble: str) -> None:
        super().__init__(trouble)
        self.status, self.trouble = status, trouble


class Performer:
    """Performs the conditions of one run.

    `bottles` and `parameters` give the stocks and the row of values that belong to what tells values apart; of holds,
    feeds and flows so many `hold_points` are kept.
    """

    def __init__(
        self, solver: Solver, bottles: Callable[[bytes], Bottles], parameters: Callable[[bytes], FloatArray],
        words: Words, ledger: bool, hold_points: int = 2,
    ) -> None:  # fmt: skip
        self._solver, self._bottles, self._parameters = solver, bottles, parameters
        self._words, self._ledger, self._points = words, ledger, hold_points
        self._n = len(solver.program.species)
        self._root = Node(State({}, None, 0.0, np.empty(0), None))
        self._counts = np.zeros(5, dtype=np.int64)
        self._solves = 0
        self._acts: Mapping[str, Callable[[Node, State, Act], None]] = {
            "begin": self._begin, "mix": self._mix, "add": self._add, "feed": self._stream, "dilute": self._dilute,
            "take": self._take, "discard": self._discard, "hold": self._hold, "settle": self._settle,
            "flow": self._stream, "set": self._set, "use": self._use, "observe": self._observe,
        }  # fmt: skip

    @property
    def statistics(self) -> dict[str, Any]:
        """How many stretches were solved, and what they took."""
        names = ("steps", "rejected_steps", "rhs_evaluations", "jacobian_evaluations", "factorisations")
        return {"solves": self._solves, **dict(zip(names, self._counts.tolist(), strict=True))}

    def perform(self, plan: Planned) -> list[Node]:
        """The nodes of a condition's acts, up to the one that did not finish or cannot be done."""
        node, path = self._root, []
        for act in plan.acts:
            following = node.children.get(act.key)
            if following is None:
                following = self._done(node.state, act)
                node.children[act.key] = following
            node = following
            path.append(node)
            if node.status is not Status.DONE:
                break
        return path

    def _done(self, state: State, act: Act) -> Node:
        node = Node(state)
        self._happened: list[Happened] = []
        self._notes: list[str] = []
        try:
            self._acts[act.key[0]](node, state, act)
        except _Unfinished as ended:
            node.status, node.trouble = ended.status, ended.trouble
        except MechanismError as error:
            node.status, node.error = Status.IMPOSSIBLE, error
        node.happened, node.notes = tuple(self._happened), tuple(self._notes)
        return node

    # --- vessels ---------------------------------------------------------------------------------

    def _filled(self, state: State, name: str | None, place: Placed | None) -> Vessel:
        """A vessel that is not empty, as it is by now.

        Raises:
            MechanismError: it is.
        """
        if name is None:
            raise fault(place, "nothing has been mixed yet", "begin with `mix`, as in `mix 1 mL A + 1 mL B`")
        vessel = state.vessels.get(name)
        if vessel is None or vessel.is_empty:
            there = [known for known, other in state.vessels.items() if not other.is_empty]
            hint = f"there is something in {', '.join(there)}" if there else "put something in with `mix`"
            raise fault(place, f"`{name}` is empty", hint)
        return self._by_now(vessel, name)

    def _liquid(self, state: State, name: str | None, place: Placed | None) -> Vessel:
        """A vessel with a volume."""
        vessel = self._filled(state, name, place)
        if vessel.volume == 0.0:
            message = f"`{name}` holds solids alone, so it has no volume and no concentrations"
            raise fault(place, message, "add a liquid first, or give the solid a density")
        return vessel

    def _by_now(self, vessel: Vessel, name: str) -> Vessel:
        """The vessel after the time that it has waited."""
        if not vessel.waiting:
            return vessel
        aged = vessel.with_amounts(vessel.amounts)
        for wait in vessel.waiting if vessel.volume else ():
            then = aged.at(wait.temperature)
            passed = self._solver.age(then, wait.parameters, wait.start, wait.duration, np.empty(0))
            self._count(passed, name)
            self._check(passed, name, wait.start)
            aged = passed.vessel
        warm = vessel.temperature if aged.temperature == vessel.waiting[-1].temperature else aged.temperature
        return Vessel(aged.volume, aged.amounts, aged.components, aged.least, warm, (), aged.course)

    def _count(self, passed: Passed, name: str) -> None:
        if passed.log is not None:
            self._happened += [Happened(name, firing) for firing in passed.log.firings]
            self._notes += passed.log.notes
        if passed.counts.any():
            self._solves += 1
            self._counts += passed.counts

    def _check(self, passed: Passed, name: str, start: float) -> None:
        if passed.status is not Status.DONE:
            at = self._words.time(start + passed.reached)
            if passed.log is not None and passed.log.trouble:
                raise _Unfinished(passed.status, f"at t = {at} in `{name}`, {passed.log.trouble}")
            raise _Unfinished(passed.status, f"`{name}` could not be followed beyond t = {at}. {passed.status.remedy}")

    def _waited(self, state: State, duration: float, apart: str | None) -> dict[str, Vessel]:
        """All vessels but one after a time that nobody looks at yet."""
        if duration == 0.0:
            return dict(state.vessels)
        passing = (state.clock, duration, state.parameters)
        return {
            name: vessel if name == apart or vessel.is_empty else vessel.with_wait(*passing)
            for name, vessel in state.vessels.items()
        }

    def _finish(self, node: Node, state: State, act: Act, shown: Sequence[str]) -> None:
        """Sets the node's state, with a row of the ledger for each vessel that the act touched."""
        node.state = state
        if self._ledger:
            words = sentence(act, self._words)
            node.rows = [self._row(words, state, name) for name in dict.fromkeys(shown)]

    def _row(self, words: str, state: State, name: str) -> LedgerRow:
        vessel = state.vessels[name]
        temperature = self._solver.temperature(vessel, state.parameters)
        volume = vessel.volume
        if volume:
            shares = {s: vessel.components.get(s, 0.0) / volume for s in self._solver.solvents}
            there = self._solver.at_equilibrium(vessel, state.parameters, state.clock)
            return LedgerRow(words, name, state.clock, volume, temperature, there, shares)
        return LedgerRow(words, name, state.clock, 0.0, temperature, np.full(self._n, np.nan), {})

    # --- portions --------------------------------------------------------------------------------

    def _drawn(
        self, state: State, act: Act, portions: Sequence[tuple[Any, ...]], into: str, times: float = 1.0
    ) -> tuple[list[Vessel], dict[str, Vessel]]:
        """The contents of portions, each `times` as much, and what is left where they were drawn."""
        poured: list[Vessel] = []
        changed: dict[str, Vessel] = {}
        assert state.bottles is not None
        step: Any = act.step
        places: Sequence[Any] = step.inlets if isinstance(step, Flow) else step.portions
        for place, (of, quantity, measure) in zip(places, portions, strict=True):
            amount = None if quantity is None else quantity * times
            if of in state.bottles:
                if amount is None:
                    raise fault(place, f"how much of `{of}`?", f"say it, as in `1 mL {of}`")
                poured.append(state.bottles.pour(of, amount, measure, place))
                continue
            if of == into:
                raise fault(place, f"`{of}` cannot be poured into itself", "name another vessel")
            source = changed.get(of) or self._liquid_or_solid(state, of, place)
            part, changed[of] = self._part(source, of, amount, measure, place)
            poured.append(part)
        return poured, changed

    def _liquid_or_solid(self, state: State, name: str, place: Placed | None) -> Vessel:
        if name not in state.vessels:
            message = f"`{name}` is neither a stock nor a vessel that anything was put into"
            raise fault(place, message, "declare it, as in `solution … { … }`, or mix it first", "E010")
        return self._filled(state, name, place)

    def _part(
        self, source: Vessel, name: str, quantity: float | None, measure: str, place: Placed | None
    ) -> tuple[Vessel, Vessel]:
        if quantity is None:
            return source, Vessel.empty(self._n)
        if measure == "fraction":
            if quantity > 1.0 + ROUNDING:
                raise fault(place, f"{quantity:g} of `{name}` is more than all of it", "take a part of 1 at most")
            if source.volume == 0.0:
                return (
                    (source, Vessel.empty(self._n))
                    if quantity >= 1.0 - ROUNDING
                    else (source.scaled(quantity), source.scaled(1.0 - quantity))
                )
            return source.parted(min(quantity, 1.0) * source.volume)
        if measure != "volume":
            message = f"what `{name}` holds is a mixture, which has no {measure} of its own here"
            raise fault(place, message, f"take a volume, as in `0.5 mL {name}`, or a part, as in `1/2 {name}`")
        return self._volume_of(source, name, quantity, place)

    def _volume_of(self, source: Vessel, name: str, volume: float, place: Placed | None) -> tuple[Vessel, Vessel]:
        if volume > source.volume * (1.0 + ROUNDING):
            there, asked = self._words.volume(source.volume), self._words.volume(volume)
            hint = f"take {there} at most, or mix more" if source.volume else "it holds solids, which have no volume"
            raise fault(place, f"`{name}` holds {there}, so {asked} cannot be taken from it", hint)
        return source.parted(volume) if volume else (Vessel.empty(self._n), source)

    # --- acts ------------------------------------------------------------------------------------

    def _begin(self, node: Node, state: State, act: Act) -> None:
        _, key, goes_on = act.key
        parameters, bottles = self._parameters(key), self._bottles(key)
        if not goes_on:
            node.state = State({}, None, 0.0, parameters, bottles)
            return
        # what waited did so by the clock of the experiment before, so it is brought up to date here
        vessels = {name: self._by_now(vessel, name) for name, vessel in state.vessels.items()}
        vessels = {
            name: vessel if vessel.course is None else vessel.after(vessel.course.restarted(state.clock))
            for name, vessel in vessels.items()
        }
        new = State(vessels, state.current, 0.0, parameters, bottles)
        self._finish(node, new, act, [name for name, vessel in vessels.items() if not vessel.is_empty])

    def _mix(self, node: Node, state: State, act: Act) -> None:
        _, name, portions = act.key
        if name in state.vessels and not state.vessels[name].is_empty:
            hint = f"`add` to it, `discard` it before, or name another vessel: `mix … in {name}2`"
            raise fault(act.step, f"`{name}` holds something already", hint)
        poured, changed = self._drawn(state, act, portions, name)
        mixed = poured_together(Vessel.empty(self._n), poured)
        if mixed.is_empty:
            raise fault(act.step, f"nothing was put into `{name}`", "give an amount above 0")
        self._finish(node, state.with_vessels({**changed, name: mixed}, name), act, [*changed, name])

    def _add(self, node: Node, state: State, act: Act) -> None:
        _, name, portions = act.key
        vessel = self._filled(state, name, act.step)
        poured, changed = self._drawn(state, act, portions, name)
        mixed = poured_together(vessel, poured)
        self._finish(node, state.with_vessels({**changed, name: mixed}, name), act, [*changed, name])

    def _dilute(self, node: Node, state: State, act: Act) -> None:
        _, name, stock, volume = act.key
        vessel = self._filled(state, name, act.step)
        missing = volume - vessel.volume
        if missing < -ROUNDING * volume:
            there, asked = self._words.volume(vessel.volume), self._words.volume(volume)
            message = f"`{name}` holds {there} already, more than the {asked} that it is to be filled up to"
            raise fault(act.step, message, "take some out before, or fill up to more")
        assert state.bottles is not None
        changed: dict[str, Vessel] = {}
        if stock in state.bottles:
            added = state.bottles.pour(stock, max(0.0, missing), "volume", act.step)
        else:
            source = self._liquid_or_solid(state, stock, act.step)
            added, changed[stock] = self._volume_of(source, stock, max(0.0, missing), act.step)
        mixed = poured_together(vessel, [added])
        self._finish(node, state.with_vessels({**changed, name: mixed}, name), act, [*changed, name])

    def _take(self, node: Node, state: State, act: Act) -> None:
        _, source, name, volume = act.key
        vessel = self._filled(state, source, act.step)
        taken, rest = self._volume_of(vessel, source, volume, act.step)
        if name == source:  # what stays behind has no name any more
            self._finish(node, state.with_vessels({name: taken}, name), act, [name])
            return
        if name in state.vessels and not state.vessels[name].is_empty:
            raise fault(act.step, f"`{name}` holds something already", f"`discard` it before, or take into `{name}2`")
        self._finish(node, state.with_vessels({source: rest, name: taken}, name), act, [source, name])

    def _discard(self, node: Node, state: State, act: Act) -> None:
        _, name, volume = act.key
        vessel = self._filled(state, name, act.step) if volume is not None else state.vessels.get(name)
        if vessel is None:
            raise fault(act.step, f"there is no `{name}` to discard", "see the names of the vessels before")
        rest = Vessel.empty(self._n) if volume is None else self._volume_of(vessel, name, volume, act.step)[1]
        self._finish(node, state.with_vessels({name: rest}), act, [name])

    def _set(self, node: Node, state: State, act: Act) -> None:
        _, name, value = act.key
        if name not in self._solver.index:
            raise fault(act.step, f"`{name}` is no parameter that can be set", "declare it with `parameter`", "E010")
        parameters = state.parameters.copy()
        parameters[self._solver.index[name]] = value
        vessels = state.vessels
        if name in self._solver.set_by_events:  # what events have set so far does not hold any more
            aged = {key: self._by_now(vessel, key) for key, vessel in vessels.items()}
            vessels = {
                key: vessel if vessel.course is None else vessel.after(vessel.course.without(name))
                for key, vessel in aged.items()
            }
        if name == TEMPERATURE:  # that of everything, whatever a vessel was held at
            vessels = {key: vessel.warmed(None) for key, vessel in vessels.items()}
        node.state = State(vessels, state.current, state.clock, parameters, state.bottles)

    def _use(self, node: Node, state: State, act: Act) -> None:
        name = act.key[1]
        vessel = self._filled(state, name, act.step)
        self._finish(node, state.with_vessels({name: vessel}, name), act, [name])

    def _settle(self, node: Node, state: State, act: Act) -> None:
        name = act.key[1]
        vessel = self._liquid(state, name, act.step)
        try:
            settled, why = self._solver.settle(vessel, state.parameters)
        except MechanismError as error:
            found = error.diagnostics[0]
            raise fault(act.step, found.message, "`hold` it for a time instead", found.code) from None
        if why:
            raise _Unfinished(Status.TOO_MANY_STEPS, f"`{name}` does not come to a steady state: {why}")
        self._finish(node, state.with_vessels({name: settled}, name), act, [name])

    # --- acts that take time ---------------------------------------------------------------------

    def _hold(self, node: Node, state: State, act: Act) -> None:
        _, duration, temperature, until = act.key
        self._pass(node, state, act, duration, temperature, hold_times(duration, self._points), until)

    def _observe(self, node: Node, state: State, act: Act) -> None:
        _, duration, temperature, spec, until, during = act.key
        times = reading_times(spec, duration)
        if during is None:
            self._pass(node, state, act, duration, temperature, times, until)
            return
        assert isinstance(act.step, Observe)
        assert act.step.during is not None
        self._stream(node, state, Act(during, act.step.during), times, act)

    def _pass(
        self, node: Node, state: State, act: Act, duration: float, temperature: float | None, times: FloatArray,
        until: float | None,
    ) -> None:  # fmt: skip
        name = state.current
        vessel = self._liquid(state, name, act.step).at(temperature)
        assert name is not None
        if until is not None and not self._solver.can_ramp():
            hint = "declare it, as in `temperature = 298.15 K`, and let rate constants follow it, as `arrhenius` does"
            raise fault(act.step, "the model has no temperature that could change", hint)
        passed = self._solver.age(vessel, state.parameters, state.clock, duration, times, until)
        self._took(node, state, act, name, duration, times, passed)

    def _took(
        self, node: Node, state: State, act: Act, name: str, duration: float, times: FloatArray, passed: Passed,
        drawn: Mapping[str, Vessel] | None = None,
    ) -> None:  # fmt: skip
        """Keeps what time gave, ages the other vessels, and moves the clock on."""
        self._count(passed, name)
        done = passed.status is Status.DONE
        kept = len(times) if done else int(np.isfinite(passed.states).all(axis=1).sum())
        courses = {} if passed.log is None else {key: passed.columns[key][:kept] for key in passed.log.courses}
        stretch = Stretch(
            name, times[:kept] + state.clock, passed.states[:kept], passed.volume[:kept], passed.inputs, courses
        )
        node.stretches = [stretch]
        if act.key[0] == "observe":
            columns = {key: column[:kept] for key, column in passed.columns.items()}
            node.observed = Observed(state.clock, stretch, columns)
        self._check(passed, name, state.clock)
        before = state.with_vessels(drawn) if drawn else state
        vessels = self._waited(before, duration, name)
        vessels[name] = passed.vessel
        after = State(vessels, name, state.clock + duration, state.parameters, state.bottles)
        self._finish(node, after, act, [*(drawn or ()), name])

    def _stream(
        self, node: Node, state: State, act: Act, readings: FloatArray | None = None, measuring: Act | None = None
    ) -> None:
        """A feed or a flow; `measuring` is the act that takes `readings` meanwhile."""
        kind, duration, name, portions, *rest = act.key
        outlet = rest[0] if rest else 0.0
        poured, drawn = self._drawn(state, act, portions, name, duration if kind == "flow" else 1.0)
        inflow = poured_together(Vessel.empty(self._n), poured).scaled(1.0 / duration)
        vessel, begun = self._begun(state, name, inflow, duration, outlet, act)
        stream = Stream(vessel.volume, inflow, outlet)
        if stream.volume_at(duration) <= ROUNDING * vessel.volume:
            empty = self._words.time(-vessel.volume / stream.growth)
            raise fault(act.step, f"`{name}` runs empty after {empty}", "let less flow out, or for a shorter time")
        since = hold_times(duration - begun, self._points)
        if readings is not None:
            since = np.maximum(readings - begun, 0.0)
        passed = self._solver.flow(vessel, state.parameters, state.clock + begun, duration - begun, since, stream)
        self._took(node, state, measuring or act, name, duration, since + begun, passed, drawn)

    def _begun(
        self, state: State, name: str, inflow: Vessel, duration: float, outlet: float, act: Act
    ) -> tuple[Vessel, float]:
        """What is in the vessel, and from when on: an empty one has its first drop, too young to have reacted."""
        there = state.vessels.get(name)
        if (there is not None and not there.is_empty) or not inflow.volume > outlet:
            return self._liquid(state, name, act.step), 0.0
        begun = ROUNDING * duration
        return inflow.scaled(begun * (1.0 - outlet / inflow.volume)), begun


@lru_cache(maxsize=1000)
def hold_times(duration: float, points: int) -> FloatArray:
    """The times of a stretch that are kept (n_times,): its ends, or the one where it takes no time, and between them
    half of the others evenly, half from a ten-thousandth on in equal ratios, since much happens early."""
    if not duration:
        found = np.zeros(1)
    else:
        even = np.linspace(0.0, duration, 2 + (points - 2) // 2)
        early = duration * np.geomspace(_EARLIEST, 1.0, (points - 2) - (points - 2) // 2, endpoint=False)
        found = np.union1d(even, early)
    found.flags.writeable = False
    return found


@lru_cache(maxsize=1000)
def reading_times(spec: tuple[Any, ...], duration: float) -> FloatArray:
    """The times of readings (n_times,), from the start of the step: those asked for, early ones at the dead time."""
    kind, dead, *rest = spec
    if kind == "grid":
        every = rest[0]
        times = every * np.arange(int(duration / every * (1.0 + ROUNDING)) + 1)
    else:
        times = np.array(rest)
    found = np.unique(np.clip(times, dead, duration))
    found.flags.writeable = False
    return found
