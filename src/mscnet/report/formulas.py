"""Reactions and their laws in the language's own spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from mscnet.mechanism.expression import (
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    number_text,
    rebuild,
    symbols,
    to_text,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.readable import with_unit
from mscnet.mechanism.types import Coefficient, Definition, Reaction, Term, as_expression
from mscnet.mechanism.units import UnitSystem


def coefficient_text(coefficient: Coefficient) -> str:
    """A coefficient as it stands before a species: nothing for 1, brackets about what is symbolic."""
    if isinstance(coefficient, Fraction):
        return "" if coefficient == 1 else number_text(coefficient)
    return f"({to_text(coefficient)})"


def coefficient_value(coefficient: Coefficient) -> int | float | str:
    """A coefficient for JSON: an integer, a float, or the text of what is symbolic."""
    if not isinstance(coefficient, Fraction):
        return to_text(coefficient)
    return coefficient.numerator if coefficient.denominator == 1 else float(coefficient)


def side_text(terms: Sequence[Term]) -> str:
    """One side of a reaction; 0 for none."""
    return " + ".join(f"{coefficient_text(term.written)} {term.species}".strip() for term in terms) or "0"


def reaction_text(reaction: Reaction, both_ways: bool = False) -> str:
    """The reaction as one writes it; `both_ways` draws the arrow of a reversible step."""
    over = ", ".join(_powered(term) for term in reaction.catalysts)
    two_headed = both_ways or reaction.reversible
    arrow = (f"<-[{over}]->" if two_headed else f"-[{over}]->") if over else "<->" if two_headed else "->"
    fast = "fast " if reaction.law.kind == "fast" else ""
    return f"{fast}{side_text(reaction.reactants)} {arrow} {side_text(reaction.products)}"


def law_text(reaction: Reaction, partner: Reaction | None, units: UnitSystem) -> str:
    """The law of a step as one writes it after the reaction: ``@ k1, 0.5 /min`` or ``rate …``."""
    texts = ", ".join(_constant_text(r, units) for r in (reaction, partner) if r is not None)
    if reaction.law.kind == "general":
        return f"rate {texts}"
    return f"@ {texts}" if reaction.law.kind == "fast" else f"@ {texts}{_order_text(reaction)}"


def _constant_text(reaction: Reaction, units: UnitSystem) -> str:
    known = reaction.equilibrium
    if known is None:
        return expression_text(reaction.law.expression, units)
    return "K of the energies" if known.source == "energies" else f"K = {expression_text(known.constant, units)}"


def expression_text(expression: Expression, units: UnitSystem) -> str:
    """An expression whose numbers carry the file's unit of their dimension, where they have one."""
    return to_text(_with_units(expression, units, False), bracket_species=True)


def _with_units(expression: Expression, units: UnitSystem, inside: bool) -> Expression:
    """`expression` with quantities in place of numbers; `inside` a product or a power they stand in brackets."""
    if isinstance(expression, Number):
        shown = with_unit(expression.value, expression.dimension, units)
        return Symbol(f"({shown})" if inside else shown, "parameter") if " " in shown else expression
    inner = isinstance(expression, (Product, Power))
    return rebuild(expression, tuple(_with_units(part, units, inner) for part in children(expression)))


def steps(mechanism: Mechanism) -> Iterator[tuple[Reaction, Reaction | None]]:
    """Every step once: its forward reaction, and the reverse one of a reversible step."""
    by_name = {reaction.name: reaction for reaction in mechanism.reactions}
    for reaction in mechanism.reactions:
        partner = by_name.get(reaction.partner) if reaction.partner else None
        if not (reaction.reverse and partner is not None):
            yield reaction, partner


def used_definitions(mechanism: Mechanism, expressions: Iterable[Expression]) -> list[Definition]:
    """The derived values that `expressions` hold, directly or through others, in the file's order."""
    by_name = {definition.name: definition for definition in mechanism.definitions}
    needed: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for symbol in symbols(waiting.pop()):
            if symbol.kind not in ("species", "parameter") and symbol.name in by_name and symbol.name not in needed:
                needed.add(symbol.name)
                waiting.append(by_name[symbol.name].expression)
    return [definition for definition in mechanism.definitions if definition.name in needed]


def _powered(term: Term) -> str:
    if term.written == 1:
        return term.species
    text = coefficient_text(term.written)
    return f"{term.species}^{text if text.isdigit() or text.startswith('(') else f'({text})'}"


def _order_text(reaction: Reaction) -> str:
    """The orders, where they are not those of the stoichiometry."""
    expected = _totals((*reaction.reactants, *reaction.catalysts))
    if _totals(reaction.orders) == expected:
        return ""
    return " order " + (" ".join(_powered(term) for term in reaction.orders) or "0")


def _totals(terms: Sequence[Term]) -> dict[str, Coefficient]:
    totals: dict[str, Coefficient] = {}
    for term in terms:
        old, new = totals.get(term.species), term.written
        if old is None:
            totals[term.species] = new
        elif isinstance(old, Fraction) and isinstance(new, Fraction):
            totals[term.species] = old + new
        else:
            totals[term.species] = Sum((as_expression(old), as_expression(new)))
    return totals
