"""Measured data of a mechanism's experiments: from the files that it names to observations.

Which form a file has is found out from what stands in it; `DataFile.format` says so where that fails.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mscnet.diagnostics import MechanismError, Source, Span, suggest
from mscnet.experiment.data_cells import finding
from mscnet.experiment.data_columns import Column, HeaderError, names_of, read_columns
from mscnet.experiment.data_forms import Failure, Filled, read_long, read_spectra_in_rows, read_wide, spectra_of
from mscnet.experiment.data_instruments import is_cary, is_ocean, read_cary, read_ocean
from mscnet.experiment.data_jcamp import is_jcamp, read_jcamp
from mscnet.experiment.data_numbers import read_numbers
from mscnet.experiment.data_parquet import open_parquet, parquet_values
from mscnet.experiment.data_scans import series_from, spectra_from
from mscnet.experiment.data_subject import TIME, Subject, subject_of
from mscnet.experiment.data_table import Sheet, Values, collect, sheet_of
from mscnet.experiment.data_text import find_data, folder_of, read_text
from mscnet.experiment.faults import named_at
from mscnet.experiment.observations import FloatArray, Observations, ObservedNumber, ObservedSeries, ObservedSpectra
from mscnet.mechanism.bench import DataFile
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import TIME as TIME_DIMENSION
from mscnet.mechanism.units import UNITS
from mscnet.records import replace

#: Names that `DataFile.format` may take.
FORMATS = ("csv", "parquet", "cary", "ocean", "jcamp")

_AT_TIME = re.compile(
    r"(?:t\s*=\s*|a(?:bs)?\s*\()?\s*(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>[^\W\d]*)\s*\)?", re.IGNORECASE
)

Parts = tuple[list[ObservedSeries], list[ObservedSpectra], list[ObservedNumber], list[str]]


def observations(mechanism: Mechanism, folder: str | os.PathLike[str] | None = None) -> tuple[Observations, ...]:
    """What every data file of a mechanism tells, in the order of the text.

    Files are looked for beside the mechanism's own file, or in `folder`, and never outside of it.

    Raises:
        MechanismError: a file is missing or cannot be understood; each finding names the line, the column and the text.
    """
    if not mechanism.data_files:
        return ()
    return tuple(read_data(file, mechanism, folder) for file in mechanism.data_files)


def read_data(file: DataFile, mechanism: Mechanism, folder: str | os.PathLike[str] | None = None) -> Observations:
    """What one data file tells about its experiment; see `observations`."""
    try:
        return _read_data(file, mechanism, folder)
    except MechanismError as error:
        raise named_at(error, file.span, "the data are named here") from None


def place_of(file: DataFile, mechanism: Mechanism, folder: str | os.PathLike[str] | None = None) -> Path:
    """Where a data file stands; raises MechanismError as `observations` does for one that may not be read."""
    return find_data(file.path, _folder_of(mechanism, file.span) if folder is None else folder, file.span)


def _read_data(file: DataFile, mechanism: Mechanism, folder: str | os.PathLike[str] | None) -> Observations:
    subject = subject_of(mechanism, file)
    if folder is None:
        folder = _folder_of(mechanism, file.span)
    if file.format is not None and file.format not in FORMATS:
        hint = suggest(file.format, FORMATS) or "it is one of " + ", ".join(FORMATS)
        raise MechanismError.of("E133", f"`{file.format}` is no form of data", hint=hint, span=file.span)
    path = find_data(file.path, folder, file.span)
    if file.format == "parquet" or (file.format is None and path.suffix.lower() in (".parquet", ".pq")):
        series, spectra, numbers, ignored = _from_parquet(path, file, subject)
    else:
        series, spectra, numbers, ignored = _from_text(read_text(path, file.path), file.format, subject)
    series, spectra = _with_noise(series, spectra, subject, mechanism)
    return Observations(file.experiment, file.path, tuple(series), tuple(spectra), tuple(numbers), tuple(ignored))


def _with_noise(
    series: list[ObservedSeries], spectra: list[ObservedSpectra], subject: Subject, mechanism: Mechanism
) -> tuple[list[ObservedSeries], list[ObservedSpectra]]:
    """Readings of light whose errors the file does not tell have the instrument's noise, where it has one."""
    settings = dict(mechanism.instrument.settings) if mechanism.instrument is not None else {}
    noise = mechanism.evaluate(settings["noise"]) if "noise" in settings else 0.0
    if not (noise > 0 and np.isfinite(noise)):
        return series, spectra

    def known(error: FloatArray) -> FloatArray:
        return np.where(np.isnan(error), noise, error)

    def is_light(one: ObservedSeries) -> bool:
        reading = subject.readings.get(one.reading)
        return one.wavelength is not None or (reading is not None and reading.kind == "absorbance")

    return (
        [replace(one, error=known(one.error)) if is_light(one) else one for one in series],
        [replace(one, error=known(one.error)) for one in spectra],
    )


