"""What a scan varies: a name with its values, or with the range that samples are drawn from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.members import spelled
from mscnet.mechanism.types import Parameter
from mscnet.records import dataclass
from mscnet.simulation.names import suggest_name
from mscnet.simulation.simulator import read_value

FloatArray = NDArray[np.float64]
Scale = Literal["linear", "log"]

#: The number in front of a unit.
_NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")

#: A range has at most so many values.
MAX_VALUES_OF_A_RANGE = 10_000_000

#: What `over` may hold for a name: a text such as ``"1e-3..1:20:log"`` or ``"1mM,2mM"``, values, or None for the bounds
#: or the prior that the file gives.
Over = Mapping[str, Any] | Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The values (n,) of one name in a grid, in the file's units."""

    name: str
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Range:
    """Where the samples of one name come from, in the file's units: evenly from `low` to `high` on a scale, or, with a
    `deviation`, normally distributed about `middle` (and within the bounds)."""

    name: str
    low: float
    high: float
    scale: Scale
    middle: float = math.nan
    deviation: float | None = None


def read_axes(mechanism: Mechanism, over: Over) -> tuple[Axis, ...]:
    """The axes of a grid.

    Raises:
        MechanismError: an unknown name, a text that is no list or range of values, or a value that makes no sense.
    """
    return tuple(_axis(mechanism, name, given) for name, given in _pairs(mechanism, over).items())


def read_ranges(mechanism: Mechanism, over: Over) -> tuple[Range, ...]:
    """What samples are drawn from; errors as `read_axes`."""
    return tuple(_sampled(mechanism, name, given) for name, given in _pairs(mechanism, over).items())


def _pairs(mechanism: Mechanism, over: Over) -> dict[str, Any]:
    pairs = dict(over) if isinstance(over, Mapping) else dict.fromkeys(over)
    pairs = {spelled(name): given for name, given in pairs.items()}
    known = [item.name for items in (mechanism.parameters, mechanism.species, mechanism.definitions) for item in items]
    for name in pairs:
        if name not in known:
            message = f"`{name}` is neither a parameter nor a species of {mechanism.name}"
            raise MechanismError.of("E010", message, hint=suggest_name(name, known, mechanism))
        mechanism.refuse_size(name)
    if not pairs:
        raise _wrong("the scan varies nothing", "say what, as in --over k1=1e-3..1:20:log")
    return pairs


def _axis(mechanism: Mechanism, name: str, given: Any) -> Axis:
    if isinstance(given, str) and ".." in given:
        low, high, count, scale = _split(mechanism, name, given)
        if count is None:
            raise _wrong(f"`{name}={given}` does not say how many values", f"as in {name}={given.split(':')[0]}:20")
        return Axis(name, _spaced(low, high, count, scale))
    if given is None:
        raise _wrong(f"the values of `{name}` are not given", f"as in {name}=1e-3..1:20:log, or sample them")
    parts = given.split(",") if isinstance(given, str) else list(np.atleast_1d(np.asarray(given, dtype=object)))
    values = [_number(mechanism, name, part.strip() if isinstance(part, str) else part) for part in parts]
    if not values:
        raise _wrong(f"`{name}` has no values", None)
    if len(set(values)) < len(values):
        raise _wrong(f"a value of `{name}` comes twice", None)
    return Axis(name, np.array(values))


def _sampled(mechanism: Mechanism, name: str, given: Any) -> Range:
    if isinstance(given, str):
        if ".." not in given:
            raise _wrong(f"`{name}={given}` is no range to draw from", f"as in {name}=1e-3..1:log")
        low, high, count, scale = _split(mechanism, name, given)
        if count is not None:
            raise _wrong(f"`{name}={given}`: samples take no number of values", "--sample says how many there are")
        return Range(name, low, high, scale)
    if given is not None:
        low, high = (_number(mechanism, name, value) for value in given)
        return Range(name, *_checked(name, low, high, "linear"), "linear")
    parameter = next((p for p in mechanism.parameters if p.name == name), None)
    if parameter is None or (parameter.bounds is None and parameter.prior is None):
        raise _wrong(f"`{name}` has neither bounds nor a prior in the file", f"give a range: {name}=1e-3..1:log")
    return _of_file(parameter)


def _of_file(parameter: Parameter) -> Range:
    low, high = parameter.bounds or (-math.inf, math.inf)
    if parameter.prior is not None and parameter.value is not None:
        return Range(parameter.name, low, high, "linear", parameter.value, parameter.prior)
    return Range(parameter.name, *_checked(parameter.name, low, high, parameter.scale), parameter.scale)


def _split(mechanism: Mechanism, name: str, text: str) -> tuple[float, float, int | None, Scale]:
    """Ends, number of values and scale of ``LOW..HIGH[:N][:log|linear]``; a unit behind HIGH holds for LOW too."""
    ends, *rest = text.split(":")
    low, _, high = (part.strip() for part in ends.partition(".."))
    parameter = next((p for p in mechanism.parameters if p.name == name), None)
    scale: Scale = parameter.scale if parameter else "linear"
    count: int | None = None
    for word in (part.strip() for part in rest):
        if word in ("log", "linear", "lin"):
            scale = "log" if word == "log" else "linear"
        elif word.isdecimal() and count is None and 1 <= int(word) <= MAX_VALUES_OF_A_RANGE:
            count = int(word)
        else:
            raise _wrong(f"`{name}={text}`: `{word}` is neither a number of values nor `log`", f"as in {name}=1..10:20")
    unit = _NUMBER.sub("", high)
    if unit and not _NUMBER.sub("", low):
        low = f"{low} {unit}"
    first, last = _checked(name, _number(mechanism, name, low), _number(mechanism, name, high), scale)
    return first, last, count, scale


def _checked(name: str, low: float, high: float, scale: Scale) -> tuple[float, float]:
    if not low < high < math.inf or low == -math.inf:
        raise _wrong(f"the range of `{name}`, {low:g} to {high:g}, does not rise", None)
    if scale == "log" and low <= 0.0:
        raise _wrong(f"the range of `{name}` begins at {low:g}; a logarithmic one is above 0", None)
    return low, high


def _spaced(low: float, high: float, count: int, scale: Scale) -> FloatArray:
    """`count` values from one end to the other, both exact."""
    if count == 1:
        return np.array([low])
    values = np.geomspace(low, high, count) if scale == "log" else np.linspace(low, high, count)
    values[0], values[-1] = low, high
    return values


def _number(mechanism: Mechanism, name: str, value: Any) -> float:
    if isinstance(value, str):
        return read_value(mechanism, name, value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or (number < 0.0 and any(s.name == name for s in mechanism.species)):
        dimensions = {x.name: x.dimension for x in mechanism.parameters} | {
            x.name: x.dimension for x in mechanism.species
        }
        dimension = dimensions.get(name)
        unit = mechanism.units.describe(dimension) if dimension is not None else ""
        raise MechanismError.of("E041", f"a value of `{name}` is negative or not finite: {value} {unit}".rstrip())
    return number


def _wrong(message: str, hint: str | None) -> MechanismError:
    return MechanismError.of("E046", message, hint=hint)
