"""Dimensions in facts and data files: what a feature is, and what it may be held against."""

from __future__ import annotations

from mscnet.language.dimensions import Dimensions, Form, Mismatch, add, form_of
from mscnet.language.lookup import Experiments, variables_of
from mscnet.language.optics import require, require_length
from mscnet.language.protocol_dimensions import variable_form
from mscnet.mechanism.bench import DataFile, Experiment
from mscnet.mechanism.expression import Expression, Symbol, symbols
from mscnet.mechanism.facts import Course, Fact, Feature
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH, TIME

_TIME = form_of(TIME)
#: Features that are a time; `slope` is per time, `isosbestic` a wavelength, all others are what their course is.
_TIMES = frozenset({"time_of_max", "time_of_min", "time_to", "half_time", "settles", "reaches"})
#: Features whose arguments are times; those of all others are what their course is.
_AT_TIMES = frozenset({"at", "slope"})


class FactDimensions:
    """Holds facts and data files against the dimensions of what they speak of.

    `loops` and `local` are where the inference looks up loop variables, readings and features; they are filled for one
    fact at a time.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        dimensions: Dimensions,
        loops: dict[str, Form],
        local: dict[tuple[str, str], Form],
    ) -> None:
        self.mechanism, self.dimensions, self.loops, self.local = mechanism, dimensions, loops, local
        self.experiments = Experiments(mechanism.experiments, (), dimensions.report)

    def check(self) -> None:
        """Report every mismatch."""
        for file in self.mechanism.data_files:
            self._data_file(file)
        for fact in self.mechanism.facts:
            self._fact(fact)
        self.local.clear()

    def _require(self, value: Expression, wanted: Form, what: str) -> None:
        require(value, wanted, what, self.dimensions)

    # --- experiments ---

    def _enter(self, experiment: Experiment | None) -> None:
        """Make an experiment's loop variables known."""
        self.local.clear()
        self.loops.clear()
        for name in variables_of(experiment) if experiment is not None else ():
            assert experiment is not None
            self.loops[name] = variable_form(experiment.name, name)

    def _arguments(self, name: str | None, arguments: tuple[Expression, ...]) -> None:
        experiment = self.experiments.get(name) if name is not None else None
        if experiment is None:
            return
        for variable, value in zip(experiment.parameters, arguments, strict=False):
            self._require(value, variable_form(experiment.name, variable), f"`{variable}`")

    # --- courses and features ---

    def _course(self, course: Course) -> Form:
        experiment = self.experiments.get(course.experiment) if course.experiment is not None else None
        self._arguments(course.experiment, course.arguments)
        for band in course.bands:
            require_length(band.wavelength, "a wavelength", self.dimensions)
        self._enter(experiment)
        if experiment is not None:
            readings = self.experiments.readings(experiment)
            for symbol in symbols(course.expression):
                if symbol.kind == "reading":
                    reading = readings.get(symbol.name)
                    of = reading.expression if reading is not None else None
                    self.local["reading", symbol.name] = {} if of is None else self.dimensions.infer(of, None)
        return self.dimensions.infer(course.expression, None)

    def _feature(self, feature: Feature) -> Form:
        form = self._course(feature.course)
        for argument in feature.arguments:
            if feature.name in _AT_TIMES:
                self._require(argument, _TIME, f"the time in `{feature.name}`")
            elif not feature.relative:
                self._require(argument, form, f"the course of `{feature.name}`")
        if feature.name in _TIMES:
            return _TIME
        if feature.name == "isosbestic":
            return form_of(LENGTH)
        return add(form, _TIME, -1) if feature.name == "slope" else form

    # --- facts ---

    def _fact(self, fact: Fact) -> None:
        features = [self._feature(feature) for feature in fact.features]
        courses = [self._course(course) for course in fact.courses]
        self._arguments(fact.experiment, fact.arguments)
        self._enter(self.experiments.get(fact.experiment) if fact.experiment is not None else None)
        for i, form in enumerate(features):
            self.local["feature", str(i)] = form
        left: Form = courses[0] if courses else {}
        if fact.left is not None:
            left = self.dimensions.infer(fact.left, None)
        for other, course in zip(courses[1:], fact.courses[1:], strict=True):
            self._alike(course.expression, other, left)
        if fact.right is not None:
            self._require(fact.right, left, "the left side")
        self._values(fact, left)
        for window in (fact.window, *(feature.window for feature in fact.features)):
            for end in (window.start, window.end) if window is not None else ():
                self._require(end, _TIME, "a window")
        if fact.weight is not None:
            self._require(fact.weight, {}, "a weight")

    def _values(self, fact: Fact, left: Form) -> None:
        what = self._named(fact)
        if fact.relation == "isosbestic":
            for value in (*fact.values, *(() if fact.tolerance is None else (fact.tolerance,))):
                require_length(value, "a wavelength", self.dimensions)
            return
        for value in fact.values:
            self._require(value, {} if fact.relation == "linear" else left, what)
            if self.dimensions.complained:  # values share a unit: said once
                return
        if fact.tolerance is not None and not fact.relative:
            self._require(fact.tolerance, left, what)

    @staticmethod
    def _named(fact: Fact) -> str:
        """What messages call the left side: its feature, where it is one."""
        if isinstance(fact.left, Symbol) and fact.left.kind == "feature":
            return f"`{fact.features[int(fact.left.name)].name}` here"
        return "the left side"

    def _alike(self, expression: Expression, form: Form, wanted: Form) -> None:
        try:
            self.dimensions.equate(form, wanted, expression.span)
        except Mismatch as error:
            shown = self.dimensions.shown
            self.dimensions.complain(expression, f"{shown(error.first)} cannot be compared with {shown(error.second)}")

    # --- data files ---

    def _data_file(self, file: DataFile) -> None:
        experiment = self.experiments.get(file.experiment)
        for name, value in file.selects:
            if name == "time":
                self._require(value, _TIME, "`time`")
            elif experiment is not None:
                self._require(value, variable_form(experiment.name, name), f"`{name}`")
