"""Measured data as plain values: series over time, whole spectra, and single numbers of a condition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass, field

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ObservedSeries:
    """The measured course of one reading in one condition; all replicates, sorted by time.

    `time` (n,) is in the file's unit, counted from the start of the measurement; `observed` (n,) may hold NaN where
    a value is missing; `error` (n,) is the standard deviation of each, NaN where it is not known; `replicate` (n,)
    counts from 1.  `values` are the loop variables that the data give, in the file's units; `wavelength` is in nm.
    """

    reading: str
    values: Mapping[str, float]
    time: FloatArray
    observed: FloatArray
    error: FloatArray
    replicate: IntArray
    unit: str = ""
    wavelength: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ObservedSpectra:
    """Measured spectra of one condition: `absorbance` and `error` (n_times, n_wavelengths), the latter NaN where it is
    not known, over `time` and `replicate` (n_times,) and `wavelength` (n_wavelengths,) in nm, ascending."""

    reading: str
    values: Mapping[str, float]
    time: FloatArray
    wavelength: FloatArray
    absorbance: FloatArray
    error: FloatArray
    replicate: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class ObservedNumber:
    """One number that a condition has, without a time: a maximum, a half-life, an end point."""

    name: str
    values: Mapping[str, float]
    observed: float
    error: float
    replicate: int
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What one data file tells about an experiment; `path` is where it was read, `ignored` the headers of columns that
    are neither a reading nor a variable."""

    experiment: str
    path: str
    series: tuple[ObservedSeries, ...] = ()
    spectra: tuple[ObservedSpectra, ...] = ()
    numbers: tuple[ObservedNumber, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many values there are, the missing ones aside."""
        arrays = [*(s.observed for s in self.series), *(s.absorbance for s in self.spectra)]
        numbers = sum(1 for number in self.numbers if np.isfinite(number.observed))
        return int(sum(np.count_nonzero(np.isfinite(values)) for values in arrays)) + numbers

    def __repr__(self) -> str:
        kinds = [(len(self.series), "series"), (len(self.spectra), "sets of spectra"), (len(self.numbers), "numbers")]
        shown = ", ".join(f"{count} {kind}" for count, kind in kinds if count) or "nothing"
        return f"<Observations of {self.experiment}: {shown}, {self.count} values>"
