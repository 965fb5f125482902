"""From experiments to conditions, and from each condition to a flat list of acts with numbers.

An act is a tuple of plain values, so that two conditions that begin alike have equal acts there, and whoever performs
them does so once; see `perform`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.faults import fault
from mscnet.experiment.values import Numbers, Values
from mscnet.mechanism.bench import (
    Add,
    DiluteTo,
    Discard,
    Equilibrate,
    Experiment,
    Flow,
    Hold,
    Mix,
    Observe,
    Portion,
    Repeat,
    Set,
    Step,
    Take,
    Use,
)
from mscnet.mechanism.expression import Expression, symbols
from mscnet.records import dataclass

#: Limits that no experiment reaches, so that a slip of the pen ends as an error and not as a hang.
MAX_ACTS, MAX_CONDITIONS, MAX_READINGS = 100_000, 10_000, 1_000_000
#: The most experiments that one may start from, each from the one before it.
MAX_ORIGINS = 100
#: A count that is a whole number but for this, and a last reading that is late by this part, are rounded.
_ROUNDING = 1e-9

#: The kinds of acts that let time pass, with where their duration stands in the key.
DURATION = {"hold": 1, "observe": 1, "feed": 1, "flow": 1}
#: The kinds that put something together: ages are counted from the last of them.
TOGETHER = ("mix", "add", "feed", "dilute", "take")


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One thing that is done: `key` is its kind and its numbers, `step` where it came from.

    Keys: (mix, vessel, portions), (add, vessel, portions), (feed, duration, vessel, portions), (dilute, vessel, stock,
    volume), (take, source, vessel, volume), (discard, vessel, volume), (hold, duration, temperature, until),
    (settle, vessel), (flow, duration, vessel, portions, outlet), (set, name, value), (use, vessel),
    (observe, duration, temperature, times) and (begin, values, whether vessels stand there already); a portion is
    (of, quantity, measure); times are ("grid", every, dead time) or ("list", …).
    """

    key: tuple[Any, ...]
    step: Step | Experiment


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A condition: the acts of the trunk that it starts from, if any, then from `first` on its own; none where the
    `error` says that a quantity makes no sense."""

    experiment: Experiment
    loops: Mapping[str, float]
    values: Values
    acts: Sequence[Act]
    first: int
    error: MechanismError | None = None


class Planner:
    """Plans the conditions of a model's experiments with `values`; `rooted` gives what tells values apart, which is
    `key_of` without it."""

    def __init__(self, experiments: Mapping[str, Experiment], values: Values, rooted: Any = None) -> None:
        self._experiments, self._values, self._rooted = experiments, values, rooted or self.key_of
        #: Values that single experiments have by what they stem from: the experiment, and its loops if they count.
        self.changed: dict[tuple[Any, ...], Values] = {}

    def key_of(self, values: Values) -> tuple[Any, ...]:
        """What values of its conditions stem from; () for those of the run itself."""
        return next((key for key, known in self.changed.items() if known is values), ())

    def conditions(self, experiment: Experiment, given: Mapping[str, float]) -> Iterator[Planned]:
        """Every combination of an experiment's loop values, the last loop fastest; `given` fixes some.

        Raises:
            MechanismError: a variable without a value.
        """
        for loops in self._combinations(experiment, given):
            try:
                yield self._planned(experiment, loops)
            except MechanismError as error:
                yield Planned(experiment, loops, self._values, (), 0, error)

    def _planned(self, experiment: Experiment, loops: Mapping[str, float]) -> Planned:
        values = self._values_of(experiment, loops)
        trunk = self._trunk(experiment, Numbers(values, loops))
        begin = Act(("begin", self._rooted(values), bool(trunk)), experiment)
        own = _Flattener(Numbers(values, loops)).acts(experiment.steps)
        return Planned(experiment, loops, values, [*trunk, begin, *own], len(trunk))

    def _values_of(self, experiment: Experiment, loops: Mapping[str, float]) -> Values:
        if not experiment.values:
            return self._values
        looped = any(symbol.kind == "loop" for _, e in experiment.values for symbol in symbols(e))
        key = (experiment.name, *loops.items()) if looped else (experiment.name,)
        if key not in self.changed:
            self.changed[key] = self._values.changed(experiment.values, loops)
        return self.changed[key]

    def _combinations(self, experiment: Experiment, given: Mapping[str, float]) -> Iterator[dict[str, float]]:
        for name in experiment.parameters:
            if name not in given and all(loop.variable != name for loop in experiment.loops):
                message = f"`{experiment.name}` needs a value for `{name}`"
                raise fault(experiment, message, f"call it as in `{experiment.name}(30 uL)`, or add `for {name} in …`")
        rows: list[dict[str, float]] = [dict(given)]
        for loop in experiment.loops:
            if loop.variable in given:
                continue
            rows = [
                {
                    **row,
                    loop.variable: Numbers(self._values, row)(value, f"`{loop.variable}`", loop, least=float("-inf")),
                }
                for row in rows
                for value in loop.values
            ]
            if len(rows) > MAX_CONDITIONS:
                raise fault(loop, f"`{experiment.name}` has more than {MAX_CONDITIONS:,} conditions", "vary less")
        yield from rows

    # --- experiments that start where another stood ---------------------------------------------

    def check_origins(self, experiment: Experiment) -> None:
        """That the experiments before this one are there, and end at one that starts by itself.

        Raises:
            MechanismError: they do not, or there are too many.
        """
        chain = {experiment.name: experiment.origin}
        origin = experiment.origin
        while origin is not None:
            if origin.experiment in chain:
                names = list(chain)
                round_trip = (*names[names.index(origin.experiment) :], origin.experiment)
                message = f"`{origin.experiment}` starts from itself: {' → '.join(round_trip)}"
                raise fault(origin, message, "let one of them begin with `mix`")
            if origin.experiment not in self._experiments:
                hint = suggest(origin.experiment, self._experiments)
                raise fault(origin, f"there is no experiment `{origin.experiment}`", hint, "E010")
            if len(chain) > MAX_ORIGINS:
                message = f"`{experiment.name}` starts from more than {MAX_ORIGINS} experiments, one before the other"
                raise fault(experiment.origin, message, "write the steps of some of them in one experiment")
            before = self._experiments[origin.experiment]
            chain[before.name] = origin = before.origin

    def _trunk(self, experiment: Experiment, numbers: Numbers) -> list[Act]:
        origin = experiment.origin
        if origin is None:
            return []
        before = self._experiments[origin.experiment]
        loops = self._loops_of_origin(experiment, before, numbers)
        acts = self._planned(before, loops).acts
        if origin.after is None:
            return list(acts)
        after = numbers(origin.after, "the age", origin)
        return _cut(acts, after, before)

    def _loops_of_origin(self, experiment: Experiment, before: Experiment, numbers: Numbers) -> dict[str, float]:
        origin = experiment.origin
        assert origin is not None
        names = before.parameters or tuple(loop.variable for loop in before.loops)
        if len(origin.arguments) > len(names):
            message = f"`{before.name}` takes {len(names)} values, not {len(origin.arguments)}"
            raise fault(origin, message, f"its variables are {', '.join(names)}" if names else "it has no variables")
        given = {
            name: numbers(argument, f"`{name}`", origin, least=float("-inf"))
            for name, argument in zip(names, origin.arguments, strict=False)
        }
        for name in dict.fromkeys((*names, *(loop.variable for loop in before.loops))):
            if name in given:
                continue
            if name not in numbers.loops:
                message = f"`{experiment.name}` starts from `{before.name}`, but from which: `{name}` has no value"
                raise fault(origin, message, f"give it, as in `from {before.name}(30 uL)`, or add a loop over `{name}`")
            given[name] = numbers.loops[name]
        return given


def _cut(acts: Sequence[Act], after: float, origin: Experiment) -> list[Act]:
    """The acts up to a time after the last that put something together; nothing but time passes beyond their end."""
    last = max((i for i, act in enumerate(acts) if act.key[0] in TOGETHER), default=-1)
    kept, left = list(acts[: last + 1]), after
    for act in acts[last + 1 :]:
        duration = act.key[DURATION[act.key[0]]] if act.key[0] in DURATION else 0.0
        if duration > left * (1.0 + _ROUNDING):
            return [*kept, _shortened(act, left)] if left > 0.0 else kept
        kept.append(act)
        left = max(0.0, left - duration)
        if left <= _ROUNDING * after and duration:
            return kept
    return [*kept, Act(("hold", left, None, None), origin)] if left > _ROUNDING * after else kept


def _shortened(act: Act, duration: float) -> Act:
    """The first part of an act that takes time."""
    kind, _, *rest = act.key
    until, during = (rest[2], rest[3]) if kind == "observe" else (rest[1] if kind == "hold" else None, None)
    if until is not None or during is not None:
        what = "the temperature changes" if during is None else "something flows in"
        raise fault(act.step, f"an experiment starts from here while {what}", "let it start before or after")
    if kind == "observe":
        return Act(("hold", duration, rest[0], None), act.step)
    return Act((kind, duration, *rest), act.step)


class _Flattener:
    """Turns steps into acts, with the numbers of one condition."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._count = 0

    def acts(self, steps: Sequence[Step]) -> list[Act]:
        """The acts of all steps, repeats written out."""
        found: list[Act] = []
        for step in steps:
            if isinstance(step, Repeat):
                found += self._repeated(step)
                continue
            self._count += 1
            if self._count > MAX_ACTS:
                raise fault(step, f"the experiment takes more than {MAX_ACTS:,} steps", "repeat less often")
            found.append(Act(self._key(step), step))
        return found

    def _repeated(self, step: Repeat) -> list[Act]:
        number = self._numbers(step.count, "the number of repeats", step)
        count = round(number)
        if abs(number - count) > _ROUNDING:
            raise fault(step, f"the number of repeats is {number:g}", "it is to be a whole number", "E041")
        once = self.acts(step.steps)
        self._count += max(0, count - 1) * len(once)
        if self._count > MAX_ACTS:
            raise fault(step, f"the experiment takes more than {MAX_ACTS:,} steps", "repeat less often")
        return once * count

    def _key(self, step: Step) -> tuple[Any, ...]:
        numbers = self._numbers
        match step:
            case Mix():
                return ("mix", step.vessel, self._portions(step.portions))
            case Add(over=None):
                return ("add", step.vessel, self._portions(step.portions))
            case Add():
                assert step.over is not None
                duration = numbers.positive(step.over, "the time of the addition", step)
                return ("feed", duration, step.vessel, self._portions(step.portions))
            case DiluteTo():
                return ("dilute", step.vessel, step.stock, numbers.positive(step.volume, "the volume", step))
            case Take():
                return ("take", step.source, step.vessel, numbers.positive(step.volume, "the volume", step))
            case Discard():
                volume = None if step.volume is None else numbers(step.volume, "the volume", step)
                return ("discard", step.vessel, volume)
            case Hold():
                return ("hold", numbers(step.duration, "the time", step), *self._temperatures(step))
            case Equilibrate():
                return ("settle", step.vessel)
            case Flow():
                return self._flow(step)
            case Set():
                return ("set", step.name, numbers(step.value, f"`{step.name}`", step, least=float("-inf")))
            case Use():
                return ("use", step.vessel)
            case Observe():
                return self._observe(step)
        raise TypeError(f"{type(step).__name__} is no step")

    def _portions(self, portions: Sequence[Portion]) -> tuple[tuple[str, float | None, str], ...]:
        return tuple((p.of, self._quantity(p), p.measure) for p in portions)

    def _quantity(self, portion: Portion) -> float | None:
        if portion.quantity is None:
            return None
        return self._numbers(portion.quantity, f"the {portion.measure} of `{portion.of}`", portion)

    def _temperatures(self, step: Hold) -> tuple[float | None, float | None]:
        until = None if step.until is None else self._numbers.positive(step.until, "the temperature", step)
        return self._temperature(step.temperature, step), until

    def _temperature(self, expression: Expression | None, step: Step) -> float | None:
        return None if expression is None else self._numbers.positive(expression, "the temperature", step)

    def _flow(self, step: Flow) -> tuple[Any, ...]:
        duration = self._numbers.positive(step.duration, "the time", step)
        outlet = 0.0 if step.outlet is None else self._numbers(step.outlet, "the flow out", step)
        return ("flow", duration, step.vessel, self._portions(step.inlets), outlet)

    def _observe(self, step: Observe) -> tuple[Any, ...]:
        numbers = self._numbers
        dead = 0.0 if step.dead_time is None else numbers(step.dead_time, "the dead time", step)
        temperature = self._temperature(step.temperature, step)
        if step.times:
            times = tuple(numbers(time, "a time", step) for time in step.times)
            if any(b <= a for a, b in pairwise(times)):
                raise fault(step, "the times of the readings do not rise", "list them in order", "E041")
            return ("observe", max(times[-1], dead), temperature, ("list", dead, *times), None, None)
        if step.every is None:
            return ("observe", dead, temperature, ("list", dead, dead), None, None)
        every = numbers.positive(step.every, "the time between readings", step)
        if step.duration is None:
            raise fault(step, "readings go on without an end", "say how long, as in `every 5 min for 240 min`")
        duration = numbers(step.duration, "the time", step)
        if duration / every > MAX_READINGS:
            raise fault(step, f"more than {MAX_READINGS:,} readings", "read less often", "E041")
        if dead > duration * (1.0 + _ROUNDING):
            raise fault(step, "the dead time is longer than the measurement", "measure longer", "E041")
        until = None if step.until is None else numbers.positive(step.until, "the temperature", step)
        during = None if step.during is None else self._key(step.during)
        return ("observe", duration, temperature, ("grid", dead, every), until, during)
