"""A mechanism, or a part of one, with other names and expressions: for imports and derived pathways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from mscnet.mechanism.bench import (
    Content,
    DataFile,
    DiluteTo,
    Experiment,
    Origin,
    Portion,
    Set,
    Stock,
)
from mscnet.mechanism.events import Action, Event
from mscnet.mechanism.expression import (
    Expression,
    Lookup,
    Number,
    Symbol,
    Table,
    children,
    rebuild,
)
from mscnet.mechanism.facts import BandReading, Course, Fact
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.optics import Band
from mscnet.mechanism.structure import Count, MoleculePattern, MoleculeType, Pattern, Place, PopulationMap, Rule
from mscnet.mechanism.types import (
    Compartment,
    Definition,
    Function,
    Observable,
    Parameter,
    Pathway,
    Reaction,
    Species,
    Term,
)
from mscnet.records import replace

#: What a name is of: ``value`` is a species, parameter, derived value, observable or function; ``stock`` may be a
#: vessel, too.
Space = Literal["value", "step", "pathway", "stock", "experiment"]
Rename = Callable[[str, Space], str]
Change = Callable[[Expression], Expression]

#: The fields of each class that hold names, with what they are names of.
NAMES: dict[type, dict[str, Space]] = {
    Species: {"name": "value", "pathway": "pathway", "compartment": "value"},
    Compartment: {"name": "value"},
    Parameter: {"name": "value", "pathway": "pathway"},
    Definition: {"name": "value", "pathway": "pathway"},
    Observable: {"name": "value", "pathway": "pathway"},
    Function: {"name": "value", "pathway": "pathway"},
    Term: {"species": "value"},
    Reaction: {"name": "step", "label": "step", "partner": "step", "pathway": "pathway"},
    Pathway: {"name": "pathway", "bases": "pathway", "overrides": "value", "without": "step"},
    Content: {"species": "value"},
    Stock: {"name": "stock", "solvent": "stock"},
    Portion: {"of": "stock"},
    DiluteTo: {"stock": "stock"},
    Set: {"name": "value"},
    Origin: {"experiment": "experiment"},
    Experiment: {"name": "experiment"},
    DataFile: {"experiment": "experiment"},
    Band: {"species": "value"},
    BandReading: {"species": "value"},
    Course: {"experiment": "experiment"},
    Fact: {"experiment": "experiment"},
    Event: {"label": "step", "pathway": "pathway"},
    Action: {"target": "value"},
    MoleculeType: {"name": "value"},
    MoleculePattern: {"name": "value", "place": "value"},
    Pattern: {"place": "value"},
    Place: {"name": "value", "parent": "value"},
    Rule: {"name": "step", "label": "step", "partner": "step", "pathway": "pathway"},
    Count: {"name": "value", "pathway": "pathway"},
    PopulationMap: {"population": "value"},
}
#: Symbols of these kinds name something of the file.
_KINDS = frozenset({"species", "parameter", "definition", "observable", "local"})
#: The fields of a mechanism that hold its items; `structure` holds others, in fields of its own.
ITEMS = (
    "species", "parameters", "definitions", "functions", "observables", "reactions", "pathways", "stocks", "bands",
    "instrument", "experiments", "data_files", "facts", "bonds", "events",
    "compartments",
)  # fmt: skip


def rewritten(item: Any, rename: Rename, change: Change) -> Any:
    """An item of a mechanism, or a tuple of such, with every name and every expression in it put through the two."""
    if isinstance(item, Expression):
        return change(item)
    if isinstance(item, tuple):
        return tuple([rewritten(each, rename, change) for each in item])
    if not dataclasses.is_dataclass(item) or isinstance(item, type):
        return item
    names = NAMES.get(type(item), {})
    changed: dict[str, Any] = {}
    for each in dataclasses.fields(item):
        value = getattr(item, each.name)
        if value is None or each.name in ("span", "dimension", "composition"):
            continue
        if each.name in names:
            space = names[each.name]
            new: Any = tuple(rename(n, space) for n in value) if isinstance(value, tuple) else rename(value, space)
        elif isinstance(value, str | int | float):
            continue
        else:
            new = rewritten(value, rename, change)
        if new is not value:
            changed[each.name] = new
    if isinstance(item, Experiment) and item.values:
        changed["values"] = tuple((rename(name, "value"), change(value)) for name, value in item.values)
    if isinstance(item, Fact) and item.relation == "rate_determining" and item.variable is not None:
        changed["variable"] = rename(item.variable, "step")
    return dataclasses.replace(item, **changed) if changed else item


def rewrite(mechanism: Mechanism, rename: Rename, change: Change) -> Mechanism:
    """A mechanism with every name and every expression put through the two; options and units stay as they are."""
    return dataclasses.replace(
        mechanism, **{field: rewritten(getattr(mechanism, field), rename, change) for field in (*ITEMS, "structure")}
    )


def map_expression(
    expression: Expression, number: Callable[[Number], Expression], symbol: Callable[[Symbol], Expression],
    table: Callable[[Table], Table] = lambda table: table,
) -> Expression:  # fmt: skip
    """The expression with every number and symbol in it put through the two, and every table through `table`."""
    if isinstance(expression, Number):
        return number(expression)
    if isinstance(expression, Symbol):
        return symbol(expression)
    if isinstance(expression, Lookup) and (made := table(expression.table)) is not expression.table:
        expression = Lookup(made, expression.argument, expression.span)
    parts = children(expression)
    mapped = tuple([map_expression(part, number, symbol, table) for part in parts])
    return expression if all(a is b for a, b in zip(parts, mapped, strict=True)) else rebuild(expression, mapped)


def symbols_changed(names: Callable[[str], str], kinds: Callable[[Symbol], str] = lambda symbol: symbol.kind) -> Change:
    """What renames the symbols of an expression that name something of the file, and gives them other kinds."""

    def symbol(old: Symbol) -> Expression:
        if old.kind not in _KINDS:
            return old
        name, kind = names(old.name), kinds(old)
        return old if name == old.name and kind == old.kind else Symbol(name, kind, old.span)  # type: ignore[arg-type]

    return lambda expression: map_expression(expression, lambda number: number, symbol)


def prefixed(mechanism: Mechanism, prefix: str, stocks: frozenset[str]) -> Mechanism:
    """Every name of a mechanism with `prefix` and a dot before it, but that of the temperature, which is one for all.

    `stocks` are the names that portions may be of beside those of vessels, which keep their names.
    """

    def value(name: str) -> str:
        if name == "temperature":
            return name
        return f"in {prefix}.{name[3:]}" if name.startswith("in ") else f"{prefix}.{name}"

    def rename(name: str, space: Space) -> str:
        if space == "stock" and name not in stocks:
            return name
        return value(name) if space == "value" else f"{prefix}.{name}"

    made = rewrite(mechanism, rename, symbols_changed(value))
    return replace(made, sizes=tuple(value(name) for name in mechanism.sizes)) if mechanism.sizes else made
