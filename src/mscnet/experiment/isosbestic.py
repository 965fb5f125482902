"""Isosbestic points: wavelengths at which spectra over time do not change, though they change on both sides.

Spectra over time, less their mean, are for the most part one change of shape that comes and goes: their first
singular vector, an absorptivity lost against one won.  Where it changes its sign the spectra cross.  That crossing is
an isosbestic point if the absorbance there hardly varies, if it is crossed as steeply as bands are, and if something
absorbs there: far from all bands the spectra "cross" as well.  Two interconverting absorbers (or more in constant
proportion) give one wherever their absorptivities are equal: M. D. Cohen and E. Fischer, J. Chem. Soc. 1962, 3044.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.results import Spectra
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: A change counts where it is at least this part of the largest.
COUNTS = 0.05
#: A crossing is as steep as this part of the steepest change with wavelength, at least.
STEEP = 0.05
#: The sample absorbs at the point at least this part of the most, counted from the least.
ABSORBS = 0.03
#: The absorbance at the point varies by this part of the most that it varies anywhere, at most.
VARIES = 0.1
#: The window is parted into so many pieces of equal change, each with a crossing of its own.
_PIECES = 8
#: In a piece, a crossing is looked for so many nm about the point.
_REACH_NM = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class IsosbesticPoint:
    """Where spectra over time cross.

    `wavelength` in nm; `absorbance` is the mean there and `spread` its standard deviation over time, `relative` that
    over the largest standard deviation at any wavelength.  `wavelengths` (n_pieces,) are the crossings of the first
    and last spectrum of each of a few pieces of the window, with equal change in each, nan where they do not cross
    nearby; `times` (n_pieces,) the middle of each.
    """

    wavelength: float
    absorbance: float
    spread: float
    relative: float
    times: FloatArray
    wavelengths: FloatArray

    @property
    def drift(self) -> float:
        """How far the crossing wanders over the window, in nm; nan where no piece has one."""
        found = self.wavelengths[np.isfinite(self.wavelengths)]
        return float(np.ptp(found)) if found.size else float("nan")


def isosbestic_points(
    spectra: Spectra, start: float | None = None, end: float | None = None, tolerance: float = VARIES
) -> tuple[IsosbesticPoint, ...]:
    """The isosbestic points of spectra between two times (None: the first, the last), best first; maybe none.

    Args:
        tolerance: the most that the absorbance at the point may vary (standard deviation over time), as a part of the
            most that it varies at any wavelength.

    Raises:
        ValueError: fewer than two spectra in the window, or a value that is not finite.
    """
    wavelength, order = np.unique(spectra.wavelength, return_index=True)
    low = -np.inf if start is None else start
    high = np.inf if end is None else end
    inside = (spectra.time >= low) & (spectra.time <= high)
    seen, times = spectra.absorbance[np.ix_(inside, order)], spectra.time[inside]
    if times.size < 2:
        raise ValueError(
            f"an isosbestic point needs two spectra or more; between {low:g} and {high:g} are {times.size}"
        )
    if not np.isfinite(seen).all():
        raise ValueError(f"the spectra {spectra.name} hold values that are not finite")
    change = _change(seen)
    if wavelength.size < 2 or change is None:
        return ()
    spread = seen.std(axis=0)
    points = []
    for at in _crossings(wavelength, change):
        course = _course(at, wavelength, seen)
        if course.std() <= tolerance * spread.max() and _absorbs(float(course.mean()), seen):
            pieces = _pieces(at, wavelength, times, seen)
            deviation = float(course.std())
            points.append(
                IsosbesticPoint(at, float(course.mean()), deviation, deviation / float(spread.max()), *pieces)
            )
    return tuple(sorted(points, key=lambda point: point.spread))


def isosbestic_point(
    spectra: Spectra,
    near: float | None = None,
    start: float | None = None,
    end: float | None = None,
    tolerance: float = VARIES,
) -> IsosbesticPoint | None:
    """The isosbestic point nearest to a wavelength in nm (None: where the absorbance varies least), None without one.

    Raises:
        ValueError: as for `isosbestic_points`.
    """
    points = isosbestic_points(spectra, start, end, tolerance)
    if near is None or not points:
        return points[0] if points else None
    return min(points, key=lambda point: abs(point.wavelength - near))


def _change(seen: FloatArray) -> FloatArray | None:
    """The change of shape over time, (n_wavelengths,), its largest value 1; None where nothing changes."""
    moved = seen - seen.mean(axis=0)
    largest = np.abs(moved).max()
    if largest <= 1e-12 * max(np.abs(seen).max(), 1e-300):
        return None
    change = _first_singular_vector(moved / largest)
    return change / np.abs(change).max()


def _first_singular_vector(rows: FloatArray) -> FloatArray:
    """The right one of the largest singular value, (n_columns,), from the products along the smaller side: those have
    the same vectors, and the small ones, whose digits suffer, are not asked for."""
    if rows.shape[0] < rows.shape[1]:
        return np.asarray(np.linalg.eigh(rows @ rows.T)[1][:, -1] @ rows)
    return np.asarray(np.linalg.eigh(rows.T @ rows)[1][:, -1])


def _crossings(wavelength: FloatArray, change: FloatArray, near: float = 0.0, reach: float = np.inf) -> list[float]:
    """Wavelengths at which the change turns from a loss that counts to a gain that counts, or back; those within
    `reach` of `near`, as far as the grid tells."""
    counts = np.flatnonzero(np.abs(change) >= COUNTS)
    steepest = np.abs(np.gradient(change, wavelength)).max()
    found = []
    for before, after in pairwise(counts):
        close = wavelength[before] <= near + reach and wavelength[after] >= near - reach
        if close and change[before] * change[after] < 0:
            steepness = abs(change[after] - change[before]) / (wavelength[after] - wavelength[before])
            if steepness >= STEEP * steepest:
                found.append(root_of(wavelength, change, int(before), int(after)))
    return found


def root_of(x: FloatArray, y: FloatArray, before: int, after: int) -> float:
    """Where `y` crosses 0 between two points of opposite sign.

    Of one change of sign, on the cubic through the four points about it; of several (noise), on the straight line that
    fits all points between best.
    """
    turns = before + np.flatnonzero(np.signbit(y[before:after]) != np.signbit(y[before + 1 : after + 1]))
    if turns.size > 1:
        slope, level = np.polyfit(x[before : after + 1] - x[before], y[before : after + 1], 1)
        return float(x[before] + np.clip(-level / slope if slope else 0.0, 0.0, x[after] - x[before]))
    left = int(turns[0])
    nodes = slice(max(0, left - 1), min(x.size, left + 3))
    low, high = float(x[left]), float(x[left + 1])
    step = high - low
    powers = np.vander((x[nodes] - low) / step)  # through as many points as it has coefficients
    cubic = np.linalg.solve(powers, y[nodes]).tolist()
    low, high = 0.0, 1.0
    sign = bool(y[left] < 0)
    for _ in range(50):
        middle = (low + high) / 2
        value = 0.0
        for coefficient in cubic:
            value = value * middle + coefficient
        low, high = (middle, high) if (value < 0) == sign else (low, middle)
    return float(x[left] + step * (low + high) / 2)


def _course(at: float, wavelength: FloatArray, seen: FloatArray) -> FloatArray:
    """The absorbance over time (n_times,) at a wavelength of the grid's range."""
    after = int(np.clip(np.searchsorted(wavelength, at), 1, wavelength.size - 1))
    share = (at - wavelength[after - 1]) / (wavelength[after] - wavelength[after - 1])
    return np.asarray((1 - share) * seen[:, after - 1] + share * seen[:, after])


def _absorbs(absorbance: float, seen: FloatArray) -> bool:
    mean = seen.mean(axis=0)
    return absorbance - float(mean.min()) >= ABSORBS * float(mean.max() - mean.min())


def _pieces(at: float, wavelength: FloatArray, times: FloatArray, seen: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The middles of the pieces of the window, and the crossing of each near `at` (nan: none)."""
    path = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(seen, axis=0)).max(axis=1))))
    cuts = np.unique(
        np.searchsorted(path, np.linspace(0.0, path[-1], _PIECES + 1), side="left").clip(0, times.size - 1)
    )
    middles, crossings = [], []
    for first, last in pairwise(cuts):
        change = seen[last] - seen[first]
        largest = np.abs(change).max()
        found = _crossings(wavelength, change / largest, at, _REACH_NM) if largest > 0 else []
        near = [where for where in found if abs(where - at) <= _REACH_NM]
        middles.append((times[first] + times[last]) / 2)
        crossings.append(min(near, key=lambda where: abs(where - at)) if near else np.nan)
    return np.array(middles), np.array(crossings)
