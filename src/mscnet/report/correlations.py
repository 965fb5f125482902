"""Correlations of fitted values: all as a table, the strongest ones as a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from mscnet.inference.result import FitResult
from mscnet.report.plain import plain

#: Correlations above this are told below the table of parameters, the strongest ones, at most so many.
STRONG, MOST = 0.9, 8


def correlation_data(result: FitResult) -> dict[str, Any]:
    """For JSON: `names` (P,) and `matrix` (P, P) of the search coordinates, null where a value has no error."""
    found: dict[str, Any] = plain({"names": [p.name for p in result.parameters], "matrix": result.correlation.tolist()})
    return found


def strong_pairs(result: FitResult) -> list[tuple[str, str, float]]:
    """Pairs of values whose correlation is beyond ±0.9, the strongest first."""
    names = [p.name for p in result.parameters]
    matrix = result.correlation
    rows, columns = np.nonzero(np.triu(np.abs(matrix) > STRONG, k=1))  # nan is not above
    found = [(names[i], names[j], float(matrix[i, j])) for i, j in zip(rows, columns, strict=True)]
    return sorted(found, key=lambda pair: -abs(pair[2]))


def correlation_lines(result: FitResult) -> list[str]:
    """``strongly correlated: k1 and k2 0.98; k2 and p0 -0.93``: none where nothing is."""
    pairs = strong_pairs(result)
    if not pairs:
        return []
    told = "; ".join(f"{a} and {b} {_rounded(r)}" for a, b, r in pairs[:MOST])
    more = f"; and {len(pairs) - MOST} more pairs" if len(pairs) > MOST else ""
    return [f"strongly correlated: {told}{more}"]


def _rounded(r: float) -> str:
    """Two decimals, more where these would make it 1."""
    places = 2
    while round(abs(r), places) >= 1.0 and places < 5:
        places += 1
    return f"{r:.{places}f}"
