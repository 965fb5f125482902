"""`FactTerms`: facts as residuals of a fit, over many runs at once.  `docs/fitting_terms.md` defines them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.experiment.courses import Courses
from mscnet.experiment.features import TIMES
from mscnet.experiment.judge import judge_fact
from mscnet.experiment.margins import SHARE
from mscnet.experiment.measuring import single_feature
from mscnet.experiment.plan import Planner
from mscnet.experiment.relations import DEFAULT_SHARE, TOGETHER
from mscnet.experiment.results import Condition
from mscnet.experiment.row_courses import RowCourses, RowLayout
from mscnet.experiment.row_curve import Numbers
from mscnet.experiment.row_features import NotAlike
from mscnet.experiment.row_filling import filled
from mscnet.experiment.row_scans import cross_together
from mscnet.experiment.rows import FloatArray, RowRun
from mscnet.experiment.settings import experiments_of, names_of, settings_of
from mscnet.experiment.values import Values
from mscnet.experiment.verdict import Verdict
from mscnet.experiment.wavelengths import nanometres
from mscnet.inference.fact_case import FactCase
from mscnet.inference.fact_relations import RESIDUALS, RESIDUALS_TOGETHER, asked_of, residuals_of
from mscnet.inference.problem import FAILED, Term
from mscnet.mechanism.expression import to_text
from mscnet.mechanism.facts import Fact
from mscnet.mechanism.mechanism import Mechanism

#: Residuals beyond this grow with their logarithm alone.
LARGE = 1e3
#: The residual of a fact without a value that anything could stand in for, and of one that judging row by row finds to
#: have none: a whole side off, on the scale of an inequality.
UNDEFINED = 1.0 / SHARE
#: Relations whose terms are Gaussian.
_EQUALITIES = ("=", "isosbestic")


class FactTerms:
    """The residuals of facts, one for each verdict of `judge`, in its order.

    Args:
        mechanism: the model, or a family of which the default pathway is taken; its experiments say when readings were
            taken, where those of the runs are finer (see `refined`).
        facts: those that count; all of the mechanism's without it.

    Raises:
        MechanismError: a fact that does not fit the experiments.
    """

    def __init__(self, mechanism: Mechanism, facts: Iterable[Fact] | None = None) -> None:
        self.model = mechanism.expanded
        self.facts = tuple(self.model.facts if facts is None else facts)
        self.layout = RowLayout(self.model, _conditions(self.model, self.facts))
        cases: list[FactCase] = []
        problems: list[Diagnostic] = []
        for fact in self.facts:
            try:
                cases += _cases(fact, self.layout.courses)
            except MechanismError as error:  # all of them are told together
                problems += error.diagnostics
        if problems:
            raise MechanismError(problems)
        self.cases = tuple(cases)
        self._equalities = np.array([case.fact.relation in _EQUALITIES for case in cases], dtype=bool)
        self._crossing = [case for case in cases if case.fact.relation == "isosbestic"]
        self._weighted = [j for j, case in enumerate(cases) if case.fact.weight is not None]
        self.terms = tuple(_term(case, self.layout) for case in self.cases)

    def __len__(self) -> int:
        return len(self.cases)

    def __reduce__(self) -> tuple[Any, ...]:
        return FactTerms, (self.model, self.facts)  # what is known by its identity is made anew elsewhere

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments that the facts speak of, each once."""
        return tuple(dict.fromkeys(name for fact in self.facts for name in experiments_of(fact)))

    def residuals(self, run: RowRun) -> FloatArray:
        """Residuals (m, n_terms) of runs of the refined mechanism; `FAILED` where an experiment came to no end.

        Raises:
            MechanismError: a fact speaks of something that the experiments do not have.
        """
        rows = RowCourses(filled(run), self.layout)
        judged: dict[int, Courses] = {}
        found, short = np.empty((2, len(run), len(self.cases)))
        done = self._done(rows)
        with np.errstate(all="ignore"):
            if done is None:
                self._cross_together(rows)
            for j, case in enumerate(self.cases):
                if done is not None and not done[:, j].any():
                    found[:, j] = short[:, j] = 0.0
                else:
                    found[:, j], short[:, j] = self._of(case, rows, judged)
            residuals = residuals_of(found, short, self._equalities, rows.tangent)
        for j in self._weighted:
            residuals[:, j] *= _weight(self.cases[j], rows)
        residuals = _finite(residuals, rows.tangent)
        return residuals if done is None else np.where(done, residuals, FAILED)

    def _cross_together(self, rows: RowCourses) -> None:
        """Works out isosbestic points ahead, many at once; what is not the same in all rows is left to its own time."""
        try:
            cross_together([asked_of(case, rows)[0] for case in self._crossing], rows)
        except NotAlike:
            return

    def _done(self, rows: RowCourses) -> NDArray[np.bool_] | None:
        """Whether all experiments of each case came to their end in each row, (m, n_terms); None where all did."""
        each = [rows.condition(condition).done for condition in self.layout.conditions]
        if all(done.all() for done in each):
            return None
        place = self.layout.place
        table = [
            np.all([each[place[id(c)]] for setting in case.settings for c in setting.conditions], axis=0)
            for case in self.cases
        ]
        done = np.array(table).T
        return np.broadcast_to(done[:1], done.shape) if rows.tangent else done

    def _of(self, case: FactCase, rows: RowCourses, judged: dict[int, Courses]) -> tuple[Numbers, Numbers]:
        table = RESIDUALS_TOGETHER if _together(case.fact) else RESIDUALS
        function = table.get(case.fact.relation)
        if function is not None:
            try:
                return function(case, rows)
            except NotAlike:
                pass
        return self._judged(case, rows, judged), 0.0

    def _judged(self, case: FactCase, rows: RowCourses, judged: dict[int, Courses]) -> FloatArray:
        """Deviations or margins from ordinary verdicts, row by row: of what is not worked out for all rows at once.

        The degree of rate control takes two runs for each step of the mechanism, so a run with its derivatives gets
        that of row 0, and no derivative.
        """
        one = rows.tangent and case.fact.relation == "rate_determining"
        found = np.empty(len(rows))
        for row in range(1 if one else len(rows)):
            if row not in judged:
                judged[row] = Courses(rows.run.run(row), self.model)
            found[row] = _found_by(judge_fact(case.fact, judged[row])[case.number])
        return np.full(len(rows), found[0]) if one else found


