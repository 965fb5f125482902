"""A comparison in plain words: which model holds, how strongly, what cannot be told, and what that rests on.

Strengths of evidence follow differences Δ of the criterion to the best model: below 2 a model has about as much support
as the best (Burnham and Anderson 2002, section 2.6), and a Bayes factor is "not worth more than a bare mention"; 2 to 6
is positive, 6 to 10 strong, above 10 very strong evidence (Kass and Raftery 1995, for 2 ln B = ΔBIC).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from mscnet.inference.comparison import Amount, Comparison, Ranked
from mscnet.inference.criteria import Criteria, aicc, bic
from mscnet.inference.nested import same_pairs
from mscnet.inference.runs_test import missed
from mscnet.inference.standing import NEAR, reaching

#: Up to this Δ a model cannot be told from the best.
ALIKE = 2.0
_STRENGTHS = ((6.0, "positive, but not strong"), (10.0, "strong"), (math.inf, "very strong"))
#: So many names are said in full, and so many deciding rows a rival.
_NAMES, _ROWS = 6, 3
#: A single fact or reading below this share of ln L is not told as deciding.
_WORTH = 0.5
#: A likelihood ratio this rare under the smaller model calls for the larger one.
_RARE = 0.01


def strength(delta: float) -> str:
    """The evidence of a difference of the criterion, in words."""
    if not delta >= ALIKE:
        return "none"
    return next(word for limit, word in _STRENGTHS if delta <= limit)


def alike(comparison: Comparison) -> tuple[Ranked, ...]:
    """The models that cannot be told from the best."""
    return tuple(r for r in comparison.ranked[1:] if r.delta < ALIKE)


def verdict_of(comparison: Comparison) -> tuple[str, ...]:
    """The verdict, a paragraph each; those that have nothing to say are left out."""
    parts = (
        _who_holds(comparison), _is_it_enough(comparison), _what_decides(comparison), _is_it_luck(comparison),
        _other_counts(comparison), _twins(comparison), _nested(comparison), _foretold(comparison), _failed(comparison),
    )  # fmt: skip
    return tuple(part for part in parts if part)


def criterion_shown(comparison: Comparison) -> str:
    """``AICc`` or ``BIC``."""
    return {"aicc": "AICc", "bic": "BIC"}[comparison.criterion]


# --- the paragraphs -----------------------------------------------------------------------------------


def _who_holds(comparison: Comparison) -> str:
    best, name = comparison.best, criterion_shown(comparison)
    if not math.isfinite(best.criteria.log_likelihood) or not math.isfinite(best.weight):
        return "No model could be fitted, so there is no ranking."
    if len(comparison.ranked) == 1:
        return f"Only {best.pathway} could be fitted, so there is nothing to rank it against."
    same = alike(comparison)
    if same:
        together = _and([best.pathway, *(r.pathway for r in same)])
        said = (
            f"The data cannot decide between {together}: by {name} they are within {same[-1].delta:.2g} of each other, "
            f"and below {ALIKE:g} is no evidence."
        )
        rest = [r for r in comparison.ranked[1:] if r.delta >= ALIKE]
        return f"{said} {_against(rest)}".rstrip()
    second = comparison.ranked[1]
    return (
        f"{best.pathway} explains what was seen best. Its {name} is {second.delta:.4g} below that of {second.pathway}, "
        f"the next: {strength(second.delta)} evidence. It has {best.weight:.1%} of the weight among these "
        f"{len(comparison.ranked)}. {_against(comparison.ranked[2:])}"
    ).rstrip()


def _against(rest: Iterable[Ranked]) -> str:
    by_strength: dict[str, list[str]] = {}
    for each in rest:
        by_strength.setdefault(strength(each.delta), []).append(f"{each.pathway} ({_number(each.delta)})")
    return " ".join(f"Against {_and(names)} the evidence is {word}." for word, names in by_strength.items())


def _is_it_enough(comparison: Comparison) -> str:
    """The best of a bad lot is said to be so."""
    best = comparison.best
    failed = [fact.name for fact in best.facts if not fact.passed]
    off = missed(best.runs)
    troubles = []
    if failed:
        troubles.append(f"it fails {len(failed)} of {len(best.facts)} facts ({_some(failed)})")
    if off:
        troubles.append(f"it misses the course of {_some([test.name for test in off])}: residuals of one sign follow "
                        "each other too often for noise (runs test)")  # fmt: skip
    if not troubles:
        return ""
    return f"That {best.pathway} is the best of those compared does not make it right: {'; '.join(troubles)}."


def _what_decides(comparison: Comparison) -> str:
    told = []
    for rival in comparison.ranked[1:]:
        rows = [row for row in comparison.deciding if row.against == rival.pathway]
        worth = [row for row in rows if row.difference > _WORTH][:_ROWS]
        if worth:
            said = [f"{row.source}{_under(row.condition, row.source)} ({row.difference:+.3g})" for row in worth]
            told.append(f"against {rival.pathway}: {', '.join(said)}")
    if not told:
        return ""
    return f"What speaks most for {comparison.best.pathway}, in units of ln L: {'; '.join(told)}."


def _under(condition: str, source: str) -> str:
    return f" of {condition}" if condition and condition not in source else ""


def _is_it_luck(comparison: Comparison) -> str:
    """Whether fits got to the same end from several starts: else a rival may only have been fitted less well."""
    alone = [r for r in comparison.ranked if r.reached.agreeing < 2]
    if not alone:
        least = min(comparison.ranked, key=lambda r: r.reached.agreeing / max(r.reached.starts, 1))
        return (
            f"Every model came to its best cost from several starts ({least.pathway} the least often: "
            f"{least.reached.agreeing} of {least.reached.starts})."
        )
    said = [f"{r.pathway} from {r.reached.agreeing} of {r.reached.starts}{_next(r)}" for r in alone]
    return (
        f"The ranking rests on luck so far: to within {NEAR:g} of its best cost came {_and(said)}. More starts may "
        "still change the order."
    )


def _next(ranked: Ranked) -> str:
    found = ranked.reached
    return "" if found.next_cost is None else f" (the next is {found.next_cost - found.cost:.3g} above)"


def _other_counts(comparison: Comparison) -> str:
    """Whether another fair way to count would put another model first."""
    first = comparison.best.pathway
    found = []
    others: dict[str, Callable[[Criteria], float | None]] = {
        "BIC": lambda c: c.bic,
        "AICc": lambda c: c.aicc,
        "BIC with inequalities left out of n": lambda c: bic(c.log_likelihood, c.parameters, c.counts.n_gaussian),
        "AICc with inequalities left out of n": lambda c: aicc(c.log_likelihood, c.parameters, c.counts.n_gaussian),
    }
    for name, value in others.items():
        values = {r.pathway: v for r in comparison.ranked if (v := value(r.criteria)) is not None}
        if len(values) < len(comparison.ranked):
            continue
        leader = min(values, key=lambda pathway: values[pathway])
        if values[leader] < values[first]:
            found.append(f"by {name} {leader} comes first, by {values[first] - values[leader]:.2g}")
    return f"The order depends on how it is counted: {'; '.join(found)}." if found else ""


def _twins(comparison: Comparison) -> str:
    """Pathways that are one model twice share a weight that is one's."""
    pairs = same_pairs([(name, fit.model) for name, fit in comparison.fits.items()])
    said = [f"{one} and {other} are the same model" for one, other in pairs]
    return f"{'; '.join(said)}: leave one out, as the weights count both." if said else ""


