"""`Verdict`: whether a mechanism meets a fact, and by how much."""

from __future__ import annotations

from typing import Literal

from mscnet.experiment.curve import Curve
from mscnet.mechanism.facts import Fact
from mscnet.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Mark:
    """What was seen, as it is drawn over a course: a time or a value, its tolerance, and a bound (``<`` or ``>``)
    where it is not to be met but to be kept to."""

    axis: Literal["time", "value"]
    expected: float
    tolerance: float | None = None
    bound: str = ""
    found: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One fact under one condition (or, where it compares several, under all of them).

    `experiment` names the condition, ``fig4(v = 0.015)``.  `value` is what the model gives, `expected` what was seen:
    numbers in the file's units (`unit` says which), words where it is no number.  `margin` is how far inside its
    tolerance the value lies, in tolerances: 1 is spot on, 0 at the edge, negative a failure, ``nan`` where there is no
    value; of an inequality the distance from the bound over its scale, positive where it holds.  `trivial`: it holds
    only since a species cannot form under the model, or nothing that differs or changes
    reaches the course.  `within` is the range of times
    that are as good as `value`, of a time of an extreme.  `sentence` says it all to a person; `curves` are the courses
    that it was judged on, `window` the times of them that count (None: all), `marks` what is drawn over them.
    """

    fact: Fact
    experiment: str
    passed: bool
    trivial: bool
    value: float | str | None
    expected: float | str | None
    tolerance: float | None
    margin: float
    unit: str = ""
    sentence: str = ""
    within: tuple[float, float] | None = None
    finished: bool = True
    window: tuple[float, float] | None = None
    curves: tuple[Curve, ...] = field(default=(), compare=False, repr=False)
    marks: tuple[Mark, ...] = field(default=(), compare=False, repr=False)
