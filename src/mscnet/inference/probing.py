"""A first run of experiments, from which all is made ready that does not hang on the values of parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.experiment.results import name_of
from mscnet.experiment.rows import RowRun
from mscnet.inference.free import NO_FIT, first_value
from mscnet.inference.problem import FreeParameter

FloatArray = NDArray[np.float64]

#: So many places are tried where the experiments cannot be run with the first values.
_PLACES = 12


class FitFailed(MechanismError):
    """The model could not be run, with the first values or at any start."""


def done_in(run: RowRun) -> NDArray[np.bool_]:
    """Which rows came to the end of every condition, (m,)."""
    found = np.ones(len(run), dtype=np.bool_)
    for condition in run.conditions:
        found &= condition.done
    return found


def first_run(perform: Callable[[FloatArray], RowRun], parameters: Sequence[FreeParameter]) -> RowRun:
    """A run that came to its end, with one row: at the parameters' first values, else somewhere in their ranges.

    Raises:
        FitFailed: E143, none did.
        MechanismError: what `perform` raises with the first values.
    """
    trouble = ""
    for number, row in enumerate(_places(parameters)):
        try:
            run = perform(row[None])
        except MechanismError:
            if number == 0:
                raise
            continue
        if bool(done_in(run)[0]):
            return run
        stopped = next(c for c in run.conditions if not c.done[0])
        trouble = trouble or f"{name_of(stopped.experiment, stopped.values)}: {stopped.trouble}"
    message = f"the experiments cannot be run, neither with the first values nor elsewhere in the bounds. {trouble}"
    hint = "try `mscnet run` with other values, and mend the bounds"
    raise FitFailed([Diagnostic("error", NO_FIT, message, hint=hint)])


def _places(parameters: Sequence[FreeParameter]) -> Iterator[FloatArray]:
    """The first values, then places spread over the ranges (multiples of square roots of primes, modulo 1)."""
    yield np.array([first_value(p) for p in parameters])
    roots = np.sqrt([p for p in range(2, 2000) if all(p % q for q in range(2, int(p**0.5) + 1))])
    for number in range(1, _PLACES if parameters else 1):
        parts = (number * roots[np.arange(len(parameters)) % len(roots)]) % 1.0
        bounds = [p.bounds for p in parameters]
        yield np.array([
            p.to_value(low + part * (high - low))
            for p, (low, high), part in zip(parameters, bounds, parts.tolist(), strict=True)
        ])  # fmt: skip
