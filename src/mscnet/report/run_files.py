"""Runs of experiments as files: one row a condition, reading and time, in the long form that data are read from."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mscnet.diagnostics import MechanismError
from mscnet.experiment.results import Condition, Run
from mscnet.mechanism.units import UnitSystem
from mscnet.report.files import write_whole

#: Formats by extension.
RUN_FORMATS = (".csv", ".parquet")


def write_run(run: Run | Condition, path: str | Path, units: UnitSystem | None = None) -> None:
    """Writes what was measured in a run, whole or not at all, as CSV or Parquet by extension.

    Columns: ``experiment``, the loop variables in the file's units, ``time``, ``reading``, ``wavelength (nm)`` (empty
    for what has none) and ``value``.  A file of one experiment is read back by `mscnet.observations`.
    `units` name the time's unit in the header; a Run knows its own.

    Raises:
        MechanismError: another extension, or pyarrow is missing for Parquet.
        OSError: `path` cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in RUN_FORMATS:
        message = f"a run is not written as `{suffix or path}`"
        raise MechanismError.of("E133", message, hint="end the name in " + " or ".join(RUN_FORMATS))
    conditions = run.conditions if isinstance(run, Run) else (run,)
    units = run.model.units if isinstance(run, Run) else units
    loops = list(dict.fromkeys(name for condition in conditions for name in condition.values))
    time = f"time ({units.time.symbol})" if units else "time"
    header = ["experiment", *loops, time, "reading", "wavelength (nm)", "value"]
    if suffix == ".csv":
        write_whole(path, lambda temporary: _to_csv(conditions, loops, header, temporary))
    else:
        write_whole(path, lambda temporary: _to_parquet(conditions, loops, header, temporary))


def _rows(conditions: Sequence[Condition], loops: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for condition in conditions:
        before = (condition.experiment.name, *(condition.values.get(name) for name in loops))
        for series in condition.series.values():
            for time, value in zip(series.time.tolist(), series.values.tolist(), strict=True):
                yield (*before, time, series.name, series.wavelength, value)
        for spectra in condition.spectra.values():
            wavelengths = spectra.wavelength.tolist()
            for time, scan in zip(spectra.time.tolist(), spectra.absorbance.tolist(), strict=True):
                for wavelength, value in zip(wavelengths, scan, strict=True):
                    yield (*before, time, spectra.name, wavelength, value)


def _to_csv(conditions: Sequence[Condition], loops: Sequence[str], header: Sequence[str], path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(header)
        rows.writerows(_rows(conditions, loops))


def _to_parquet(conditions: Sequence[Condition], loops: Sequence[str], header: Sequence[str], path: Path) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise MechanismError.of("E130", "Parquet needs pyarrow", hint="pip install 'mscnet[parquet]'")
    import pyarrow
    from pyarrow import parquet

    rows = list(_rows(conditions, loops))
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in header]
    kinds = [pyarrow.string() if name in ("experiment", "reading") else pyarrow.float64() for name in header]
    arrays = [pyarrow.array(column, type=kind) for column, kind in zip(columns, kinds, strict=True)]
    parquet.write_table(pyarrow.table(dict(zip(header, arrays, strict=True))), path)
