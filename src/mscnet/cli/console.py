"""Where commands write: results to stdout, everything else to stderr, colour only where it is wanted."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import IO, Any

from mscnet.diagnostics import Diagnostic
from mscnet.records import dataclass

_COLOURS = {"error": "1;31", "warning": "1;33", "note": "1;36", "help": "1;32"}


@dataclass(frozen=True, slots=True)
class Console:
    """The two output streams, and whether messages are coloured."""

    out: IO[str]
    err: IO[str]
    colour: bool = False

    @classmethod
    def standard(cls) -> Console:
        """The process's own streams; ``NO_COLOR`` and ``FORCE_COLOR`` are honoured, in that order."""
        # a stream that was closed before the start is None
        out, err = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
        for stream in (out, err):
            # a terminal that cannot show a letter gets its code, never a traceback
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
        return cls(out, err, wants_colour(err))

    def result(self, text: str) -> None:
        """Writes a result, with a newline at its end, to stdout."""
        self.out.write(text if text.endswith("\n") else text + "\n")

    def result_json(self, value: Any, indent: int | None = 2) -> None:
        """Writes `value` as JSON to stdout; without `indent` on one line."""
        self.result(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent))

    def message(self, text: str) -> None:
        """Writes a line for the person at the terminal to stderr."""
        self.out.flush()
        self.err.write(text + "\n")

    def remark(self, severity: str, text: str, hint: str | None = None) -> None:
        """Writes ``severity: text`` and a hint to stderr."""
        self.message(f"{self._painted(severity)}: {text}")
        if hint:
            self.message(f"  {self._painted('help')}: {hint}")

    def diagnostics(self, findings: Sequence[Diagnostic]) -> None:
        """Writes every finding to stderr, then a line that counts them."""
        for finding in findings:
            self.message(finding.render(self.colour) + "\n")
        if findings:
            self.message(count_findings(findings))

    def _painted(self, word: str) -> str:
        return f"\x1b[{_COLOURS[word]}m{word}\x1b[0m" if self.colour else word


def wants_colour(stream: IO[str]) -> bool:
    """Whether messages to `stream` are coloured: no with ``NO_COLOR``, yes with ``FORCE_COLOR``, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: IO[str]) -> bool:
    """Whether a person reads `stream` as it is written."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def count_findings(findings: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``; ``no findings`` for none."""
    counts = [(sum(f.severity == s for f in findings), s) for s in ("error", "warning", "note")]
    return ", ".join(plural(n, word) for n, word in counts if n) or "no findings"


def plural(number: int, noun: str) -> str:
    """``1 reaction``, ``2 reactions``; ``species`` is its own plural."""
    return f"{number} {noun}" if number == 1 or noun.endswith("s") else f"{number} {noun}s"
