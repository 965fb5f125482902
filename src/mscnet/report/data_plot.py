"""Measured data over the model's curves, with what is left over below, as a figure.

One pair of panels a reading: points (with their errors, where known) over lines, and the residuals on the same time.
Each condition has a colour and a marker of its own; spectra are coloured by time, from dark to light.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mscnet.experiment.data_match import Match, MatchedSeries, MatchedSpectra
from mscnet.report.panels import PALETTE, STYLES
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: One for each colour of the palette.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
#: The most spectra of a set that are drawn.
MOST_SPECTRA = 8

_WIDTH, _HIGH, _LOW = 4.6, 2.5, 0.95  # inches: of a panel, and heights of its two axes
_LEFT, _RIGHT, _TOP, _BOTTOM, _BETWEEN, _LEGEND = 0.85, 0.15, 0.42, 0.55, 0.12, 0.24
_ACROSS = 2


def plot_data(match: Match, time_unit: str = "", title: str = "") -> Figure:
    """Data over model with residuals, as a matplotlib Figure that belongs to no window.

    `time_unit` is printed at the axis of time (the mechanism's ``units.time.symbol``).

    Raises:
        ValueError: there is nothing to draw.
    """
    readings = list(dict.fromkeys(series.data.reading for series in match.series))
    count = len(readings) + len(match.spectra)
    if not count:
        raise ValueError("no data to draw")
    conditions = list(dict.fromkeys(series.condition.name for series in match.series))
    with drawing():
        figure, pairs = _canvas(count, len(conditions))
        for reading, pair in zip(readings, pairs, strict=False):
            _draw_series(pair, [s for s in match.series if s.data.reading == reading], conditions, time_unit)
        for spectra, pair in zip(match.spectra, pairs[len(readings) :], strict=True):
            _draw_spectra(pair, spectra, time_unit)
        if conditions:
            _name_conditions(figure, conditions)
        if title:
            figure.text(0.1 / figure.get_figwidth(), 1 - 0.2 / figure.get_figheight(), title, fontsize=10, va="center")
    return figure


def _canvas(count: int, conditions: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """A figure with `count` pairs of axes, two across, and room below for the names of conditions."""
    across = min(count, _ACROSS)
    down = math.ceil(count / across)
    block = _TOP + _HIGH + _BETWEEN + _LOW + _BOTTOM
    legend = 0.1 + _LEGEND * math.ceil(conditions / _per_row(across)) if conditions else 0.0
    width, height = across * (_LEFT + _WIDTH + _RIGHT), down * block + legend
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    pairs = []
    for k in range(count):
        left = (k % across) * (_LEFT + _WIDTH + _RIGHT) + _LEFT
        bottom = height - (k // across + 1) * block + _BOTTOM
        low = figure.add_axes((left / width, bottom / height, _WIDTH / width, _LOW / height))
        box = (left / width, (bottom + _LOW + _BETWEEN) / height, _WIDTH / width, _HIGH / height)
        high = figure.add_axes(box, sharex=low)
        pairs.append((high, low))
    return figure, pairs


def _per_row(across: int) -> int:
    return 2 if across == 1 else 4


def _draw_series(pair: tuple[Axes, Axes], series: Sequence[MatchedSeries], conditions: list[str], unit: str) -> None:
    high, low = pair
    points = sum(each.data.time.size for each in series)
    size = 5.0 if points < 60 else 3.5 if points < 300 else 2.2
    for each in series:
        place = conditions.index(each.condition.name)
        look = _look(place, size)
        course = each.course
        high.plot(course.time, course.values, color=PALETTE[place % len(PALETTE)], linewidth=1.5,
                  linestyle=STYLES[place // len(PALETTE) % len(STYLES)], zorder=3)  # fmt: skip
        _points(high, each.data.time, each.data.observed, each.data.error, look)
        _points(low, each.data.time, each.residual, each.data.error, look)
    label = axis_label(series[0].data.reading, series[0].course.unit)
    _frame(high, low, label, axis_label("time", unit))
    _fit_time(low, series)


def _look(place: int, size: float) -> dict[str, Any]:
    colour = PALETTE[place % len(PALETTE)]
    return {"color": colour, "marker": MARKERS[place % len(MARKERS)], "markersize": size, "linestyle": "none",
            "markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 1.0, "zorder": 4}  # fmt: skip


def _points(ax: Axes, time: Any, values: Any, errors: Any, look: dict[str, Any]) -> None:
    shown = np.isfinite(values)
    known = np.where(np.isfinite(errors), errors, 0.0)[shown]
    bars = known if np.any(known > 0) else None
    ax.errorbar(time[shown], values[shown], yerr=bars, elinewidth=0.9, capsize=0, **look)


def _fit_time(low: Axes, series: Sequence[MatchedSeries]) -> None:
    """The axis shows the times of the data and the model's among them, with a margin for the first points."""
    first = min(float(each.data.time.min()) for each in series)
    last = max(float(each.data.time.max()) for each in series)
    margin = 0.03 * (last - first) or 0.5
    low.set_xlim(first - margin, last + margin)


def _draw_spectra(pair: tuple[Axes, Axes], spectra: MatchedSpectra, unit: str) -> None:
    high, low = pair
    data = spectra.data
    chosen = np.unique(np.linspace(0, data.time.size - 1, min(MOST_SPECTRA, data.time.size)).round().astype(int))
    shades = colormaps["viridis"](np.linspace(0.0, 0.85, chosen.size))
    for row, shade in zip(chosen, shades, strict=True):
        high.plot(data.wavelength, spectra.model[row], color=shade, linewidth=1.3, zorder=3)
        label = f"{data.time[row]:g} {unit}".strip()
        high.plot(data.wavelength, data.absorbance[row], ".", color=shade, markersize=2.5, zorder=4, label=label)
        low.plot(data.wavelength, spectra.residual[row], ".", color=shade, markersize=2.5, zorder=4)
    _frame(high, low, "absorbance", "wavelength / nm")
    low.set_xlim(data.wavelength[0], data.wavelength[-1] if data.wavelength.size > 1 else data.wavelength[0] + 1)
    high.set_title(spectra.condition.name, loc="left", fontsize=9, parse_math=False)
    high.legend(fontsize=7.5, frameon=False, markerscale=3, loc="upper right", handlelength=1.0, labelspacing=0.25)


def _frame(high: Axes, low: Axes, label: str, below: str) -> None:
    low.axhline(0.0, color="#707070", linewidth=0.9, zorder=2)
    reach = max((abs(limit) for limit in low.get_ylim()), default=1.0)
    low.set_ylim(-reach, reach)  # nothing left over is in the middle
    high.set_ylabel(label, fontsize=10, parse_math=False)
    low.set_ylabel("data − model", fontsize=8.5)
    low.set_xlabel(below, fontsize=10, parse_math=False)
    high.tick_params(labelbottom=False)
    for ax in (high, low):
        ax.grid(True, color="#E4E4E4", linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8.5)
    low.locator_params(axis="y", nbins=3)
    figure = high.get_figure(root=True)
    assert figure is not None
    for ax in (high, low):
        ax.yaxis.set_label_coords(-0.62 / _WIDTH, 0.5)


def _name_conditions(figure: Figure, conditions: Sequence[str]) -> None:
    """The conditions with marker and line, below the panels."""
    handles = []
    for place, name in enumerate(conditions):
        look = {**_look(place, 5.0), "linestyle": STYLES[place // len(PALETTE) % len(STYLES)], "linewidth": 1.5}
        handles.append(Line2D([], [], label=name.replace("$", r"\$"), **look))
    across = 1 if figure.get_figwidth() < 1.5 * (_LEFT + _WIDTH + _RIGHT) else _ACROSS
    figure.legend(handles=handles, loc="lower center", ncols=min(len(conditions), _per_row(across)), frameon=False,
                  fontsize=8.5, handlelength=2.4)  # fmt: skip
