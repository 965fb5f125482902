"""What the columns of a table stand for, from their headers: roles, units, wavelengths, replicates, errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from mscnet.diagnostics import suggest
from mscnet.experiment.data_subject import TIME as TIME_NAME
from mscnet.experiment.data_subject import Subject
from mscnet.mechanism.quantity import QuantityError, parse_unit
from mscnet.mechanism.units import NONE, TIME, Dimension, UnitSystem
from mscnet.records import dataclass, replace

#: ``value`` is of a reading, ``name`` and ``any value`` make the long form, ``axis`` holds wavelengths,
#: ``experiment`` the names of experiments; ``other`` is what no reading or variable is called.
Role = Literal["time", "value", "error", "loop", "replicate", "axis", "name", "experiment", "any value", "other"]

_TIMES = {"time", "t", "elapsed time", "time elapsed", "elapsed"}
_NAMES = {"reading", "variable", "series", "observable", "signal"}
_VALUES = {"value", "values", "absorbance", "abs", "a", "od", "extinction", "signal value"}
_AXES = {"wavelength", "wavelengths", "lambda", "λ", "wl"}
_REPLICATES = {"replicate", "rep", "repeat"}
_WORDS = r"err|errors?|sd|std|stdev|std\.? ?dev\.?|sigma|σ|se|sem|unc|uncertainty"
_ERROR = re.compile(
    rf"(?P<of>.+?)[\s_.]*(?:(?<![^\W_])(?:{_WORDS})|±|\+/-)"
    rf"|(?:±|\+/-|(?:{_WORDS})(?:[\s_](?:of|in))?[\s_]+)\s*(?P<before>.+)|(?:{_WORDS}|±|\+/-)",
    re.IGNORECASE,
)
_REPLICATE = re.compile(r"(?P<of>.+?)(?:[\s_.#-]+(?:rep(?:licate)?)?[\s_.#-]*|rep)(?P<number>\d{1,3})", re.IGNORECASE)
_WAVELENGTH = re.compile(
    r"(?:a|abs|absorbance|od|ext)?[\s_]*[(\[]?\s*(?P<value>\d{3,4}(?:[.,]\d+)?)\s*(?P<unit>nm)?\s*[)\]]?",
    re.IGNORECASE,
)
_OF_SPECTRUM = re.compile(r"(?P<of>.+)_(?P<value>\d{3,4}(?:\.\d+)?)")
_BRACKETS = re.compile(r"(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*")
_SLASH = re.compile(r"(?P<name>.*?)\s*/\s*(?P<unit>[^\s/(].*)")
_SUFFIX = re.compile(r"(?P<name>.+)_(?P<unit>[^\W\d_]+)")
#: Units of absorbance, which is a number.
_ABSORBANCE = {"": 1.0, "-": 1.0, "1": 1.0, "au": 1.0, "a.u.": 1.0, "od": 1.0, "abs": 1.0, "mau": 1e-3, "mod": 1e-3}
_SHORTEST, _LONGEST = 100.0, 3000.0  # nm


class HeaderError(ValueError):
    """A header that cannot be understood; `column` is its place, `code` that of the finding."""

    def __init__(self, column: int, message: str, hint: str | None = None, code: str = "E133") -> None:
        super().__init__(message)
        self.column, self.hint, self.code = column, hint, code


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its role, what of (`target`), and how its numbers become the file's units: ``(x + offset) × factor``.

    An ``error`` is of the column number `of`; `wavelength` is in nm; `replicate` is None where the header has none;
    `time` is that of a whole column of values, in the file's unit.
    """

    index: int
    header: str
    role: Role
    target: str = ""
    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    wavelength: float | None = None
    replicate: int | None = None
    of: int | None = None
    time: float | None = None


def read_columns(headers: Sequence[str], subject: Subject) -> tuple[Column, ...]:
    """The roles of all columns of a table.

    Raises:
        HeaderError: an unknown unit, a column without a name, or two columns for one thing.
    """
    columns = [_column(index, header, subject) for index, header in enumerate(headers)]
    columns = [_of_any_value(column, subject, columns) for column in columns]
    columns = [_as_error(column, columns, subject) if column.role == "other" else column for column in columns]
    for role in ("time", "axis", "name", "replicate", "experiment"):
        same = [column for column in columns if column.role == role]
        if len(same) > 1:
            message = f"two columns are the {'wavelength' if role == 'axis' else role}: `{same[0].header}` and this one"
            raise HeaderError(same[1].index, message, "say which counts with `columns` in the data's block")
    return tuple(columns)


