"""Exports of spectrometers' programs: Agilent Cary WinUV as CSV, Ocean Optics (Ocean Insight) as text.

Cary WinUV writes pairs of columns, a row of the samples' names and a row such as ``Wavelength (nm),Abs`` above them,
and below the data, after an empty line, what it knows about each scan.  SpectraSuite and OceanView write a head of
``key: value`` lines, ``Begin Spectral Data``, and pairs of wavelength and value, or, of a strip of scans, a
row of wavelengths and below it a row a scan with its time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from mscnet.diagnostics import Diagnostic, MechanismError, Source
from mscnet.experiment.data_cells import MOST_FINDINGS, Layout, finding, number_in
from mscnet.experiment.data_scans import Scan, Trace, ascending, to_absorbance
from mscnet.experiment.data_text import MAX_VALUES, too_large
from mscnet.mechanism.units import UNITS

_HEAD = 200  # lines in which a format shows itself
_BEGIN, _END = re.compile(r"^>+\s*begin .*spectral data", re.I), re.compile(r"^>+\s*end .*spectral data", re.I)
_PAIR_X = re.compile(r"(wavelength|time)\s*\(\s*(nm|sec|s|min|h)[a-z]*\s*\)", re.IGNORECASE)
_PAIR_Y = re.compile(r"abs(orbance)?|%?\s*[tr]|(f|log\s*\(?)abs\)?|reflectance|transmittance", re.IGNORECASE)
_COLLECTED = re.compile(r"collection time\s*[:,;]?\s*(.+)", re.IGNORECASE)
_STAMP = re.compile(r"\d{9,13}")
_EPOCH_FORM = "{:%Y-%m-%d %H:%M:%S.%f}"


def is_ocean(source: Source) -> bool:
    """Whether the head of a text is that of an Ocean Optics export."""
    return any(_BEGIN.match(line.strip()) for line in source.text[:20_000].split("\n")[:_HEAD])


def is_cary(source: Source) -> bool:
    """Whether the second row of a text names pairs of columns as Cary WinUV does."""
    lines = source.text[:200_000].split("\n", 2)
    if len(lines) < 3:
        return False
    cells = _cells(lines[1], _cary_layout(source))
    names = [cell for cell in cells[0::2] if cell]
    values = [cell for cell in cells[1::2] if cell]
    if not names or len(values) != len(names):
        return False
    return all(_PAIR_X.fullmatch(name) for name in names) and all(_PAIR_Y.fullmatch(value) for value in values)


def _cells(line: str, layout: Layout) -> list[str]:
    parts = line.split(layout.delimiter) if layout.delimiter else line.split()
    return [part.strip().strip('"').strip() for part in parts]


def _cary_layout(source: Source) -> Layout:
    lines = source.text[:200_000].split("\n", 2)
    delimiter = next((sign for sign in "\t;," if sign in lines[1]), ",") if len(lines) > 1 else ","
    comma = delimiter != "," and re.search(r"\d,\d", lines[2][:2000] if len(lines) > 2 else "") is not None
    return Layout(delimiter, "," if comma else ".")


def read_cary(source: Source) -> tuple[list[Scan], list[Trace]]:
    """Scans and courses of a Cary WinUV export; a name without one of its own is that of the pair before.

    Raises:
        MechanismError: cells that are no numbers, rows that are cut off, values that are no absorbance.
    """
    layout = _cary_layout(source)
    lines = source.text.split("\n")
    names, heads = _cells(lines[0], layout), _cells(lines[1], layout)
    pairs = [k for k in range(0, len(heads) - 1, 2) if _PAIR_X.fullmatch(heads[k])]
    x: list[list[float]] = [[] for _ in pairs]
    y: list[list[float]] = [[] for _ in pairs]
    findings: list[Diagnostic] = []
    number, notes = 2, len(lines)
    for number, line in enumerate(lines[2:], 3):
        cells = _cells(line, layout)
        if not any(cells):
            notes = number
            break  # what follows the data is about them
        _take_pairs(source, layout, number, cells, pairs, x, y, findings)
        if len(findings) >= MOST_FINDINGS:
            break
        if len(pairs) * number > MAX_VALUES:
            raise too_large(f"{source.name} holds more values", f"{MAX_VALUES // 10**6} million", None)
    if notes == len(lines) and lines[-1].strip() and len(_cells(lines[-1], layout)) <= pairs[-1]:
        message = "this row ends before its last pair of columns"
        findings.append(finding(source, len(lines), None, message, "the file may be cut off here"))
    if findings:
        raise MechanismError(findings)
    clocks = _collection_times(lines[notes:])
    return _cary_parts(source, names, heads, pairs, x, y, clocks)


def _take_pairs(
    source: Source,
    layout: Layout,
    number: int,
    cells: Sequence[str],
    pairs: Sequence[int],
    x: list[list[float]],
    y: list[list[float]],
    findings: list[Diagnostic],
) -> None:
    """One row of pairs; a scan that is over has two empty cells."""
    for k, at in enumerate(pairs):
        if at >= len(cells) or (not cells[at] and (at + 1 >= len(cells) or not cells[at + 1])):
            continue
        if at + 1 >= len(cells):
            message = "this row ends within a pair of columns"
            findings.append(finding(source, number, None, message, "the file may be cut off here"))
            continue
        values = [number_in(cells[at], layout.decimal), number_in(cells[at + 1], layout.decimal)]
        for column, value in zip((at, at + 1), values, strict=True):
            if value is None or (column == at and value != value):
                message = f"`{cells[column][:40]}` is no number"
                findings.append(finding(source, number, column, message, None, layout))
        if values[0] is not None and values[1] is not None:
            x[k].append(values[0])
            y[k].append(values[1])


def _collection_times(lines: Sequence[str]) -> list[str]:
    """The times of the scans, in the order in which the notes below the data tell of them."""
    found = (_COLLECTED.search(line.replace('"', "")) for line in lines)
    return [match[1].strip(" ,;") for match in found if match]


def _cary_parts(
    source: Source,
    names: Sequence[str],
    heads: Sequence[str],
    pairs: Sequence[int],
    x: Sequence[list[float]],
    y: Sequence[list[float]],
    clocks: Sequence[str],
) -> tuple[list[Scan], list[Trace]]:
    scans, traces = [], []
    told = list(clocks) if len(clocks) == len(pairs) else [""] * len(pairs)
    for k, at in enumerate(pairs):
        name = names[at] if at < len(names) and names[at] else f"scan {k + 1}"
        if not x[k]:
            continue
        values = to_absorbance(heads[at + 1], np.array(y[k]))
        if values is None:
            message = f"`{heads[at + 1]}` is neither absorbance nor transmittance"
            raise MechanismError(
                [finding(source, 2, at + 1, message, "export it as Abs", _cary_layout(source), "E131")]
            )
        axis = _PAIR_X.fullmatch(heads[at])
        assert axis is not None
        if axis[1].lower() == "time":
            unit = UNITS["min" if axis[2].lower() == "min" else "h" if axis[2].lower() == "h" else "s"]
            traces.append(Trace(name, np.array(x[k]) * float(unit.factor), values, 1))
        else:
            scans.append(Scan(name, *ascending(np.array(x[k]), values), told[k], 1))
    return scans, traces


# --- Ocean Optics --------------------------------------------------------------------------------------


def read_ocean(source: Source) -> list[Scan]:
    """The scans of an Ocean Optics export; values are taken for absorbance, which the file does not say.

    Raises:
        MechanismError: no data, cells that are no numbers, rows of another length.
    """
    lines = source.text.split("\n")
    begin = next(k for k, line in enumerate(lines) if _BEGIN.match(line.strip()))
    end = next((k for k in range(begin + 1, len(lines)) if _END.match(lines[k].strip())), len(lines))
    body = [(k + 1, lines[k]) for k in range(begin + 1, end) if lines[k].strip()]
    if not body:
        raise MechanismError([finding(source, begin + 1, None, "no data follow this line", "the file may be cut off")])
    if len(body) * max(2, body[0][1].count("\t")) > MAX_VALUES:
        raise too_large(f"{source.name} holds more values", f"{MAX_VALUES // 10**6} million", None)
    comma = not re.search(r"\d\.\d", body[0][1]) and re.search(r"\d,\d", body[0][1]) is not None
    layout = Layout("\t" if "\t" in body[0][1] else "", "," if comma else ".")
    lengths = [len(_cells(line.strip(), layout)) for _, line in body[:2]]
    if lengths[0] > 2 or (len(lengths) > 1 and lengths[1] > lengths[0]):
        return _strip(source, body, layout)
    dated = (re.match(r"\s*date\s*:\s*(.+)", line, re.IGNORECASE) for line in lines[:begin])
    clock = next((match[1] for match in dated if match), "")
    findings: list[Diagnostic] = []
    points = _numbers(source, body, layout, 0, 2, findings)
    wavelength, values = ascending(points[:, 0], points[:, 1])
    return [Scan(source.name, wavelength, values, clock, begin + 1)]


def _numbers(
    source: Source,
    body: Sequence[tuple[int, str]],
    layout: Layout,
    skip: int,
    width: int,
    findings: list[Diagnostic],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Rows of `width` numbers after `skip` cells that are something else."""
    made = np.full((len(body), width), np.nan)
    for k, (number, line) in enumerate(body):
        cells = _cells(line.rstrip(), layout) if skip else _cells(line.strip(), layout)
        if len(cells) != width + skip:
            message = f"this row has {len(cells)} cells, not {width + skip}"
            findings.append(finding(source, number, None, message, "the file may be cut off here"))
        else:
            for column, cell in enumerate(cells[skip:]):
                value = number_in(cell, layout.decimal)
                if value is None:
                    message = f"`{cell[:40]}` is no number"
                    findings.append(finding(source, number, column + skip, message, None, layout))
                else:
                    made[k, column] = value
        if len(findings) >= MOST_FINDINGS:
            break
    if findings:
        raise MechanismError(findings)
    return made


