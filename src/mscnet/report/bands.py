"""Bands of prediction as tables and pictures."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet.inference.predict import Band, Bands
from mscnet.report.panels import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The most readings that one figure shows.
MOST = 24


def write_bands(bands: Bands, path: str | Path) -> None:
    """Writes all bands as CSV, a line for each time: condition, reading, unit, time, fit, lower, upper.

    Raises:
        OSError: the file cannot be written.
    """
    with open(path, "w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(["condition", "reading", "unit", "time", "fit", "lower", "upper"])
        rows.writerows(_rows(bands))


def _rows(bands: Bands) -> Iterator[list[Any]]:
    for band in bands.bands:
        numbers = zip(*(a.tolist() for a in (band.time, band.middle, band.lower, band.upper)), strict=True)
        for row in numbers:
            yield [band.condition, band.reading, band.unit, *row]


def plot_bands(bands: Bands, time_unit: str = "", title: str = "") -> Figure:
    """A small picture for each reading of each condition (the first `MOST`): the fit, its band, and data.

    Raises:
        ValueError: there is nothing to draw.
    """
    from mscnet.report.plots import drawing
    from mscnet.report.profiles import small_multiples

    drawn = bands.bands[:MOST]
    if not drawn:
        raise ValueError("no reading over time to draw")
    what = "a new measurement" if bands.noise else "the mean"
    said = f"{title}: " if title else ""
    left = f"; the first {MOST} of {len(bands.bands)}" if len(bands.bands) > MOST else ""
    with drawing():
        figure, axes = small_multiples(
            len(drawn), f"{said}{bands.level:.0%} band of {what}, from the {bands.source}{left}"
        )
        for ax, band in zip(axes, drawn, strict=True):
            _draw(ax, band, time_unit)
    return figure


def _draw(ax: Any, band: Band, time_unit: str) -> None:
    from mscnet.report.plots import axis_label

    colour = PALETTE[3]
    ax.fill_between(band.time, band.lower, band.upper, color=colour, alpha=0.25, linewidth=0, zorder=1)
    ax.plot(band.time, band.middle, color=colour, linewidth=1.6, zorder=3, marker="o" if len(band.time) == 1 else "")
    if len(band.time) == 1:
        ax.errorbar(band.time, band.middle, [band.middle - band.lower, band.upper - band.middle], color=colour)
    if len(band.seen):
        ax.plot(*band.seen.T, linestyle="none", marker="o", markersize=3.2, markerfacecolor="white",
                markeredgecolor="black", markeredgewidth=0.8, zorder=4)  # fmt: skip
    ax.set_title(band.condition, loc="left", fontsize=8.5, parse_math=False)
    ax.set_xlabel(axis_label("time", time_unit), fontsize=9, parse_math=False)
    ax.set_ylabel(axis_label(band.reading, band.unit), fontsize=9, parse_math=False)
    ax.tick_params(labelsize=8)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)
