"""Derived pathways: ``pathway one_way = eq1 with { k2 = 0 } without step3``, ``pathway both = eq1 + eq2``.

A derived pathway has the items of its bases, but for those that it declares itself, replaces or leaves out.  Names that
two bases have for different things, and labels of two steps, get the name of their pathway before them: ``eq1.step1``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mscnet.diagnostics import Related, suggest
from mscnet.language.declare import Declarations
from mscnet.language.modules import joined
from mscnet.language.scope import KIND_WORDS, Entry, Reporter, Scope, Twin
from mscnet.language.syntax import DeclarationX, FunctionX, PathwayX, ReactionX, Word
from mscnet.language.syntax_rules import RuleX
from mscnet.mechanism.expression import Expression, Number, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.rewrite import Space, rewritten, symbols_changed
from mscnet.mechanism.structure import Rule, Structure
from mscnet.mechanism.types import Definition, Observable, Pathway, Reaction, Species
from mscnet.records import dataclass, field, replace

_VALUES = ("species", "parameters", "definitions", "functions", "observables")
#: The fields of a mechanism whose items belong to a pathway.
_FIELDS = (*_VALUES, "reactions", "events")
#: Those of its structure.
_OF_RULES = ("rules", "counts")
#: What may stand in the place of what.
_LIKE = {"parameter": "value", "definition": "value"}


@dataclass
class Derivation:
    """How a pathway follows from others: the new names of what two bases call alike, by base and name."""

    pathway: PathwayX
    bases: list[str]
    renamed: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.pathway.name.name


# --- names -------------------------------------------------------------------------------------------


def inherit(found: Declarations, report: Reporter) -> None:
    """Enter the names of the bases in every derived pathway; those with unknown bases are reported."""
    by_name = {pathway.name.name: pathway for pathway in found.derived}
    known = dict.fromkeys(pathway.name for pathway in found.pathways)
    done: dict[str, Derivation] = {}
    for pathway in found.derived:
        _visit(pathway, [], by_name, known, done, found, report)
    found.derivations = list(done.values())


def _visit(
    pathway: PathwayX,
    path: list[str],
    by_name: dict[str, PathwayX],
    known: Collection[str],
    done: dict[str, Derivation],
    found: Declarations,
    report: Reporter,
) -> None:
    name = pathway.name.name
    if name in done:
        return
    bases: list[str] = []
    for word in pathway.bases:
        if word.name in (*path, name):
            cycle = " -> ".join([*path, name, word.name])
            report.error("E227", f"pathways are derived in a circle: {cycle}", word.start, word.end)
        elif word.name not in known:
            if not any(word.name.startswith(lost) for lost in found.lost):
                hint = suggest(word.name, [other for other in known if other != name])
                report.error("E031", f"there is no pathway `{word.name}`", word.start, word.end, hint)
        elif word.name in bases:
            report.error("E227", f"`{word.name}` is named twice", word.start, word.end)
        else:
            if word.name in by_name:
                _visit(by_name[word.name], [*path, name], by_name, known, done, found, report)
            bases.append(word.name)
    if name not in done:
        done[name] = Derivation(pathway, bases)
        _enter_names(done[name], found.scope, report)


def _enter_names(derivation: Derivation, scope: Scope, report: Reporter) -> None:
    """What the bases declare is known in the derived pathway, unless it declares it anew."""
    own = scope.local.setdefault(derivation.name, {})
    declared = set(own)
    for word in _declared(derivation.pathway):
        new, old = own.get(word.name), scope.common.get(word.name)
        for base in derivation.bases:
            old = scope.local.get(base, {}).get(word.name, old)
        if new is not None and old is not None:
            if not _fits(word, new, old, report):
                scope.broken.add(derivation.name)
                continue
            home = next((b for b in derivation.bases if word.name in scope.local.get(b, {})), None)
            if new.kind in _LIKE:
                scope.twins.append(Twin(word.name, derivation.name, home, report.span(word.start, word.end)))
    homes: dict[str, list[tuple[str, Entry]]] = {}
    for base in derivation.bases:
        for name, entry in scope.local.get(base, {}).items():
            homes.setdefault(name, []).append((base, entry))
    for name, entries in homes.items():
        plain = name.removesuffix(" in medium")
        if plain in declared:
            continue
        first = entries[0][1]
        if all(_same(entry, first) for _, entry in entries):
            own[name] = replace(first, inherited=True)
        elif any(entry.kind == "species" for _, entry in entries):
            word = derivation.pathway.name
            message = f"the species `{name}` is declared in {' and in '.join(f'`{b}`' for b, _ in entries)}"
            report.error("E227", message, word.start, word.end, "declare it once, outside the pathways")
        else:
            for base, entry in entries:
                new_name = f"{base}.{name}"
                derivation.renamed.setdefault(base, {})[name] = new_name
                if new_name not in own:
                    own[new_name] = replace(entry, inherited=True)


def _declared(pathway: PathwayX) -> list[Word]:
    return [s.name for s in pathway.statements if isinstance(s, DeclarationX | FunctionX)]


def _same(one: Entry, other: Entry) -> bool:
    return (one.kind, one.start, one.end, one.body) == (other.kind, other.start, other.end, other.body)


def _fits(word: Word, new: Entry, old: Entry, report: Reporter) -> bool:
    """Whether one may stand in place of the other: a parameter may become a derived value; a species stays one."""
    if _LIKE.get(new.kind, new.kind) == _LIKE.get(old.kind, old.kind):
        return True
    place = (("declared here", old.start, old.end),)
    message = f"`{word.name}` is {KIND_WORDS[old.kind]}, so {KIND_WORDS[new.kind]} cannot stand in its place"
    report.error("E016", message, word.start, word.end, related=place)
    return False


# --- items -----------------------------------------------------------------------------------------


def with_derived(own: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism with the items of its derived pathways."""
    if not found.derivations:
        return own
    items = _Items(joined(own, found.parts))
    made: dict[str, list[Any]] = {field: [] for field in (*_FIELDS, *_OF_RULES)}
    for derivation in found.derivations:
        for field_, new in _Deriver(items, derivation, found, report).derived().items():
            made[field_] += new
    pathways = tuple(items.pathways[pathway.name] for pathway in own.pathways)
    joint: dict[str, Any] = {name: (*getattr(own, name), *made[name]) for name in _FIELDS}
    if any(made[name] for name in _OF_RULES):
        structure = own.structure or Structure()
        held: dict[str, Any] = {name: (*getattr(structure, name), *made[name]) for name in _OF_RULES}
        joint["structure"] = replace(structure, **held)
    return replace(own, pathways=pathways, **joint)


