"""Margins: how far inside its tolerance a value lies, in tolerances.  `docs/facts.md` has the definitions."""

from __future__ import annotations

import math

from mscnet.records import dataclass

#: The scale of an inequality without a tolerance, as a share of the larger of its sides.
SHARE = 0.1
#: What rounding may do to a value that lies on the edge of its tolerance.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether it holds, and the margin."""

    passed: bool
    margin: float


def equality(value: float, expected: float, tolerance: float) -> Judged:
    """``value = expected ± tolerance``: 1 - |value - expected|/tolerance."""
    away = abs(value - expected)
    if not math.isfinite(away):
        return Judged(False, math.nan)
    if tolerance <= 0:
        return Judged(away == 0, 1.0 if away == 0 else -math.inf)
    return Judged(away <= tolerance * (1 + _ROUNDING), 1.0 - away / tolerance)


def inequality(operator: str, left: float, right: float, tolerance: float | None = None) -> Judged:
    """``left < right`` and its like: the distance between them over the tolerance, or without one over a tenth of
    the larger side."""
    gap = right - left if operator in ("<", "<=") else left - right
    if not math.isfinite(gap):
        return Judged(False, math.nan)
    scale = tolerance or SHARE * max(abs(left), abs(right)) or 1.0
    return Judged(gap > 0 or (gap == 0 and operator.endswith("=")), gap / scale)


def worst(judged: list[Judged]) -> Judged:
    """Several together: all must hold, and the smallest margin counts."""
    margins = [each.margin for each in judged]
    margin = math.nan if any(math.isnan(m) for m in margins) else min(margins)
    return Judged(all(each.passed for each in judged), margin)
