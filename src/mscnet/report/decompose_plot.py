"""A decomposition as a figure: singular values, evolving factors, courses and spectra with their ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mscnet.inference.decompose import Decomposition
from mscnet.report.panels import PALETTE, STYLES
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Singular values that are drawn at most.
_MOST = 20


def plot_decomposition(found: Decomposition, time_unit: str = "") -> Figure:
    """Four panels, or the upper two where nothing was resolved, as a matplotlib Figure that belongs to no window.

    Above: singular values beside what noise gives, and evolving factors forwards (full) and backwards (broken).
    Below: courses and spectra of the solution, each with the two ends of its range shaded between.
    """
    rows = 2 if found.resolved is not None else 1
    with drawing():
        figure = Figure(figsize=(9.6, 0.3 + 3.3 * rows), facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, 2, squeeze=False)
        _draw_values(axes[0, 0], found)
        _draw_evolving(axes[0, 1], found, time_unit)
        if found.resolved is not None:
            _draw_profiles(axes[1, 0], axes[1, 1], found, time_unit)
        figure.suptitle(found.data.name.replace("$", r"\$"), fontsize=10, x=0.01, ha="left")
    return figure


def _draw_values(ax: Axes, found: Decomposition) -> None:
    rank = found.rank
    shown = min(_MOST, rank.singular_values.size)
    number = np.arange(1, shown + 1)
    counted = number <= rank.count
    values = np.maximum(rank.singular_values[:shown], 1e-12 * rank.singular_values[0])
    ax.plot(number[counted], values[counted], "o", color=PALETTE[0], markersize=6, label="contributions")
    ax.plot(number[~counted], values[~counted], "o", color=PALETTE[0], markerfacecolor="white", markersize=5,
            label="noise")  # fmt: skip
    ax.plot(number, rank.bound[:shown], color=PALETTE[1], linestyle=STYLES[1], linewidth=1.4, label="most noise gives")
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _frame(ax, "number", "singular value")
    ax.legend(fontsize=8.5, frameon=False)


def _draw_evolving(ax: Axes, found: Decomposition, unit: str) -> None:
    evolving = found.evolving
    floor = max(float(evolving.forward_bound.min()) / 4, 1e-9 * float(evolving.forward.max()))
    for k in range(evolving.forward.shape[1]):
        colour = PALETTE[(k + 1) % len(PALETTE)] if k < found.components else "#B0B0B0"
        name = f"{k + 1}" if k < found.components else None
        ax.plot(evolving.time, np.maximum(evolving.forward[:, k], floor), color=colour, linewidth=1.5, label=name)
        ax.plot(evolving.time, np.maximum(evolving.backward[:, k], floor), color=colour, linewidth=1.3,
                linestyle=STYLES[1])  # fmt: skip
    ax.plot(evolving.time, evolving.forward_bound, color="#606060", linewidth=0.9, linestyle=STYLES[2])
    ax.plot(evolving.time, evolving.backward_bound, color="#606060", linewidth=0.9, linestyle=STYLES[2])
    ax.set_yscale("log")
    ax.set_ylim(bottom=floor)
    _frame(ax, axis_label("time", unit), "up to here (full), from here (broken)")
    ax.legend(fontsize=8.5, frameon=False, title="singular value", title_fontsize=8.5, ncols=2)


def _draw_profiles(left: Axes, right: Axes, found: Decomposition, unit: str) -> None:
    resolved = found.resolved
    assert resolved is not None
    for k, band in enumerate(found.bands):
        colour, style = PALETTE[(k + 1) % len(PALETTE)], STYLES[k % len(STYLES)]
        for ax, at, ends, solution in (
            (left, found.data.time, band.courses, resolved.courses[:, k]),
            (right, found.data.wavelength, band.spectra, resolved.spectra[k]),
        ):
            every = np.vstack([ends, solution])
            ax.fill_between(at, every.min(axis=0), every.max(axis=0), color=colour, alpha=0.18, linewidth=0)
            ax.plot(at, solution, color=colour, linestyle=style, linewidth=1.6, label=f"{k + 1}")
    _frame(left, axis_label("time", unit), "part of all" if resolved.closure else "absorbance at its highest")
    _frame(right, "wavelength / nm", "absorbance of all of it" if resolved.closure else "spectrum, highest 1")
    left.legend(fontsize=8.5, frameon=False, title="component", title_fontsize=8.5, ncols=2)


def _frame(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, fontsize=10, parse_math=False)
    ax.set_ylabel(y, fontsize=10, parse_math=False)
    ax.tick_params(labelsize=9)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
