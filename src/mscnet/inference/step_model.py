"""Mechanisms made of what a file's pathways share and of candidate steps: what `propose` fits and hands back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.values import rate_expressions
from mscnet.inference.candidates import Candidate
from mscnet.mechanism.bench_use import bench_expressions, bench_parameters, parameters_behind
from mscnet.mechanism.expression import Expression, Product, Symbol
from mscnet.mechanism.facts import Fact, expressions_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter, RateLaw, Reaction
from mscnet.mechanism.units import TIME, Dimension
from mscnet.records import dataclass, replace

#: The end of the names of candidate steps: with its blank, no step of a file is called so.
CANDIDATE = " candidate"
#: How far a rate constant may be from the reciprocal of the longest time, and of the shortest.
SLOWEST, FASTEST = 1e-4, 1e3


@dataclass(frozen=True, slots=True)
class Scales:
    """What rate constants are measured by: the shortest and the longest time of the data, a typical concentration."""

    shortest: float
    longest: float
    concentration: float

    def typical(self, order: int) -> float:
        """A constant with which a step of this order takes about as long as the data."""
        return float(1.0 / (self.longest * self.concentration ** (order - 1)))

    def bounds(self, order: int) -> tuple[float, float]:
        """The range of the constants of steps of this order."""
        size = self.concentration ** (order - 1)
        return SLOWEST / (self.longest * size), FASTEST / (self.shortest * size)


def common_part(mechanism: Mechanism, keep: Sequence[str] | None = None, from_scratch: bool = False) -> Mechanism:
    """The one model without pathways that holds the kept common steps, and all the rest that pathways share.

    Args:
        keep: names or labels of the common steps that stay; None is all of them.
        from_scratch: none stays.

    Raises:
        MechanismError: no common step is called so.
    """
    common = [r for r in mechanism.reactions if r.pathway is None]
    known = {name for r in common for name in (r.name, r.label) if name}
    for name in keep or ():
        if name not in known:
            raise MechanismError.of("E010", f"{mechanism.name} has no common step `{name}`", hint=suggest(name, known))
    kept = [r for r in common if not from_scratch and (keep is None or r.name in keep or r.label in keep)]
    labels = {r.partner for r in kept}  # a reversible step stays whole
    reactions = tuple(r for r in common if r in kept or r.name in labels)
    return _settled(mechanism, reactions)


def _settled(mechanism: Mechanism, reactions: tuple[Reaction, ...]) -> Mechanism:
    """The mechanism with only these reactions; what nothing depends on any more is fixed, or gone."""

    def once(items: Iterable[Any]) -> tuple[Any, ...]:
        found: dict[str, Any] = {}
        for item in sorted(items, key=lambda item: item.pathway is not None):
            found.setdefault(item.name, replace(item, pathway=None) if item.pathway is not None else item)
        return tuple(found[name] for name in dict.fromkeys(item.name for item in items))

    def shared(items: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(item for item in items if item.pathway is None)

    facts = tuple(fact for fact in mechanism.facts if _holds_of_any_set(fact))
    model = replace(
        mechanism,
        pathways=(), pathway=None, reactions=reactions, species=once(mechanism.species),
        parameters=once(mechanism.parameters), definitions=shared(mechanism.definitions),
        functions=shared(mechanism.functions), observables=shared(mechanism.observables), facts=facts,
        options=tuple(o for o in mechanism.options if o.name != "pathway"),
    )  # fmt: skip
    return replace(model, parameters=tuple(_parameters(model)))


def _holds_of_any_set(fact: Fact) -> bool:
    """Whether a fact can be asked of any set of steps: not if it names a step of the file."""
    return fact.relation != "rate_determining"


def _parameters(model: Mechanism) -> Iterable[Parameter]:
    matter = parameters_behind(
        model, [*rate_expressions(model), *bench_expressions(model), *expressions_of(model.facts)]
    )
    used = model.used_parameters() | bench_parameters(model)
    for parameter in model.parameters:
        if parameter.name in matter:
            yield parameter if parameter.value is not None else replace(parameter, value=_middle(parameter))
        elif parameter.name in used or parameter.declared:
            yield replace(parameter, fixed=True, value=1.0 if parameter.value is None else parameter.value)


def _middle(parameter: Parameter) -> float:
    if parameter.bounds is None:
        return 1.0
    low, high = parameter.bounds
    return math.sqrt(low * high) if parameter.scale == "log" and low > 0 else 0.5 * (low + high)


def with_steps(
    base: Mechanism,
    steps: Sequence[Candidate],
    scales: Scales,
    *,
    values: Sequence[float] | None = None,
    factor: str | None = None,
) -> Mechanism:
    """`base` with mass-action steps whose constants are free parameters, called as `constant_names` says.

    Args:
        values: of the constants; without them, those that `scales` finds typical.
        factor: a derived value of the file that multiplies every new constant.

    Raises:
        MechanismError: the file derives no value called `factor`.
    """
    names = constant_names(base, len(steps))
    unit = _dimensions(base)
    parameters, reactions = [], []
    for i, (name, step) in enumerate(zip(names, steps, strict=True)):
        value = scales.typical(step.order) if values is None else float(values[i])
        dimension = unit[0] * unit[1] ** (1 - step.order)
        text = base.units.describe(dimension)
        bounds = scales.bounds(step.order)
        parameters.append(Parameter(name, value, dimension, text, bounds=bounds, scale="log"))
        law = RateLaw("mass_action", _law(base, name, factor))
        reactants, products = step.terms(step.reactants), step.terms(step.products)
        reactions.append(Reaction(f"{name}{CANDIDATE}", reactants, products, reactants, law))
    return replace(base, parameters=(*base.parameters, *parameters), reactions=(*base.reactions, *reactions))


def constant_names(base: Mechanism, count: int) -> tuple[str, ...]:
    """Names for the constants of new steps that nothing in the file has."""
    taken = {item.name for items in (base.species, base.parameters, base.derived, base.functions) for item in items}
    stem = next(s for s in ("k", "kp", *(f"kp{'_' * n}" for n in range(1, 100))) if not _used(s, taken))
    return tuple(f"{stem}{i + 1}" for i in range(count))


def _used(stem: str, taken: set[str]) -> bool:
    return any(name.startswith(stem) and name[len(stem) :].isdecimal() for name in taken)


def _law(base: Mechanism, name: str, factor: str | None) -> Expression:
    constant = Symbol(name, "parameter")
    if factor is None:
        return constant
    known = [d.name for d in base.definitions]
    if factor not in known:
        message = f"{base.name} derives no value `{factor}` that steps could be multiplied by"
        raise MechanismError.of("E010", message, hint=suggest(factor, known))
    return Product((constant, Symbol(factor, "definition")))


def _dimensions(base: Mechanism) -> tuple[Dimension, Dimension]:
    """Per time, and the dimension that concentrations of this file have."""
    given = [s.dimension for s in base.species]
    return TIME**-1, given[0] if given else base.units.concentration.dimension