def _strip(source: Source, body: Sequence[tuple[int, str]], layout: Layout) -> list[Scan]:
    """A row of wavelengths, then one row a scan: one or two cells of its time, and its values."""
    grid = _numbers(source, [(body[0][0], body[0][1].strip())], layout, 0,
                    len(_cells(body[0][1].strip(), layout)), [])[0]  # fmt: skip
    if len(body) < 2:
        raise MechanismError([finding(source, body[0][0], None, "no scans follow this row of wavelengths")])
    stamps = len(_cells(body[1][1].rstrip(), layout)) - len(grid)
    if stamps not in (1, 2):
        message = f"a scan has {len(grid)} values and one or two cells of its time; here are {len(grid) + stamps}"
        raise MechanismError([finding(source, body[1][0], None, message)])
    values = _numbers(source, body[1:], layout, stamps, len(grid), [])
    scans = []
    for k, (number, line) in enumerate(body[1:]):
        clock = _stamp(_cells(line, layout)[:stamps])
        scans.append(Scan(f"scan {k + 1}", *ascending(grid, values[k]), clock, number))
    return scans


def _stamp(cells: Sequence[str]) -> str:
    """The time of a scan: milliseconds (or seconds) since 1970, else a date."""
    for cell in reversed(cells):
        if _STAMP.fullmatch(cell):
            return _EPOCH_FORM.format(datetime.fromtimestamp(int(cell) / (1000.0 if len(cell) >= 12 else 1.0), UTC))
    return next((cell for cell in cells if cell), "")
