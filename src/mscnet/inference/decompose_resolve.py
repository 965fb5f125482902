"""Spectra parted into concentration courses and spectra of their own: MCR-ALS, by pyMCR.

Tauler, Chemom. Intell. Lab. Syst. 30, 133 (1995); de Juan, Jaumot and Tauler, Anal. Methods 6, 4964 (2014).  What
comes out is one solution of many in general: `decompose_bands` says how far the others reach.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.decompose_data import SpectralMatrix
from mscnet.inference.decompose_evolving import evolving_courses
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
Initial = Literal["purest", "evolving"]

#: The most rounds of alternating least squares.
MOST_ROUNDS = 300
#: It has converged when the mean square of what is left changes by less than this part in half a round,
_CHANGE = 1e-5
#: or by this part of the data's mean square.
_ROUNDING = 1e-13
#: What a wavelength must absorb to be pure, as a part of the mean of the strongest.
_OFFSET = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """Courses (n, k) and spectra (k, m) whose product is the data but for noise.

    With `closure` the courses add up to 1 at every time; else each spectrum has its highest value at 1, and the
    course is in units of absorbance at that wavelength.  `lack_of_fit` is sqrt(Σ residual²/Σ data²) in percent,
    `explained` the explained part of Σ data² in percent, and `rms` the root mean square of what is left.
    """

    courses: FloatArray
    spectra: FloatArray
    lack_of_fit: float
    explained: float
    rms: float
    rounds: int
    converged: bool
    closure: bool


def require_pymcr() -> None:
    """Refuses without pyMCR; raises MechanismError (E150)."""
    if importlib.util.find_spec("pymcr") is None:
        message = "to resolve spectra needs pyMCR"
        raise MechanismError.of("E150", message, hint="pip install 'mscnet[spectra]', or ask for the rank alone")


def resolve(
    data: SpectralMatrix, count: int, *, closure: bool = False, unimodal: bool = False, initial: Initial = "purest"
) -> Resolved:
    """`count` courses and spectra, none of them negative, by alternating least squares.

    `closure`: the courses add up to the same at every time; `unimodal`: each has one maximum.  It starts from the
    purest wavelengths (Windig and Guilment, Anal. Chem. 63, 1425 (1991)) or from evolving factor analysis.

    Raises:
        MechanismError: E150: pyMCR is not installed, or `initial` is neither.
    """
    require_pymcr()
    if initial not in ("purest", "evolving"):
        raise MechanismError.of("E150", f"`{initial}` is no start: it is `purest` or `evolving`")
    scale = float(np.sqrt(np.mean(data.absorbance**2)))
    scaled = data.absorbance / scale
    start = _purest(scaled, count) if initial == "purest" else evolving_courses(data, count)
    courses, spectra, rounds, converged = _alternate(scaled, np.maximum(start, 0.0), closure, unimodal)
    order = _in_time(courses, data.time)
    return _resolved(data, courses[:, order], spectra[order] * scale, rounds, converged, closure)


def _purest(values: FloatArray, count: int) -> FloatArray:
    """The courses at the purest wavelengths, each as independent as can be of those before it."""
    mean, spread = values.mean(axis=0), values.std(axis=0)
    offset = _OFFSET * float(np.abs(mean).max())
    purity = spread / (np.abs(mean) + offset)
    lengths = values / np.sqrt(spread**2 + (np.abs(mean) + offset) ** 2)
    chosen = [int(np.argmax(purity))]
    rest = lengths.copy()
    while len(chosen) < count:
        direction = rest[:, chosen[-1]] / max(float(np.linalg.norm(rest[:, chosen[-1]])), 1e-300)
        rest = rest - np.outer(direction, direction @ rest)
        chosen.append(int(np.argmax(purity * np.sum(rest**2, axis=0))))
    return values[:, chosen]


def _alternate(
    values: FloatArray, start: FloatArray, closure: bool, unimodal: bool
) -> tuple[FloatArray, FloatArray, int, bool]:
    """pyMCR's alternating regression from the courses `start`: courses, spectra, rounds and whether it converged."""
    from pymcr.mcr import McrAR

    constraints = ([_unimodal()] if unimodal else []) + ([_closed()] if closure else [])
    exact = not constraints  # least squares alone never rise
    solver = McrAR(
        c_regr="NNLS", st_regr="NNLS", c_constraints=constraints, st_constraints=[], max_iter=MOST_ROUNDS,
        tol_increase=0.0 if exact else None, tol_n_increase=None, tol_n_above_min=20,
        tol_err_change=_CHANGE * _least(values, start.shape[1]) + _ROUNDING,
    )  # fmt: skip
    with _silent():
        solver.fit(values, C=start)
    courses, spectra = np.array(solver.C_opt_), np.array(solver.ST_opt_)
    lost = ~((courses.max(axis=0) > 0) & (spectra.max(axis=1) > 0))
    if lost.any():
        message = f"{int(lost.sum())} of {courses.shape[1]} components vanish when none may be negative"
        raise MechanismError.of("E150", message, hint="ask for fewer: --components")
    return courses, spectra, int(solver.n_iter), bool(solver.n_iter < MOST_ROUNDS)


