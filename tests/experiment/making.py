"""Experiments put together in Python, for models that are written in the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import mscnet
from mscnet.mechanism.bench import (
    Add,
    Content,
    Experiment,
    Hold,
    Loop,
    Mix,
    Observe,
    Portion,
    Reading,
    Step,
    Stock,
    Take,
)
from mscnet.mechanism.expression import Expression, Number, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import NONE
from mscnet.records import replace


def number(value: Any) -> Expression:
    """A number, exact as it is typed; an expression stays."""
    return value if not isinstance(value, int | float | str | Fraction) else Number(Fraction(str(value)))


def optional(value: Any) -> Expression | None:
    return None if value is None else number(value)


def loop(name: str) -> Symbol:
    return Symbol(name, "loop")


def species(name: str) -> Symbol:
    return Symbol(name, "species")


def parameter(name: str) -> Symbol:
    return Symbol(name, "parameter")


def portion(quantity: Any, of: str, measure: Any = "volume") -> Portion:
    return Portion(of, optional(quantity), measure)


def mix(*portions: Portion, into: str = "pot") -> Mix:
    return Mix(portions, into)


def add(*portions: Portion, over: Any = None, to: str = "pot") -> Add:
    return Add(portions, optional(over), to)


def hold(duration: Any, temperature: Any = None, until: Any = None) -> Hold:
    return Hold(number(duration), optional(temperature), optional(until))


def take(volume: Any, source: str = "pot", into: str = "pot") -> Take:
    return Take(number(volume), source, into)


def value(name: str, expression: Any = None) -> Reading:
    """A reading of an expression, by default of the species of that name."""
    return Reading(name, "value", expression=expression if expression is not None else species(name))


def measure(*readings: Reading, every: Any = None, duration: Any = None, times: Iterable[Any] = (), dead: Any = None,
            temperature: Any = None) -> Observe:  # fmt: skip
    return Observe(
        readings, optional(every), optional(duration), tuple(number(t) for t in times), optional(dead),
        optional(temperature),
    )  # fmt: skip


def solution(name: str, solvent: str | None = None, **contents: Any) -> Stock:
    made = tuple(Content(species, number(concentration)) for species, concentration in contents.items())
    return Stock(name, "solution", made, solvent)


def solvent(name: str) -> Stock:
    return Stock(name, "solvent")


def experiment(name: str, *steps: Step, loops: Mapping[str, Iterable[Any]] | None = None, **fields: Any) -> Experiment:
    made = tuple(Loop(variable, tuple(number(v) for v in values)) for variable, values in (loops or {}).items())
    return Experiment(name, steps, loops=made, **fields)


def bench(text: str | Mechanism, stocks: Iterable[Stock], *experiments: Experiment) -> Mechanism:
    """A model with stocks and experiments; each solvent brings the parameters that say how much of it there is.

    A parameter of these names that `text` declares is a solvent's own, so that laws can use it: with `_` for a blank.
    """
    model = mscnet.loads(text) if isinstance(text, str) else text
    stocks = tuple(stocks)
    known = {p.name for p in model.parameters}
    named = [name for s in stocks if s.kind == "solvent" for name in (s.name, f"in {s.name}")]
    made = tuple(Parameter(name, 0.0, NONE, fixed=True) for name in named if name not in known)
    return replace(model, stocks=stocks, experiments=experiments, parameters=(*model.parameters, *made))


def final(run: Any, name: str, which: int = -1) -> float:
    """The concentration of a species at the end of a condition, of the vessel that the last step left."""
    condition = run.conditions[which]
    index = [s.name for s in run.model.species].index(name)
    return float(condition.ledger[-1].concentrations[index])
