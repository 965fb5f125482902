"""Rows of experiments that came to no end, filled with those of one that did, so that all rows have numbers."""

from __future__ import annotations

import numpy as np

from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun, RowStretch
from mscnet.records import replace


def filled(run: RowRun) -> RowRun:
    """The same run; rows of a condition that did not get to its end hold the values of the first that did."""
    if all(condition.done.all() for condition in run.conditions):
        return run
    return replace(run, conditions=tuple(_filled(condition) for condition in run.conditions))


def _filled(condition: RowCondition) -> RowCondition:
    done = condition.done
    if done.all() or not done.any():
        return condition
    taken = np.where(done, np.arange(len(done)), int(np.argmax(done)))
    known: dict[int, RowStretch] = {}

    def stretch(one: RowStretch) -> RowStretch:
        if id(one) not in known:
            known[id(one)] = replace(one, states=one.states[taken], volume=one.volume[taken], inputs=one.inputs[taken])
        return known[id(one)]

    def measured(one: RowMeasured) -> RowMeasured:
        series = {name: replace(each, values=each.values[taken]) for name, each in one.series.items()}
        return replace(one, stretch=stretch(one.stretch), series=series)

    return replace(
        condition,
        measured=tuple(measured(one) for one in condition.measured),
        stretches=tuple(stretch(one) for one in condition.stretches),
    )
