"""What decides between two fitted models: the terms of the likelihood in which they differ most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mscnet.diagnostics import MechanismError
from mscnet.inference.problem import Term
from mscnet.inference.result import FitResult
from mscnet.records import dataclass

#: Differences of log likelihood below this say nothing.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Deciding:
    """A fact, or the data of one reading, under one condition, with what it costs either model in log likelihood.

    `best` and `rival` are ½ Σ r² of its terms, the ln(σ) of estimated errors included; `difference` is what it speaks
    for the best model, negative where it speaks for the rival.  `kind` is ``data``, ``equality`` or ``inequality``.
    """

    against: str
    source: str
    condition: str
    kind: str
    best: float
    rival: float

    @property
    def difference(self) -> float:
        """rival - best."""
        return self.rival - self.best


_KINDS = {"datum": "data", "equality": "equality", "bound": "inequality"}


def deciding_between(best: FitResult, rival: FitResult, name: str) -> tuple[Deciding, ...]:
    """Every fact and reading with its part in the difference between a model and a rival, the largest first.

    Raises:
        MechanismError: E145, the two were not fitted to the same data and facts.
    """
    check_same_terms(best, rival, name)
    mine, theirs = _costs(best), _costs(rival)
    found = [Deciding(name, *place, mine[place], theirs[place]) for place in mine]
    kept = [each for each in found if abs(each.difference) > _NOTHING]
    return tuple(sorted(kept, key=lambda each: -abs(each.difference)))


def _costs(fit: FitResult) -> dict[tuple[str, str, str], float]:
    """½ Σ r² by source, condition and kind.  What estimated errors cost is shared out among the data of their
    reading, so that data fitted with a wider error are dearer."""
    costs: dict[tuple[str, str, str], float] = {}
    noise = _noise(fit)
    for term, residual in zip(fit.terms, fit.residuals, strict=True):
        if term.kind in _KINDS:
            cost = 0.5 * float(residual) ** 2 + (noise.get(term.reading, 0.0) if term.kind == "datum" else 0.0)
            place = _place(term)
            costs[place] = costs.get(place, 0.0) + cost
    return costs


def _place(term: Term) -> tuple[str, str, str]:
    return term.reading if term.kind == "datum" else term.source, term.condition, _KINDS[term.kind]


def _noise(fit: FitResult) -> dict[str, float]:
    """What the estimated error of each reading costs one of its data; a noise term without a reading is for all."""
    data = Counter(term.reading for term in fit.terms if term.kind == "datum")
    shares = dict.fromkeys(data, 0.0)
    for term, residual in zip(fit.terms, fit.residuals, strict=True):
        if term.kind == "noise":
            readings = [term.reading] if term.reading in data else list(data)
            count = sum(data[reading] for reading in readings)
            for reading in readings:
                shares[reading] += 0.5 * float(residual) ** 2 / count
    return shares


def check_same_terms(first: FitResult, second: FitResult, name: str) -> None:
    """Refuses to compare likelihoods of different observations.

    Raises:
        MechanismError: E145, with a term that only one of the two has.
    """
    mine, theirs = Counter(_observed(first)), Counter(_observed(second))
    missing = [*(mine - theirs), *(theirs - mine)]
    if missing:
        _, source, condition, reading, *_ = missing[0]
        what = " ".join(str(part) for part in (reading or source, f"of {condition}" if condition else "") if part)
        theirs_only = missing[0] in theirs
        message = f"`{name}` was fitted to {what}, and the others were not"
        if not theirs_only:
            message = f"`{name}` was not fitted to {what}, and the others were"
        hint = (
            "likelihoods can be ranked where all models explain the same data and facts: give the files the same ones"
        )
        raise MechanismError.of("E145", message, hint=hint)


def _observed(fit: FitResult) -> Iterator[tuple[str, ...]]:
    """What each term is on: of a fact also its text, of a datum what was seen (its file may be called otherwise)."""
    texts = {fact.name or fact.text: fact.text for fact in fit.model.facts}
    for term in fit.terms:
        if term.kind == "datum":
            numbers = (f"{number:.9g}" for number in (term.time, term.wavelength, term.observed))
            yield "datum", "", term.condition, term.reading, *numbers
        elif term.kind in _KINDS:
            yield term.kind, term.source, term.condition, "", texts.get(term.source, "")
