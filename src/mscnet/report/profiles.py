"""Profiles and bootstraps for people: tables of intervals and verdicts, and small pictures side by side."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mscnet.inference.bootstrap import Bootstrap
from mscnet.inference.covariance import quantile
from mscnet.inference.problem import FreeParameter
from mscnet.inference.profile import DECIDES, Interval, Profile, Profiles
from mscnet.report.text import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Fewer repeats of a bootstrap give no good percentiles.
_ENOUGH = 100
#: Pictures side by side, and inches of each.
_ACROSS, _WIDTH, _HEIGHT = 3, 2.9, 2.3
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.62, 0.34, 0.44, 0.46
_COLOURS = {"identifiable": "#0072B2", "practically not": "#B26B00", "structurally not": "#D55E00"}
#: The axis goes a little above the highest threshold.
_HEADROOM = 1.35


def shown(parameter: FreeParameter, value: float, digits: int = 4) -> str:
    """A value in the unit that the file writes it in, without the unit."""
    return f"{value / parameter.unit_factor:.{digits}g}"


def named(parameter: FreeParameter) -> str:
    """``k1 /min``: a name with the unit of its numbers."""
    return f"{parameter.name} {parameter.unit}".rstrip()


def profile_table(profiles: Profiles) -> str:
    """Values, intervals and verdicts, a line a parameter, and sentences on what is to be known besides."""
    headers = ["parameter", "value", *(f"{level:.0%}" for level in profiles.levels), "verdict"]
    names = [p.parameter.name for p in profiles.profiles]
    rows = []
    for each in profiles.profiles:
        value = float(each.values[each.at])
        cells = [_interval(each.parameter, interval) for interval in each.intervals]
        rows.append([named(each.parameter), shown(each.parameter, value), *cells, each.said])
    notes = [note for each in profiles.profiles for note in _notes(each)]
    if any(each.open_lower or each.open_upper for p in profiles.profiles for each in p.intervals):
        notes.append("An end in brackets is a bound, or how far a profile was followed, not a limit of the data.")
    notes += [f"{relation}." for relation in profiles.blind.relations if any(f"`{n}`" in relation for n in names)]
    if profiles.better is not None:
        notes.append(f"A better optimum turned up: cost {profiles.better.cost:.6g} in place of {profiles.cost:.6g}. "
                     "Fit again from there; these intervals count from the one that was given.")  # fmt: skip
    return "\n".join([table(headers, rows, right=[1]), *(["", *notes] if notes else [])])


def profile_data(profiles: Profiles) -> list[dict[str, Any]]:
    """The profiles as objects for JSON, in the file's units."""
    return [
        {
            "parameter": p.parameter.name, "verdict": p.verdict, "open": list(p.open_sides),
            "resting_on": list(p.resting_on), "trouble": p.trouble,
            "intervals": [
                {"level": i.level, "lower": i.lower, "upper": i.upper, "open_lower": i.open_lower,
                 "open_upper": i.open_upper} for i in p.intervals
            ],
            "values": p.values.tolist(), "rise": p.rise.tolist(),
        }
        for p in profiles.profiles
    ]  # fmt: skip


def bootstrap_table(bootstrap: Bootstrap, level: float = DECIDES, unknown: Sequence[str] = ()) -> str:
    """Medians, standard errors and percentile intervals, a line a parameter; `unknown` are those that the data do not
    determine."""
    intervals, errors = bootstrap.intervals(level), bootstrap.standard_errors
    medians = np.median(bootstrap.values, axis=0)
    rows = [
        [named(p), shown(p, m), shown(p, e, 3), f"{shown(p, low)} .. {shown(p, high)}"]
        for p, m, e, (low, high) in zip(bootstrap.parameters, medians, errors, intervals, strict=True)
    ]
    count = f"{int(bootstrap.converged.sum())} of {len(bootstrap.thetas)} {bootstrap.kind} repeats converged."
    notes = [count]
    if len(bootstrap.flat) < _ENOUGH:
        notes.append(f"Percentiles of fewer than {_ENOUGH} repeats are rough.")
    if unknown:
        listed = ", ".join(f"`{name}`" for name in unknown)
        notes.append(f"The data do not determine {listed}: repeats stay near where they begin, so that intervals of "
                     "these mean nothing (--profile shows how far they may go).")  # fmt: skip
    return "\n".join([table(["parameter", "median", "error", f"{level:.0%}"], rows, right=[1, 2]), "", *notes])


