"""Where the runs of a scan are kept as they finish: in memory, or in a folder that survives the process.

The folder has ``scan.json`` (what scan it is), ``values.f64`` (runs × times × columns) and ``status.i8`` (one byte a
run); numbers are little-endian.  A run's status is written after its values, so what counts as finished is whole.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.simulation.batch import INTERRUPTED, NOT_RUN, Batch
from mscnet.simulation.scan_plan import Plan

FloatArray = NDArray[np.float64]

_FORMAT = 1


class Store(Protocol):
    """Keeps values and status of every run."""

    #: (n_runs,) int8, numbers of `batch.STATUS_WORDS`.
    status: NDArray[np.int8]

    def put(self, first: int, batch: Batch) -> None:
        """Keeps the runs of a batch that were finished; its first is run `first`."""

    def get(self, first: int, stop: int) -> FloatArray:
        """Values (stop - first, n_times, n_columns); nan where a run has not been done."""

    def whole(self) -> FloatArray:
        """All values (n_runs, n_times, n_columns), to read from; in a folder mapped, not in memory."""


class MemoryStore:
    """A store in memory."""

    def __init__(self, plan: Plan) -> None:
        self.status = np.full(plan.n_runs, NOT_RUN, np.int8)
        self._values = np.full((plan.n_runs, *plan.row_shape), np.nan)

    def put(self, first: int, batch: Batch) -> None:
        kept = _finished(batch)
        self._values[first : first + len(kept)][kept] = batch.values[kept]
        self.status[first : first + len(kept)][kept] = batch.status[kept]

    def get(self, first: int, stop: int) -> FloatArray:
        return self._values[first:stop]

    def whole(self) -> FloatArray:
        return self._values


class FolderStore:
    """A store in a folder, which a later process can go on with."""

    def __init__(self, plan: Plan, folder: str | os.PathLike[str], resume: bool) -> None:
        """Makes the folder, or with `resume` takes up what it holds.

        Raises:
            MechanismError: the folder holds another scan, or one that is not to be resumed.
            OSError: the folder cannot be written to.
        """
        self.folder = Path(folder)
        self._shape = (plan.n_runs, *plan.row_shape)
        self._row = int(np.prod(plan.row_shape)) * 8
        state = {"format": _FORMAT, "fingerprint": plan.fingerprint(), "runs": plan.n_runs}
        described = self.folder / "scan.json"
        if described.exists():
            self._check(_read(described), state, resume)
            self.status = np.fromfile(self._status_file, np.int8)
            if len(self.status) != plan.n_runs:
                raise self._damaged()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.status = np.full(plan.n_runs, NOT_RUN, np.int8)
        self.status.tofile(self._status_file)
        with open(self._values_file, "wb") as file:
            file.truncate(plan.n_runs * self._row)
        # last, so that a folder with it is whole
        described.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")

    def put(self, first: int, batch: Batch) -> None:
        kept = _finished(batch)
        with open(self._values_file, "r+b") as values, open(self._status_file, "r+b") as status:
            for start, stop in _stretches(kept):
                values.seek((first + start) * self._row)
                values.write(np.ascontiguousarray(batch.values[start:stop], dtype="<f8").data)
            values.flush()
            for start, stop in _stretches(kept):
                self.status[first + start : first + stop] = batch.status[start:stop]
                status.seek(first + start)
                status.write(self.status[first + start : first + stop].tobytes())

    def get(self, first: int, stop: int) -> FloatArray:
        count = (stop - first) * self._row // 8
        values = np.fromfile(self._values_file, "<f8", count, offset=first * self._row)
        values = values.astype(np.float64, copy=False).reshape(stop - first, *self._shape[1:])
        values[self.status[first:stop] == NOT_RUN] = np.nan
        return values

    def whole(self) -> FloatArray:
        missing = np.full((1, *self._shape[1:]), np.nan, dtype="<f8").tobytes()
        with open(self._values_file, "r+b") as file:
            for i in np.flatnonzero(self.status == NOT_RUN):
                file.seek(int(i) * self._row)
                file.write(missing)
        return np.memmap(self._values_file, "<f8", "r", shape=self._shape)

    def remove(self) -> None:
        """Deletes the folder's files, and the folder if it holds nothing else."""
        for file in (self.folder / "scan.json", self._values_file, self._status_file):
            file.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    @property
    def _values_file(self) -> Path:
        return self.folder / "values.f64"

    @property
    def _status_file(self) -> Path:
        return self.folder / "status.i8"

    def _check(self, found: dict[str, Any], state: dict[str, Any], resume: bool) -> None:
        if found != state:
            message = f"{self.folder} holds another scan: its mechanism, values, times or settings differ from these"
            raise MechanismError.of("E047", message, hint="go on with what it was begun with, or remove the folder")
        if not resume:
            message = f"{self.folder} holds an unfinished scan"
            raise MechanismError.of("E047", message, hint="--resume goes on with it; remove the folder to begin anew")

    def _damaged(self) -> MechanismError:
        return MechanismError.of("E047", f"{self.folder} is damaged", hint="remove the folder to begin anew")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _finished(batch: Batch) -> NDArray[np.bool_]:
    return (batch.status != NOT_RUN) & (batch.status != INTERRUPTED)


def _stretches(kept: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], kept.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
