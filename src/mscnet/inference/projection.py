"""Variable projection: linear parameters are found by linear least squares, and projected out of the derivatives.

With r(theta, s) affine in s, s is what minimises ½|r|² at theta.  The derivatives of that r by theta are those at fixed
s less their part in the span of the columns of s: L. Kaufman's (BIT 1975, 15, 49), whose gradient is exact and whose
JᵀJ is the Schur complement of that of all parameters; it leaves out one term of G. H. Golub and V. Pereyra (SIAM J.
Numer. Anal. 1973, 10, 413), which is small where residuals are.  As in global and target analysis of spectra: K. M.
Mullen and I. H. M. van Stokkum, J. Stat. Softw. 2007, 18 (3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Columns are taken for dependent below this part of the largest singular value.
_RANK = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """Linear parameters found: their values (q,) or (q, n_sides), and an orthonormal basis (n, rank) of the span of the
    columns of those that no bound holds."""

    values: FloatArray
    basis: FloatArray

    def remove(self, slopes: FloatArray) -> FloatArray:
        """The part of `slopes` (n, p) outside the span."""
        return np.asarray(slopes - self.basis @ (self.basis.T @ slopes))


def solve(
    columns: FloatArray, rest: FloatArray, lower: FloatArray | None = None, upper: FloatArray | None = None
) -> Projected:
    """The s that minimises ``|rest + columns s|²`` within bounds.

    `columns` (n, q), `rest` (n,); `lower` and `upper` (q,).  Where columns depend on each other the smallest s is
    taken, each measured by the length of its column.
    """
    values, basis = _least_squares(columns, rest)
    if lower is None or upper is None or bool(np.all((values >= lower) & (values <= upper))):
        return Projected(values, basis)
    from scipy.optimize import lsq_linear

    scale = _lengths(columns)
    found = lsq_linear(columns / scale, -rest, (lower * scale, upper * scale), method="bvls", tol=1e-14)
    values = np.clip(found.x / scale, lower, upper)
    loose = np.asarray(found.active_mask) == 0
    inner, basis = _least_squares(columns[:, loose], rest + columns[:, ~loose] @ values[~loose])
    refined = values.copy()
    refined[loose] = inner
    within = bool(np.all((refined >= lower) & (refined <= upper)))
    return Projected(refined if within else values, basis)


def _lengths(columns: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(columns, axis=0)
    return np.where(lengths > 0, lengths, 1.0)


def _least_squares(columns: FloatArray, rest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The solution (q, …) for `rest` (n, …), and the basis of the span."""
    scale = _lengths(columns)
    u, s, vt = np.linalg.svd(columns / scale, full_matrices=False)
    rank = int(np.count_nonzero(s > _RANK * (s[0] if s.size else 0.0)))
    u, s, vt = u[:, :rank], s[:rank], vt[:rank]
    inner = (u.T @ rest).T / s
    return -np.asarray(vt.T @ inner.T) / scale.reshape(-1, *(1,) * (rest.ndim - 1)), u


def _nonnegative(columns: FloatArray, rest: FloatArray) -> Projected:
    """As `solve` with no s below 0."""
    from scipy.optimize import nnls

    scale = _lengths(columns)
    values, _ = nnls(columns / scale, -rest)
    loose = values > 0
    u, s, _ = np.linalg.svd(columns[:, loose] / scale[loose], full_matrices=False)
    return Projected(values / scale, u[:, s > _RANK * s[:1].sum()])


class FreeSpectra:
    """Spectra of species that are as free as the data are: for each wavelength one linear problem of its own.

    `wavelengths` (n_lit,) are those of the data.
    """

    def __init__(self, wavelengths: FloatArray, nonnegative: bool) -> None:
        self.grid, inverse = np.unique(np.round(wavelengths, 6), return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        #: Places of the data at each wavelength of `grid`.
        self.places: Sequence[NDArray[np.intp]] = np.split(
            order, np.cumsum(np.bincount(inverse, minlength=len(self.grid)))[:-1]
        )
        self.nonnegative = nonnegative

    def solve(self, columns: FloatArray, rest: FloatArray) -> list[Projected]:
        """For each wavelength the spectra of the species that minimise the residuals (n_lit,) ``rest + columns s``.

        `columns` (n_lit, n_species) are concentrations times path over the standard deviation.
        """
        found: list[Projected] = []
        last: tuple[FloatArray, FloatArray] | None = None
        for places in self.places:
            own = columns[places]
            if last is None or not np.array_equal(own, last[0]):
                scale = _lengths(own)
                u, s, vt = np.linalg.svd(own / scale, full_matrices=False)
                rank = int(np.count_nonzero(s > _RANK * s[0]))
                last = own, (vt[:rank].T / s[:rank] / scale[:, None])
                basis = u[:, :rank]
            values = -(last[1] @ (basis.T @ rest[places]))
            one = Projected(values, basis)
            if self.nonnegative and bool(np.any(values < 0)):
                one = _nonnegative(own, rest[places])
            found.append(one)
        return found

    def spectra(self, found: Sequence[Projected]) -> FloatArray:
        """(n_species, n_wavelengths)."""
        return np.stack([one.values for one in found], axis=1)

    def added(self, found: Sequence[Projected], concentrations: FloatArray) -> FloatArray:
        """What the spectra add to the model's values (m, n_lit), for concentrations (m, n_lit, n_species)."""
        total = np.empty(concentrations.shape[:2])
        for places, one in zip(self.places, found, strict=True):
            total[:, places] = concentrations[:, places] @ one.values
        return total

    def remove(self, found: Sequence[Projected], slopes: FloatArray) -> FloatArray:
        """The part of `slopes` (n_lit, p) outside the spans."""
        left = np.empty_like(slopes)
        for places, one in zip(self.places, found, strict=True):
            left[places] = one.remove(slopes[places])
        return left
