"""Measured spectra as one matrix over time and wavelength, fit to be decomposed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.observations import ObservedSpectra
from mscnet.experiment.results import Spectra
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: Wavelengths with missing values are left out, as long as they are at most this part of all.
_MOST_LEFT_OUT = 0.5
#: Errors that spread by more than this factor (largest over smallest of a row's or column's typical one) weigh.
_UNEVEN = 1.25
#: The column of one wavelength of a spectrum that has a name, and names that stand for absorbance alone.
_OF_SPECTRUM = re.compile(r"(?P<of>.+)_\d{3,4}(?:\.\d+)?")
_PLAIN = ("a", "abs", "absorbance", "od", "ext")


@dataclass(frozen=True, slots=True, eq=False)
class SpectralMatrix:
    """Absorbance (n, m) over `time` (n,), ascending, and `wavelength` (m,) in nm; all finite.

    `sigma` is the standard deviation of a value where it is known (NaN: not); `rows` (n,) and `columns` (m,) are what
    it is multiplied by for each scan and each wavelength, 1 for the typical one.  `notes` say what was left out.
    """

    name: str
    time: FloatArray
    wavelength: FloatArray
    absorbance: FloatArray
    sigma: float
    rows: FloatArray
    columns: FloatArray
    notes: tuple[str, ...] = ()


def matrix_of(data: ObservedSpectra | Spectra, sigma: float | None = None, name: str | None = None) -> SpectralMatrix:
    """Spectra that were measured or simulated as a matrix; `sigma` is used in place of the errors of the data.

    Scans without any value, and wavelengths at which some scan has none, are left out and told in `notes`.

    Raises:
        MechanismError: E149: fewer than two spectra or two wavelengths, too many holes, nothing but one number.
    """
    if not isinstance(data, ObservedSpectra | Spectra):
        raise _error(f"spectra over time are needed, not {type(data).__name__}", "as `observations(…)[0].spectra[0]`")
    if sigma is not None and not (np.isfinite(sigma) and sigma > 0):
        raise _error(f"the noise of an absorbance must be above 0, not {sigma}")
    time, wavelength = np.asarray(data.time, float), np.asarray(data.wavelength, float)
    values = np.asarray(data.absorbance, float)
    if values.shape != (time.size, wavelength.size):
        raise _error(f"{values.shape} values for {time.size} times and {wavelength.size} wavelengths")
    error = np.full(values.shape, np.nan) if sigma is None else np.full(values.shape, sigma)
    if sigma is None and isinstance(data, ObservedSpectra):
        error = np.asarray(data.error, float)
    order, across = np.argsort(time, kind="stable"), np.argsort(wavelength, kind="stable")
    kept_rows, kept_columns, notes = _whole_part(values[order][:, across])
    rows, columns = order[kept_rows], across[kept_columns]
    called = data.reading if isinstance(data, ObservedSpectra) else data.name
    made = SpectralMatrix(name or called, time[rows], wavelength[columns], values[np.ix_(rows, columns)],
                          np.nan, np.ones(rows.size), np.ones(columns.size), notes)  # fmt: skip
    _check(made)
    return _with_errors(made, error[np.ix_(rows, columns)])


def matrix(time: ArrayLike, wavelength: ArrayLike, absorbance: ArrayLike, sigma: float | None = None) -> SpectralMatrix:
    """The same from plain arrays: times (n,), wavelengths (m,) in nm, absorbance (n, m)."""
    spectra = Spectra("spectra", np.asarray(time, float), np.asarray(wavelength, float), np.asarray(absorbance, float))
    return matrix_of(spectra, sigma)


def read_spectra(path: str | os.PathLike[str], experiment: str | None = None) -> tuple[ObservedSpectra, ...]:
    """Every set of spectra in a file of any form that mscnet reads, without a mechanism; times without a unit are
    taken as they are, others are in minutes.  Where a column `experiment` names several, `experiment` is the one
    that is read.

    Raises:
        MechanismError: the file cannot be read (as `mscnet.observations`), or holds no spectra (E149), or it is not
            clear which of its experiments is meant (E149).
    """
    from mscnet.experiment.data import read_data
    from mscnet.language import loads
    from mscnet.mechanism.bench import DataFile, Experiment, Observe, Reading

    place = Path(path)
    experiments, readings = _named_in(place)
    name = _one_of(experiments, experiment, place.name)
    bare = loads("units time = min, length = nm")
    read = Experiment(name, (Observe(tuple(Reading(each, "spectrum") for each in readings or ["spectrum"])),))
    named = DataFile(name, place.name)
    observed = read_data(named, replace(bare, experiments=(read,), data_files=(named,)), place.parent)
    if not observed.spectra:
        message = f"{path} holds no spectra: a decomposition needs whole spectra over time"
        raise _error(message, "one row a time and one column a wavelength, or an instrument's scans")
    return observed.spectra


def _named_in(path: Path) -> tuple[list[str], list[str]]:
    """The experiments that a column of the table names, and the spectra that columns such as `uv_360` are of; none
    where it is no table."""
    from mscnet.experiment.data_parquet import open_parquet, parquet_values
    from mscnet.experiment.data_table import collect, sheet_of
    from mscnet.experiment.data_text import read_text

    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            table = open_parquet(path, path.name, None)
            headers, places = table.headers, _columns_of_experiments(table.headers)
            values = parquet_values(table, [], places) if places else None
        else:
            sheet = sheet_of(read_text(path, path.name))
            headers, places = sheet.headers, _columns_of_experiments(sheet.headers)
            values = collect(sheet, [], places) if places else None
    except MechanismError:  # what is wrong with the file is told when it is read
        return [], []
    found = [match["of"] for match in map(_OF_SPECTRUM.fullmatch, headers) if match]
    names = [name for name in dict.fromkeys(found) if found.count(name) > 1 and name.lower() not in _PLAIN]
    return [] if values is None else list(dict.fromkeys(values.texts[places[0]])), names


def _columns_of_experiments(headers: Sequence[str]) -> list[int]:
    return [i for i, header in enumerate(headers) if header.strip().lower() == "experiment"][:1]


def _one_of(known: Sequence[str], wanted: str | None, file: str) -> str:
    """The name of the experiment that is read, `file` where the table has no names."""
    listed = ", ".join(f"`{name[:40]}`" for name in known[:6]) + (" …" if len(known) > 6 else "")
    if wanted is not None and wanted not in known:
        if not known:
            raise _error(f"{file} names no experiments: it has no column `experiment`", "leave the experiment out")
        raise _error(f"{file} holds nothing of the experiment `{wanted}`", suggest(wanted, known) or f"it has {listed}")
    if wanted is None and len(known) > 1:
        raise _error(f"{file} holds {len(known)} experiments: {listed}", "say which one: --experiment NAME")
    return wanted or (known[0] if known else "file")


def _whole_part(values: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Rows and columns without missing values, and what is to be said of the others."""
    known = np.isfinite(values)
    rows = np.flatnonzero(known.any(axis=1))
    columns = np.flatnonzero(known[rows].all(axis=0)) if rows.size else np.arange(0)
    notes = []
    if rows.size < values.shape[0]:
        notes.append(f"{values.shape[0] - rows.size} scans without values are left out")
    lost = values.shape[1] - columns.size
    if rows.size and lost > _MOST_LEFT_OUT * values.shape[1]:
        message = f"values are missing at {lost} of {values.shape[1]} wavelengths"
        raise _error(message, "leave out the scans that have holes: a decomposition needs whole spectra")
    if rows.size and lost:
        notes.append(f"{lost} wavelengths at which a scan has no value are left out")
    return rows, columns, tuple(notes)


