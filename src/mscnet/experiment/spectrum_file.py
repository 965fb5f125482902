"""Measured spectra from files: two columns, wavelength in nm and absorptivity."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, Source, Span
from mscnet.experiment.data_text import find_data, read_text, too_large
from mscnet.experiment.faults import named_at

#: The largest spectrum that is read, in bytes.
MAX_BYTES = 20 * 1024 * 1024
_SEPARATORS = re.compile(r"[,;\t ]+")


def read_spectrum(path: str, folder: Path, span: Span | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths (n_points,) in nm, ascending, and the values there (n_points,).

    Columns part at commas, semicolons, tabs or blanks; a line that begins with ``#`` is no data, nor are lines of
    text before the first number.

    Raises:
        MechanismError: the file is not inside `folder` or cannot be read; a row that is not two numbers; a wavelength
            twice; fewer than two rows.
    """
    try:
        file = find_data(path, folder, span)
        if file.stat().st_size > MAX_BYTES:
            raise too_large(f"{path} has {file.stat().st_size / 2**20:.0f} MB", f"{MAX_BYTES // 2**20} MB", span)
        return _rows_of(read_text(file, path), path, span)
    except MechanismError as error:
        raise named_at(error, span, "the spectrum is named here") from None


def _rows_of(source: Source, path: str, span: Span | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows: list[tuple[float, float]] = []
    start = 0
    for line in source.text.split("\n"):
        place = Span(source, start, start + len(line))
        start += len(line) + 1
        row = _row(line)
        if row is not None:
            if not (np.isfinite(row).all() and row[0] > 0):
                raise _error("a row must be a wavelength in nm above 0 and a finite value", place)
            rows.append(row)
        elif rows and line.strip() and not line.lstrip().startswith("#"):
            raise _error("this row is not a wavelength and a value", place, "as in `371, 0.52`")
    if len(rows) < 2:
        raise _error(f"{path} holds {len(rows)} rows of numbers: a spectrum needs two or more", span)
    wavelength, value = np.array(sorted(rows)).T
    if (np.diff(wavelength) == 0).any():
        twice = wavelength[1:][np.diff(wavelength) == 0][0]
        raise _error(f"{path} has two values at {twice:g} nm", span)
    return wavelength, value


def _row(line: str) -> tuple[float, float] | None:
    words = [word for word in _SEPARATORS.split(line.strip()) if word]
    try:
        first, second = (float(word) for word in words)
    except ValueError:
        return None
    return first, second


def _error(message: str, span: Span | None, hint: str | None = None) -> MechanismError:
    return MechanismError.of("E130", message, span=span, hint=hint)
