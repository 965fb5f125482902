"""Settings of a run that its arguments leave to the file's options, and those that follow from the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.tolerances import AbsoluteTolerance

DEFAULT_RTOL = 1e-6


def chosen_settings(
    model: Mechanism, method: str | None, rtol: float | None, atol: AbsoluteTolerance | None
) -> tuple[str, float, AbsoluteTolerance | None]:
    """Method and tolerances: those given, else those of the file's options, else the defaults."""
    chosen = method if method is not None else str(model.option("method") or "auto")
    relative = rtol if rtol is not None else float(model.option("rtol") or DEFAULT_RTOL)
    option = model.option("atol")
    return chosen, relative, float(option) if atol is None and option is not None else atol


def longest_step(timed: bool, start: float, grid: NDArray[np.float64]) -> float:
    """The longest step allowed: a pulse in a law that depends on time must not be stepped over unseen."""
    span = grid[-1] - start
    return float(max(np.diff(grid).min(initial=span), span / 1000)) if timed else np.inf
