"""The initial value problems of tests/data/ivp as mechanisms, and their score."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np

import mscnet

FOLDER = Path(__file__).parent.parent / "data" / "ivp"
PROBLEMS = ("ROBER", "OREGO", "HIRES", "BRUSSELATOR", "MMSTIFF", "LOTKA")
PARAMETERS_OF_LOTKA = {"a": "1.5", "b": "1", "c": "3"}


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def of(name: str, problem: str) -> list[dict[str, str]]:
    return [row for row in rows(name) if row["problem"] == problem]


def mechanism(problem: str) -> mscnet.Mechanism:
    """The problem with its numbers put in, so that no dimension has to be told."""
    values = {row["parameter"]: row["value"] for row in of("parameters", problem)} or PARAMETERS_OF_LOTKA
    lines = [f"species {row['species']} = {row['initial']}" for row in of("species", problem)]
    for row in of("reactions", problem):
        constant = row["constant_or_rate"]
        for parameter in sorted(values, key=len, reverse=True):
            constant = constant.replace(parameter, values[parameter])
        lines.append(f"{row['equation']} @ {constant}")
    return mscnet.loads("\n".join(lines), name=problem)


def times(problem: str) -> list[float]:
    return sorted({float(row["t"]) for row in of("reference", problem)})


def floors(problem: str) -> dict[str, float]:
    """An absolute tolerance that fits: for each species the floor below which the reference does not score."""
    return {row["species"]: float(row["abs_floor"]) for row in of("reference", problem)}


def score(problem: str, run: mscnet.Trajectory) -> float:
    """Significant correct digits: -log10 of the largest relative error over the scored values."""
    worst = 0.0
    for row in of("reference", problem):
        if row["scored"] == "1":
            at = int(np.flatnonzero(run.time == float(row["t"]))[0])
            worst = max(worst, abs(run[row["species"]][at] / float(row["value"]) - 1))
    return -math.log10(worst)
