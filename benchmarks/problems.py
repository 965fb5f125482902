"""The initial value problems of tests/data/ivp, and what a solution is worth."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import mscnet

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "ivp"
NAMES = ("ROBER", "OREGO", "HIRES", "BRUSSELATOR", "MMSTIFF", "LOTKA")
_LOTKA = {"a": "1.5", "b": "1", "c": "3"}

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mechanism with the times and values (n_times, n_species) of its reference; ``nan`` where the reference is not
    certain, and the relative spread of the two solvers that made it."""

    name: str
    mechanism: mscnet.Mechanism
    times: FloatArray
    reference: FloatArray
    spread: FloatArray
    #: Below this, for each species, a value means nothing.
    floors: FloatArray

    def error(self, values: FloatArray, rtol: float, atol: float | FloatArray) -> float:
        """The largest error in tolerances, max |Δ|/(atol + rtol |y|), over values that are known to rtol or better."""
        return error_in_tolerances(np.where(self.spread <= rtol, self.reference, np.nan), values, rtol, atol)

    def digits(self, values: FloatArray) -> float:
        """Significant correct digits over the known values: -log10 of the largest relative error."""
        known = np.isfinite(self.reference) & (np.abs(self.reference) > 0)
        relative = np.abs(values - self.reference)[known] / np.abs(self.reference[known])
        return float(-np.log10(max(relative.max(), 1e-16)))


def error_in_tolerances(reference: FloatArray, values: FloatArray, rtol: float, atol: float | FloatArray) -> float:
    """max |Δ|/(atol + rtol |y|) over the values that the reference has; infinite where there is no number."""
    known = np.isfinite(reference)
    error = np.abs(values - reference) / (atol + rtol * np.abs(reference))
    worst = np.max(error[known], initial=0.0)
    return float(worst) if np.isfinite(worst) else float("inf")


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _of(name: str, problem: str) -> list[dict[str, str]]:
    return [row for row in _rows(name) if row["problem"] == problem]


@cache
def problem(name: str) -> Problem:
    """A problem by its name."""
    import mscnet

    values = {row["parameter"]: row["value"] for row in _of("parameters", name)} or _LOTKA
    lines = [f"species {row['species']} = {row['initial']}" for row in _of("species", name)]
    for row in _of("reactions", name):
        constant = row["constant_or_rate"]
        for parameter in sorted(values, key=len, reverse=True):
            constant = constant.replace(parameter, values[parameter])
        lines.append(f"{row['equation']} @ {constant}")
    mechanism = mscnet.loads("\n".join(lines), name=name)
    index = {species.name: i for i, species in enumerate(mechanism.species)}
    rows = _of("reference", name)
    times = np.array(sorted({float(row["t"]) for row in rows}))
    reference = np.full((len(times), len(index)), np.nan)
    spread = np.full_like(reference, np.inf)
    floors = np.zeros(len(index))
    for row in rows:
        at = int(np.searchsorted(times, float(row["t"]))), index[row["species"]]
        floors[at[1]] = float(row["abs_floor"])
        if row["scored"] == "1":
            reference[at], spread[at] = float(row["value"]), float(row["rel_spread_two_solvers"])
    return Problem(name, mechanism, times, reference, spread, floors)
