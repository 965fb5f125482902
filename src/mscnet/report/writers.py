"""Tables as files: one function a format, each in the table `WRITERS`."""

from __future__ import annotations

import csv
import importlib.util
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from mscnet.records import dataclass
from mscnet.report.files import write_whole
from mscnet.report.tables import Table

if TYPE_CHECKING:
    import pandas
    import xarray


#: Cells that are turned into text together, so that a large table needs no second copy.
_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Writer:
    """A file format: how it is written, what it needs of other packages, and the extra that brings it."""

    write: Callable[[Table, Path], None]
    needs_one_of: tuple[str, ...] = ()
    extra: str = ""

    def missing(self) -> str | None:
        """What to install before this format can be written; None where nothing is missing."""
        if not self.needs_one_of or any(importlib.util.find_spec(name) for name in self.needs_one_of):
            return None
        return f"pip install 'mscnet[{self.extra}]'"


def write_table(table: Table, path: str | Path) -> None:
    """Writes `table` in the format that the extension of `path` names, whole or not at all.

    Raises:
        KeyError: no writer for the extension.
        OSError: `path` cannot be written.
    """
    writer = WRITERS[Path(path).suffix.lower()]
    write_whole(path, lambda temporary: writer.write(table, temporary))


def write_csv(table: Table, stream: IO[str]) -> None:
    """Writes a header row and one row a time; each number reads back as the same float."""
    rows = csv.writer(stream, lineterminator="\n")
    shown = (*table.leading, table.time, *table.columns)
    rows.writerow([column.name for column in shown])
    step = max(1, _CELLS_AT_ONCE // len(shown))
    for start in range(0, len(table.time.values), step):
        # csv writes floats by repr; tolist makes them Python's, whose repr is the number alone
        rows.writerows(zip(*(column.values[start : start + step].tolist() for column in shown), strict=True))


def as_json(table: Table) -> dict[str, Any]:
    """The table as an object for JSON; what is not finite becomes null."""
    return {
        **{column.name: column.values.tolist() for column in table.leading},
        "time": {"unit": table.time.unit, "values": _finite(table.time.values.tolist())},
        "columns": [
            {"name": c.name, "label": c.label, "unit": c.unit, "values": _finite(c.values.tolist())}
            for c in table.columns
        ],
    }


def as_frame(table: Table) -> pandas.DataFrame:
    """The table as a pandas frame, indexed by time and what stands before it; units in ``attrs``."""
    import pandas

    index = pandas.Index(table.time.values, name=table.time.name)
    if table.leading:
        shown = (*table.leading, table.time)
        index = pandas.MultiIndex.from_arrays([c.values for c in shown], names=[c.name for c in shown])
    frame = pandas.DataFrame({c.name: c.values for c in table.columns}, index=index)
    frame.attrs["units"] = {c.name: c.unit for c in (table.time, *table.columns)}
    return frame


def as_dataset(table: Table) -> xarray.Dataset:
    """The table as an xarray dataset over ``time``, and over the runs where there are several; units and labels in
    each variable's attributes."""
    import xarray

    axes = (*table.leading, table.time)
    coordinates = {c.name: (c.name, np.unique(c.values), {"units": c.unit} if c.unit else {}) for c in axes}
    names, shape = tuple(coordinates), tuple(len(values) for _, values, _ in coordinates.values())
    columns = {c.name: (names, c.values.reshape(shape), {"units": c.unit, "long_name": c.label}) for c in table.columns}
    events = {name: ("event", values, {"units": unit} if unit else {}) for name, (values, unit) in table.events.items()}
    return xarray.Dataset({**columns, **events}, coords=coordinates)


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _to_csv(table: Table, path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as stream:
        write_csv(table, stream)


def _to_netcdf(table: Table, path: Path) -> None:
    as_dataset(table).to_netcdf(path, engine="scipy")


def _to_parquet(table: Table, path: Path) -> None:
    as_frame(table).reset_index().to_parquet(path, index=False)


#: Formats by extension.
WRITERS: Mapping[str, Writer] = {
    ".csv": Writer(_to_csv),
    ".nc": Writer(_to_netcdf, ("scipy",), "all"),
    ".parquet": Writer(_to_parquet, ("pyarrow", "fastparquet"), "parquet"),
}
