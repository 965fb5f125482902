"""Finished starts in a file, one line each, so that a fit that was killed goes on where it was.

The first line says which fit it is.  Each further line is written and brought to disk as its start finishes; a line
that was half written when the process was killed is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np

from mscnet.diagnostics import MechanismError
from mscnet.experiment.observations import Observations
from mscnet.inference.result import Start
from mscnet.inference.settings import FitSettings
from mscnet.inference.stages import left_to_finish
from mscnet.mechanism.mechanism import Mechanism

#: The file in a fit's folder.
NAME = "starts.jsonl"
#: The form of the lines.
VERSION = 1
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
        "model": sha256("\n".join(model).encode("utf-8", "surrogatepass")).hexdigest(),
        "data": sha256(b"\0".join(data)).hexdigest(),
        "settings": sha256(repr(how).encode()).hexdigest(),
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
        self._folder = os.fspath(folder)
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = open(self.path, "a+b")  # noqa: SIM115 - held until `close`
        except OSError as error:
            raise _refused(f"{self._folder} cannot be written: {error.strerror or error}", None) from None
        try:
            self._lock()
            self._read(marks, total, resume)
        except BaseException:
            self._file.close()
            raise

    def add(self, start: Start) -> None:
        """Keeps a finished start, on disk before this returns."""
        self._write(start_data(start))
        self._place(start)

    def _place(self, start: Start) -> None:
        before = self.starts.get(start.number)
        on = before is not None and before.rough and not start.rough
        (self.further if on else self.starts)[start.number] = start

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refused(f"another process is fitting into {self._folder}", "wait for it, or name another") from None
        except OSError:  # a file system without locks
            return

    def _read(self, marks: Mapping[str, str], total: int, resume: bool) -> None:
        self._file.seek(0)
        lines = _whole_lines(self._file.read())
        header = lines[0][0] if lines else None
        begun = header is not None and isinstance(header.get("fit"), dict) and isinstance(header.get("starts"), int)
        if header is not None and not begun:
            raise _refused(f"{self.path} is no record of a fit", "name another folder")
        if header is None or not begun:
            self._anew(marks, total)
            return
        if resume:
            self._take_up(lines, marks)
            if total > max(line["starts"] for line, _ in lines if isinstance(line.get("starts"), int)):
                self._write({"starts": total})
            return
        done = len({line["number"] for line, _ in lines if "number" in line})
        wanted = max(line["starts"] for line, _ in lines if isinstance(line.get("starts"), int))
        self._take(lines)
        left = len(left_to_finish(self.starts, self.further))
        self.starts, self.further = {}, {}
        if 0 < done < wanted or left:
            part = f"has done {done} of its {wanted} starts" if done < wanted else f"has {left} starts to search on"
            message = f"{self._folder} holds a fit that {part}"
            raise _refused(message, f"--resume (resume=True) goes on with it; remove {self.path} to begin anew")
        self._anew(marks, total)

    def _take_up(self, lines: list[tuple[dict[str, Any], int]], marks: Mapping[str, str]) -> None:
        known = lines[0][0]["fit"]
        different = [name for name, mark in marks.items() if known.get(name) != mark]
        if different or lines[0][0].get("version") != VERSION:
            what = " and ".join(different) or "version"
            message = f"{self._folder} holds a fit with other {what}, which this one cannot go on with"
            raise _refused(message, f"name another folder, or remove {self.path}")
        self._file.truncate(self._take(lines))  # what was half written

    def _take(self, lines: list[tuple[dict[str, Any], int]]) -> int:
        """Takes the starts of the lines; where the last whole line ends."""
        end = lines[0][1]
        for line, after in lines[1:]:
            try:
                if "starts" not in line:
                    self._place(start_from(line))
            except (KeyError, TypeError, ValueError):
                break
            end = after
        return end

    def _anew(self, marks: Mapping[str, str], total: int) -> None:
        self._file.truncate(0)
        self._write({"fit": dict(marks), "version": VERSION, "starts": total})

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _refused(f"{self.path} cannot be written: {error.strerror or error}", None) from None


def _whole_lines(content: bytes) -> list[tuple[dict[str, Any], int]]:
    """The objects of the lines that were written whole, each with the place after it."""
    found: list[tuple[dict[str, Any], int]] = []
    at = 0
    for raw in content.splitlines(keepends=True):
        try:
            line = json.loads(raw) if raw.endswith(b"\n") else None
        except ValueError:
            line = None
        if not isinstance(line, dict):
            if not found and raw.endswith(b"\n"):
                found.append(({}, at))  # some other file: its first line is no header
            break
        at += len(raw)
        found.append((line, at))
    return found


def _refused(message: str, hint: str | None) -> MechanismError:
    return MechanismError.of("E144", message, hint=hint)
