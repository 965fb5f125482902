"""A mechanism as a BioNetGen reaction network (``.net``): every step with its species by number.

The rate of a step there is a constant or function times the populations of all its reactants, so a law that does not
have the reactants as factors is divided by them, and is zero where one of them is used up.  Numbers are in the file's
units: a population is what the concentration of the species is.  A comment in the first line names the units; of these
the unit of time is read back, so that a time means the same there.  What a network cannot say (events, tables,
compartments) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from fractions import Fraction
from functools import cached_property

from mscnet.diagnostics import UNSUPPORTED, MechanismError, Span
from mscnet.interop.mech_words import number_of
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction, Term
from mscnet.network.rates import rate_expression

_WORD = re.compile(r"\W+", re.ASCII)
_HALF = Number(Fraction(1, 2))
#: Molecules with their sites, in one complex: ``@PM::A(b!1,c~u).B(a!1)``.
_MOLECULE = r"\w+(?:@\w+)?\((?:[\w~!]+(?:,[\w~!]+)*)?\)(?:@\w+)?"
_GRAPH = re.compile(rf"(?:@\w+::?)?{_MOLECULE}(?:\.{_MOLECULE})*", re.ASCII)


def write(mechanism: Mechanism) -> Iterator[str]:
    """The lines of the network, without their ends.

    Raises:
        MechanismError: a parameter has no value (E040), or a network cannot say what the mechanism holds (E090).
    """
    return iter(_Network(mechanism.expanded).lines())


def _refused(what: str, span: Span | None = None) -> MechanismError:
    return MechanismError.of(UNSUPPORTED, f"a BioNetGen network has no {what}", span=span)


class _Network:
    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        for what, there in (("events", mechanism.events), ("compartments", mechanism.compartments)):
            if there:
                raise _refused(what, there[0].span)
        for r in mechanism.reactions:
            if r.law.kind == "fast":
                raise _refused(f"steps that are always at equilibrium (`{r.name}`)", r.span)
        self.index = {s.name: i + 1 for i, s in enumerate(mechanism.species)}
        self.names: dict[str, str] = {}
        self._taken: set[str] = {"time", "t", "if"}
        for name in (*(p.name for p in mechanism.parameters), *(d.name for d in mechanism.derived)):
            self._declare(name, name)
        self._molecules: set[str] = set()
        self.varying = self._varying()
        self.groups: dict[str, str] = {}
        self.constants: list[tuple[str, str]] = []
        self.functions: list[tuple[str, str]] = []
        self._laws: dict[Expression, str] = {}

    def _declare(self, key: str, name: str) -> str:
        plain = name if _WORD.search(name) is None else _WORD.sub("_", name).strip("_") or "x"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        while plain in self._taken:
            plain += "_"
        self._taken.add(plain)
        self.names[key] = plain
        return plain

    def _varying(self) -> frozenset[str]:
        """Derived values that change in the course of a run."""
        varying: set[str] = set()
        for item in self.mechanism.derived:
            if _varies(item.expression, varying):
                varying.add(item.name)
        return frozenset(varying)

    def lines(self) -> Iterator[str]:
        m = self.mechanism
        for d in m.definitions:  # each after those that it needs, and before the laws that need it
            self._value(self.names[d.name], d.expression, d.name in self.varying)
        reactions = [self._reaction(r) for r in m.reactions]
        linear = [(self.names[o.name], self._linear(o.expression)) for o in m.observables]
        for o, (name, terms) in zip(m.observables, linear, strict=True):
            if terms is None:
                self._value(name, o.expression, o.name in self.varying)
        species = [self._species(s.name, s.initial, s.constant) for s in m.species]
        yield f"# {m.name}: populations in {m.units.concentration.symbol}, times in {m.units.time.symbol}"
        yield from _block("parameters", (f"{name} {text}" for name, text in (*self._parameters(), *self.constants)))
        if self.functions:
            yield from _block("functions", (f"{name}() {text}" for name, text in self.functions))
        yield from _block("species", species)
        yield from _block("reactions", reactions)
        groups = [*((name, terms) for name, terms in linear if terms is not None), *self.groups.items()]
        yield from _block("groups", (f"{name} {terms}" for name, terms in groups))

    def _parameters(self) -> Iterator[tuple[str, str]]:
        missing = [p.name for p in self.mechanism.missing_values()]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing[:8]) + (" …" if len(missing) > 8 else "")
            hint = f"a network has numbers: write `parameter {missing[0]} = …`"
            raise MechanismError.of("E040", f"no value for {listed}", hint=hint)
        for p in self.mechanism.parameters:
            assert p.value is not None
            yield self.names[p.name], repr(p.value)

    def _species(self, name: str, initial: Expression | None, constant: bool) -> str:
        text = "0" if initial is None else self.text(initial)
        if initial is not None and not isinstance(initial, Number | Symbol):
            held = self._declare(f"start of {name}", f"{name}_0")
            self.constants.append((held, text))
            text = held
        return f"{self._graph(name, constant)} {text}"

    def _graph(self, name: str, constant: bool) -> str:
        """What a species is: its molecules where it has some, else one molecule called as the species is."""
        text, mark = self._structured.get(name), "$" if constant else ""
        if text is None:
            return f"{mark}{self._molecule(name)}()"
        place, _, molecules = text.rpartition(":")
        return f"{place.rstrip(':')}::{mark}{molecules}" if place else f"{mark}{molecules}"

    @cached_property
    def _structured(self) -> dict[str, str]:
        """The molecules of the species that have some; a species of another program is labelled with them."""
        texts = {s.name: s.complex or s.label for s in self.mechanism.species}
        found = {name: text for name, text in texts.items() if text is not None and _GRAPH.fullmatch(text)}
        if len(set(found.values())) < len(found):  # labels that say what several species are cannot be that
            found = {s.name: s.complex for s in self.mechanism.species if s.complex is not None}
        return found

    def _molecule(self, name: str) -> str:
        key = f"molecule {name}"
        if key not in self.names:
            plain = _WORD.sub("_", name.replace("^", "_").replace("+", "p").replace("-", "m")).strip("_")
            while plain in self._molecules:
                plain += "_"
            self._molecules.add(plain)
            self.names[key] = plain
        return self.names[key]

    def _value(self, name: str, e: Expression, varies: bool) -> None:
        (self.functions if varies else self.constants).append((name, self.text(e)))

    # --- reactions ---

    def _reaction(self, r: Reaction) -> str:
        left, right = self._numbers(r, r.reactants), self._numbers(r, r.products)
        return f"{left or '0'} {right or '0'} {self._law(r)} #{_WORD.sub('_', r.name)}"

    def _numbers(self, r: Reaction, terms: tuple[Term, ...]) -> str:
        numbers: list[str] = []
        for t in terms:
            if not isinstance(t.coefficient, Fraction) or t.coefficient.denominator != 1:
                raise _refused(f"coefficients that are not whole numbers (`{r.name}`)", r.span)
            numbers += [str(self.index[t.species])] * int(t.coefficient)
        return ",".join(numbers)

    def _law(self, r: Reaction) -> str:
        if r.law.kind == "mass_action" and r.orders == r.reactants and not self._combinatorial:
            law = r.law.expression
        else:
            law = self._without_reactants(r)
        if isinstance(law, Number):
            return self.text(law).strip("()")
        match law:
            case Symbol(name, "parameter"):
                return self.names[name]
            case Product((Number(factor), Symbol(name, "parameter"))) if factor > 0:
                return f"{self.text(Number(factor))}*{self.names[name]}"
        if law not in self._laws:
            name = self._laws[law] = self._declare(f"law {len(self._laws)}", f"_rateLaw{len(self._laws) + 1}")
            self._value(name, law, _varies(law, self.varying))
        return self._laws[law]

    @property
    def _combinatorial(self) -> bool:
        return self.mechanism.option("mass_action") == "combinatorial"

    def _without_reactants(self, r: Reaction) -> Expression:
        """What is left of a rate when the populations of the reactants, which a network multiplies with, are out."""
        rate = rate_expression(self.mechanism, r)
        factors: list[Expression] = list(rate.factors) if isinstance(rate, Product) else [rate]
        missing: list[Expression] = []
        for t in r.reactants:
            assert isinstance(t.coefficient, Fraction)
            left = _take(factors, Symbol(t.species, "species"), t.coefficient)
            missing += [Symbol(t.species, "species")] * int(left)
        law = Product(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE
        if not missing:
            return law
        # A whole rate, divided by what the network multiplies it with; where nothing can react there is none.
        there = Product(tuple(missing)) if len(missing) > 1 else missing[0]
        return Call("if", (Comparison(">", there, ZERO), Product((law, Power(there, MINUS_ONE))), ZERO))

    # --- expressions ---

    def _linear(self, e: Expression) -> str | None:
        """An observable as a group, weights and numbers of species; None where it is none."""
        if e == ZERO:
            return ""  # nothing that it counts is there
        parts = []
        for term in e.terms if isinstance(e, Sum) else (e,):
            match term:
                case Symbol(name, "species"):
                    parts.append(str(self.index[name]))
                case Product((Number(weight), Symbol(name, "species"))) | Product(
                    (Symbol(name, "species"), Number(weight))
                ) if weight.denominator == 1 and weight > 0:
                    parts.append(f"{weight}*{self.index[name]}" if weight != 1 else str(self.index[name]))
                case _:
                    return None
        return ",".join(parts)

    def _group(self, species: str) -> str:
        """The group of one species, by which functions name it."""
        key = f"group {species}"
        if key not in self.names:
            self.groups[self._declare(key, self._molecule(species))] = str(self.index[species])
        return self.names[key]

    def text(self, e: Expression) -> str:
        """An expression in BioNetGen's spelling, in brackets wherever that is not needless."""
        match e:
            case Number(value):
                text = number_of(value) if "/" not in number_of(value) else repr(float(value))
                return text if value >= 0 else f"({text})"
            case Symbol(name, "species"):
                return self._group(name)
            case Symbol(_, "time"):
                return "time()"
            case Symbol(name):
                if name not in self.names:
                    raise _refused(f"`{name}`")
                return self.names[name] + ("()" if self._is_function(name) else "")
            case Sum(terms):
                return "(" + "+".join(map(self.text, terms)).replace("+-", "-") + ")"
            case Product(factors):
                return self._product(factors)
            case Power(base, exponent):
                return f"({self.text(base)})^({self.text(exponent)})"
            case Call():
                return self._call(e)
            case Comparison(operator, left, right):
                return f"({self.text(left)}{operator}{self.text(right)})"
            case Lookup():
                raise _refused("tables of time", e.span)

    def _is_function(self, name: str) -> bool:
        return name in self.varying and name not in self._grouped

    @cached_property
    def _grouped(self) -> frozenset[str]:
        return frozenset(o.name for o in self.mechanism.observables if self._linear(o.expression) is not None)

    def _product(self, factors: tuple[Expression, ...]) -> str:
        text = ""
        for factor in factors:
            if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
                text = f"{text or '1'}/({self.text(factor.base)})"
            else:
                text = (f"{text}*" if text else "") + self.text(factor)
        return f"({text})"

    def _call(self, e: Call) -> str:
        if e.function == "floor":
            return f"rint({self.text(_less_half(e.arguments[0]))})"
        arguments = list(map(self.text, e.arguments))
        if e.function == "sign":
            return f"if({arguments[0]}>0,1,if({arguments[0]}<0,-1,0))"
        return f"{'ln' if e.function == 'log' else e.function}({','.join(arguments)})"


