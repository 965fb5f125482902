"""Pictures of a comparison: the criterion and the terms of every model, and which model meets which fact."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from mscnet.inference.comparison import Comparison, FactMet, Ranked
from mscnet.inference.verdict_text import ALIKE, criterion_shown
from mscnet.report.compare import weight_text
from mscnet.report.panels import PALETTE
from mscnet.report.plots import drawing, text_width

#: Facts are drawn in columns of at most so many.
ROWS_OF_FACTS = 45
#: Cells: failed, met trivially, met, not there.
_COLOURS = ("#D55E00", "#F0E0B0", "#56B4E9", "#FFFFFF")
_FAILED, _TRIVIAL, _MET, _NONE = range(4)
_CELL, _LINE = 0.24, 0.17  # inches


def plot_ranking(comparison: Comparison) -> Figure:
    """Left, how far each model is behind the best by the criterion (cut off where one is hopeless); right, what its
    misfit to data and facts is made of."""
    ranked = comparison.ranked
    names = [f"{each.pathway} ({weight_text(each.weight)})" for each in ranked]
    left = max(text_width(name, 9) for name in names) + 0.35
    height = 0.42 * len(ranked) + 1.35
    with drawing():
        width = left + 7.2
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)
        bottom, tall = 0.62 / height, (height - 1.0) / height
        first = figure.add_axes((left / width, bottom, 3.2 / width, tall))
        second = figure.add_axes(((left + 3.5) / width, bottom, 3.2 / width, tall))
        _draw_criterion(first, comparison)
        first.set_yticks(range(len(ranked)), names, fontsize=9, parse_math=False)
        _draw_misfit(second, comparison)
        second.set_yticks([])
        for ax in (first, second):
            ax.set_ylim(len(ranked) - 0.4, -0.6)
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelsize=9)
            ax.grid(True, axis="x", color="#E4E4E4", linewidth=0.6)
            ax.set_axisbelow(True)
    return figure


def _draw_criterion(ax: Axes, comparison: Comparison) -> None:
    deltas = [each.delta for each in comparison.ranked]
    finite = [delta for delta in deltas if math.isfinite(delta)]
    edge = 1.12 * max([*finite, 2 * ALIKE])
    shown = [min(delta, edge) for delta in deltas]
    ax.barh(range(len(deltas)), shown, height=0.55, color=PALETTE[3])
    ax.axvspan(0, ALIKE, color="#BBBBBB", alpha=0.4, lw=0, zorder=0)
    for i, delta in enumerate(deltas):
        text = f"{delta:.3g}" if math.isfinite(delta) else "not fitted"
        inside = shown[i] > 0.75 * edge
        ax.annotate(text, (shown[i], i), xytext=(-3 if inside else 3, 0), textcoords="offset points", fontsize=8,
                    ha="right" if inside else "left", va="center", color="white" if inside else "black")  # fmt: skip
    ax.set_xlim(0, edge)
    name = criterion_shown(comparison)
    ax.set_title(f"Δ{name}; grey: no evidence", loc="left", fontsize=10)
    ax.set_xlabel(f"{name} less that of the best", fontsize=9)


def _draw_misfit(ax: Axes, comparison: Comparison) -> None:
    """½r² by kind: of the deciding rows every model has a cost, and the best model's is the same against each rival."""
    kinds = ("data", "equality", "inequality")
    costs = np.array([[_cost(comparison, each, kind) for kind in kinds] for each in comparison.ranked])
    lefts = np.zeros(len(costs))
    for j, kind in enumerate(kinds):
        if costs[:, j].any():
            ax.barh(range(len(costs)), costs[:, j], left=lefts, height=0.55, color=PALETTE[(1, 2, 4)[j]],
                    label="data" if kind == "data" else f"{kind} facts")  # fmt: skip
        lefts += costs[:, j]
    ax.set_xlim(0, 1.05 * max(lefts.max(), 1e-9))
    ax.set_title("½ Σr², of which", loc="left", fontsize=10)
    ax.set_xlabel("½ Σr² beyond the least of all models", fontsize=9)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=8, frameon=False, loc="best")


def _cost(comparison: Comparison, ranked: Ranked, kind: str) -> float:
    """What a model's terms of a kind cost beyond the cheapest model for each term."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    best = comparison.best.pathway
    for row in comparison.deciding:
        if row.kind == kind:
            rows.setdefault((row.source, row.condition), {})[row.against] = row.rival
            rows[row.source, row.condition][best] = row.best
    return sum(costs.get(ranked.pathway, costs[best]) - min(costs.values()) for costs in rows.values())


def plot_facts(comparison: Comparison) -> Figure:
    """Which model meets which fact: a row a fact, a column a model, in as many blocks as the page needs."""
    ranked = comparison.ranked
    facts = list(dict.fromkeys((fact.name, fact.experiment) for each in ranked for fact in each.facts))
    found = [{(fact.name, fact.experiment): fact for fact in each.facts} for each in ranked]
    cells = np.array([[_outcome(by_name.get(fact)) for by_name in found] for fact in facts])
    blocks = max(1, -(-len(facts) // ROWS_OF_FACTS))
    rows = -(-len(facts) // blocks)
    labels = [_label(fact, facts) for fact in facts]
    wide = max(text_width(label, 7) for label in labels) + 0.2
    names = max(text_width(each.pathway, 8) for each in ranked) + 0.15
    block = wide + _CELL * len(ranked) + 0.25
    width, height = blocks * block + 0.2, rows * _LINE + names + 0.5
    with drawing():
        figure = Figure(figsize=(max(width, 5.0), height), facecolor="white")
        FigureCanvasAgg(figure)
        full = figure.get_figwidth()
        for b in range(blocks):
            part = slice(b * rows, min((b + 1) * rows, len(facts)))
            tall = (part.stop - part.start) * _LINE
            left = b * block + wide + 0.1
            box = (left / full, (height - names - 0.12 - tall) / height, _CELL * len(ranked) / full, tall / height)
            _draw_cells(figure.add_axes(box), cells[part], labels[part], [each.pathway for each in ranked])
        said = "blue: met, orange: failed, pale: met for a structural reason"
        figure.text(0.1 / full, 0.08 / height, said, fontsize=7.5, color="#404040")
    return figure


def _draw_cells(ax: Axes, cells: np.ndarray, labels: list[str], names: list[str]) -> None:
    ax.pcolormesh(cells, cmap=ListedColormap(_COLOURS), vmin=0, vmax=len(_COLOURS) - 1, edgecolors="white", linewidth=1)
    for i, j in zip(*np.nonzero(cells == _FAILED), strict=True):  # told without colour, too
        ax.plot(j + 0.5, i + 0.5, marker="x", color="white", markersize=4, markeredgewidth=1)
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=7, parse_math=False)
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(len(names)) + 0.5, names, fontsize=8, rotation=90, parse_math=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _outcome(fact: FactMet | None) -> int:
    if fact is None:
        return _NONE
    if not fact.passed:
        return _FAILED
    return _TRIVIAL if fact.trivial else _MET


def _label(fact: tuple[str, str], facts: list[tuple[str, str]]) -> str:
    """The name of a fact, with its condition where one name stands for several."""
    name, experiment = fact
    several = sum(other == name for other, _ in facts) > 1
    text = f"{name}, {experiment}" if several else name
    return text if len(text) <= 44 else text[:43] + "…"
