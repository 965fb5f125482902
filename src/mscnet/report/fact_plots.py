"""A fact as a picture: the curves that it was judged on, with what was seen drawn over them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mscnet.experiment.curve import Curve, FloatArray
from mscnet.experiment.phrases import expected_text, shown
from mscnet.experiment.verdict import Mark, Verdict
from mscnet.mechanism.units import TIME
from mscnet.report.facts import outcome, shortened
from mscnet.report.panels import PALETTE
from mscnet.report.plots import draw_table, save_figure
from mscnet.report.tables import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The most curves of one picture.
MOST_CURVES = 8
#: The longest title and note, in characters.
_TITLE, _NOTE = 74, 118
_SEEN, _MODEL = "#0072B2", "#D55E00"
_SLUG = re.compile(r"[^a-z0-9]+")


def plot_verdict(verdict: Verdict, time_unit: str) -> Figure:
    """The curves of a verdict over time, and over them what was seen with its tolerance, the model's value, and
    dotted the ends of the times that count."""
    curves = verdict.curves[:MOST_CURVES]
    time = _shared_time(curves)
    columns = [Column(f"{i}", c.label, c.unit, None, _on(c, time)) for i, c in enumerate(curves)]
    marks = [mark for mark in verdict.marks if math.isfinite(mark.expected)]
    columns += [_level(mark, verdict, time, columns[0]) for mark in marks if mark.axis == "value"]
    title = shortened(f"{outcome(verdict)}: {verdict.fact.text}", _TITLE)
    note = shortened(f"{verdict.experiment}: {verdict.sentence}", _NOTE)
    axis = Column("time", "time", time_unit, TIME, time)
    figure = draw_table(Table(axis, tuple(columns)), title, note, by_magnitude=False)
    if verdict.window is not None:
        for at in {*verdict.window}:
            figure.axes[0].axvline(at, color="#808080", linewidth=1.0, linestyle=":")
    for i, mark in enumerate(marks):
        if mark.axis == "time":
            _draw_time(figure.axes[0], mark, verdict.within)
        else:
            _draw_value(figure.axes[0], mark, PALETTE[(len(curves) + i) % len(PALETTE)])
    return figure


def write_plots(folder: Path, verdicts: Sequence[Verdict], time_unit: str) -> list[Path]:
    """Writes a picture of every failing verdict that has a curve, and gives their paths.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, verdict in enumerate(verdicts, 1):
        if verdict.passed or not any(len(curve.time) > 1 for curve in verdict.curves):
            continue
        path = folder / f"{number:03d}-{file_name(verdict)}.png"
        save_figure(plot_verdict(verdict, time_unit), path)
        paths.append(path)
    return paths


def file_name(verdict: Verdict) -> str:
    """``fig4-v-0-015-ml-time-of-max-od371``: letters, digits and hyphens."""
    text = f"{verdict.experiment} {verdict.fact.name or verdict.fact.text}"
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return _SLUG.sub("-", plain).strip("-")[:60].rstrip("-") or "fact"


def _shared_time(curves: Sequence[Curve]) -> FloatArray:
    return np.unique(np.concatenate([curve.time for curve in curves]))


def _on(curve: Curve, time: FloatArray) -> FloatArray:
    """A curve at other times, ``nan`` outside its own."""
    if len(curve.time) == len(time):
        return curve.values
    return np.interp(time, curve.time, curve.values, left=np.nan, right=np.nan)


def _level(mark: Mark, verdict: Verdict, time: FloatArray, beside: Column) -> Column:
    """What was seen of a value, as a line among the curves, so that the axis has room for it."""
    label = expected_text(mark.expected, mark.tolerance, verdict.unit)
    label = f"seen: {mark.bound} {label}" if mark.bound else f"seen: {label}"
    return Column(f"seen {label}", label, beside.unit, beside.dimension, np.full(time.shape, mark.expected))


def _draw_value(axes: Axes, mark: Mark, colour: str) -> None:
    """The tolerance of a value as a band in the colour of its line, the model's own value as a thin line."""
    limits = axes.get_ylim()
    if mark.tolerance:
        axes.axhspan(mark.expected - mark.tolerance, mark.expected + mark.tolerance, color=colour, alpha=0.15, lw=0)
    if mark.found is not None and math.isfinite(mark.found):
        axes.axhline(mark.found, color="#000000", linewidth=0.8, linestyle=(0, (4, 2)))
        axes.annotate(
            f"model {shown(mark.found)}", (0.99, mark.found), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", ha="right", va="bottom", fontsize=8, parse_math=False,
        )  # fmt: skip
    axes.set_ylim(*limits)


def _draw_time(axes: Axes, mark: Mark, within: tuple[float, float] | None) -> None:
    """The time seen as a line with its tolerance as a band, the model's own as a dashed line, and (in its colour) the
    times that are as good as that."""
    limits = axes.get_xlim()
    if mark.tolerance:
        axes.axvspan(mark.expected - mark.tolerance, mark.expected + mark.tolerance, color=_SEEN, alpha=0.15, lw=0)
    if within is not None:
        axes.axvspan(*within, color=_MODEL, alpha=0.12, lw=0)
    axes.axvline(mark.expected, color=_SEEN, linewidth=1.2)
    _name_line(axes, mark.expected, f"seen {mark.bound} {shown(mark.expected)}".replace("  ", " "), _SEEN, limits, 0.03)
    if mark.found is not None and math.isfinite(mark.found):
        axes.axvline(mark.found, color=_MODEL, linewidth=1.0, linestyle=(0, (4, 2)))
        _name_line(axes, mark.found, f"model {shown(mark.found)}", _MODEL, limits, 0.11)
    axes.set_xlim(*limits)


def _name_line(axes: Axes, at: float, text: str, colour: str, limits: tuple[float, float], height: float) -> None:
    """The name of an upright line, on its side with more room."""
    low, high = limits
    if not low <= at <= high:
        return
    right = at > low + 0.6 * (high - low)
    axes.annotate(
        text, (at, height), xycoords=("data", "axes fraction"), xytext=(-3 if right else 3, 0),
        textcoords="offset points", ha="right" if right else "left", color=colour, fontsize=8, parse_math=False,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5},
    )  # fmt: skip
