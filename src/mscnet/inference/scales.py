"""How fast and how concentrated the data of a mechanism are: what rate constants are measured by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.asked import runs_by_itself
from mscnet.experiment.bench import Bench
from mscnet.experiment.observations import Observations
from mscnet.experiment.settings import experiments_of
from mscnet.inference.settings import FitSettings
from mscnet.inference.step_model import Scales
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace


def scales_of(base: Mechanism, observations: Sequence[Observations], settings: FitSettings) -> Scales:
    """The scales of the experiments that data or facts are on, done with nothing that reacts.

    Raises:
        MechanismError: there is no experiment to speak of, nothing is put together in one, or it takes no time.
    """
    names = {o.experiment for o in observations}
    for fact in base.facts if settings.facts else ():
        own = set(experiments_of(fact))
        names |= own if settings.experiments is None or own <= set(settings.experiments) else set()
    still = replace(base, reactions=(), facts=())
    wanted = [e.name for e in base.experiments if e.name in names and runs_by_itself(e)]
    if not wanted:
        raise MechanismError.of("E148", f"{base.name} has no experiment that data or facts are on")
    run = Bench(still).run(experiments=wanted, ledger=False)
    spans, steps, sizes = [], [], []
    for condition in run.conditions:
        if condition.error is not None:
            raise condition.error
        for measured in condition.measured:
            time = measured.stretch.time - measured.start
            spans.append(float(time[-1]))
            gaps = np.diff(np.append(0.0, time[time > 0]))
            steps += [float(gap) for gap in gaps[gaps > 0]]
            moving = measured.stretch.states[0][~_constant(still)]
            sizes.append(float(moving.max(initial=0.0)))
    for data in observations:
        for series in data.series:
            time = np.unique(series.time[series.time > 0])
            steps += np.diff(np.append(0.0, time)).tolist()
    longest, size = max(spans, default=0.0), max(sizes, default=0.0)
    if not (longest > 0 and size > 0):
        raise MechanismError.of("E148", f"nothing that could react is followed over time in {base.name}")
    return Scales(max(min(steps, default=longest), 1e-6 * longest), longest, size)


def _constant(mechanism: Mechanism) -> NDArray[np.bool_]:
    return np.array([species.constant for species in mechanism.species], dtype=bool)
