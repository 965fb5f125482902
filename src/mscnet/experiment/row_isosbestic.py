"""Isosbestic points over rows: where the spectra of many runs cross, with the definitions of `isosbestic`.

Spectra that are linear in concentrations, S = C E, have few dimensions: with E' = Q R (QR) their change about the mean
has the right singular vectors Q y, where y are eigenvectors of R G R' and G the second moments of the concentrations.
So all is done with matrices as small as there are absorbing species; no spectrum is made.  The rows of a tangent follow
the crossing of row 0 by one step of Newton on the cubic through the same four wavelengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.isosbestic import ABSORBS, COUNTS, STEEP, VARIES, root_of
from mscnet.experiment.row_curve import FloatArray, IndexArray, solve_cubic
from mscnet.experiment.row_features import NONE_AT_ALL
from mscnet.records import dataclass

#: Spectra that vary by no more than this part of themselves do not change.
_NO_CHANGE = 1e-12


@dataclass(frozen=True, eq=False)
class RowBands:
    """What absorbs at `wavelength` (n_wavelengths,) in nm, which increases: `species` (k,) by index, `absorptivity` (m
    or 1, k, n_wavelengths) as absorbance per concentration, `background` (m or 1, n_wavelengths); `q` and `r` are the
    factors of each absorptivity, transposed."""

    wavelength: FloatArray
    species: IndexArray
    absorptivity: FloatArray
    background: FloatArray

    q: FloatArray
    r: FloatArray

    @classmethod
    def of(
        cls,
        wavelength: FloatArray,
        species: IndexArray,
        absorptivity: FloatArray,
        background: FloatArray,
        whose: IndexArray,
    ) -> RowBands:
        """Those of rows of which each different one is given once: `whose` (m,) tells which is whose."""
        q, r = np.linalg.qr(absorptivity.transpose(0, 2, 1))
        each = (absorptivity, background, q, r)
        return cls(wavelength, species, *(each if len(q) == 1 else (one[whose] for one in each)))

    @cached_property
    def first(self) -> RowBands:
        """Those of row 0."""
        each = (self.absorptivity, self.background, self.q, self.r)
        return RowBands(self.wavelength, self.species, *(one[:1] for one in each))


@dataclass(frozen=True, eq=False)
class RowScans:
    """Spectra of m rows over time, as the mean over time (m, k) of the concentrations of what absorbs, as `bands` say,
    and their second `moments` about it, (m, k, k); `level` (m, n_wavelengths) is added to the background."""

    middle: FloatArray
    moments: FloatArray
    bands: RowBands
    level: FloatArray | None = None

    @classmethod
    def of(cls, concentrations: FloatArray, bands: RowBands, level: FloatArray | None = None) -> RowScans:
        """Those of concentrations (m, n_times, k)."""
        count = concentrations.shape[1]
        middle = concentrations.sum(axis=1) / count
        moved = concentrations - middle[:, None]
        return cls(middle, moved.transpose(0, 2, 1) @ moved / count, bands, level)

    @classmethod
    def firsts(cls, several: Sequence[RowScans]) -> RowScans:
        """Row 0 of each of some that share their bands, one above the other."""
        levels = [each.level[:1] for each in several if each.level is not None]
        return cls(np.concatenate([each.middle[:1] for each in several]),
                   np.concatenate([each.moments[:1] for each in several]), several[0].bands.first,
                   np.concatenate(levels) if levels else None)  # fmt: skip

    def __len__(self) -> int:
        return len(self.middle)

    @property
    def wavelength(self) -> FloatArray:
        """In nm, (n_wavelengths,)."""
        return self.bands.wavelength

    @property
    def absorptivity(self) -> FloatArray:
        """(m or 1, k, n_wavelengths)."""
        return self.bands.absorptivity

    @cached_property
    def change(self) -> FloatArray:
        """The change of shape, (m, n_wavelengths), its largest value 1 or -1; not finite where nothing changes."""
        q, r = self.bands.q, self.bands.r
        small = r @ self.moments @ r.transpose(0, 2, 1)
        shape = (q @ np.linalg.eigh(small)[1][:, :, -1:])[:, :, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(shape / np.abs(shape).max(axis=1, keepdims=True))

    @cached_property
    def spread(self) -> FloatArray:
        """The largest standard deviation over time at any wavelength, (m,)."""
        variances = (self.absorptivity * (self.moments @ self.absorptivity)).sum(axis=1)
        return np.sqrt(np.maximum(variances.max(axis=1), 0.0))

    @cached_property
    def mean(self) -> FloatArray:
        """Mean spectra (m, n_wavelengths)."""
        mean = (self.middle[:, None] @ self.absorptivity)[:, 0] + self.bands.background
        return np.asarray(mean if self.level is None else mean + self.level)

    @property
    def changes(self) -> NDArray[np.bool_]:
        """Whether the spectra change at all, (m,)."""
        return self.spread > _NO_CHANGE * np.maximum(np.abs(self.mean).max(axis=1), 1e-300)

    def shortfalls(self, rows: IndexArray, at: FloatArray) -> FloatArray:
        """By how much points at wavelengths `at` (n,) of `rows` (n,) fail to be isosbestic, as parts of what is asked:
        0 where the absorbance varies little enough there and something absorbs."""
        after = np.clip(np.searchsorted(self.wavelength, at), 1, len(self.wavelength) - 1)
        share = (at - self.wavelength[after - 1]) / (self.wavelength[after] - self.wavelength[after - 1])
        mine = np.zeros_like(rows) if len(self.absorptivity) == 1 else rows
        strength = (1 - share)[:, None] * self.absorptivity[mine, :, after - 1]
        strength = strength + share[:, None] * self.absorptivity[mine, :, after]
        variance = np.einsum("nk,nkl,nl->n", strength, self.moments[rows], strength)
        varies = np.sqrt(np.maximum(variance, 0.0)) / np.maximum(self.spread[rows], 1e-300)
        mean = self.mean[rows]
        own = np.arange(len(rows))
        height = (1 - share) * mean[own, after - 1] + share * mean[own, after]
        low, high = mean.min(axis=1), mean.max(axis=1)
        absorbs = (height - low) / np.maximum(high - low, 1e-300)
        return np.asarray(np.maximum(varies / VARIES - 1.0, 0.0) + np.maximum(1.0 - absorbs / ABSORBS, 0.0))

    # --- crossings -------------------------------------------------------------------------------

    def crossings(self, strict: bool) -> tuple[IndexArray, IndexArray, IndexArray]:
        """Where the change turns its sign: rows, and the points before and after, (n,) each.  `strict`: between points
        at which it counts, as steeply as bands cross; else between any two."""
        change = self.change
        least = COUNTS if strict else 1e-9
        index = np.arange(change.shape[1])
        counts = np.abs(change) >= least
        latest = np.maximum.accumulate(np.where(counts, index, -1), axis=1)
        before = latest[:, :-1]
        turns = counts[:, 1:] & (before >= 0)
        turns &= np.take_along_axis(change, np.maximum(before, 0), axis=1) * change[:, 1:] < 0
        rows, after = np.nonzero(turns)
        after = after + 1
        first = latest[rows, after - 1]
        if strict and len(rows):
            steepest = np.abs(np.gradient(change, self.wavelength, axis=1)).max(axis=1)
            wide = self.wavelength[after] - self.wavelength[first]
            steep = np.abs(change[rows, after] - change[rows, first]) / wide >= STEEP * steepest[rows]
            rows, first, after = rows[steep], first[steep], after[steep]
        return rows, first, after

    def roots(self, rows: IndexArray, before: IndexArray, after: IndexArray) -> FloatArray:
        """The wavelengths (n,) of crossings."""
        found = np.empty(len(rows))
        left, turns = self._turns(rows, before, after)
        plain = (turns == 1) & (left >= 1) & (left < len(self.wavelength) - 2)
        for n in np.flatnonzero(~plain):
            found[n] = root_of(self.wavelength, self.change[rows[n]], int(before[n]), int(after[n]))
        rows, left = rows[plain], left[plain]
        if rows.size:
            width = self.wavelength[left + 1] - self.wavelength[left]
            cubic = self.cubics(rows, left).T
            found[plain] = self.wavelength[left] + width * solve_cubic(cubic[0], cubic[1], cubic[2], cubic[3], 0.0)
        return found

    def _turns(self, rows: IndexArray, before: IndexArray, after: IndexArray) -> tuple[IndexArray, IndexArray]:
        """The first interval between two points in which the change turns its sign, and in how many it does."""
        turns = np.diff(np.signbit(self.change), axis=1)
        index = np.arange(turns.shape[1])
        following = np.minimum.accumulate(np.where(turns, index, len(index))[:, ::-1], axis=1)[:, ::-1]
        count = np.cumsum(turns, axis=1) - turns
        count = np.column_stack([count, count[:, -1] + turns[:, -1]])
        return following[rows, before], count[rows, after] - count[rows, before]

    def cubics(self, rows: IndexArray, left: IndexArray) -> FloatArray:
        """Cubics (n, 4), lowest power first, through the four points about intervals `left` (n,), in their widths."""
        nodes = left[:, None] + np.arange(-1, 3)
        low, high = self.wavelength[left], self.wavelength[left + 1]
        x = (self.wavelength[nodes] - low[:, None]) / (high - low)[:, None]
        powers = x[:, :, None] ** np.arange(4)
        return np.asarray(np.linalg.solve(powers, self.change[rows[:, None], nodes][:, :, None])[:, :, 0])


def nearest_crossing(scans: RowScans, near: float | None, scale: float) -> tuple[FloatArray, FloatArray]:
    """The isosbestic point of every row nearest to a wavelength in nm (None: where the absorbance varies least), (m,),
    and by how much it falls short of being one, in tenths, (m,).

    Where there is none, it is the crossing that is nearest to being one (`scale` in nm weighs distance against that);
    without any crossing the wavelength itself, which falls short by a whole side, and more the more changes there.
    """
    return _chosen(scans, near, scale)[:2]


def followed_crossings(
    several: Sequence[RowScans], near: float | None, scale: float
) -> list[tuple[FloatArray, FloatArray]]:
    """As `nearest_crossing`, of each of some spectra that share their bands, whose rows follow row 0."""
    at, short, rows, before, after = _chosen(RowScans.firsts(several), near, scale)
    ends = {int(row): (int(a), int(b)) for row, a, b in zip(rows, before, after, strict=True)}
    found = []
    for i, scans in enumerate(several):
        m = len(scans)
        if m == 1 or i not in ends:
            found.append((np.full(m, at[i]), np.full(m, short[i])))
            continue
        where = _followed(scans, float(at[i]), *ends[i])
        missed = NONE_AT_ALL * scans.shortfalls(np.arange(m), where) if short[i] else np.zeros(m)
        found.append((where, missed))
    return found


def _chosen(
    scans: RowScans, near: float | None, scale: float
) -> tuple[FloatArray, FloatArray, IndexArray, IndexArray, IndexArray]:
    """Of every row the point and its shortfall; then the rows that have one, and between which wavelengths it lies."""
    m, changes = len(scans), scans.changes
    at, short = np.full(m, np.nan if near is None else near), np.full(m, NONE_AT_ALL)
    taken: dict[int, tuple[int, int]] = {}
    for strict in (True, False):
        rows, before, after = scans.crossings(strict)
        open_rows = np.array([row not in taken for row in range(m)]) & changes
        kept = open_rows[rows]
        rows, before, after = rows[kept], before[kept], after[kept]
        if not rows.size:
            continue
        where = scans.roots(rows, before, after)
        missed = scans.shortfalls(rows, where)
        if strict:
            good = missed == 0
            rows, before, after, where, missed = (each[good] for each in (rows, before, after, where, missed))
        away = np.abs(where - near) / scale if near is not None else _spreads(scans, rows, where)
        order = np.lexsort((away + (0 if strict else NONE_AT_ALL * missed), rows))
        for n in order:
            row = int(rows[n])
            if row not in taken:
                taken[row] = (int(before[n]), int(after[n]))
                at[row], short[row] = where[n], NONE_AT_ALL * missed[n]
        if len(taken) == int(changes.sum()):
            break
    lost = np.array([row not in taken for row in range(m)]) & changes
    if lost.any() and near is not None:
        here = [np.interp(near, scans.wavelength, np.abs(change)) for change in scans.change[lost]]
        short[lost] += NONE_AT_ALL * np.array(here)
    found = np.array(sorted(taken), dtype=np.intp)
    ends = np.array([taken[int(row)] for row in found], dtype=np.intp).reshape(-1, 2)
    return at, short, found, ends[:, 0], ends[:, 1]


def _spreads(scans: RowScans, rows: IndexArray, at: FloatArray) -> FloatArray:
    """What counts where no wavelength is named: how much the absorbance varies at points, (n,)."""
    after = np.clip(np.searchsorted(scans.wavelength, at), 1, len(scans.wavelength) - 1)
    share = (at - scans.wavelength[after - 1]) / (scans.wavelength[after] - scans.wavelength[after - 1])
    mine = np.zeros_like(rows) if len(scans.absorptivity) == 1 else rows
    strength = (1 - share)[:, None] * scans.absorptivity[mine, :, after - 1]
    strength = strength + share[:, None] * scans.absorptivity[mine, :, after]
    return np.asarray(np.einsum("nk,nkl,nl->n", strength, scans.moments[rows], strength))


def _followed(scans: RowScans, at: float, before: int, after: int) -> FloatArray:
    """Where the crossing of row 0 at a wavelength lies in the other rows, to first order, (m,)."""
    left = int(np.clip(np.searchsorted(scans.wavelength, at, side="right") - 1, before, after - 1))
    m = len(scans)
    inner = 1 <= left < len(scans.wavelength) - 2
    width = scans.wavelength[left + 1] - scans.wavelength[left]
    s = (at - scans.wavelength[left]) / width
    if inner:
        a, b, c, d = scans.cubics(np.arange(m), np.full(m, left)).T
    else:  # at an end of the grid: the straight line
        a, b = scans.change[:, left], scans.change[:, left + 1] - scans.change[:, left]
        c = d = np.zeros(m)
    moved = (a + s * (b + s * (c + s * d))) / (b + s * (2 * c + 3 * s * d))
    return np.asarray(at - width * (moved - moved[0]))