def _finite(residuals: FloatArray, tangent: bool) -> FloatArray:
    """Residuals with a number for each that is none, and large ones drawn in."""
    size = np.abs(residuals)
    if size.max(initial=0.0) <= LARGE:  # not so where one is no number
        return residuals
    none = np.isnan(residuals)
    otherwise = np.where(none[0], UNDEFINED, residuals[0]) if tangent else UNDEFINED
    found = np.where(none, otherwise, residuals)
    if tangent:
        found = np.where(none[0], UNDEFINED, found)
    size = np.minimum(np.abs(found), np.finfo(float).max)
    drawn = LARGE * (1.0 + np.log(np.maximum(size, LARGE) / LARGE))
    return np.where(size > LARGE, np.copysign(drawn, found), found)


def _conditions(model: Mechanism, facts: Sequence[Fact]) -> list[Condition]:
    """The conditions of the experiments that facts speak of, not run."""
    experiments = {experiment.name: experiment for experiment in model.experiments}
    planner = Planner(experiments, Values.of(model, {}), lambda values: b"")
    names = dict.fromkeys(name for fact in facts for name in experiments_of(fact))
    found = []
    for experiment in (experiments[name] for name in names if name in experiments):
        planner.check_origins(experiment)
        found += [Condition(p.experiment, p.loops, (), (), ()) for p in planner.conditions(experiment, {})]
    return found


