"""A mechanism as a plain file of the language: families and imports written out, nothing left to expand.

What is written reads back as the same mechanism (`mscnet.mechanism.diff` finds no difference).  Names from imports get
``_`` for their dots, calls of functions are written out, and what a derived pathway changes stands in every pathway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.interop.mech_bench import BenchText
from mscnet.interop.mech_facts import FactText
from mscnet.interop.mech_model import ModelText, unit_lines
from mscnet.interop.mech_rules import RuleText
from mscnet.interop.mech_words import text_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Pathway
from mscnet.records import replace

#: The parts of a model that may be another one in each pathway.
_VARYING = ("species", "parameters", "definitions", "functions", "observables", "reactions", "events")
#: Those with what structured species may have.
_FIELDS = (*_VARYING, "rules", "counts")


def write(mechanism: Mechanism) -> Iterator[str]:
    """The lines of the file, without their ends; a part at a time, so that a large mechanism takes little memory.

    Raises:
        MechanismError: pathways in which a compartment has different sizes.
    """
    _check_sizes(mechanism)
    text = ModelText(mechanism)
    yield from unit_lines(mechanism)
    stocks = [stock for stock in mechanism.stocks if stock.kind == "solvent"]
    yield from (f"solvent {text.words.name(s.name)}" + (f" {text_of(s.label)}" if s.label else "") for s in stocks)
    yield from text.bonds(mechanism.bonds)
    alternatives = mechanism.pathways if mechanism.pathway is None else ()
    if any(pathway.bases for pathway in alternatives):
        common, own = _told_apart(mechanism)
    else:
        common, own = _of(mechanism, None), {p.name: _of(mechanism, p.name) for p in alternatives}
        if not alternatives:
            common = {field: _held(mechanism, field) for field in _FIELDS}
    rules = RuleText(text, mechanism.structure) if mechanism.structure is not None else None
    if rules is not None:
        yield from rules.compartments(mechanism.parameters)
        yield from rules.declarations()
    yield from _model(text, common, everything=not alternatives)
    yield from _structure(rules, common)
    for pathway in alternatives:
        yield from _pathway(text, rules, pathway, own[pathway.name])
    yield from BenchText(text.words).lines(mechanism)
    yield from FactText(text.words).lines(mechanism)
    options = (o for o in mechanism.options if alternatives or o.name != "pathway")
    yield from text.options(options)
    if rules is not None:
        yield from rules.limits()


def _check_sizes(mechanism: Mechanism) -> None:
    names = {compartment.name for compartment in mechanism.compartments}
    for pathway in mechanism.pathways if mechanism.pathway is None else ():
        changed = names.intersection(pathway.overrides)
        if changed:
            message = f"`{min(changed)}` has a size of its own in `{pathway.name}`: mscnet cannot write this out yet"
            hint = f"write out one pathway: `--pathway {pathway.name}`"
            raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=pathway.span)


def _model(text: ModelText, parts: dict[str, Any], everything: bool) -> Iterator[str]:
    # compartments first, so that species find them; a size may be a derived value
    yield from text.parameters(parts["parameters"])
    yield from text.definitions(parts["definitions"])
    yield from text.functions(parts["functions"])
    yield from text.species(parts["species"], everything)
    yield from text.reactions(parts["reactions"])
    yield from text.observables(parts["observables"])
    yield from text.events(parts["events"])


def _structure(rules: RuleText | None, parts: dict[str, Any]) -> Iterator[str]:
    """Rules and what they count."""
    if rules is not None:
        yield from rules.rules(parts["rules"])
        yield from rules.counts(parts["counts"])


def _pathway(text: ModelText, rules: RuleText | None, pathway: Pathway, parts: dict[str, Any]) -> Iterator[str]:
    label = f" {text_of(pathway.label)}" if pathway.label is not None else ""
    yield f"pathway {text.words.name(pathway.name)}{label} {{"
    for line in (*_model(text, parts, everything=False), *_structure(rules, parts)):
        yield "    " + line
    yield "}"


def _of(mechanism: Mechanism, pathway: str | None) -> dict[str, Any]:
    return {field: tuple(item for item in _held(mechanism, field) if item.pathway == pathway) for field in _FIELDS}


def _held(mechanism: Mechanism, field: str) -> Any:
    """What a field of a mechanism, or of its structure, holds."""
    if field in _VARYING:
        return getattr(mechanism, field)
    return () if mechanism.structure is None else getattr(mechanism.structure, field)


def _told_apart(mechanism: Mechanism) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What the models of all pathways share, and what each has by itself, where some are derived from others."""
    models = {p.name: mechanism.with_pathway(p.name) for p in mechanism.pathways}
    common: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {name: {} for name in models}
    for field in _FIELDS:
        items = {name: [_plain(item) for item in _held(model, field)] for name, model in models.items()}
        first, *others = items.values()
        sets = [_keys(each) for each in others]
        shared = {key for key in _keys(first) if all(key in other for other in sets)}
        common[field] = tuple(item for item in first if _key(item) in shared)
        for name, each in items.items():
            own[name][field] = tuple(item for item in each if _key(item) not in shared)
    return common, own


def _plain(item: Any) -> Any:
    return replace(item, pathway=None)


def _key(item: Any) -> str:
    return repr(item)


def _keys(items: Iterable[Any]) -> set[str]:
    return {_key(item) for item in items}
