"""Tables of `mechanism.expression.Lookup` over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from mscnet.mechanism.expression import Table


def look_up(table: Table, at: Any) -> Any:
    """The value of a table at numbers of any shape."""
    knots, coefficients = np.array(table.knots), np.array(table.coefficients)
    i = np.maximum(np.searchsorted(knots, at, side="right") - 1, 0)
    beyond = at - knots[i]
    a, b, c, d = np.moveaxis(coefficients[i], -1, 0)
    return a + beyond * (b + beyond * (c + beyond * d))


def derivative_of(table: Table) -> Table:
    """The derivative of a table, as one."""
    slopes = tuple((b, 2.0 * c, 3.0 * d, 0.0) for _, b, c, d in table.coefficients)
    return Table(f"{table.name}'", table.knots, slopes)
