"""`Design`: an experiment that was worked out, what it would tell, and its text."""

from __future__ import annotations

import math
import os
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.design_bench import Doing
from mscnet.mechanism.units import UnitSystem
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: A difference of Σ r² that is very strong evidence, and so decides.
DECIDES = 10.0


@dataclass(frozen=True, slots=True)
class Alternative:
    """An experiment of the file with the values (name, file's units, as text) of what was changed in it, and its score:
    of T the separation both ways, of D and Ds the gain in ln (see `Design`)."""

    experiment: str
    values: tuple[tuple[str, float, str], ...]
    score: float

    def __str__(self) -> str:
        return self.experiment + (
            f" with {', '.join(f'{n} = {text}' for n, _, text in self.values)}" if self.values else ""
        )


@dataclass(frozen=True, slots=True)
class Separation:
    """If `truth` holds: by how much Σ r² of `rival`, fitted again to all, exceeds that of the truth on average, beyond
    what is known already; and the probability that the experiment decides."""

    truth: str
    rival: str
    chi_square: float
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A reading that a model foretells: `values` (n,) over `time` (n,) with the standard deviation `error`, in
    `unit`."""

    model: str
    note: str
    reading: str
    time: FloatArray
    values: FloatArray
    error: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a reading tells most: at `time`, what the first model foretells, `first`, and the rival once it is fitted
    again to that too, `rival`, with the standard deviation `error` of a reading."""

    reading: str
    time: float
    first: float
    rival: float
    error: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The experiment that tells most.

    `protocol` is its text, to be pasted into the mechanism's file.  Of a T design `separations` say what it would do,
    of D and Ds `errors` the standard errors (name, before, after) of search coordinates: of ln of a value on a log
    scale, a relative error.  `reading_errors` are the standard deviations that were taken; those of `guessed` are no
    more than 2 % of the largest value; experiments `left_out` have no reading with a known error, where others do.
    `ranges` is what was allowed, `tried` how many were drawn, `possible` how many of them can be done, `median` the
    score of these; `courses` are what the models foretell of the best.  `before` are Σ r² of what each model was fitted
    to, `doing` what is to be done at the bench.
    """

    criterion: Literal["T", "D", "Ds"]
    models: tuple[str, ...]
    parameter: str | None
    best: Alternative
    separations: tuple[Separation, ...]
    errors: tuple[tuple[str, float, float], ...]
    reading_errors: tuple[tuple[str, float], ...]
    guessed: tuple[str, ...]
    left_out: tuple[str, ...]
    protocol: str
    courses: tuple[Course, ...]
    alternatives: tuple[Alternative, ...]
    ranges: tuple[tuple[str, str, str], ...]
    tried: int
    possible: int
    median: float
    time_unit: str = ""
    before: tuple[float, ...] = ()
    doing: Doing = Doing()
    units: UnitSystem | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Of a T design, where each reading tells most."""
        found = []
        for reading in dict.fromkeys(course.reading for course in self.courses):
            each = [course for course in self.courses if course.reading == reading]
            if len(each) < 2 or not each[0].time.size:
                continue
            first, rival = each[0], each[-1]
            i = int(np.argmax(np.abs(first.values - rival.values)))
            found.append(Difference(reading, float(first.time[i]), float(first.values[i]), float(rival.values[i]),
                                    first.error, first.unit))  # fmt: skip
        return tuple(sorted(found, key=lambda each: -abs(each.first - each.rival) / each.error))

    @property
    def values(self) -> dict[str, float]:
        """What was changed, by name, in the file's units."""
        return {name: value for name, value, _ in self.best.values}

    def __str__(self) -> str:
        from mscnet.report.design import design_text

        return design_text(self)

    def __repr__(self) -> str:
        return f"<Design {self.criterion}: {self.best}, score {self.best.score:.4g}>"

    def save(self, folder: str | os.PathLike[str]) -> tuple[str, ...]:
        """Writes ``design.json``, ``designed.mech`` and ``curves.png`` to a folder; gives their names.

        Raises:
            OSError: it cannot be made or written to.
        """
        from mscnet.report.design import save_design

        return save_design(self, folder)

    def as_data(self) -> dict[str, Any]:
        """All of it as JSON knows it, courses apart."""
        return {
            "criterion": self.criterion, "models": list(self.models), "parameter": self.parameter,
            "experiment": self.best.experiment, "values": _shown(self.best), "score": self.best.score,
            "protocol": self.protocol,
            "separations": [
                {"truth": s.truth, "rival": s.rival, "chi_square": s.chi_square, "probability": s.probability}
                for s in self.separations
            ],
            "standard_errors": [{"name": n, "before": a, "after": b} for n, a, b in self.errors],
            "reading_errors": dict(self.reading_errors), "guessed_errors": list(self.guessed),
            "left_out": list(self.left_out),
            "alternatives": [
                {"experiment": a.experiment, "values": _shown(a), "score": a.score} for a in self.alternatives
            ],
            "ranges": [{"name": n, "lower": low, "upper": high} for n, low, high in self.ranges],
            "tried": self.tried, "possible": self.possible, "median": self.median,
            "sum_of_squares_before": dict(zip(self.models, self.before, strict=False)),
            "steps": list(self.doing.steps), "time": self.doing.time if math.isfinite(self.doing.time) else None,
            "differences": [
                {"reading": d.reading, "time": d.time, "first": d.first, "rival": d.rival, "error": d.error,
                 "unit": d.unit}
                for d in self.differences
            ],
        }  # fmt: skip


def _shown(alternative: Alternative) -> dict[str, str]:
    return {name: text for name, _, text in alternative.values}