def _folder_of(mechanism: Mechanism, span: Span | None) -> Path:
    folder = folder_of(mechanism)
    from_text = mechanism.source is None or mechanism.source.name in ("", "<text>")
    if from_text or not folder.is_dir():
        message = "a mechanism that was not read from a file has no folder in which its data could stand"
        raise MechanismError.of("E130", message, hint="say where: observations(mechanism, folder)", span=span)
    return folder


def _from_text(source: Source, form: str | None, subject: Subject) -> Parts:
    if form == "jcamp" or (form is None and is_jcamp(source)):
        return [], spectra_from(read_jcamp(source), subject, source), [], []
    if form == "ocean" or (form is None and is_ocean(source)):
        _must(is_ocean(source), source, "no line `Begin Spectral Data`")
        return [], spectra_from(read_ocean(source), subject, source), [], []
    if form == "cary" or (form is None and is_cary(source)):
        _must(is_cary(source), source, "no pairs of columns such as `Wavelength (nm),Abs` in the second row")
        scans, traces = read_cary(source)
        spectra = spectra_from(scans, subject, source) if scans else []
        return series_from(traces, subject), spectra, [], []
    sheet = sheet_of(source)
    try:
        columns = _columns(sheet.headers, subject)
    except HeaderError as error:
        raise sheet.error_at(error) from None
    numeric, named = _needed(columns)
    values = collect(sheet, numeric, named)
    return _read(Filled(subject, columns, values, _failure(sheet)), sheet.layout.decimal)


def _must(holds: bool, source: Source, message: str) -> None:
    if not holds:
        raise MechanismError.of("E131", f"{source.name}: {message}", file=source.name)


def _failure(sheet: Sheet) -> Failure:
    def fail(line: int | None, column: int, message: str, hint: str | None) -> MechanismError:
        at, code = (sheet.header_line, "E133") if line is None else (line, "E132")
        return MechanismError([finding(sheet.source, at, column, message, hint, sheet.layout, code)])

    return fail


def _from_parquet(path: Path, file: DataFile, subject: Subject) -> Parts:
    sheet = open_parquet(path, file.path, file.span)
    try:
        columns = _columns(sheet.headers, subject)
    except HeaderError as error:
        raise sheet.fail(None, error.column, str(error), error.hint, error.code) from None
    return _read(Filled(subject, columns, parquet_values(sheet, *_needed(columns)), sheet.fail), ".")


# --- which form a table has ------------------------------------------------------------------------------


def _columns(headers: Sequence[str], subject: Subject) -> tuple[Column, ...]:
    """The columns; where one holds wavelengths and every other is headed by a time, those are values at it."""
    found = read_columns(headers, subject)
    axis = [column for column in found if column.role == "axis"]
    if len(axis) != 1 or any(column.role in ("time", "name", "any value", "loop") for column in found):
        return found
    rest = [column for column in found if column.role != "axis"]
    times = [_AT_TIME.fullmatch(column.header.strip()) for column in rest]
    if len(rest) == 1 and not times[0]:
        return tuple(replace(column, role="any value") if column is rest[0] else column for column in found)
    if not rest or not all(times):
        return found
    made = [_at_time(column, match, subject) for column, match in zip(rest, times, strict=True) if match]
    return tuple(sorted([*axis, *made], key=lambda column: column.index))


