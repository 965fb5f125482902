"""Facts on isosbestic points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses
from mscnet.experiment.curve import Curve, FloatArray
from mscnet.experiment.isosbestic import IsosbesticPoint, isosbestic_point
from mscnet.experiment.margins import Judged, equality
from mscnet.experiment.phrases import shown
from mscnet.experiment.question import Question
from mscnet.experiment.results import Condition, Spectra
from mscnet.experiment.verdict import Mark, Verdict
from mscnet.experiment.wavelengths import nanometres
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.facts import Course, Window
from mscnet.records import replace

#: Where no spectra were measured, they are looked at so far around the wavelength, and in steps of so much, in nm.
_AROUND, _STEP = 50.0, 0.5
#: The tolerance of a wavelength that states none, in nm.
DEFAULT_NM = 1.0


def judge_isosbestic(question: Question) -> Verdict:
    """``isosbestic(380 nm ± 1 nm) over 5 min .. 60 min``: where the spectra of the window cross, and how far that
    wanders."""
    fact, courses = question.fact, question.courses
    course = fact.courses[0] if fact.courses else None
    condition, units = question.setting.first, courses.model.units
    near = nanometres(question.value(question.number), units) if fact.values else None
    tolerance = question.tolerance
    if tolerance is None:
        tolerance = DEFAULT_NM
    else:
        tolerance = tolerance * (near or 0.0) if fact.relative else nanometres(tolerance, units)
    point = _find(course, condition, fact.window, courses, near)
    if point is None:
        judged = Judged(False, math.nan)
        return question.verdict(judged, None, near, tolerance, unit="nm", remark="the spectra cross nowhere")
    judged = equality(point.wavelength, point.wavelength if near is None else near, tolerance)
    remark = f"it wanders by {shown(point.drift, 'nm')} over the window" if math.isfinite(point.drift) else ""
    path = Curve(point.times, point.wavelengths, f"crossing, {condition.name}", "nm")
    marks = [Mark("value", near, tolerance, "", point.wavelength)] if near is not None else []
    return question.verdict(judged, point.wavelength, near, tolerance, unit="nm", remark=remark,
                            curves=[path], marks=marks)  # fmt: skip


def crossing_wavelength(course: Course, condition: Condition, window: Window | None, courses: Courses) -> float:
    """The wavelength in nm of the clearest isosbestic point of a window, ``nan`` without one."""
    point = _find(course, condition, window, courses, None)
    return math.nan if point is None else point.wavelength


def _find(
    course: Course | None, condition: Condition, window: Window | None, courses: Courses, near: float | None
) -> IsosbesticPoint | None:
    spectra = _as_read(_spectra(course, condition, courses, near), condition, courses)
    start = end = None
    if window is not None:
        start, end = courses.number(window.start, condition), courses.number(window.end, condition)
    try:
        return isosbestic_point(spectra, near, start, end)
    except ValueError as error:
        raise MechanismError.of("E095", f"{condition.name}: {error}", span=course.span if course else None) from None


def _as_read(spectra: Spectra, condition: Condition, courses: Courses) -> Spectra:
    """The spectra at the times of the readings alone, where it is known that those are fewer."""
    read = times_read(spectra.time, [spectra.name] if spectra.name else [], condition, courses)
    return spectra if read.all() else replace(spectra, time=spectra.time[read], absorbance=spectra.absorbance[read])


def times_read(time: FloatArray, names: list[str], condition: Condition, courses: Courses) -> NDArray[np.bool_]:
    """Which of the times of spectra (n_times,) are those of readings: all where that is not known."""
    spacing, listed = courses.spacing(condition, names), courses.listed_times(condition, names)
    if not spacing or len(time) < 3:
        return np.ones(len(time), dtype=bool)
    if len(listed):
        read = np.asarray(np.isclose(time[:, None], listed, rtol=1e-9, atol=1e-9 * spacing).any(axis=1))
    else:  # the first may have waited for a dead time
        read = np.abs(time / spacing - np.round(time / spacing)) < 1e-6
        read[0] = True
    return read if read.sum() >= 3 else np.ones(len(time), dtype=bool)


def no_spectra(condition: str, course: Course | None) -> MechanismError:
    """The error of a fact on spectra that nobody measured."""
    hint = "as in `measure s = spectrum(340 nm .. 450 nm) every 5 min for 240 min`"
    span = course.span if course is not None else None
    return MechanismError.of("E095", f"{condition} measures no spectra", span=span, hint=hint)


def scanned(near: float) -> FloatArray:
    """The wavelengths about one, in nm, at which spectra are looked at where none were measured."""
    return near + np.arange(-_AROUND, _AROUND + _STEP / 2, _STEP)


def _spectra(course: Course | None, condition: Condition, courses: Courses, near: float | None) -> Spectra:
    """The spectra that a course names, or the last; where single wavelengths are read alone, those that would have
    been seen beside them."""
    names = [s.name for s in symbols(course.expression) if s.kind == "reading"] if course is not None else []
    found = [spectra for name, spectra in condition.spectra.items() if not names or name in names]
    if found:
        return found[-1]
    if names or near is None or not condition.measured or not courses.model.bands:
        raise no_spectra(condition.name, course)
    return courses.spectra(condition, scanned(near))
