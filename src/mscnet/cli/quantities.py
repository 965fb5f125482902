"""Options that hold numbers with units, and lists of NAME=VALUE."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable

from mscnet.diagnostics import Diagnostic, MechanismError, suggest
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.members import spelled, split_list
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import Dimension, name_dimension
from mscnet.report.text import number, parameter_unit, parameter_value, quantity


def assignments(text: str) -> list[tuple[str, str]]:
    """``k1=0.1,k2=3 /min`` as pairs; an argparse type."""
    pairs = []
    for part in split_list(text):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise argparse.ArgumentTypeError(f"`{part.strip()}` is not NAME=VALUE")
        pairs.append((spelled(name), value))
    return pairs


def names(text: str) -> list[str]:
    """``A,B`` as a list; an argparse type."""
    listed = [spelled(name.strip()) for name in split_list(text)]
    if not all(listed):
        raise argparse.ArgumentTypeError(f"`{text}` is not a list of names such as A,B")
    return listed


def wavelengths(text: str) -> tuple[float, ...]:
    """``371nm,399nm`` in nm; an argparse type."""
    try:
        found = tuple(float(part.strip().removesuffix("nm")) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < each < math.inf for each in found):
        raise argparse.ArgumentTypeError(f"`{text}` is not a list of wavelengths such as 371nm,399nm")
    return found


def positive(text: str) -> float:
    """A positive finite number; an argparse type."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"`{text}` is not a positive number")
    return value


def point_count(text: str) -> int:
    """The number of output times, two at least; an argparse type."""
    return _whole(text, 2, "two or more")


def step_count(text: str) -> int:
    """A number of steps, one at least; an argparse type."""
    return _whole(text, 1, "one or more")


def repeat_count(text: str) -> int:
    """A number of runs or threads, one at least; an argparse type."""
    return _whole(text, 1, "one or more")


def seed_number(text: str) -> int:
    """A seed, zero or more; an argparse type."""
    return _whole(text, 0, "zero or more")


def _whole(text: str, least: int, words: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of {words}")
    return value


def read_quantity(option: str, text: str, dimension: Dimension, mechanism: Mechanism) -> float:
    """The value of an option in the file's units; a number without a unit is in them already.

    Raises:
        MechanismError: not a number, an unknown unit, or a unit of another dimension.
    """
    try:
        amount, given = parse_quantity(text, mechanism.units)
    except QuantityError as error:
        raise MechanismError.of("E012", f"{option}: {error}", hint=error.hint) from None
    if given is not None and given != dimension:
        message = f"{option} is {name_dimension(dimension)}, and `{text}` is {name_dimension(given)}"
        raise MechanismError.of("E020", message, hint=f"as in {option} '10 {mechanism.units.describe(dimension)}'")
    return float(amount)


def with_settings(mechanism: Mechanism, set_: Iterable[tuple[str, str]], init: Iterable[tuple[str, str]]) -> Mechanism:
    """`mechanism` with the values of ``--set`` (parameters and derived values) and ``--init`` (species).

    Raises:
        MechanismError: an unknown name, one of the other kind, or a value that does not fit.
    """
    parameters = {item.name for items in (mechanism.parameters, mechanism.definitions) for item in items}
    species = {s.name for s in mechanism.species}
    changes: dict[str, float | str] = {}
    for name, value in set_:
        if name in species:
            raise _wrong(f"--set: `{name}` is a species", f"--init {name}={value} gives its initial value")
        if name not in parameters:
            raise _wrong(f"--set: {mechanism.name} has no parameter `{name}`", suggest(name, parameters))
        changes[name] = value
    for name, value in init:
        if name in parameters:
            raise _wrong(f"--init: `{name}` is a parameter", f"--set {name}={value} gives its value")
        if name not in species:
            raise _wrong(f"--init: {mechanism.name} has no species `{name}`", suggest(name, species))
        changes[name] = value
    return mechanism.with_values(changes) if changes else mechanism


def with_structured(mechanism: Mechanism, init: Iterable[tuple[str, str]]) -> tuple[Mechanism, list[tuple[str, str]]]:
    """`mechanism` with the amounts that ``--init`` gives structures, ``L(r)=1 mM``, and the pairs that are left.

    Raises:
        MechanismError: the file has no rules, what is written is no whole species, or a value does not fit.
    """
    pairs = list(init)
    amounts = {name: value for name, value in pairs if "(" in name}
    if not amounts:
        return mechanism, pairs
    if mechanism.structure is None:
        name = next(iter(amounts))
        raise _wrong(f"--init: {mechanism.name} has no rules, so no species `{name}`", None)
    from mscnet.interop.bngl_amounts import with_amounts

    return with_amounts(mechanism, amounts, "--init"), [pair for pair in pairs if pair[0] not in amounts]


def outside_bounds(mechanism: Mechanism, names: Iterable[str]) -> list[Diagnostic]:
    """A warning for each parameter of `names` whose value lies outside its bounds."""
    asked = set(names)
    return [
        Diagnostic("warning", "W061", f"the value of `{p.name}` lies outside its bounds", hint=_bounds(mechanism, p))
        for p in mechanism.parameters
        if p.name in asked and p.value is not None and p.bounds and not p.bounds[0] <= p.value <= p.bounds[1]
    ]


def _bounds(mechanism: Mechanism, parameter: Parameter) -> str:
    assert parameter.bounds is not None
    low, high = (bound / parameter.unit_factor for bound in parameter.bounds)
    unit = parameter_unit(mechanism, parameter)
    return f"{parameter_value(mechanism, parameter)} is not within {number(low)} .. {quantity(high, unit)}"


def _wrong(message: str, hint: str | None) -> MechanismError:
    return MechanismError.of("E010", message, hint=hint)
