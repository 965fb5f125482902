"""How far the other solutions of a resolution reach: MCR-BANDS.

Courses C and spectra S give the same data as C T⁻¹ and T S for every invertible T.  Of all T that leave nothing
negative (and the courses closed, where they are), those are looked for that make the part of one component in the data,
f = |c s|/|C S|, largest and least: Tauler, J. Chemom. 15, 627 (2001); Jaumot and Tauler, Chemom. Intell. Lab. Syst.
103, 96 (2010).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.decompose_data import SpectralMatrix
from mscnet.inference.decompose_resolve import Resolved
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: What may be below zero, in standard deviations of the noise of a course or a spectrum.
_NEGATIVE = 3.0
#: The same where there is no noise, as a part of the highest value.
_ROUNDING = 1e-9
#: A component whose part in the data can change by less than this is taken for unique.
UNIQUE = 0.01
#: Rounds of search: the first begins at the solution, each other wherever the one before it ended.
_ROUNDS = 2
#: It begins beyond each end, too, since the noise that is allowed makes corners where a search can stay.
_BEYOND = (1.5, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """How far one component reaches: its part in the data from `least` to `most`, `solution` in the solution shown.

    `courses` (2, n) and `spectra` (2, m) are those at the least and at the most; with a spectrum's highest value at 1
    unless courses are closed.  They need not enclose all that are possible at each single time or wavelength.
    """

    least: float
    solution: float
    most: float
    courses: FloatArray
    spectra: FloatArray

    @property
    def width(self) -> float:
        """f_max - f_min, the ambiguity: 0 for a component that is determined."""
        return self.most - self.least

    @property
    def unique(self) -> bool:
        """Whether nothing but its scale is left open."""
        return self.width < UNIQUE


def bands(data: SpectralMatrix, resolved: Resolved, sigma: float) -> tuple[Band, ...]:
    """The range of each component under non-negativity, and closure where the resolution has it.

    Values down to three standard deviations of their noise (or as far as the solution itself goes) count as not
    negative, with `sigma` the noise of an absorbance.
    """
    space = _Space.of(data, resolved, sigma)
    k = space.count
    best: dict[tuple[int, int], FloatArray] = {(i, sign): space.start for i in range(k) for sign in (-1, 1)}
    begins = [space.start]
    for _ in range(_ROUNDS if k > 1 else 0):
        for (i, sign), known in list(best.items()):
            for begin in (*begins, *(factor * known for factor in _BEYOND if known.any())):
                found = space.search(i, sign, begin)
                if found is not None and sign * (space.part(found, i) - space.part(known, i)) > 0:
                    best[i, sign] = known = found
        begins = list(best.values())
    return tuple(_band(space, i, best[i, -1], best[i, 1], resolved.closure) for i in range(k))


def _band(space: _Space, i: int, least: FloatArray, most: FloatArray, closed: bool) -> Band:
    made = [space.profiles(x) for x in (least, most)]
    courses = np.array([pair[0][:, i] for pair in made])
    spectra = np.array([pair[1][i] for pair in made])
    if not closed:
        highest = spectra.max(axis=1, keepdims=True)
        courses, spectra = courses * highest, spectra / highest
    parts = [space.part(x, i) for x in (least, space.start, most)]
    return Band(parts[0], parts[1], parts[2], courses, spectra)


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Transformations of a solution: `courses` (n, k) and `spectra` (k, m) in the space of the data.

    A point x (k² - k,) holds T beside its diagonal; that is 1, or with closure what makes each row add up to 1.
    `spread_courses` and `spread_spectra` (k, k) are covariances of a course's values and a spectrum's: the noise that
    may take them below zero.  `slack_courses` and `slack_spectra` (k,) are what may be lacking besides.  `few_courses`
    and `few_spectra` are the corners of the points of both.
    """

    courses: FloatArray
    spectra: FloatArray
    spread_courses: FloatArray
    spread_spectra: FloatArray
    slack_courses: FloatArray
    slack_spectra: FloatArray
    few_courses: FloatArray
    few_spectra: FloatArray
    closed: bool

    @classmethod
    def of(cls, data: SpectralMatrix, resolved: Resolved, sigma: float) -> _Space:
        """About a solution, put into the space of the first singular vectors of the data."""
        count = resolved.spectra.shape[0]
        _, _, right = np.linalg.svd(data.absorbance, full_matrices=False)
        spectra = resolved.spectra @ right[:count].T @ right[:count]
        made = cls._about(data.absorbance, spectra, resolved.closure, sigma)
        return made._settled(data.absorbance, sigma) if count > 1 else made

    @classmethod
    def _about(cls, values: FloatArray, spectra: FloatArray, closed: bool, sigma: float) -> _Space:
        courses = np.asarray(values @ np.linalg.pinv(spectra), float)
        spread_c = np.asarray(sigma**2 * np.linalg.pinv(spectra @ spectra.T), float)
        spread_s = np.asarray(sigma**2 * np.linalg.pinv(courses.T @ courses), float)
        low_c = np.maximum(-courses.min(axis=0) - _NEGATIVE * np.sqrt(np.diag(spread_c)), 0.0)
        low_s = np.maximum(-spectra.min(axis=1) - _NEGATIVE * np.sqrt(np.diag(spread_s)), 0.0)
        low_c, low_s = low_c + _ROUNDING * courses.max(axis=0), low_s + _ROUNDING * spectra.max(axis=1)
        few_c, few_s = _corners(courses), _corners(spectra.T)
        return cls(courses, spectra, spread_c, spread_s, low_c, low_s, few_c, few_s, closed)

    def _settled(self, values: FloatArray, sigma: float) -> _Space:
        """About the solution nearby that lacks least: alternating least squares creep towards it."""
        from scipy.optimize import minimize

        def lacking(x: FloatArray) -> tuple[float, FloatArray]:
            room = np.minimum(self._room(x, 0.0), 0.0)
            return 1e3 * float(room @ room), 2e3 * np.einsum("r,ri->i", room, self._room_slopes(x))

        with np.errstate(all="ignore"):
            try:
                found = minimize(lacking, self.start, jac=True, method="BFGS", options={"maxiter": 300, "gtol": 1e-12})
            except np.linalg.LinAlgError:
                return self
        if not (np.isfinite(found.x).all() and np.linalg.cond(self.matrix(found.x)) < 1e6):
            return self
        return self._about(values, self.matrix(found.x) @ self.spectra, self.closed, sigma)

    @property
    def count(self) -> int:
        """How many components there are."""
        return int(self.spectra.shape[0])

    @property
    def start(self) -> FloatArray:
        """The solution itself."""
        return np.zeros(self.count**2 - self.count)

    def matrix(self, x: FloatArray) -> FloatArray:
        """T (k, k) at a point."""
        made = np.zeros((self.count, self.count))
        made[~np.eye(self.count, dtype=bool)] = x
        np.fill_diagonal(made, 1.0 - made.sum(axis=1) if self.closed else 1.0)
        return made

    def profiles(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Courses (n, k) and spectra (k, m) at a point."""
        made = self.matrix(x)
        return self.courses @ np.linalg.inv(made), made @ self.spectra

    def part(self, x: FloatArray, i: int) -> float:
        """f of component i."""
        courses, spectra = self.profiles(x)
        total = float(np.linalg.norm(self.courses @ self.spectra))
        return float(np.linalg.norm(courses[:, i]) * np.linalg.norm(spectra[i])) / total

    def search(self, i: int, sign: int, begin: FloatArray) -> FloatArray | None:
        """A point near which f of component i is largest (`sign` 1) or least (-1), found by SLSQP; None: none."""
        from scipy.optimize import minimize

        constraint = {"type": "ineq", "fun": self._room, "jac": self._room_slopes}
        with np.errstate(all="ignore"):
            try:
                found = minimize(self._goal(i, sign), begin, jac=True, method="SLSQP", constraints=[constraint],
                                 options={"maxiter": 200, "ftol": 1e-8})  # fmt: skip
            except np.linalg.LinAlgError:
                return None
        x = np.asarray(found.x)
        if not np.isfinite(x).all() or abs(np.linalg.det(self.matrix(x))) < 1e-12:
            return None
        return x if float(self._room(x).min()) > -1e-6 else None

    def _goal(self, i: int, sign: int) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        """-sign·ln f² of component i with its slopes, as SLSQP takes them."""
        of_spectra, of_courses = self.spectra @ self.spectra.T, self.courses.T @ self.courses

        def goal(x: FloatArray) -> tuple[float, FloatArray]:
            made = self.matrix(x)
            inverse = np.linalg.inv(made)
            column = inverse[:, i]
            a, b = float(made[i] @ of_spectra @ made[i]), float(column @ of_courses @ column)
            slopes = -2.0 * np.outer(inverse.T @ (of_courses @ column), column) / b
            slopes[i] += 2.0 * (of_spectra @ made[i]) / a
            return -sign * float(np.log(a * b)), -sign * self._free(slopes)

        return goal

    def _free(self, slopes: FloatArray) -> FloatArray:
        """Slopes (…, k, k) by T as slopes by the point."""
        if self.closed:
            slopes = slopes - np.diagonal(slopes, axis1=-2, axis2=-1)[..., :, None]
        return np.asarray(slopes[..., ~np.eye(self.count, dtype=bool)])

    def _room(self, x: FloatArray, slack: float = 1.0) -> FloatArray:
        """How far every value is above its limit, in units of each component's height; negative is out."""
        made = self.matrix(x)
        inverse = np.asarray(np.linalg.inv(made), float)
        noise_s, noise_c = self._noise(made, inverse)
        spectra = self.few_spectra @ made.T + (_NEGATIVE * noise_s + slack * self.slack_spectra)
        courses = self.few_courses @ inverse + (_NEGATIVE * noise_c + slack * self.slack_courses)
        high_c, high_s = self._heights
        return np.concatenate([(spectra / high_s).ravel(), (courses / high_c).ravel()])

    def _noise(self, made: FloatArray, inverse: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard deviations of a value of each spectrum, and of each course, at T."""
        of_spectra = np.einsum("ia,ab,ib->i", made, self.spread_spectra, made)
        of_courses = np.einsum("al,ab,bl->l", inverse, self.spread_courses, inverse)
        return np.sqrt(of_spectra), np.sqrt(of_courses)

    def _room_slopes(self, x: FloatArray) -> FloatArray:
        k = self.count
        made = self.matrix(x)
        inverse = np.asarray(np.linalg.inv(made), float)
        noise_s, noise_c = self._noise(made, inverse)
        high_c, high_s = self._heights
        by_spectra = np.zeros((len(self.few_spectra), k, k, k))
        grown = _NEGATIVE * (made @ self.spread_spectra) / np.maximum(noise_s, 1e-300)[:, None]
        for row in range(k):
            by_spectra[:, row, row, :] = (self.few_spectra + grown[row]) / high_s[row]
        changed = self.few_courses @ inverse
        by_courses = -np.einsum("pa,bl->plab", changed, inverse)
        spread = inverse.T @ self.spread_courses @ inverse / np.maximum(noise_c, 1e-300)
        by_courses -= _NEGATIVE * np.einsum("al,bl->lab", spread, inverse)
        by_courses /= high_c[:, None, None]
        return self._free(np.concatenate([by_spectra.reshape(-1, k, k), by_courses.reshape(-1, k, k)]))

    @property
    def _heights(self) -> tuple[FloatArray, FloatArray]:
        return self.courses.max(axis=0), self.spectra.max(axis=1)


def _corners(points: FloatArray) -> FloatArray:
    """The corners of the hull of points (p, k): a linear form is least in one of them."""
    from scipy.spatial import ConvexHull, QhullError

    if points.shape[1] < 2 or points.shape[0] < 3 * points.shape[1]:
        return points
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:  # they lie in a plane
        return points
