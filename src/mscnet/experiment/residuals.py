"""How far measured data lie from a run of the model, one summary a series."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from mscnet.experiment.data_match import MatchedSeries, MatchedSpectra, match, of_conditions
from mscnet.experiment.observations import FloatArray, Observations
from mscnet.experiment.results import Run
from mscnet.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Residual:
    """Data less model of one series, or of one set of spectra: the root mean square `rms` in the reading's `unit`, and
    `in_errors` in standard deviations of measurement, NaN where none is known; `count` values, `outside` more without
    a model value."""

    path: str
    condition: str
    reading: str
    count: int
    outside: int
    rms: float
    in_errors: float
    unit: str = ""


def residuals_of(observations: Iterable[Observations], run: Run, some: bool = False) -> tuple[Residual, ...]:
    """The summaries of data beside a run, in the order of the data; numbers without a time have none.

    Experiments that were not run and conditions that did not finish have none; with `some`, neither have conditions
    that were not run.

    Raises:
        MechanismError: data belong to no condition or several, or nothing in the run is the reading.
    """
    finished = tuple(condition for condition in run.conditions if not condition.trouble)
    if len(finished) < len(run.conditions):
        run, some = replace(run, conditions=finished), True
    names = {condition.experiment.name for condition in run.conditions}
    observations = tuple(each for each in observations if each.experiment in names)
    if some:
        observations = of_conditions(observations, run)
    return tuple(found for data in observations for found in _residuals(data, run))


def _residuals(data: Observations, run: Run) -> Iterator[Residual]:
    found = match(data, run)
    for series in found.series:
        yield _residual(data.path, series, series.course.unit)
    for spectra in found.spectra:
        yield _residual(data.path, spectra, "")


def _residual(path: str, matched: MatchedSeries | MatchedSpectra, unit: str) -> Residual:
    seen = matched.data.observed if isinstance(matched, MatchedSeries) else matched.data.absorbance
    residual = matched.residual
    count = int(np.count_nonzero(np.isfinite(residual)))
    outside = int(np.count_nonzero(np.isfinite(seen) & np.isnan(matched.model)))
    return Residual(path, matched.condition.name, matched.data.reading, count, outside, _rms(residual),
                    _rms(matched.weighted), unit)  # fmt: skip


def _rms(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(finite**2))) if finite.size else math.nan
