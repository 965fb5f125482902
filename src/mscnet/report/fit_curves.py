"""The data of a fit with what the fitted model has for each of them: `fit.png` of a fit's folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mscnet.inference.result import FitResult
from mscnet.report.data_plot import MARKERS
from mscnet.report.fit import group_name, model_less_observed
from mscnet.report.panels import PALETTE
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The most panels, curves of a panel, and names of curves that are written out.
MOST_PANELS, MOST_CURVES, MOST_NAMES = 8, 12, 6
_WIDE, _HIGH, _LEFT, _GAP, _HEAD = 4.3, 2.4, 0.8, 0.6, 0.5  # inches

#: Data of one curve: those of a reading under one condition and at one wavelength.
Curves = dict[tuple[str, float], list[int]]


def plot_fit(result: FitResult) -> Figure | None:
    """A panel a reading: data as points, and as a line what the fitted model has at their times; None without data that
    have a time.  A figure that belongs to no window."""
    panels: dict[str, Curves] = {}
    for i, term in enumerate(result.terms):
        if term.kind == "datum" and math.isfinite(term.time):
            key = (term.condition, -1.0 if math.isnan(term.wavelength) else term.wavelength)
            panels.setdefault(group_name(term), {}).setdefault(key, []).append(i)
    if not panels:
        return None
    names = list(panels)[:MOST_PANELS]
    across = 2 if len(names) > 1 else 1
    down = math.ceil(len(names) / across)
    width, height = across * (_WIDE + _LEFT) + 0.2, _HEAD + down * (_HIGH + _GAP)
    with drawing():
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)
        for k, name in enumerate(names):
            x, y = (k % across) * (_WIDE + _LEFT) + _LEFT, height - _HEAD - (k // across) * (_HIGH + _GAP) - _HIGH
            ax = figure.add_axes((x / width, y / height, _WIDE / width, _HIGH / height))
            _draw(ax, result, name, panels[name])
        left = len(panels) - len(names)
        title = f"{result.title}: data (points), fit (lines)" + (f"; {left} more readings" if left else "")
        figure.text(0.1 / width, 1 - 0.17 / height, title, fontsize=10, va="center", parse_math=False)
    return figure


def _draw(ax: Axes, result: FitResult, name: str, curves: Curves) -> None:
    chosen = list(curves)
    if len(chosen) > MOST_CURVES:  # some that lie apart, as of the wavelengths of a spectrum
        chosen = [chosen[j] for j in np.unique(np.linspace(0, len(chosen) - 1, MOST_CURVES).round().astype(int))]
    for c, key in enumerate(chosen):
        terms = [result.terms[i] for i in curves[key]]
        time = np.array([term.time for term in terms])
        observed = np.array([term.observed for term in terms])
        off = [model_less_observed(result, result.terms[i], float(result.residuals[i])) for i in curves[key]]
        order, colour = np.argsort(time, kind="stable"), PALETTE[c % len(PALETTE)]
        label = ", ".join([key[0]] * (len({k[0] for k in curves}) > 1) + [f"{key[1]:g} nm"] * (key[1] > 0))
        ax.plot(time, observed, linestyle="none", marker=MARKERS[c % len(MARKERS)], markersize=4 if len(time) < 60 else
                2.2, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=0.9, zorder=4)  # fmt: skip
        ax.plot(time[order], (observed + off)[order], color=colour, linewidth=1.4, label=label, zorder=3)
    first = result.terms[curves[chosen[0]][0]]
    ax.set_title(name, loc="left", fontsize=9, parse_math=False)
    ax.set_ylabel(axis_label(first.reading, first.unit), fontsize=9, parse_math=False)
    unit = result.model.units.time.symbol if result.model is not None else ""
    ax.set_xlabel(axis_label("time", unit), fontsize=9, labelpad=1, parse_math=False)
    if 1 < len(chosen) <= MOST_NAMES:
        ax.legend(fontsize=6.5, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8.5)
