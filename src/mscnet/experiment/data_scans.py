"""Spectra scan by scan, as instruments write them, put together as observations."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from mscnet.diagnostics import MechanismError, Source
from mscnet.experiment.data_cells import finding
from mscnet.experiment.data_forms import same_wavelengths, spectra_of
from mscnet.experiment.data_subject import TIME, Subject
from mscnet.experiment.observations import FloatArray, ObservedSeries, ObservedSpectra
from mscnet.mechanism.units import UNITS
from mscnet.records import dataclass

#: Forms of a date with its time, with month or day first as the instrument's computer was set.
_CLOCKS = (
    "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%y/%m/%d %H:%M:%S", "%d-%b-%Y %H:%M:%S",
)  # fmt: skip
_IN_NAME = re.compile(
    r"(?<![^\W_])(?<!\.)(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>s|sec|min|h|hr)(?![^\W_])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One spectrum: `wavelength` (n,) in nm, ascending, `absorbance` (n,); `clock` is the date on which it was taken
    as the file gives it ("": not told), and `line` where it stands."""

    name: str
    wavelength: FloatArray
    absorbance: FloatArray
    clock: str
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One course at a fixed wavelength: `time` (n,) in seconds."""

    name: str
    time: FloatArray
    absorbance: FloatArray
    line: int


def ascending(wavelength: FloatArray, absorbance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both in the order of wavelengths."""
    order = np.argsort(wavelength, kind="stable")
    return wavelength[order], absorbance[order]


def seconds_of(texts: Sequence[str]) -> list[float] | None:
    """The seconds from the earliest of some dates to each; None where they have no form in common.

    Raises:
        ValueError: they can be read with the day or the month first, and that makes a difference.
    """
    plain = [re.sub(r"\s+", " ", text.strip().strip('"').replace(",", ".")) for text in texts]
    plain = [re.sub(r" ?[+-]\d\d:?\d\d$| (?!AM|PM)[A-Z]{3,4}$", "", text) for text in plain]
    found: list[list[float]] = []
    for form in _CLOCKS:
        try:
            clocks = [datetime.strptime(text, form) for text in plain]
        except ValueError:
            continue
        first = min(clocks)
        found.append([(clock - first).total_seconds() for clock in clocks])
    if any(other != found[0] for other in found[1:]):
        raise ValueError(f"`{texts[0]}`: the day or the month may stand first, which makes a difference")
    return found[0] if found else None


def spectra_from(scans: Sequence[Scan], subject: Subject, source: Source) -> list[ObservedSpectra]:
    """The scans as spectra over time, one set a grid of wavelengths.

    Times are those of the clock counted from the first scan, else what the scans' names say (``5 min``), else, for one
    scan alone, ``time`` of the data's block or 0.

    Raises:
        MechanismError: several scans without times.
    """
    times = _times_of(scans, subject, source)
    values = {name: value for name, value in subject.fixed.items() if name != TIME}
    sets: list[list[int]] = []
    for k, scan in enumerate(scans):
        same = next((s for s in sets if same_wavelengths(scans[s[0]].wavelength, scan.wavelength)), None)
        if same is None:
            sets.append([k])
        else:
            same.append(k)
    made = []
    for members in sets:
        time = np.array([times[k] for k in members])
        absorbance = np.stack([scans[k].absorbance for k in members])
        replicate = np.array([int(np.count_nonzero(time[:place] == at)) + 1 for place, at in enumerate(time)])
        error = np.full(absorbance.shape, subject.error)
        grid = scans[members[0]].wavelength
        made.append(spectra_of(subject.spectrum, values, time, grid, absorbance, error, replicate))
    return made


def _times_of(scans: Sequence[Scan], subject: Subject, source: Source) -> list[float]:
    start = subject.fixed.get(TIME, 0.0)
    if len(scans) == 1:
        return [start]
    second = 1.0 / float(subject.units.time.factor)
    try:
        seconds = seconds_of([scan.clock for scan in scans]) if all(scan.clock for scan in scans) else None
    except ValueError as error:
        hint = "export the dates as year-month-day, or name the scans as in `5 min`"
        raise MechanismError([finding(source, scans[0].line, None, str(error), hint, code="E131")]) from None
    if seconds is not None:
        return [start + each * second for each in seconds]
    named = [_IN_NAME.search(scan.name) for scan in scans]
    if all(named):
        return [
            start + float(m["value"].replace(",", ".")) * float(UNITS[m["unit"].lower()].factor) * second
            for m in named
            if m is not None
        ]
    lost = next(scan for scan, name in zip(scans, named, strict=True) if name is None)
    message = f"when the scan `{lost.name[:40]}` was taken is not told"
    hint = "export the scans with their times, or name them as in `5 min`"
    raise MechanismError([finding(source, lost.line, None, message, hint, code="E131")])


def series_from(traces: Sequence[Trace], subject: Subject) -> list[ObservedSeries]:
    """Courses at fixed wavelengths as series; several of one reading are replicates.

    Raises:
        MechanismError: a trace whose name is no reading and holds no wavelength.
    """
    second = 1.0 / float(subject.units.time.factor)
    values = {name: value for name, value in subject.fixed.items() if name != TIME}
    counts: dict[str, int] = {}
    made = []
    for trace in traces:
        reading, wavelength = reading_of(trace.name, subject)
        counts[reading] = counts.get(reading, 0) + 1
        error = np.full(len(trace.time), subject.error)
        replicate = np.full(len(trace.time), counts[reading], dtype=np.int64)
        made.append(ObservedSeries(reading, values, trace.time * second, trace.absorbance, error, replicate,
                                   "", wavelength))  # fmt: skip
    return made


def reading_of(name: str, subject: Subject) -> tuple[str, float | None]:
    """The reading that a trace's name means, and its wavelength in nm."""
    mapped = subject.columns.get(name, name)
    if mapped in subject.readings:
        return mapped, next((at for at, other in subject.at_wavelength if other == mapped), None)
    match = re.search(r"(?<!\d)(\d{3,4}(?:[.,]\d+)?)\s*(?:nm)?(?!\d)", name)
    if match:
        at = float(match[1].replace(",", "."))
        return subject.reading_at(at) or f"A{at:g}", at
    if len(subject.series) == 1:
        return subject.series[0], None
    message = f"the trace `{name[:40]}` is no reading of `{subject.experiment}`"
    hint = "map it in the data's block; it measures " + ", ".join(subject.readings)
    raise MechanismError.of("E133", message, hint=hint, span=subject.span)


def to_absorbance(kind: str, values: FloatArray) -> FloatArray | None:
    """Values of a named kind (``ABSORBANCE``, ``%T`` …) as absorbance; None where it is another quantity."""
    plain = re.sub(r"[^a-z%]", "", kind.casefold())
    if plain in ("", "a", "abs", "absorbance", "au", "od", "opticaldensity", "arbitraryunits", "absorbanceunits"):
        return values
    if plain in ("t", "%t", "transmittance", "%transmittance", "percenttransmittance", "transmission", "%transmission"):
        percent = "%" in plain or "percent" in plain
        with np.errstate(divide="ignore", invalid="ignore"):
            made = -np.log10(values / 100.0 if percent else values)
        return np.where(np.isfinite(made), made, math.nan)
    return None
