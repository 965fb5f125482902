"""A fact under one condition, or under those that it compares, with the numbers that it speaks of in many rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.isosbestic_fact import DEFAULT_NM
from mscnet.experiment.measuring import features_in, is_time
from mscnet.experiment.relations import DEFAULT_SHARE
from mscnet.experiment.results import Condition
from mscnet.experiment.row_courses import RowCourses
from mscnet.experiment.row_curve import FloatArray, Numbers, RowCurve
from mscnet.experiment.row_features import ROW_FUNCTIONS, single
from mscnet.experiment.row_scans import crossing
from mscnet.experiment.settings import Setting, groups_of
from mscnet.experiment.wavelengths import nanometres
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.facts import Course, Fact, Feature
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over


@dataclass(frozen=True, slots=True, eq=False)
class FactCase:
    """What one verdict is on: a fact, its settings (one, or all that it compares, then in `groups` that differ in its
    loop variable alone), and the number of the setting."""

    fact: Fact
    settings: tuple[Setting, ...]
    number: int
    groups: tuple[tuple[Setting, ...], ...] = ()

    @classmethod
    def of(cls, fact: Fact, settings: tuple[Setting, ...], number: int) -> FactCase:
        """A case; errors as `groups_of`."""
        if fact.relation in ("increases", "decreases", "linear", "independent") and fact.variable is not None:
            found = groups_of(list(settings), fact.variable)
            return cls(fact, settings, number, tuple(tuple(group) for group in found))
        return cls(fact, settings, number, (settings,))

    @property
    def setting(self) -> Setting:
        """The first setting: the only one, where the fact compares no conditions."""
        return self.settings[0]

    @property
    def left(self) -> Expression:
        """The left side."""
        if self.fact.left is None:
            raise self.error("the fact has no left side")
        return self.fact.left

    @property
    def course(self) -> Course:
        """The first whole course."""
        if not self.fact.courses:
            raise self.error("the fact speaks of no course", "as in `never [CdSe_MSC415] > 1 uM`")
        return self.fact.courses[0]

    def error(self, message: str, hint: str | None = None) -> MechanismError:
        """An error at the fact's place."""
        return MechanismError.of("E095", message, span=self.fact.span, hint=hint)

    # --- numbers -------------------------------------------------------------------------------

    def side(self, side: Expression, setting: Setting, rows: RowCourses) -> tuple[Numbers, Numbers]:
        """The value of a side in every row, and what its features fall short together."""
        if isinstance(side, Symbol) and side.kind == "feature":
            return self._feature(int(side.name), setting, rows)
        short: list[Numbers] = []

        def column(symbol: Symbol) -> Any:
            if symbol.kind != "feature":
                return rows.number(symbol, setting.first)
            value, missed = self._feature(int(symbol.name), setting, rows)
            short.append(missed)
            return value

        return evaluate_over(side, column), sum(short, 0.0)

    def _feature(self, number: int, setting: Setting, rows: RowCourses) -> tuple[FloatArray, Numbers]:
        feature, condition = self.fact.features[number], setting.features[number]
        window = feature.window or self.fact.window
        if feature.name == "isosbestic":
            return crossing(feature.course, condition, feature.window, rows, None)
        arguments = tuple(rows.number(argument, condition) for argument in feature.arguments)

        def made() -> tuple[FloatArray, Numbers]:
            curve = (
                self._curve_for(feature, condition, rows)
                if window is None
                else rows.curve(feature.course, condition, window)
            )
            return ROW_FUNCTIONS[feature.name](curve, arguments, feature.relative)

        if any(isinstance(argument, np.ndarray) for argument in arguments):
            return made()
        return rows.once((feature.name, *arguments, feature.relative), feature.course, condition, window, made)

    @staticmethod
    def _curve_for(feature: Feature, condition: Condition, rows: RowCourses) -> RowCurve:
        """The curves of a feature's course, or as much of them as it hangs on."""
        match feature.name:
            case "at":
                return rows.near(feature.course, condition, single(rows.number(feature.arguments[0], condition)))
            case "initial" | "final":
                return rows.near(feature.course, condition, None, last=feature.name == "final")
        return rows.curve(feature.course, condition)

    def value(self, rows: RowCourses) -> Numbers:
        """The number that a list of values has for this setting: one each, or one for all."""
        values = self.fact.values
        return rows.number(values[self.number if len(values) > 1 else 0], self.setting.first)

    def limit(self, rows: RowCourses) -> Numbers:
        """The number that a course or a statistic is compared with."""
        fact = self.fact
        bound = fact.courses[1].expression if len(fact.courses) > 1 else fact.right
        stated = fact.values or ((bound,) if bound is not None else ())
        if not stated:
            raise self.error("the fact does not say what it compares with", "as in `never [B] > 1 uM`")
        return rows.number(stated[self.number if len(stated) > 1 else 0], self.setting.first)

    def stated_tolerance(self, rows: RowCourses) -> Numbers | None:
        """The stated tolerance as it stands: a share where `relative`."""
        stated = self.fact.tolerance
        return None if stated is None else rows.number(stated, self.setting.first)

    def tolerance(
        self, side: Expression | None, reference: Numbers, setting: Setting, rows: RowCourses
    ) -> Numbers | None:
        """As `tolerance_of`: of one in %, that share of `reference`; of a time at least half that between readings."""
        stated = None if self.fact.tolerance is None else rows.number(self.fact.tolerance, setting.first)
        if stated is not None and self.fact.relative:
            stated = stated * np.abs(reference)
        grid = self.grid_tolerance(side, setting, rows.spacing)
        if stated is None or grid is None:
            return grid if stated is None else stated
        return np.maximum(stated, grid)

    def equality_tolerance(self, expected: Numbers, rows: RowCourses) -> Numbers:
        """That of an equality of `left`, a share of what is expected where none is stated."""
        found = self.tolerance(self.fact.left, expected, self.setting, rows)
        return DEFAULT_SHARE * np.abs(expected) if found is None else found

    def nanometre_tolerance(self, near: float | None, rows: RowCourses) -> Numbers:
        """That of a wavelength, in nm."""
        stated = self.stated_tolerance(rows)
        if stated is None:
            return DEFAULT_NM
        if self.fact.relative:
            return stated * (near or 0.0)
        return stated * nanometres(1.0, rows.run.model.units)

    def grid_tolerance(
        self, side: Expression | None, setting: Setting, spacing: Callable[[Course, Condition], float | None]
    ) -> float | None:
        """Half the time between the readings that a time was read off, None for what is no time."""
        if not is_time(self.fact, side):
            return None
        features = self.fact.features
        spacings = [spacing(features[n].course, setting.features[n]) for n in features_in(side)]
        return max((0.5 * each for each in spacings if each is not None), default=None)

    # --- curves --------------------------------------------------------------------------------

    def curve(self, rows: RowCourses, number: int = 0) -> RowCurve:
        """The curves of a whole course, in the fact's window."""
        return rows.curve(self.fact.courses[number], self.setting.courses[number], self.fact.window)
