"""The ledger of experiments: what every vessel held after each step."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mscnet.experiment.results import Condition, LedgerRow, Run
from mscnet.mechanism.readable import readable
from mscnet.mechanism.units import VOLUME
from mscnet.report.experiments import finite
from mscnet.report.text import display_width, table

#: Columns of a terminal, and those of a step's text.
_WIDTH, _STEP_WIDTH = 98, 52


def ledger_text(run: Run) -> str:
    """Two tables for each condition: its numbered steps with time and volume after each, and below them what the
    vessel held then, a column a step, in blocks as wide as a terminal.

    Species that are nowhere are left out.
    """
    return "\n\n".join(_condition_text(run, condition) for condition in run.conditions)


def _condition_text(run: Run, condition: Condition) -> str:
    title = condition.name if condition.experiment.label is None else f"{condition.name}  {condition.experiment.label}"
    parts = [title, _steps(run, condition.ledger), *_contents(run, condition.ledger)]
    if condition.trouble:
        parts.append(f"not finished: {condition.trouble}")
    return "\n".join(parts)


def _steps(run: Run, ledger: Sequence[LedgerRow]) -> str:
    """What was done, and what that made of time, volume and temperature."""
    units = run.model.units
    temperature = _with_unit("temperature", units.temperature.symbol)
    headers = ["", "step", "vessel", _with_unit("time", units.time.symbol), "volume", temperature]
    rows = []
    for number, row in enumerate(ledger, 1):
        first, *more = textwrap.wrap(row.step, _STEP_WIDTH) or [""]
        warmth = "" if row.temperature is None else f"{row.temperature:.6g}"
        rows.append([str(number), first, row.vessel, f"{row.time:.6g}", readable(row.volume, VOLUME, units), warmth])
        rows += [[" ", f"  {line}", " ", " ", " ", " " if warmth else ""] for line in more]
    return table(headers, rows, (0, 3, 4, 5))


def _contents(run: Run, ledger: Sequence[LedgerRow]) -> Iterator[str]:
    """Concentrations and solvents after each step, so many steps in a block as there is room for."""
    units, species = run.model.units, run.model.species
    lines = [
        (_with_unit(s.name, units.describe(s.dimension)), [_number(row.concentrations[i]) for row in ledger])
        for i, s in enumerate(species)
        if any(row.concentrations[i] > 0.0 for row in ledger)
    ]
    solvents = sorted({name for row in ledger for name, share in row.solvents.items() if share > 0.0})
    lines += [(f"{name} (part)", [_number(row.solvents.get(name, np.nan)) for row in ledger]) for name in solvents]
    if not lines:
        return
    room = _WIDTH - max(display_width(name) for name, _ in lines)
    widest = max(len(cell) for _, cells in lines for cell in cells)
    across = max(1, room // (widest + 2))
    for start in range(0, len(ledger), across):
        numbers = [str(i + 1) for i in range(start, min(start + across, len(ledger)))]
        body = [[name, *(cell or " " for cell in cells[start : start + across])] for name, cells in lines]
        yield "\n" + table(["after step", *numbers], body, range(1, len(numbers) + 1))


def _with_unit(name: str, unit: str) -> str:
    return f"{name} / {unit}" if unit and "/" not in unit else f"{name} ({unit})" if unit else name


def _number(value: float) -> str:
    return f"{value:.5g}" if np.isfinite(value) else ""


def ledger_data(run: Run) -> dict[str, Any]:
    """The ledger as an object for JSON, with its units."""
    units = run.model.units
    names = [species.name for species in run.model.species]
    return {
        "mechanism": run.model.name,
        "pathway": run.model.pathway,
        "units": {
            "time": units.time.symbol,
            "volume": units.describe(VOLUME),
            "temperature": units.temperature.symbol,
            "concentrations": {s.name: units.describe(s.dimension) for s in run.model.species},
        },
        "conditions": [
            {
                "experiment": condition.experiment.name,
                "values": dict(condition.values),
                "status": condition.status.name.lower(),
                "trouble": condition.trouble,
                "steps": [_row_data(row, names) for row in condition.ledger],
            }
            for condition in run.conditions
        ],
    }


def _row_data(row: LedgerRow, names: list[str]) -> dict[str, Any]:
    return {
        "step": row.step,
        "vessel": row.vessel,
        "time": row.time,
        "volume": row.volume,
        "temperature": row.temperature,
        "concentrations": dict(zip(names, finite(row.concentrations), strict=True)),
        "solvents": dict(row.solvents),
    }