def _nested(comparison: Comparison) -> str:
    said = []
    for ratio in comparison.ratios:
        pair = f"{ratio.large} has steps beyond {ratio.small}"
        if ratio.statistic < -2 * NEAR:
            said.append(f"{pair}, yet fits less well: its fit has not got to the end")
        elif ratio.highest is None or ratio.lowest is None:
            said.append(f"{pair}, and no parameter more; there is nothing to test")
        else:
            verdict = "and they are called for" if ratio.highest < _RARE else "and nothing calls for them"
            if ratio.lowest < _RARE <= ratio.highest:
                verdict = "and whether they are called for hangs on how many of them are at the edge"
            p = (
                f"p = {ratio.highest:.2g}"
                if ratio.lowest == ratio.highest
                else (f"p between {ratio.lowest:.2g} and {ratio.highest:.2g}")
            )
            said.append(f"{pair}, {verdict} (2 ln ratio = {ratio.statistic:.3g}, {p})")
    return f"{'; '.join(said)}." if said else ""


def _foretold(comparison: Comparison) -> str:
    sums: dict[str, float] = {}
    for fold in comparison.folds:
        sums[fold.pathway] = sums.get(fold.pathway, 0.0) + fold.log_density
    if not sums:
        return ""
    order = sorted(sums, key=lambda name: -sums[name])
    first = order[0]
    said = ", ".join(f"{name} ({_number(sums[name] - sums[first])})" for name in order[1:])
    agrees = "as the criterion says" if first == comparison.best.pathway else "unlike the criterion says"
    count = len({fold.experiment for fold in comparison.folds})
    return (
        f"Of {count} experiments left out in turn, {first} foretells the most, {agrees}; ln density behind it: {said}."
    )