def _together(fact: Fact) -> bool:
    """Whether a fact is on all conditions together."""
    if fact.relation == "constant":
        return fact.left is not None
    return fact.relation in TOGETHER and fact.variable is not None


def _cases(fact: Fact, courses: Courses) -> list[FactCase]:
    settings = tuple(settings_of(fact, courses))
    if _together(fact):
        return [FactCase.of(fact, settings, 0)]
    if len(fact.values) not in (0, 1, len(settings)):
        name = settings[0].first.experiment.name
        message = f"the fact has {len(fact.values)} values for {len(settings)} conditions of {name}"
        raise MechanismError.of("E095", message, span=fact.span, hint="give one, or one for each condition in turn")
    if fact.relation not in RESIDUALS and fact.relation != "rate_determining":
        raise MechanismError.of("E095", f"facts of the kind `{fact.relation}` need a loop variable", span=fact.span)
    return [FactCase.of(fact, (setting,), i) for i, setting in enumerate(settings)]


def _weight(case: FactCase, rows: RowCourses) -> FloatArray | float:
    return 1.0 if case.fact.weight is None else rows.number(case.fact.weight, case.setting.first)


# --- what a term is on -----------------------------------------------------------------------------


def _term(case: FactCase, layout: RowLayout) -> Term:
    fact, setting = case.fact, case.setting
    name = setting.name if len(case.settings) == 1 else names_of(case.settings)
    spoken = [*(feature.course for feature in fact.features), *fact.courses]
    reading = to_text(spoken[0].expression, bracket_species=True) if spoken else ""
    source = fact.name or fact.text
    if fact.relation not in _EQUALITIES:
        return Term("bound", source, name, reading)
    observed, sigma, unit = _expected(case, layout)
    return Term("equality", source, name, reading, observed=observed, sigma=sigma, unit=unit)


def _expected(case: FactCase, layout: RowLayout) -> tuple[float, float, str]:
    """What is expected of an equality, its standard deviation (over the fact's weight) and the unit of both; of one
    with a tolerance in % of a side that the model gives, that share: the term is on the ratio of the sides."""
    fact, first, courses = case.fact, case.setting.first, layout.courses
    weight = 1.0 if fact.weight is None else courses.number(fact.weight, first)
    stated = None if fact.tolerance is None else courses.number(fact.tolerance, first)
    observed = math.nan
    if fact.values:
        observed = courses.number(fact.values[case.number if len(fact.values) > 1 else 0], first)
    if fact.relation == "isosbestic":
        units = courses.model.units
        observed = nanometres(observed, units) if fact.values else math.nan
        share = fact.relative and stated is not None
        sigma = (
            observed * stated if share and stated is not None else 1.0 if stated is None else nanometres(stated, units)
        )
        return observed, sigma / weight, "nm"
    grid = case.grid_tolerance(fact.left, case.setting, layout.stated_spacing)
    if stated is None:
        sigma = DEFAULT_SHARE * abs(observed) if grid is None else grid
    else:
        sigma = max(stated * abs(observed) if fact.relative else stated, grid or 0.0)
    if math.isnan(sigma):
        sigma = DEFAULT_SHARE if stated is None else stated
    return observed, sigma / weight, _unit(case, layout)


def _unit(case: FactCase, layout: RowLayout) -> str:
    number = single_feature(case.fact, case.fact.left)
    if number is None or case.fact.right is not None:
        return ""
    feature = case.fact.features[number]
    return layout.mechanism.units.time.symbol if feature.name in TIMES else ""


def _found_by(verdict: Verdict) -> float:
    """The deviation or margin of an ordinary verdict."""
    equality = verdict.fact.relation in _EQUALITIES
    if math.isnan(verdict.margin):
        return UNDEFINED if equality else -UNDEFINED
    if not equality:
        return verdict.margin
    value, expected = verdict.value, verdict.expected
    below = isinstance(value, float) and isinstance(expected, float) and value < expected
    return verdict.margin - 1.0 if below else 1.0 - verdict.margin
