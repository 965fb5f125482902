"""Curves over time as a figure that is legible in print, in greyscale and to colour-blind readers.

Three rules lay out a figure.  Curves share a panel only if they have the same unit and the highest is at
most `panels.MAGNITUDE_GAP` times as high as the lowest; so a trace intermediate gets an axis of its own.  Each
curve has a colour *and* a line style, and is named at its right end, in the order of the ends.  By default a
species that does not change is left out, and of many the `MOST_CURVES` that change most are drawn; a line
under the figure says what is missing.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mscnet.mechanism.units import CONCENTRATION, DIMENSION_NAMES, NONE
from mscnet.report.files import write_whole
from mscnet.report.labels import LABEL_SIZE, label_ends, shown_label
from mscnet.report.panels import STYLES, Curve, panels_of
from mscnet.report.tables import COLUMN_GROUPS, Column, Table, tabulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mscnet.simulation.trajectory import Trajectory

#: The most curves that are drawn when nobody has said which.
MOST_CURVES = 12

#: File formats of figures, by extension, with the metadata that would otherwise differ from run to run.
FIGURE_FORMATS: Mapping[str, dict[str, str | None]] = {
    ".png": {"Software": "mscnet"},
    ".svg": {"Date": None, "Creator": "mscnet"},
    ".pdf": {"CreationDate": None, "Creator": "mscnet", "Producer": "mscnet"},
}

#: Units of time that people read in thirds and sixths of sixty.
SIXTIETHS = ("s", "min")
_WIDTH, _LEFT, _BOTTOM, _TOP, _GAP = 5.2, 0.92, 0.52, 0.48, 0.34  # inches: of an axis and about it
_NUMBERS = 0.52  # inches that are left for the numbers of a vertical axis, more where they are longer
_LABEL_SIZES = (10.0, 9.0)  # of a vertical axis' label: the larger one that fits
_FAINT = 0.28  # opacity of single runs behind their mean
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "mscnet",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
}


def plot_trajectory(
    trajectory: Trajectory,
    columns: str | Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    amounts: Sequence[str] = (),
) -> Figure:
    """The curves of a trajectory, as a matplotlib Figure that belongs to no window.

    Args:
        columns: as for `tabulate`; without it, the species that change, at most `MOST_CURVES` of them.
            Of a group, such as ``"all"``, what does not change is left out.
        units: output units, as for `tabulate`.
        amounts: species given as amounts, as for `tabulate`.

    Raises:
        MechanismError: an unknown name or unit.
    """
    table = tabulate(trajectory.with_jumps(), columns, units, amounts)
    named = columns is not None and columns not in COLUMN_GROUPS
    most = MOST_CURVES if columns is None else len(table.columns)
    shown, note = (table.columns, "") if named else worth_drawing(table, most)
    notes = [note] if note else []
    if not trajectory.status.finished:
        reason = trajectory.status.name.lower().replace("_", " ")
        notes.append(f"stopped at {table.time.values[-1]:.6g} {table.time.unit}: {reason}")
    mechanism = trajectory.mechanism
    title = f"{mechanism.name}, pathway {mechanism.pathway}" if mechanism.pathway else mechanism.name
    return draw_table(Table(table.time, shown), title, "; ".join(notes))


def draw_table(
    table: Table,
    title: str = "",
    note: str = "",
    runs: Mapping[str, NDArray[np.float64]] | None = None,
    by_magnitude: bool = True,
) -> Figure:
    """The columns of a table over its time, in panels by unit and magnitude (see the module).

    `runs` are courses (n_runs, n_times) that thin lines show behind the column of that name.  Without `by_magnitude`
    all curves of a unit share a panel.
    """
    with drawing():
        panels = panels_of(table.columns, by_magnitude)
        heights = [max(_height(i, len(panels)), 0.21 * len(curves)) for i, curves in enumerate(panels)]
        figure, axes = _canvas(heights, _label_width(table.columns), bool(note))
        log_time = is_log_spaced(table.time.values)
        for ax, curves in zip(axes, panels, strict=True):
            _draw_panel(ax, curves, table.time.values, log_time, runs or {})
        axes[-1].set_xlabel(axis_label("time", table.time.unit), parse_math=False)
        if table.time.unit in SIXTIETHS and not log_time and axes[-1].viewLim.width > 60:
            axes[-1].xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 3, 6, 10]))
        _place_quantities(axes)
        for ax in axes[:-1]:
            ax.tick_params(labelbottom=False)
        axes[0].set_title(title, loc="left", fontsize=10, parse_math=False)
        if note:
            figure.text(0.1 / figure.get_figwidth(), 0.08 / figure.get_figheight(), note, fontsize=7.5,
                        color="#404040", parse_math=False)  # fmt: skip
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Writes `figure` as PNG, SVG or PDF, by extension; the same figure always gives the same bytes.

    Raises:
        KeyError: another extension.
        OSError: `path` cannot be written.
    """
    suffix = Path(path).suffix.lower()
    metadata: Any = FIGURE_FORMATS[suffix]

    def write(temporary: Path) -> None:
        with drawing():
            figure.savefig(temporary, format=suffix[1:], dpi=160, metadata=metadata)

    write_whole(path, write)


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib with our settings and nobody else's; afterwards it is as it was."""
    with rc_context({**rcParamsDefault, **_SETTINGS}), warnings.catch_warnings():
        # a letter that the font lacks is drawn as a box, and the rest as it should be
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def curve_count(figure: Figure) -> int:
    """How many curves a figure of `draw_table` shows."""
    # matplotlib names lines without a label _child0, _child1, …; leaders and samples have none
    return sum(not str(line.get_label()).startswith("_child") for ax in figure.axes for line in ax.lines)