class _Items:
    """What a mechanism and its imports hold, by pathway (None: the common part), with what has been derived so far."""

    def __init__(self, whole: Mechanism) -> None:
        self.pathways = {pathway.name: pathway for pathway in whole.pathways}
        self._items: dict[tuple[str, str | None], list[Any]] = {}
        self._names: dict[str | None, set[str]] = {}
        structure = whole.structure or Structure()
        groups = [(name, getattr(whole, name)) for name in _FIELDS]
        groups += [(name, getattr(structure, name)) for name in _OF_RULES]
        for name, items in groups:
            for item in items:
                self._items.setdefault((name, item.pathway), []).append(item)
        self.common_labels = {r.label for r in self.steps(None) if r.label is not None}

    def of(self, name: str, pathway: str | None) -> list[Any]:
        """The items of a field of the mechanism, those of one pathway."""
        return self._items.setdefault((name, pathway), [])

    def steps(self, pathway: str | None) -> list[Any]:
        """The reactions and rules of a pathway."""
        return [*self.of("reactions", pathway), *self.of("rules", pathway)]

    def values(self, pathway: str | None) -> set[str]:
        """The names of its species, constants, functions and so on."""
        if pathway not in self._names:
            self._names[pathway] = {item.name for name in _VALUES for item in self.of(name, pathway)}
        return self._names[pathway]


