"""What an experiment may be changed in: loop variables, parameters that steps use, how long it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.asked import runs_by_itself
from mscnet.mechanism.bench import Experiment, Hold, Observe, Origin
from mscnet.mechanism.bench_use import all_steps, experiment_expressions, parameters_behind
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.units import TIME, Dimension, name_dimension
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: Variables go so far beyond the values that were tried, either way, where nobody says how far.
WIDEN = 1.5
#: How long something stands may be so many times shorter or longer.
STANDING = 4.0
#: A range whose ends are more than this factor apart is searched on a log scale.
_DECADE = 10.0
#: Values are rounded to so many digits in the unit that they are written in.
DIGITS = 2

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(
    rf"\s*(?P<a>{_NUMBER})\s*(?P<unit>[^\d\s.][^.]*?)?\s*\.\.\s*(?P<b>{_NUMBER})\s*(?P<other>\S.*?)?\s*"
)


@dataclass(frozen=True, slots=True)
class Factor:
    """What may be changed, between `lower` and `upper` (file's units).

    A ``loop`` is a variable of the experiment, a ``parameter`` gets a value in it alone, a ``hold`` is the duration of
    the step `place`, and ``after`` how long the vessel stood that the experiment begins from.  For people values are
    over `unit_factor`, in `unit`.
    """

    name: str
    kind: Literal["loop", "parameter", "hold", "after"]
    lower: float
    upper: float
    unit: str = ""
    unit_factor: float = 1.0
    dimension: Dimension | None = None
    place: int = -1

    @property
    def log(self) -> bool:
        """Whether it is searched on a log scale."""
        return self.lower > 0 and self.upper > _DECADE * self.lower

    def at(self, share: float) -> float:
        """The value at a share, 0 to 1, of the range."""
        if self.log:
            return self.lower * (self.upper / self.lower) ** share
        return self.lower + share * (self.upper - self.lower)

    def share(self, value: float) -> float:
        """The inverse of `at`."""
        if self.log:
            return math.log(value / self.lower) / math.log(self.upper / self.lower)
        return (value - self.lower) / (self.upper - self.lower)

    def rounded(self, value: float) -> float:
        """The value with `DIGITS` digits in its unit, inside the range."""
        near = _short(value / self.unit_factor) * self.unit_factor
        return near if self.lower <= near <= self.upper else value

    def text(self, value: float) -> str:
        """``30 uL``."""
        return f"{value / self.unit_factor:.4g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Template:
    """An experiment of the file with what may be changed in it."""

    experiment: Experiment
    factors: tuple[Factor, ...]

    def values(self, shares: Sequence[float] | FloatArray) -> tuple[float, ...]:
        """The values (n_factors,) at shares of the ranges."""
        return tuple(f.at(min(max(float(s), 0.0), 1.0)) for f, s in zip(self.factors, shares, strict=True))

    def shares(self, values: Sequence[float]) -> FloatArray:
        """Where values (n_factors,) lie in the ranges."""
        return np.array([f.share(v) for f, v in zip(self.factors, values, strict=True)], dtype=float)

    def rounded(self, values: Sequence[float]) -> tuple[float, ...]:
        """The values as they are measured out."""
        return tuple(f.rounded(v) for f, v in zip(self.factors, values, strict=True))

    def with_values(self, values: Sequence[float], name: str) -> Experiment:
        """The experiment with these values (n_factors,), under a name of its own."""
        made = replace(self.experiment, name=name)
        for factor, value in zip(self.factors, values, strict=True):
            made = _changed(made, factor, Number(Fraction(value), factor.dimension))
        return made


def _changed(experiment: Experiment, factor: Factor, value: Number) -> Experiment:
    if factor.kind == "loop":
        loops = tuple(replace(e, values=(value,)) if e.variable == factor.name else e for e in experiment.loops)
        return replace(experiment, loops=loops)
    if factor.kind == "parameter":
        kept = tuple(pair for pair in experiment.values if pair[0] != factor.name)
        return replace(experiment, values=(*kept, (factor.name, value)))
    if factor.kind == "after":
        assert isinstance(experiment.origin, Origin)
        return replace(experiment, origin=replace(experiment.origin, after=value))
    steps = list(experiment.steps)
    held = steps[factor.place]
    assert isinstance(held, Hold)
    steps[factor.place] = replace(held, duration=value)
    return replace(experiment, steps=tuple(steps))


# --- what the file allows ---------------------------------------------------------------------------------


def templates_of(
    model: Mechanism,
    vary: Mapping[str, tuple[float, float] | str] | None = None,
    experiments: Sequence[str] | None = None,
) -> tuple[Template, ...]:
    """The experiments that measure something, with what may be changed in each.

    Without `vary`: loop variables, `WIDEN` times beyond their values either way, and how long something stands, up to
    `STANDING` times shorter or longer.  With it only what it names: ``fig4.v``, a parameter that steps use,
    ``fig4.hold2`` (the second hold of fig4), ``fig4.after``; ranges are pairs in the file's units or texts such as
    ``5..100 uL``.

    Raises:
        MechanismError: E146, an unknown name, a range that is none, nothing to change or to measure.
    """
    chosen = model.expanded
    usable = [e for e in chosen.experiments if runs_by_itself(e) and _measures(e)]
    _check(chosen, [e.name for e in usable], experiments)
    if experiments is not None:
        usable = [e for e in usable if e.name in experiments]
    found = [Template(e, tuple(_all_factors(chosen, e))) for e in usable]
    if not vary:
        return tuple(found)
    templates = [_chosen(chosen, template, vary) for template in found]
    for name in vary:
        if not any(_named(name, t.experiment, f) for t in templates for f in t.factors):
            raise _unknown(chosen, name, found)
    return tuple(t for t in templates if t.factors)


def _measures(experiment: Experiment) -> bool:
    return any(isinstance(step, Observe) for step in all_steps(experiment.steps))


def _check(model: Mechanism, usable: Sequence[str], wanted: Sequence[str] | None) -> None:
    if not usable:
        hint = "write one: `experiment mixing(v) for v in 1, 2 mL { mix v A ; measure [A] every 1 min for 1 h }`"
        raise MechanismError.of("E146", f"{model.name} has no experiment that measures something", hint=hint)
    for name in wanted or ():
        if name not in usable:
            hint = suggest(name, usable) or "there are " + ", ".join(usable)
            raise MechanismError.of("E146", f"{model.name} has no experiment `{name}` to design from", hint=hint)


def _all_factors(model: Mechanism, experiment: Experiment) -> Iterable[Factor]:
    for loop in experiment.loops:
        values = [model.evaluate(value) for value in loop.values]
        if all(math.isfinite(v) for v in values):
            ends = _wider(min(values), max(values))
            low, high = (_short(end / loop.unit_factor) * loop.unit_factor for end in ends)
            yield Factor(loop.variable, "loop", low, high, loop.unit, loop.unit_factor, _dimension(loop.values))
    holds = [i for i, step in enumerate(experiment.steps) if isinstance(step, Hold)]
    for number, i in enumerate(holds, 1):
        step = experiment.steps[i]
        assert isinstance(step, Hold)
        if isinstance(step.duration, Number) and step.duration.value > 0:
            yield _standing(model, f"hold{number}" if len(holds) > 1 else "hold", "hold", step.duration, i)
    origin = experiment.origin
    if origin is not None and isinstance(origin.after, Number) and origin.after.value > 0:
        yield _standing(model, "after", "after", origin.after, -1)


def _standing(model: Mechanism, name: str, kind: Literal["hold", "after"], value: Number, place: int) -> Factor:
    time = float(value.value)
    unit, size = _written_unit(model, value)
    return Factor(name, kind, time / STANDING, time * STANDING, unit, size, TIME, place)


def _written_unit(model: Mechanism, value: Number) -> tuple[str, float]:
    """The unit that a time is written in, as ``h``, and its size in the file's; the file's own where there is none."""
    own = model.units.time.symbol, 1.0
    found = re.fullmatch(rf"{_NUMBER}\s*(?P<unit>[^\W\d]+)", value.span.text) if value.span is not None else None
    if found is None:
        return own
    try:
        size, dimension = parse_quantity(f"1 {found['unit']}", model.units)
    except QuantityError:
        return own
    return (found["unit"], float(size)) if dimension == TIME else own


def _short(number: float) -> float:
    """A number with `DIGITS` digits."""
    if number == 0 or not math.isfinite(number):
        return number
    return round(number, DIGITS - 1 - math.floor(math.log10(abs(number))))


def _wider(low: float, high: float) -> tuple[float, float]:
    if low >= 0:
        return low / WIDEN, high * WIDEN
    beyond = 0.5 * (WIDEN - 1.0) * (high - low)
    return low - beyond, high + beyond


def _dimension(values: Iterable[Expression]) -> Dimension | None:
    return next((v.dimension for v in values if isinstance(v, Number) and v.dimension is not None), None)


# --- what the user allows ---------------------------------------------------------------------------------


def _chosen(model: Mechanism, template: Template, vary: Mapping[str, tuple[float, float] | str]) -> Template:
    experiment = template.experiment
    factors = []
    for name, given in vary.items():
        known = next((f for f in template.factors if _named(name, experiment, f)), None)
        factor = known or _parameter(model, experiment, name)
        if factor is not None:
            factors.append(_ranged(model, factor, name, given))
    return Template(experiment, tuple(factors))


def _named(name: str, experiment: Experiment, factor: Factor) -> bool:
    if factor.kind == "parameter":
        return name in (factor.name, f"{experiment.name}.{factor.name}")
    return name == f"{experiment.name}.{factor.name}"


def _parameter(model: Mechanism, experiment: Experiment, name: str) -> Factor | None:
    """A parameter that the steps of the experiment use."""
    own = name.removeprefix(experiment.name + ".")
    used = parameters_behind(model, experiment_expressions(experiment))
    found = next((p for p in model.parameters if p.name == own and own in used), None)
    if found is None:
        return None
    return Factor(own, "parameter", 0.0, 0.0, found.unit, found.unit_factor, found.dimension)


def _ranged(model: Mechanism, factor: Factor, name: str, given: tuple[float, float] | str) -> Factor:
    if isinstance(given, str):
        return _read_range(model, factor, name, given)
    low, high = (float(end) for end in given)
    return _with_range(factor, name, low, high)


def _read_range(model: Mechanism, factor: Factor, name: str, text: str) -> Factor:
    """``5..100 uL``; an end without a unit has that of the other."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise MechanismError.of("E146", f"`{name}={text}` is no range", hint=f"as in {name}=5..100 uL")
    units = found["unit"] or found["other"], found["other"] or found["unit"]
    ends = [_quantity(model, factor, name, f"{found[key]} {unit or ''}") for key, unit in zip("ab", units, strict=True)]
    if units[1]:
        one, _ = parse_quantity(f"1 {units[1]}", model.units)
        factor = replace(factor, unit=units[1], unit_factor=float(one))
    return _with_range(factor, name, *ends)


def _quantity(model: Mechanism, factor: Factor, name: str, text: str) -> float:
    try:
        value, dimension = parse_quantity(text, model.units)
    except QuantityError as error:
        raise MechanismError.of("E012", f"`{name}`: {error}", hint=error.hint) from None
    if dimension is not None and factor.dimension is not None and dimension != factor.dimension:
        said = f"`{name}` is {name_dimension(factor.dimension)}, not {name_dimension(dimension)}"
        raise MechanismError.of("E020", said, hint=f"in {model.units.describe(factor.dimension)}, say")
    return float(value)


def _with_range(factor: Factor, name: str, low: float, high: float) -> Factor:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise MechanismError.of("E146", f"`{name}` has no range: from {low:g} to {high:g}")
    return replace(factor, lower=low, upper=high)


def _unknown(model: Mechanism, name: str, templates: Iterable[Template]) -> MechanismError:
    known = [f"{t.experiment.name}.{f.name}" for t in templates for f in t.factors]
    hint = suggest(name, known) or "what may be changed: " + ", ".join([*known, "parameters that steps use"])
    return MechanismError.of("E146", f"nothing in an experiment that measures is called `{name}`", hint=hint)