def _less_half(e: Expression) -> Expression:
    """An expression less 1/2: ``rint(x)`` of a network is ``floor(x + 1/2)``."""
    terms = list(e.terms) if isinstance(e, Sum) else [e]
    if _HALF in terms:
        terms.remove(_HALF)
        return Sum(tuple(terms)) if len(terms) > 1 else terms[0]
    return Sum((*terms, Number(-_HALF.value)))


def _take(factors: list[Expression], symbol: Symbol, times: Fraction) -> Fraction:
    """Take so many factors out of a product; how many it lacks."""
    for i, factor in enumerate(factors):
        base, order = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, ONE)
        if base == symbol and isinstance(order, Number) and order.value > 0:
            used = min(order.value, times)
            left = order.value - used
            factors[i] = ONE if left == 0 else symbol if left == 1 else Power(symbol, Number(left))
            times -= used
            if times == 0:
                break
    return times


def _varies(e: Expression, varying: Set[str]) -> bool:
    """Whether an expression changes in the course of a run, where these derived values do."""
    return any(s.kind in ("species", "time", "observable") or s.name in varying for s in symbols(e))


def _block(name: str, rows: Iterator[str] | list[str]) -> Iterator[str]:
    yield f"begin {name}"
    for number, row in enumerate(rows, 1):
        yield f"    {number} {row}"
    yield f"end {name}"
