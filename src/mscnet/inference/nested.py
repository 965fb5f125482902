"""Nested models: which pathway is another one with steps left out, and the likelihood ratio of the two.

S. S. Wilks, Ann. Math. Stat. 1938, 9, 60.  A rate constant that is left out is 0, at the edge of what it may be: then
the ratio follows a mixture of chi-squares (S. G. Self and K.-Y. Liang, J. Am. Stat. Assoc. 1987, 82, 605), bounded for
any number of such constants by M. D. Perlman (Ann. Math. Stat. 1969, 40, 549).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

from mscnet.inference.criteria import Criteria
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction, Term
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Whether the steps that `large` has beyond `small` are called for.

    `statistic` is 2 ln(L_large/L_small), `freedom` the parameters that `large` has beyond `small`; `probability` that
    of a statistic as large if `small` holds, by Wilks' chi-square.  As constants of steps are 0 in `small`, at the
    edge, the true one lies between `lowest` and `highest`, which are one for a single constant.  None, all three,
    where `large` has no parameter more.
    """

    small: str
    large: str
    statistic: float
    freedom: int
    probability: float | None
    lowest: float | None
    highest: float | None


def likelihood_ratio(small: str, large: str, of_small: Criteria, of_large: Criteria) -> LikelihoodRatio:
    """The test of `small` against `large`, which holds it.

    A statistic below 0 means that the fit of `large` did not get to its optimum, as it can do what `small` can.
    """
    statistic = 2.0 * (of_large.log_likelihood - of_small.log_likelihood)
    freedom = of_large.parameters - of_small.parameters
    if freedom < 1:
        return LikelihoodRatio(small, large, statistic, freedom, None, None, None)
    lowest, highest = at_the_edge(statistic, freedom, min(max(of_large.spectra - of_small.spectra, 0), freedom - 1))
    return LikelihoodRatio(small, large, statistic, freedom, chi_square_tail(statistic, freedom), lowest, highest)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """P(χ² >= statistic); without a degree of freedom χ² is 0."""
    from scipy.stats import chi2

    if freedom == 0:
        return float(statistic <= 0)
    return float(chi2.sf(max(statistic, 0.0), freedom))


def at_the_edge(statistic: float, freedom: int, inside: int = 0) -> tuple[float, float]:
    """Between what the probability lies where all parameters but `inside` are at their edge in the smaller model.

    Perlman's bounds: ½P(χ²_1 >= s) from below, ½P(χ²_{d-1} >= s) + ½P(χ²_d >= s) from above; for d = 1 both are the
    same.  Parameters that may be anything, such as values of free spectra, add to the degrees of freedom of all.
    """
    if statistic <= 0:
        return 1.0, 1.0

    def half_and_half(most: int) -> float:
        return 0.5 * (chi_square_tail(statistic, most - 1) + chi_square_tail(statistic, most))

    return half_and_half(inside + 1), half_and_half(freedom)


def nested_pairs(models: Sequence[tuple[str, Mechanism]]) -> tuple[tuple[str, str], ...]:
    """All (small, large) of which the reactions of the one are among those of the other, laws and all, and derived
    values and what was done are alike: `large` is `small` where the constants of its other steps are 0."""
    pairs = []
    for small, one in models:
        for large, other in models:
            if small != large and _steps(one) < _steps(other) and _rest(one, other):
                pairs.append((small, large))
    return tuple(pairs)


def same_pairs(models: Sequence[tuple[str, Mechanism]]) -> tuple[tuple[str, str], ...]:
    """All pairs with the same reactions, laws, derived values, parameters and experiments."""
    return tuple(
        (name, other)
        for (name, one), (other, two) in combinations(models, 2)
        if _steps(one) == _steps(two) and _rest(one, two) and _given(one) == _given(two)
    )


def _given(model: Mechanism) -> Hashable:
    """What else a fit depends on: the ranges of parameters, bands, bottles, the instrument."""
    ranges = frozenset((p.name, p.bounds, p.prior) for p in model.parameters)
    return ranges, model.bands, model.stocks, model.instrument


def _steps(model: Mechanism) -> set[Hashable]:
    return {_step(reaction) for reaction in model.expanded.reactions}


def _step(reaction: Reaction) -> Hashable:
    sides = (reaction.reactants, reaction.products, reaction.orders, reaction.catalysts)
    return (*(_side(terms) for terms in sides), reaction.law.kind, reaction.law.expression)


def _side(terms: tuple[Term, ...]) -> Hashable:
    return frozenset((term.species, term.coefficient) for term in terms)


def _rest(one: Mechanism, other: Mechanism) -> bool:
    """Whether all that both have of derived values, initial values and experiments is the same."""
    one, other = one.expanded, other.expanded
    mine = {d.name: d.expression for d in one.derived} | {f"species {s.name}": s.initial for s in one.species}
    theirs = {d.name: d.expression for d in other.derived} | {f"species {s.name}": s.initial for s in other.species}
    shared = mine.keys() & theirs.keys()
    return all(mine[name] == theirs[name] for name in shared) and one.experiments == other.experiments
