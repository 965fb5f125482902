"""Finished starts in a file, one line each, so that a fit that was killed goes on where it was (see `Record`)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mscnet.experiment.observations import Observations
from mscnet.inference.record import Line, Record, digest
from mscnet.inference.result import Start
from mscnet.inference.settings import FitSettings
from mscnet.inference.stages import left_to_finish
from mscnet.mechanism.mechanism import Mechanism

#: The file in a fit's folder.
NAME = "starts.jsonl"
#: Fields of a mechanism that say nothing about a fit of it.
_ASIDE = ("source", "name")
#: Settings that a fit may go on with in another way: more starts.
_CHANGEABLE = ("starts", "as_it_stands")


def fingerprint(mechanism: Mechanism, settings: FitSettings, observations: tuple[Observations, ...]) -> dict[str, str]:
    """What makes a fit this fit: the sha256 of the model (its meaning, not its text), of the data and of the settings.

    The number of starts is left out, since each depends on the seed and on its own number alone.
    """
    model = [repr(getattr(mechanism, name)) for name in type(mechanism).__dataclass_fields__ if name not in _ASIDE]
    how = sorted((k, repr(v)) for k, v in settings_data(settings).items() if k not in _CHANGEABLE)
    data = [_bytes_of(each) for each in observations]
    return {
        "model": digest(["\n".join(model).encode("utf-8", "surrogatepass")]),
        "data": digest(data),
        "settings": digest([repr(how).encode()]),
    }


def settings_data(settings: FitSettings) -> dict[str, Any]:
    """Settings as JSON has them."""
    found = {name: getattr(settings, name) for name in FitSettings.__dataclass_fields__}
    found["local"] = {name: list(where) for name, where in settings.local.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _bytes_of(data: Observations) -> bytes:
    parts: list[bytes] = [data.experiment.encode()]
    for series in data.series:
        parts += [repr((series.reading, sorted(series.values.items()), series.unit, series.wavelength)).encode(),
                  series.time.tobytes(), series.observed.tobytes(), series.error.tobytes()]  # fmt: skip
    for scans in data.spectra:
        parts += [repr((scans.reading, sorted(scans.values.items()))).encode(), scans.time.tobytes(),
                  scans.wavelength.tobytes(), scans.absorbance.tobytes(), scans.error.tobytes()]  # fmt: skip
    parts += [repr((n.name, sorted(n.values.items()), n.observed, n.error, n.unit)).encode() for n in data.numbers]
    return b"\0".join(parts)


def start_data(start: Start) -> dict[str, Any]:
    """A start as JSON has it; every number reads back as the same float."""
    return {
        "number": start.number, "begin": start.begin.tolist(), "end": start.end.tolist(),
        "begin_cost": start.begin_cost, "cost": start.cost, "evaluations": start.evaluations,
        "seconds": start.seconds, "message": start.message, "finished": start.finished, "rough": start.rough,
    }  # fmt: skip


def start_from(data: Mapping[str, Any]) -> Start:
    """The start that `start_data` wrote; raises KeyError, TypeError or ValueError for anything else."""
    return Start(
        int(data["number"]), np.array(data["begin"], dtype=float), np.array(data["end"], dtype=float),
        float(data["begin_cost"]), float(data["cost"]), int(data["evaluations"]), float(data["seconds"]),
        str(data["message"]), bool(data["finished"]), bool(data.get("rough", False)),
    )  # fmt: skip


class Checkpoint:
    """The finished starts of a fit in a folder; `starts` are those that were there, by number, `further` where those of
    them got that were searched on.

    Args:
        folder: made where there is none.
        marks: the `fingerprint` of the fit.
        total: how many starts are wanted.
        resume: go on with what is there; without it a fit that has finished some of its starts is refused, so that
            nobody loses its work, and one that has finished all or none is begun anew.

    Raises:
        MechanismError: the folder holds another fit or an unfinished one, cannot be written, or is in use.
    """

    def __init__(self, folder: str | os.PathLike[str], marks: Mapping[str, str], total: int, resume: bool) -> None:
        self.path = Path(folder) / NAME
        self.starts: dict[int, Start] = {}
        self.further: dict[int, Start] = {}
        self._record = Record(
            self.path, "fit", marks, _piece, resume=resume, code="E144", more={"starts": total},
            guard=lambda lines: self._unfinished(os.fspath(folder), lines),
        )  # fmt: skip
        pieces = self._record.pieces
        self._take(pieces)
        if total > max([int(self._record.head.get("starts", 0)), *(n for n in pieces if isinstance(n, int))]):
            self._record.add({"starts": total})

    def add(self, start: Start) -> None:
        """Keeps a finished start, on disk before this returns."""
        self._record.add(start_data(start))
        self._take([start])

    def close(self) -> None:
        """Lets go of the file."""
        self._record.close()

    def _take(self, pieces: Sequence[Start | int]) -> None:
        for piece in pieces:
            if isinstance(piece, Start):
                before = self.starts.get(piece.number)
                on = before is not None and before.rough and not piece.rough
                (self.further if on else self.starts)[piece.number] = piece

    def _unfinished(self, folder: str, lines: list[Line]) -> tuple[str, str] | None:
        wanted = max((line["starts"] for line in lines if isinstance(line.get("starts"), int)), default=0)
        with suppress(KeyError, TypeError, ValueError):  # those before a line that is none count
            for line in lines[1:]:
                self._take([_piece(line)])
        done, left = len(self.starts), len(left_to_finish(self.starts, self.further))
        self.starts, self.further = {}, {}
        if not (0 < done < wanted or left):
            return None
        part = f"has done {done} of its {wanted} starts" if done < wanted else f"has {left} starts to search on"
        return (
            f"{folder} holds a fit that {part}",
            f"--resume (resume=True) goes on with it; remove {self.path} to begin anew",
        )


def _piece(line: Line) -> Start | int:
    """A start, or how many are wanted now."""
    return int(line["starts"]) if "starts" in line else start_from(line)
