"""Parquet tables of measured values, through pyarrow (the extra ``parquet``)."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mscnet.diagnostics import MechanismError, Span
from mscnet.experiment.data_table import Values
from mscnet.experiment.data_text import MAX_COLUMNS, MAX_VALUES, too_large
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class ParquetSheet:
    """A table in a Parquet file: its headers, and the table itself."""

    name: str
    headers: tuple[str, ...]
    table: Any
    span: Span | None

    def fail(self, row: int | None, column: int, message: str, hint: str | None, code: str = "E132") -> MechanismError:
        """The error of a cell; rows count from 1, the header has none."""
        place = f", row {row}" if row is not None else ""
        where = f", column `{self.headers[column]}`" if column < len(self.headers) else ""
        return MechanismError.of(code, f"{self.name}{place}{where}: {message}", hint=hint, span=self.span)


def open_parquet(path: Path, name: str, span: Span | None) -> ParquetSheet:
    """The table of a Parquet file.

    Raises:
        MechanismError: pyarrow is not installed, the file is no Parquet or is damaged, or it holds too much.
    """
    if importlib.util.find_spec("pyarrow") is None:
        message = f"{name} is Parquet, which needs pyarrow"
        raise MechanismError.of("E130", message, hint="pip install 'mscnet[parquet]'", span=span)
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            rows, columns = file.metadata.num_rows, len(file.schema_arrow.names)
            if columns > MAX_COLUMNS or rows * columns > MAX_VALUES:
                what = f"{name} holds {rows} rows of {columns} columns"
                raise too_large(what, f"{MAX_VALUES // 10**6} million values", span)
            table = file.read()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n")[0][:200]
        raise MechanismError.of("E131", f"{name} cannot be read as Parquet: {reason}", span=span) from None
    return ParquetSheet(name, tuple(str(n) for n in table.column_names), table, span)


def parquet_values(sheet: ParquetSheet, numeric: Sequence[int], named: Sequence[int]) -> Values:
    """Columns of a table as numbers and as texts, as `data_table.collect` gives them; nulls are missing.

    Raises:
        MechanismError: a column of numbers that holds something else, or an infinite value.
    """
    import pyarrow

    if sheet.table.num_rows == 0:
        raise MechanismError.of("E131", f"{sheet.name} has no rows", span=sheet.span)
    numbers = {}
    for index in numeric:
        kind = sheet.table.schema.field(index).type
        if not (pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_null(kind)):
            raise sheet.fail(None, index, f"values of type {kind} are no numbers", "write the column as numbers")
        column = sheet.table.column(index).cast(pyarrow.float64(), safe=False)
        values = np.array(column.to_numpy(), dtype=float)
        odd = np.flatnonzero(np.isinf(values))
        if odd.size:
            raise sheet.fail(int(odd[0]) + 1, index, "an infinite value was not measured", "leave it empty")
        numbers[index] = values
    texts = {index: ["" if v is None else str(v) for v in sheet.table.column(index).to_pylist()] for index in named}
    return Values(numbers, texts, np.arange(1, sheet.table.num_rows + 1))
