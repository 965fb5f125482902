"""What there is to say of one species, constant or reaction, in Markdown: what an editor shows beside the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction

from mscnet.checkpoint import checkpoint
from mscnet.mechanism.expression import Expression, Power, Product, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Definition, Function, Observable, Parameter, Reaction, Species, as_expression
from mscnet.mechanism.units import UNITS, name_dimension
from mscnet.records import dataclass, field
from mscnet.report.equilibria import EquilibriumRow, energies_cell, equilibrium_rows
from mscnet.report.formulas import coefficient_text, expression_text, law_text, reaction_text
from mscnet.report.text import initial_value, number, parameter_value, quantity, unit_of

#: So many terms of a rate equation, and so many steps that use a name, are shown.
MOST_TERMS = 12
#: So many letters of an expression.
MOST_LETTERS = 600

Item = Species | Parameter | Definition | Observable | Function


@dataclass
class Cards:
    """A mechanism with what its names lead to, found once: items by name, reactions by species, label and constant."""

    mechanism: Mechanism
    items: dict[str, list[Item]] = field(default_factory=dict)
    reactions: dict[str, list[Reaction]] = field(default_factory=dict)
    labels: dict[str, list[Reaction]] = field(default_factory=dict)
    uses: dict[str, list[Reaction]] = field(default_factory=dict)
    #: Steps by how they are written; those of a family are written once.
    written: dict[str, list[Reaction]] = field(default_factory=dict)
    equilibria: dict[str, EquilibriumRow] = field(default_factory=dict)

    @classmethod
    def of(cls, mechanism: Mechanism) -> Cards:
        """The cards of a mechanism, which may lack what has errors."""
        made = cls(mechanism)
        for kind in ("species", "parameters", "definitions", "observables", "functions"):
            for item in getattr(mechanism, kind):
                made.items.setdefault(item.name, []).append(item)
        for reaction in mechanism.reactions:
            checkpoint()
            for name in {term.species for term in (*reaction.reactants, *reaction.products)}:
                made.reactions.setdefault(name, []).append(reaction)
            if reaction.label is not None:
                made.labels.setdefault(reaction.label, []).append(reaction)
            for symbol in symbols(reaction.law.expression):
                made.uses.setdefault(symbol.name.removesuffix(" in medium"), []).append(reaction)
            made._note_text(reaction)
        with suppress(KeyError, ArithmeticError, ValueError, RecursionError):  # parts of it may have errors
            made.equilibria |= {row.step: row for row in equilibrium_rows(mechanism)[0]}
        return made

    def _note_text(self, reaction: Reaction) -> None:
        span = reaction.span
        if span is not None and not reaction.reverse and span.text.strip():
            self.written.setdefault(span.text.strip(), []).append(reaction)

    def of_name(self, name: str, pathway: str | None = None) -> str | None:
        """The card of what a name stands for in a pathway; None where the mechanism has no such name."""
        items = self.items.get(name)
        if not items:
            return None
        item = next((i for i in items if getattr(i, "pathway", None) == pathway), items[0])
        match item:
            case Species():
                return self._species(item)
            case Parameter():
                return self._parameter(item)
            case Function():
                return function_card(item)
        return self._derived(item)

    def of_family(self, pattern: re.Pattern[str], pathway: str | None = None) -> str | None:
        """The card of names that belong together, all that match a pattern: how many, which, and one of them."""
        names = [name for name in self.items if pattern.fullmatch(name)]
        if not names:
            return None
        one = names[min(1, len(names) - 1)]
        card = self.of_name(one, pathway)
        return f"{_members(names)}\n\none of them:\n\n{card}" if len(names) > 1 else card

    def of_labels(self, pattern: re.Pattern[str]) -> str | None:
        """The same of steps by their labels."""
        names = [name for name in self.labels if pattern.fullmatch(name)]
        if not names:
            return None
        card = self.of_label(names[0])
        return f"{_members(names)}\n\none of them:\n\n{card}" if len(names) > 1 else card

    def of_written(self, text: str, sign: str) -> str | None:
        """The card of the step in a statement that has a sign, an arrow."""
        found = next((steps for key, steps in self.written.items() if sign in key and key in text), None)
        if found is None:
            return None
        several = f"one of {len(found)} steps:\n\n" if len(found) > 1 else ""
        return several + self.of_reaction(found[0])

    def of_label(self, label: str, pathway: str | None = None) -> str | None:
        """The card of the step with a label."""
        found = [r for r in self.labels.get(label, ()) if r.pathway == pathway] or self.labels.get(label, [])
        return self.of_reaction(found[0]) if found else None

    def of_reaction(self, reaction: Reaction) -> str:
        """The equation of a step, its law, and the units of its constants."""
        mechanism = self.mechanism
        partner = None
        if reaction.partner:
            partner = next((r for r in self.labels.get(reaction.label or "", ()) if r.name == reaction.partner), None)
            if partner is None:
                partner = next((r for r in mechanism.reactions if r.name == reaction.partner), None)
        if reaction.reverse and partner is not None:
            reaction, partner = partner, reaction
        lines = [
            _code(f"{reaction.label + ': ' if reaction.label else ''}{reaction_text(reaction, partner is not None)}")
        ]
        lines.append(f"law: `{law_text(reaction, partner, mechanism.units)}`")
        for each, what in ((reaction, "forward"), (partner, "backward")):
            if each is not None:
                lines.append(f"{what + ' ' if partner else ''}rate: `{self._rate(each)}`" + self._constants(each))
        known = self.equilibria.get(reaction.name) or self.equilibria.get(reaction.label or "")
        if known is not None:
            change = f", ΔG° = {number(known.gibbs)} kJ/mol" if known.gibbs == known.gibbs else ""
            lines.append(f"K = {quantity(known.constant, known.unit)}{change}")
        if reaction.note:
            lines.append(reaction.note)
        if reaction.pathway:
            lines.append(f"pathway `{reaction.pathway}`")
        return "\n\n".join(lines)

    def _constants(self, reaction: Reaction) -> str:
        """The values of the constants that a law holds."""
        found = []
        for symbol in sorted(symbols(reaction.law.expression), key=lambda s: s.name):
            for item in self.items.get(symbol.name, ())[:1]:
                if isinstance(item, Parameter):
                    found.append(f"`{item.name}` = {parameter_value(self.mechanism, item)}")
        return "; " + ", ".join(found[:MOST_TERMS]) if found else ""

    # --- items ---

    def _species(self, species: Species) -> str:
        mechanism = self.mechanism
        label = f" “{species.label}”" if species.label else ""
        lines = [f"species `{species.name}`{label}" + (" (constant)" if species.constant else "")]
        facts = []
        if species.composition is not None and species.composition.text:
            facts.append(f"composition {species.composition.text}")
        if species.charge:
            facts.append(f"charge {species.charge:+d}")
        start = initial_value(mechanism, species)
        facts.append(f"initial value {start}" if start else "initial value 0 (nothing is said)")
        if species.compartment is not None:
            facts.append(f"in `{species.compartment}`")
        if species.energies is not None:
            with suppress(KeyError, ArithmeticError, ValueError, RecursionError):
                facts.append(energies_cell(mechanism, species))
        lines.append(", ".join(facts))
        if not species.constant:
            lines.append(_code(self.equation(species.name)))
        return "\n\n".join(lines)

    def _parameter(self, parameter: Parameter) -> str:
        mechanism = self.mechanism
        lines = [f"parameter `{parameter.name}` = {parameter_value(mechanism, parameter)}"]
        unit = unit_of(mechanism, parameter.dimension)
        facts = []
        if parameter.dimension is not None:
            facts.append(name_dimension(parameter.dimension) + (f" ({unit} in this file)" if unit else ""))
        if parameter.bounds is not None:
            low, high = (number(value / parameter.unit_factor) for value in parameter.bounds)
            scale = ", on a logarithmic scale" if parameter.scale == "log" else ""
            facts.append(f"in {low} .. {high}{' ' + parameter.unit if parameter.unit else ''}{scale}")
        if parameter.prior is not None:
            facts.append(f"± {number(parameter.prior / parameter.unit_factor)}")
        if parameter.fixed:
            facts.append("fixed")
        if not parameter.declared:
            facts.append("not declared: it came into being by use")
        if facts:
            lines.append("; ".join(facts))
        if parameter.note:
            lines.append(parameter.note)
        lines += self._used_in(parameter.name)
        return "\n\n".join(lines)

    def _used_in(self, name: str) -> list[str]:
        steps = list(dict.fromkeys(_step(reaction) for reaction in self.uses.get(name, ())))
        if not steps:
            return []
        more = f", and {len(steps) - MOST_TERMS} more" if len(steps) > MOST_TERMS else ""
        return ["in the law of " + ", ".join(f"`{step}`" for step in steps[:MOST_TERMS]) + more]

    def _derived(self, item: Definition | Observable) -> str:
        mechanism = self.mechanism
        kind = "observable" if isinstance(item, Observable) else "derived value"
        label = f" “{item.label}”" if isinstance(item, Observable) and item.label else ""
        lines = [
            f"{kind} `{item.name}`{label}",
            _code(_short(f"{item.name} = {expression_text(item.expression, mechanism.units)}")),
        ]
        value = self._value(item)
        unit = unit_of(mechanism, item.dimension)
        if value is not None:
            lines.append(f"= {value}{' ' + unit if unit else ''}")
        elif unit:
            lines.append(f"in {unit}")
        lines += self._used_in(item.name)
        return "\n\n".join(lines)

    def _value(self, item: Definition | Observable) -> str | None:
        if any(symbol.kind in ("species", "time", "observable") for symbol in symbols(item.expression)):
            return None
        try:
            value = self.mechanism.value_of(item.name)
        except (KeyError, ArithmeticError, ValueError, RecursionError):  # a part of it has errors
            return None
        return number(value) if value == value else None

    # --- rates ---

    def equation(self, name: str) -> str:
        """``d[A]/dt = …`` of a species, a line for each pathway that adds to it."""
        lines: list[str] = []
        reactions = self.reactions.get(name, [])
        pathways = dict.fromkeys(reaction.pathway for reaction in reactions)
        for pathway in sorted(pathways, key=lambda p: (p is not None, p or "")):
            terms = [term for r in reactions if r.pathway == pathway for term in self._terms(name, r)]
            if not terms:
                continue
            shown = "".join(terms[:MOST_TERMS]).removeprefix(" + ").strip()
            if len(terms) > MOST_TERMS:
                shown += f" … and {len(terms) - MOST_TERMS} more terms"
            lines.append(shown if pathway is None else f"… in {pathway}: {shown}")
        head = f"d[{name}]/dt = "
        if not lines:
            return head + "0"
        return head + ("\n" + " " * 4).join(lines)

    def _terms(self, name: str, reaction: Reaction) -> Iterable[str]:
        net = _net(name, reaction)
        if net == 0:
            return
        rate = self._rate(reaction)
        if net is None:
            made = " + ".join(coefficient_text(t.coefficient) or "1" for t in reaction.products if t.species == name)
            used = " - ".join(coefficient_text(t.coefficient) or "1" for t in reaction.reactants if t.species == name)
            yield f" + ({made or '0'}{' - ' + used if used else ''})*{rate}"
            return
        factor = coefficient_text(abs(net))
        sign = "-" if net < 0 else "+"
        if reaction.law.kind == "general" and (" + " in rate or " - " in rate):
            rate = f"({rate})"
        yield f" {sign} {factor + '*' if factor else ''}{rate}"

    def _rate(self, reaction: Reaction) -> str:
        law = reaction.law
        if law.kind == "general":
            return expression_text(law.expression, self.mechanism.units)
        factors: list[Expression] = [law.expression]
        for term in reaction.orders:
            base: Expression = Symbol(term.species, "species")
            factors.append(base if term.coefficient == 1 else Power(base, as_expression(term.coefficient)))
        whole = factors[0] if len(factors) == 1 else Product(tuple(factors))
        return expression_text(whole, self.mechanism.units)


def function_card(function: Function) -> str:
    """The signature and body of a function, and which file has it."""
    shown = _code(f"{function.name}({', '.join(function.parameters)}) = {function.text}")
    span = function.span
    where = f"\n\nin {span.source.name}, line {span.line}" if span is not None else ""
    comment = comment_above(span.source.text, span.start) if span is not None else ""
    return f"function\n\n{shown}{chr(10) * 2 + comment if comment else ''}{where}"


def unit_card(symbol: str) -> str | None:
    """What a unit is, in units of the SI."""
    unit = UNITS.get(symbol)
    if unit is None:
        return None
    return f"unit `{symbol}` of {name_dimension(unit.dimension)}: {number(float(unit.factor))} in units of the SI"


def comment_above(text: str, offset: int) -> str:
    """The lines of comment right above the line of an offset, without their marks."""
    lines = text[: text.rfind("\n", 0, offset) + 1].split("\n")[:-1]
    found: list[str] = []
    while lines and lines[-1].lstrip().startswith("#") and len(found) < MOST_TERMS:
        found.append(lines.pop().strip().lstrip("#").strip())
    return " ".join(reversed(found)).strip(" -=")


def _members(names: list[str]) -> str:
    shown = names if len(names) <= MOST_TERMS else [*names[:3], "…", names[-1]]
    return f"family of {len(names)}: " + ", ".join(f"`{name}`" if name != "…" else name for name in shown)


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS].rpartition(" ")[0] + " …"


def _net(name: str, reaction: Reaction) -> Fraction | None:
    """How many of a species a reaction makes; None where that is no number."""
    total = Fraction(0)
    for sign, side in ((-1, reaction.reactants), (1, reaction.products)):
        for term in side:
            if term.species == name:
                if not isinstance(term.coefficient, Fraction):
                    return None
                total += sign * term.coefficient
    return total


def _step(reaction: Reaction) -> str:
    return reaction.label or reaction.name.removesuffix(".reverse")


def _code(text: str) -> str:
    return f"```mech\n{text}\n```"
