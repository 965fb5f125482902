"""`build_objective`: what a fit of a mechanism minimises."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.experiment.observations import Observations
from mscnet.inference.plain import PlainObjective
from mscnet.inference.problem import Objective
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.mechanism import Mechanism


def build_objective(
    mechanism: Mechanism, settings: FitSettings | None = None, observations: Sequence[Observations] | None = None
) -> Objective:
    """The objective of a mechanism's chosen model: its facts, the data of its file (or `observations`), its priors.

    Raises:
        MechanismError: nothing is free, or there is nothing to fit to; what experiments, facts and data raise.
    """
    return PlainObjective(mechanism, settings or FitSettings(), observations)
