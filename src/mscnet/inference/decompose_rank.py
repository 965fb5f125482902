"""How many contributions spectra hold: singular values beside what noise alone would give.

A matrix of n spectra at m wavelengths is a product of concentrations and absorptivities plus noise, so the number of
singular values above those of noise is that of the contributions that can be told apart.  That is not always the
number of absorbing species: species whose concentrations (or spectra) depend on each other linearly count less.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.decompose_data import SpectralMatrix
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: The 99.9 % point of the Tracy-Widom law of order 1 (Bejan, Tracy-Widom and Painlevé II, 2005, table).
_TRACY_WIDOM = 3.2724
#: A singular vector has a course where its autocorrelation is so many standard deviations of one of noise above 0.
_COURSE = 2.0
#: At this autocorrelation a vector is clearly no noise (Shrager and Hendler).
_CLEAR = 0.5
#: Below this one of a contribution in time, it is there in single scans only.
_BRIEF = 0.15
#: Fewer scans (or wavelengths) than this say nothing about a course.
_FEWEST = 8
#: Declared and found noise that differ by more than this factor are told, and the found one is used.
_NOISE_RATIO = 1.5
#: Below this part of the first singular value nothing counts: no spectrometer, and no usual run, is better.
_FLOOR = 1e-7
#: The median of the square of a standard normal number, and the variance of third differences of such numbers.
_MEDIAN_SQUARE, _THIRD_DIFFERENCES = 0.4549, 20.0
#: The level of significance of Malinowski's F test.
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Criterion:
    """What one criterion says: `count` contributions, and in `about` what it looks at."""

    name: str
    count: int
    about: str


@dataclass(frozen=True, slots=True, eq=False)
class RankEstimate:
    """How many contributions can be told apart, and on what that rests.

    `count` is the answer: singular values above the bound of noise (`criteria[0]`), down to the last whose vector has a
    course over wavelength (noise that is not alike everywhere has none).  `singular_values` (p,), `bound` (p,) the
    highest that noise would give in each place, and the lag-one autocorrelations `time_course` and `wavelength_course`
    (p,) of the vectors, p = min(n, m).  `sigma` is the noise that was used, `declared` what the data say (NaN:
    nothing), `found` what the matrix says.  With errors that differ between scans or wavelengths all this is of the
    matrix over its relative errors, those of `data`.
    """

    count: int
    criteria: tuple[Criterion, ...]
    singular_values: FloatArray
    bound: FloatArray
    time_course: FloatArray
    wavelength_course: FloatArray
    sigma: float
    declared: float
    found: float
    at_least: bool
    notes: tuple[str, ...]
    data: SpectralMatrix

    @property
    def agreeing(self) -> int:
        """How many of the criteria give `count`."""
        return sum(criterion.count == self.count for criterion in self.criteria)

    @property
    def highest(self) -> int:
        """The most contributions that any criterion gives."""
        return max(self.count, *(criterion.count for criterion in self.criteria))


def estimate_rank(data: SpectralMatrix) -> RankEstimate:
    """The number of contributions that can be told apart in spectra.

    The bound is that of the largest singular value of noise in what is left after k contributions, (n - k) by (m - k):
    Johnstone, Ann. Stat. 29, 295 (2001); used so by Kritchman and Nadler, Chemom. Intell. Lab. Syst. 94, 19 (2008).
    Beside it stand the threshold of Gavish and Donoho, IEEE Trans. Inf. Theory 60, 5040 (2014), Malinowski's
    indicator function and F test (Factor Analysis in Chemistry, 3rd ed., sections 4.3 and 4.4), and the
    autocorrelation of singular vectors (Shrager and Hendler, Anal. Chem. 54, 1147 (1982)).
    """
    estimate = _estimate(data)
    if estimate.criteria[0].count > _leading(_contributes(estimate)):
        # something rough stands above the noise: is that not alike at all wavelengths?
        estimate = _estimate(_weighed(data, _leading(_contributes(estimate))), weighed=True)
    return estimate


def _estimate(data: SpectralMatrix, weighed: bool = False) -> RankEstimate:
    values = data.absorbance / data.rows[:, None] / data.columns
    left, s, right = np.linalg.svd(values, full_matrices=False)
    shape: tuple[int, int] = values.shape
    few = min(shape) < _FEWEST  # too little is left after the contributions to say what noise is
    found_count, found = _from_roughness(values, s) if few else _with_unknown_noise(s, shape)
    trusted = not weighed and np.isfinite(data.sigma)
    trusted = trusted and (few or 1 / _NOISE_RATIO < (found / data.sigma if found else 0.0) < _NOISE_RATIO)
    sigma = data.sigma if trusted else found
    bound = np.maximum([sigma * _edge(shape, k) for k in range(s.size)], _FLOOR * s[0])
    above = _leading(s > bound) if trusted else found_count
    in_time, over_wavelength = _courses(left.T), _courses(right)
    smooth = _has_course(over_wavelength, shape[1]) & (s > _FLOOR * s[0])
    criteria = (
        Criterion("random matrix", above, "singular values above the largest that noise gives"),
        Criterion("Gavish-Donoho", _gavish_donoho(s, shape, sigma), "worth keeping to lessen noise"),
        Criterion("Malinowski F", _malinowski_f(s, shape), "reduced eigenvalues against those after them, 5 %"),
        Criterion("Malinowski IND", _malinowski_ind(s, shape), "least indicator function"),
        Criterion("autocorrelation", _leading(smooth), "singular vectors that have a course over wavelength"),
    )
    made = RankEstimate(above, criteria, s, bound, in_time, over_wavelength, sigma, data.sigma, found, False, (), data)
    held = np.flatnonzero(_contributes(made)[:above])
    count = int(held[-1]) + 1 if held.size else above
    notes = _notes(made, bool(trusted), count, weighed)
    return replace(made, count=count, at_least=count >= min(shape), notes=notes)


def _contributes(made: RankEstimate) -> NDArray[np.bool_]:
    """Which singular vectors may be contributions: with a clear course over wavelength, or one in time as well.

    A fast step shows in one or two scans; noise that is larger at some wavelengths has no course in time.
    """
    shape = made.data.absorbance.shape
    steady, smooth = _has_course(made.time_course, shape[0]), _has_course(made.wavelength_course, shape[1])
    clear = made.wavelength_course > _CLEAR if shape[1] >= _FEWEST else np.ones(smooth.size, dtype=bool)
    return np.asarray((smooth & steady) | clear)


def _weighed(data: SpectralMatrix, count: int) -> SpectralMatrix:
    """With columns weighed by what `count` contributions leave at each wavelength."""
    values = data.absorbance / data.rows[:, None] / data.columns
    left, s, right = np.linalg.svd(values, full_matrices=False)
    rest = (left[:, count:] * s[count:]) @ right[count:]
    scatter = np.sqrt(np.mean(rest**2, axis=0))
    scatter = np.maximum(scatter, 0.1 * float(np.median(scatter)))
    return replace(data, columns=data.columns * scatter / float(np.median(scatter)))


def _edge(shape: tuple[int, int], k: int) -> float:
    """The 99.9 % point of the largest singular value of noise of unit variance, (n - k) by (m - k)."""
    n, m = max(shape[0] - k, 1), max(shape[1] - k, 1)
    ends = math.sqrt(max(n - 1, 0.5)) + math.sqrt(m)
    width = ends * (1 / math.sqrt(max(n - 1, 0.5)) + 1 / math.sqrt(m)) ** (1 / 3)
    return math.sqrt(ends**2 + _TRACY_WIDOM * width)


def _residual_noise(s: FloatArray, shape: tuple[int, int], k: int) -> float:
    """The standard deviation of a value from what k contributions leave (Malinowski's real error)."""
    free = (shape[0] - k) * (shape[1] - k)
    return math.sqrt(float(np.sum(s[k:] ** 2)) / free) if free > 0 else 0.0


def _with_unknown_noise(s: FloatArray, shape: tuple[int, int]) -> tuple[int, float]:
    """Contributions, and the noise left after them, where nobody says what the noise is.

    The first k whose next singular value is one of noise with the variance of all that is left.
    """
    for k in range(s.size):
        noise = _residual_noise(s, shape, k)
        if k == s.size - 1:
            break  # a single one left has nothing to be measured against
        if s[k] <= max(noise * _edge(shape, k), _FLOOR * s[0]):
            return k, noise
    k = s.size - 1
    return (k, _residual_noise(s, shape, k)) if s[k] > _FLOOR * s[0] else (_leading(s > _FLOOR * s[0]), 0.0)


def _from_roughness(values: FloatArray, s: FloatArray) -> tuple[int, float]:
    """The same for a few spectra: noise is what third differences over the wavelengths hold."""
    shape = (values.shape[0], values.shape[1])
    if shape[1] < 4 * _FEWEST:
        return _with_unknown_noise(s, shape)
    differences = np.diff(values, 3, axis=1)
    noise = math.sqrt(float(np.median(differences**2)) / _MEDIAN_SQUARE / _THIRD_DIFFERENCES)
    return _leading(s > np.maximum([noise * _edge(shape, k) for k in range(s.size)], _FLOOR * s[0])), noise


def _gavish_donoho(s: FloatArray, shape: tuple[int, int], sigma: float) -> int:
    ratio, longer = min(shape) / max(shape), max(shape)
    optimal = math.sqrt(2 * (ratio + 1) + 8 * ratio / (ratio + 1 + math.sqrt(ratio**2 + 14 * ratio + 1)))
    return _leading(s > max(optimal * math.sqrt(longer) * sigma, _FLOOR * s[0]))


def _malinowski_ind(s: FloatArray, shape: tuple[int, int]) -> int:
    """Where RE/(p - k)² is least, p the smaller of the two numbers."""
    less = min(shape)
    real = s[:-1].size
    if not real:
        return 1
    indicator = [_residual_noise(s, shape, k) / (less - k) ** 2 for k in range(1, less)]
    floor = _FLOOR * s[0] / math.sqrt(shape[0] * shape[1])
    exact = [k for k in range(1, less) if _residual_noise(s, shape, k) <= floor]
    return exact[0] if exact else int(np.argmin(indicator)) + 1


def _malinowski_f(s: FloatArray, shape: tuple[int, int]) -> int:
    """Leading eigenvalues that are larger than those after them at the level of significance."""
    from scipy.special import fdtrc

    sizes = np.array([(shape[0] - j) * (shape[1] - j) for j in range(s.size)], float)
    for k in range(s.size - 1):
        rest = float(np.sum(s[k + 1 :] ** 2))
        if s[k] <= _FLOOR * s[0]:
            return k
        if rest > 0:
            ratio = float(np.sum(sizes[k + 1 :])) / sizes[k] * s[k] ** 2 / rest
            if fdtrc(1, s.size - k - 1, ratio) > _LEVEL:
                return k
    return s.size - 1


def _courses(vectors: FloatArray) -> FloatArray:
    """The lag-one autocorrelation of each unit vector (a row)."""
    return np.asarray(np.sum(vectors[:, 1:] * vectors[:, :-1], axis=1))


def _has_course(courses: FloatArray, length: int) -> NDArray[np.bool_]:
    if length < _FEWEST:
        return np.ones(courses.size, dtype=bool)
    return np.asarray(courses > _COURSE / math.sqrt(length))


def _leading(holds: NDArray[np.bool_]) -> int:
    """How many hold before the first that does not."""
    return int(np.argmin(holds)) if not holds.all() else int(holds.size)


def _notes(made: RankEstimate, trusted: bool, count: int, weighed: bool) -> tuple[str, ...]:
    notes = list(made.data.notes)
    if weighed:
        notes.append("the noise is not alike at all wavelengths: they are weighed by what they scatter")
    elif np.isfinite(made.declared) and not trusted:
        more = "more" if made.found > made.declared else "less"
        what = f"the data say a noise of {made.declared:.2g}, but scatter {more} than that"
        notes.append(f"{what}; {made.found:.2g} is used")
    rough = made.criteria[0].count - count
    if rough > 0:
        notes.append(
            f"{rough} more singular values stand above the noise, but what belongs to them has no course over "
            "wavelength: spikes, or noise that is not alike everywhere"
        )
    brief = int(np.count_nonzero(made.time_course[:count] < _BRIEF))
    if brief and made.data.time.size >= 2 * _FEWEST:
        notes.append(f"{brief} of the contributions show in single scans only: a fast step, or scans that are off")
    if count >= min(made.data.absorbance.shape):
        notes.append("as many as there are spectra or wavelengths: there may be more")
    return tuple(notes)
