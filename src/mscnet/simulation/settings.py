"""Settings of a run that its arguments leave to the file's options, and those that follow from the model."""

from __future__ import annotations

import math

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.methods import NETWORK_FREE, STOCHASTIC
from mscnet.simulation.tolerances import AbsoluteTolerance

DEFAULT_RTOL = 1e-6


def chosen_settings(
    model: Mechanism, method: str | None, rtol: float | None, atol: AbsoluteTolerance | None
) -> tuple[str, float, AbsoluteTolerance | None]:
    """Method and tolerances: those given, else those of the file's options, else the defaults.

    Raises:
        MechanismError: tolerances are given for a stochastic run.
    """
    chosen = method if method is not None else str(model.option("method") or "auto")
    if chosen in STOCHASTIC and (rtol is not None or atol is not None):
        raise MechanismError.of("E045", "a stochastic run has no error to hold", hint="leave rtol and atol out")
    relative = rtol if rtol is not None else float(model.option("rtol") or DEFAULT_RTOL)
    option = model.option("atol")
    return chosen, relative, float(option) if atol is None and option is not None else atol


def refuse_network_free(model: Mechanism, method: str | None) -> None:
    """Raises MechanismError where the method, or that of the file's options, needs no network: only single runs and
    repeats of one model have it."""
    if chosen_settings(model, method, None, None)[0] == NETWORK_FREE:
        message = "method `nf` follows runs of one set of values: `simulate`, `simulate_repeats`, `mscnet run`"
        raise MechanismError.of("E044", message, hint="method `ssa` is there for scans, of the network")


def longest_step(timed: bool, start: float, end: float) -> float:
    """The longest step allowed: a smooth pulse in a law that depends on time is not to be stepped over."""
    return (end - start) / 1000 if timed else math.inf
