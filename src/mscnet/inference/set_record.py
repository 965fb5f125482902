"""Fits of sets in a file, one line each, so that a search that was killed goes on where it was (see `Record`).

A search is deterministic, so it asks for the same fits again and finds them here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mscnet.inference.record import Record
from mscnet.inference.set_fit import SetFit, Steps

#: The file in a search's folder.
NAME = "sets.jsonl"


class SetRecord:
    """The fits in a folder, which is made where there is none.

    Args:
        marks: digests of what makes the search what it is.
        resume: go on with what is there; without it a record is begun anew.

    Raises:
        MechanismError: the folder holds another search, cannot be written, or is in use (E148).
    """

    def __init__(self, folder: str | os.PathLike[str], marks: Mapping[str, str], resume: bool) -> None:
        self._record = Record(Path(folder) / NAME, "search", marks, _from_data, resume=resume, code="E148")
        self._known = {(weighing, fit.steps): fit for weighing, fit in self._record.pieces}

    def find(self, steps: Steps, weighing: int) -> SetFit | None:
        """The fit of a set, None where there is none yet."""
        return self._known.get((weighing, steps))

    def add(self, fit: SetFit, weighing: int) -> None:
        """Keeps a fit, on disk before this returns."""
        if (weighing, fit.steps) not in self._known:
            self._known[weighing, fit.steps] = fit
            self._record.add(_as_data(fit) | {"weighing": weighing})

    def close(self) -> None:
        """Lets go of the file."""
        self._record.close()


def _as_data(fit: SetFit) -> dict[str, Any]:
    return {
        "steps": sorted(fit.steps), "constants": [[j, k] for j, k in sorted(fit.constants.items())],
        "others": dict(fit.others), "log_likelihood": fit.log_likelihood if math.isfinite(fit.log_likelihood) else None,
        "n_parameters": fit.n_parameters, "n_data": fit.n_data, "scale": dict(fit.scale),
        "rms": fit.rms if math.isfinite(fit.rms) else None, "evaluations": fit.evaluations, "failed": fit.failed,
    }  # fmt: skip


def _from_data(line: Mapping[str, Any]) -> tuple[int, SetFit]:
    """How often errors had been estimated anew, and the fit."""
    likelihood, rms = line["log_likelihood"], line["rms"]
    fit = SetFit(
        frozenset(int(j) for j in line["steps"]), {int(j): float(k) for j, k in line["constants"]},
        {str(name): float(value) for name, value in line["others"].items()},
        -math.inf if likelihood is None else float(likelihood), int(line["n_parameters"]), int(line["n_data"]),
        {str(name): float(value) for name, value in line["scale"].items()}, math.nan if rms is None else float(rms),
        int(line["evaluations"]), bool(line["failed"]),
    )  # fmt: skip
    return int(line["weighing"]), fit
