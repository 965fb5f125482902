"""A file of JSON lines that keeps finished pieces of long work: a first line says what the work is, each later one is
a piece.  A line is on the disk before it counts; one that was cut off in the middle is left out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mscnet.diagnostics import MechanismError


class Journal:
    """Finished pieces in a file."""

    def __init__(self, file: str | os.PathLike[str], head: Mapping[str, Any], resume: bool = True) -> None:
        """Begins the file, or takes up one with the same `head`.

        Raises:
            MechanismError: the file is that of other work.
            OSError: it cannot be read or written.
        """
        self.file = Path(file)
        self.pieces: list[dict[str, Any]] = []
        head = {"format": 1, **head}
        known = list(_lines(self.file)) if resume and self.file.exists() else []
        if known:
            if known[0] != json.loads(json.dumps(head)):
                hint = "go on with what it was begun with, or remove the file"
                raise MechanismError.of("E155", f"{self.file} holds other work than this", hint=hint)
            self.pieces = known[1:]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # whatever stood after the last whole line goes
        self._write("w", [head, *self.pieces])

    def add(self, piece: Mapping[str, Any]) -> None:
        """Keeps a piece.

        Raises:
            OSError: the file cannot be written.
        """
        self._write("a", [piece])

    def _write(self, mode: str, lines: list[Any]) -> None:
        target = self.file if mode == "a" else self.file.with_name(f".{self.file.name}.new")
        with open(target, mode, encoding="utf-8") as stream:
            stream.writelines(json.dumps(line) + "\n" for line in lines)
            stream.flush()
            os.fsync(stream.fileno())
        if mode == "w":
            os.replace(target, self.file)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file, up to the first that is none."""
    for text in file.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]:
        try:
            line = json.loads(text)
        except ValueError:
            return
        if not isinstance(line, dict):
            return
        yield line
