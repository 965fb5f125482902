"""Readings of experiments as a figure: a row of panels for each experiment, a colour for each of its conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mscnet.experiment.results import Condition, Run, Series
from mscnet.mechanism.bench import Loop
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace
from mscnet.report.panels import PALETTE, STYLES
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT, _GAP, _LEFT = 3.3, 2.1, 0.95, 0.75  # inches of a panel, between panels, before the first
_TOP, _BELOW, _LEGEND = 0.6, 0.78, 1.9
#: From so many conditions on, colours run along a map instead of a palette of distinct ones.
_MANY = len(PALETTE) + 1


def plot_run(run: Run, columns: Sequence[str] | None = None) -> Figure:
    """Every series of a run over its time, those of one condition in one colour throughout its row.

    Where each condition has one value of a reading (end points, a dose and its response), they are drawn over the loop
    variable with the most values, a curve for each combination of the others.  `columns` are the readings to
    draw; without it all.
    """
    rows = _rows_of(run, columns)
    widest = max((len(names) for _, names in rows), default=1)
    with drawing():
        width = _LEFT + widest * _WIDTH + (widest - 1) * _GAP + _LEGEND
        height = max(1, len(rows)) * (_HEIGHT + _BELOW) + _TOP
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)
        figure.text(0.02, 1.0 - 0.12 / height, _title(run), va="top", fontsize=10, parse_math=False)
        for i, (conditions, names) in enumerate(rows):
            bottom = height - _TOP - (i + 1) * (_HEIGHT + _BELOW) + _BELOW
            axes = []
            for j, name in enumerate(names):
                left = _LEFT + j * (_WIDTH + _GAP)
                box = (left / width, bottom / height, _WIDTH / width, _HEIGHT / height)
                axes.append(figure.add_axes(box))
                _draw_panel(axes[-1], name, conditions, run.model, first=j == 0)
            _draw_legend(axes[-1])
    return figure


def _rows_of(run: Run, columns: Sequence[str] | None) -> list[tuple[list[Condition], list[str]]]:
    """For each experiment its conditions, and the names of the series to draw."""
    by_name: dict[str, list[Condition]] = {}
    for condition in run.conditions:
        by_name.setdefault(condition.experiment.name, []).append(condition)
    rows = []
    for conditions in by_name.values():
        names = list(dict.fromkeys(name for condition in conditions for name in condition.series))
        names = names if columns is None else [name for name in columns if name in names]
        if names:
            rows.append((conditions, names))
    return rows


def _title(run: Run) -> str:
    model = run.model
    return f"{model.name}, pathway {model.pathway}" if model.pathway else model.name


def _draw_panel(ax: Axes, name: str, conditions: Sequence[Condition], model: Mechanism, first: bool) -> None:
    dose = _dose(name, conditions)
    if dose is None:
        shown, across = _draw_courses(ax, name, conditions), axis_label("time", model.units.time.symbol)
    else:
        shown, across = _draw_responses(ax, name, conditions, dose), axis_label(dose.variable, dose.unit)
    quantity = name if shown is None or shown.wavelength is None else f"{name} ({shown.wavelength:g} nm)"
    ax.set_ylabel(axis_label(quantity, shown.unit if shown is not None else ""), fontsize=9, parse_math=False)
    ax.set_xlabel(across, fontsize=9, parse_math=False)
    if first:
        experiment = conditions[0].experiment
        heading = experiment.name if experiment.label is None else f"{experiment.name}: {experiment.label}"
        ax.set_title(heading, loc="left", fontsize=9, parse_math=False)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)


def _draw_courses(ax: Axes, name: str, conditions: Sequence[Condition]) -> Series | None:
    """A curve over time for each condition; the last series."""
    shown: Series | None = None
    for k, condition in enumerate(conditions):
        colour, style = _look(k, len(conditions))
        series = condition.series.get(name)
        if series is not None:
            shown = series
            marker = "o" if len(series.time) < 3 else ""
            ax.plot(series.time, series.values, color=colour, linestyle=style, linewidth=1.4, marker=marker,
                    markersize=4, label=_label(condition))  # fmt: skip
    return shown


def _dose(name: str, conditions: Sequence[Condition]) -> Loop | None:
    """The loop over which single values of a reading are drawn; None where some condition has a course of it."""
    lengths = {len(condition.series[name].time) for condition in conditions if name in condition.series}
    counts = [(len({c.values.get(loop.variable) for c in conditions}), loop) for loop in conditions[0].experiment.loops]
    most, loop = max(counts, key=lambda counted: counted[0], default=(0, None))
    return loop if lengths == {1} and most > 1 else None


def _draw_responses(ax: Axes, name: str, conditions: Sequence[Condition], dose: Loop) -> Series | None:
    """Single values over the dose, a curve for each combination of the other variables; the last series."""
    curves: dict[str, list[tuple[float, float]]] = {}
    shown: Series | None = None
    for condition in conditions:
        series = condition.series.get(name)
        if series is not None:
            shown = series
            others = {key: value for key, value in condition.values.items() if key != dose.variable}
            label = replace(condition, values=others).settings or name
            point = (condition.values[dose.variable] / dose.unit_factor, float(series.values[0]))
            curves.setdefault(label, []).append(point)
    for k, (label, points) in enumerate(curves.items()):
        colour, style = _look(k, len(curves))
        ax.plot(*zip(*sorted(points), strict=True), color=colour, linestyle=style, linewidth=1.4, marker="o",
                markersize=4, label=label)  # fmt: skip
    return shown


def _look(k: int, count: int) -> tuple[Any, Any]:
    """Colour and line style of condition `k` of `count`."""
    if count < _MANY:
        return PALETTE[k], STYLES[k % len(STYLES)]
    return colormaps["viridis"](0.93 * k / (count - 1)), STYLES[k % len(STYLES)]


def _label(condition: Condition) -> str:
    label = condition.settings or condition.name
    return f"{label}, unfinished" if condition.trouble else label


def _draw_legend(ax: Axes) -> None:
    """The conditions at the right of their row, in as many columns as they need."""
    handles, labels = ax.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    ax.legend(once.values(), once.keys(), loc="upper left", bbox_to_anchor=(1.03, 1.03), frameon=False,
              fontsize=7.5, ncols=int(np.ceil(len(once) / 14)) or 1, handlelength=2.4)  # fmt: skip
