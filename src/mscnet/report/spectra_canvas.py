"""Where the panels of spectra stand: a grid of conditions, each with its spectra, a bar of times and its traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mscnet.records import dataclass
from mscnet.report.plots import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches: height of a panel, widths of spectra and of traces.
ROW, SPECTRA, TRACES = 2.35, 3.5, 2.7
_LEFT, _BOTTOM, _TOP, _GAP = 0.72, 0.62, 0.36, 0.62  # inches about and between the panels
_BAR_SPACE, _BAR, _BAR_ROOM, _MIDDLE = 0.1, 0.12, 0.95, 0.62  # inches: before the bar, the bar, its numbers, to traces
_HEADING, _EDGE = 0.24, 0.12  # inches: of a line above all panels, right of them
#: From so many conditions on, pairs of panels stand in two columns, and single panels in three.
_TWO_COLUMNS, _THREE_COLUMNS = 4, 3
TITLE_SIZE = 9.5

#: The axes of spectra, of their bar of times, and of traces.
Places = tuple["Axes | None", "Axes | None", "Axes | None"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The sizes of a grid of `count` conditions: which panels there are, and inches for the names of the traces."""

    count: int
    spectra: bool
    traces: bool
    names: float
    headed: bool

    @property
    def columns(self) -> int:
        """How many conditions stand side by side."""
        if self.spectra and self.traces:
            return 2 if self.count >= _TWO_COLUMNS else 1
        if self.count == _TWO_COLUMNS:
            return 2  # two by two
        return min(self.count, _THREE_COLUMNS)

    @property
    def left(self) -> float:
        """The width of spectra with their bar."""
        return SPECTRA + _BAR_SPACE + _BAR + _BAR_ROOM if self.spectra else 0.0

    @property
    def cell(self) -> float:
        """The width of all that belongs to a condition."""
        right = (_MIDDLE if self.spectra else 0.0) + TRACES + self.names if self.traces else 0.0
        return _LEFT + self.left + right + _EDGE

    def canvas(self) -> tuple[Figure, list[Places]]:
        """An empty figure, and for each condition where its panels go, row by row."""
        rows = -(-self.count // self.columns)
        top = _TOP + (_HEADING if self.headed else 0.0)
        width = self.columns * self.cell
        height = top + rows * ROW + (rows - 1) * (_GAP + _TOP - _EDGE) + _BOTTOM
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)

        def axes(x: float, y: float, wide: float) -> Axes:
            return figure.add_axes((x / width, y / height, wide / width, ROW / height))

        places: list[Places] = []
        for i in range(self.count):
            row, column = divmod(i, self.columns)
            x = column * self.cell + _LEFT
            y = height - top - (row + 1) * ROW - row * (_GAP + _TOP - _EDGE)
            places.append((
                axes(x, y, SPECTRA) if self.spectra else None,
                axes(x + SPECTRA + _BAR_SPACE, y, _BAR) if self.spectra else None,
                axes(x + self.left + (_MIDDLE if self.spectra else 0.0), y, TRACES) if self.traces else None,
            ))  # fmt: skip
        return figure, places

    def fitting(self, title: str) -> str:
        """A title, its middle left out where it would reach into the next condition."""
        room = self.cell - 0.3
        if text_width(title, TITLE_SIZE) <= room:
            return title
        label, comma, values = title.rpartition(", ")
        tail = comma + values if "=" in values else ""
        label = label if tail else title
        while label and text_width(f"{label}…{tail}", TITLE_SIZE) > room:
            label = label[:-1].rstrip()
        return f"{label}…{tail}"