def _column(index: int, header: str, subject: Subject) -> Column:
    text = header.strip()
    if not text:
        raise HeaderError(index, f"column {index + 1} has no name", "name it in the first row, as in `time (min)`")
    if text in subject.columns:
        return _mapped(index, header, subject)
    wavelength = _wavelength(text)
    if wavelength is not None and _named(index, header, text, subject) is None:
        return Column(index, header, "value", subject.reading_at(wavelength) or "", wavelength=wavelength)
    for name, unit, suffix in _parts(text):
        found = _named(index, header, subject.columns.get(name, name), subject)
        if found is None and unit is not None and unit.casefold() in _ABSORBANCE:
            at = _wavelength(name)  # `OD371 (mAU)`
            if at is not None:
                factor = _ABSORBANCE[unit.casefold()]
                return Column(index, header, "value", subject.reading_at(at) or "", factor, wavelength=at)
        made = None if found is None else _with_unit(found, unit, subject, suffix)
        if made is not None:
            return made
    return Column(index, header, "other", text)


def _mapped(index: int, header: str, subject: Subject) -> Column:
    """A column that the mechanism names as it stands; its unit, where its header shows one."""
    found = _named(index, header, subject.columns[header.strip()], subject)
    assert found is not None  # what is mapped to has been checked to exist
    for _, unit, suffix in list(_parts(header.strip()))[1:]:
        try:
            made = _with_unit(found, unit, subject, suffix)
        except HeaderError:
            if found.role in ("time", "loop"):
                raise
            continue  # `Peak (blue)`
        if made is not None:
            return made
    return found


def names_of(header: str) -> list[str]:
    """A header as it stands, and its name without what may be a unit."""
    return [name for name, _, _ in _parts(header.strip())]


def _parts(text: str) -> Iterator[tuple[str, str | None, bool]]:
    """A header as name and unit, in each way that it can be taken; and whether the unit is only a suffix."""
    yield text, None, False
    for pattern in (_BRACKETS, _SLASH, _SUFFIX):
        match = pattern.fullmatch(text)
        if match and match["name"]:
            yield match["name"].strip(), match["unit"].strip(), pattern is _SUFFIX


def _named(index: int, header: str, name: str, subject: Subject) -> Column | None:
    """What a name without its unit stands for; readings and variables come before words."""
    reading = _known(name, subject.readings)
    if reading is not None:
        kind = subject.readings[reading]
        at = next((at for at, other in subject.at_wavelength if other == reading), None)
        return Column(index, header, "any value" if kind.kind == "spectrum" else "value", reading, wavelength=at)
    loop = _known(name, subject.loops)
    if loop is not None:
        return Column(index, header, "loop", loop)
    folded = name.casefold()
    words: tuple[tuple[set[str], Role], ...] = (
        (_TIMES, "time"), (_REPLICATES, "replicate"), (_AXES, "axis"), (_NAMES, "name"),
        ({"experiment"}, "experiment"), (_VALUES, "any value"),
    )  # fmt: skip
    for known, role in words:
        if folded in known:
            return Column(index, header, role, TIME_NAME if role == "time" else "")
    if (match := _OF_SPECTRUM.fullmatch(name)) and _known(match["of"], subject.spectra) is not None:
        return _at_one_wavelength(index, header, match, subject)
    match = _REPLICATE.fullmatch(name)
    if match:
        reading = _known(match["of"], subject.readings)
        if reading is not None:
            base = _named(index, header, reading, subject)
            return base and replace(base, replicate=int(match["number"]))
    return None


def _at_one_wavelength(index: int, header: str, match: re.Match[str], subject: Subject) -> Column | None:
    """``uv_360``, as a run's table calls what the spectrum `uv` is at 360 nm; None where several spectra are read."""
    wavelength = float(match["value"])
    if len(subject.spectra) > 1 or not _SHORTEST <= wavelength <= _LONGEST:
        return None
    return Column(index, header, "value", wavelength=wavelength)


def _known(name: str, names: Iterable[str]) -> str | None:
    """`name` as it is declared: exactly, else the only one that differs in case alone."""
    known = list(names)
    if name in known:
        return name
    near = [other for other in known if other.casefold() == name.casefold()]
    return near[0] if len(near) == 1 else None


