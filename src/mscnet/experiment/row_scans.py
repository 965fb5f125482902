"""Isosbestic points of the rows of a run: which spectra a fact speaks of, and where they cross."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import find_reading
from mscnet.experiment.isosbestic import isosbestic_point
from mscnet.experiment.isosbestic_fact import no_spectra, scanned
from mscnet.experiment.results import Condition, Spectra
from mscnet.experiment.row_courses import RowCourses
from mscnet.experiment.row_curve import FloatArray
from mscnet.experiment.row_features import NONE_AT_ALL, NotAlike, single
from mscnet.experiment.row_isosbestic import RowScans, followed_crossings, nearest_crossing
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
    scans = _scans(course, condition, window, rows, near)
    if not isinstance(scans, RowScans):
        return _one_by_one(*scans, condition, rows, near)
    return followed_crossings([scans], near, scale)[0] if rows.tangent else nearest_crossing(scans, near, scale)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An isosbestic point that a fact asks for: the arguments of `crossing`."""

    course: Course | None
    condition: Condition
    window: Window | None
    near: float | None
    scale: float


def cross_together(asked: Sequence[Asked], rows: RowCourses) -> None:
    """Works out those of some points together that lie in the same bands, where rows follow row 0; `crossing` has them
    then.  What cannot be told of one of them is left for it to tell."""
    alike: dict[tuple[Any, ...], list[tuple[Asked, RowScans]]] = {}
    for one in asked if rows.tangent else ():
        try:
            scans = _scans(one.course, one.condition, one.window, rows, one.near)
        except (MechanismError, NotAlike):
            continue
        if isinstance(scans, RowScans):
            key = (id(scans.bands), scans.level is None, one.near, one.scale)
            alike.setdefault(key, []).append((one, scans))
    for (*_, near, scale), group in alike.items():
        for (one, _), found in zip(group, followed_crossings([each for _, each in group], near, scale), strict=True):
            rows.once(("crossing", near, scale), one.course, one.condition, one.window, _given(found))


def _given(found: tuple[FloatArray, FloatArray]) -> Callable[[], tuple[FloatArray, FloatArray]]:
    return lambda: found


def _scans(
    course: Course | None, condition: Condition, window: Window | None, rows: RowCourses, near: float | None
) -> RowScans | tuple[_Seen, NDArray[np.bool_]]:
    """The spectra of all rows, or of an instrument that is not linear which they are, and the times that count."""
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
        return seen, times
    level = None
    if seen.reading is not None and seen.reading.reference == "first":
        level = -(stretch.states[:, :1, bands.species] @ bands.absorptivity)[:, 0]
    return RowScans.of(stretch.states[:, times][:, :, bands.species], bands, level)


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


def _times(seen: _Seen, condition: Condition, window: Window | None, rows: RowCourses) -> NDArray[np.bool_]:
    """Which times of the measurement count, (n_times,): those of readings in the window."""
    time = seen.measured.time
    names = [seen.reading.name] if seen.reading is not None else []
    times = rows.layout.times_read(names, condition, time, rows.run)
    if window is None:
        return times
    start, end = single(rows.number(window.start, condition)), single(rows.number(window.end, condition))
    return times & (time >= start) & (time <= end)


def _one_by_one(
    seen: _Seen, times: NDArray[np.bool_], condition: Condition, rows: RowCourses, near: float | None
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
