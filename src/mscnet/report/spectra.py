"""Spectra over time as papers draw them, and the traces at chosen wavelengths beside them.

Of many spectra a few are drawn, evenly chosen, the first and the last among them; each has a colour of its own, dark
to light with time, which a bar of blocks names.  Colours are those of viridis, which differ in lightness throughout,
so also in greyscale and to colour-blind readers, less its palest end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mscnet.experiment.isosbestic import IsosbesticPoint, isosbestic_points
from mscnet.experiment.results import Condition, Run, Series, Spectra
from mscnet.experiment.spectra import difference_spectra, trace
from mscnet.records import dataclass, replace
from mscnet.report.labels import LABEL_SIZE, label_ends, shown_label, spread
from mscnet.report.panels import PALETTE, STYLES
from mscnet.report.plots import SIXTIETHS, axis_label, drawing, text_width
from mscnet.report.spectra_canvas import ROW, SPECTRA, TITLE_SIZE, Layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
Style = Literal["overlaid", "stacked", "difference"]
STYLES_OF_SPECTRA: tuple[Style, ...] = ("overlaid", "stacked", "difference")

#: The most spectra of one panel, and the most conditions of a figure.
MOST_SPECTRA, MOST_CONDITIONS = 15, 12
_MOST_POINTS = 4  # isosbestic points that are marked, the best
_PALEST = 0.87  # of the colour map: the rest is too pale on white
_HEADROOM = 0.1  # of a panel's height, for the name of the isosbestic point
_OFFSET = 0.22  # of the highest absorbance: from one stacked spectrum to the next


@dataclass(frozen=True, slots=True)
class _Row:
    """The panels of one condition: spectra (None: only traces), traces, and the isosbestic points."""

    title: str
    spectra: Spectra | None
    traces: tuple[Series, ...]
    points: tuple[IsosbesticPoint, ...]


def plot_spectra(
    source: Run | Condition | Spectra,
    style: Style = "overlaid",
    wavelengths: Sequence[float] = (),
    times: Sequence[float] | None = None,
    isosbestic: bool = False,
    time_unit: str = "",
    title: str = "",
) -> Figure:
    """Spectra over time, those of each condition in panels of their own, beside them the traces at single wavelengths.

    Args:
        source: a run (all its conditions, at most `MOST_CONDITIONS`), one condition, or spectra alone.
        style: ``overlaid``; ``stacked``: each spectrum above the one before, named by its time; or ``difference``:
            each less the first, the traces too.
        wavelengths: in nm; traces there are cut from the spectra that reach so far.  Series that were measured are
            drawn anyway.
        times: the spectra nearest to these are drawn; None is at most `MOST_SPECTRA` of them.
        isosbestic: marks the isosbestic points of all spectra with their wavelengths, where there are some.
        time_unit: of the times; of a run it is known.

    Raises:
        ValueError: an unknown style; a wavelength that no spectra cover; nothing to draw.
    """
    if style not in STYLES_OF_SPECTRA:
        raise ValueError(f"spectra are drawn `overlaid`, `stacked` or as `difference`, not {style!r}")
    unit = source.model.units.time.symbol if isinstance(source, Run) else time_unit
    rows = _rows(source, wavelengths)
    if not rows:
        raise ValueError("no spectra and no traces were measured")
    if style == "difference":
        rows = [_less_first(row) for row in rows]
    left_out, rows = len(rows) - MOST_CONDITIONS, rows[:MOST_CONDITIONS]
    with drawing():
        layout = _layout(rows, headed=bool(left_out > 0 or title))
        figure, places = layout.canvas()
        for row, (left, bar, right) in zip(rows, places, strict=True):
            shown = layout.fitting(row.title) if len(rows) > 1 or not title else ""
            titled = left if row.spectra is not None else right
            if titled is not None:
                titled.set_title(shown, loc="left", fontsize=TITLE_SIZE, parse_math=False)
            if row.spectra is not None and left is not None:
                _fill(left, bar, row, style, chosen_spectra(row.spectra, times), isosbestic, unit)
            if right is not None and row.traces:
                _draw_traces(right, row.traces, unit, "Δ absorbance" if style == "difference" else "absorbance")
            for ax, wanted in ((left, row.spectra), (bar, row.spectra), (right, row.traces)):
                if ax is not None and not wanted:
                    ax.remove()
        note = f"{left_out} more conditions are not drawn" if left_out > 0 else ""
        heading = "; ".join(filter(None, (title, note)))
        figure.text(0.14 / figure.get_figwidth(), 1 - 0.2 / figure.get_figheight(), heading, fontsize=10,
                    parse_math=False)  # fmt: skip
    return figure


# --- what is drawn -----------------------------------------------------------------------------


def _rows(source: Run | Condition | Spectra, wavelengths: Sequence[float]) -> list[_Row]:
    conditions = source.conditions if isinstance(source, Run) else (source,)
    rows = []
    for each in conditions:
        rows += [_Row(each.name, each, (), _points(each))] if isinstance(each, Spectra) else _rows_of(each)
    rows = [row for row in rows if row.spectra is None or row.spectra.time.size]
    for wavelength in wavelengths:
        seen = [row.spectra for row in rows if row.spectra is not None]
        if seen and not any(_covers(spectra, wavelength) for spectra in seen):
            trace(seen[0], wavelength)  # says what they cover
    return [_with_traces(row, wavelengths) for row in rows]


def _rows_of(condition: Condition) -> list[_Row]:
    """A row for each of its spectra; series that were measured stand beside the first."""
    title = condition_title(condition)
    measured = tuple(series for series in condition.series.values() if series.wavelength is not None)
    spectra = [each for each in condition.spectra.values() if each.time.size]
    if not spectra:
        return [_Row(title, None, measured, ())] if measured else []
    names = [title if len(spectra) == 1 else f"{title}: {each.name}" for each in spectra]
    return [
        _Row(name, each, measured if i == 0 else (), _points(each))
        for i, (name, each) in enumerate(zip(names, spectra, strict=True))
    ]


def _points(spectra: Spectra) -> tuple[IsosbesticPoint, ...]:
    if spectra.time.size < 2 or not np.isfinite(spectra.absorbance).all():
        return ()
    return isosbestic_points(spectra)[:_MOST_POINTS]


def _covers(spectra: Spectra, wavelength: float) -> bool:
    return bool(spectra.wavelength.min() <= wavelength <= spectra.wavelength.max())


def _with_traces(row: _Row, wavelengths: Sequence[float]) -> _Row:
    spectra = row.spectra
    if spectra is None:
        return row
    cut = tuple(trace(spectra, wavelength) for wavelength in wavelengths if _covers(spectra, wavelength))
    return replace(row, traces=(*row.traces, *cut))


def _less_first(row: _Row) -> _Row:
    """Everything less its first value; what is a difference already stays as it is."""
    spectra = row.spectra
    if spectra is not None and spectra.reference != "first":
        spectra = difference_spectra(spectra)
    return replace(row, spectra=spectra, traces=tuple(replace(s, values=s.values - s.values[:1]) for s in row.traces))


def _layout(rows: Sequence[_Row], headed: bool) -> Layout:
    names = [shown_label(series.name) for row in rows for series in row.traces]
    room = 0.62 + max((text_width(name, LABEL_SIZE) for name in names), default=0.0)
    return Layout(len(rows), any(row.spectra is not None for row in rows), bool(names), room, headed)


def condition_title(condition: Condition) -> str:
    """The label or name of an experiment with the values of its loops."""
    name = condition.experiment.label or condition.experiment.name
    return f"{name}, {condition.settings}" if condition.settings else name


def chosen_spectra(spectra: Spectra, times: Sequence[float] | None = None, most: int = MOST_SPECTRA) -> Spectra:
    """The spectra nearest to these times, or at most so many, evenly chosen, with the first and the last."""
    count = spectra.time.size
    if times is not None:
        near = {int(np.argmin(np.abs(spectra.time - time))) for time in times} if count else set()
        kept = np.array(sorted(near), dtype=int)
    else:
        kept = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    return replace(spectra, time=spectra.time[kept], absorbance=spectra.absorbance[kept])


def time_colours(count: int) -> list[tuple[float, float, float, float]]:
    """A colour for each of so many spectra in the order of time, dark to light."""
    return [colormaps["viridis"](_PALEST * i / max(1, count - 1)) for i in range(count)]


# --- drawing -----------------------------------------------------------------------------------


def _fill(ax: Axes, bar: Axes | None, row: _Row, style: Style, drawn: Spectra, isosbestic: bool, unit: str) -> None:
    """Draws the spectra of a condition, their times, and the isosbestic points."""
    step = _draw_spectra(ax, drawn, style)
    if isosbestic:
        _mark_isosbestic(ax, row.points, style)
    _name_stack(ax, bar, drawn, step, unit) if style == "stacked" else _name_times(bar, drawn, unit)


def _draw_spectra(ax: Axes, drawn: Spectra, style: Style) -> float:
    """Draws the curves; from one to the next of a stack lies so much absorbance."""
    highest = float(np.nanmax(drawn.absorbance, initial=0.0) - np.nanmin(drawn.absorbance, initial=0.0))
    step = _OFFSET * highest if style == "stacked" else 0.0
    for i, (row, colour) in enumerate(zip(drawn.absorbance, time_colours(drawn.time.size), strict=True)):
        ax.plot(drawn.wavelength, row + i * step, color=colour, linewidth=1.3, zorder=3 + i / 100)
    seen = "Δ absorbance" if drawn.reference == "first" else "absorbance"
    _frame(ax, "wavelength / nm", f"{seen}, stacked" if style == "stacked" else seen)
    if drawn.wavelength.size > 1:
        ax.set_xlim(drawn.wavelength.min(), drawn.wavelength.max())
    if style == "stacked":
        ax.set_yticks([])
        _scale_bar(ax, highest)
    elif drawn.reference == "first":
        ax.axhline(0.0, color="#909090", linewidth=0.6, zorder=1)
    elif ax.get_ylim()[0] < 0 <= float(np.nanmin(drawn.absorbance, initial=0.0)):
        ax.set_ylim(bottom=0.0)
    return step


def _frame(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, fontsize=10, parse_math=False)
    ax.set_ylabel(y, fontsize=10, parse_math=False)
    ax.tick_params(labelsize=9, direction="in", top=True, right=True)
    ax.margins(y=0.05)


def _name_times(bar: Axes | None, drawn: Spectra, unit: str) -> None:
    """A bar of blocks in the colours of the spectra, some of them named by their times."""
    if bar is None:
        return
    times = drawn.time
    bar.imshow(np.array(time_colours(times.size))[:, None, :3], aspect="auto", origin="lower", interpolation="nearest")
    every = max(1, -(-times.size // 8))
    named = sorted({*range(0, times.size - 1, every), times.size - 1})
    if len(named) > 2 and named[-1] - named[-2] < every / 2:
        del named[-2]
    bar.set_yticks(named, [f"{times[i]:.4g}" for i in named], fontsize=8.5)
    bar.set_xticks([])
    bar.tick_params(right=True, labelright=True, left=False, labelleft=False, length=2, pad=2)
    bar.yaxis.set_label_position("right")
    bar.set_ylabel(axis_label("time", unit), fontsize=9.5, parse_math=False)


def _name_stack(ax: Axes, bar: Axes | None, drawn: Spectra, step: float, unit: str) -> None:
    """Each spectrum of a stack named by its time at its red end."""
    if bar is None:
        return
    bar.set_axis_off()
    low, high = ax.get_ylim()
    red = int(np.argmax(drawn.wavelength))
    ends = [(float(row[red]) + i * step - low) / (high - low) for i, row in enumerate(drawn.absorbance)]
    for time, place in zip(drawn.time, spread(ends, 0.155 / ROW, 0.0, 1.0), strict=True):
        ax.text(1 + 0.07 / SPECTRA, place, f"{time:.4g} {unit}".rstrip(), transform=ax.transAxes, color="#303030",
                fontsize=8.5, verticalalignment="center_baseline", parse_math=False)  # fmt: skip


def _scale_bar(ax: Axes, highest: float) -> None:
    """A bar of a round absorbance in the upper left: a stack has no numbers at its axis."""
    exponent = 10.0 ** np.floor(np.log10(highest / 2)) if highest > 0 else 1.0
    length = max(f * exponent for f in (1, 2, 5) if f * exponent <= highest / 2) if highest > 0 else 1.0
    low, high = ax.get_ylim()
    at, start = 0.955, high - 0.06 * (high - low) - length
    blended: Any = ax.get_yaxis_transform()
    ax.plot([at, at], [start, start + length], color="#404040", linewidth=1.6, transform=blended, solid_capstyle="butt")
    ax.text(at - 0.02, start + length / 2, f"{length:g}", transform=blended, fontsize=8.5, color="#404040",
            horizontalalignment="right", verticalalignment="center")  # fmt: skip
    ax.set_ylim(low, high)


def _mark_isosbestic(ax: Axes, points: Sequence[IsosbesticPoint], style: Style) -> None:
    """A line at each point, named by its wavelength above all curves; a circle where the curves meet."""
    if not points:
        return
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + _HEADROOM * (high - low))
    points = sorted(points, key=lambda point: point.wavelength)
    start, end = ax.get_xlim()
    places = spread([(p.wavelength - start) / (end - start) for p in points], 0.5 / SPECTRA, 0.06, 0.94)
    for point, place in zip(points, places, strict=True):
        ax.axvline(point.wavelength, color="#D55E00", linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        if style != "stacked":
            height = 0.0 if style == "difference" else point.absorbance
            ax.plot(point.wavelength, height, marker="o", markersize=6, markerfacecolor="none",
                    markeredgecolor="#D55E00", markeredgewidth=1.2, zorder=20)  # fmt: skip
        ax.annotate(f"{point.wavelength:.0f} nm", (place, 1.0), (0, -3), xycoords="axes fraction",
                    textcoords="offset points", fontsize=8.5, color="#B04A00", horizontalalignment="center",
                    verticalalignment="top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                    zorder=21)  # fmt: skip


def _draw_traces(ax: Axes, traces: Sequence[Series], unit: str, quantity: str) -> None:
    ends = []
    for i, series in enumerate(traces):
        colour, style = PALETTE[i % len(PALETTE)], STYLES[i % len(STYLES)]
        few = series.time.size <= 60
        ax.plot(series.time, series.values, color=colour, linestyle=style, linewidth=1.4, marker="o" if few else "",
                markersize=2.6, label=series.name)  # fmt: skip
        finite = series.values[np.isfinite(series.values)]
        ends.append((series.name, float(finite[-1]) if finite.size else 0.0, colour, style))
    _frame(ax, axis_label("time", unit), quantity)
    every = np.concatenate([series.time for series in traces])
    if every.size and every.max() > every.min():
        ax.set_xlim(every.min(), every.max())
        if unit in SIXTIETHS and np.ptp(every) > 60:
            ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 3, 6, 10]))
    ax.set_ylim(min(0.0, ax.get_ylim()[0]) if ax.get_ylim()[0] < 0 and _below_zero(traces) else 0.0)
    label_ends(ax, ends)


def _below_zero(traces: Sequence[Series]) -> bool:
    return any(float(np.nanmin(series.values, initial=0.0)) < 0 for series in traces)
