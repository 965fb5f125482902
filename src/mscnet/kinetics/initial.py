"""The initial concentrations of a network."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism


def initial_concentrations(mechanism: Mechanism) -> NDArray[np.float64]:
    """Initial concentrations, (n_species,), in the file's units; 0 where nothing was said.

    Raises:
        MechanismError: an initial concentration that is negative or not finite.
    """
    values = np.zeros(len(mechanism.species))
    for i, species in enumerate(mechanism.species):
        if species.initial is not None:
            values[i] = value = mechanism.evaluate(species.initial)
            if not (0.0 <= value < math.inf):
                what = "negative" if value < 0.0 else "not finite"
                shown = f"{value:g} {mechanism.units.describe(species.dimension)}"
                message = f"the initial concentration of `{species.name}` is {what}: {shown}"
                raise MechanismError.of("E041", message, span=species.span)
    return values
