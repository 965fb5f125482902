"""A designed experiment for people: its text, what it would tell, and the curves that the models foretell."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mscnet.inference.design_result import DECIDES, Course, Design
from mscnet.mechanism.readable import readable
from mscnet.mechanism.units import TIME
from mscnet.report.compare import wrapped
from mscnet.report.files import write_whole
from mscnet.report.panels import PALETTE, STYLES
from mscnet.report.plain import plain
from mscnet.report.plots import axis_label, drawing, save_figure
from mscnet.report.text import table

#: So many standard errors are shown, those that gain most.
MOST_ERRORS = 8


def design_text(design: Design) -> str:
    """What to do, what it would tell, and what that rests on."""
    parts = [_headline(design), design.protocol.rstrip(), _doing(design)]
    parts += [_separations(design), _differences(design)] if design.criterion == "T" else [_errors(design)]
    parts.append(_instead(design))
    parts.append(_rests_on(design))
    return "\n\n".join(part for part in parts if part)


def _headline(design: Design) -> str:
    if design.criterion == "T":
        return f"To tell {design.models[0]} from {design.models[1]}: {design.best}"
    what = design.parameter if design.criterion == "Ds" else "the constants"
    return f"To pin {what} of {design.models[0]}: {design.best}"


def _doing(design: Design) -> str:
    """What is to be done from the bottles on."""
    steps = design.doing.steps
    if not steps:
        return ""
    time = design.doing.time
    taken = f", {_time(design, time)} in all" if math.isfinite(time) and time > 0 else ""
    lines = [wrapped(f"{i}. {step}") for i, step in enumerate(steps, 1)]
    return f"At the bench{taken}:\n" + "\n".join(lines)


def _time(design: Design, value: float) -> str:
    """A time in the file's unit as people say it."""
    return readable(value, TIME, design.units, 3) if design.units is not None else f"{value:.3g} {design.time_unit}"


def _differences(design: Design) -> str:
    """Where to look."""
    if not design.differences:
        return ""
    one, two = design.models
    rows = [
        (each.reading, _time(design, each.time), f"{each.first:.3g}", f"{each.rival:.3g}", f"{each.error:.2g}",
         f"{abs(each.first - each.rival) / each.error:.3g}")
        for each in design.differences
    ]  # fmt: skip
    headers = ("reading", "at", one, f"{two}, fitted again", "error", "apart by, errors")
    return f"Where they are farthest apart, if {one} holds:\n" + table(headers, rows, right=(1, 2, 3, 4, 5))


def _instead(design: Design) -> str:
    """Other settings, and other experiments of the file."""
    if not design.alternatives:
        return ""
    rows = [(str(each), f"{each.score:.4g}") for each in design.alternatives]
    return "Next best:\n" + table(("experiment", "score"), rows, right=(1,))


def _separations(design: Design) -> str:
    rows = [
        (each.truth, each.rival, f"{each.chi_square:.4g}", f"{100 * each.probability:.3g} %")
        for each in design.separations
    ]
    body = table(("if this holds", "this is behind by", "Σr²", "chance to decide"), rows, right=(2, 3))
    known = _known(design)
    said = (
        f"It decides where Σr² differs by more than 10, very strong evidence. The median of the {design.possible} "
        f"candidates that can be done scores {design.median:.3g} (in the straight-line approximation), this one "
        f"{design.best.score:.4g}."
    )
    head = "Separation, the rival fitted again to all that is known and to this:"
    return "\n".join(part for part in (known, head, body, wrapped(said)) if part)


def _known(design: Design) -> str:
    """How far what is known already tells the models apart."""
    if len(design.before) < 2:
        return ""
    (one, two), (first, second) = design.models, design.before
    said = f"Σr² over what is known already: {one} {first:.3g}, {two} {second:.3g}."
    if abs(second - first) > DECIDES:
        better, worse = (one, two) if first < second else (two, one)
        said += f" That decides against {worse} as it stands, so this is a test of {better} by something new."
    return wrapped(said) + "\n"


