"""The differences of two files in what stands beside the model: bottles, experiments, spectra, data and facts.

Every object is brought into a normal form, in which names are those of the first file, expressions are numbers of a
prime field, and labels, sources and places are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from typing import Any

from mscnet.diagnostics import Span
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.diff_algebra import fingerprint, mix, word
from mscnet.mechanism.diff_events import EventForms
from mscnet.mechanism.diff_view import Node, View, node_of
from mscnet.mechanism.difference import Change, text_of
from mscnet.mechanism.events import Event, stated, written
from mscnet.mechanism.expression import (
    Expression,
    Number,
    Symbol,
    children,
    rebuild,
)

#: What says nothing of what was done or seen.
_ASIDE = frozenset({"span", "label", "text", "note", "source", "unit", "unit_factor", "pathway", "head"})
#: Lists in which order means nothing.
_UNORDERED = frozenset({"portions", "contents", "shapes", "settings", "columns", "selects", "baselines", "inlets"})
#: The fields of a mechanism that hold things of each category, by name where they have one.
PARTS = {"stocks": "bottles", "experiments": "experiments", "bands": "spectra", "data_files": "data", "facts": "facts"}


class Normal:
    """The normal form of what one file says."""

    def __init__(self, view: View, values: Mapping[Node, int], names: Mapping[str, str]) -> None:
        self.view, self.values, self.names = view, values, dict(names)
        self._memo: dict[str, int] = {}

    def of(self, item: Any, field: str = "") -> Any:
        """A form that is equal for things that say the same."""
        if isinstance(item, Expression):
            return self.value(item)
        if isinstance(item, str):
            return self.names.get(item, item)
        if isinstance(item, tuple):
            parts = [self.of(part) for part in item]
            return tuple(sorted(parts, key=repr) if field in _UNORDERED else parts)
        if isinstance(item, Event):
            return EventForms(self.view, self.values, self.names, self.value).of(item)
        if is_dataclass(item):
            kept = [f.name for f in fields(item) if f.compare and f.name not in _ASIDE]
            return (type(item).__name__, *(self.of(getattr(item, name), name) for name in kept))
        return item

    def value(self, expression: Expression) -> int:
        """The value of an expression in SI, as far as its numbers have units."""
        return fingerprint(self._in_si(expression), self._value_of)

    def _in_si(self, expression: Expression) -> Expression:
        if not self.view.converts:
            return expression
        if isinstance(expression, Number):
            if expression.dimension is None:
                return expression
            return Number(expression.value * Fraction(self.view.mechanism.units.scale_of(expression.dimension)))
        parts = children(expression)
        return rebuild(expression, tuple(self._in_si(part) for part in parts)) if parts else expression

    def _value_of(self, symbol: Symbol) -> int:
        node = node_of(symbol)
        if node in self.values:
            return self.values[node]
        if symbol.name in self.view.derived and symbol.kind in ("definition", "observable", "temperature"):
            if symbol.name not in self._memo:
                self._memo[symbol.name] = self.value(self.view.derived[symbol.name])
            return self._memo[symbol.name]
        return mix(word(symbol.kind), word(self.names.get(symbol.name, symbol.name)))


def part_changes(first: Normal, second: Normal) -> Iterator[Change]:
    """What differs in bottles, experiments, spectra, data and facts; names that only differ are learnt on the way."""
    a, b = first.view.mechanism, second.view.mechanism
    yield from _named("bottles", a.stocks, b.stocks, first, second)
    yield from _named("experiments", a.experiments, b.experiments, first, second)
    yield from _named("spectra", a.bands, b.bands, first, second)
    if first.of(a.instrument) != second.of(b.instrument):
        yield _changed("spectra", "instrument", a.instrument, b.instrument)
    yield from _unnamed("data", a.data_files, b.data_files, first, second)
    yield from _unnamed("facts", a.facts, b.facts, first, second)
    if a.structure is not None or b.structure is not None:
        from mscnet.mechanism.diff_rules import rule_changes

        yield from rule_changes(a.structure, b.structure, first.value, second.value)
    yield from _others(first, second)


def _named(category: str, mine: Any, theirs: Any, first: Normal, second: Normal) -> Iterator[Change]:
    known = {second.of(_name(item)): item for item in theirs}
    left = []
    for item in mine:
        other = known.pop(_name(item), None)
        if other is None:
            left.append(item)
        elif first.of(item) != second.of(other):
            yield _changed(category, _name(item), item, other, _steps(item, other, first, second))
    for item in left:
        other = next((o for n, o in known.items() if first.of(item) == _as(second, _name(o), _name(item), o)), None)
        if other is None:
            yield Change(category, "removed", _name(item), _said(item), "", "", "", item.span)
        else:
            del known[second.of(_name(other))]
            second.names[_name(other)] = _name(item)
    for item in known.values():
        yield Change(category, "added", _name(item), "", _said(item), "", "", None, item.span)


def _as(normal: Normal, name: str, other: str, item: Any) -> Any:
    """The normal form of an item if it were called otherwise."""
    before = dict(normal.names)
    normal.names[name] = other
    form = normal.of(item)
    normal.names = before
    return form


def _steps(a: Any, b: Any, first: Normal, second: Normal) -> tuple[str, str] | None:
    """The steps of an experiment that differ."""
    if not isinstance(a, Experiment):
        return None
    mine, theirs = [[repr(normal.of(step)) for step in item.steps] for normal, item in ((first, a), (second, b))]
    before: list[str] = []
    after: list[str] = []
    for tag, i, j, k, n in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            before += [text_of(step.span) for step in a.steps[i:j]]
            after += [text_of(step.span) for step in b.steps[k:n]]
    return (" ; ".join(before), " ; ".join(after)) if before or after else None


def _unnamed(category: str, mine: Any, theirs: Any, first: Normal, second: Normal) -> Iterator[Change]:
    mine, theirs = ([(repr(n.of(item)), item) for item in items] for n, items in ((first, mine), (second, theirs)))
    for item in _without(mine, theirs):
        yield Change(category, "removed", _name(item), _said(item), "", "", "", getattr(item, "span", None))
    for item in _without(theirs, mine):
        yield Change(category, "added", _name(item), "", _said(item), "", "", None, getattr(item, "span", None))


def _without(items: list[tuple[str, Any]], others: list[tuple[str, Any]]) -> Iterator[Any]:
    counts = Counter(form for form, _ in others)
    for form, item in items:
        if counts[form]:
            counts[form] -= 1
        else:
            yield item


#: Fields of a mechanism that are compared elsewhere, or follow from others.
_COMPARED = frozenset(
    {"name", "species", "parameters", "definitions", "functions", "observables", "reactions", "options", "pathways"}
    | {"pathway", "rivals", "imports", "units", "source", "instrument", "sizes", "compartments", "structure"}
    | PARTS.keys()
)


def _others(first: Normal, second: Normal) -> Iterator[Change]:
    """What differs in parts of a mechanism that nothing above knows of."""
    for field in fields(first.view.mechanism):
        mine, theirs = (getattr(normal.view.mechanism, field.name) for normal in (first, second))
        if field.name in _COMPARED or not field.compare or not (mine or theirs):
            continue
        if isinstance(mine, tuple) and isinstance(theirs, tuple):
            yield from _unnamed("other", mine, theirs, first, second)
        elif first.of(mine) != second.of(theirs):
            yield _changed("other", field.name, mine, theirs)


def _changed(category: str, name: str, a: Any, b: Any, said: tuple[str, str] | None = None) -> Change:
    before, after = said or (_said(a), _said(b))
    return Change(
        category, "changed", name, before, after, "", "", getattr(a, "span", None), getattr(b, "span", None)
    )  # fmt: skip


def _name(item: Any) -> str:
    name = getattr(item, "name", None) or getattr(item, "species", None)
    return str(name or getattr(item, "experiment", None) or type(item).__name__.lower())


def _said(item: Any) -> str:
    """What the file says, as far as its place is known; for a fact with the experiment that it is of."""
    from mscnet.mechanism.diff_text import statement_at

    text = getattr(item, "text", None)
    if isinstance(text, str) and text:
        experiment = getattr(item, "experiment", None)
        return f"{experiment}: {text}" if experiment and "." not in text else text
    span: Span | None = getattr(item, "span", None)
    if isinstance(item, Event) and span is not None and item.head != " ".join(span.text.split()):
        return f"{item.head} {{ {'; '.join(map(written, stated(item)))} }}"  # a member of a family
    return "" if span is None else statement_at(span)
