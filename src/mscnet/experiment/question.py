"""`Question`: a fact under one condition, with all that its relation needs to judge it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses
from mscnet.experiment.curve import Curve
from mscnet.experiment.margins import Judged, inequality
from mscnet.experiment.measuring import features_in, single_feature, unit_of_side
from mscnet.experiment.merit import cannot_change, nothing_differs, only_brought_along
from mscnet.experiment.phrases import distance, expected_text, shown
from mscnet.experiment.results import Condition
from mscnet.experiment.settings import Setting, names_of
from mscnet.experiment.verdict import Mark, Verdict
from mscnet.mechanism.expression import Expression, to_text
from mscnet.mechanism.facts import Course, Fact
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A fact, its settings (one, or all that it compares), the number of the setting, and the courses of the run."""

    fact: Fact
    settings: tuple[Setting, ...]
    number: int
    courses: Courses

    @property
    def setting(self) -> Setting:
        """The first setting: the only one, where the fact compares no conditions."""
        return self.settings[0]

    @property
    def condition(self) -> Condition:
        """The condition of the fact's first whole course."""
        return self.setting.courses[0]

    @property
    def course(self) -> Course:
        """The fact's first whole course.

        Raises:
            MechanismError: it has none.
        """
        if not self.fact.courses:
            raise self.error("the fact speaks of no course", "as in `never [CdSe_MSC415] > 1 uM`")
        return self.fact.courses[0]

    def error(self, message: str, hint: str | None = None) -> MechanismError:
        """An error at the fact's place."""
        return MechanismError.of("E095", message, span=self.fact.span, hint=hint)

    def curve(self, number: int = 0) -> Curve:
        """The curve of a whole course, in the fact's window."""
        course = self.fact.courses[number]
        return self.courses.curve(course, self.setting.courses[number], self.fact.window)

    @property
    def window(self) -> tuple[float, float] | None:
        """The times that count."""
        window, condition = self.fact.window, self.setting.first
        if window is None:
            return None
        return self.courses.number(window.start, condition), self.courses.number(window.end, condition)

    def whole(self, number: int = 0) -> Curve:
        """The curve of a whole course outside its window too, under the name of its condition: for pictures."""
        condition = self.setting.courses[number]
        return self.labelled(self.courses.curve(self.fact.courses[number], condition), condition)

    def labelled(self, curve: Curve, condition: Condition) -> Curve:
        """A curve whose label says its condition."""
        label = f"{curve.label}, {condition.name}"
        return Curve(curve.time, curve.values, label, curve.unit, curve.spacing, curve.noise)

    def value(self, position: int) -> float:
        """The number that a list of values has for this setting: one each, or one for all.

        Raises:
            MechanismError: there are more values than one, and not one for each condition.
        """
        values = self.fact.values
        return self.courses.number(values[position if len(values) > 1 else 0], self.setting.first)

    @property
    def limit(self) -> float:
        """The number that a course or a statistic is compared with.

        Raises:
            MechanismError: the fact states none.
        """
        bound = self.fact.courses[1].expression if len(self.fact.courses) > 1 else self.fact.right
        stated = self.fact.values or ((bound,) if bound is not None else ())
        if not stated:
            raise self.error("the fact does not say what it compares with", "as in `never [B] > 1 uM`")
        stated = (stated[self.number],) if len(stated) > 1 else stated
        return self.courses.number(stated[0], self.setting.first)

    @property
    def tolerance(self) -> float | None:
        """The stated tolerance as it stands: a share where `relative`."""
        stated = self.fact.tolerance
        return None if stated is None else self.courses.number(stated, self.setting.first)

    # --- verdicts ----------------------------------------------------------------------------

    def verdict(
        self,
        judged: Judged,
        value: float | str | None,
        expected: float | str | None,
        tolerance: float | None = None,
        *,
        unit: str = "",
        trivial: str = "",
        remark: str = "",
        within: tuple[float, float] | None = None,
        curves: Iterable[Curve] = (),
        marks: Iterable[Mark] = (),
    ) -> Verdict:
        """A verdict; `trivial` says why it is, `remark` is a sentence more."""
        name = self.setting.name if len(self.settings) == 1 else names_of(self.settings)
        met_trivially = judged.passed and bool(trivial)
        # a bound is written before its number, a number stands alone
        wanted = expected_text(expected, tolerance if not isinstance(expected, str) else None, unit)
        parts = [f"{shown(value, unit)}, expected {wanted}"]
        if not judged.passed and math.isnan(judged.margin):
            parts.append("nothing to compare")
        elif not judged.passed:
            is_number = tolerance is not None and not isinstance(expected, str)
            parts.append(distance(judged.margin) if is_number else f"margin {judged.margin:.3g}")
        parts += [remark] if remark else []
        parts += [f"trivially met: {trivial}"] if met_trivially else []
        return Verdict(
            self.fact, name, judged.passed, met_trivially, value, expected, tolerance, judged.margin, unit,
            "; ".join(parts), within, True, self.window, tuple(curves), tuple(marks),
        )  # fmt: skip

    def feature_curves(self, *sides: Expression | None) -> list[Curve]:
        """The curves that the features of both sides are taken of, in every setting, each once."""
        found: dict[int, Curve] = {}
        for setting in self.settings:
            for number in (n for side in sides for n in features_in(side)):
                feature, condition = self.fact.features[number], setting.features[number]
                if feature.name != "isosbestic":
                    curve = self.courses.curve(feature.course, condition)
                    found[id(curve)] = self.labelled(curve, condition)
        return list(found.values())

    def side_unit(self, side: Expression | None) -> str:
        """The unit of a side."""
        return unit_of_side(side, self.setting, self.courses)

    # --- trivially met -----------------------------------------------------------------------

    def blank_side(self, side: Expression | None) -> str:
        """Why every feature in a side is without content (its species cannot be there in any setting), else ""."""
        numbers = features_in(side)
        if not numbers:
            return ""
        blank = all(
            self.courses.blank(self.fact.features[n].course, setting.features[n])
            for setting in self.settings
            for n in numbers
        )
        return _cannot(self.fact.features[numbers[0]].course, self.courses) if blank else ""

    def blank_course(self, everywhere: bool = False) -> str:
        """The same of the fact's first whole course."""
        blank = all(self.courses.blank(self.course, s.courses[0], everywhere) for s in self.settings)
        return _cannot(self.course, self.courses) if blank else ""

    def alike_side(self, *sides: tuple[Expression, Setting]) -> str:
        """Why sides of the fact, each in its setting, are the same whatever the rates, else ""."""
        if not nothing_differs(sides, self.courses):
            return ""
        number = features_in(sides[0][0])[0]
        return f"under this model nothing in which they differ reaches {_text(self.fact.features[number].course)}"

    def unchanging_course(self) -> str:
        """Why nothing can change the fact's first whole course, else ""."""
        still = all(cannot_change(self.course, s.courses[0], self.courses) for s in self.settings)
        return f"under this model nothing changes {_text(self.course)} here" if still else ""

    def unformed_course(self, operator: str, limit: float) -> str:
        """Why the fact's first whole course stays within a limit: it is at first, and nothing forms, else ""."""
        return self._unformed(self.course, self.condition, operator, limit)

    def unformed_side(self, side: Expression | None, operator: str, limit: float) -> str:
        """The same of the course of a side that is a single feature."""
        number = single_feature(self.fact, side)
        if number is None or self.fact.features[number].name not in ("max", "mean", "final", "at", "initial"):
            return ""
        return self._unformed(self.fact.features[number].course, self.setting.features[number], operator, limit)

    def _unformed(self, course: Course, condition: Condition, operator: str, limit: float) -> str:
        first = float(self.courses.curve(course, condition).values[0])
        if not inequality(operator, first, limit).passed or not only_brought_along(course, condition, self.courses):
            return ""
        return f"under this model nothing that {_text(course)} depends on forms here; little was brought along"


def _cannot(course: Course, courses: Courses) -> str:
    return f"under this model nothing that {_text(course)} depends on can form here"


def _text(course: Course) -> str:
    return to_text(course.expression, bracket_species=True)
