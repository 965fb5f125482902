"""Whether two pathways are really different: the same network up to the names of constants is one model twice.

Every step becomes a list of marks in which commutative parts are put in order; two models are alike where their steps
can be paired so that one renaming makes every pair the same (a search as for isomorphic graphs, with a limit).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from fractions import Fraction

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Related
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import (
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction, as_expression
from mscnet.records import dataclass

#: Larger families are not looked at: steps times pathways.
MAX_STEPS = 10_000
#: The search gives up, and takes two pathways for different, after so many tries; a law has at most so many marks.
MAX_TRIES, MAX_MARKS = 20_000, 2_000

#: A mark of a step: something fixed, or ("p", name) of a constant, ("s", name) of a species that nobody sees.
Mark = Hashable
Marks = tuple[Mark, ...]


class _TooLarge(Exception):
    """A law with too many marks."""


def same_pathways(mechanism: Mechanism, report: Reporter) -> None:
    """Warn of pathways that are one network under two names."""
    names = [pathway.name for pathway in mechanism.pathways]
    if len(names) < 2 or len(names) * len(mechanism.reactions) > MAX_STEPS:
        return
    seen = _seen_species(mechanism)
    models = []
    for name in names:
        checkpoint()
        try:
            models.append((name, _Model(mechanism.with_pathway(name), seen)))
        except _TooLarge:
            continue
    told: set[str] = set()
    for i, (second, two) in enumerate(models):
        for first, one in models[:i]:
            if first in told or second in told or one.shape != two.shape:
                continue
            renaming = _renaming(one, two)
            if renaming is not None:
                told.add(second)
                _tell(mechanism, first, second, renaming, report)


def _tell(mechanism: Mechanism, first: str, second: str, renaming: dict[str, str], report: Reporter) -> None:
    spans = {pathway.name: pathway.span for pathway in mechanism.pathways}
    other = [f"`{new}` for `{old}`" for old, new in renaming.items() if old != new]
    how = ", with " + ", ".join(other[:3]) + (" …" if len(other) > 3 else "") if other else ""
    message = f"the pathways `{first}` and `{second}` are the same network{how}"
    place = spans[first]
    related = (Related(f"`{first}` is here", place),) if place is not None else ()
    hint = "no data can tell them apart: leave one out, or say in what they differ"
    report.at("W220", message, spans[second], hint, related)


def _seen_species(mechanism: Mechanism) -> frozenset[str]:
    """Species that something of the file speaks of outside of steps, or that all pathways share."""
    from mscnet.mechanism.bench_use import bench_species
    from mscnet.mechanism.facts import courses_of, expressions_of

    seen = {s.name for s in mechanism.species if s.initial is not None or s.label or s.composition or s.constant}
    expressions: list[Expression] = [o.expression for o in mechanism.observables]
    if mechanism.has_bench:
        seen |= bench_species(mechanism)
        seen |= {band.species for fact in mechanism.facts for course in courses_of(fact) for band in course.bands}
        expressions += expressions_of(mechanism.facts)
    seen |= {s.name for e in expressions for s in symbols(e) if s.kind == "species"}
    for reaction in mechanism.reactions:
        if reaction.pathway is None:
            seen |= {t.species for t in (*reaction.reactants, *reaction.products, *reaction.orders)}
    return frozenset(seen)


# --- models as marks -----------------------------------------------------------------------------------


@dataclass
class _Constant:
    """What a constant has that another must have to stand for it."""

    free: bool
    value: float | None


class _Model:
    """The steps, initial values and observables of one pathway as lists of marks."""

    def __init__(self, model: Mechanism, seen: frozenset[str]) -> None:
        checkpoint()
        self.definitions = {d.name: d.expression for d in model.definitions}
        self.hidden = {s.name for s in model.species if s.name not in seen}
        self.constants = {p.name: _Constant(p.free, None if p.free else p.value) for p in model.parameters}
        common = [r.law.expression for r in model.reactions if r.pathway is None]
        common += [o.expression for o in model.observables if o.pathway is None]
        #: Constants that stand in what all pathways share keep their names.
        self.kept = {s.name for e in common for s in symbols(e) if s.kind == "parameter"}
        combinatorial = model.option("mass_action")
        items: list[Marks] = [self._step(r, combinatorial) for r in model.reactions]
        items += [("initial", self._species(s.name), *self._marks(s.initial, 0)) for s in model.species if s.initial]
        items += [("observable", o.name, *self._marks(o.expression, 0)) for o in model.observables]
        self.items: dict[Marks, list[Marks]] = {}
        for item in items:
            self.items.setdefault(_shape(item), []).append(item)
        self.shape = Counter({shape: len(alike) for shape, alike in self.items.items()})

    def _species(self, name: str) -> Mark:
        return ("s", name) if name in self.hidden else name

    def _step(self, reaction: Reaction, combinatorial: Hashable) -> Marks:
        marks: list[Mark] = [combinatorial, reaction.reversible]
        for side in (reaction.reactants, reaction.products):
            terms = []
            for term in side:
                plain = isinstance(term.coefficient, Fraction)
                size = (term.coefficient,) if plain else self._marks(term.coefficient, 0)  # type: ignore[arg-type]
                terms.append((self._species(term.species), *size))
            marks += ["side", *_flat(sorted(terms, key=_order))]
        return (*marks, *self._marks(_rate(reaction), 0))

    def _marks(self, e: Expression, level: int) -> Marks:
        """An expression as marks, derived values put in."""
        if level > 200:
            raise _TooLarge
        match e:
            case Number(value):
                return (value,)
            case Symbol(name, "definition") if name in self.definitions:
                return self._marks(self.definitions[name], level + 1)
            case Symbol(name, "parameter"):
                return (("p", name) if name not in self.kept else ("kept", name),)
            case Symbol(name, "species"):
                return (("[]", self._species(name)) if name not in self.hidden else ("s", name),)
            case Symbol(name, kind):
                return ((kind, name),)
            case Sum() | Product():
                parts = [self._marks(part, level + 1) for part in self._parts(e, type(e))]
                return self._within((type(e).__name__, len(parts), *_flat(sorted(parts, key=_order))))
            case Power(base, exponent):
                return self._within(("^", *self._marks(base, level + 1), "to", *self._marks(exponent, level + 1)))
            case Call(function, arguments):
                return self._within((function, len(arguments), *_flat(self._marks(a, level + 1) for a in arguments)))
            case Comparison(operator, left, right):
                return self._within((operator, *self._marks(left, level + 1), "and", *self._marks(right, level + 1)))
            case Lookup(table, argument):
                return self._within((table, *self._marks(argument, level + 1)))

    def _parts(self, e: Expression, kind: type) -> Iterator[Expression]:
        """The terms of a sum or the factors of a product, brackets and derived values opened."""
        if isinstance(e, Symbol) and e.kind == "definition" and e.name in self.definitions:
            inner = self.definitions[e.name]
            if isinstance(inner, kind):
                yield from self._parts(inner, kind)
                return
        if isinstance(e, kind):
            for part in children(e):
                yield from self._parts(part, kind)
        else:
            yield e

    @staticmethod
    def _within(marks: Marks) -> Marks:
        if len(marks) > MAX_MARKS:
            raise _TooLarge
        return marks


def _rate(reaction: Reaction) -> Expression:
    """The whole rate of a step, so that `@ k` and `rate k*[A]` are the same."""
    if reaction.law.kind == "general":
        return reaction.law.expression
    factors: list[Expression] = [reaction.law.expression]
    for term in reaction.orders:
        species, order = Symbol(term.species, "species"), term.coefficient
        power = as_expression(order)
        factors.append(species if order == 1 else Power(species, power))
    return Product(tuple(factors)) if len(factors) > 1 else factors[0]


def _flat(parts: object) -> Iterator[Mark]:
    for part in parts:  # type: ignore[attr-defined]
        yield from part


def _is_name(mark: Mark) -> bool:
    return isinstance(mark, tuple) and mark[0] in ("p", "s")


def _shape(marks: Marks) -> Marks:
    """Marks with the names left out that may be others."""
    return tuple(mark[0] if _is_name(mark) else mark for mark in marks)  # type: ignore[index]


def _order(marks: Marks) -> str:
    return repr(_shape(marks))


# --- the search -------------------------------------------------------------------------------------------


def _renaming(one: _Model, two: _Model) -> dict[str, str] | None:
    """The names of `two` for those of `one` that make both the same; None where there are none."""
    shapes = sorted(one.items, key=lambda shape: len(one.items[shape]))
    pairs = [(item, two.items[shape]) for shape in shapes for item in one.items[shape]]
    search = _Search(one, two)
    return search.found() if search.match(pairs, 0, set()) else None


class _Search:
    def __init__(self, one: _Model, two: _Model) -> None:
        self.one, self.two, self.tries = one, two, 0
        self.there: dict[Mark, Mark] = {}
        self.back: dict[Mark, Mark] = {}

    def found(self) -> dict[str, str]:
        return {old[1]: new[1] for old, new in self.there.items()}  # type: ignore[index]

    def match(self, pairs: list[tuple[Marks, list[Marks]]], at: int, used: set[int]) -> bool:
        if at == len(pairs):
            return True
        item, candidates = pairs[at]
        for candidate in candidates:
            self.tries += 1
            if self.tries > MAX_TRIES:
                return False
            if id(candidate) in used:
                continue
            made = self._unify(item, candidate)
            if made is None:
                continue
            used.add(id(candidate))
            if self.match(pairs, at + 1, used):
                return True
            used.discard(id(candidate))
            self._undo(made)
        return False

    def _unify(self, item: Marks, other: Marks) -> list[Mark] | None:
        """The names newly paired so that two items are the same; None, with nothing paired, where they are not."""
        made: list[Mark] = []
        for a, b in zip(item, other, strict=True):
            if not _is_name(a):
                continue
            if a in self.there or b in self.back:
                fits = self.there.get(a) == b
            else:
                fits = self._may(a, b)
                if fits:
                    self.there[a], self.back[b] = b, a
                    made.append(a)
            if not fits:
                self._undo(made)
                return None
        return made

    def _undo(self, made: list[Mark]) -> None:
        for name in made:
            del self.back[self.there.pop(name)]

    def _may(self, a: Mark, b: Mark) -> bool:
        """Whether one name may stand for the other: constants with the same say, species that only one model has."""
        kind, old, new = a[0], a[1], b[1]  # type: ignore[index]
        if kind == "p":
            return self.one.constants.get(old) == self.two.constants.get(new)
        return old == new or (old not in self.two.hidden and new not in self.one.hidden)
