"""Measured spectra from files: two columns, wavelength in nm and absorptivity."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mscnet import assets
from mscnet.diagnostics import MechanismError, Source, Span
from mscnet.experiment.faults import named_at
from mscnet.mechanism.mechanism import Mechanism

#: The largest file that is read, in bytes.
MAX_BYTES = 20_000_000
_SEPARATORS = re.compile(r"[,;\t ]+")


def folder_of(mechanism: Mechanism) -> Path:
    """The folder of a mechanism's file: that of the shipped mechanisms for one of them, this folder for a text."""
    name = mechanism.source.name if mechanism.source is not None else ""
    if not name or name.startswith("<"):
        return Path.cwd()
    if name.startswith("mechanisms/") and not os.path.exists(name):
        return Path(str(assets.place("mechanisms"))).parent / os.path.dirname(name)
    return Path(name).parent


def read_spectrum(path: str, folder: Path, span: Span | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wavelengths (n_points,) in nm, ascending, and the values there (n_points,).

    Columns part at commas, semicolons, tabs or blanks; a line that begins with ``#`` is no data, nor are lines of
    text before the first number.

    Raises:
        MechanismError: the file is not inside `folder` or cannot be read; a row that is not two numbers; a wavelength
            twice; fewer than two rows.
    """
    try:
        return _rows_of(_read(path, folder, span), path, span)
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


def _read(path: str, folder: Path, span: Span | None) -> Source:
    base = folder.resolve()
    try:
        file = (base / path).resolve()
        if os.path.isabs(path) or not file.is_relative_to(base):
            message = f"`{path[:200]}` lies outside the mechanism's folder"
            raise _error(message, span, f"spectra are read from {base} and below; copy it there")
        if not file.is_file():
            raise _error(f"there is no file {path[:200]} of a spectrum", span, f"looked for in {base}")
        if file.stat().st_size > MAX_BYTES:
            raise _error(f"{path} is larger than {MAX_BYTES // 10**6} MB, too large for a spectrum", span)
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise _error(f"{path[:200]!r} cannot be read as a spectrum: {error}", span) from None
    return Source(path, text)


def _error(message: str, span: Span | None, hint: str | None = None) -> MechanismError:
    return MechanismError.of("E130", message, span=span, hint=hint)
