"""JCAMP-DX spectra: AFFN, and the compressed forms PAC, SQZ, DIF and DUP.

Sources: R. S. McDonald, P. A. Wilks, Appl. Spectrosc. 1988, 42, 151 (version 4.24); P. Lampen et al., IUPAC
recommendations for versions 5 and 6.  In the compressed forms the first digit of a number tells its sign and what it
is: a value (SQZ), a difference from the value before (DIF), or how often what came before stands (DUP).  A line that
ends in a difference is followed by one whose first value repeats its last: the check that no line is lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import Diagnostic, MechanismError, Source
from mscnet.experiment.data_cells import finding
from mscnet.experiment.data_scans import Scan, ascending, to_absorbance
from mscnet.experiment.data_text import MAX_VALUES
from mscnet.records import dataclass

_TOKEN = re.compile(
    r"(?P<plain>[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]\d{1,3})?)|(?P<packed>[@A-Ia-i%J-Rj-rS-Zs]\d*\.?\d*)"
    r"|(?P<unknown>\?)|(?P<blank>[\s,;]+)"
)
_SQZ = {
    **{"@": "0"},
    **dict(zip("ABCDEFGHI", "123456789", strict=True)),
    **{c: f"-{i}" for i, c in enumerate("abcdefghi", 1)},
}
_DIF = {
    **{"%": "0"},
    **dict(zip("JKLMNOPQR", "123456789", strict=True)),
    **{c: f"-{i}" for i, c in enumerate("jklmnopqr", 1)},
}
_DUP = dict(zip("STUVWXYZs", "123456789", strict=True))
#: An exponent has a sign: without one, ``400E1`` is 400 and then the packed value 51.
_EXPONENT = re.compile(r"(?<=[\d.])e(?=[+-]\d)")
_LABEL = re.compile(r"\s*##(?P<label>[^=]*)=(?P<value>.*)")
#: Relative to a step of x, how far a line's own x may be from where it should begin.
_OUT_OF_STEP = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One ``##TITLE … ##END``: its records by label, the line of each, and the lines of its data."""

    records: Mapping[str, str]
    places: Mapping[str, int]
    data: tuple[tuple[int, str], ...]
    form: str
    line: int


def is_jcamp(source: Source) -> bool:
    """Whether a text begins as JCAMP-DX does."""
    return source.text[:2000].lstrip().upper().startswith(("##TITLE", "##JCAMP"))


def read_jcamp(source: Source) -> list[Scan]:
    """Every spectrum of a JCAMP-DX file with its blocks.

    Raises:
        MechanismError: a form that is not read (NTUPLES), units that are no wavelength or absorbance, a line that
            cannot be decoded or fails its check, or data that end too early.
    """
    scans = []
    for block in _blocks(source):
        if block.form:
            scans.append(_scan(source, block))
    if not scans:
        raise _fault(source, 1, "there is no spectrum (`##XYDATA=` or `##XYPOINTS=`) in this file", code="E131")
    return scans


def _fault(source: Source, line: int, message: str, hint: str | None = None, code: str = "E132") -> MechanismError:
    found: Diagnostic = finding(source, line, None, message, hint, code=code)
    return MechanismError([found])


def _blocks(source: Source) -> Iterator[Block]:
    records: dict[str, str] = {}
    places: dict[str, int] = {}
    data: list[tuple[int, str]] = []
    form, start, last = "", 1, ""
    for number, raw in enumerate(source.text.split("\n"), 1):
        line = raw.split("$$", 1)[0].rstrip()
        match = _LABEL.match(line)
        if match is None:
            if last == "data" and line.strip():
                data.append((number, line))
            continue
        label = re.sub(r"[\s/_-]", "", match["label"]).upper()
        last = label
        if label in ("TITLE", "END"):
            if form:
                yield Block(records, places, tuple(data), form, start)
            records, places, data, form, start = {}, {}, [], "", number
        if label in ("NTUPLES", "DATATABLE", "PEAKTABLE", "PEAKASSIGNMENTS", "RADATA"):
            raise _fault(source, number, f"the form `##{match['label'].strip()}=` of JCAMP-DX is not read",
                         "export it as `##XYDATA= (X++(Y..Y))`", "E090")  # fmt: skip
        if label in ("XYDATA", "XYPOINTS"):
            form, last = re.sub(r"\s", "", match["value"]).upper(), "data"
            places["form"] = number
        records.setdefault(label, match["value"].strip())
        places.setdefault(label, number)
    if form:
        raise _fault(source, number, "the file ends without `##END=`", "it may be cut off")


def _scan(source: Source, block: Block) -> Scan:
    if block.form in ("(XY..XY)",):
        x, y = _pairs(source, block)
    elif block.form in ("(X++(Y..Y))",):
        x, y = _rows(source, block)
    else:
        raise _fault(source, block.places["form"], f"data of the form `{block.form[:40]}` are not read",
                     "(X++(Y..Y)) and (XY..XY) are", "E090")  # fmt: skip
    count = _number(source, block, "NPOINTS", float(len(x)))
    if count != len(x):
        message = f"{len(x)} points, but `##NPOINTS={count:g}`"
        raise _fault(source, block.places["NPOINTS"], message, "the file may be damaged or cut off")
    wavelength = _to_nanometres(source, block, x)
    values = to_absorbance(block.records.get("YUNITS", ""), y)
    if values is None:
        message = f"`{block.records['YUNITS'][:40]}` is neither absorbance nor transmittance"
        raise _fault(source, block.places["YUNITS"], message, "export the spectrum as absorbance", "E131")
    day, hour = block.records.get("LONGDATE") or block.records.get("DATE", ""), block.records.get("TIME", "")
    clock = f"{day} {hour}".strip()
    return Scan(block.records.get("TITLE", ""), *ascending(wavelength, values), clock, block.line)


