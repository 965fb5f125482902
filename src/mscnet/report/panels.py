"""Which curve is drawn where, in which colour and style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass
from mscnet.report.tables import Column

#: Okabe and Ito's palette, ordered so that neighbours differ in lightness, less its yellow: too pale on white.
PALETTE = ("#000000", "#D55E00", "#56B4E9", "#0072B2", "#E69F00", "#009E73", "#CC79A7")
#: Seven colours and six styles make 42 pairs before one returns in a panel.
STYLES: tuple[Any, ...] = (
    "solid", (0, (6, 2)), (0, (1.2, 1.5)), (0, (8, 2, 1.2, 2)), (0, (2.5, 1.2)), (0, (8, 1.5, 1.2, 1.5, 1.2, 1.5)),
)  # fmt: skip

#: Curves of one unit part into panels where one is more than this many times as high as another.
MAGNITUDE_GAP = 30.0
#: The most panels of one unit; what is lower still joins the last.
MOST_PANELS = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A column as it is drawn: `rank` is its place in its panel."""

    column: Column
    colour: str
    rank: int

    @property
    def style(self) -> Any:
        """The line style: the first six curves of a panel all differ in it."""
        return STYLES[self.rank % len(STYLES)]


def panels_of(columns: Sequence[Column], by_magnitude: bool = True) -> list[list[Curve]]:
    """Curves by unit in order of appearance, each unit's by magnitude (if wanted), the highest first."""
    by_unit: dict[tuple[str, object], list[Column]] = {}
    for column in columns:
        by_unit.setdefault((column.unit, column.dimension), []).append(column)
    parts = [part for group in by_unit.values() for part in (_by_magnitude(group) if by_magnitude else [group])]
    # colours run on from panel to panel, styles begin anew in each
    starts = [sum(len(part) for part in parts[:i]) for i in range(len(parts))]
    return [
        [Curve(column, PALETTE[(start + rank) % len(PALETTE)], rank) for rank, column in enumerate(part)]
        for start, part in zip(starts, parts, strict=True)
    ] or [[]]


def _by_magnitude(columns: list[Column]) -> list[list[Column]]:
    """Columns of one unit in panels by their largest values; within a panel they keep their order."""
    heights = {column.name: _largest(column.values) for column in columns}
    panels: list[list[Column]] = []
    top = 0.0
    for column in sorted(columns, key=lambda c: -heights[c.name]):
        height = heights[column.name]
        apart = height > 0 and height * MAGNITUDE_GAP < top and len(panels) < MOST_PANELS
        if not panels or apart:
            panels.append([])
            top = height
        panels[-1].append(column)
    place = {column.name: i for i, column in enumerate(columns)}
    return [sorted(panel, key=lambda c: place[c.name]) for panel in panels]


def _largest(values: NDArray[np.float64]) -> float:
    """The largest finite magnitude, 0 where there is none."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0
