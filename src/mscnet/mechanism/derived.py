"""The one model of a derived pathway: what it declares stands in place of the common part's, steps at 0 are none."""

from __future__ import annotations

from typing import Any

from mscnet.mechanism.expression import Expression, Number, Power, Product, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.rewrite import ITEMS, rewritten, symbols_changed
from mscnet.mechanism.structure import Rule
from mscnet.mechanism.types import Parameter, Pathway, Reaction
from mscnet.records import replace

_VALUES = {
    "species": "species", "parameters": "parameter", "definitions": "definition", "observables": "observable",
    "functions": "function",
}  # fmt: skip


def settled(narrowed: Mechanism, pathway: Pathway) -> Mechanism:
    """A mechanism that holds the common part and a derived pathway, as one model.

    A step whose constant the pathway sets to 0 is left out: ``with { k2 = 0 }`` makes a reversible step irreversible.
    """
    if narrowed.events:
        narrowed = _settable(narrowed, pathway)
    local = {
        item.name: kind
        for field, kind in _VALUES.items()
        for item in getattr(narrowed, field)
        if item.pathway == pathway.name
    }
    changed: dict[str, Any] = {
        field: tuple(i for i in getattr(narrowed, field) if i.pathway is not None or _plain(i.name) not in local)
        for field in _VALUES
    }
    gone = {*pathway.without}
    changed["reactions"] = tuple(r for r in narrowed.reactions if r.pathway is not None or not _named(r) & gone)
    if narrowed.structure is not None:
        rules = (r for r in narrowed.structure.rules if r.pathway is not None or not _named(r) & gone)
        own = {count.name for count in narrowed.structure.counts if count.pathway is not None} | local.keys()
        counts = (c for c in narrowed.structure.counts if c.pathway is not None or c.name not in own)
        changed["structure"] = replace(narrowed.structure, rules=tuple(rules), counts=tuple(counts))
    model = replace(narrowed, **changed)
    overridden = {name: kind for name, kind in local.items() if name in pathway.overrides}
    if overridden:
        model = _with_kinds(model, overridden)
    zeros = {
        d.name
        for d in model.definitions
        if d.name in overridden and isinstance(d.expression, Number) and not d.expression.value
    }
    zeros |= {p.name for p in model.parameters if p.name in overridden and p.fixed and p.value == 0}
    return _without_zeros(model, zeros) if zeros else model


def _settable(narrowed: Mechanism, pathway: Pathway) -> Mechanism:
    """Numbers of the pathway that an event sets are constants, as what they stand in place of."""
    targets = {a.target for event in narrowed.events for a in event.actions if a.kind == "parameter"}
    given = [d for d in narrowed.definitions if d.pathway == pathway.name and d.name in targets]
    made = []
    for definition in given:
        if isinstance(definition.expression, Number):
            dimension = definition.dimension or definition.expression.dimension
            unit = "" if dimension is None else narrowed.units.describe(dimension)
            value = float(definition.expression.value)
            made.append(
                Parameter(
                    definition.name, value, dimension, unit, fixed=True, pathway=pathway.name, span=definition.span
                )
            )
    names = {parameter.name for parameter in made}
    rest = tuple(d for d in narrowed.definitions if d.pathway != pathway.name or d.name not in names)
    return replace(narrowed, definitions=rest, parameters=(*narrowed.parameters, *made)) if made else narrowed


def _plain(name: str) -> str:
    return name.removesuffix(" in medium")


def _named(reaction: Reaction | Rule) -> set[str]:
    return {name for name in (reaction.label, reaction.name.removesuffix(".reverse")) if name is not None}


def _with_kinds(model: Mechanism, kinds: dict[str, str]) -> Mechanism:
    """What refers to a name that the pathway declares refers to what it is there."""

    def name(old: str) -> str:
        return _plain(old) if _plain(old) in kinds else old

    change = symbols_changed(name, lambda symbol: kinds.get(_plain(symbol.name), symbol.kind))
    return replace(
        model, **{field: rewritten(getattr(model, field), lambda n, _: n, change) for field in (*ITEMS, "structure")}
    )


def _without_zeros(model: Mechanism, zeros: set[str]) -> Mechanism:
    if model.structure is not None:
        rules = model.structure.rules
        none = {r.name for r in rules if r.activation is None and _is_zero(r.law.expression, zeros)}
        kept_rules = (r for r in rules if r.name not in none)
        alone = tuple(replace(r, partner=None) if r.partner in none else r for r in kept_rules)
        model = replace(model, structure=replace(model.structure, rules=alone))
    dropped = {r.name for r in model.reactions if _is_zero(r.law.expression, zeros)}
    if not dropped:
        return model
    kept = (r for r in model.reactions if r.name not in dropped)
    return replace(
        model, reactions=tuple(replace(r, partner=None) if r.partner in dropped else r for r in kept)
    )  # fmt: skip


def _is_zero(e: Expression, zeros: set[str]) -> bool:
    """Whether an expression is 0 whatever the rest of it is."""
    match e:
        case Number(value):
            return value == 0
        case Symbol(name):
            return name in zeros
        case Product(factors):
            return any(_is_zero(factor, zeros) for factor in factors)
        case Sum(terms):
            return all(_is_zero(term, zeros) for term in terms)
        case Power(base, Number(exponent)):
            return exponent > 0 and _is_zero(base, zeros)
    return False
