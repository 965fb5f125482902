"""Whole rate laws that stand after ``@``, where the rate constant alone is meant: ``A -> B @ k1*[A]``."""

from __future__ import annotations

from fractions import Fraction

from mscnet.diagnostics import Edit, Fix, Span
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import Expression, Number, Power, Product, Symbol, exact_value
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction

REMEDY = "for a whole rate law write `rate` in place of `@`"


def holds_its_reactants(reaction: Reaction) -> bool:
    """Whether a mass-action constant is a product that holds every reactant to the order that `@` adds anyway."""
    if reaction.law.kind != "mass_action" or not reaction.orders:
        return False
    found: dict[str, Fraction] = {}
    for factor in _factors(reaction.law.expression):
        base = factor.base if isinstance(factor, Power) else factor
        if not (isinstance(base, Symbol) and base.kind == "species"):
            continue
        power = exact_value(factor.exponent, lambda _: None) if isinstance(factor, Power) else Fraction(1)
        if power is not None:
            found[base.name] = found.get(base.name, Fraction(0)) + power
    return bool(found) and all(found.get(term.species) == term.coefficient for term in reaction.orders)


def _factors(expression: Expression) -> tuple[Expression, ...]:
    if not isinstance(expression, Product):
        return (expression,)
    return tuple(inner for factor in expression.factors for inner in _factors(factor))


def as_whole_law(reaction: Reaction, safe: bool) -> tuple[Fix, ...]:
    """The fix that puts `rate` for `@`; none for a reversible reaction, whose two laws change together."""
    span, law = reaction.span, reaction.law.span
    if span is None or law is None or reaction.partner is not None:
        return ()
    at = span.source.text.rfind("@", span.start, law.start)
    if at < 0:
        return ()
    return (Fix("write `rate` for `@`", (Edit(Span(span.source, at, at + 1), "rate"),), safe),)


def whole_laws(mechanism: Mechanism, report: Reporter) -> None:
    """Constants that hold their own reactants: the rate has these twice, which is seldom meant."""
    for reaction in mechanism.reactions:
        law = reaction.law
        if isinstance(law.expression, Symbol | Number) or law.span is None or not holds_its_reactants(reaction):
            continue
        monomial = "*".join(
            f"[{t.species}]" + ("" if t.coefficient == 1 else f"^{t.coefficient}") for t in reaction.orders
        )
        message = f"the rate is this times {monomial}, and {monomial} is in it already"
        report.at("W260", message, law.span, REMEDY, (), as_whole_law(reaction, False))
