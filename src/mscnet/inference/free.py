"""Free parameters: which there are, in what range and on what scale they are searched, and what is known before."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mscnet.diagnostics import MechanismError, suggest
from mscnet.inference.problem import FreeParameter
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter

#: What cannot be set up to be fitted.
NO_FIT = "E143"

#: A parameter without bounds is searched within this factor of its value, both ways, on a log scale.
RANGE = 1e4
#: One of which nothing is known is searched from ``1/UNKNOWN`` to ``UNKNOWN`` in the file's units.
UNKNOWN = 1e6
#: One with a prior alone is searched so many standard deviations about its mean.
DEVIATIONS = 8.0
#: Whoever is so many standard deviations from 0 keeps its sign.
_SURE = 3.0
#: Positive bounds that span more than this factor are searched on a log scale.
_DECADE = 10.0
#: A value that a fit left at a bound may be beyond it by rounding, exp(ln x) being not quite x.
_ROUNDED = 1e-9


def free_parameters(
    model: Mechanism, needed: Iterable[str], freed: Iterable[str] = (), kept: Iterable[str] = ()
) -> tuple[FreeParameter, ...]:
    """Parameters that a fit changes, in the order of the file: those that the file leaves free and that are `needed`,
    and those `freed` by name; those `kept` by name are not.

    Bounds of the file are the range, log where the file says so or where they are positive and span over a decade.
    Without bounds: ±8 standard deviations of a prior, on the side of 0 that the mean is on where it is 3 of them away;
    else four decades about the value, or from 1e-6 to 1e6 in the file's units without a value.

    Raises:
        MechanismError: E143, an unknown name, one both freed and kept, or a value outside its bounds.
    """
    wanted, freed, kept = set(needed), tuple(freed), tuple(kept)
    by_name = {p.name: p for p in model.parameters}
    for name in (*freed, *kept):
        if name not in by_name:
            known = [p.name for p in model.parameters]
            raise MechanismError.of(
                "E010", f"{model.name} has no parameter `{name}`", hint=suggest(name, known), file=_file(model)
            )
        if name in freed and name in kept:
            raise MechanismError.of(NO_FIT, f"`{name}` is to be free and to be kept as it is", hint="choose one")
    chosen = [p for p in model.parameters if p.name not in kept and ((p.free and p.name in wanted) or p.name in freed)]
    return tuple(free_parameter(p) for p in chosen)


def free_parameter(p: Parameter) -> FreeParameter:
    """A parameter of the file as one that is searched for; see `free_parameters`.

    Raises:
        MechanismError: E143, its value lies outside its bounds, or a log scale has a bound at or below 0.
    """
    prior = None if p.prior is None or p.value is None else (p.value, p.prior)
    if p.bounds is not None:
        (low, high), log = p.bounds, p.scale == "log" or (p.bounds[0] > 0 and p.bounds[1] > _DECADE * p.bounds[0])
    else:
        low, high, log = _range(p.value, prior)
    made = FreeParameter(
        p.name, low, high, "log" if log else "linear", p.value, prior, "model", p.unit, p.unit_factor, p.note or ""
    )
    _check(made, p)
    return made


def _range(value: float | None, prior: tuple[float, float] | None) -> tuple[float, float, bool]:
    """The range of a parameter without bounds, and whether its scale is log."""
    if prior is not None:
        mean, deviation = prior
        low, high = mean - DEVIATIONS * deviation, mean + DEVIATIONS * deviation
        if mean > _SURE * deviation:
            return max(low, mean / RANGE), high, False
        return low, min(high, mean / RANGE) if mean < -_SURE * deviation else high, False
    if value is None or value == 0.0:  # a zero tells nothing of its size
        return 1.0 / UNKNOWN, UNKNOWN, True
    if value < 0:
        return 10.0 * value, -10.0 * value, False
    return value / RANGE, value * RANGE, True


def _check(made: FreeParameter, p: Parameter) -> None:
    low, high, value = made.lower, made.upper, made.start
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise MechanismError.of(NO_FIT, f"`{p.name}` has no range: {low:g} to {high:g}", span=p.span)
    if made.scale == "log" and low <= 0:
        message = f"`{p.name}` has a log scale, so its bounds must be above 0"
        raise MechanismError.of(NO_FIT, message, span=p.span, hint="raise the lower one, or leave out `log`")
    slack = _ROUNDED * max(abs(low), abs(high)) if made.scale == "linear" else _ROUNDED * abs(value or 0.0)
    if p.bounds is not None and value is not None and not low - slack <= value <= high + slack:
        shown = [f"{x / p.unit_factor:g}" for x in (value, low, high)]
        message = f"the value of `{p.name}`, {shown[0]}, lies outside its bounds, {shown[1]} to {shown[2]} {p.unit}"
        raise MechanismError.of(NO_FIT, message.rstrip(), span=p.span, hint="change the one or the other")


def first_value(p: FreeParameter) -> float:
    """The start of a parameter inside its range, else the middle of that."""
    if p.start is not None:
        return min(max(p.start, p.lower), p.upper)
    low, high = p.bounds
    return p.to_value(0.5 * (low + high))


def _file(model: Mechanism) -> str | None:
    return model.source.name if model.source else None
