"""What experiments measured, as a table in long form and as an object for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mscnet.experiment.results import Condition, Measured, Run
from mscnet.records import dataclass
from mscnet.report.files import write_whole
from mscnet.report.plain import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mscnet.mechanism.mechanism import Mechanism


@dataclass(frozen=True, slots=True, eq=False)
class LongTable:
    """Readings of many conditions, one below the other: the name of the experiment, its loop variables, the number of
    the measurement where a condition has several, time, readings.  A cell that does not apply, or whose value is not
    finite, is None."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def long_table(run: Run, columns: Sequence[str] | None = None) -> LongTable:
    """The readings of a run, all or those named.

    Raises:
        KeyError: no reading has that name; it is the error's argument.
    """
    names = list(dict.fromkeys(name for m in _measured(run) for name, _ in _columns(m)))
    if columns is not None:
        for name in columns:
            if name not in names:
                raise KeyError(name)
        names = list(columns)
    loops = list(dict.fromkeys(name for condition in run.conditions for name in condition.values))
    several = any(len(condition.measured) > 1 for condition in run.conditions)
    headers = ("experiment", *loops, *(("measurement",) if several else ()), "time", *names)
    rows = tuple(row for condition in run.conditions for row in _rows(condition, loops, several, names))
    return LongTable(headers, rows)


def reading_names(run: Run) -> list[str]:
    """The columns that a run's table has for its readings."""
    return list(dict.fromkeys(name for measured in _measured(run) for name, _ in _columns(measured)))


def _measured(run: Run) -> Iterator[Measured]:
    return (measured for condition in run.conditions for measured in condition.measured)


def _columns(measured: Measured) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Each reading with its values; a spectrum has a column for each wavelength, named with its nanometres."""
    for name, series in measured.series.items():
        yield name, series.values
    for name, spectra in measured.spectra.items():
        for i, wavelength in enumerate(spectra.wavelength):
            yield f"{name}_{wavelength:g}", spectra.absorbance[:, i]


def _rows(condition: Condition, loops: Iterable[str], several: bool, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    lead = (condition.experiment.name, *(condition.values.get(name) for name in loops))
    starts: dict[str, float] = {}  # of each reading, from where its time is counted
    for i, measured in enumerate(condition.measured):
        columns = {name: finite(values) for name, values in _columns(measured) if name in names}
        for name in columns:
            starts.setdefault(name, measured.start)
        leading = (*lead, i + 1) if several else lead
        for start in dict.fromkeys(starts[name] for name in columns):
            time = (measured.time + (measured.start - start)).tolist()
            empty = [None] * len(time)
            shown = [columns[name] if starts.get(name) == start and name in columns else empty for name in names]
            for row in zip(time, *shown, strict=True):
                yield (*leading, *row)


def not_finite(run: Run) -> list[tuple[str, str, int]]:
    """Readings that have values which are not finite: condition, reading, and how many."""
    found = []
    for condition in run.conditions:
        for measured in condition.measured:
            parts = [*((s.name, s.values) for s in measured.series.values())]
            parts += [(s.name, s.absorbance) for s in measured.spectra.values()]
            counts = [(name, int(np.count_nonzero(~np.isfinite(values)))) for name, values in parts]
            found += [(condition.name, name, count) for name, count in counts if count]
    return found


def write_long_csv(table: LongTable, stream: IO[str]) -> None:
    """Writes a header row and one row a time; what does not apply is empty, and numbers read back as they were."""
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(table.headers)
    rows.writerows(table.rows)


def write_long_table(table: LongTable, path: str | Path) -> None:
    """Writes ``.csv``, or ``.parquet`` by way of pandas.

    Raises:
        KeyError: another extension.
        OSError: `path` cannot be written.
    """
    writers = {".csv": _write_csv_file, ".parquet": _write_parquet}
    writer = writers[Path(path).suffix.lower()]
    write_whole(path, lambda temporary: writer(table, temporary))


def _write_csv_file(table: LongTable, path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as stream:
        write_long_csv(table, stream)


def _write_parquet(table: LongTable, path: Path) -> None:
    import pandas

    pandas.DataFrame(table.rows, columns=list(table.headers)).to_parquet(path)


def run_data(run: Run) -> dict[str, Any]:
    """A run as an object for JSON; what is not finite becomes null."""
    return {
        "mechanism": run.model.name,
        "pathway": run.model.pathway,
        "time_unit": run.model.units.time.symbol,
        "conditions": [_condition_data(condition, run.model) for condition in run.conditions],
        "statistics": plain(dict(run.statistics)),
    }


def _condition_data(condition: Condition, model: Mechanism) -> dict[str, Any]:
    events = {}
    if model.events:
        from mscnet.report.events import happened_data

        events = {"events": happened_data(condition, [species.name for species in model.species])}
    return {
        "experiment": condition.experiment.name,
        "values": dict(condition.values),
        "status": condition.status.name.lower(),
        "trouble": condition.trouble,
        "measured": [_measured_data(measured) for measured in condition.measured],
        **events,
    }


def _measured_data(measured: Measured) -> dict[str, Any]:
    return {
        "start": measured.start,
        "time": measured.time.tolist(),
        "series": [
            {"name": s.name, "unit": s.unit, "wavelength": s.wavelength, "values": finite(s.values)}
            for s in measured.series.values()
        ],
        "spectra": [
            {
                "name": s.name,
                "reference": s.reference,
                "wavelength": s.wavelength.tolist(),
                "absorbance": [finite(row) for row in s.absorbance],
            }
            for s in measured.spectra.values()
        ],
    }


def finite(values: Iterable[float]) -> list[float | None]:
    """Numbers for JSON, with None for what is not finite."""
    return [float(value) if np.isfinite(value) else None for value in values]