def bootstrap_data(bootstrap: Bootstrap, level: float = DECIDES) -> dict[str, Any]:
    """The bootstrap as an object for JSON, in the file's units."""
    intervals, errors = bootstrap.intervals(level).tolist(), bootstrap.standard_errors.tolist()
    return {
        "kind": bootstrap.kind, "repeats": len(bootstrap.thetas), "converged": int(bootstrap.converged.sum()),
        "seed": bootstrap.seed, "level": level,
        "parameters": [
            {"name": p.name, "error": e, "interval": i}
            for p, e, i in zip(bootstrap.parameters, errors, intervals, strict=True)
        ],
    }  # fmt: skip


def write_bootstrap(bootstrap: Bootstrap, path: str | Path) -> None:
    """Writes the fitted values of every repeat that converged as CSV, in the file's units.

    Raises:
        OSError: the file cannot be written.
    """
    with open(path, "w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow([p.name for p in bootstrap.parameters])
        rows.writerows(bootstrap.values.tolist())


def plot_profiles(profiles: Profiles, title: str = "") -> Figure:
    """A small picture for each profile: 2 Δcost over the value, the thresholds as lines, crossings marked.

    Raises:
        ValueError: there is no profile.
    """
    from mscnet.report.plots import drawing

    if not profiles.profiles:
        raise ValueError("no profile to draw")
    with drawing():
        figure, axes = small_multiples(len(profiles.profiles), title)
        for ax, each in zip(axes, profiles.profiles, strict=True):
            _draw(ax, each, profiles)
    return figure


def small_multiples(count: int, title: str = "") -> tuple[Figure, list[Axes]]:
    """A figure with so many pictures of one size, row by row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(count, _ACROSS)
    down = math.ceil(count / across)
    over = 0.3 if title else 0.05
    width, height = across * (_LEFT + _WIDTH + _RIGHT), down * (_TOP + _HEIGHT + _BOTTOM) + over
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = []
    for k in range(count):
        left = (k % across) * (_LEFT + _WIDTH + _RIGHT) + _LEFT
        bottom = height - over - (k // across + 1) * (_TOP + _HEIGHT + _BOTTOM) + _BOTTOM
        axes.append(figure.add_axes((left / width, bottom / height, _WIDTH / width, _HEIGHT / height)))
    if title:
        figure.text(0.1 / width, 1 - 0.2 / height, title, fontsize=10, va="center", parse_math=False)
    return figure, axes


def dress(ax: Axes, parameter: FreeParameter) -> None:
    """The frame of a picture whose horizontal axis is a parameter."""
    from mscnet.report.plots import axis_label

    ax.set_xlabel(axis_label(parameter.name, parameter.unit), fontsize=9, parse_math=False)
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)


def wide_log(parameter: FreeParameter, values: Sequence[float] | Any) -> bool:
    """Whether an axis over these values is better logarithmic."""
    low, high = float(np.min(values)), float(np.max(values))
    return parameter.scale == "log" and low > 0 and high > 5 * low


def _draw(ax: Axes, profile: Profile, profiles: Profiles) -> None:
    from matplotlib.ticker import MaxNLocator

    colour = _COLOURS[profile.verdict]
    x = profile.values / profile.parameter.unit_factor
    top = quantile(max(profiles.levels)) ** 2 * _HEADROOM
    ax.plot(*_smooth(profile), color=colour, linewidth=1.5, zorder=3)
    ax.plot(x, profile.rise, color=colour, linestyle="none", marker="o", markersize=2.8, zorder=3)
    for level in profiles.levels:
        height = quantile(level) ** 2
        ax.axhline(height, color="#707070", linewidth=0.8, linestyle=(0, (5, 3)), zorder=2)
        ax.annotate(f"{level:.0%}", (1.015, height), xycoords=("axes fraction", "data"), fontsize=7, color="#505050",
                    va="center", annotation_clip=False)  # fmt: skip
    best = float(x[profile.at])
    ax.plot([best], [0.0], marker="D", markersize=4.5, color="black", zorder=4, linestyle="none", clip_on=False)
    _shade(ax, profile, colour)
    if wide_log(profile.parameter, x):
        ax.set_xscale("log")
    ax.set_ylim(min(-0.03 * top, float(profile.rise.min()) * 1.1), top)
    below = profile.rise <= top
    ax.set_xlim(*_reach(x, below, ax.get_xscale() == "log"))
    if ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.set_ylabel("2 Δcost", fontsize=9)
    ax.set_title(profile.said.replace(": ", ":\n"), loc="left", fontsize=8, color=colour, parse_math=False)
    dress(ax, profile.parameter)


def _smooth(profile: Profile) -> tuple[Any, Any]:
    """The curve through the points: its height ± sqrt(2 Δcost), nearly a straight line, is interpolated."""
    from scipy.interpolate import PchipInterpolator

    u = profile.coordinates
    if u.size < 3 or np.any(np.diff(u) <= 0) or np.any(profile.rise < 0):
        return profile.values / profile.parameter.unit_factor, profile.rise
    height = np.sqrt(profile.rise) * np.where(np.arange(u.size) < profile.at, -1.0, 1.0)
    fine = np.unique(np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(u)]))
    values = np.array([profile.parameter.to_value(float(each)) for each in fine])
    return values / profile.parameter.unit_factor, PchipInterpolator(u, height)(fine) ** 2


def _shade(ax: Axes, profile: Profile, colour: str) -> None:
    interval = profile.interval(DECIDES)
    factor = profile.parameter.unit_factor
    ax.axvspan(interval.lower / factor, interval.upper / factor, color=colour, alpha=0.10, linewidth=0, zorder=1)


def _reach(x: Any, below: Any, log: bool) -> tuple[float, float]:
    """The axis: all points in sight, and the next ones beyond so that the curve leaves at the top."""
    places = np.flatnonzero(below)
    first, last = max(int(places[0]) - 1, 0), min(int(places[-1]) + 1, len(x) - 1)
    low, high = float(x[first]), float(x[last])
    inner_low, inner_high = float(x[places[0]]), float(x[places[-1]])
    if log:
        span = math.log(inner_high / inner_low) or 1.0
        return max(low, inner_low * math.exp(-0.12 * span)) * 0.98, min(high, inner_high * math.exp(0.12 * span)) * 1.02
    span = inner_high - inner_low or 1.0
    return max(low, inner_low - 0.12 * span), min(high, inner_high + 0.12 * span)


def _interval(parameter: FreeParameter, interval: Interval) -> str:
    """``0.12 .. 0.31``; an open end is where it was followed to, in brackets."""
    low, high = shown(parameter, interval.lower), shown(parameter, interval.upper)
    return f"{f'({low})' if interval.open_lower else low} .. {f'({high})' if interval.open_upper else high}"


def _notes(profile: Profile) -> list[str]:
    name = f"`{profile.parameter.name}`"
    notes = []
    if profile.resting_on:
        others = ", ".join(f"`{n}`" for n in profile.resting_on)
        come = "comes" if len(profile.resting_on) == 1 else "come"
        notes.append(f"The interval of {name} ends where {others} {come} to a bound: with a wider range it is wider.")
    if profile.trouble:
        notes.append(f"{name}: {profile.trouble}.")
    return notes
