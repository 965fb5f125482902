"""From columns with roles to observations: the wide, long and spectral forms of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.data_columns import Column, names_of
from mscnet.experiment.data_subject import SAME_WAVELENGTH, TIME, Subject
from mscnet.experiment.data_table import Values
from mscnet.experiment.observations import FloatArray, IntArray, ObservedSeries, ObservedSpectra
from mscnet.records import dataclass

#: From so many columns of wavelengths on they are a spectrum, also where each is a reading too.
SPECTRUM_FROM = 6

#: Makes the error of a line (None: the header) and a column.
Failure = Callable[[int | None, int, str, str | None], MechanismError]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A table with its meaning: columns by role, their values in the file's units, and how to complain."""

    subject: Subject
    columns: tuple[Column, ...]
    values: Values
    failure: Failure

    def fail(self, row: int | None, column: int, message: str, hint: str | None) -> MechanismError:
        """The error of a row (from 0; None: the header) in a column."""
        return self.failure(None if row is None else int(self.values.lines[row]), column, message, hint)

    def having(self, *roles: str) -> list[Column]:
        return [column for column in self.columns if column.role in roles]

    def of(self, column: Column) -> FloatArray:
        """The numbers of a column in the file's units."""
        raw = self.values.numbers[column.index]
        return raw if column.factor == 1.0 and not column.offset else (raw + column.offset) * column.factor

    def complete(self, column: Column, rows: IntArray | None = None) -> FloatArray:
        """The same, of some `rows` or all; raises MechanismError where one is missing."""
        values = self.of(column) if rows is None else self.of(column)[rows]
        empty = np.flatnonzero(np.isnan(values))
        if empty.size:
            row = int(empty[0]) if rows is None else int(rows[empty[0]])
            raise self.fail(row, column.index, f"a row without its `{column.header}`", "fill it in")
        return values

    def errors_of(self, column: Column) -> FloatArray:
        """The standard deviations of a column's values: its error column, else what the mechanism says."""
        beside = next((other for other in self.columns if other.role == "error" and other.of == column.index), None)
        if beside is None:
            return np.full(len(self.values.lines), self.subject.error)
        errors = self.of(beside)
        wrong = np.flatnonzero(errors <= 0)
        if wrong.size:
            message = "an error of measurement is a standard deviation above 0"
            raise self.fail(int(wrong[0]), beside.index, message, "leave it empty where it is not known")
        return np.where(np.isnan(errors), self.subject.error, errors)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The rows of one condition: `values` of its loop variables, `rows` (n,) by number."""

    values: Mapping[str, float]
    rows: IntArray


def groups_of(table: Filled) -> Iterator[Group]:
    """The conditions of a table in the order in which they first appear."""
    loops = table.having("loop")
    fixed = {name: value for name, value in table.subject.fixed.items() if name != TIME}
    _check_loops(table, loops, fixed)
    count = len(table.values.lines)
    if not loops:
        yield Group(fixed, np.arange(count))
        return
    keys = np.stack([table.complete(column) for column in loops], axis=1)
    found, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    for k in np.argsort(first):
        values = {column.target: float(value) for column, value in zip(loops, found[k], strict=True)}
        yield Group({**fixed, **values}, np.flatnonzero(inverse.reshape(-1) == k))


def _check_loops(table: Filled, loops: Sequence[Column], fixed: Mapping[str, float]) -> None:
    names = [column.target for column in loops]
    for column in loops:
        if names.count(column.target) > 1 or column.target in fixed:
            message = f"`{column.target}` is given twice, by this column and by another or by the data's block"
            raise table.fail(None, column.index, message, "keep one")


def replicates_of(table: Filled, group: Group, time: FloatArray, columns: int = 1, place: int = 0) -> IntArray:
    """Numbers from 1 for rows of equal time: of the column ``replicate`` where there is one, else as they come.

    With several `columns` for one reading, the one at `place` takes every so many-th number.
    """
    given = table.having("replicate")
    if given:
        numbers = table.complete(given[0])[group.rows]
        odd = np.flatnonzero((numbers != np.round(numbers)) | (np.abs(numbers) > 1e9))
        if odd.size:
            raise table.fail(int(group.rows[odd[0]]), given[0].index, "replicates are numbered 1, 2, …", None)
        base = numbers.astype(np.int64)
    else:
        base = _occurrence(time) + 1
    return (base - 1) * columns + place + 1 if columns > 1 else base


def _occurrence(time: FloatArray) -> IntArray:
    """How often each value came before."""
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    run = np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    counts = np.empty(len(time), dtype=np.int64)
    counts[order] = np.arange(len(time)) - run
    return counts


def series_of(
    reading: str,
    values: Mapping[str, float],
    parts: Sequence[tuple[FloatArray, FloatArray, FloatArray, IntArray]],
    unit: str,
    wavelength: float | None,
) -> ObservedSeries:
    """A series from parts (time, observed, error, replicate), sorted by time and replicate."""
    time, observed, error = (np.concatenate([part[k] for part in parts]) for k in range(3))
    replicate = np.concatenate([part[3] for part in parts]).astype(np.int64)
    order = np.lexsort((replicate, time))
    return ObservedSeries(
        reading, values, time[order], observed[order], error[order], replicate[order], unit, wavelength
    )


# --- the forms ---------------------------------------------------------------------------------------


def read_wide(table: Filled, time: Column) -> tuple[list[ObservedSeries], list[ObservedSpectra]]:
    """A column of times, and one a reading or a wavelength."""
    single, spectral = _split_by_kind(table)
    if not single and not spectral:
        raise nothing_known(table)
    times = table.complete(time)
    series, spectra = [], []
    for group in groups_of(table):
        at = times[group.rows]
        for (reading, wavelength), columns in single.items():
            parts = []
            for place, column in enumerate(columns):
                numbers = replicates_of(table, group, at, len(columns), place)
                rows = group.rows
                parts.append((at, table.of(column)[rows], table.errors_of(column)[rows], numbers))
            series.append(series_of(reading, group.values, parts, columns[0].unit, wavelength))
        if spectral:
            spectra.append(_spectra_in_columns(table, group, at, spectral))
    return series, spectra


def _split_by_kind(table: Filled) -> tuple[dict[tuple[str, float | None], list[Column]], list[Column]]:
    """Value columns by reading, and those that together are spectra."""
    by_reading: dict[tuple[str, float | None], list[Column]] = {}
    bare: list[Column] = []
    subject = table.subject
    for column in table.having("value"):
        named = column.target and table.subject.reading_at(column.wavelength or 0.0) != column.target
        if column.wavelength is not None and not named and _only_wavelength(column, subject):
            bare.append(column)
        else:
            by_reading.setdefault((column.target, column.wavelength), []).append(column)
    if len({column.wavelength for column in bare}) >= SPECTRUM_FROM:
        return by_reading, bare
    # fewer are readings where there are some at these wavelengths; the rest are of a spectrum where one is measured
    scanned = [column for column in bare if subject.spectra and not column.target]
    for column in bare:
        if column not in scanned:
            reading = column.target or f"A{column.wavelength:g}"
            by_reading.setdefault((reading, column.wavelength), []).append(column)
    return by_reading, scanned


def _only_wavelength(column: Column, subject: Subject) -> bool:
    """Whether a header is a wavelength rather than the name of a reading at it."""
    known = {name.casefold() for name in subject.readings}
    names = names_of(column.header)
    named = any(name.casefold() in known or name in subject.columns for name in names)
    return column.replicate is None and not named


def _spectra_in_columns(table: Filled, group: Group, time: FloatArray, columns: Sequence[Column]) -> ObservedSpectra:
    at = np.array([column.wavelength for column in columns], dtype=float)
    order = np.argsort(at)
    _check_wavelengths(table, [columns[k] for k in order], at[order])
    rows = group.rows
    absorbance = np.stack([table.of(columns[k])[rows] for k in order], axis=1)
    errors = np.stack([table.errors_of(columns[k])[rows] for k in order], axis=1)
    return spectra_of(table.subject.spectrum, group.values, time, at[order], absorbance, errors,
                      replicates_of(table, group, time))  # fmt: skip


def _check_wavelengths(table: Filled, columns: Sequence[Column], at: FloatArray) -> None:
    same = np.flatnonzero(np.diff(at) == 0)
    if same.size:
        message = f"the wavelength {at[same[0]]:g} nm stands in two columns"
        raise table.fail(None, columns[same[0] + 1].index, message, "put replicates into rows of their own")


def spectra_of(
    reading: str,
    values: Mapping[str, float],
    time: FloatArray,
    wavelength: FloatArray,
    absorbance: FloatArray,
    error: FloatArray,
    replicate: IntArray,
) -> ObservedSpectra:
    """Spectra sorted by time and replicate."""
    order = np.lexsort((replicate, time))
    return ObservedSpectra(
        reading, values, time[order], wavelength, absorbance[order], error[order], replicate[order].astype(np.int64)
    )


def read_long(table: Filled, time: Column, name: Column) -> tuple[list[ObservedSeries], list[ObservedSpectra]]:
    """A column with the names of readings beside their values; rows with a wavelength may belong to spectra."""
    value = _only_value(table)
    names = np.array(table.values.texts[name.index])
    known = {text: _reading_called(table, text, name, names) for text in dict.fromkeys(names.tolist())}
    times, observed, errors = table.complete(time), table.of(value), table.errors_of(value)
    axis = next(iter(table.having("axis")), None)
    series: list[ObservedSeries] = []
    spectra: list[ObservedSpectra] = []
    for group in groups_of(table):
        for text, reading in known.items():
            rows = group.rows[names[group.rows] == text]
            if not rows.size:
                continue
            part = Group(group.values, rows)
            if axis is not None and reading in table.subject.spectra:
                spectra += _spectra_in_rows(table, part, time, axis, value, reading)
                continue
            at = next((w for w, other in table.subject.at_wavelength if other == reading), None)
            numbers = replicates_of(table, part, times[rows])
            series.append(series_of(reading, group.values, [(times[rows], observed[rows], errors[rows], numbers)],
                                    value.unit, at))  # fmt: skip
    return series, spectra


def _reading_called(table: Filled, text: str, name: Column, names: NDArray[np.str_]) -> str:
    wanted = table.subject.columns.get(text, text)
    if wanted in table.subject.readings:
        return wanted
    near = [known for known in table.subject.readings if known.casefold() == wanted.casefold()]
    if len(near) == 1:
        return near[0]
    hint = suggest(wanted, table.subject.readings) or "it measures " + ", ".join(table.subject.readings)
    row = int(np.flatnonzero(names == text)[0])
    raise table.fail(row, name.index, f"`{table.subject.experiment}` has no reading `{text[:40]}`", hint)


def _only_value(table: Filled) -> Column:
    found = table.having("any value", "value")
    if len(found) != 1:
        at = found[1].index if found else 0
        message = f"this form has one column of values; here are {len(found)}"
        raise table.fail(None, at, message, "call it `value`, and its errors `error`")
    return found[0]


def read_spectra_in_rows(table: Filled, time: Column, axis: Column) -> list[ObservedSpectra]:
    """One row a time and wavelength."""
    value = _only_value(table)
    reading = value.target or table.subject.spectrum
    return [
        spectra for group in groups_of(table) for spectra in _spectra_in_rows(table, group, time, axis, value, reading)
    ]


def _spectra_in_rows(
    table: Filled, group: Group, time: Column, axis: Column, value: Column, reading: str
) -> list[ObservedSpectra]:
    rows = group.rows
    times, at = table.complete(time, rows), table.complete(axis, rows)
    pairs = np.unique(np.stack([times, at], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    numbers = replicates_of(table, group, pairs.astype(float))
    scans, scan_of = np.unique(np.stack([times, numbers], axis=1), axis=0, return_inverse=True)
    grid, place = np.unique(at, return_inverse=True)
    shape = (len(scans), len(grid))
    if shape[0] * shape[1] > 4 * len(rows) + 1000:
        message = "nearly every spectrum has wavelengths of its own: they make no table"
        raise table.fail(int(rows[0]), axis.index, message, "give all spectra on one grid")
    flat = scan_of.reshape(-1) * shape[1] + place.reshape(-1)
    absorbance, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    absorbance.reshape(-1)[flat] = table.of(value)[rows]
    errors.reshape(-1)[flat] = table.errors_of(value)[rows]
    return [spectra_of(reading, group.values, scans[:, 0], grid, absorbance, errors, scans[:, 1].astype(np.int64))]


def nothing_known(table: Filled) -> MechanismError:
    """The error of a table with times in which no column is a reading."""
    subject = table.subject
    other = table.having("other", "any value")
    hints = [suggest(column.header.strip(), subject.readings) for column in other]
    known = ", ".join(f"`{name}`" for name in subject.readings) or "nothing"
    hint = (
        next((hint for hint in hints if hint), None) or "name columns after readings, or map them in the data's block"
    )
    at = other[0].index if other else 0
    return table.fail(None, at, f"no column is a reading of `{subject.experiment}`, which measures {known}", hint)


def same_wavelengths(one: FloatArray, other: FloatArray) -> bool:
    """Whether two grids are one, to the digits that instruments print."""
    return len(one) == len(other) and bool(np.all(np.abs(one - other) < SAME_WAVELENGTH / 50))
