"""Relative and absolute tolerances: what was given, or what suits the initial concentrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest

if TYPE_CHECKING:
    from mscnet.kinetics.program import RateProgram
    from mscnet.kinetics.system import RateSystem

MIN_RTOL, MAX_RTOL = 1e-13, 0.1

AbsoluteTolerance = float | Mapping[str, float] | Sequence[float] | NDArray[np.float64]


def check_rtol(rtol: float) -> float:
    """`rtol` as a float; raises MechanismError outside 1e-13 … 0.1."""
    if not MIN_RTOL <= rtol <= MAX_RTOL:
        raise MechanismError.of("E045", f"the relative tolerance is between {MIN_RTOL:g} and {MAX_RTOL:g}, not {rtol}")
    return float(rtol)


def default_atol(rtol: float, x0: NDArray[np.float64], constant: NDArray[np.bool_]) -> float:
    """rtol × the smaller of a millionth of the largest and the whole of the smallest initial concentration
    above 0 among species that change; rtol × 1e-6 where all start at 0.

    So an intermediate is resolved to rtol down to a millionth of what there is, below that only to atol.
    """
    started = x0[(x0 > 0.0) & ~constant]
    if not len(started):
        return rtol * 1e-6
    return float(rtol * min(1e-6 * started.max(), started.min()))


def read_atol(
    atol: AbsoluteTolerance | None, rtol: float, x0: NDArray[np.float64], system: RateSystem | RateProgram | RateProgram
) -> float | NDArray[np.float64]:
    """The absolute tolerance, one number or (n_species,), in the file's unit of concentration.

    A mapping gives some species their own; the others have the default.

    Raises:
        MechanismError: not above 0, an unknown species, or an array of another length.
    """
    default = default_atol(rtol, x0, system.constant)
    if atol is None:
        return with_fast(max(default, 1e-300), rtol, x0, system)
    if isinstance(atol, Mapping):
        values = np.full(len(x0), default)
        index = system.network.species_index
        for name, value in atol.items():
            if name not in index:
                raise MechanismError.of("E010", f"atol: there is no species `{name}`", hint=suggest(name, index))
            values[index[name]] = value
    else:
        values = np.array(atol, dtype=np.float64)
    if values.shape not in ((), x0.shape):
        raise MechanismError.of("E045", f"atol has {values.size} values for {len(x0)} species")
    if not (np.isfinite(values) & (values > 0.0)).all():
        raise MechanismError.of("E045", "an absolute tolerance is a finite concentration above 0")
    return with_fast(values if values.ndim else float(values), rtol, x0, system)


#: What is at equilibrium is followed down to this part of the largest concentration: pH 14 is 1e-14 M beside 1 M.
FAST_PART = 1e-18


def with_fast(
    atol: float | NDArray[np.float64], rtol: float, x0: NDArray[np.float64], system: RateSystem | RateProgram
) -> float | NDArray[np.float64]:
    """The same, but rtol x `FAST_PART` of the largest concentration for species of fast steps, whose small
    concentrations decide on the others."""
    if system.settler is None:
        return atol
    largest = float(x0[~system.constant].max(initial=0.0)) or 1.0
    values = np.array(np.broadcast_to(atol, x0.shape), dtype=np.float64)
    touched = system.settler.touched
    values[touched] = np.minimum(values[touched], max(rtol * FAST_PART * largest, 1e-300))
    return values
