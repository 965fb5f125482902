"""The differences of two models in species, initial values, reactions, constants and observables."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from mscnet.diagnostics import Span
from mscnet.mechanism.diff_algebra import mix, word
from mscnet.mechanism.diff_match import Colours, Matcher, Undecided
from mscnet.mechanism.diff_numbers import CLOSE, Numbers
from mscnet.mechanism.diff_view import Carrier, Node, Pairs, View
from mscnet.mechanism.difference import Change
from mscnet.mechanism.expression import Expression, Number, symbols, to_text
from mscnet.mechanism.types import Observable, Parameter, Reaction, Species
from mscnet.records import replace


class Core:
    """Two views, the pairs of species and constants that are the same ones, and what differs under them."""

    def __init__(self, a: View, b: View, pairs: Pairs) -> None:
        self.a, self.b, self.pairs = a, b, pairs
        self.values = _common_values(a, b, self.pairs)
        self.lookups = (a.lookup(self.values[0]), b.lookup(self.values[1]))
        self._numbers: Numbers | None = None

    @cached_property
    def changes(self) -> list[Change]:
        """Everything that differs in the model itself."""
        return [
            *self._species(), *self._initial_values(), *self._reactions(), *self._constants(), *self._observables(),
            *self._compartments(),
        ]  # fmt: skip

    def same(self, a: Carrier, b: Carrier) -> bool:
        """Whether two carriers say the same, as algebra or in numbers."""
        algebra = not (a.blind or b.blind)
        if algebra and self.a.value(a, self.lookups[0]) == self.b.value(b, self.lookups[1]):
            return True
        if self._numbers is None:
            self._numbers = Numbers(self.a, self.b, self.pairs)
        return self._numbers.alike(a, b)

    # --- species ---

    def _species(self) -> Iterator[Change]:
        mine, theirs = self._split("s")
        for name in mine:
            yield _removed("species", name, self.a.species[name].span, _species_text(self.a.species[name]))
        for name in theirs:
            yield _added("species", name, self.b.species[name].span, _species_text(self.b.species[name]))
        for a, b in self._paired("s"):
            first, second = self.a.species[a], self.b.species[b]
            for what, before, after in (*_species_changes(first, second), *self._moved(first, second)):
                yield Change("species", "changed", a, before, after, what, "", first.span, second.span)

    def _moved(self, a: Species, b: Species) -> Iterator[tuple[str, str, str]]:
        """The compartments of a species that is in another one; of a file that has none nothing is said."""
        if a.compartment is None or b.compartment is None:
            return
        if b.compartment != self.places.get(a.compartment):
            yield "", f"in {a.compartment}", f"in {b.compartment}"

    def _initial_values(self) -> Iterator[Change]:
        first, second = _by_species(self.a), _by_species(self.b)
        for a, b in self._paired("s"):
            mine, theirs = first.get(a), second.get(b)
            if mine is None and theirs is None:
                continue
            if mine is None or theirs is None or not self.same(mine, theirs):
                spans = self.a.species[a].span, self.b.species[b].span
                shown = _initial_text(self.a, a), _initial_text(self.b, b)
                yield Change("initial values", "changed", a, *shown, "", "", *spans)

    # --- reactions ---

    def _reactions(self) -> Iterator[Change]:
        groups: dict[tuple[int, ...], tuple[list[Carrier], list[Carrier]]] = defaultdict(lambda: ([], []))
        for which, view in enumerate((self.a, self.b)):
            for carrier in view.carriers:
                if isinstance(carrier.item, Reaction):
                    sides = view.sides(carrier, self.values[which], self.lookups[which])
                    groups[(int(carrier.item.reversible), *sides)][which].append(carrier)
        removed: list[Reaction] = []
        added: list[Reaction] = []
        told: set[object] = set()  # a step may be several, one in each of its compartments
        for mine, theirs in groups.values():
            left, right = self._unlike(mine, theirs)
            for a, b in zip(left, right, strict=False):
                said = self.a.said(a), self.b.said(b)
                said = told_apart(self.a, a, self.b, b) if said[0] == said[1] else said
                change = _law_change(a, b, said)
                place = (change.what, a.span, b.span, said)
                if place not in told:
                    yield change
                told.add(place)
            removed += left[len(right) :]
            added += right[len(left) :]
        yield from (_removed("reactions", r.label or r.name, r.span, self.a.said(r)) for r in _once(removed))
        yield from (_added("reactions", r.label or r.name, r.span, self.b.said(r)) for r in _once(added))

    def _unlike(self, mine: list[Carrier], theirs: list[Carrier]) -> tuple[list[Reaction], list[Reaction]]:
        """The reactions of one equation that have no counterpart of the same rate, those of one label side by side."""
        by_value: dict[int, list[Carrier]] = defaultdict(list)
        for number, carrier in enumerate(theirs):
            value = self.b.value(carrier, self.lookups[1])
            by_value[-1 - number if carrier.blind else value].append(carrier)
        left: list[Carrier] = []
        for carrier in mine:
            alike = by_value.get(self.a.value(carrier, self.lookups[0]))
            if alike and not carrier.blind:
                alike.pop()
            else:
                left.append(carrier)
        right = [carrier for carriers in by_value.values() for carrier in carriers]
        for carrier in list(left):
            found = next((other for other in right if self.same(carrier, other)), None)
            if found is not None:
                left.remove(carrier)
                right.remove(found)
        first, second = [_reaction(carrier) for carrier in left], [_reaction(carrier) for carrier in right]
        second.sort(key=lambda r: next((i for i, other in enumerate(first) if other.name == r.name), len(first)))
        return first, second

    # --- constants and observables ---

    def _constants(self) -> Iterator[Change]:
        mine, theirs = self._split("p")
        for name in mine:
            parameter = self.a.parameters[name]
            if parameter.declared:
                shown = f"{name} = {value_text(parameter)}"
                yield Change(self.a.kind_of(name), "removed", name, shown, "", "", "", parameter.span)
        for name in theirs:
            parameter = self.b.parameters[name]
            if parameter.declared:
                shown = f"{name} = {value_text(parameter)}"
                yield Change(self.b.kind_of(name), "added", name, "", shown, "", "", None, parameter.span)
        for a, b in self._paired("p"):
            first, second = self.a.parameters[a], self.b.parameters[b]
            factor = self._factor(a, b)
            if factor != 1.0:
                second = _times(second, factor, first)
            for what, before, after in _constant_changes(self.a, first, self.b, second):
                yield Change(self.a.kind_of(a), "changed", a, before, after, what, "", first.span, second.span)

    def observables(self) -> tuple[list[tuple[Carrier, Carrier]], list[Carrier], list[Carrier]]:
        """Pairs of observables, by name or else by what they are, and those that only one has."""
        mine = [c for c in self.a.carriers if isinstance(c.item, Observable)]
        theirs = [c for c in self.b.carriers if isinstance(c.item, Observable)]
        known = {_observable(c).name: c for c in theirs}
        pairs = [(c, known.pop(_observable(c).name)) for c in mine if _observable(c).name in known]
        named = {_observable(a).name for a, _ in pairs}
        left, right = [c for c in mine if _observable(c).name not in named], list(known.values())
        for carrier in list(left):
            other = next((c for c in right if self.same(carrier, c)), None)
            if other is not None:
                pairs.append((carrier, other))
                left.remove(carrier)
                right.remove(other)
        return pairs, left, right

    def observed(self) -> list[tuple[str, str]]:
        """The names of observables that are one thing."""
        return [(_observable(a).name, _observable(b).name) for a, b in self.observables()[0]]

    def _observables(self) -> Iterator[Change]:
        pairs, left, right = self.observables()
        for carrier in left:
            yield _removed(
                "observables",
                _observable(carrier).name,
                _observable(carrier).span,
                _statement(_observable(carrier).span),
            )
        for carrier in right:
            yield _added(
                "observables",
                _observable(carrier).name,
                _observable(carrier).span,
                _statement(_observable(carrier).span),
            )
        for a, b in pairs:
            if not self.same(a, b):
                first, second = _observable(a), _observable(b)
                shown = _statement(first.span), _statement(second.span)
                yield Change("observables", "changed", first.name, *shown, "", "", first.span, second.span)

    # --- compartments ---

    @cached_property
    def places(self) -> dict[str, str]:
        """The compartments that are the same ones: as their sizes where these are constants, else by name or size."""
        pairs = {a[1]: b[1] for a, b in self.pairs.items() if self.a.kind_of(a[1]) == "compartments"}
        mine, theirs = _sizes(self.a), _sizes(self.b)
        pairs |= {name: name for name in mine if name in theirs}
        free = [name for name in theirs if name not in mine]
        for name in (name for name in mine if name not in theirs):
            other = next((o for o in free if self.same(mine[name], theirs[o])), None)
            if other is not None:
                pairs[name] = other
                free.remove(other)
        return pairs

    def _compartments(self) -> Iterator[Change]:
        """Compartments whose sizes follow from others; the rest are told as constants are."""
        mine, theirs = _sizes(self.a), _sizes(self.b)
        spans = [{c.name: c.span for c in view.mechanism.compartments} for view in (self.a, self.b)]
        found = set(self.places.values())
        for name in mine:
            other = self.places.get(name)
            if other is None:
                yield _removed("compartments", name, spans[0][name], _statement(spans[0][name]))
            elif other in theirs and not self.same(mine[name], theirs[other]):
                first, second = (_statement(where[n]) for where, n in zip(spans, (name, other), strict=True))
                if first != second:  # else another compartment has changed, from which this one follows
                    before, after = (text.partition("=")[2].strip() for text in (first, second))
                    yield Change(
                        "compartments", "changed", name, before, after, "", "", spans[0][name], spans[1][other]
                    )
        for name in (name for name in theirs if name not in found):
            yield _added("compartments", name, spans[1][name], _statement(spans[1][name]))

    def renamed_compartments(self) -> list[tuple[str, str]]:
        """Names of compartments with sizes that follow from others, where they have another name."""
        return [(a, b) for a, b in self.places.items() if a != b and ("p", a) not in self.pairs]

    # --- pairs ---

    def _factor(self, a: str, b: str) -> float:
        """What a constant of `b` is multiplied by to be in the units of `a`, where its dimension is not known.

        It is 1, unless what depends on it comes out alike with the values that both have.
        """
        if not self.a.converts or self.a.parameters[a].dimension is not None:
            return 1.0
        x, y = self.a.parameters[a].value, self.b.parameters[b].value
        first, second = ([c for c in view.carriers if node in c.uses] for view, node in
                         ((self.a, ("p", a)), (self.b, ("p", b))))  # fmt: skip
        if not (x and y and first) or len(first) != len(second):
            return 1.0
        numbers = Numbers(self.a, self.b, self.pairs)
        found = all(any(numbers.alike_as_given(one, other) for other in second) for one in first)
        return x / y if found else 1.0

    def _paired(self, kind: str) -> list[tuple[str, str]]:
        return [(a[1], b[1]) for a, b in self.pairs.items() if a[0] == kind]

    def _split(self, kind: str) -> tuple[list[str], list[str]]:
        """The names that only one of the two has."""
        taken = set(self.pairs.values())
        mine = [name for k, name in self.a.nodes if k == kind and (k, name) not in self.pairs]
        return mine, [name for k, name in self.b.nodes if k == kind and (k, name) not in taken]


def core_of(a: View, b: View) -> tuple[Core, bool]:
    """The correspondence under which the least differs, and whether a better one was not ruled out.

    One that makes the two alike is looked for first, then one that keeps everything but values of constants, then one
    that keeps what reacts with what; where names suggest another one, that is taken if it leaves no more changes.
    """
    exact, bare = [[_colours(view, values) for view in (a, b)] for values in (True, False)]
    named = set(a.nodes) == set(b.nodes)
    if named:
        core = _by_names(a, b, bare, exact)
        if not core.changes:
            return core, False
    undecided = False
    # where all names are there on both sides, another correspondence counts only if it leaves nothing different
    for start, laws in ((exact, True),) if named else ((exact, True), (bare, True), (bare, False)):
        try:
            found = Matcher(a, b, exact, laws).alike(start)
        except Undecided:
            undecided = True
            continue
        if found is not None and start is exact:
            return Core(a, b, found), False
        if found is not None:
            return min(_by_names(a, b, bare, exact), Core(a, b, found), key=lambda core: len(core.changes)), False
    return _by_names(a, b, bare, exact), undecided and not named


def _by_names(a: View, b: View, start: list[Colours], likely: list[Colours]) -> Core:
    return Core(a, b, Matcher(a, b, likely).nearest(start))


def _colours(view: View, values: bool) -> Colours:
    colours: Colours = {}
    for name, species in view.species.items():
        composition = species.composition
        # a charge that only the name tells is a part of the name
        held = composition and (composition.elements, composition.charge)
        told = repr((species.constant, held)) if values else ""
        colours["s", name] = mix(word("s"), word(told))
    for name, parameter in view.parameters.items():
        scale = view.scale_float(parameter.dimension)
        numbers = [parameter.value, *(parameter.bounds or ()), parameter.prior]
        shown: list[object] = [None if n is None else f"{n * scale:.10g}" for n in numbers]
        if view.converts and parameter.dimension is None:  # its values cannot be converted
            shown = [n is None for n in numbers]
        told = repr((*shown, parameter.scale, parameter.fixed, parameter.dimension)) if values else ""
        colours["p", name] = mix(word("p"), word(told))
    return colours


def _common_values(a: View, b: View, pairs: Pairs) -> tuple[Mapping[Node, int], Mapping[Node, int]]:
    """Values of the field under which paired nodes have one value, and all others one of their own."""
    first = {node: mix(word("first"), number) for number, node in enumerate(a.nodes)}
    second = {node: mix(word("second"), number) for number, node in enumerate(b.nodes)}
    return first, {**second, **{theirs: first[mine] for mine, theirs in pairs.items()}}


# --- single things ---------------------------------------------------------------------------------


def _species_changes(a: Species, b: Species) -> Iterator[tuple[str, str, str]]:
    if a.constant != b.constant:
        shown = {True: "constant", False: "not constant"}
        yield "", shown[a.constant], shown[b.constant]
    first, second = (s.composition and (s.composition.elements, s.composition.charge) for s in (a, b))
    if first != second:
        yield "composition", _formula(a), _formula(b)


def _formula(species: Species) -> str:
    return species.composition.text if species.composition else "not given"


def _constant_changes(va: View, a: Parameter, vb: View, b: Parameter) -> Iterator[tuple[str, str, str]]:
    if not _close(va, a, a.value, vb, b, b.value):
        yield "", value_text(a), value_text(b)
    bounds = list(zip(a.bounds or (None, None), b.bounds or (None, None), strict=True))
    if not all(_close(va, a, x, vb, b, y) for x, y in bounds):
        yield "bounds", _bounds_text(a), _bounds_text(b)
    if not _close(va, a, a.prior, vb, b, b.prior):
        yield "deviation", _prior_text(a), _prior_text(b)
    if a.scale != b.scale and (a.bounds or b.bounds):
        yield "scale", a.scale, b.scale
    if a.fixed != b.fixed:
        yield "", "fixed" if a.fixed else "not fixed", "fixed" if b.fixed else "not fixed"


def _times(parameter: Parameter, factor: float, like: Parameter) -> Parameter:
    scaled = [None if n is None else n * factor for n in (parameter.value, *(parameter.bounds or (None, None)))]
    bounds = None if scaled[1] is None or scaled[2] is None else (scaled[1], scaled[2])
    prior = None if parameter.prior is None else parameter.prior * factor
    return replace(parameter, value=scaled[0], bounds=bounds, prior=prior, dimension=like.dimension)


def _close(va: View, a: Parameter, x: float | None, vb: View, b: Parameter, y: float | None) -> bool:
    if x is None or y is None:
        return x is y
    first, second = x * va.scale_float(a.dimension), y * vb.scale_float(b.dimension)
    return math.isclose(first, second, rel_tol=CLOSE) and _one_dimension(a, b)


def _one_dimension(a: Parameter, b: Parameter) -> bool:
    return a.dimension == b.dimension or None in (a.dimension, b.dimension)


def value_text(parameter: Parameter) -> str:
    """The value of a constant in the unit that its file gives it."""
    return "no value" if parameter.value is None else _in_unit(parameter, parameter.value)


def _prior_text(parameter: Parameter) -> str:
    return "none" if parameter.prior is None else f"± {_in_unit(parameter, parameter.prior)}"


def _bounds_text(parameter: Parameter) -> str:
    if parameter.bounds is None:
        return "none"
    low, high = parameter.bounds
    return f"{low / parameter.unit_factor:.12g} .. {_in_unit(parameter, high)}"


def _in_unit(parameter: Parameter, value: float) -> str:
    return f"{value / parameter.unit_factor:.12g} {parameter.unit}".strip()


def _by_species(view: View) -> dict[str, Carrier]:
    return {carrier.roles[0][1]: carrier for carrier in view.carriers if carrier.kind == "initial"}


def _sizes(view: View) -> dict[str, Carrier]:
    """The sizes of compartments that follow from others."""
    return {c.name: view.size_carrier(c, ()) for c in view.mechanism.compartments if c.derived}


def _initial_text(view: View, name: str) -> str:
    species = view.species[name]
    if species.initial is None:
        return f"0 {view.mechanism.units.describe(species.dimension)}"
    text = to_text(species.initial)
    return f"{text} {view.mechanism.units.describe(species.dimension)}" if isinstance(species.initial, Number) else text


def _law_change(a: Reaction, b: Reaction, said: tuple[str, str]) -> Change:
    what = "another rate" + (" of the reverse" if a.reverse else "")
    return Change("reactions", "changed", a.label or a.name, *said, what, "", a.span, b.span)


def told_apart(va: View, a: Reaction, vb: View, b: Reaction) -> tuple[str, str]:
    """Laws that read alike, each with what its names stand for where that is not the same."""
    names = dict.fromkeys((*_behind(va, a.law.expression), *_behind(vb, b.law.expression)))
    known = {name: (_meaning(va, name), _meaning(vb, name)) for name in names}
    apart = {name: both for name, both in known.items() if both[0] != both[1]}
    mine, theirs = (", ".join(f"{name} = {both[i]}" for name, both in apart.items() if both[i]) for i in (0, 1))
    return tuple(f"{v.said(r)}   ({more})" if more else v.said(r) for v, r, more in ((va, a, mine), (vb, b, theirs)))  # type: ignore[return-value]


def _behind(view: View, expression: Expression) -> list[str]:
    """The names of constants and derived values in an expression, derived values seen through."""
    found: dict[str, None] = {}
    pending = [expression]
    while pending:
        names = sorted(symbol.name for symbol in symbols(pending.pop()) if symbol.kind not in ("species", "time"))
        pending += [view.derived[name] for name in names if name in view.derived and name not in found]
        found |= dict.fromkeys(names)
    return list(found)


def _meaning(view: View, name: str) -> str:
    if name in view.parameters:
        return value_text(view.parameters[name])
    if name not in view.derived:
        return ""
    expression = view.derived[name]
    text = to_text(expression, bracket_species=True)
    dimension = expression.dimension if isinstance(expression, Number) else None
    return f"{text} {view.mechanism.units.describe(dimension)}".rstrip() if dimension is not None else text


def _once(reactions: list[Reaction]) -> list[Reaction]:
    """Reactions of which a step that is there with both directions, or in several compartments, is told once."""
    names = {(reaction.name, reaction.span) for reaction in reactions}
    return [r for r in reactions if not any((stem, r.span) in names for stem in _stems(r.name))]


def _stems(name: str) -> Iterator[str]:
    """What stands before each dot of a name: ``step`` of ``step.reverse``."""
    return (name[: found.start()] for found in re.finditer(r"\.", name))


def _reaction(carrier: Carrier) -> Reaction:
    assert isinstance(carrier.item, Reaction)
    return carrier.item


def _observable(carrier: Carrier) -> Observable:
    assert isinstance(carrier.item, Observable)
    return carrier.item


def _statement(span: Span | None) -> str:
    """The rest of the line from a place: what is said of the name that stands there."""
    if span is None:
        return ""
    from mscnet.mechanism.diff_text import statement_at

    return statement_at(span)


def _removed(category: str, name: str, span: Span | None, said: str) -> Change:
    return Change(category, "removed", name, said or name, "", "", "", span)


def _added(category: str, name: str, span: Span | None, said: str) -> Change:
    return Change(category, "added", name, "", said or name, "", "", None, span)


def _species_text(species: Species) -> str:
    return _statement(species.span) if species.declared and species.span else species.name
