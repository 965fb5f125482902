"""Facts: what was seen, as tests of a mechanism.  Plain data, frozen.

expect fig4 { max(od371) = 0.23, 0.40, 0.57, 0.73 ± 0.01   from "Fig. 4" }
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
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


#: How near two numbers are that are ``similar to`` each other, where a fact does not say.
SIMILAR = Fraction(15, 100)


@dataclass(frozen=True, slots=True)
class Window:
    """``over 5 min .. 60 min``: the part of a course that counts, in the measurement's own time."""

    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class BandReading:
    """``band(CdTe_MSC371, 371 nm)``: the absorbance that one species' band alone makes at a wavelength.

    `name` is the symbol of kind ``reading`` that stands for it in the course's expression; no reading that an
    experiment declares has such a name.
    """

    name: str
    species: str
    wavelength: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """A series to be judged: an expression over readings, observables and species, in an experiment (None: that of
    the ``expect`` block) with given loop values, one for each of its parameters (empty: each of its conditions in
    turn).  The language fills `experiment` and `arguments` from the block where the text leaves them out.

    Symbols of kind ``reading`` name readings of the experiment's measure steps, or `bands` of this course.
    """

    expression: Expression
    experiment: str | None = None
    arguments: tuple[Expression, ...] = ()
    bands: tuple[BandReading, ...] = ()
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
    `weight` multiplies its residual in a fit.  `arguments` are the loop values of ``expect fig4(30 uL) { … }``.

    How each line of the language is kept:

    - ``max(od371) = 0.23, 0.40 ± 0.01``: `left`, `values` (one, or one for each condition), `tolerance`.  A bound in
      place of ``=`` has `values` too.  An equality without ± has no `tolerance`.
    - ``final(a.x) < final(b.x)``, ``final(a.x) = final(b.x) ± 10%``: `left`, `right`; ``similar to`` is an ``=``,
      within `SIMILAR` where no tolerance is given.
    - ``od371 > 0.1`` (a course): ``always`` with `courses` and `comparison`, as below.
    - ``max(x) increases with v``: `left`, `variable`; ``od371 increases over 0 min .. 40 min``: one of `courses`.
      So with ``decreases``, and with ``constant``, which has a `tolerance` (None: of the judge's choice).
    - ``linear(max(x), v, r2 > 0.99)``: `left`, `variable`, `values` = (0.99,); without r2 `values` are empty.
    - ``max(x) does not depend on v ± 10%``: ``independent`` with `left`, `variable`, `tolerance`.
    - ``isosbestic(380 nm ± 1 nm) over …``: `values` = (380 nm,), `tolerance` and `window`.
    - ``never [X] > 1 uM``, ``always …``: `courses` = (left, right), two; `comparison` is the operator between them.
    - ``present(od399, 0.03)``, ``absent(…)``: one of `courses`, `values` = (0.03,).
    - ``not_first_order(od399), residual > 0.02``: one of `courses`; `tolerance` is the residual, None without one.
    - ``rate_determining(step3)``: `variable` is the label or name of the step.

    ``over a .. b`` is `window`, there and in every feature of the fact; ``at t`` is a window whose ends are the same.
    """

    text: str
    relation: Relation
    experiment: str | None = None
    arguments: tuple[Expression, ...] = ()
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


def courses_of(fact: Fact) -> tuple[Course, ...]:
    """The whole courses of a fact, then those of its features."""
    return (*fact.courses, *(feature.course for feature in fact.features))


def expressions_of(facts: tuple[Fact, ...]) -> Iterator[Expression]:
    """Every expression that facts hold."""
    for fact in facts:
        yield from (e for e in (fact.left, fact.right, fact.tolerance, fact.weight) if e is not None)
        yield from (*fact.arguments, *fact.values)
        for course in courses_of(fact):
            yield from (course.expression, *course.arguments, *(band.wavelength for band in course.bands))
        for feature in fact.features:
            yield from feature.arguments
        if fact.window is not None:
            yield from (fact.window.start, fact.window.end)
