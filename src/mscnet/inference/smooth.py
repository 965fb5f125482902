"""Smooth curves through readings over time (G. Wahba, Spline Models for Observational Data (1990))."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: A smoothing spline takes at least so many points; with fewer, a curve that keeps to the shape goes through them.
_SPLINE = 6


def smooth(start: float, first: float, times: FloatArray, seen: FloatArray, wanted: FloatArray) -> FloatArray:
    """A smooth curve through readings that begins at what is known of the start, at the times wanted.

    Much happens early, so the spline is one over the logarithm of time.
    """
    at, back = np.unique(times, return_inverse=True)
    mean = np.bincount(back, weights=seen) / np.bincount(back)
    weight = np.bincount(back).astype(float)
    later = at > start
    at, mean, weight = at[later], mean[later], weight[later]
    if not len(at):
        return np.full(len(wanted), first)
    pace = max(float(at[0] - start), 1e-3 * float(at[-1] - start))
    u, w = (np.log1p((np.append(start, at) - start) / pace), np.log1p((wanted - start) / pace))
    values, weights = np.append(first, mean), np.append(1e4, weight)
    if len(u) < _SPLINE:
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(u, values)(w)) if len(u) > 1 else np.full(len(w), first)
    from scipy.interpolate import make_smoothing_spline

    try:
        found = np.asarray(make_smoothing_spline(u, values, weights)(w))
    except (ValueError, np.linalg.LinAlgError):
        found = np.full(len(w), math.nan)
    return found if np.isfinite(found).all() else np.interp(w, u, values)