def _with_unit(column: Column, unit: str | None, subject: Subject, suffix: bool) -> Column | None:
    """The column with its unit; None where a suffix such as ``_min`` is no unit of what the column is."""
    wanted = {"time": TIME, "loop": subject.loops.get(column.target)}.get(column.role)
    if suffix and (unit is None or not _is_unit(unit, wanted, subject.units)):
        return None
    if column.role == "axis":
        return replace(column, factor=_to_nanometres(column.index, unit))
    if unit is None or column.role in ("replicate", "name", "experiment"):
        return column
    is_absorbance = column.role == "any value" or column.target in {n for _, n in subject.at_wavelength}
    if is_absorbance and unit.casefold() in _ABSORBANCE:
        return replace(column, factor=_ABSORBANCE[unit.casefold()])
    if column.role in ("value", "any value") and unit.casefold() in ("", "-", "1"):
        return column
    factor, offset, dimension = read_unit(column.index, unit, subject.units)
    if wanted is not None and dimension != wanted:
        shown = subject.units.describe(wanted)
        message = f"`{unit}` is no unit of `{column.target}`, which is in {shown} here"
        raise HeaderError(column.index, message, code="E020")
    scale = float(subject.units.scale_of(dimension))
    return replace(column, factor=factor / scale, offset=offset, unit=subject.units.describe(dimension))


def _is_unit(text: str, wanted: Dimension | None, units: UnitSystem) -> bool:
    if wanted is None or wanted == NONE:
        return False
    try:
        return parse_unit(text, units)[1] == wanted
    except QuantityError:
        return False


def read_unit(column: int, text: str, units: UnitSystem) -> tuple[float, float, Dimension]:
    """SI factor, offset and dimension of a unit; raises HeaderError for what is none."""
    known = units.find(text)
    if known is not None:
        return float(known.factor), float(known.offset), known.dimension
    try:
        factor, dimension = parse_unit(text, units)
    except QuantityError as error:
        hint = error.hint or suggest(text, units.symbols)
        raise HeaderError(column, f"the unit of this column: {error}", hint, "E012") from None
    return float(factor), 0.0, dimension


def _to_nanometres(column: int, unit: str | None) -> float:
    factors = {"": 1.0, "nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "å": 0.1, "angstrom": 0.1}
    factor = factors.get((unit or "").casefold())
    if factor is None:
        raise HeaderError(column, f"wavelengths in `{unit}` are not read", "give them in nm", "E012")
    return factor


def _wavelength(text: str) -> float | None:
    match = _WAVELENGTH.fullmatch(text)
    value = float(match["value"].replace(",", ".")) if match else 0.0
    return value if _SHORTEST <= value <= _LONGEST else None


def _of_any_value(column: Column, subject: Subject, columns: Sequence[Column]) -> Column:
    """A column called ``absorbance`` is the only series where there is one, in a table that names no readings."""
    if column.role == "any value" and not any(other.role in ("name", "axis") for other in columns):
        if len(subject.series) == 1 and not column.target:
            return replace(column, role="value", target=subject.series[0])
        return replace(column, role="other", target=column.header.strip())
    return column


def _as_error(column: Column, columns: Sequence[Column], subject: Subject) -> Column:
    """An ``other`` column that is the error of one beside it."""
    for name, unit, _ in _parts(column.header.strip()):
        match = _ERROR.fullmatch(name)
        if not match:
            continue
        base = match["of"] or match["before"]
        of = _called(base, columns, column.index) if base else _left_of(column.index, columns)
        if of is None:
            continue
        factor = of.factor
        if unit is not None:
            made = _with_unit(replace(of, index=column.index, factor=1.0), unit, subject, False)
            factor = made.factor if made is not None else factor
        return replace(column, role="error", of=of.index, factor=factor)
    return column


def _called(name: str, columns: Sequence[Column], but: int) -> Column | None:
    folded = name.strip(" _.").casefold()
    for column in columns:
        if column.index != but and column.role in ("value", "any value", "other"):
            names = [column.header.strip(), *(n for n, _, _ in _parts(column.header.strip()))]
            if column.replicate is None:
                names.append(column.target)
            if folded in (other.casefold() for other in names if other):
                return column
            wavelength = _wavelength(folded)
            if wavelength is not None and column.wavelength == wavelength and column.replicate is None:
                return column
    return None


def _left_of(index: int, columns: Sequence[Column]) -> Column | None:
    before = columns[index - 1] if index else None
    return before if before is not None and before.role in ("value", "any value", "other") else None
