"""Time that passes in a vessel: a prepared model, and what it makes of contents, medium and temperature."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.flow import (
    START,
    Stream,
    flowing,
)
from mscnet.experiment.values import TEMPERATURE, rate_expressions
from mscnet.experiment.vessel import Vessel
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.mechanism.bench_use import parameters_behind
from mscnet.mechanism.expression import MINUS_ONE, TIME_SYMBOL, Expression, Product, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter
from mscnet.records import dataclass, replace
from mscnet.simulation.promote import promoted, with_symbols
from mscnet.simulation.segments import Segment, Segments
from mscnet.simulation.starts import settled
from mscnet.simulation.status import Status
from mscnet.simulation.steady_model import Laws, laws_of
from mscnet.simulation.tolerances import AbsoluteTolerance, read_atol, with_fast

if TYPE_CHECKING:
    from mscnet.experiment.eventful import EventFollower
    from mscnet.simulation.event_log import EventLog

FloatArray = NDArray[np.float64]

#: The parameter that is 1 where a solvent is the main component of a vessel: its name has a blank, so no file's has it.
IN_SOLVENT = "in {}"
#: The longest step while a temperature changes, as a part of the stretch, so that no part of it is stepped over …
RAMP_STEP = 1 / 50
#: … and while a rate follows time itself, as in plain runs.
_TIMED_STEP = 1 / 1000
_FROM, _SLOPE = "temperature at start", "slope of temperature"


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What time did to a vessel: how it was left, `states` (n_times, n_species) as concentrations and `volume`
    (n_times,) at the times asked for, ``nan`` from where it did not get.

    `inputs` (n_inputs,) are those at the start; `columns` what else varied, by name, one value a time: volume
    fractions of solvents, the temperature, and what events set.  `reached` is the time that was reached, from the start
    of it.  Of a model with events, `log` is what they did, at times of the experiment.
    """

    vessel: Vessel
    states: FloatArray
    volume: FloatArray
    inputs: FloatArray
    columns: Mapping[str, FloatArray]
    status: Status
    reached: float
    counts: NDArray[np.int64]
    log: EventLog | None = None


def bare(mechanism: Mechanism) -> Mechanism:
    """The model for experiments: its temperature, where that is a number, as a parameter that steps can set; without
    initial values, which vessels have no use for; parameters without a value at 1 for the time being."""
    follows = [d for d in mechanism.definitions if d.name == TEMPERATURE]
    species = tuple(replace(s, initial=None) for s in mechanism.species)
    filled = tuple(replace(p, value=1.0) if p.value is None else p for p in mechanism.parameters)
    model = replace(mechanism, species=species, parameters=filled)
    return promoted(model, (TEMPERATURE,)) if follows and math.isfinite(model.value_of(TEMPERATURE)) else model


#: What a vessel does while time passes: it is left alone, its temperature changes, or something flows.
Kind = Literal["still", "ramp", "flow"]


class Follower:
    """Follows one vessel through a stretch of time, which may be solved in several parts."""

    log: EventLog | None = None

    def __init__(self, solver: Solver) -> None:
        self._solver = solver

    def values(self, parameters: FloatArray) -> FloatArray:
        """(n_parameters,) that hold now."""
        return parameters

    def left(self, vessel: Vessel) -> Vessel:
        """A vessel with what the last part has left beside its contents."""
        return vessel

    def columns(self, n_times: int) -> dict[str, FloatArray]:
        """What else varied, (n_times,) by name."""
        return {}

    def in_concentrations(self, volume: Callable[[float], float], n: int) -> EventLog | None:
        """What events did in a run in amounts."""
        return None

    def run(
        self, kind: Kind, inputs: FloatArray, start: float, duration: float, times: FloatArray, atol: FloatArray,
        volume: Callable[[float], float] | None = None,
    ) -> Segment:  # fmt: skip
        """A part from what `inputs` (n_inputs,) hold, with the states at `times` from its start, and at its end."""
        segments = self._solver.segments_of(kind)
        end = start + duration
        if not len(times):
            found = segments.run(inputs, start, end, np.array([end]), atol)
            return Segment(found.states[:0], found.final, found.status, found.reached, found.counts)
        return segments.run(inputs, start, end, np.minimum(times + start, end), atol)