def _check(made: SpectralMatrix) -> None:
    n, m = made.absorbance.shape
    if n < 2:
        message = f"`{made.name}` holds {'one spectrum' if n else 'no spectrum'}: what changes is not to be seen in it"
        raise _error(message, "a decomposition needs spectra over time, ten or more")
    if m < 2:
        raise _error(f"`{made.name}` has {m} wavelengths; a decomposition needs whole spectra")
    if not np.ptp(made.absorbance) > 0:
        raise _error(f"`{made.name}` is {made.absorbance[0, 0]:g} everywhere: there is nothing to decompose")


def _with_errors(made: SpectralMatrix, error: FloatArray) -> SpectralMatrix:
    """With the known errors as a typical one times a factor for each scan and for each wavelength."""
    if not (np.isfinite(error).all() and (error > 0).all()):
        return made
    logs = np.log(error)
    rows, columns = logs.mean(axis=1) - logs.mean(), logs.mean(axis=0) - logs.mean()
    if max(np.ptp(rows), np.ptp(columns)) < np.log(_UNEVEN):
        return replace(made, sigma=float(np.sqrt(np.mean(error**2))))
    return replace(made, sigma=float(np.exp(logs.mean())), rows=np.exp(rows), columns=np.exp(columns))


def _error(message: str, hint: str | None = None) -> MechanismError:
    return MechanismError.of("E149", message, hint=hint)
