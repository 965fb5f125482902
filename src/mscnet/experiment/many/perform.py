"""Performs the tree of acts in many rows at once; the sibling of `perform` for rows.

A row whose step cannot be done, or whose numbers end early, is ``nan`` from there on; the others know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.faults import Placed, Words, fault
from mscnet.experiment.many.groups import RowGroup
from mscnet.experiment.many.passing import RowPassed, RowSolver
from mscnet.experiment.many.tree import Branch, Part, Tree
from mscnet.experiment.many.vessel import Column, RowVessel, everywhere, poured_together
from mscnet.experiment.plan import Act
from mscnet.experiment.rows import RowStretch
from mscnet.experiment.values import TEMPERATURE
from mscnet.experiment.vessel import ROUNDING
from mscnet.records import dataclass
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RowState:
    """All vessels at a time of the experiment; stocks come from `group`; `parameters` are (m, n_parameters)."""

    vessels: Mapping[str, RowVessel]
    current: str | None
    clock: float
    parameters: FloatArray
    group: RowGroup | None

    def with_vessels(self, changed: Mapping[str, RowVessel], current: str | None = None) -> RowState:
        """The same with other contents, perhaps at another vessel."""
        return RowState({**self.vessels, **changed}, current or self.current, self.clock, self.parameters, self.group)


class RowNode:
    """What an act has led to: the state, the rows that got so far, `alive` (m,), and the stretch of time that it took,
    with the time at which that began."""

    __slots__ = ("alive", "start", "state", "stretch", "trouble")

    def __init__(self, state: RowState, alive: NDArray[np.bool_], trouble: str = "") -> None:
        self.state, self.alive, self.trouble = state, alive, trouble
        self.stretch: RowStretch | None = None
        self.start = 0.0


class RowPerformer:
    """Performs the acts of one call.

    `group` gives the values of a group's key; `good` (m,) are the rows to be done; `steps` are those of a run with
    derivatives (see `RowRun`), else None.
    """

    def __init__(
        self, solver: RowSolver, group: Callable[[tuple[Any, ...]], RowGroup], good: NDArray[np.bool_],
        steps: FloatArray | None, words: Words,
    ) -> None:  # fmt: skip
        self._solver, self._group, self._steps = solver, group, steps
        self._good, self._m = good, len(good)
        self._words = words
        self._n = len(solver.solver.program.species)
        self._led = steps is not None
        self._passed: dict[int, RowPassed] = {}
        self._acts: Mapping[str, Callable[[RowNode, RowState, Act], None]] = {
            "begin": self._begin, "mix": self._mix, "add": self._add, "dilute": self._dilute, "take": self._take,
            "discard": self._discard, "set": self._set, "use": self._use,
        }  # fmt: skip

    def perform(self, tree: Tree) -> list[RowNode]:
        """The node of every branch."""
        trouble = "" if self._good.all() else "a value is not a finite number"
        first = RowNode(RowState({}, None, 0.0, np.empty((self._m, 0)), None), self._good, trouble)
        nodes: list[RowNode] = []
        with np.errstate(all="ignore"):
            for branch in tree.branches:
                nodes.append(self._done(branch, nodes[branch.before] if branch.before >= 0 else first))
        return nodes

    def _done(self, branch: Branch, before: RowNode) -> RowNode:
        node = RowNode(before.state, before.alive, before.trouble)
        if not node.alive.any():
            return node
        try:
            if branch.part is not None:
                self._pass(node, before.state, branch.act, branch.part)
            else:
                self._acts[branch.act.key[0]](node, before.state, branch.act)
        except MechanismError as error:  # in no row can it be done
            node.alive = np.zeros(self._m, dtype=bool)
            node.trouble = node.trouble or error.diagnostics[0].message
        return node

    def _lose(self, node: RowNode, bad: Any, why: Callable[[int], str]) -> None:
        """Gives up rows where `bad`, one or (m, 1), is true; with derivatives the first row speaks for all."""
        if not (bad.any() if isinstance(bad, np.ndarray) else bad):
            return
        lost = np.broadcast_to(bad, (self._m, 1))[:, 0] & node.alive
        if self._led:
            lost = np.full(self._m, lost[0])
        if lost.any():
            node.trouble = node.trouble or why(int(np.flatnonzero(lost)[0]))
            node.alive = node.alive & ~lost

    # --- vessels ---------------------------------------------------------------------------------

    def _filled(self, node: RowNode, state: RowState, name: str | None, place: Placed | None) -> RowVessel:
        """A vessel that is not empty, as it is by now.

        Raises:
            MechanismError: it is.
        """
        if name is None:
            raise fault(place, "nothing has been mixed yet")
        vessel = state.vessels.get(name)
        if vessel is None or vessel.is_empty:
            raise fault(place, f"`{name}` is empty")
        return self._by_now(node, vessel, name)

    def _by_now(self, node: RowNode, vessel: RowVessel, name: str) -> RowVessel:
        """The vessel after the time that it has waited."""
        if not vessel.waiting:
            return vessel
        aged = vessel.with_amounts(vessel.amounts)
        for wait in vessel.waiting if not everywhere(vessel.volume == 0.0) else ():
            then = aged if wait.temperature is None else aged.warmed(wait.temperature)
            end = np.array([wait.duration])
            passed = self._solver.age(then, wait.parameters, wait.start, wait.duration, end, self._steps)
            if passed.short:
                self._ended(node, name, wait.start, passed, wait.duration)
            aged = aged.with_amounts(passed.states[:, 0] * aged.volume)
        return aged.warmed(vessel.temperature)

    def _ended(self, node: RowNode, name: str, start: float, passed: RowPassed, duration: float) -> None:
        """Gives up rows that did not get so far."""
        bad = np.array([status is not Status.DONE for status in passed.status])
        bad &= passed.reached < duration * (1.0 - ROUNDING)

        def why(row: int) -> str:
            at = self._words.time(start + float(passed.reached[row]))
            return f"`{name}` could not be followed beyond t = {at}. {passed.status[row].remedy}"

        self._lose(node, bad[:, None], why)

    # --- portions --------------------------------------------------------------------------------

    def _drawn(
        self, node: RowNode, state: RowState, act: Act, portions: Sequence[tuple[Any, ...]], into: str
    ) -> tuple[list[RowVessel], dict[str, RowVessel]]:
        """The contents of portions, and what is left where they were drawn."""
        assert state.group is not None
        poured: list[RowVessel] = []
        changed: dict[str, RowVessel] = {}
        step: Any = act.step
        for place, (of, quantity, measure) in zip(step.portions, portions, strict=True):
            if of in state.group.group.setup.stocks:
                if quantity is None:
                    raise fault(place, f"how much of `{of}`?")
                part = state.group.pour(of, _column(quantity), measure, place)
                unknown = np.isnan(part.volume) if isinstance(part.volume, np.ndarray) else False
                self._lose(node, unknown, _named(f"so much of `{of}` cannot be"))
            else:
                if of == into:
                    raise fault(place, f"`{of}` cannot be poured into itself")
                source = changed.get(of) or self._filled(node, state, of, place)
                part, changed[of] = self._part(node, source, of, quantity, measure, place)
            poured.append(part)
        return poured, changed

    def _part(
        self, node: RowNode, source: RowVessel, name: str, quantity: Any, measure: str, place: Placed | None
    ) -> tuple[RowVessel, RowVessel]:
        if quantity is None:
            return source, RowVessel.empty(self._n)
        if measure == "volume":
            return self._volume_of(node, source, name, _column(quantity))
        if measure != "fraction":
            raise fault(place, f"what `{name}` holds is a mixture, which has no {measure} of its own here")
        share = _column(quantity)
        self._lose(node, share > 1.0 + ROUNDING, _named(f"more than all of `{name}` is asked for"))
        if everywhere(source.volume == 0.0):
            return source.scaled(share), source.scaled(1.0 - share)
        return source.parted(np.minimum(share, 1.0) * source.volume, self._led)

    def _volume_of(self, node: RowNode, source: RowVessel, name: str, volume: Column) -> tuple[RowVessel, RowVessel]:
        def why(row: int) -> str:
            there, asked = (self._words.volume(_at(each, row)) for each in (source.volume, volume))
            return f"`{name}` holds {there}, so {asked} cannot be taken from it"

        self._lose(node, volume > source.volume * (1.0 + ROUNDING), why)
        if everywhere(volume == 0.0):
            return RowVessel.empty(self._n), source
        return source.parted(volume, self._led)

    # --- acts ------------------------------------------------------------------------------------

    def _begin(self, node: RowNode, state: RowState, act: Act) -> None:
        _, key, goes_on = act.key
        group = self._group(key)
        vessels: dict[str, RowVessel] = {}
        if goes_on:  # what waited did so by the clock of the experiment before
            vessels = {name: self._by_now(node, vessel, name) for name, vessel in state.vessels.items()}
        node.state = RowState(vessels, state.current if goes_on else None, 0.0, group.parameters, group)

    def _mix(self, node: RowNode, state: RowState, act: Act) -> None:
        _, name, portions = act.key
        if name in state.vessels and not state.vessels[name].is_empty:
            raise fault(act.step, f"`{name}` holds something already")
        poured, changed = self._drawn(node, state, act, portions, name)
        mixed = poured_together(RowVessel.empty(self._n), poured)
        if mixed.is_empty:
            raise fault(act.step, f"nothing was put into `{name}`")
        node.state = state.with_vessels({**changed, name: mixed}, name)

    def _add(self, node: RowNode, state: RowState, act: Act) -> None:
        _, name, portions = act.key
        vessel = self._filled(node, state, name, act.step)
        poured, changed = self._drawn(node, state, act, portions, name)
        node.state = state.with_vessels({**changed, name: poured_together(vessel, poured)}, name)

    def _dilute(self, node: RowNode, state: RowState, act: Act) -> None:
        _, name, stock, to = act.key
        vessel, volume = self._filled(node, state, name, act.step), _column(to)
        missing = volume - vessel.volume
        self._lose(node, missing < -ROUNDING * volume, _named(f"`{name}` holds more already than it is filled up to"))
        missing = missing if self._led and _at(missing, 0) > 0.0 else np.maximum(missing, 0.0)
        missing = missing if isinstance(missing, np.ndarray) else float(missing)
        assert state.group is not None
        changed: dict[str, RowVessel] = {}
        if stock in state.group.group.setup.stocks:
            added = state.group.pour(stock, missing, "volume", act.step)
        else:
            added, changed[stock] = self._volume_of(node, self._filled(node, state, stock, act.step), stock, missing)
        node.state = state.with_vessels({**changed, name: poured_together(vessel, [added])}, name)

    def _take(self, node: RowNode, state: RowState, act: Act) -> None:
        _, source, name, volume = act.key
        vessel = self._filled(node, state, source, act.step)
        taken, rest = self._volume_of(node, vessel, source, _column(volume))
        if name == source:  # what stays behind has no name any more
            node.state = state.with_vessels({name: taken}, name)
            return
        if name in state.vessels and not state.vessels[name].is_empty:
            raise fault(act.step, f"`{name}` holds something already")
        node.state = state.with_vessels({source: rest, name: taken}, name)

    def _discard(self, node: RowNode, state: RowState, act: Act) -> None:
        _, name, volume = act.key
        if name not in state.vessels:
            raise fault(act.step, f"there is no `{name}` to discard")
        rest = RowVessel.empty(self._n)
        if volume is not None:
            rest = self._volume_of(node, self._filled(node, state, name, act.step), name, _column(volume))[1]
        node.state = state.with_vessels({name: rest})

    def _set(self, node: RowNode, state: RowState, act: Act) -> None:
        _, name, value = act.key
        if name not in self._solver.solver.index:
            raise fault(act.step, f"`{name}` is no parameter that can be set")
        parameters = state.parameters.copy()
        parameters[:, self._solver.solver.index[name]] = np.ravel(_column(value))
        vessels = state.vessels
        if name == TEMPERATURE:  # that of everything, whatever a vessel was held at
            vessels = {key: vessel.warmed(None) for key, vessel in vessels.items()}
        node.state = RowState(vessels, state.current, state.clock, parameters, state.group)

    def _use(self, node: RowNode, state: RowState, act: Act) -> None:
        name = act.key[1]
        node.state = state.with_vessels({name: self._filled(node, state, name, act.step)}, name)

    # --- time ------------------------------------------------------------------------------------

    def _pass(self, node: RowNode, state: RowState, act: Act, part: Part) -> None:
        """A hold or a measurement; those that go on from the same contents are done along, and kept until they come."""
        name, duration = state.current, act.key[1]
        vessel = self._filled(node, state, name, act.step)
        assert name is not None
        if everywhere(vessel.volume == 0.0):
            raise fault(act.step, f"`{name}` holds solids alone, so it has no volume and no concentrations")
        if isinstance(vessel.volume, np.ndarray):
            self._lose(node, ~(vessel.volume > 0.0), _named(f"`{name}` is empty"))
        if act.key[2] is not None:
            vessel = vessel.warmed(_column(act.key[2]))
        if not node.alive.all():
            vessel = vessel.with_amounts(np.where(node.alive[:, None], vessel.amounts, np.nan))
        passed = self._passed.get(part.family.number)
        if passed is None:
            family = part.family
            passed = self._solver.age(vessel, state.parameters, state.clock, family.duration, family.times, self._steps)
            self._passed[part.family.number] = passed
        if passed.short:
            self._ended(node, name, state.clock, passed, duration)
        states = passed.states if part.places is None else passed.states[:, part.places]
        volume = np.empty((self._m, len(part.own)))
        volume[:] = vessel.volume
        node.stretch = RowStretch(name, part.own + state.clock, states, volume, passed.inputs)
        node.start = state.clock
        vessels = {
            key: other if key == name or duration == 0.0 or other.is_empty
            else other.with_wait(state.clock, duration, state.parameters)
            for key, other in state.vessels.items()
        }  # fmt: skip
        vessels[name] = vessel.with_amounts(passed.states[:, part.end] * vessel.volume)
        node.state = RowState(vessels, name, state.clock + duration, state.parameters, state.group)


def _named(why: str) -> Callable[[int], str]:
    """The same reason in every row."""
    return lambda row: why


def _column(number: Any) -> Column:
    """A number of an act's key; a tuple there has one for each row."""
    return np.array(number)[:, None] if isinstance(number, tuple) else number


def _at(column: Column, row: int) -> float:
    return float(column[row, 0]) if isinstance(column, np.ndarray) else float(column)