def _number(source: Source, block: Block, label: str, default: float | None = None) -> float:
    text = block.records.get(label)
    if text is None:
        if default is None:
            raise _fault(source, block.places["form"], f"`##{label}=` is missing from this block", code="E131")
        return default
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _fault(source, block.places[label], f"`{text[:40]}` is no number")
    return value


def _to_nanometres(source: Source, block: Block, x: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = re.sub(r"[^a-z0-9/µ]", "", block.records.get("XUNITS", "").casefold())
    if unit in ("nanometers", "nanometer", "nanometres", "nm", "wavelengthnm", "wavelength"):
        return x
    if unit in ("micrometers", "micrometres", "microns", "um", "µm"):
        return x * 1e3
    if unit in ("1/cm", "cm1", "wavenumber", "wavenumbers", "wavenumber1/cm") and np.all(x > 0):
        return 1e7 / x
    message = f"`{block.records.get('XUNITS', '')[:40]}` is no unit of wavelength that is read"
    line = block.places.get("XUNITS", block.line)
    raise _fault(source, line, message, "NANOMETERS, MICROMETERS and 1/CM are", "E131")


def _pairs(source: Source, block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values: list[float] = []
    for number, line in block.data:
        found = list(_decoded(source, number, line, None)[0])
        if len(found) % 2:
            raise _fault(source, number, f"{len(found)} numbers do not make pairs of x and y")
        values += found
        _check_size(source, number, values)
    table = np.array(values).reshape(-1, 2)
    factors = _number(source, block, "XFACTOR", 1.0), _number(source, block, "YFACTOR", 1.0)
    return table[:, 0] * factors[0], table[:, 1] * factors[1]


def _rows(source: Source, block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lines of an x and the values from it on, at equal steps."""
    first, last = _number(source, block, "FIRSTX"), _number(source, block, "LASTX")
    count = _number(source, block, "NPOINTS")
    factor = _number(source, block, "XFACTOR", 1.0)
    step = (last - first) / (count - 1) if count > 1 else 0.0
    values: list[float] = []
    before: float | None = None
    for number, line in block.data:
        # a line that begins with a check may give the x of the check, or of the value after it
        due = first + step * len(values)
        allowed = (due,) if before is None else (due, due - step)
        x, found, before = _line(source, number, line, before)
        if min(abs(x * factor - at) for at in allowed) > _OUT_OF_STEP * abs(step) + abs(factor):
            message = f"this line begins at x = {x * factor:g}, where {due:g} was due: a line may be missing"
            raise _fault(source, number, message)
        values += found
        _check_size(source, number, values)
    y = np.array(values) * _number(source, block, "YFACTOR", 1.0)
    return np.linspace(first, last, len(y)), y


def _check_size(source: Source, number: int, values: list[float]) -> None:
    if len(values) > MAX_VALUES:
        raise _fault(source, number, f"more than {MAX_VALUES // 10**6} million values", "thin it out", "E008")


def _line(source: Source, number: int, line: str, before: float | None) -> tuple[float, list[float], float | None]:
    """The x of a line, its values without the check, and the last of them where it came by a difference."""
    numbers, by_difference = _decoded(source, number, line, 1)
    if not numbers:
        raise _fault(source, number, "a line of data without a number")
    x, found = numbers[0], numbers[1:]
    last = found[-1] if found and by_difference else None
    if before is not None:
        if not found or abs(found[0] - before) > 1e-9 * max(1.0, abs(before)):
            shown = f"{found[0]:g}" if found else "nothing"
            message = f"the check failed: this line begins with {shown}, the line before ended with {before:g}"
            raise _fault(source, number, message, "a line may be damaged or missing")
        found = found[1:]
    return x, found, last


def _decoded(source: Source, number: int, line: str, plain_first: int | None) -> tuple[list[float], bool]:
    """The numbers of a line, and whether the last came by a difference; `plain_first`: the x is never packed."""
    made: list[float] = []
    difference, position = None, 0
    text = _EXPONENT.sub("E", line)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _fault(source, number, f"`{text[position : position + 20]}` cannot be decoded as JCAMP-DX data")
        position = match.end()
        if match["blank"]:
            continue
        token = match[0]
        if match["unknown"]:
            made.append(math.nan)
            difference = None
        elif match["plain"]:
            made.append(float(token))
            difference = None
        elif token[0] in _DUP:
            _repeat(source, number, made, difference, int(float(_DUP[token[0]] + token[1:])))
        elif token[0] in _DIF:
            if len(made) < (plain_first or 0) + 1:
                raise _fault(source, number, f"the difference `{token[:20]}` has no value before it")
            difference = float(_DIF[token[0]] + token[1:])
            made.append(made[-1] + difference)
        else:
            made.append(float(_SQZ[token[0]] + token[1:]))
            difference = None
    return made, difference is not None


def _repeat(source: Source, number: int, made: list[float], difference: float | None, times: int) -> None:
    """``DUP``: what came before stands `times` times in all."""
    if not made or times < 1 or times > MAX_VALUES:
        raise _fault(source, number, f"nothing can stand {times} times here")
    for _ in range(times - 1):
        made.append(made[-1] + (difference or 0.0))
