"""A model whose parameters change in the course of a run, ready for the engines at every time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.mechanism.events import Event, When, comparisons
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace
from mscnet.simulation.conditions import Condition
from mscnet.simulation.inputs import structural

FloatArray = NDArray[np.float64]


class Systems:
    """The model as it is now, its rate system or program, and the conditions of its events; `ready` is a rate program
    of the model with other values, or one like it."""

    def __init__(self, model: Mechanism, compiled: bool, ready: Any = None) -> None:
        self.model, self.compiled = model, compiled
        self.current: Any = self._built() if ready is None else ready
        self._constant = [i for i, species in enumerate(model.species) if species.constant]
        self._structural = structural(model)
        self._conditions: dict[tuple[int, bool], Condition] = {}

    def _built(self) -> Any:
        network = self.model.network()
        if self.compiled:
            return build_rate_program(network)
        from mscnet.kinetics.system import build_rate_system

        return build_rate_system(network)

    def condition(self, number: int, turned: bool, make: Callable[[Mechanism, Event, bool], Condition]) -> Condition:
        """The condition of an event, with the values that parameters have now."""
        known = self._conditions.get((number, turned))
        if known is None:
            known = self._conditions[number, turned] = make(self.model, self.model.events[number], turned)
        return known

    def asking(self, names: Collection[str]) -> Collection[int]:
        """The numbers of the events whose conditions depend on one of these species and parameters."""
        if self.model.has_fast:  # a change of one species changes others
            return range(len(self.model.events)) if names else ()
        return {number for name in names for number in self._dependent.get(name, ())}

    @cached_property
    def _dependent(self) -> dict[str, list[int]]:
        """The numbers of events by what their conditions depend on."""
        from mscnet.mechanism.bench_use import names_behind

        found: dict[str, list[int]] = {}
        for number, event in enumerate(self.model.events):
            if isinstance(event.trigger, When):
                for name in names_behind(self.model, comparisons(event.trigger.condition), "species", "parameter"):
                    found.setdefault(name, []).append(number)
        return found

    def settled(self, state: FloatArray, parameters: Mapping[str, float], time: float) -> FloatArray:
        """A state (n_species,) brought to the equilibria of fast steps, once parameters have these values."""
        settler = self.current.settler
        if settler is None:
            return state
        changed: FloatArray = settler.state(self.model.with_values(parameters), time, state)
        return changed

    def change(self, parameters: Mapping[str, float], after: FloatArray, before: FloatArray) -> None:
        """Gives parameters, and constant species that have changed, other values."""
        moved = any(after[i] != before[i] for i in self._constant)
        if not parameters and not moved:
            return
        values: dict[str, float | str] = dict(parameters)
        # what a constant species holds is a value of the rates; it no longer follows the parameters
        values |= {self.model.species[i].name: float(after[i]) for i in self._constant}
        self.model = self.model.with_values(values)
        for number in self.asking(parameters.keys()):
            for turned in (False, True):
                self._conditions.pop((number, turned), None)
        self.current = self._built() if self._structural & parameters.keys() else self._changed(values)

    def _changed(self, values: Mapping[str, float | str]) -> Any:
        """The engine's tables with the new values."""
        return with_model(self.current, self.model) if self.compiled else self.current.with_values(values)


def with_model(program: RateProgram, model: Mechanism) -> RateProgram:
    """The same program with other values; the kernels' tables are shared."""
    changed = replace(program, network=replace(program.network, mechanism=model))
    for name in ("settler", "constant", "timed", "model", "jacobian_pattern", "input_index"):
        if name in program.__dict__:
            changed.__dict__[name] = program.__dict__[name]
    return changed
