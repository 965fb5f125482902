"""Facts: what was seen, as tests of a mechanism.  Plain data, frozen.

expect fig4 { max(od371) = 0.23, 0.40, 0.57, 0.73 ± 0.01   from "Fig. 4" }
"""

from __future__ import annotations

from typing import Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Expression
from mscnet.records import dataclass, field

#: Features of a course by name, with how many arguments follow the course.
FEATURES: dict[str, tuple[int, int]] = {
    "max": (0, 0), "min": (0, 0), "initial": (0, 0), "final": (0, 0), "mean": (0, 0),
    "at": (1, 1),  # at(od371, 30 min)
    "time_of_max": (0, 0), "time_of_min": (0, 0),
    "time_to": (1, 1),  # time_to(od399, 50%): of the way from its first to its last value; or to a value
    "half_time": (0, 0),
    "settles": (1, 1),  # when it is within so much of its last value for good
    "reaches": (1, 1),  # when it first is within so much of its extreme
    "slope": (0, 2),  # over the window
    "rise": (0, 0), "fall": (0, 0),  # the largest rise above its first value; the fall from its maximum to its last
    "isosbestic": (0, 0),  # the wavelength
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """``over 5 min .. 60 min``: the part of a course that counts, in the measurement's own time."""

    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class Course:
    """A series to be judged: an expression over readings, observables and species, in an experiment (None: that of
    the ``expect`` block) with given loop values (empty: each of its conditions in turn)."""

    expression: Expression
    experiment: str | None = None
    arguments: tuple[Expression, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Feature:
    """A number that a course has: ``max(od371)``, ``time_to(od399, 50%)``; `relative` where an argument was in %."""

    name: str
    course: Course
    arguments: tuple[Expression, ...] = ()
    relative: bool = False
    window: Window | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


Relation = Literal[
    "=", "<", ">", "<=", ">=",  # `left` against `values` (one, or one for each condition) or against `right`
    "increases", "decreases",  # `left` with the loop variable `variable`; without one, a course with time
    "constant",  # `left` over its conditions, or a course with time, within `tolerance`
    "independent",  # `left` does not depend on `variable`, within `tolerance`
    "linear",  # `left` in `variable`, with r2 above `values`
    "isosbestic",  # at `values` ± `tolerance`, over `window`
    "never", "always",  # a condition `left` < or > `right` at any time
    "present", "absent",  # a course above or below `values`, at some time of the window
    "not_first_order",  # an exponential leaves a residual above `tolerance`
    "rate_determining",  # the label of the step in `variable`
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an ``expect`` block.

    `left` and `right` are expressions whose symbols of kind ``feature`` number `features` (``"0"``, ``"1"`` …); for
    relations of whole courses `courses` has them.  `tolerance` is in the unit of `left`, or with `relative` a share.
    `weight` multiplies its residual in a fit.
    """

    text: str
    relation: Relation
    experiment: str | None = None
    features: tuple[Feature, ...] = ()
    courses: tuple[Course, ...] = ()
    left: Expression | None = None
    right: Expression | None = None
    values: tuple[Expression, ...] = ()
    tolerance: Expression | None = None
    relative: bool = False
    variable: str | None = None
    window: Window | None = None
    comparison: str | None = None
    source: str | None = None
    name: str | None = None
    weight: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
