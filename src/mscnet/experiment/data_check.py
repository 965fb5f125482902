"""Whether every file that a mechanism names can be read: measured data, and measured spectra of bands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from mscnet.diagnostics import Diagnostic, MechanismError, Related, Span, suggest
from mscnet.experiment.data import place_of, read_data
from mscnet.experiment.data_cells import finding
from mscnet.experiment.data_subject import subject_of
from mscnet.experiment.data_table import sheet_of
from mscnet.experiment.data_text import folder_of, read_text
from mscnet.experiment.spectrum_file import read_spectrum
from mscnet.mechanism.bench import DataFile
from mscnet.mechanism.mechanism import Mechanism

#: The most bytes of data files that are read to check them; what goes beyond is left for those who use the data.
MAX_CHECKED = 20 * 1024 * 1024


def check_files(mechanism: Mechanism, folder: str | os.PathLike[str] | None = None) -> tuple[Diagnostic, ...]:
    """What is wrong with the files that a mechanism names, each finding at its line, with the place that names it.

    Columns that are neither a reading nor a variable are told too, as a warning where one is like a reading's name.
    Data files are read up to `MAX_CHECKED` bytes of all together; each one beyond that is named in a note.
    """
    return (*_check_data(mechanism, folder), *_check_spectra(mechanism))


def _check_data(mechanism: Mechanism, folder: str | os.PathLike[str] | None) -> Iterator[Diagnostic]:
    left = MAX_CHECKED
    for file in mechanism.data_files:
        try:
            size = place_of(file, mechanism, folder).stat().st_size
            if size > left:
                message = f"the data file {file.path} is large ({size / 2**20:.0f} MB) and was not read"
                yield Diagnostic("note", "N130", message, span=file.span, hint="`mscnet run` reads it")
                continue
            left -= size
            ignored = read_data(file, mechanism, folder).ignored
            if ignored:
                yield from _unknown_columns(file, ignored, mechanism, _header_of(file, mechanism, folder))
        except MechanismError as error:
            yield from error.diagnostics


def _header_of(
    file: DataFile, mechanism: Mechanism, folder: str | os.PathLike[str] | None
) -> Callable[[str], Span | None]:
    """Where a header stands in the file; None where it is no text."""
    path = place_of(file, mechanism, folder)
    if path.suffix.lower() in (".parquet", ".pq") or file.format == "parquet":
        return lambda header: None
    sheet = sheet_of(read_text(path, file.path))
    headers = [text.strip() for text in sheet.headers]
    return lambda header: (
        finding(
            sheet.source,
            sheet.header_line,
            headers.index(header) if header in headers else None,
            "",
            None,
            sheet.layout,
        ).span
    )


def _unknown_columns(
    file: DataFile, ignored: tuple[str, ...], mechanism: Mechanism, place: Callable[[str], Span | None]
) -> Iterator[Diagnostic]:
    """Columns that were left out."""
    subject = subject_of(mechanism, file)
    related = () if file.span is None else (Related("the data are named here", file.span),)
    like = {header: suggest(header, {*subject.readings, *subject.loops}) for header in ignored}
    for header, hint in like.items():
        if hint is not None:
            message = f"the column `{header[:60]}` is no reading of `{file.experiment}`, and is left out"
            yield Diagnostic("warning", "W130", message, place(header), hint, related, file.path)
    others = [header for header, hint in like.items() if hint is None]
    if others:
        shown = ", ".join(f"`{header[:60]}`" for header in others[:8]) + (" …" if len(others) > 8 else "")
        message = f"columns that are no readings of `{file.experiment}` are left out: {shown}"
        yield Diagnostic("note", "N131", message, place(others[0]), None, related, file.path)


def _check_spectra(mechanism: Mechanism) -> Iterator[Diagnostic]:
    shapes = [shape for band in mechanism.bands for shape in band.shapes if shape.path is not None]
    for shape in {shape.path: shape for shape in reversed(shapes)}.values():
        assert shape.path is not None
        try:
            read_spectrum(shape.path, folder_of(mechanism), shape.span)
        except MechanismError as error:
            yield from error.diagnostics
