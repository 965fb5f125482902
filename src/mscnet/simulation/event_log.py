"""What events have done in a run: when each fired, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass, field

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Firing:
    """An event that fired at a time: the concentrations (n_species,) just before and just after it, and the
    parameters that it set, each with its value before and after; all in the file's units."""

    event: str
    time: float
    before: FloatArray = field(repr=False)
    after: FloatArray = field(repr=False)
    parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: The event's place among those of the model, and whether another event of the same time set it off.
    number: int = field(default=-1, repr=False)
    set_off: bool = field(default=False, repr=False)


@dataclass(eq=False)
class EventLog:
    """The firings of a run in their order, the courses (n_times,) of parameters that events may set, and what
    went wrong, where something did."""

    firings: list[Firing] = field(default_factory=list)
    courses: dict[str, FloatArray] = field(default_factory=dict)
    trouble: str = ""
    notes: list[str] = field(default_factory=list)