def _errors(design: Design) -> str:
    ordered = sorted(design.errors, key=lambda item: item[2] / item[1])[:MOST_ERRORS]
    rows = [(name, f"{before:.3g}", f"{after:.3g}", f"{before / after:.3g}") for name, before, after in ordered]
    body = table(("parameter", "before", "after", "better by"), rows, right=(1, 2, 3))
    return f"Standard errors (of ln k where k is searched on a log scale: relative errors):\n{body}"


def _rests_on(design: Design) -> str:
    errors = ", ".join(f"{name} {sigma:.3g}" for name, sigma in design.reading_errors)
    said = f"Standard deviations of readings: {errors}."
    if design.guessed:
        said += (
            f" Of {', '.join(design.guessed)} none is known: 2 % of the largest value (--error {design.guessed[0]}=…)."
        )
    if design.left_out:
        said += f" Left out, as no error of their readings is known (--error): {', '.join(design.left_out)}."
    own = [r for r in design.ranges if r[0].partition(".")[0] == design.best.experiment]
    if own:
        said += " Allowed: " + "; ".join(f"{name} from {low} to {high}" for name, low, high in own)
        said += f"; and {len(design.ranges) - len(own)} ranges more (--json)." if len(design.ranges) > len(own) else "."
    said += f" {design.possible} of {design.tried} drawn candidates can be done."
    return wrapped(said)


def plot_design(design: Design) -> Figure:
    """The curves of the models, a panel a reading: of the first model, with its error as a band, and of its
    rival, as it is and fitted again to all that is known and to what the first foretells."""
    readings = list(dict.fromkeys(course.reading for course in design.courses))
    height = 2.5 * len(readings) + 0.9
    with drawing():
        figure = Figure(figsize=(7.6, height), facecolor="white")
        FigureCanvasAgg(figure)
        for i, reading in enumerate(readings):
            top = (height - 0.45 - 2.5 * i) / height
            ax = figure.add_axes((0.11, top - 2.1 / height, 0.85, 2.05 / height))
            courses = [course for course in design.courses if course.reading == reading]
            _draw(ax, courses)
            ax.set_ylabel(axis_label(reading, courses[0].unit), fontsize=10, parse_math=False)
            if i == len(readings) - 1:
                ax.set_xlabel(axis_label("time", design.time_unit), parse_math=False)
        figure.axes[0].set_title(f"designed: {design.best}"[:90], loc="left", fontsize=10, parse_math=False)
    return figure


def _draw(ax: Axes, courses: list[Course]) -> None:
    for i, course in enumerate(courses):
        colour = PALETTE[i % len(PALETTE)]
        label = f"{course.model}, {course.note}" if course.note else course.model
        few = len(course.time) < 2
        ax.plot(course.time, course.values, color=colour, linestyle="none" if few else STYLES[i % len(STYLES)],
                marker="o" if few else "", linewidth=1.6, label=label)  # fmt: skip
        if i == 0:
            ax.fill_between(course.time, course.values - course.error, course.values + course.error, color=colour,
                            alpha=0.2, lw=0, label=f"error of a measured value, ± {course.error:.2g}")  # fmt: skip
    ax.legend(fontsize=8, frameon=False)
    ax.grid(True, color="#E4E4E4", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9)


def save_design(design: Design, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Writes ``design.json``, ``designed.mech`` (the protocol) and ``curves.png`` to a folder; gives their names.

    Raises:
        OSError: it cannot be made or written to.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(design.as_data()), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    for name, content in (("design.json", text), ("designed.mech", design.protocol)):
        write_whole(place / name, lambda path, content=content: _write(path, content))  # type: ignore[misc]
    save_figure(plot_design(design), place / "curves.png")
    return "design.json", "designed.mech", "curves.png"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
