"""Which parameters a fit may change: some fixed at their values, others freed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mscnet.diagnostics import MechanismError, suggest
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter
from mscnet.records import replace

#: A parameter that is freed and has no bounds is searched for from its value over this factor to its value times it.
FACTOR = 1e3


def with_fixed(mechanism: Mechanism, names: Iterable[str]) -> Mechanism:
    """A copy in which these parameters keep their values.

    Raises:
        MechanismError: there is no such parameter, or it has no value.
    """
    wanted = _known(mechanism, names)
    for name, parameter in wanted.items():
        if parameter.value is None:
            hint = f"give it one: --set {name}=… (with_values)"
            raise MechanismError.of("E144", f"`{name}` has no value to be fixed at", hint=hint, span=parameter.span)
    return _changed(mechanism, {name: replace(p, fixed=True) for name, p in wanted.items()})


def with_freed(mechanism: Mechanism, names: Iterable[str]) -> Mechanism:
    """A copy in which a fit may change these parameters: within their bounds, or, where they have none and a value,
    within a factor of `FACTOR` of it, on a logarithmic scale.

    Raises:
        MechanismError: there is no such parameter, or it has no bounds and its value is 0 or less.
    """
    made = {}
    for name, parameter in _known(mechanism, names).items():
        free = replace(parameter, fixed=False)
        if not free.free and parameter.value is not None:
            if parameter.value <= 0:
                hint = f"give it bounds in the file: `parameter {name} = {parameter.value:g} in -1 .. 1`"
                message = f"`{name}` has no bounds, and its value gives none"
                raise MechanismError.of("E144", message, hint=hint, span=parameter.span)
            bounds = (parameter.value / FACTOR, parameter.value * FACTOR)
            free = replace(free, bounds=bounds, scale="log")
        made[name] = free
    return _changed(mechanism, made)


def _known(mechanism: Mechanism, names: Iterable[str]) -> dict[str, Parameter]:
    known = {parameter.name: parameter for parameter in mechanism.parameters}
    names = tuple(names)
    for name in names:
        if name not in known:
            hint = suggest(name, known)
            raise MechanismError.of("E010", f"{mechanism.name} has no parameter `{name}`", hint=hint)
    return {name: known[name] for name in names}


def _changed(mechanism: Mechanism, made: Mapping[str, Parameter]) -> Mechanism:
    return replace(mechanism, parameters=tuple(made.get(p.name, p) for p in mechanism.parameters))
