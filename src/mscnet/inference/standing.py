"""What a fit says of its model beside the criteria: facts met, how its starts agree, what ended at a bound, and
which amounts in the bottles were free."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.experiment.verdict import Verdict
from mscnet.inference.comparison import Amount, FactMet, Reached
from mscnet.inference.result import FitResult
from mscnet.mechanism.bench_use import bench_expressions, parameters_behind
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.facts import expressions_of
from mscnet.mechanism.mechanism import Mechanism

#: Costs (½ Σ r²) that are nearer than this, a factor of 1.1 in likelihood, are one.
NEAR = 0.1
#: A coordinate within this share of its range from an end is at it.
_AT_BOUND = 1e-3


def facts_met(verdicts: Iterable[Verdict]) -> tuple[FactMet, ...]:
    """The verdicts without their curves."""
    return tuple(
        FactMet(v.fact.name or v.fact.text, v.experiment, v.passed, v.trivial, v.margin, v.finished) for v in verdicts
    )


def reached(fit: FitResult) -> Reached:
    """How many of a fit's starts came to its best cost."""
    costs = sorted(start.cost for start in fit.starts if start.finished)
    best = costs[0] if costs else fit.cost
    others = [cost for cost in costs if cost > best + NEAR]
    return Reached(len(costs), len(costs) - len(others), best, others[0] if others else None)


def at_bounds(fit: FitResult) -> tuple[str, ...]:
    """Model parameters that ended at an end of their range."""
    found = []
    for parameter, u in zip(fit.parameters, fit.theta, strict=True):
        low, high = parameter.bounds
        if parameter.kind == "model" and min(u - low, high - u) <= _AT_BOUND * (high - low):
            found.append(parameter.name)
    return tuple(found)


def reaching(model: Mechanism) -> set[str]:
    """The parameters behind rates, stoichiometry, bottles, steps, spectra and facts, through derived values."""
    expressions: list[Expression] = [reaction.law.expression for reaction in model.reactions]
    terms = (t for r in model.reactions for t in (*r.reactants, *r.products, *r.orders))
    expressions += [t.coefficient for t in terms if isinstance(t.coefficient, Expression)]
    expressions += [*bench_expressions(model), *expressions_of(model.facts)]
    return parameters_behind(model, expressions)


def amounts(fit: FitResult) -> tuple[Amount, ...]:
    """The concentrations in the bottles, and the fitted parameters that each depends on."""
    model = fit.model.expanded
    fitted = {p.name for p in fit.parameters} | set(fit.values)
    found = []
    for stock in model.stocks:
        for content in stock.contents:
            free = sorted(parameters_behind(model, (content.concentration,)) & fitted)
            unit = model.units.describe(model.get_species(content.species).dimension)
            found.append(Amount(content.species, stock.name, tuple(free), model.evaluate(content.concentration), unit))
    return tuple(found)


def prior_squares(fit: FitResult) -> float:
    """Σ r² of the priors."""
    return float(sum(r * r for r, term in zip(fit.residuals, fit.terms, strict=True) if term.kind == "prior"))
