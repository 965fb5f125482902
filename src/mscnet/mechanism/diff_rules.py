"""The differences of two files in structured species and rules.

Patterns are compared by a text in which the order of molecules, sites and bonds says nothing, laws as elsewhere: by
their values.  Names of molecules, sites and states are what they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.difference import Change, text_of
from mscnet.mechanism.expression import Expression, symbols
from mscnet.mechanism.structure import (
    Count,
    Limits,
    MoleculePattern,
    MoleculeType,
    Pattern,
    Rule,
    SitePattern,
    Structure,
)
from mscnet.mechanism.structure_text import molecule_text, molecule_type_text, pattern_text, rule_text
from mscnet.records import replace

#: The normal form of an expression of the first or the second file.
_Value = Callable[[Expression], object]


def rule_changes(a: Structure | None, b: Structure | None, first: _Value, second: _Value) -> Iterator[Change]:
    """What differs; `first` and `second` give expressions of the two files a form that is equal for equal values."""
    mine, theirs = a or Structure(), b or Structure()
    yield from _molecules(mine, theirs)
    yield from _compared(
        "species", mine.seeds, theirs.seeds, _seed_text, lambda s: first(s.initial), lambda s: second(s.initial)
    )
    yield from _compared(
        "reactions", mine.rules, theirs.rules, _rule_key, lambda r: _law(r, first), lambda r: _law(r, second)
    )
    yield from _counts(mine, theirs)
    yield from _compared(
        "other", mine.energies, theirs.energies, lambda e: f"energy {normal_text(e.pattern)}",
        lambda e: first(e.energy), lambda e: second(e.energy),
    )  # fmt: skip
    yield from _compared(
        "other", mine.populations, theirs.populations, lambda p: f"population {p.population}: {normal_text(p.pattern)}",
        lambda p: first(p.rate), lambda p: second(p.rate),
    )  # fmt: skip
    yield from _compared(
        "compartments", mine.places, theirs.places, lambda p: p.name,
        lambda p: (p.dimension, p.parent, first(p.size)), lambda p: (p.dimension, p.parent, second(p.size)),
    )  # fmt: skip
    yield from _limits(mine.limits, theirs.limits)


# --- patterns as texts ------------------------------------------------------------------------------


def normal_text(pattern: Pattern) -> str:
    """A pattern as text, with its molecules and sites in order and its bonds numbered through.

    Patterns with one text are one and the same; of very symmetric ones, two that are the same may have two texts.
    """
    molecules = [replace(m, sites=tuple(sorted(m.sites, key=_bare))) for m in pattern.molecules]
    for _ in range(2):  # once by what molecules are, once by what they are bound to then
        molecules = _numbered(sorted(molecules, key=molecule_text if _ else _blind))
    return pattern_text(replace(pattern, molecules=tuple(_numbered(molecules))))


def _bare(site: SitePattern) -> str:
    bond = site.bond if isinstance(site.bond, str) else "joined"
    return f"{site.name}~{site.state}!{bond}%{site.label}"


def _blind(molecule: MoleculePattern) -> str:
    return f"{molecule.name}%{molecule.label}@{molecule.place}({','.join(map(_bare, molecule.sites))})"


def _numbered(molecules: list[MoleculePattern]) -> list[MoleculePattern]:
    """Molecules with their bonds numbered in the order of the text."""
    numbers: dict[int, int] = {}

    def known(label: int) -> int:
        return numbers.setdefault(label, len(numbers) + 1)

    def bond(site: SitePattern) -> SitePattern:
        if isinstance(site.bond, str):
            return site
        labels = site.bond if isinstance(site.bond, tuple) else (site.bond,)
        made = tuple(sorted(map(known, labels)))
        return replace(site, bond=made if len(made) > 1 else made[0])

    return [replace(m, sites=tuple(map(bond, m.sites))) for m in molecules]


def _seed_text(seed: Any) -> str:
    return normal_text(seed.pattern)


def _rule_key(rule: Rule) -> str:
    laws = (rule.law.expression, *(rule.activation or ()))
    numbered = bool(rule.restrictions) or any(s.kind == "reactant" for e in laws for s in symbols(e))
    sides = ([normal_text(pattern) for pattern in side] for side in (rule.reactants, rule.products))
    left, right = (" + ".join(side if numbered else sorted(side)) or "0" for side in sides)
    words = [word for word in ("delete_molecules", "move_connected") if getattr(rule, word)]
    asked = [f"{r.kind} {r.side} {r.number} {', '.join(map(normal_text, r.patterns))}" for r in rule.restrictions]
    return " ".join([left, "->", right, *words, *sorted(asked)])


def _law(rule: Rule, value: _Value) -> object:
    return rule.law.kind, value(rule.law.expression), tuple(map(value, rule.activation or ()))


# --- one kind of thing after the other ----------------------------------------------------------------


def _compared(
    category: str,
    mine: Iterable[Any],
    theirs: Iterable[Any],
    key: Callable[[Any], str],
    first: Callable[[Any], object],
    second: Callable[[Any], object],
) -> Iterator[Change]:
    """Things of one key are one thing, changed where their values differ, by which those of one key are told apart."""
    yield from dict.fromkeys(_changes(category, mine, theirs, key, first, second))  # of two directions, one line


def _changes(
    category: str,
    mine: Iterable[Any],
    theirs: Iterable[Any],
    key: Callable[[Any], str],
    first: Callable[[Any], object],
    second: Callable[[Any], object],
) -> Iterator[Change]:
    left: dict[str, list[Any]] = {}
    for item in theirs:
        left.setdefault(key(item), []).append(item)
    unmatched = []
    for item in mine:
        others = left.get(key(item), [])
        same = next((other for other in others if first(item) == second(other)), None)
        if same is not None:
            others.remove(same)
        else:
            unmatched.append(item)
    for item in unmatched:
        others = left.get(key(item), [])
        if others:
            other = others.pop(0)
            where = "initial values" if category == "species" else category
            spans = _span(item), _span(other)
            yield Change(where, "changed", _name(item, key), _said(item), _said(other), "", "", *spans)
        else:
            yield Change(category, "removed", _name(item, key), _said(item), "", "", "", _span(item))
    for others in left.values():
        for item in others:
            yield Change(category, "added", _name(item, key), "", _said(item), "", "", None, _span(item))


def _molecules(a: Structure, b: Structure) -> Iterator[Change]:
    mine, theirs = ({m.name: m for m in structure.molecules} for structure in (a, b))
    for name in dict.fromkeys((*mine, *theirs)):
        x, y = mine.get(name), theirs.get(name)
        if x is None or y is None:
            item = x or y
            if item is not None and item.declared:
                kind = "removed" if y is None else "added"
                said = f"molecule {molecule_type_text(item)}"
                before, after = (said, "") if y is None else ("", said)
                yield Change("species", kind, name, before, after, "", "", x and x.span, y and y.span)  # type: ignore[arg-type]
        elif _sites(x) != _sites(y):
            before, after = (f"molecule {molecule_type_text(m)}" for m in (x, y))
            yield Change("species", "changed", name, before, after, "", "", x.span, y.span)


def _sites(molecule: MoleculeType) -> object:
    return molecule.population, sorted((site.name, sorted(site.states)) for site in molecule.sites)


def _counts(a: Structure, b: Structure) -> Iterator[Change]:
    mine, theirs = ({c.name: c for c in structure.counts} for structure in (a, b))
    for name in dict.fromkeys((*mine, *theirs)):
        x, y = mine.get(name), theirs.get(name)
        if x is None:
            yield Change("observables", "added", name, "", _count_text(y), "", "", None, y.span if y else None)
        elif y is None:
            yield Change("observables", "removed", name, _count_text(x), "", "", "", x.span)
        elif _count_form(x) != _count_form(y):
            yield Change("observables", "changed", name, _count_text(x), _count_text(y), "", "", x.span, y.span)


def _count_form(count: Count) -> object:
    return count.kind, sorted(map(normal_text, count.patterns))


def _count_text(count: Count | None) -> str:
    return (
        ""
        if count is None
        else f"observable {count.name} = {count.kind} {', '.join(map(pattern_text, count.patterns))}"
    )


def _limits(a: Limits, b: Limits) -> Iterator[Change]:
    for field in fields(a):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if x != y:
            kind: Literal["added", "removed", "changed"] = "added" if not x else "removed" if not y else "changed"
            yield Change("options", kind, _LIMITS[field.name], _limit_text(field.name, x), _limit_text(field.name, y))


#: The options that set the limits.
_LIMITS = {
    "iterations": "max_iter", "molecules": "max_agg", "of_type": "max_stoich", "species": "max_species",
    "reactions": "max_reactions",
}  # fmt: skip


def _limit_text(field: str, value: Any) -> str:
    if not value:
        return ""
    said = '"' + ", ".join(f"{name}:{number}" for name, number in value) + '"' if field == "of_type" else str(value)
    return f"{_LIMITS[field]} = {said}"


def _name(item: Any, key: Callable[[Any], str]) -> str:
    name = getattr(item, "label", None) if isinstance(item, Rule) else None
    if name is None and isinstance(item, Rule):
        return rule_text(item)
    return name or key(item)


def _span(item: Any) -> Span | None:
    span: Span | None = item.span
    return span


def _said(item: Any) -> str:
    """What the file says of it, up to the end of its statement; of one without a place, its pattern or rule."""
    from mscnet.mechanism.diff_text import statement_at

    span = _span(item)
    if span is None:
        return rule_text(item) if isinstance(item, Rule) else pattern_text(getattr(item, "pattern", Pattern()))
    return text_of(span) if isinstance(item, Rule) else statement_at(span)
