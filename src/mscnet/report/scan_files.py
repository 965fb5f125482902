"""Scans as files, written piece by piece so that one may be larger than memory; a function a format.

A CSV or Parquet file is in long form: what was varied, the time, then one column a name; a run that did not get to
a time has ``nan`` there.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mscnet.report.files import write_whole
from mscnet.report.netcdf import NetCDF, Variable
from mscnet.simulation.batch import NOT_RUN
from mscnet.simulation.ensemble import Scan
from mscnet.simulation.scan_dataset import (
    attributes_of,
    coordinate_attributes,
    dimensions,
    scan_attributes,
    status_attributes,
)

FloatArray = NDArray[np.float64]

#: Numbers that are turned into rows together.
_NUMBERS_AT_ONCE = 500_000


def write_scan(scan: Scan, path: str | Path) -> None:
    """Writes a scan in the format that the extension of `path` names, whole or not at all.

    Raises:
        KeyError: no writer for the extension.
        ValueError: too large for the format.
        OSError: `path` cannot be written.
    """
    write = SCAN_WRITERS[Path(path).suffix.lower()]
    write_whole(path, lambda temporary: write(scan, temporary))


def missing_for(extension: str) -> str | None:
    """What to install before a format can be written; None where nothing is missing."""
    if extension == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        return "pip install 'mscnet[parquet]'"
    return None


def header(scan: Scan) -> list[str]:
    """The columns of the long form."""
    return [*scan.plan.labels, "time", *scan.plan.simulator.columns]


def long_rows(scan: Scan) -> Iterator[FloatArray]:
    """The rows of the long form, as arrays (rows, columns); runs that were not done are left out."""
    plan = scan.plan
    n_times, n_columns = plan.row_shape
    n = len(plan.labels)
    width = n + 1 + n_columns
    for first, stop in _pieces(plan.n_runs, n_times * width):
        done = scan.store.status[first:stop] != NOT_RUN
        rows = np.empty((stop - first, n_times, width))
        rows[..., :n] = plan.labelled(first, stop)[:, None, :]
        rows[..., n] = plan.simulator.time
        rows[..., n + 1 :] = scan.store.get(first, stop)
        yield rows[done].reshape(-1, width)


def plain_rows(scan: Scan, rows: FloatArray) -> list[list[float]]:
    """Rows as lists, in which the number of a repeat is whole."""
    made: list[list[float]] = rows.tolist()
    if scan.plan.repeats is not None:
        place = len(scan.plan.names)
        for row in made:
            row[place] = int(row[place])
    return made


def write_long_csv(scan: Scan, stream: IO[str]) -> None:
    """Writes the long form as CSV; each number reads back as the same float."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header(scan))
    for rows in long_rows(scan):
        writer.writerows(plain_rows(scan, rows))


def final_table(scan: Scan) -> tuple[list[str], FloatArray]:
    """Header and rows, one a run that was done: what was varied, and the columns at the last time."""
    n = len(scan.plan.labels)
    names = header(scan)
    rows = np.concatenate([rows[scan.plan.row_shape[0] - 1 :: scan.plan.row_shape[0]] for rows in long_rows(scan)])
    return names[:n] + names[n + 1 :], np.delete(rows, n, axis=1)


def _pieces(n_runs: int, numbers_a_run: int) -> Iterator[tuple[int, int]]:
    step = max(1, _NUMBERS_AT_ONCE // max(1, numbers_a_run))
    for first in range(0, n_runs, step):
        yield first, min(first + step, n_runs)


def _to_csv(scan: Scan, path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as stream:
        write_long_csv(scan, stream)


def _to_parquet(scan: Scan, path: Path) -> None:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    kinds = {"repeat": pyarrow.int64()} if scan.plan.repeats is not None else {}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in header(scan)])
    with parquet.ParquetWriter(path, schema) as writer:
        for rows in long_rows(scan):
            writer.write_table(pyarrow.table(list(rows.T.copy()), schema=schema))


def _to_netcdf(scan: Scan, path: Path) -> None:
    plan, simulator = scan.plan, scan.plan.simulator
    dims = dimensions(plan)
    sizes = {**dict(zip(dims, plan.shape, strict=True)), "time": len(simulator.time)}
    mechanism = simulator.mechanism
    variables = [Variable("time", ("time",), "f8", attributes_of(mechanism, "time"))]
    for name, shown in zip(plan.names, plan.coordinates, strict=True):
        along = (shown,) if plan.axes is not None else dims[:1]
        variables.append(Variable(shown, along, "f8", coordinate_attributes(plan, name)))
    if plan.repeats is not None:
        variables.append(Variable("repeat", ("repeat",), "i4", {"long_name": "number of the repeat"}))
    variables.append(Variable("status", dims, "i1", status_attributes()))
    attributes: dict[str, Any] = scan_attributes(plan)
    for name in simulator.columns:
        labels: dict[str, Any] = dict(attributes_of(mechanism, name))
        if plan.axes is None:  # so that a reader takes them for coordinates
            labels["coordinates"] = " ".join(plan.coordinates)
        variables.append(Variable(name, (*dims, "time"), "f8", labels))
    with open(path, "w+b") as file:
        _fill(NetCDF(file, sizes, variables, attributes), scan)


def _fill(file: NetCDF, scan: Scan) -> None:
    plan = scan.plan
    n_times, n_columns = plan.row_shape
    file.put("time", 0, plan.simulator.time)
    for j, shown in enumerate(plan.coordinates):
        file.put(shown, 0, plan.axes[j] if plan.axes is not None else plan.samples[:, j])  # type: ignore[index]
    if plan.repeats is not None:
        file.put("repeat", 0, np.arange(1, plan.repeats + 1))
    file.put("status", 0, scan.store.status)
    for first, stop in _pieces(plan.n_runs, n_times * n_columns):
        values = scan.store.get(first, stop)
        for j, name in enumerate(plan.simulator.columns):
            file.put(name, first * n_times, values[..., j])


#: Formats by extension.
SCAN_WRITERS: Mapping[str, Callable[[Scan, Path], None]] = {
    ".csv": _to_csv,
    ".nc": _to_netcdf,
    ".parquet": _to_parquet,
}
