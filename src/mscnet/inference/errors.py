"""Errors of measurement: standard deviations that are known, or estimated along; normal and Student-t terms.

-log likelihood of n data with standard deviations sigma_i(theta) is ½Σz² + Σ ln sigma_i + ½ n ln 2π, with
z_i = (model_i - observed_i)/sigma_i.  Least squares needs ln sigma as a sum of squares.  With L = ln(sigma/floor) the
two residuals sqrt(n)·(cos t + t sin t, sin t - t cos t), t = sqrt(2L - 1), have ½(r₁² + r₂²) = n·L.  They are a point
on the involute of a circle, which moves with the speed sqrt(n) as L grows; so JᵀJ of all residuals is the expected
Fisher information of a normal likelihood, 2n in ln sigma, and Gauss-Newton is Fisher scoring.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.problem import FreeParameter, Term
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: An estimated standard deviation is searched down to this part of the range of its data, and up to that range.
_LEAST = 1e-5
#: Where its search begins without anything better, as a part of the range of the data.
_FIRST = 0.03
#: A share of the model's value that is error is searched in this range, and begins there.
_SHARES, _FIRST_SHARE = (1e-5, 2.0), 0.03
#: Data whose range is below this part of the largest of them hardly differ.
_ALIKE = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """How the error of one reading's data is estimated: `a` is the place of its standard deviation among the noise
    parameters, `b` that of the share of the model's value (None: constant); `rows` (n,) are its data; ln sigma is
    counted from `floor`."""

    reading: str
    a: int
    b: int | None
    rows: IntArray
    floor: float


class Errors:
    """The error model of data.

    `known` (n,) are standard deviations of the data, ``nan`` where they are estimated, each for the reading that
    `readings` (n,) name; `observed` (n,) gives their range, `rough` how rough they are,
    with which the search begins.  `degrees` of freedom of Student's t, None: normal.

    Raises:
        MechanismError: E143, an error cannot be estimated.
    """

    def __init__(
        self,
        observed: FloatArray,
        known: FloatArray,
        readings: Sequence[str],
        model: Literal["constant", "proportional"] = "constant",
        degrees: float | None = None,
        units: Mapping[str, str] | None = None,
        rough: Mapping[str, float] | None = None,
    ) -> None:
        self.observed, self.known, self.degrees = observed, known, degrees
        self.parameters: tuple[FreeParameter, ...] = ()
        self._rough = rough or {}
        groups: dict[str, list[int]] = {}
        for i in np.flatnonzero(np.isnan(known)):
            groups.setdefault(readings[int(i)], []).append(int(i))
        self.groups = tuple(
            self._group(reading, np.array(rows, dtype=np.intp), model == "proportional", (units or {}).get(reading, ""))
            for reading, rows in groups.items()
        )
        self.constant = self._constant()
        #: Whether residuals are differences over known standard deviations, and nothing else.
        self._plain = not self.groups and degrees is None

    def _group(self, reading: str, rows: IntArray, proportional: bool, unit: str) -> Noise:
        seen = self.observed[rows]
        size = _size(seen, reading)
        note = f"standard deviation of {reading}, estimated"
        first = min(max(self._rough.get(reading) or _FIRST * size, _LEAST * size), size)
        a = FreeParameter(f"noise({reading})", _LEAST * size, size, "log", first, kind="noise", unit=unit, note=note)
        made = [a]
        if proportional:
            note = f"standard deviation of {reading} as a share of its value, estimated"
            low, high = _SHARES
            made.append(
                FreeParameter(f"relative_noise({reading})", low, high, "log", _FIRST_SHARE, kind="noise", note=note)
            )
        place = len(self.parameters)
        self.parameters = (*self.parameters, *made)
        return Noise(reading, place, place + 1 if proportional else None, rows, a.lower / math.e)

    def _constant(self) -> float:
        """-½ n ln 2π - Σ ln sigma where it is known, - Σ ln floor where not; of Student's t its own."""
        n, nu = len(self.observed), self.degrees
        each = -0.5 * math.log(2 * math.pi)
        if nu is not None:
            each = math.lgamma(0.5 * (nu + 1)) - math.lgamma(0.5 * nu) - 0.5 * math.log(nu * math.pi)
        floors = sum(len(g.rows) * math.log(g.floor) for g in self.groups)
        return n * each - float(np.sum(np.log(self.known[np.isfinite(self.known)]))) - floors

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of ln sigma, after those of the data: two a group, or two a datum where each has its own."""
        return tuple(
            Term("noise", self.parameters[g.a].name, reading=g.reading)
            for g in self.groups
            for _ in range(2 * (1 if g.b is None else len(g.rows)))
        )

    # --- residuals --------------------------------------------------------------------------------

    def sigma(self, model: FloatArray, noise: FloatArray) -> FloatArray:
        """Standard deviations (m, n) for model values (m, n) and noise parameters (m, k)."""
        found = np.array(np.broadcast_to(self.known, model.shape))
        for g in self.groups:
            a = noise[:, g.a, None]
            found[:, g.rows] = a if g.b is None else np.hypot(a, noise[:, g.b, None] * model[:, g.rows])
        return found

    def residuals(self, model: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals of the data (m, n) and of ln sigma (m, n_noise_terms) for model values (m, n)."""
        if self._plain:
            return (model - self.observed) / self.known, np.empty((len(model), 0))
        sigma = self.sigma(model, noise)
        z = (model - self.observed) / sigma
        return _robust(z, self.degrees)[0], self._noise_terms(sigma)

    def _noise_terms(self, sigma: FloatArray) -> FloatArray:
        parts = [np.empty((len(sigma), 0))]
        for g in self.groups:
            rows, size = (g.rows[:1], math.sqrt(len(g.rows))) if g.b is None else (g.rows, 1.0)
            pairs, _ = _involute(np.log(sigma[:, rows] / g.floor))
            parts.append(size * pairs.reshape(len(sigma), -1))
        return np.concatenate(parts, axis=1)

    def linearised(
        self, model: FloatArray, slopes: FloatArray, noise: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """As `residuals` for one row, model (n,) with derivatives `slopes` (n, p), and derivatives of both.

        Returns the residuals of the data (n,) and of ln sigma (n_noise_terms,), and their derivatives by the p and the
        logarithms of the k noise parameters, (…, p + k).
        """
        n, p, k = *slopes.shape, len(noise)
        if self._plain:
            r = (model - self.observed) / self.known
            return r, np.empty(0), slopes / self.known[:, None], np.empty((0, p))
        sigma = self.sigma(model[None], noise[None])[0]
        log_slopes = self._log_sigma_slopes(model, slopes, noise, sigma)
        z = (model - self.observed) / sigma
        slopes_z = np.concatenate([slopes / sigma[:, None], np.zeros((n, k))], axis=1) - z[:, None] * log_slopes
        r, scale = _robust(z, self.degrees)
        extra, extra_slopes = [np.empty(0)], [np.empty((0, p + k))]
        for g in self.groups:
            rows, size = (g.rows[:1], math.sqrt(len(g.rows))) if g.b is None else (g.rows, 1.0)
            pairs, tangents = _involute(np.log(sigma[rows] / g.floor))
            extra.append(size * pairs.reshape(-1))
            extra_slopes.append(size * (tangents[:, :, None] * log_slopes[rows, None, :]).reshape(-1, p + k))
        return r, np.concatenate(extra), scale[:, None] * slopes_z, np.concatenate(extra_slopes)

    def _log_sigma_slopes(
        self, model: FloatArray, slopes: FloatArray, noise: FloatArray, sigma: FloatArray
    ) -> FloatArray:
        """Derivatives of ln sigma (n, p + k)."""
        n, p = slopes.shape
        found = np.zeros((n, p + len(noise)))
        for g in self.groups:
            if g.b is None:
                found[g.rows, p + g.a] = 1.0
                continue
            square = sigma[g.rows] ** 2
            relative = noise[g.b] ** 2 * model[g.rows]
            found[g.rows, :p] = (relative / square)[:, None] * slopes[g.rows]
            found[g.rows, p + g.a] = noise[g.a] ** 2 / square
            found[g.rows, p + g.b] = relative * model[g.rows] / square
        return found


def _size(seen: FloatArray, reading: str) -> float:
    """The range of data, or how large they are where they hardly differ.

    Raises:
        MechanismError: E143, from one value, or from zeros alone, no error can be estimated.
    """
    largest = float(np.max(np.abs(seen)))
    if len(seen) < 2 or largest == 0.0:
        what = "a single value" if len(seen) < 2 else "zeros alone"
        message = f"the error of `{reading}` cannot be estimated from {what}"
        hint = "give its standard deviation: in a column of its own, or as `error = 0.01` in the data's block"
        raise MechanismError.of("E143", message, hint=hint)
    spread = float(np.ptp(seen))
    return spread if spread > _ALIKE * largest else largest


def _involute(log_sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Pairs (…, 2) with half their sum of squares L = `log_sigma` (above ½), and their derivatives by it."""
    t = np.sqrt(2.0 * log_sigma - 1.0)
    cosine, sine = np.cos(t), np.sin(t)
    return np.stack([cosine + t * sine, sine - t * cosine], axis=-1), np.stack([cosine, sine], axis=-1)


def _robust(z: FloatArray, degrees: float | None) -> tuple[FloatArray, FloatArray]:
    """Residuals whose half squares are -log of the density of z, but for a constant; and their derivatives by z.

    Of Student's t with nu degrees r = sign(z) sqrt((nu + 1) ln(1 + z²/nu)), smooth also at 0.
    """
    if degrees is None:
        return z, np.ones_like(z)
    nu = degrees
    r = np.sign(z) * np.sqrt((nu + 1.0) * np.log1p(z * z / nu))
    small = np.abs(z) < 1e-8
    slope = (nu + 1.0) * z / ((nu + z * z) * np.where(small, 1.0, r))
    return r, np.where(small, math.sqrt((nu + 1.0) / nu), slope)
