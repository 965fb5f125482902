"""`design`: the experiment, of those that a file's protocols allow, that best tells rivals apart or pins constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.observations import Observations
from mscnet.inference.compare import compare
from mscnet.inference.comparison import Comparison
from mscnet.inference.design_bench import Doing, doing
from mscnet.inference.design_known import Known, known_from_file, known_from_fit
from mscnet.inference.design_result import DECIDES, Alternative, Course, Design, Separation
from mscnet.inference.design_scores import (
    LinearRefit,
    both_ways,
    errors_before,
    gain,
    gain_of,
    precision,
    probability_to_decide,
    refitted,
)
from mscnet.inference.design_space import Template, templates_of
from mscnet.inference.design_text import protocol_text
from mscnet.inference.design_trial import Foretold, Trial, Trials, check_errors, errors_of, free_name
from mscnet.inference.fit import fit
from mscnet.inference.result import FitResult
from mscnet.inference.settings import FitSettings, with_changes
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
CriterionName = Literal["T", "D", "Ds"]

#: The best of the drawn candidates that are refined, and of all that are refitted in earnest: of each experiment of the
#: file one, as far as there are so many, since straight lines flatter some more than others.
REFINED, FINALISTS = 3, 5
#: So many settings of the best of them are refitted in earnest.
SETTINGS = 4
#: Evaluations of a refinement, for each variable.
_STEPS = 20
#: Two designs whose values differ by less than this share of the ranges are one.
_SAME = 0.05


def design(
    mechanism: Mechanism,
    *,
    rivals: tuple[str, str] | tuple[FitResult, FitResult] | Comparison | None = None,
    fitted: FitResult | None = None,
    criterion: CriterionName = "T",
    parameter: str | None = None,
    vary: Mapping[str, tuple[float, float] | str] | None = None,
    experiments: Sequence[str] | None = None,
    errors: Mapping[str, float] | None = None,
    budget: int = 128,
    seed: int = 1,
    settings: FitSettings | None = None,
    observations: Sequence[Observations] | None = None,
    jobs: int | None = None,
    progress: Callable[[float, str], None] | None = None,
    **changes: Any,
) -> Design:
    """The experiment that tells most, among those that the protocols of a mechanism's file allow.

    Args:
        mechanism: a family with pathways, or a model.
        rivals: for ``T``: two pathways by name, their fits, or a `Comparison` with its fits (its first two count).
            Without it all pathways are compared first, and the best and the next are told apart.
        fitted: for ``D`` and ``Ds``: the fit of the model, which is made where it is not given.
        criterion: ``T`` tells rivals apart, ``D`` pins all constants, ``Ds`` one `parameter` (the least certain one
            without a name).
        vary: what may be changed, see `templates_of`; `experiments` names those to begin from.
        errors: standard deviations of readings, in the file's units, where data or instrument do not say them.
        budget: candidates drawn (Sobol points, in equal parts for each experiment of the file), the best of which are
            refined.
        settings: how models are fitted, as in `fit`; `changes` replace some (``starts=5``).
        progress: called with the part done and what is being done.

    Raises:
        MechanismError: E146, nothing to change or to measure, no rivals, an unknown name, or no candidate that can be
            done; what `compare` and `fit` raise.
    """
    if criterion not in ("T", "D", "Ds"):
        raise MechanismError.of("E146", f"a design is T, D or Ds, not {criterion!r}", hint="T tells rivals apart")
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise MechanismError.of("E146", f"`budget` is a number of candidates, one at least, not {budget!r}")
    chosen = with_changes(settings, {"seed": seed, **changes})
    check_errors(mechanism, errors or {})
    known: tuple[Known, ...]
    if criterion == "T":
        known = _rivals(mechanism, rivals, chosen, observations, jobs)
    else:
        known = (_single(mechanism, fitted, chosen, observations, jobs),)
    templates = templates_of(known[0].model, vary, experiments)
    search = _Search(
        known, templates, criterion, _place(known[0], criterion, parameter), errors or {}, chosen, progress
    )
    return search.run(budget, seed)


def _rivals(
    mechanism: Mechanism, rivals: Any, settings: FitSettings, observations: Sequence[Observations] | None,
    jobs: int | None,
) -> tuple[Known, Known]:  # fmt: skip
    if rivals is None or (isinstance(rivals, tuple) and all(isinstance(name, str) for name in rivals)):
        rivals = compare(mechanism, settings, pathways=rivals, observations=observations, jobs=jobs)
    if isinstance(rivals, Comparison):
        pairs = [(each.pathway, rivals.fits[each.pathway]) for each in rivals.ranked if each.pathway in rivals.fits]
    else:
        pairs = [(fit.model.pathway or fit.model.name if fit.model else f"{i}", fit) for i, fit in enumerate(rivals, 1)]
    if len(pairs) < 2:
        hint = "name two pathways: rivals=(a, b), --rivals a,b"
        raise MechanismError.of("E146", "there are no two fitted rivals to tell apart", hint=hint)
    (one, first), (two, second) = pairs[:2]
    two = two if two != one else f"{two}-2"
    return known_from_fit(one, first, observations), known_from_fit(two, second, observations)


def _single(
    mechanism: Mechanism, fitted: FitResult | None, settings: FitSettings,
    observations: Sequence[Observations] | None, jobs: int | None,
) -> Known:  # fmt: skip
    model = mechanism.expanded
    name = model.pathway or model.name
    if fitted is not None:
        return known_from_fit(name, fitted, observations)
    if observations is None and not model.facts and not model.data_files:
        return known_from_file(name, model)
    return known_from_fit(name, fit(model, settings, observations=observations, jobs=jobs), observations)


def _place(known: Known, criterion: CriterionName, parameter: str | None) -> int:
    """Which parameter a Ds design is for: the named one, else the one whose error is the largest part of its range."""
    names = [p.name for p in known.parameters]
    if parameter is not None:
        if parameter not in names:
            hint = suggest(parameter, names) or "free are " + ", ".join(names)
            raise MechanismError.of("E146", f"`{parameter}` is not free, so no experiment is to pin it", hint=hint)
        return names.index(parameter)
    if criterion != "Ds":
        return -1
    low, high = known.bounds
    return int(np.argmax(errors_before(known) / (high - low)))


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """An experiment that was tried, by the number of its template."""

    template: int
    values: tuple[float, ...]
    score: float


class _Search:
    """Candidates drawn, scored, refined; the best of them refitted in earnest."""

    def __init__(
        self, known: Sequence[Known], templates: Sequence[Template], criterion: CriterionName, place: int,
        errors: Mapping[str, float], settings: FitSettings, progress: Callable[[float, str], None] | None,
    ) -> None:  # fmt: skip
        self._known = tuple(known)
        self._templates = tuple(templates)
        self._criterion = criterion
        self._parameter = place
        self._given = errors
        self._trials = [Trials(each, settings.rtol) for each in known]
        self._linear = [LinearRefit(each) for each in known]
        self._progress = progress or (lambda part, text: None)
        self._errors: dict[int, dict[str, float]] = {}
        self._guessed: set[str] = set()
        self._left_out: tuple[str, ...] = ()
        self._seen: dict[tuple[int, tuple[float, ...]], float] = {}

    def run(self, budget: int, seed: int) -> Design:
        """The design."""
        self._take_errors()
        drawn = self._drawn(budget, seed)
        possible = sorted((c for c in drawn if math.isfinite(c.score)), key=lambda c: -c.score)
        if not possible:
            hint = "widen or shift the ranges (--vary), or see what is wrong with `mscnet run`"
            raise MechanismError.of("E146", f"none of {len(drawn)} candidate experiments can be done", hint=hint)
        refined = [self._refined(c, i) for i, c in enumerate(self._distinct(possible, REFINED))]
        rounded = [self._rounded(c) for c in (*refined, *self._distinct(possible, 2 * FINALISTS))]
        ordered = sorted((c for c in rounded if math.isfinite(c.score)), key=lambda c: -c.score)
        finalists = self._distinct(ordered, FINALISTS)
        return self._judged(finalists or possible[:1], self._apart(ordered), drawn, possible)

    def _take_errors(self) -> None:
        """The errors of every template's readings.  Where some are known, readings of which none is known (often what
        no instrument reads) are left out, and so are experiments that have no others."""
        guessed: dict[int, tuple[str, ...]] = {}
        for i, template in enumerate(self._templates):
            size = len(template.factors)
            for share in (0.5, 0.25, 0.75, 0.0, 1.0):
                found = self._run(i, template.values(np.full(size, share)))
                if found is not None:
                    trials, foretold = found
                    self._errors[i], guessed[i] = errors_of(foretold[0], trials[0].light, self._known, self._given)
                    break
        if any(set(self._errors[i]) - set(guessed[i]) for i in guessed):
            for i, names in guessed.items():
                self._errors[i] = {name: sigma for name, sigma in self._errors[i].items() if name not in names}
            self._left_out = tuple(self._templates[i].experiment.name for i in guessed if not self._errors[i])
        else:
            self._guessed = {name for names in guessed.values() for name in names}

    # --- candidates ---------------------------------------------------------------------------

    def _drawn(self, budget: int, seed: int) -> list[_Candidate]:
        from scipy.stats import qmc

        shares: list[tuple[int, FloatArray]] = []
        for i, template in enumerate(self._templates):
            size = len(template.factors)
            if not size:
                shares.append((i, np.zeros(0)))
                continue
            count = max(3, math.ceil(math.log2(max(1.0, budget / len(self._templates)))))
            sobol = qmc.Sobol(size, seed=np.random.default_rng([seed, i]))
            shares += [(i, point) for point in sobol.random_base2(count)]
        found = []
        for number, (i, point) in enumerate(shares):
            values = self._templates[i].values(point)
            found.append(_Candidate(i, values, self._score(i, values)))
            self._progress(0.6 * (number + 1) / len(shares), f"{number + 1} of {len(shares)} candidates")
        return found

    def _refined(self, candidate: _Candidate, number: int) -> _Candidate:
        from scipy.optimize import minimize

        template = self._templates[candidate.template]
        size = len(template.factors)
        self._progress(0.6 + 0.1 * number, "the best are refined")
        if not size:
            return candidate
        start = template.shares(candidate.values)
        simplex = np.clip(np.vstack([start, start + 0.1 * np.where(start > 0.5, -1, 1) * np.eye(size)]), 0.0, 1.0)
        best = candidate

        def cost(point: FloatArray) -> float:
            nonlocal best
            values = template.values(point)
            score = self._score(candidate.template, values)
            if score > best.score:
                best = _Candidate(candidate.template, values, score)
            return -score if math.isfinite(score) else 1e9

        options = {"initial_simplex": simplex, "maxfev": _STEPS * size, "xatol": 1e-3, "fatol": 1e-6}
        minimize(cost, start, method="Nelder-Mead", bounds=[(0.0, 1.0)] * size, options=options)
        return best

    def _rounded(self, candidate: _Candidate) -> _Candidate:
        values = self._templates[candidate.template].rounded(candidate.values)
        return _Candidate(candidate.template, values, self._score(candidate.template, values))

    def _distinct(self, candidates: Sequence[_Candidate], count: int) -> list[_Candidate]:
        """So many of some that are in order: the first of each experiment, then others that differ from those."""
        first: dict[int, _Candidate] = {}
        for each in candidates:
            first.setdefault(each.template, each)
        kept = list(first.values())[:count]
        kept += [each for each in self._apart(candidates) if each not in kept][: count - len(kept)]
        return sorted(kept, key=lambda c: -c.score)

    def _apart(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Of candidates in order, so many of each experiment that differ from one another."""
        kept: list[_Candidate] = []
        for each in candidates:
            own = [other for other in kept if other.template == each.template]
            if len(own) < SETTINGS and not any(self._same(each, other) for other in own):
                kept.append(each)
        return kept

    def _same(self, one: _Candidate, other: _Candidate) -> bool:
        if one.template != other.template:
            return False
        template = self._templates[one.template]
        away = np.abs(template.shares(one.values) - template.shares(other.values))
        return bool(np.all(away < _SAME))

    # --- scores --------------------------------------------------------------------------------

    def _score(self, template: int, values: tuple[float, ...]) -> float:
        key = template, values
        if key not in self._seen:
            self._seen[key] = self._scored(template, values)
        return self._seen[key]

    def _scored(self, template: int, values: tuple[float, ...]) -> float:
        found = self._foretold(template, values)
        if found is None:
            return -math.inf
        _, foretold, sigma = found
        if self._criterion == "D":
            return gain(self._known[0], foretold[0], sigma)
        if self._criterion == "Ds":
            return gain_of(self._known[0], foretold[0], sigma, self._parameter)
        one, two = foretold
        away = (two.values - one.values) / sigma
        ahead = self._linear[1].remaining(away, two.slopes / sigma[:, None])
        back = self._linear[0].remaining(-away, one.slopes / sigma[:, None])
        return both_ways(ahead, back)

    def _run(self, template: int, values: tuple[float, ...]) -> tuple[list[Trial], list[Foretold]] | None:
        """The experiment under every model; None where it cannot be done."""
        trials: list[Trial] = []
        foretold: list[Foretold] = []
        for known, maker in zip(self._known, self._trials, strict=True):
            trial = maker.bench(self._templates[template], values)
            at = None if trial is None else trial.at(known.theta)
            if trial is None or at is None or not at.values.size:
                return None
            trials.append(trial)
            foretold.append(at)
        return (trials, foretold) if len({each.readings for each in foretold}) == 1 else None

    def _foretold(
        self, template: int, values: tuple[float, ...]
    ) -> tuple[list[Trial], list[Foretold], FloatArray] | None:
        """The same, of readings with an error alone, and the errors (n,)."""
        errors = self._errors.get(template)
        found = self._run(template, values) if errors else None
        if found is None or not errors:
            return None
        trials, foretold = found
        for trial in trials:
            trial.only = frozenset(errors)
        foretold = [each.of(frozenset(errors)) for each in foretold]
        return trials, foretold, np.array([errors[name] for name in foretold[0].readings])

    # --- the end ---------------------------------------------------------------------------------

    def _judged(
        self,
        finalists: Sequence[_Candidate],
        further: Sequence[_Candidate],
        drawn: Sequence[_Candidate],
        possible: Sequence[_Candidate],
    ) -> Design:
        made = [self._in_earnest(each) for each in finalists]
        first = max(made, key=lambda item: item[1])[0].template
        made += [self._in_earnest(each) for each in further if each.template == first and each not in finalists]
        made.sort(key=lambda item: -item[1])
        best, score, separations, courses = made[0]
        template = self._templates[best.template]
        found = self._foretold(best.template, best.values)
        assert found is not None
        errors: tuple[tuple[str, float, float], ...] = ()
        if self._criterion != "T":
            change = precision(self._known[0], found[1][0], found[2])
            names = [p.name for p in self._known[0].parameters]
            errors = tuple(zip(names, change.before.tolist(), change.after.tolist(), strict=True))
        others = tuple(self._alternative(each, other) for each, other, *_ in made[1:])
        return Design(
            criterion=self._criterion, models=tuple(each.name for each in self._known),
            parameter=self._known[0].parameters[self._parameter].name if self._parameter >= 0 else None,
            best=self._alternative(best, score), separations=separations, errors=errors,
            reading_errors=tuple(self._errors[best.template].items()), guessed=tuple(sorted(self._guessed)),
            left_out=self._left_out,
            protocol=protocol_text(self._known[0].model, template, best.values, free_name(self._known[0].model),
                                   self._purpose()),
            courses=courses, alternatives=others, ranges=tuple(
                (f"{t.experiment.name}.{f.name}", f.text(f.lower), f.text(f.upper))
                for t in self._templates for f in t.factors),
            tried=len(drawn), possible=len(possible),
            median=float(np.median([each.score for each in possible])),
            time_unit=self._known[0].model.units.time.symbol,
            before=tuple(each.total for each in self._known if each.objective is not None),
            doing=self._doing(best),
            units=self._known[0].model.units,
        )  # fmt: skip

    def _alternative(self, candidate: _Candidate, score: float) -> Alternative:
        template = self._templates[candidate.template]
        shown = tuple((f.name, v, f.text(v)) for f, v in zip(template.factors, candidate.values, strict=True))
        return Alternative(template.experiment.name, shown, score)

    def _in_earnest(
        self, candidate: _Candidate
    ) -> tuple[_Candidate, float, tuple[Separation, ...], tuple[Course, ...]]:
        self._progress(0.9, "rivals are fitted again to the best")
        return (candidate, *self._separations(candidate))

    def _separations(self, candidate: _Candidate) -> tuple[float, tuple[Separation, ...], tuple[Course, ...]]:
        """The score in earnest: of a T design with the rivals fitted again, each to what the other foretells."""
        found = self._foretold(candidate.template, candidate.values)
        assert found is not None
        trials, foretold, sigma = found
        courses = _courses(self._known[0].name, "", foretold[0], foretold[0].values, sigma)
        if self._criterion != "T":
            return candidate.score, (), courses
        separations = []
        for truth, rival in ((0, 1), (1, 0)):
            left, readings = refitted(self._known[rival], trials[rival], foretold[truth].values, sigma)
            chance = probability_to_decide(left, DECIDES)
            separations.append(Separation(self._known[truth].name, self._known[rival].name, left, chance))
            if truth == 0:
                courses += _courses(self._known[1].name, "as fitted", foretold[1], foretold[1].values, sigma)
                courses += _courses(self._known[1].name, "fitted again to this too", foretold[1], readings, sigma)
        score = both_ways(*(each.chi_square for each in separations))
        return score, tuple(separations), courses

    def _doing(self, candidate: _Candidate) -> Doing:
        model, template = self._known[0].model, self._templates[candidate.template]
        shown = zip(template.factors, candidate.values, strict=True)
        after = next((f.text(v) for f, v in shown if f.kind == "after"), "")
        return doing(model, template.with_values(candidate.values, free_name(model)), after)

    def _purpose(self) -> str:
        names = [each.name for each in self._known]
        if self._criterion == "T":
            return f"to tell {names[0]} from {names[1]}"
        if self._criterion == "Ds":
            return f"to pin {self._known[0].parameters[self._parameter].name}"
        return f"to pin the constants of {names[0]}"


def _courses(model: str, note: str, foretold: Foretold, values: FloatArray, sigma: FloatArray) -> tuple[Course, ...]:
    found = []
    for reading in dict.fromkeys(foretold.readings):
        rows = np.array([name == reading for name in foretold.readings])
        found.append(Course(model, note, reading, foretold.times[rows], values[rows], float(sigma[rows][0]),
                            foretold.units.get(reading, "")))  # fmt: skip
    return tuple(found)