def _at_time(column: Column, match: re.Match[str], subject: Subject) -> Column:
    """A column headed by a time."""
    unit = UNITS.get(match["unit"]) if match["unit"] else subject.units.time
    if unit is None or unit.dimension != TIME_DIMENSION:
        raise HeaderError(column.index, f"`{match['unit']}` is no unit of time", "as in `5 min`", "E012")
    time = float(match["value"].replace(",", ".")) * float(unit.factor / subject.units.time.factor)
    return replace(column, role="value", target="", wavelength=None, replicate=None, unit="", time=time)


def _needed(columns: Sequence[Column]) -> tuple[list[int], list[int]]:
    """Columns to be read as numbers and as texts; in a table without times any column may be either."""
    texts = {"name", "experiment"}
    free = texts if any(column.role in ("time", "axis") for column in columns) else {*texts, "other"}
    named = [column.index for column in columns if column.role in free]
    numeric = [column.index for column in columns if column.role not in (*texts, "other")]
    return numeric, named


def _of_experiment(table: Filled) -> Filled:
    """The rows of the experiment that the data are for, where a column tells."""
    column = next(iter(table.having("experiment")), None)
    if column is None:
        return table
    names = table.values.texts[column.index]
    rows = [row for row, name in enumerate(names) if name == table.subject.experiment]
    if not rows:
        hint = "it holds " + ", ".join(f"`{name[:40]}`" for name in list(dict.fromkeys(names))[:6])
        raise table.fail(None, column.index, f"no row is of the experiment `{table.subject.experiment}`", hint)
    values = Values(
        {index: numbers[rows] for index, numbers in table.values.numbers.items()},
        {index: [texts[row] for row in rows] for index, texts in table.values.texts.items()},
        table.values.lines[rows],
    )
    return replace(table, values=values)


def _check_mapped(table: Filled, name: Column | None) -> None:
    """What the mechanism says of a column that the table does not have is a mistake, in one or the other."""
    known = {text for column in table.columns for text in names_of(column.header)}
    texts = set() if name is None else set(table.values.texts[name.index])
    for wanted, reading in table.subject.columns.items():
        if wanted not in known and wanted not in texts:
            headers = [column.header.strip() for column in table.columns]
            hint = suggest(wanted, [*headers, *texts]) or "its columns are " + ", ".join(headers[:8])
            message = f"there is no column `{wanted[:60]}`, which the mechanism takes for `{reading}`"
            raise table.fail(None, 0, message, hint)


def _read(table: Filled, decimal: str) -> Parts:
    table = _of_experiment(table)
    _check_mapped(table, next(iter(table.having("name")), None))
    time, name, axis = (next(iter(table.having(role)), None) for role in ("time", "name", "axis"))
    other = [column.header.strip() for column in table.having("other")]
    if time is not None and name is not None:
        return (*read_long(table, time, name), [], other)
    if time is not None and axis is not None:
        return [], read_spectra_in_rows(table, time, axis), [], other
    if time is not None:
        return (*read_wide(table, time), [], other)
    if axis is not None:
        return [], _spectra_by_column(table, axis), [], other
    return [], [], read_numbers(table, decimal), []


def _spectra_by_column(table: Filled, axis: Column) -> list[ObservedSpectra]:
    """A column of wavelengths, and one a time (or one alone)."""
    columns = table.having("value", "any value")
    timed = [column.time for column in columns if column.time is not None]
    if not columns or table.having("loop") or (len(columns) > 1 and len(timed) < len(columns)):
        message = "beside the wavelengths, every column must be headed by its time"
        raise table.fail(None, (columns or [axis])[-1].index, message, "as in `wavelength (nm), 0 min, 5 min`")
    times = np.array(timed or [table.subject.fixed.get(TIME, 0.0)])
    at = table.complete(axis)
    order = np.argsort(at, kind="stable")
    same = np.flatnonzero(np.diff(at[order]) == 0)
    if same.size:
        raise table.fail(
            int(order[same[0] + 1]), axis.index, f"the wavelength {at[order][same[0]]:g} stands twice", None
        )
    absorbance = np.stack([table.of(c)[order] for c in columns])
    errors = np.full(absorbance.shape, table.subject.error)
    replicate = np.array([int(np.count_nonzero(times[:k] == t)) + 1 for k, t in enumerate(times)])
    reading = table.subject.spectrum
    values = {name: value for name, value in table.subject.fixed.items() if name != TIME}
    return [spectra_of(reading, values, times, at[order], absorbance, errors, replicate)]