def _failed(comparison: Comparison) -> str:
    said = "; ".join(f"{name} ({why})" for name, why in comparison.failed.items())
    return f"Not ranked, as it could not be fitted: {said}." if said else ""


# --- what it rests on -----------------------------------------------------------------------------------


def assumptions(comparison: Comparison) -> tuple[str, ...]:
    """What every statement above takes for granted, a sentence or two each."""
    counts = comparison.best.criteria.counts
    likelihood = (
        f"The likelihood has n = {counts.n} terms: {counts.data} data and {counts.equalities} equality "
        f"{_facts(counts.equalities)}, each a normal one (a fact's tolerance is its standard deviation), and "
        f"{counts.inequalities} inequality {_facts(counts.inequalities)}, each a one-sided one (1 where the fact is "
        "met, else exp(-½r²), r the margin by which it is missed). They are taken to be independent."
    )
    parts = [likelihood, _parameters(comparison), _amounts(comparison), _fixed(comparison), _bounds(comparison)]
    if any(r.prior_squares > ALIKE for r in comparison.ranked):
        said = [f"{r.pathway} {r.prior_squares:.3g}" for r in comparison.ranked]
        parts.append(f"Priors are outside the likelihood; what they cost (Σ r²): {', '.join(said)}.")
    return tuple(part for part in parts if part)


def _parameters(comparison: Comparison) -> str:
    counts = [f"{r.pathway} {r.criteria.parameters}" for r in comparison.ranked]
    said = f"Every pathway was fitted with the same settings and starts; fitted parameters: {', '.join(counts)}."
    spectra = [f"{r.criteria.spectra} of {r.pathway}" for r in comparison.ranked if r.criteria.spectra]
    return said + (f" Among them are values of free spectra: {', '.join(spectra)}." if spectra else "")


def _amounts(comparison: Comparison) -> str:
    """Which amounts in the bottles were free: a rival may hold only because, or only as long as, they are."""
    best = comparison.best
    if not best.amounts:
        return ""
    free = [f"{_bottle(a)} ({', '.join(a.free)})" for a in best.amounts if a.free]
    fixed = [f"{_bottle(a)} = {a.value:.4g} {a.unit}".rstrip() for a in best.amounts if not a.free]
    parts = [f"free: {', '.join(free)}" if free else "none is free", f"fixed: {', '.join(fixed)}" if fixed else ""]
    said = f"Amounts in the bottles, {'; '.join(part for part in parts if part)}."
    differing = [
        r.pathway for r in comparison.ranked[1:] if {_key(a) for a in r.amounts} != {_key(a) for a in best.amounts}
    ]
    return (
        f"{said} So in {best.pathway}; it differs (what plays no part is not fitted) in {_and(differing)}."
        if differing
        else said
    )


def _key(amount: Amount) -> tuple[str, str, tuple[str, ...]]:
    return amount.species, amount.stock, amount.free


def _bottle(amount: Amount) -> str:
    return f"{amount.species} in {amount.stock}"


def _fixed(comparison: Comparison) -> str:
    fit = comparison.fits.get(comparison.best.pathway)
    if fit is None:
        return ""
    fitted = {p.name for p in fit.parameters} | set(fit.values)
    used = reaching(fit.model.expanded)
    media = {f"in {stock.name}" for stock in fit.model.stocks} | {stock.name for stock in fit.model.stocks}
    known = [p for p in fit.model.parameters if p.declared and p.value is not None]
    names = [p.name for p in known if p.name in used - fitted - media]
    return f"Taken from the file and not fitted: {_some(names)}." if names else ""


def _bounds(comparison: Comparison) -> str:
    said = [f"{r.pathway}: {_some(r.at_bounds)}" for r in comparison.ranked if r.at_bounds]
    return f"At an end of their range, so that wider ones might change the order: {'; '.join(said)}." if said else ""


# --- words ------------------------------------------------------------------------------------------------


def _facts(count: int) -> str:
    return "fact" if count == 1 else "facts"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "could not be fitted"
