"""Finished pieces of long work in a file of JSON lines, so that work that was killed goes on where it was.

The first line says which work it is; each further one is a piece, on the disk before it counts.  A line that was half
written when a process was killed is dropped, and two processes do not write one file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from mscnet.diagnostics import MechanismError

Piece = TypeVar("Piece")
#: A line, as JSON has it.
Line = dict[str, Any]

#: The form of the lines.
VERSION = 1


def digest(parts: Iterable[bytes]) -> str:
    """The sha256 of several texts."""
    return sha256(b"\0".join(parts)).hexdigest()


class Record(Generic[Piece]):
    """The pieces of work in a file; `pieces` are those that were there when it was opened, `head` is its first line.

    Args:
        file: made where there is none, its folder too.
        kind: the work, as ``fit``: it is called so in the file and in messages.
        marks: digests of what makes the work what it is.
        read: the piece that a line is; raises KeyError, TypeError or ValueError for a line that is none, which is
            dropped with all after it.
        resume: take up what is there; without it the file is begun anew.
        code: of its errors.
        more: what else the first line says.
        guard: is asked before a file is begun anew, with its lines: the words and the hint with which to refuse.

    Raises:
        MechanismError: the file holds other work, cannot be written, or is in use.
    """

    def __init__(
        self, file: str | os.PathLike[str], kind: str, marks: Mapping[str, str], read: Callable[[Line], Piece], *,
        resume: bool, code: str, more: Mapping[str, Any] | None = None,
        guard: Callable[[list[Line]], tuple[str, str] | None] | None = None,
    ) -> None:  # fmt: skip
        self.path = Path(file)
        self.pieces: list[Piece] = []
        self.head: Line = {}
        self._kind, self._code = kind, code
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = open(self.path, "a+b")  # noqa: SIM115 - held until `close`
        except OSError as error:
            raise self._refused(f"{self.path.parent} cannot be written: {error.strerror or error}") from None
        try:
            self._lock()
            self._begin({kind: dict(marks), "version": VERSION, **(more or {})}, read, resume, guard)
        except BaseException:
            self._file.close()
            raise

    def add(self, line: Mapping[str, Any]) -> None:
        """Keeps a piece, on disk before this returns.

        Raises:
            MechanismError: the file cannot be written.
        """
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refused(f"{self.path} cannot be written: {error.strerror or error}") from None

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def __enter__(self) -> Record[Piece]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another process is writing {self.path}"
            raise self._refused(message, "wait for it, or name another folder") from None
        except OSError:  # a file system without locks
            return

    def _begin(
        self, head: Line, read: Callable[[Line], Piece], resume: bool,
        guard: Callable[[list[Line]], tuple[str, str] | None] | None,
    ) -> None:  # fmt: skip
        self._file.seek(0)
        lines = whole_lines(self._file.read())
        if lines and not isinstance(lines[0][0].get(self._kind), dict):
            raise self._refused(f"{self.path} is no record of a {self._kind}", "name another folder")
        if lines and resume:
            self._take_up(lines, head, read)
            return
        refused = guard([line for line, _ in lines]) if guard is not None and lines else None
        if refused is not None:
            raise self._refused(*refused)
        self._file.truncate(0)
        self.add(head)
        self.head = head

    def _take_up(self, lines: list[tuple[Line, int]], head: Line, read: Callable[[Line], Piece]) -> None:
        first, end = lines[0]
        known, marks = first[self._kind], head[self._kind]
        different = [name for name in marks if known.get(name) != marks[name]]
        if different or first.get("version") != VERSION:
            what = " and ".join(different) or "version"
            message = f"{self.path} holds a {self._kind} with other {what}, which this one cannot go on with"
            raise self._refused(message, f"name another folder, or remove {self.path}")
        for line, after in lines[1:]:
            try:
                self.pieces.append(read(line))
            except (KeyError, TypeError, ValueError):
                break
            end = after
        self.head = first
        self._file.truncate(end)  # what was half written

    def _refused(self, message: str, hint: str | None = None) -> MechanismError:
        return MechanismError.of(self._code, message, hint=hint)


def whole_lines(content: bytes) -> list[tuple[Line, int]]:
    """The objects of the lines that were written whole, each with the place after it."""
    found: list[tuple[Line, int]] = []
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