def is_log_spaced(times: NDArray[np.float64]) -> bool:
    """Whether output times are spread evenly over decades rather than over time (a first 0 aside)."""
    positive = times[1:] if times.size and times[0] == 0 else times
    if positive.size < 4 or positive[0] <= 0 or positive[-1] < 100 * positive[0]:
        return False
    steps, ratios = np.diff(positive), np.diff(np.log(positive))
    return bool(np.std(ratios) / np.mean(ratios) < np.std(steps) / np.mean(steps))


# --- what is drawn -----------------------------------------------------------------------------


def worth_drawing(table: Table, most: int) -> tuple[tuple[Column, ...], str]:
    """The columns that change, at most `most`, and a note on those that are left out."""
    changes = {column.name: _change(column.values) for column in table.columns}
    moving = [column for column in table.columns if changes[column.name] > 0]
    if not moving:
        return table.columns[:most], "nothing changes" if table.columns else "no species"
    still = [column.label for column in table.columns if changes[column.name] == 0]
    notes = [f"constant: {_listed(still)}"] if still else []
    if len(moving) > most:
        notes.insert(0, f"the {most} of {len(moving)} species that change most")
        kept = {c.name for c in sorted(moving, key=lambda c: -changes[c.name])[:most]}
        moving = [column for column in moving if column.name in kept]
    return tuple(moving), "; ".join(notes)


def _listed(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) <= 4 else ", ".join(labels[:3]) + f" and {len(labels) - 3} more"


def _change(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min()) if finite.size else 0.0


def _height(panel: int, count: int) -> float:
    """Height in inches: the first panel, of the highest curves, has most of the room."""
    if count == 1:
        return 3.1
    return 2.4 if panel == 0 else 1.35


# --- drawing -----------------------------------------------------------------------------------


def _label_width(columns: Sequence[Column]) -> float:
    """Width in inches of the longest label."""
    return max((text_width(shown_label(column.label), LABEL_SIZE) for column in columns), default=0.0)


def text_width(text: str, size: float) -> float:
    """Width in inches of a text of `size` points."""
    if not text.strip():
        return 0.0  # matplotlib measures no path without a letter
    return float(1.06 * TextPath((0, 0), text, size=size).get_extents().width / 72)  # hinting widens letters


def _canvas(heights: list[float], label_width: float, noted: bool) -> tuple[Figure, list[Axes]]:
    """A figure with one axis below the other, `heights` inches high, and room for the labels at their right."""
    width = _LEFT + _WIDTH + 0.62 + label_width + 0.1
    bottom = _BOTTOM + (0.14 if noted else 0.0)
    height = _TOP + sum(heights) + _GAP * (len(heights) - 1) + bottom
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    axes: list[Axes] = []
    top = height - _TOP
    for panel in heights:
        box = (_LEFT / width, (top - panel) / height, _WIDTH / width, panel / height)
        axes.append(figure.add_axes(box, sharex=axes[0] if axes else None))
        top -= panel + _GAP
    return figure, axes


