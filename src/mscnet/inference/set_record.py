"""Fits of sets in a file, one line each, so that a search that was killed goes on where it was.

A search is deterministic, so it asks for the same fits again and finds them here.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from mscnet.diagnostics import MechanismError
from mscnet.inference.set_fit import SetFit, Steps

#: The file in a search's folder, and the form of its lines.
NAME, VERSION = "sets.jsonl", 1


def digest(parts: Iterable[bytes]) -> str:
    """The sha256 of several texts."""
    return sha256(b"\0".join(parts)).hexdigest()


class SetRecord:
    """The fits in a folder, which is made where there is none.

    Args:
        marks: digests of what makes the search what it is.
        resume: go on with what is there; without it a record is begun anew.

    Raises:
        MechanismError: the folder holds another search, or cannot be written (E148).
    """

    def __init__(self, folder: str | os.PathLike[str], marks: Mapping[str, str], resume: bool) -> None:
        self.path = Path(folder) / NAME
        self._known: dict[tuple[int, Steps], SetFit] = {}
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            end = self._read(marks) if resume and self.path.exists() else 0
            self._file: IO[bytes] = open(self.path, "r+b" if end else "wb")  # noqa: SIM115 - held until `close`
            self._file.truncate(end)
            self._file.seek(end)
            if not end:
                self._write({"propose": dict(marks), "version": VERSION})
        except OSError as error:
            raise MechanismError.of("E148", f"{folder} cannot be written: {error.strerror or error}") from None

    def find(self, steps: Steps, weighing: int) -> SetFit | None:
        """The fit of a set, None where there is none yet."""
        return self._known.get((weighing, steps))

    def add(self, fit: SetFit, weighing: int) -> None:
        """Keeps a fit, on disk before this returns."""
        if (weighing, fit.steps) not in self._known:
            self._known[weighing, fit.steps] = fit
            self._write(_as_data(fit) | {"weighing": weighing})

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise MechanismError.of("E148", f"{self.path} cannot be written: {error.strerror or error}") from None

    def _read(self, marks: Mapping[str, str]) -> int:
        """Takes up what is there; where it ends."""
        end = 0
        for number, raw in enumerate(self.path.read_bytes().splitlines(keepends=True)):
            try:
                line: Any = json.loads(raw) if raw.endswith(b"\n") else None
                if number == 0:
                    self._check(line, marks)
                else:
                    fit = _from_data(line)
                    self._known[int(line["weighing"]), fit.steps] = fit
            except (ValueError, KeyError, TypeError):
                if number == 0:
                    raise self._other("no record of a search") from None
                break  # half written when the process was killed
            end += len(raw)
        return end

    def _check(self, line: Any, marks: Mapping[str, str]) -> None:
        known = line["propose"]
        different = [name for name, mark in marks.items() if known.get(name) != mark]
        if different or line.get("version") != VERSION:
            raise self._other(f"a search with other {' and '.join(different) or 'lines'}")

    def _other(self, what: str) -> MechanismError:
        message = f"{self.path} is {what}, which this one cannot go on with"
        return MechanismError.of("E148", message, hint="name another folder, or remove the file")


def _as_data(fit: SetFit) -> dict[str, Any]:
    return {
        "steps": sorted(fit.steps), "constants": [[j, k] for j, k in sorted(fit.constants.items())],
        "others": dict(fit.others), "log_likelihood": fit.log_likelihood if math.isfinite(fit.log_likelihood) else None,
        "n_parameters": fit.n_parameters, "n_data": fit.n_data, "scale": dict(fit.scale),
        "rms": fit.rms if math.isfinite(fit.rms) else None, "evaluations": fit.evaluations, "failed": fit.failed,
    }  # fmt: skip


def _from_data(line: Mapping[str, Any]) -> SetFit:
    likelihood, rms = line["log_likelihood"], line["rms"]
    return SetFit(
        frozenset(int(j) for j in line["steps"]), {int(j): float(k) for j, k in line["constants"]},
        {str(name): float(value) for name, value in line["others"].items()},
        -math.inf if likelihood is None else float(likelihood), int(line["n_parameters"]), int(line["n_data"]),
        {str(name): float(value) for name, value in line["scale"].items()}, math.nan if rms is None else float(rms),
        int(line["evaluations"]), bool(line["failed"]),
    )  # fmt: skip