class _Deriver:
    """Makes the items of one derived pathway."""

    def __init__(self, items: _Items, derivation: Derivation, found: Declarations, report: Reporter) -> None:
        self.items, self.derivation, self.report = items, derivation, report
        self.scope, self.name = found.scope, derivation.name
        self.declared = {word.name: word for word in _declared(derivation.pathway)}
        statements = derivation.pathway.statements
        labels = [s.label for s in statements if isinstance(s, ReactionX | RuleX) and s.label is not None]
        self.labels = {label.name for label in labels}
        self.left_out = {word.name for word in derivation.pathway.without}

    def derived(self) -> dict[str, list[Any]]:
        """What the pathway has from its bases, by field of the mechanism; it is among the items from now on."""
        made: dict[str, list[Any]] = {"reactions": self._steps("reactions"), "rules": self._steps("rules")}
        self._check_without()
        for name in (*_VALUES, "counts"):
            copies: dict[str, Any] = {}
            for base in self.derivation.bases:
                for item in self.items.of(name, base):
                    if item.name.removesuffix(" in medium") not in self.declared:
                        copy = self._copy(item, base)
                        copies.setdefault(copy.name, copy)
            made[name] = list(copies.values())
        events = (self._copy(e, base) for base in self.derivation.bases for e in self.items.of("events", base))
        made["events"] = list(dict.fromkeys(events))
        self.items.pathways[self.name] = self._pathway()
        for name, new in made.items():
            self.items.of(name, self.name).extend(new)
        self._check_used()
        self._check_events()
        return made

    # --- copies ---

    def _copy(self, item: Any, base: str, steps: dict[str, str] | None = None) -> Any:
        """An item of a base in this pathway."""
        names = self.derivation.renamed.get(base, {})

        def rename(name: str, space: Space) -> str:
            if space == "pathway":
                return self.name
            if space == "step":
                return _step_name(name, steps or {})
            return names.get(name, name) if space == "value" else name

        return rewritten(item, rename, self._change(names))

    def _change(self, names: dict[str, str]) -> Any:
        def name(old: str) -> str:
            plain = old.removesuffix(" in medium")
            return plain if plain in self.declared else names.get(old, old)

        def kind(symbol: Symbol) -> str:
            entry = self.scope.find(name(symbol.name), self.name)
            return symbol.kind if entry is None or entry.kind == "function" else entry.kind

        return symbols_changed(name, kind)

    def _steps(self, name: str) -> list[Any]:
        """The reactions, or rules, of the bases but for those replaced or left out; one that two share stands once."""
        kept: dict[str, list[Reaction | Rule]] = {}
        seen: set[tuple[Any, ...]] = set()
        for base in self.derivation.bases:
            kept[base] = []
            for reaction in self.items.of(name, base):
                place = (reaction.name, reaction.span.source, reaction.span.start) if reaction.span else (reaction,)
                if place not in seen and not self._gone(reaction):
                    kept[base].append(reaction)
                    seen.add(place)
        owners: dict[str, set[str]] = {}
        for base, reactions in kept.items():
            for reaction in reactions:
                owners.setdefault(_stem(reaction), set()).add(base)
        own = {r.label for r in self.items.steps(self.name) if r.label is not None}
        copies = []
        for base, reactions in kept.items():
            stems = {_stem(r) for r in reactions}
            steps = {s: f"{base}.{s}" for s in stems if len(owners[s]) > 1 or s in own or s in self.items.common_labels}
            copies += [self._copy(reaction, base, steps) for reaction in reactions]
        return copies

    def _gone(self, reaction: Reaction | Rule) -> bool:
        labels = {reaction.label, _family_of(reaction)}
        return bool(labels & self.labels or (labels | _called(reaction)) & self.left_out)

    def _pathway(self) -> Pathway:
        """The pathway with what it replaces and leaves out of the common part."""
        known = self.items.pathways
        old, before = known[self.name], [known[base] for base in self.derivation.bases]
        replaced = self.labels | self.left_out
        common = self.items.steps(None) if replaced else []
        gone = [n for r in common for n in (r.label, r.name) if n in replaced]
        gone += [r.label for r in common if r.label is not None and _family_of(r) in replaced]
        return replace(
            old,
            bases=tuple(self.derivation.bases),
            overrides=tuple(dict.fromkeys((*(n for p in before for n in p.overrides), *self.declared))),
            without=tuple(dict.fromkeys((*(n for p in before for n in p.without), *(n for n in gone if n)))),
        )

    # --- what is wrong ---

    def _check_without(self) -> None:
        """Steps to leave out that no base has."""
        if not self.left_out:
            return
        steps = [r for home in (None, *self.derivation.bases) for r in self.items.steps(home)]
        known = {name for r in steps for name in (*_called(r), _family_of(r)) if name is not None}
        for word in self.derivation.pathway.without:
            if word.name not in known:
                message = f"there is no step `{word.name}` to leave out"
                self.report.error("E227", message, word.start, word.end, suggest(word.name, known))

    def _check_events(self) -> None:
        """Values that follow from others, in the place of a constant that an event sets."""
        if not self.declared:
            return
        definitions = self.items.of("definitions", self.name)
        follow = {d.name for d in definitions if not isinstance(d.expression, Number)}
        for event in (*self.items.of("events", None), *self.items.of("events", self.name)):
            for action in event.actions:
                word = self.declared.get(action.target)
                if word is not None and action.kind == "parameter" and action.target in follow:
                    message = f"an event sets `{word.name}`, so it cannot follow from others here"
                    place = (Related("set here", action.span),) if action.span else ()
                    self.report.error(
                        "E242", message, word.start, word.end, f"give it a number: `{word.name} = …`", place
                    )

    def _check_used(self) -> None:
        """Values that stand in the place of nothing, and that nothing uses: a slip of the pen."""
        before = [self.items.values(home) for home in (None, *self.derivation.bases)]
        fresh = [word for name, word in self.declared.items() if not any(name in names for names in before)]
        if not fresh:
            return
        ours = [item for name in _FIELDS for item in self.items.of(name, self.name)]
        expressions: list[Expression] = [
            r.law.expression for r in (*ours, *self.items.of("rules", self.name)) if isinstance(r, Reaction | Rule)
        ]
        expressions += [d.expression for d in ours if isinstance(d, Definition | Observable)]
        expressions += [s.initial for s in ours if isinstance(s, Species) and s.initial is not None]
        used = {symbol.name for e in expressions for symbol in symbols(e)}
        for word in fresh:
            entry = self.scope.local[self.name].get(word.name)
            if word.name not in used and entry is not None and entry.kind in _LIKE:
                bases = " + ".join(self.derivation.bases)
                message = f"`{word.name}` changes nothing: `{bases}` has nothing of this name"
                self.report.error("E227", message, word.start, word.end, suggest(word.name, set().union(*before)))


def _stem(reaction: Reaction | Rule) -> str:
    return reaction.label or reaction.name.removesuffix(".reverse")


def _step_name(name: str, steps: dict[str, str]) -> str:
    """A step's new name: that of its label, with what tells apart the arrows and directions of one statement."""
    for old, new in steps.items():
        if name == old or name.startswith(old + "."):
            return new + name[len(old) :]
    return name


def _family_of(reaction: Reaction | Rule) -> str | None:
    """The label that all members of a family have in the text: ``grow`` for ``grow[3]``."""
    stem, bracket, _ = (reaction.label or "").partition("[")
    return stem if bracket else None


def _called(reaction: Reaction | Rule) -> set[str]:
    """What a step is called in the text: its label, or its number."""
    return {name for name in (reaction.label, reaction.name.removesuffix(".reverse")) if name is not None}
