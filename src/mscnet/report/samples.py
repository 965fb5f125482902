"""Samples for people: a table with diagnostics, and a picture of all pairs of parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mscnet.inference.samples import Convergence, Samples
from mscnet.report.profiles import named, shown, wide_log
from mscnet.report.text import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mscnet.inference.problem import FreeParameter

#: Inches of a panel; with more parameters than `_MANY` panels are smaller.
_PANEL, _SMALL, _MANY = 1.55, 1.05, 6
_LEFT, _BOTTOM, _TOP, _RIGHT, _GAP = 0.78, 0.72, 0.38, 0.12, 0.06
#: The most parameters that one figure shows.
MOST = 12
#: Shares of the samples inside the lines of a pair.
_INSIDE = (0.95, 0.5)
_COLOUR = "#0072B2"


def sample_table(samples: Samples, level: float = 0.95, found: tuple[Convergence, ...] | None = None) -> str:
    """Medians, intervals and diagnostics, a line a parameter, and the verdict on convergence."""
    found = samples.convergence() if found is None else found
    intervals, medians = samples.intervals(level), samples.medians()
    rows = [
        [named(p), shown(p, m), f"{shown(p, low)} .. {shown(p, high)}", f"{c.r_hat:.3f}", _count(c.ess_bulk),
         _count(c.ess_tail), f"{c.autocorrelation:.1f}"]
        for p, m, (low, high), c in zip(samples.parameters, medians, intervals, found, strict=True)
    ]  # fmt: skip
    headers = ["parameter", "median", f"{level:.0%}", "R-hat", "ESS bulk", "ESS tail", "τ / draws"]
    ensembles, draws, walkers, _ = samples.thetas.shape
    said = f"{ensembles} ensembles × {walkers} walkers × {draws:,} draws, {samples.accepted:.0%} of moves accepted"
    sentence = samples.verdict(found)[1]
    return f"{table(headers, rows, right=[1, 3, 4, 5, 6])}\n\n{said}: {sentence}."


def sample_data(samples: Samples, found: tuple[Convergence, ...] | None = None) -> dict[str, Any]:
    """What the table says as an object for JSON, in the file's units; what is not known is null."""
    found = samples.convergence() if found is None else found
    converged, sentence = samples.verdict(found)
    rows = zip(samples.parameters, samples.medians().tolist(), samples.intervals().tolist(), found, strict=True)
    return {
        "converged": converged, "verdict": sentence, "accepted": samples.accepted, "seed": samples.seed,
        "parameters": [
            {"name": p.name, "median": median, "interval": interval, "r_hat": _known(c.r_hat),
             "ess_bulk": _known(c.ess_bulk), "ess_tail": _known(c.ess_tail),
             "autocorrelation": _known(c.autocorrelation)}
            for p, median, interval, c in rows
        ],
    }  # fmt: skip


def plot_pairs(samples: Samples, title: str = "") -> Figure:
    """All pairs of the parameters (the first `MOST`), with lines about a half and 95 % of the samples, and each
    parameter's histogram on the diagonal."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from mscnet.report.plots import drawing

    count = min(len(samples.parameters), MOST)
    panel = _PANEL if count <= _MANY else _SMALL
    side = count * panel + (count - 1) * _GAP
    width, height = _LEFT + side + _RIGHT, _BOTTOM + side + _TOP
    with drawing():
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)
        columns = [_shown_column(samples, j) for j in range(count)]
        for i in range(count):
            for j in range(i + 1):
                left, bottom = _LEFT + j * (panel + _GAP), _BOTTOM + (count - 1 - i) * (panel + _GAP)
                ax = figure.add_axes((left / width, bottom / height, panel / width, panel / height))
                _draw(ax, samples, columns, i, j)
                _dress(ax, [_label(p, log) for p, (_, log) in zip(samples.parameters, columns, strict=False)], i, j)
        note = (
            f" (the first {count} of {len(samples.parameters)} parameters)" if count < len(samples.parameters) else ""
        )
        if title or note:
            figure.text(0.1 / width, 1 - 0.17 / height, (title + note).strip(), fontsize=10, va="center",
                        parse_math=False)  # fmt: skip
    return figure


def _shown_column(samples: Samples, j: int) -> tuple[Any, bool]:
    """What is drawn of a parameter: its values in their unit, or the logarithms to 10 of these."""
    parameter = samples.parameters[j]
    values = samples.values[:, j] / parameter.unit_factor
    log = wide_log(parameter, np.quantile(values, [0.01, 0.99]))
    return (np.log10(values) if log else values), log


def _draw(ax: Axes, samples: Samples, columns: list[tuple[Any, bool]], i: int, j: int) -> None:
    x = columns[j][0]
    limits = _limits(x)
    ax.set_xlim(*limits)
    if i == j:
        ax.hist(x, bins=40, range=limits, color=_COLOUR, alpha=0.75, linewidth=0)
        ax.axvline(float(np.median(x)), color="black", linewidth=0.9)
        return
    y = columns[i][0]
    ax.set_ylim(*_limits(y))
    shown_at = np.random.default_rng(0).permutation(len(x))[:1500]
    ax.plot(x[shown_at], y[shown_at], ".", color=_COLOUR, alpha=0.18, markersize=1.6, zorder=1, rasterized=True)
    density, edges_x, edges_y = np.histogram2d(x, y, bins=36, range=[limits, _limits(y)])
    density = _smooth(density)
    heights = sorted({_height(density, share) for share in _INSIDE})
    centres = 0.5 * (edges_x[1:] + edges_x[:-1]), 0.5 * (edges_y[1:] + edges_y[:-1])
    ax.contour(*centres, density.T, levels=heights, colors="black", linewidths=0.9, zorder=3)


def _limits(x: Any) -> tuple[float, float]:
    low, high = np.quantile(x, [0.001, 0.999])
    margin = 0.04 * (high - low) or 0.5
    return float(low - margin), float(high + margin)


def _smooth(density: Any) -> Any:
    kernel = np.exp(-0.5 * (np.arange(-3, 4) / 0.8) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        density = np.apply_along_axis(lambda row: np.convolve(row, kernel, "same"), axis, density)
    return density


def _height(density: Any, share: float) -> float:
    """The density above which this share of the samples lies."""
    ordered = np.sort(density.ravel())[::-1]
    inside = np.cumsum(ordered) / ordered.sum()
    return float(ordered[int(np.searchsorted(inside, share))])


def _dress(ax: Axes, labels: list[str], i: int, j: int) -> None:
    ax.tick_params(labelsize=7, length=2.5)
    ax.locator_params(nbins=4)
    for spine in ("top", "right"):
        ax.spines[spine].set_visible(i != j)
    if i == j:
        ax.tick_params(labelleft=False, left=False)
        ax.spines["left"].set_visible(False)
    elif j == 0:
        ax.set_ylabel(labels[i], fontsize=8, parse_math=False)
        ax.yaxis.set_label_coords(-0.42, 0.5)
    if j > 0:
        ax.tick_params(labelleft=False)
    if i == len(labels) - 1:
        ax.set_xlabel(labels[j], fontsize=8, parse_math=False)
        ax.tick_params(axis="x", labelrotation=45)
    else:
        ax.tick_params(labelbottom=False)


def _label(parameter: FreeParameter, log: bool) -> str:
    from mscnet.report.plots import axis_label

    if log:
        return f"log₁₀ ({parameter.name} / {parameter.unit})" if parameter.unit else f"log₁₀ {parameter.name}"
    return axis_label(parameter.name, parameter.unit)


def _count(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else ""


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