def _draw_panel(
    ax: Axes,
    curves: list[Curve],
    times: NDArray[np.float64],
    log_time: bool,
    runs: Mapping[str, NDArray[np.float64]],
) -> None:
    drawn = slice(1, None) if log_time and times[0] <= 0 else slice(None)
    for curve in curves:
        for course in runs.get(curve.column.name, ()):
            ax.plot(times[drawn], course[drawn], color=curve.colour, linewidth=0.5, alpha=_FAINT, zorder=2)
    for curve in curves:
        # dashes over solid lines, so that of two equal curves both are seen
        values = np.where(np.isfinite(curve.column.values), curve.column.values, np.nan)[drawn]
        ax.plot(times[drawn], values, color=curve.colour, linestyle=curve.style, linewidth=1.6,
                marker="o" if values.size == 1 else "", zorder=3 + curve.rank % len(STYLES) / 10,
                label=curve.column.label)  # fmt: skip
    if log_time:
        ax.set_xscale("log")
    ends = times[drawn]
    if ends.size > 1:
        ax.set_xlim(ends[0], ends[-1])
    _frame(ax, curves)
    label_ends(ax, [(c.column.label, _last_finite(c.column.values), c.colour, c.style) for c in curves])


def _frame(ax: Axes, curves: list[Curve]) -> None:
    low, high = ax.get_ylim()
    if low < 0 and min((_lowest(c) for c in curves), default=0.0) >= -1e-4 * high:
        low = 0.0  # the margin below nothing is no use, and a solver's -1e-15 is nothing
    if high > low:
        ax.set_ylim(low, high)
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4), useMathText=True)
    label, size = _fitted(_quantity(curves), ax)
    ax.set_ylabel(label, fontsize=size, parse_math=False)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9)


def _lowest(curve: Curve) -> float:
    values = curve.column.values
    return float(np.min(values, where=np.isfinite(values), initial=np.inf))


def _quantity(curves: list[Curve]) -> str:
    """What the vertical axis shows: the quantity where it has a name, else the only curve's label."""
    if not curves:
        return ""
    column = curves[0].column
    if column.dimension is not None and column.dimension != NONE:
        name = DIMENSION_NAMES.get(column.dimension)
        if name is None and len(column.dimension.exponents) == 1 and column.unit:
            name = DIMENSION_NAMES[CONCENTRATION]  # a scale of the file's own, as in `unit c0`
        if name is not None:
            return axis_label(name, column.unit)
    return axis_label(column.label if len(curves) == 1 else "value", column.unit)


def _fitted(label: str, ax: Axes) -> tuple[str, float]:
    """An axis label and its size; its unit is on a second line where the panel is too low for one."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    height = ax.get_position().height * figure.get_figheight()
    for size in _LABEL_SIZES:
        if text_width(label, size) < height:
            return label, size
    name, mark, unit = label.rpartition(" (") if label.endswith(")") else label.rpartition(" / ")
    return f"{name}\n{mark.lstrip()}{unit}" if mark else label, _LABEL_SIZES[-1]


def _place_quantities(axes: Sequence[Axes]) -> None:
    """Puts the labels of the vertical axes level with each other and clear of the longest number."""
    figure = axes[0].get_figure(root=True)
    assert figure is not None
    starts = [ax.bbox.x0 - text.get_window_extent().x0 for ax in axes for text in ax.get_yticklabels()]
    away = max(_NUMBERS, max(starts, default=0.0) / figure.dpi + 0.07)
    for ax in axes:
        ax.yaxis.set_label_coords(-away / _WIDTH, 0.5)


def axis_label(name: str, unit: str) -> str:
    """``time / min``; a unit that is a quotient stands in brackets: ``rate (mM/min)``."""
    unit = re.sub(r"\^(-?\d+)", lambda power: power[1].translate(_SUPERSCRIPTS), unit)
    if not unit:
        return name
    return f"{name} ({unit})" if "/" in unit else f"{name} / {unit}"


def _last_finite(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else 0.0
