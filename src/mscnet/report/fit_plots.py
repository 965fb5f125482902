"""Pictures of a fit: how the starts ended (waterfall), and what is left over (residuals)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mscnet.inference.result import FitResult
from mscnet.report.data_plot import MARKERS
from mscnet.report.fit import SAME, group_name, ranked
from mscnet.report.panels import PALETTE
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Costs that differ by more than this factor are drawn on a logarithmic axis.
_WIDE = 20.0
#: The most panels of readings, facts of a panel and letters of a fact's name.
MOST_READINGS, MOST_FACTS, _NAME = 8, 40, 44
_BEST, _OTHER = "#0072B2", "#A0A0A0"


def plot_waterfall(result: FitResult) -> Figure:
    """Left the cost of each start by rank, those that found the best filled; right where in its range every parameter
    ended, the better a start the darker, the best as a line.  A figure that belongs to no window."""
    starts = ranked(result)
    rows = len(result.parameters)
    with drawing():
        height = max(3.4, 0.9 + 0.2 * rows)
        figure = Figure(figsize=(9.6, height), facecolor="white")
        FigureCanvasAgg(figure)
        bottom, top = 0.55 / height, 1 - 0.4 / height
        names = max((len(p.name) for p in result.parameters), default=1)
        left = 0.5 + min(0.011 * names, 0.2)
        costs = figure.add_axes((0.085, bottom, 0.375, top - bottom))
        values = figure.add_axes((left + 0.02, bottom, 0.96 - left, top - bottom))
        _draw_costs(costs, np.array([s.cost for s in starts]), len(result.starts))
        _draw_values(values, result, starts)
        costs.set_title(result.title, loc="left", fontsize=10, parse_math=False)
    return figure


def _draw_costs(ax: Axes, costs: Any, total: int) -> None:
    ranks = np.arange(1, len(costs) + 1)
    same = costs - costs[0] <= SAME * max(costs[0], 1.0)
    ax.plot(ranks, costs, color=_OTHER, linewidth=1.0, zorder=2)
    ax.plot(ranks[~same], costs[~same], "o", markersize=5, markerfacecolor="white", markeredgecolor="#404040", zorder=3)
    ax.plot(ranks[same], costs[same], "o", markersize=5.5, color=_BEST, zorder=4)
    if costs[0] > 0 and costs[-1] > _WIDE * costs[0]:
        ax.set_yscale("log")
    elif costs[-1] - costs[0] < 0.02 * abs(costs[0]):  # no tall axis for what is all the same
        ax.set_ylim(0.98 * costs[0], 1.03 * costs[0] + 1e-12)
    failed = f", {total - len(costs)} could not be run" if total > len(costs) else ""
    ax.text(0.03, 0.97, f"{int(same.sum())} of {total} at the best, {costs[0]:.5g}{failed}", transform=ax.transAxes,
            fontsize=8.5, va="top", color="#404040")  # fmt: skip
    ax.set_xlim(0.5, len(costs) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    ax.set_xlabel("starts, by rank")
    ax.set_ylabel("cost, ½ Σ r²")
    _plain(ax)


def _draw_values(ax: Axes, result: FitResult, starts: Any) -> None:
    if not result.parameters:
        ax.axis("off")
        ax.text(0.5, 0.5, "no parameter is free: it stands as it is", ha="center", fontsize=9, color="#404040")
        return
    low, high = np.array([p.bounds for p in result.parameters]).T
    span = np.where(np.isfinite(high - low) & (high > low), high - low, 1.0)
    places = np.arange(len(result.parameters))
    shades = colormaps["viridis"](np.linspace(0.0, 0.9, max(len(starts), 2)))
    for rank in range(len(starts) - 1, -1, -1):
        share = (starts[rank].end - low) / span
        ax.plot(share, places, "o", markersize=4.5, color=shades[rank], alpha=0.85, zorder=3)
    ax.plot((result.theta - low) / span, places, color="#000000", linewidth=1.0, zorder=4)
    for edge in (0.0, 1.0):
        ax.axvline(edge, color="#808080", linewidth=1.0, zorder=1)
    ax.set_yticks(places, [p.name for p in result.parameters], fontsize=8, parse_math=False)
    ax.set_ylim(len(places) - 0.5, -0.5)
    ax.set_xlim(-0.04, 1.04)
    ax.set_xticks([0.0, 0.5, 1.0], ["lower", "middle", "upper"])
    ax.set_xlabel("where in its range each parameter ended")
    ax.set_title("dark: better starts; line: the best", loc="right", fontsize=8.5, color="#404040")
    _plain(ax)


def plot_residuals(result: FitResult) -> Figure:
    """Residuals in standard deviations: of each reading over time, of facts as bars; bands are at 1 and 2."""
    data: dict[str, list[int]] = {}
    facts: list[int] = []
    for i, term in enumerate(result.terms):
        if term.kind == "datum":
            data.setdefault(group_name(term), []).append(i)
        elif term.kind in ("equality", "bound"):
            facts.append(i)
    names = list(data)[:MOST_READINGS]
    facts = sorted(facts, key=lambda i: -abs(result.residuals[i]))[:MOST_FACTS]
    with drawing():
        figure, panels, bars = _canvas(len(names), len(facts))
        for name, ax in zip(names, panels, strict=False):
            _draw_reading(ax, result, name, data[name])
        if bars is not None:
            _draw_facts(bars, result, facts)
        left = len(data) - len(names)
        title = result.title + (f" ({left} more readings are in residuals.csv)" if left else "")
        figure.text(0.1 / figure.get_figwidth(), 1 - 0.17 / figure.get_figheight(), title, fontsize=10, va="center",
                    parse_math=False)  # fmt: skip
    return figure


def _canvas(readings: int, facts: int) -> tuple[Figure, list[Axes], Axes | None]:
    """Panels of readings two across, and below them one of facts, in inches."""
    wide, high, left, gap, head = 4.3, 1.9, 0.75, 0.6, 0.5
    down = math.ceil(readings / 2)
    tall = 0.17 * facts + 0.2 if facts else 0.0
    across = 2 if readings > 1 else 1
    if not readings and not facts:
        down = across = readings = 1
    width = max(across * (wide + left) + 0.2, 7.6 if facts else 0.0)
    height = head + down * (high + gap) + (tall + gap if facts else 0.0)
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    panels = []
    for k in range(readings):
        x, y = (k % 2) * (wide + left) + left, height - head - (k // 2) * (high + gap) - high
        panels.append(figure.add_axes((x / width, y / height, wide / width, high / height)))
    names = 3.3
    bars = (
        figure.add_axes((names / width, gap / height, (width - names - 0.25) / width, tall / height)) if facts else None
    )
    return figure, panels, bars


def _draw_reading(ax: Axes, result: FitResult, name: str, places: list[int]) -> None:
    conditions = list(dict.fromkeys(result.terms[i].condition for i in places))
    size = 4.5 if len(places) < 100 else 2.6
    timed = all(math.isfinite(result.terms[i].time) for i in places)
    for c, condition in enumerate(conditions):
        own = [i for i in places if result.terms[i].condition == condition]
        x = [result.terms[i].time for i in own] if timed else [places.index(i) + 1 for i in own]
        colour = PALETTE[c % len(PALETTE)]
        ax.plot(x, result.residuals[own], linestyle="none", marker=MARKERS[c % len(MARKERS)], markersize=size,
                markerfacecolor="white", markeredgecolor=colour, markeredgewidth=0.9, label=condition,
                zorder=3)  # fmt: skip
    _bands(ax, "h")
    largest = max(3.0, 1.1 * float(np.abs(result.residuals[places]).max()))
    ax.set_ylim(-largest, largest)
    ax.set_title(name, loc="left", fontsize=9, parse_math=False)
    ax.set_ylabel("residual / σ", fontsize=9)
    unit = result.model.units.time.symbol if result.model is not None else ""
    ax.set_xlabel(axis_label("time", unit) if timed else "number", fontsize=9, labelpad=1, parse_math=False)
    if 1 < len(conditions) <= 6:
        ax.legend(fontsize=6.5, loc="upper right", ncols=2, frameon=False, handletextpad=0.1, columnspacing=0.8)
    _plain(ax)


def _draw_facts(ax: Axes, result: FitResult, facts: list[int]) -> None:
    labels = []
    for row, i in enumerate(facts):
        term, r = result.terms[i], float(result.residuals[i])
        colour = "#D55E00" if abs(r) > 1 else _BEST
        ax.barh(row, r, height=0.7, color=colour if term.kind == "equality" else "none", edgecolor=colour, zorder=3)
        labels.append(_cut(f"{term.condition}: {term.source}" if term.condition else term.source))
    ax.set_yticks(range(len(facts)), labels, fontsize=7, parse_math=False)
    ax.set_ylim(len(facts) - 0.4, -0.6)
    largest = max(2.5, 1.1 * max(abs(float(result.residuals[i])) for i in facts))
    ax.set_xlim(-largest, largest)
    _bands(ax, "v")
    ax.set_xlabel("facts: residual / tolerance (outlined: one-sided)", fontsize=9, labelpad=1)
    _plain(ax)


def _bands(ax: Axes, way: str) -> None:
    span, line = (ax.axhspan, ax.axhline) if way == "h" else (ax.axvspan, ax.axvline)
    span(-2, 2, color="#F3F3F3", zorder=0)
    span(-1, 1, color="#E4E4E4", zorder=0)
    line(0.0, color="#808080", linewidth=0.8, zorder=1)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _NAME else text[: _NAME - 1] + "…"


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8.5)
    ax.set_axisbelow(True)