class Solver:
    """Lets time pass in vessels; one for a model, with all its programs made when first needed; `follows` is what its
    temperature is in the file, where that is a number which steps may set.

    `parameters` in its methods are values (n_parameters,) in the order of `program`, those of the medium aside.
    """

    def __init__(
        self, model: Mechanism, solvents: tuple[str, ...], method: str, rtol: float, atol: AbsoluteTolerance | None,
        max_steps: int, follows: Expression | None = None,
    ) -> None:  # fmt: skip
        self.model, self.solvents, self.follows = model, solvents, follows
        self.method, self.rtol, self.given_atol, self.max_steps = method, rtol, atol, max_steps
        self.program: RateProgram = build_rate_program(model.network())
        self.n_parameters = len(model.parameters)
        self.index = {p.name: i for i, p in enumerate(model.parameters)}
        self.rate_parameters = parameters_behind(model, rate_expressions(model))
        self.segments = Segments(self.program, method, rtol, max_steps, self.longest(math.inf))
        self.temperature_index = self.index.get(TEMPERATURE)
        self.fractions = [(name, self.index[name]) for name in solvents if name in self.index]
        flags = [(name, IN_SOLVENT.format(name)) for name in solvents]
        self.flags = [(name, self.index[flag]) for name, flag in flags if flag in self.index]
        self._flowing_solvents = tuple(name for name in solvents if name in self.rate_parameters)
        if atol is not None:
            read_atol(atol, rtol, np.zeros(len(self.program.species)), self.program)

    def longest(self, otherwise: float) -> float:
        return _TIMED_STEP if self.program.timed else otherwise

    def longest_of(self, kind: Kind) -> float:
        """The longest step, as a part of a stretch."""
        return self.longest(RAMP_STEP if kind == "ramp" else math.inf)

    def program_of(self, kind: Kind) -> RateProgram:
        """The model as it is while a vessel does so."""
        return self.program if kind == "still" else self.ramp_program if kind == "ramp" else self.flow_program

    def segments_of(self, kind: Kind) -> Segments:
        """The same, ready to run."""
        return self.segments if kind == "still" else self._ramp if kind == "ramp" else self._flow

    @cached_property
    def warming(self) -> frozenset[str]:
        """The parameters behind the temperature, where it is a number that steps may set."""
        if self.temperature_index is None:
            return frozenset()
        behind = parameters_behind(self.model, [self.follows]) if self.follows is not None else set()
        return frozenset({TEMPERATURE, *behind})

    @cached_property
    def set_by_events(self) -> frozenset[str]:
        """The parameters that events set."""
        from mscnet.mechanism.events import set_by

        return set_by(self.model.events)

    def follower(self, vessel: Vessel, parameters: FloatArray) -> Follower | EventFollower:
        """What follows a vessel through a stretch of time."""
        if not self.model.events:
            return Follower(self)
        from mscnet.experiment.eventful import EventFollower

        return EventFollower(self, vessel, parameters)

    # --- what the kernels are given --------------------------------------------------------------

    def inputs(self, vessel: Vessel, parameters: FloatArray) -> FloatArray:
        """(n_inputs,) of a vessel that is not empty: parameters with its medium and temperature, concentrations."""
        inputs = np.empty(self.n_parameters + len(vessel.amounts))
        inputs[: self.n_parameters] = parameters
        if self.temperature_index is not None and vessel.temperature is not None:
            inputs[self.temperature_index] = vessel.temperature
        for name, i in self.fractions:
            inputs[i] = vessel.components.get(name, 0.0) / vessel.volume
        if self.flags:
            main = vessel.main(self.solvents)
            for name, i in self.flags:
                inputs[i] = float(name == main)
        np.maximum(vessel.amounts, 0.0, out=inputs[self.n_parameters :])
        inputs[self.n_parameters :] /= vessel.volume
        return inputs

    def atol(self, vessel: Vessel, x: FloatArray) -> FloatArray:
        """(n_species,): those asked for, else rtol × the smaller of a millionth of the largest concentration and the
        least that was put in, as of a run that starts there: what a reaction has almost used up does not count."""
        if self.given_atol is not None:
            return np.array(np.broadcast_to(read_atol(self.given_atol, self.rtol, x, self.program), x.shape))
        changing = x[~self.program.constant]
        largest = float(changing.max(initial=0.0))
        share = min(1e-6 * largest, vessel.least / vessel.volume) if largest > 0.0 else 1e-6
        return np.broadcast_to(with_fast(max(self.rtol * share, 1e-300), self.rtol, x, self.program), x.shape).copy()

    def at_equilibrium(self, vessel: Vessel, parameters: FloatArray, time: float) -> FloatArray:
        """(n_species,) the concentrations of a vessel, at the equilibria of fast steps."""
        if self.program.settler is None:
            return vessel.concentrations
        inputs = self.inputs(vessel, parameters)[None]
        return settled(self.program, inputs, self.counted_from(time))[0, self.n_parameters :]

    def counted_from(self, start: float) -> float:
        """Time counts from the start of a stretch unless a rate follows it, or events do: then it is that of the
        experiment."""
        return start if self.program.timed or self.model.events else 0.0

    # --- time passes -----------------------------------------------------------------------------

    def age(
        self, vessel: Vessel, parameters: FloatArray, start: float, duration: float, times: FloatArray,
        until: float | None = None,
    ) -> Passed:  # fmt: skip
        """Lets a closed vessel be for a time; `times` (n_times,) rise from the start of it, `until` is the temperature
        at its end, where it changes."""
        follow = self.follower(vessel, parameters)
        given = self.inputs(vessel, follow.values(parameters))
        inputs = settled(self.program, given[None], self.counted_from(start))[0]
        x0 = inputs[self.n_parameters :]
        volume = np.full(len(times), vessel.volume)
        if duration == 0.0 and not self.model.events:
            states = np.repeat(x0[None], len(times), axis=0)
            return Passed(vessel, states, volume, inputs, {}, Status.DONE, 0.0, np.zeros(5, np.int64))
        columns: dict[str, FloatArray] = {}
        kind: Kind = "still" if until is None or duration == 0.0 else "ramp"
        asked = inputs
        if until is not None and kind == "ramp":
            asked, columns = self.ramped(inputs, self.counted_from(start), duration, times, until)
        found = follow.run(kind, asked, self.counted_from(start), duration, times, self.atol(vessel, x0))
        left = follow.left(vessel).at(until).with_amounts(found.final * vessel.volume)
        reached = found.reached - self.counted_from(start)
        columns |= follow.columns(len(times))
        return Passed(left, found.states, volume, inputs, columns, found.status, reached, found.counts, follow.log)

    def ramped(
        self, inputs: FloatArray, start: float, duration: float, times: FloatArray, until: float
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """The inputs of the model whose temperature changes, and the temperature at `times`."""
        before = float(inputs[self.temperature_index]) if self.temperature_index is not None else math.nan
        slope = (until - before) / duration
        given = np.array([start, before, slope])
        parts = [inputs[: self.n_parameters], given, inputs[self.n_parameters :]]
        return np.concatenate(parts), {TEMPERATURE: before + slope * times}

    def temperature(self, vessel: Vessel, parameters: FloatArray) -> float | None:
        """That of a vessel: its own, else the model's; None where neither has one."""
        if vessel.temperature is not None or self.temperature_index is None:
            return vessel.temperature
        return float(parameters[self.temperature_index])

    def can_ramp(self) -> bool:
        """Whether the model has a temperature that a step can set."""
        return self.temperature_index is not None

    @cached_property
    def _ramp(self) -> Segments:
        return Segments(self.ramp_program, self.method, self.rtol, self.max_steps, self.longest(RAMP_STEP))

    @cached_property
    def ramp_program(self) -> RateProgram:
        """Of the model whose temperature changes."""
        given = {name: Symbol(name, "parameter") for name in (START, _FROM, _SLOPE)}
        since = Sum((TIME_SYMBOL, Product((MINUS_ONE, given[START]))))
        rising = Sum((given[_FROM], Product((given[_SLOPE], since))))

        def value(symbol: Symbol) -> Expression | None:
            return rising if symbol.kind == "parameter" and symbol.name == TEMPERATURE else None

        changed = with_symbols(self.model, value)
        added = tuple(Parameter(name, 1.0) for name in (START, _FROM, _SLOPE))
        model = replace(changed, parameters=(*changed.parameters, *added))
        return build_rate_program(model.network())

    # --- flows -----------------------------------------------------------------------------------

    def flow(
        self, vessel: Vessel, parameters: FloatArray, start: float, duration: float, times: FloatArray, stream: Stream
    ) -> Passed:
        """Lets `stream` run for a time; the volume is to stay above 0 all along."""
        follow = self.follower(vessel, parameters)
        first = self.inputs(vessel, follow.values(parameters))
        cuts = stream.changes(vessel, duration, self.solvents) if self.flags else []
        edges = [0.0, *cuts, duration]
        largest = max(vessel.volume, stream.volume_at(duration))
        n = len(vessel.amounts)
        contents = np.concatenate(
            [np.maximum(vessel.amounts, 0.0), [vessel.components.get(s, 0.0) for s in self._flowing_solvents]]
        )
        states, counts = np.full((len(times), n), np.nan), np.zeros(5, np.int64)
        status, reached, kept = Status.DONE, 0.0, 0
        clock = self.counted_from(start)

        def volume_at(time: float) -> float:
            return stream.volume_at(time - clock)

        for begin, end in pairwise(edges):
            held = follow.left(self._held(vessel, stream, (begin + end) / 2, contents[:n]))
            upto = len(times) if end == duration else int(np.searchsorted(times, end, side="right"))
            asked = self._flow_inputs(held, follow.values(parameters), stream, clock, begin, contents)
            atol = self._flow_atol(vessel, first[self.n_parameters :], largest)
            since = times[kept:upto] - begin
            found = follow.run("flow", asked, clock + begin, end - begin, since, atol, volume_at)
            states[kept:upto] = found.states[:, :n]
            contents, counts, kept = found.final, counts + found.counts, upto
            status, reached = found.status, found.reached - clock
            if status is not Status.DONE:
                break
        volume = stream.volume + stream.growth * times
        left = follow.left(self._held(vessel, stream, reached, contents[:n]))
        columns = {name: self._fraction(vessel, stream, name, times) for name in self.solvents}
        columns |= follow.columns(len(times))
        log = follow.in_concentrations(volume_at, n)
        return Passed(left, states / volume[:, None], volume, first, columns, status, reached, counts, log)

    @cached_property
    def _flow(self) -> Segments:
        return Segments(self.flow_program, self.method, self.rtol, self.max_steps, self.longest(math.inf))

    @cached_property
    def flow_program(self) -> RateProgram:
        """Of the model in amounts."""
        return build_rate_program(flowing(self.model, self._flowing_solvents).network())

    def _flow_inputs(
        self, held: Vessel, parameters: FloatArray, stream: Stream, start: float, begin: float, contents: FloatArray
    ) -> FloatArray:
        inflow = [*stream.inflow.amounts, *(stream.inflow.components.get(s, 0.0) for s in self._flowing_solvents)]
        flow = (start, stream.volume, stream.growth, stream.outflow)
        medium = self.inputs(held, parameters)[: self.n_parameters]
        return np.concatenate([medium, flow, inflow, np.maximum(contents, 0.0)])

    def _flow_atol(self, vessel: Vessel, x: FloatArray, volume: float) -> FloatArray:
        """Of amounts, and of the volumes of solvents."""
        carried = len(self._flowing_solvents)
        return np.concatenate([self.atol(vessel, x) * volume, np.full(carried, 1e-3 * self.rtol * volume)])

    def _held(self, vessel: Vessel, stream: Stream, elapsed: float, amounts: FloatArray) -> Vessel:
        """The vessel after a time, with these amounts in it."""
        components = stream.components(vessel.components, elapsed)
        least = min(vessel.least, stream.inflow.least * elapsed)
        return Vessel(stream.volume_at(elapsed), amounts, components, least, vessel.temperature, (), vessel.course)

    def _fraction(self, vessel: Vessel, stream: Stream, name: str, times: FloatArray) -> FloatArray:
        return np.array([stream.components(vessel.components, t).get(name, 0.0) / stream.volume_at(t) for t in times])

    # --- steady states ---------------------------------------------------------------------------

    @cached_property
    def _laws(self) -> Laws:
        return laws_of(self.program.network)

    def settle(self, vessel: Vessel, parameters: FloatArray) -> tuple[Vessel, str]:
        """The vessel at the steady state that it would come to, and an empty text; else as it is, and why not.

        Raises:
            MechanismError: a rate depends on time.
        """
        from mscnet.simulation.steady import settle

        inputs = self.inputs(vessel, parameters)
        atol = self.atol(vessel, inputs[self.n_parameters :])
        x, why = settle(self.program, inputs, self._laws, self.rtol, atol)
        return (vessel, why) if x is None else (vessel.with_amounts(x * vessel.volume), "")
