"""Verdicts in words."""

from __future__ import annotations

import math


def shown(value: float | str | None, unit: str = "") -> str:
    """A number to four digits with its unit; words as they are."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "none"
    return f"{value:.4g} {unit}".rstrip()


def expected_text(expected: float | str | None, tolerance: float | None, unit: str = "") -> str:
    """``0.23 ± 0.01``, ``15 ± 2.5 min``, or the words of what was expected."""
    if isinstance(expected, str) or expected is None:
        return expected or ""
    if tolerance is None:
        return shown(expected, unit)
    return f"{expected:.4g} ± {tolerance:.3g} {unit}".rstrip()


def distance(margin: float) -> str:
    """How far off a failure is: ``1.4 tolerances off``."""
    if not math.isfinite(margin):
        return "no value to compare"
    return f"{1 - margin:.3g} tolerances off"


def missing(name: str) -> str:
    """Why a feature has no value."""
    return {
        "time_to": "never reached",
        "half_time": "the course ends where it begins",
        "at": "it is not read at that time",
        "isosbestic": "the spectra cross nowhere",
    }.get(name, "the course has no such value")