def _least(values: FloatArray, count: int) -> float:
    """The least mean square that `count` components can leave."""
    s = np.linalg.svd(values, compute_uv=False)
    return float(np.sum(s[count:] ** 2)) / values.size


@contextmanager
def _silent() -> Iterator[None]:
    """pyMCR says on the terminal why it stops; here the result says it."""
    logger = logging.getLogger("pymcr.mcr")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _unimodal() -> Any:
    """A constraint of pyMCR: each course rises to its highest value and falls from there, by isotonic regression."""
    from pymcr.constraints import Constraint
    from scipy.optimize import isotonic_regression

    class Unimodal(Constraint):  # type: ignore[misc]
        def transform(self, A: FloatArray) -> FloatArray:
            for course in A.T:
                top = int(np.argmax(course))
                course[: top + 1] = isotonic_regression(course[: top + 1]).x
                course[top:] = isotonic_regression(course[top:], increasing=False).x
            return A

    return Unimodal()


def _closed() -> Any:
    """A constraint of pyMCR: courses add up to 1, after each has got the scale at which they do best."""
    from pymcr.constraints import Constraint
    from scipy.optimize import nnls

    class Closed(Constraint):  # type: ignore[misc]
        def transform(self, A: FloatArray) -> FloatArray:
            scales, _ = nnls(A, np.ones(A.shape[0]))
            scaled = A * np.where(scales > 0, scales, 1.0)
            totals = scaled.sum(axis=1, keepdims=True)
            return np.asarray(np.where(totals > 0, scaled / np.where(totals > 0, totals, 1.0), 1.0 / A.shape[1]))

    return Closed()


def _in_time(courses: FloatArray, time: FloatArray) -> NDArray[np.int64]:
    """Components in the order in which they are there: by the mean time of their courses."""
    weight = np.maximum(np.gradient(time), 0.0) if np.ptp(time) > 0 else np.ones(time.size)
    mass = weight @ courses
    return np.argsort((weight * time) @ courses / np.where(mass > 0, mass, 1.0), kind="stable")


def _resolved(
    data: SpectralMatrix, courses: FloatArray, spectra: FloatArray, rounds: int, converged: bool, closure: bool
) -> Resolved:
    if not closure:
        highest = spectra.max(axis=1)
        courses, spectra = courses * highest, spectra / highest[:, None]
    left = data.absorbance - courses @ spectra
    part = float(np.sum(left**2) / np.sum(data.absorbance**2))
    rms = float(np.sqrt(np.mean(left**2)))
    return Resolved(courses, spectra, 100 * part**0.5, 100 * (1 - part), rms, rounds, converged, closure)
