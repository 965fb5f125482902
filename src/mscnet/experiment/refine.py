"""Measurements made so fine that features of courses do not hang on when somebody looked.

A model is known at all times, its readings only where the instrument took them.  Experiments refined here read between
the readings too, at times that divide the time between two evenly, so every reading stays one.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from mscnet.mechanism.bench import Experiment, Observe, Repeat, Step
from mscnet.mechanism.expression import Expression, Number, Product, Sum, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

#: A measurement has about so many points, more where it has more readings.
POINTS = 500
#: Of every hold and feed so many points are kept, for facts on all times and for pictures.
HOLD_POINTS = 60
#: So many parts of the time between two readings where it is not known how many those are.
_PARTS = 10


def refined(mechanism: Mechanism) -> Mechanism:
    """The mechanism with experiments that read at least some `POINTS` times in each measurement."""
    return replace(mechanism, experiments=tuple(_experiment(mechanism, e) for e in mechanism.experiments))


def _experiment(mechanism: Mechanism, experiment: Experiment) -> Experiment:
    return replace(experiment, steps=tuple(_step(mechanism, step) for step in experiment.steps))


def _step(mechanism: Mechanism, step: Step) -> Step:
    match step:
        case Repeat(steps=steps):
            return replace(step, steps=tuple(_step(mechanism, inner) for inner in steps))
        case Observe(every=every, duration=duration) if every is not None and duration is not None:
            return _evenly(mechanism, step, every, duration)
        case Observe(times=times) if len(times) > 1:
            parts = max(1, math.ceil(POINTS / (len(times) - 1)))
            return replace(step, times=_between(times, parts))
    return step


def _evenly(mechanism: Mechanism, step: Observe, every: Expression, duration: Expression) -> Observe:
    """A step that reads at even times."""
    if any(symbol.kind == "loop" for e in (every, duration) for symbol in symbols(e)):
        return replace(step, every=_share(every, _PARTS))
    spacing, length = mechanism.evaluate(every), mechanism.evaluate(duration)
    if not (spacing > 0 and math.isfinite(length)):  # told when it is run
        return step
    readings = math.floor(length / spacing * (1 + 1e-9))
    if readings < 1:
        return step
    parts = max(1, math.ceil(POINTS / readings))
    # beyond the last reading nothing was seen
    return replace(step, every=_share(every, parts), duration=Product((Number(Fraction(readings)), every)))


def _between(times: tuple[Expression, ...], parts: int) -> tuple[Expression, ...]:
    made: list[Expression] = []
    for a, b in itertools.pairwise(times):
        if isinstance(a, Number) and isinstance(b, Number):
            step = (b.value - a.value) / parts
            made += [Number(a.value + step * i, a.dimension) for i in range(parts)]
            continue
        made += [a, *(Sum((_share(a, parts, parts - i), _share(b, parts, i))) for i in range(1, parts))]
    return (*made, times[-1])


def _share(expression: Expression, parts: int, of: int = 1) -> Expression:
    return Product((Number(Fraction(of, parts)), expression)) if parts > 1 else expression
