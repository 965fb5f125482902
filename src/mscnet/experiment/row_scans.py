"""Isosbestic points of the rows of a run: which spectra a fact speaks of, and where they cross."""

from __future__ import annotations

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import find_reading
from mscnet.experiment.isosbestic import isosbestic_point
from mscnet.experiment.isosbestic_fact import no_spectra, scanned
from mscnet.experiment.results import Condition, Spectra
from mscnet.experiment.row_courses import RowCourses
from mscnet.experiment.row_curve import FloatArray
from mscnet.experiment.row_features import NONE_AT_ALL, single
from mscnet.experiment.row_isosbestic import RowScans, nearest_crossing
from mscnet.experiment.rows import RowMeasured
from mscnet.experiment.wavelengths import nanometres, wavelength_grid
from mscnet.mechanism.bench import Reading
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.facts import Course, Window
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Spectra that a fact speaks of: those of a reading, or without one those that would have been seen."""

    measured: RowMeasured
    wavelength: FloatArray
    reading: Reading | None


def crossing(
    course: Course | None, condition: Condition, window: Window | None, rows: RowCourses, near: float | None,
    scale: float = 1.0,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """The wavelength of the isosbestic point of every row, (m,), and what it falls short, (m,): see `nearest_crossing`.

    Spectra are made from the concentrations of a run; those that it holds are not looked at.

    Raises:
        MechanismError: no spectra are measured, or fewer than two of them in the window.
        NotAlike: the window is not the same in all rows.
    """
    return rows.once(
        ("crossing", near, scale), course, condition, window,
        lambda: _crossing(course, condition, window, rows, near, scale),
    )  # fmt: skip


def _crossing(
    course: Course | None, condition: Condition, window: Window | None, rows: RowCourses, near: float | None,
    scale: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    seen = _seen(course, condition, rows, near)
    times = _times(seen, condition, window, rows)
    if times.sum() < 2:
        ends = [] if window is None else [rows.number(e, condition) for e in (window.start, window.end)]
        between = f" between {single(ends[0]):g} and {single(ends[1]):g}" if ends else ""
        message = f"{condition.name}: an isosbestic point needs two spectra or more{between}; there are {times.sum()}"
        raise MechanismError.of("E095", message, span=course.span if course else None)
    stretch = seen.measured.stretch
    bands = rows.light.bands(condition, stretch, seen.reading, seen.wavelength, rows.number)
    if bands is None:
        return _one_by_one(seen, condition, rows, near, times)
    level = None
    if seen.reading is not None and seen.reading.reference == "first":
        level = -(stretch.states[:, :1, bands.species] @ bands.absorptivity)[:, 0]
    scans = RowScans(stretch.states[:, times][:, :, bands.species], bands, level)
    return nearest_crossing(scans, near, rows.tangent, scale)


def _seen(course: Course | None, condition: Condition, rows: RowCourses, near: float | None) -> _Seen:
    done = rows.condition(condition)
    names = [s.name for s in symbols(course.expression) if s.kind == "reading"] if course is not None else []
    found = {name: m for m in done.measured for name in m.spectra if not names or name in names}
    if found:
        name, measured = list(found.items())[-1]
        reading = find_reading(condition.experiment.steps, name)
        if reading is None or len(reading.wavelengths) != 3:
            return _Seen(measured, measured.spectra[name].wavelength, reading)
        units = rows.run.model.units
        ends = [nanometres(single(rows.number(each, condition)), units) for each in reading.wavelengths]
        return _Seen(measured, wavelength_grid(*ends), reading)
    if names or near is None or not done.measured or not rows.run.model.bands:
        raise no_spectra(condition.name, course)
    return _Seen(done.measured[-1], scanned(near), None)


def _times(seen: _Seen, condition: Condition, window: Window | None, rows: RowCourses) -> np.typing.NDArray[np.bool_]:
    """Which times of the measurement count, (n_times,): those of readings in the window."""
    time = seen.measured.time
    names = [seen.reading.name] if seen.reading is not None else []
    times = rows.layout.times_read(names, condition, time, rows.run)
    if window is None:
        return times
    start, end = single(rows.number(window.start, condition)), single(rows.number(window.end, condition))
    return times & (time >= start) & (time <= end)


def _one_by_one(
    seen: _Seen, condition: Condition, rows: RowCourses, near: float | None, times: np.typing.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """The same with an instrument that shows no absorbances as they are: a slit, stray light, the end of a scale."""
    light, reading = rows.light.optics(condition, seen.measured.stretch), seen.reading
    at, short = np.full(len(rows), np.nan if near is None else near), np.full(len(rows), NONE_AT_ALL)
    for row, states in enumerate(seen.measured.stretch.states):
        optics = light.optics[light.whose[row]]
        path = rows.light.path_cm(condition, optics, rows.number, reading)
        shown = optics.absorbance(states[times], seen.wavelength, path)
        if reading is not None and reading.reference is not None:
            against = states[:1] if reading.reference == "first" else np.zeros_like(states[:1])
            shown = shown - optics.absorbance(against, seen.wavelength, path)
        point = isosbestic_point(Spectra("", seen.measured.time[times], seen.wavelength, shown), near)
        if point is not None:
            at[row], short[row] = point.wavelength, 0.0
    return at, short
