"""Residual summaries of measured data as lines, as a table and as objects for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mscnet.experiment.residuals import Residual
from mscnet.report.text import table


def residual_line(residual: Residual) -> str:
    """``fig4(v = 0.03) od371: 49 points, rms residual 0.0123 = 3.1 errors``."""
    points = "1 point" if residual.count == 1 else f"{residual.count} points"
    text = f"{residual.condition} {residual.reading}: {points}"
    if residual.count:
        text += f", rms residual {residual.rms:.3g} {residual.unit}".rstrip()
    if not math.isnan(residual.in_errors):
        text += f" = {residual.in_errors:.3g} errors"
    if residual.outside:
        text += f" ({residual.outside} more outside of what was simulated)"
    return text


def residual_table(residuals: Sequence[Residual]) -> str:
    """One row a series."""
    rows = [
        [r.condition, r.reading, str(r.count), f"{r.rms:.3g} {r.unit}".rstrip() if r.count else "",
         "" if math.isnan(r.in_errors) else f"{r.in_errors:.3g}", str(r.outside or ""), r.path]
        for r in residuals
    ]  # fmt: skip
    headers = ("experiment", "reading", "points", "rms residual", "in errors", "outside", "data")
    return table(headers, rows, right=(2, 3, 4, 5))


def residuals_data(residuals: Sequence[Residual]) -> list[dict[str, Any]]:
    """Objects for JSON; what is not known is null."""
    return [
        {
            "data": r.path, "condition": r.condition, "reading": r.reading, "points": r.count, "outside": r.outside,
            "rms": _known(r.rms), "rms_in_errors": _known(r.in_errors), "unit": r.unit,
        }
        for r in residuals
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
