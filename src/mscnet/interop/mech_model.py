"""The statements of a model: units, species, parameters, derived values, reactions, events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction

from mscnet.interop.mech_words import Words, number_of, text_of
from mscnet.mechanism.compartments import homes_of, is_dilution
from mscnet.mechanism.constants import MOLAR_ENERGY
from mscnet.mechanism.events import AtTimes, Condition, Event, Every, Logic, stated
from mscnet.mechanism.expression import Call, Comparison, Expression, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.thermo import Bond
from mscnet.mechanism.types import Definition, Function, Observable, Option, Parameter, Reaction, Species, Term
from mscnet.mechanism.units import SI_MOLAR, TIME, UNITS, VOLUME, Dimension, Unit
from mscnet.records import replace

#: Options that are quantities.
_QUANTITIES: dict[str, Dimension] = {"t_end": TIME, "t_start": TIME, "every": TIME, "volume": VOLUME}
_PREFIX = "in "


def unit_lines(mechanism: Mechanism) -> Iterator[str]:
    """The units of the file, as far as they are not those of a file that says nothing, and units of its own."""
    system = mechanism.units
    for scale in system.scales:
        if dict(scale.dimension.exponents) == {scale.symbol: 1}:
            yield f"unit {scale.symbol}"
        else:
            yield f"unit {scale.symbol} = {_size(scale)}"
    chosen = []
    for key in ("time", "concentration", "volume", "length", "mass", "temperature", "current"):
        unit, default = getattr(system, key), getattr(SI_MOLAR, key)
        follows = key == "length" and (system.volume != SI_MOLAR.volume or "^(" in unit.symbol)
        if unit != default and not follows:
            chosen.append(f"{key} = {unit.symbol}")
    if chosen:
        yield "units " + ", ".join(chosen)


def _size(unit: Unit) -> str:
    """What a unit is in others: where seconds give no decimal, in minutes, hours or days."""
    shown = ""
    for symbol in ("d", "h", "min", "s"):
        system = replace(SI_MOLAR, time=UNITS[symbol])
        number = number_of(Fraction(unit.factor / system.scale_of(unit.dimension)))
        shown = f"{number} {system.describe(unit.dimension)}" if "(" not in number or not shown else shown
    return shown


class ModelText:
    """Writes the parts of a model, one statement a line."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism, self.words = mechanism, Words(mechanism)
        self._factors: dict[str, Fraction | None] = {"": Fraction(1)}
        self._arrows = 0
        self._compartments = frozenset(c.name for c in mechanism.compartments)
        #: Sizes of compartments of structured species, which `mech_rules` writes.
        places = mechanism.structure.places if mechanism.structure is not None else ()
        self._sizes = {p.name for p in places if isinstance(p.size, Symbol) and p.size.name == p.name}
        self._homes = homes_of(mechanism)
        self._single = len(mechanism.compartments) == 1
        self.solvents = [stock.name for stock in mechanism.stocks if stock.kind == "solvent"]

    # --- species ---

    def species(self, species: Iterable[Species], everything: bool) -> Iterator[str]:
        """Species with what the file says of them; those that come into being by use only where `everything` is."""
        bare: list[str] = []
        for each in species:
            if not (each.declared or everything or (each.compartment is not None and "." in each.compartment)):
                continue
            text = self._one_species(each)
            if " " in text:
                yield from _listed(bare)
                yield f"species {text}"
            else:
                bare.append(text)
        yield from _listed(bare)

    def _one_species(self, s: Species) -> str:
        text = self.words.name(s.name)
        if s.compartment is not None and not self._single and s.name.partition(".")[0] != s.compartment:
            text += f" in {self.words.name(s.compartment)}"
        if s.label is not None:
            text += f" {text_of(s.label)}"
        if s.composition is not None:
            text += f" of {s.composition.text}"
        if s.energies is not None:
            given = s.energies
            if given.enthalpy is not None and given.entropy is not None:
                text += f" enthalpy = {self.words.text(given.enthalpy)}, entropy = {self.words.text(given.entropy)}"
            else:
                text += f" gibbs = {self.words.text(given.expression)}"
        if s.bonds is not None:
            text += " bonds " + (" + ".join(_bond(name, count) for name, count in s.bonds) or "0")
        if s.initial is not None:
            text += f" = {self.words.text(s.initial)}"
        return text + (" constant" if s.constant else "")

    # --- values ---

    def parameters(self, parameters: Iterable[Parameter]) -> Iterator[str]:
        """Parameters that say something; what ``@`` brings into being and has no value is left to it."""
        for p in parameters:
            if p.name.startswith(_PREFIX) or p.name in self.solvents or p.name in self._sizes:
                continue  # a solvent has them by itself
            head = "compartment" if p.name in self._compartments else "parameter"
            if p.declared or p.value is not None or p.bounds or p.prior is not None or p.note or p.fixed:
                yield f"{head} {self.words.name(p.name)}{self.parameter(p)}"

    def parameter(self, p: Parameter) -> str:
        """What is said of a parameter, behind its name."""
        numbers = [n for n in (p.value, *(p.bounds or ()), p.prior) if n is not None]
        unit, factor = self._unit_for(p, numbers)

        def shown(value: float) -> str:
            text = number_of(Fraction(repr(float(Fraction(value) / factor))))
            return f"{text} {unit}".rstrip()

        text = "" if p.value is None else f" = {shown(p.value)}"
        if p.prior is not None:
            text += f" ± {shown(p.prior)}"
        if p.bounds is not None:
            text += f" in {shown(p.bounds[0])} .. {shown(p.bounds[1])}"
        text += " log" if p.scale == "log" else ""
        text += " fixed" if p.fixed else ""
        return text + (f" {text_of(p.note)}" if p.note is not None else "")

    def _unit_for(self, p: Parameter, numbers: list[float]) -> tuple[str, Fraction]:
        """The unit in which the numbers of a parameter read back exactly: its own, else one for its dimension."""
        known = self.words.unit(p.dimension) if p.dimension is not None and p.dimension.exponents else None
        own = self._factor(p.unit, p.dimension)
        for unit, factor in ((p.unit, own), known or ("", None)):
            if unit and factor is not None and all(_exact(n, factor) for n in numbers):
                return unit, factor
        return "", Fraction(1)  # in the file's units

    def _factor(self, unit: str, dimension: Dimension | None) -> Fraction | None:
        """The size of a unit that a text names; None where it names none of this dimension, or one with an offset."""
        if unit not in self._factors:
            self._factors[unit] = None
            with suppress(QuantityError, ValueError, ZeroDivisionError):
                (one, found), (two, _) = (parse_quantity(f"{n} {unit}", self.words.system) for n in (1, 2))
                if two == 2 * one and found == dimension and self.words.free(unit):
                    self._factors[unit] = one
        return self._factors[unit]

    def definitions(self, definitions: Iterable[Definition]) -> Iterator[str]:
        """Derived values; those that depend on the medium in a block for each solvent."""
        for d in definitions:
            if d.name in self._sizes:
                continue
            cases, elsewhere = self._media(d.expression)
            name = d.name.removesuffix(" in medium")
            for medium, expression in cases:
                yield f"in {medium} {{ {self.words.name(name)} = {self.words.text(expression)} }}"
            if not (cases and isinstance(elsewhere, Symbol) and elsewhere.name == name):
                head = "compartment " if d.name in self._compartments else ""
                yield f"{head}{self.words.name(name)} = {self.words.text(elsewhere)}"

    def _media(self, e: Expression) -> tuple[list[tuple[str, Expression]], Expression]:
        """What a choice by the medium is in each, and elsewhere."""
        cases: list[tuple[str, Expression]] = []
        while isinstance(e, Call) and e.function == "if" and isinstance(e.arguments[0], Comparison):
            flag = e.arguments[0].left
            first = flag.terms[0] if isinstance(flag, Sum) else flag
            if not (isinstance(first, Symbol) and first.name.startswith(_PREFIX)):
                break
            neat = e.arguments[0].operator == "<"
            cases.append(("neat" if neat else first.name.removeprefix(_PREFIX), e.arguments[1]))
            e = e.arguments[2]
        return cases, e

    def functions(self, functions: Iterable[Function]) -> Iterator[str]:
        """The file's own functions; calls are written out, in them too, so that those of imports are not needed."""
        for f in functions:
            if f.body is not None and "." not in f.name:
                yield f"function {self.words.name(f.name)}({', '.join(f.parameters)}) = {self.words.text(f.body)}"

    def observables(self, observables: Iterable[Observable]) -> Iterator[str]:
        """What a run reports beside the species."""
        for o in observables:
            label = f" {text_of(o.label)}" if o.label is not None else ""
            yield f"observable {self.words.name(o.name)}{label} = {self.words.text(o.expression)}"

    # --- reactions ---

    def reactions(self, reactions: Iterable[Reaction]) -> Iterator[str]:
        """Steps, those of two directions in one line."""
        waiting: dict[tuple[str, str | None], Reaction] = {}
        # the file says nothing of steps that are there because a compartment's size varies
        reactions = [r for r in reactions if not is_dilution(r, self._homes)]
        for r in reactions:
            if r.reverse and r.partner is not None:
                waiting[r.name, r.pathway] = r
        for r in reactions:
            if r.reverse and r.partner is not None:
                continue
            yield self._reaction(r, waiting.get((r.partner, r.pathway)) if r.partner is not None else None)

    def next_arrow(self) -> int:
        """The number of the arrow that is written next."""
        self._arrows += 1
        return self._arrows

    def _reaction(self, r: Reaction, back: Reaction | None) -> str:
        self.next_arrow()
        both = back is not None or r.reversible
        over = self._powers(r.catalysts, ", ")
        arrow = (f"<-[{over}]->" if both else f"-[{over}]->") if over else ("<->" if both else "->")
        text = f"{self._side(r.reactants)} {arrow} {self._side(r.products)}"
        if r.law.kind == "fast":
            text = f"fast {text.replace(' -> ', ' <-> ', 1)}"
        text += self._laws(r, back)
        lists = [self._orders(direction) for direction in (r, back) if direction is not None]
        if any(given is not None for given in lists):
            text += "  order " + ", ".join(
                given if given is not None else self._powers(direction.reactants, " ")
                for given, direction in zip(lists, (r, back), strict=False) if direction is not None
            )  # fmt: skip
        if r.note is not None:
            text += f"  {text_of(r.note)}"
        return text if r.name == f"r{self._arrows}" else f"{self.words.name(r.name)}: {text}"

    def _laws(self, r: Reaction, back: Reaction | None) -> str:
        laws = [r.law.expression] if back is None else [r.law.expression, back.law.expression]
        if r.law.kind == "fast":
            known = r.equilibrium is not None and r.equilibrium.source == "energies"
            return "" if known else f"  @ K = {self.words.text(r.law.expression)}"
        if r.law.kind == "general":
            return "  rate " + ", ".join(map(self.words.text, laws))
        texts = list(map(self.words.text, laws))
        for i, direction in enumerate((r, back)):
            given = direction.equilibrium if direction is not None else None
            if given is not None and given.source == "energies":
                return f"  @ {texts[1 - i]}"  # the energies of the species set the other one
            if given is not None:
                texts[i] = f"K = {self.words.text(given.constant)}"
        return "  @ " + ", ".join(texts)

    def _side(self, terms: tuple[Term, ...]) -> str:
        return " + ".join(self._scaled(t) for t in terms) or "0"

    def _scaled(self, t: Term) -> str:
        name = self.words.name(t.species)
        coefficient = t.coefficient if t.stated is None else t.stated
        if not isinstance(coefficient, Fraction):
            return f"({self.words.text(coefficient)}) {name}"
        if coefficient == 1:
            return name
        number = number_of(coefficient)
        return f"{number.strip('()')} {name}"

    def _orders(self, r: Reaction) -> str | None:
        """The list of orders where they are not those that the coefficients give."""
        if r.law.kind != "mass_action":
            return None
        left = {t.species: t.coefficient for t in r.orders}
        for t in r.catalysts:
            own = left[t.species]
            if own == t.coefficient:
                del left[t.species]
            elif isinstance(own, Fraction) and isinstance(t.coefficient, Fraction):
                left[t.species] = own - t.coefficient
        wanted = {t.species: t.coefficient if t.stated is None else t.stated for t in r.reactants}
        whole = all(not isinstance(c, Fraction) or c.denominator == 1 for c in wanted.values())
        if left == wanted and whole:
            return None
        return self._powers(tuple(Term(name, order) for name, order in left.items()), " ")

    def _powers(self, terms: tuple[Term, ...], between: str) -> str:
        parts = []
        for t in terms:
            order = t.coefficient if t.stated is None else t.stated
            power = "" if order == 1 else f"^{self._power(order)}"
            parts.append(self.words.name(t.species) + power)
        return between.join(parts)

    def _power(self, order: Fraction | Expression) -> str:
        if isinstance(order, Fraction):
            return number_of(order)
        return f"({self.words.text(order)})"

    # --- the rest ---

    def bonds(self, bonds: Iterable[Bond]) -> Iterator[str]:
        """Bond energies with their errors."""
        for b in bonds:
            unit, factor = b.unit, self._factor(b.unit, MOLAR_ENERGY)
            if not unit or factor is None:
                unit, factor = self.words.unit(MOLAR_ENERGY) or ("", Fraction(1))
            energy, error = (number_of(Fraction(repr(float(Fraction(n) / factor)))) for n in (b.energy, b.error))
            error = f" ± {error} {unit}" if b.error else ""
            note = f" {text_of(b.note)}" if b.note is not None else ""
            yield f"bond {b.name} = {energy} {unit}{error}{note}"

    def options(self, options: Iterable[Option]) -> Iterator[str]:
        """The defaults of the file."""
        for o in options:
            if isinstance(o.value, str):
                yield f"option {o.name} = {o.value}"
            else:
                number = Fraction(repr(o.value))
                yield f"option {o.name} = {self.words.quantity(number, _QUANTITIES.get(o.name))}"

    def events(self, events: Iterable[Event]) -> Iterator[str]:
        """What happens in the course of a run."""
        for event in events:
            label = f"{self.words.name(event.label)}: " if event.label is not None else ""
            actions = " ; ".join(
                f"{self.words.name(a.target)} {a.operator} {self.words.text(a.value)}" for a in stated(event)
            )
            yield f"{label}{self._trigger(event)} {{ {actions} }}"

    def _trigger(self, event: Event) -> str:
        text = self.words.text
        match event.trigger:
            case AtTimes(times):
                return "at " + ", ".join(map(text, times))
            case Every(period, first, last, count):
                limits = (("from", first), ("to", last), ("times", count))
                return f"every {text(period)}" + "".join(f" {w} {text(e)}" for w, e in limits if e is not None)
            case _:
                when = event.trigger
                held = f" for {text(when.hold)}" if when.hold is not None else ""
                return f"when {self._condition(when.condition)}{held}{' once' if when.once else ''}"

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Comparison):
            return self.words.text(condition)
        if condition.operator == "not":
            return f"not {self._bracketed(condition.parts[0])}"
        return f" {condition.operator} ".join(map(self._bracketed, condition.parts))

    def _bracketed(self, condition: Condition) -> str:
        text = self._condition(condition)
        return f"({text})" if isinstance(condition, Logic) else text


def _bond(name: str, count: Fraction) -> str:
    return name if count == 1 else f"{number_of(count)} {name}"


def _listed(names: list[str]) -> Iterator[str]:
    """Species of which the file says nothing, several a line."""
    while names:
        yield "species " + ", ".join(names[:8])
        del names[:8]


def _exact(value: float, factor: Fraction) -> bool:
    """Whether a float is what its shortest decimal in another unit reads back as."""
    shown = float(Fraction(value) / factor)
    return float(Fraction(repr(shown)) * factor) == value
