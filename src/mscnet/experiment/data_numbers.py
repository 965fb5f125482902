"""Tables without a time: one row a condition, a column for each number that it has."""

from __future__ import annotations

import math

import numpy as np

from mscnet.experiment.data_cells import is_missing, number_in
from mscnet.experiment.data_columns import Column
from mscnet.experiment.data_forms import Filled, groups_of, nothing_known
from mscnet.experiment.observations import ObservedNumber
from mscnet.records import replace


def read_numbers(table: Filled, decimal: str) -> list[ObservedNumber]:
    """Every number of every row.

    A column in which no cell is a number is a label of its rows; in any other, what is no number is an error.

    Raises:
        MechanismError: a text among numbers, or a reading that has a course and so needs times.
    """
    for column in table.having("value"):
        if column.target in table.subject.over_time:
            message = f"`{column.target}` is measured over time, but no column holds times"
            raise table.fail(None, column.index, message, "call the column `time (min)`, or `time` in the file's unit")
    labels, numbers = _split(table, decimal)
    read = {
        c.index: np.array([_value(t, decimal) for t in table.values.texts[c.index]])
        for c in numbers
        if c.role == "other"
    }
    table = replace(table, values=replace(table.values, numbers={**table.values.numbers, **read}))
    if not numbers:
        raise nothing_known(table)
    made = []
    seen: dict[tuple[tuple[str, float], ...], int] = {}
    for group in groups_of(table):
        for row in group.rows:
            key = tuple(sorted(group.values.items()))
            seen[key] = seen.get(key, 0) + 1
            own = {label.header.strip(): table.values.texts[label.index][row] for label in labels}
            for column in numbers:
                name = column.target or column.header.strip()
                value, error = float(table.of(column)[row]), float(table.errors_of(column)[row])
                made.append(ObservedNumber(name, group.values, value, error, seen[key], column.unit, own))
    return made


def _value(text: str, decimal: str) -> float:
    value = number_in(text, decimal)
    return math.nan if value is None else value


def _split(table: Filled, decimal: str) -> tuple[list[Column], list[Column]]:
    """Columns of labels and columns of numbers; ``other`` columns become numbers where they hold some."""
    labels, numbers = [], table.having("value", "any value")
    for column in table.having("other"):
        texts = table.values.texts[column.index]
        found = [number_in(text, decimal) for text in texts]
        if all(value is None or math.isnan(value) for value in found):
            if not all(is_missing(text) for text in texts):
                labels.append(column)
            continue
        for row, value in enumerate(found):
            if value is None:
                message = f"`{texts[row][:40]}` in column `{column.header.strip()}` is no number"
                raise table.fail(row, column.index, message, "leave the cell empty where there is no value")
        numbers.append(column)
    return labels, sorted(numbers, key=lambda column: column.index)
