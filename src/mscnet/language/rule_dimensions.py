"""Dimensions in structured species and rules: those of seeds, of constants of rules, and of energies.

In a file with compartments species of rules are counted, as in BNGL: there nothing is asked of constants.
"""

from __future__ import annotations

from mscnet.diagnostics import Related, Span
from mscnet.language.dimensions import Dimensions, Form, Mismatch, add, form_of
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.structure import Rule, Structure
from mscnet.mechanism.structure_text import pattern_text
from mscnet.mechanism.units import NONE, TIME

#: More reactants are not written out in a message.
_MOST_SHOWN = 6
_PER_TIME: Form = form_of(NONE / TIME)


def check_structure(structure: Structure, dimensions: Dimensions, plain: Form, report: Reporter) -> None:
    """Infer and check; `plain` is the dimension of concentrations."""
    if structure.places:
        for seed in structure.seeds:
            message = "in a file with compartments structured species are counted, so this is a pure number"
            _have(dimensions, report, seed.initial, None, {}, message, seed.span)
        for rule in structure.rules:
            dimensions.infer(rule.law.expression, rule.pathway)
        return
    for seed in structure.seeds:
        message = "the initial value of a species is a concentration"
        _have(dimensions, report, seed.initial, None, plain, message, seed.span)
    for rule in structure.rules:
        _law(rule, dimensions, plain, report)
        for phi_or_barrier in rule.activation or ():
            _have(dimensions, report, phi_or_barrier, rule.pathway, {}, "`activation` takes pure numbers", None)
    for energy in structure.energies:
        _have(
            dimensions, report, energy.energy, None, {}, "an energy here is in units of RT, a pure number", energy.span
        )
    for population in structure.populations:
        message = "the rate of a population map is one over a time"
        _have(dimensions, report, population.rate, None, _PER_TIME, message, population.span)


def _have(
    dimensions: Dimensions,
    report: Reporter,
    expression: Expression,
    pathway: str | None,
    wanted: Form,
    message: str,
    span: Span | None,
) -> None:
    form = dimensions.infer(expression, pathway)
    if dimensions.complained:
        return
    try:
        dimensions.equate(form, wanted, expression.span or span)
    except Mismatch as error:
        report.at("E020", f"{message}; this is {dimensions.shown(error.first)}", expression.span or span)


def _law(rule: Rule, dimensions: Dimensions, plain: Form, report: Reporter) -> None:
    """A constant is a rate over the concentrations of its reactants; the rate of all matches is a rate."""
    form = dimensions.infer(rule.law.expression, rule.pathway)
    if dimensions.complained or rule.activation is not None:
        return
    whole = rule.law.kind == "general"
    wanted = add(add({}, plain, 1 if whole else 1 - len(rule.reactants)), _PER_TIME)
    try:
        dimensions.equate(form, wanted, rule.law.expression.span)
    except Mismatch as error:
        _mismatch(rule, error, dimensions, report)


def _mismatch(rule: Rule, error: Mismatch, dimensions: Dimensions, report: Reporter) -> None:
    given, wanted = dimensions.shown(error.first), dimensions.shown(error.second)
    expression = rule.law.expression
    related: tuple[Related, ...] = ()
    if isinstance(expression, Symbol) and expression.kind == "parameter":
        message = f"the rate constant `{expression.name}` is {given}; here it must be {wanted}"
        fixed = dimensions.fixed_at.get((expression.name, rule.pathway)) or dimensions.fixed_at.get(
            (expression.name, None)
        )
        related = (Related("another use fixes its dimension here", fixed),) if fixed is not None else ()
    else:
        what = "rate constant" if rule.law.kind == "mass_action" else "rate of all matches together"
        message = f"this {what} is {given}; it must be {wanted}"
    hint = None
    if rule.law.kind == "mass_action" and rule.reactants:
        shown = [f"[{pattern_text(pattern)}]" for pattern in rule.reactants[:_MOST_SHOWN]]
        monomial = "*".join(shown + ["…"] * (len(rule.reactants) > _MOST_SHOWN))
        hint = f"the rate is this times {monomial}, and must come out as concentration per time"
    report.at("E020", message, expression.span or rule.law.span, hint, related)
