"""The ledger of experiments: what every vessel held after each step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mscnet.experiment.results import Condition, LedgerRow, Run
from mscnet.mechanism.units import VOLUME
from mscnet.report.experiments import finite
from mscnet.report.text import table


def ledger_text(run: Run) -> str:
    """A table for each condition: steps downwards; time, volume, temperature, concentrations and solvents across.

    Species that are nowhere are left out.
    """
    return "\n\n".join(_condition_text(run, condition) for condition in run.conditions)


def _condition_text(run: Run, condition: Condition) -> str:
    units = run.model.units
    species = run.model.species
    shown = [i for i in range(len(species)) if any(row.concentrations[i] > 0.0 for row in condition.ledger)]
    solvents = sorted({name for row in condition.ledger for name, share in row.solvents.items() if share > 0.0})
    headers = [
        "step", "vessel", _with_unit("time", units.time.symbol), _with_unit("volume", units.describe(VOLUME)),
        _with_unit("temperature", units.temperature.symbol),
        *(_with_unit(species[i].name, units.describe(species[i].dimension)) for i in shown),
        *(f"{name} (part)" for name in solvents),
    ]  # fmt: skip
    rows = [_cells(row, shown, solvents) for row in condition.ledger]
    title = condition.name if condition.experiment.label is None else f"{condition.name}  {condition.experiment.label}"
    parts = [title, table(headers, rows, range(2, len(headers)))]
    return "\n".join([*parts, *([f"not finished: {condition.trouble}"] if condition.trouble else [])])


def _with_unit(name: str, unit: str) -> str:
    return f"{name} / {unit}" if unit and "/" not in unit else f"{name} ({unit})" if unit else name


def _cells(row: LedgerRow, shown: Iterable[int], solvents: Iterable[str]) -> list[str]:
    temperature = "" if row.temperature is None else f"{row.temperature:.6g}"
    concentrations = [_number(row.concentrations[i]) for i in shown]
    parts = [_number(row.solvents.get(name, np.nan)) for name in solvents]
    return [row.step, row.vessel, f"{row.time:.6g}", f"{row.volume:.6g}", temperature, *concentrations, *parts]


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
