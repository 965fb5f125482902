"""Places in a source text, the diagnostics that point at them, and the error that carries them.

This module imports nothing of ours: every stage may report through it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar, Literal

from mscnet.records import dataclass, field

Severity = Literal["error", "warning", "note"]

#: Longest stretch of a source line that a rendered diagnostic shows, in characters.
SHOWN_WIDTH = 100
#: The most diagnostics that an exception's text holds.
SHOWN_FINDINGS = 20


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name that messages call it by (a path, ``<stdin>``, ``<text>``); `path` is the file that it was
    read from, None for any other text."""

    name: str
    text: str
    path: str | None = None

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1, of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def start_of(self, number: int) -> int:
        """The offset of the first character of line `number` (from 1)."""
        return self._line_starts[number - 1]

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line ending."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch ``[start, end)`` of a source text, in characters."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(max(self.start, self.end))[0]

    @property
    def end_column(self) -> int:
        return self.source.position(max(self.start, self.end))[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a diagnostic speaks of, such as a first declaration."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a text.

    `code` is stable (``E…`` errors, ``W…`` warnings, ``N…`` notes); `message` says what is wrong in the
    field's words; `hint`, where there is one, how to mend it.  `span` is None only where no text was
    read (a missing file) or the finding concerns a value given from outside.
    """

    severity: Severity
    code: str
    message: str
    span: Span | None = None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    file: str | None = None

    @property
    def unsupported(self) -> bool:
        """Whether the text asks for something that mscnet does not do (exit code 64)."""
        return self.code == UNSUPPORTED

    def as_dict(self) -> dict[str, Any]:
        """The object that ``check --json`` prints; lines and columns count from 1, ends are exclusive."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            **_place(self.span, self.file),
            "related": [{"message": related.message, **_place(related.span, None)} for related in self.related],
        }

    def render(self, colour: bool = False) -> str:
        """The diagnostic as text for a person: place, source line with the place underlined, hint."""
        paint = _Paint(colour)
        lines = [paint(self.severity, f"{self.severity}[{self.code}]") + f": {self.message}"]
        if self.span is not None:
            lines += _excerpt(self.span, "^", paint, self.severity)
        elif self.file is not None:
            lines.append(f"  --> {self.file}")
        for related in self.related:
            lines += [f"  note: {related.message}", *_excerpt(related.span, "-", paint, "note")]
        if self.hint:
            lines.append("  " + paint("hint", "help") + f": {self.hint}")
        return "\n".join(lines)


#: The code of every "mscnet does not do this (yet)" diagnostic.
UNSUPPORTED = "E090"


class MechanismError(Exception):
    """A mechanism that cannot be used; `.diagnostics` holds every finding, in the order of the text."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        shown = [diagnostic.render() for diagnostic in self.diagnostics[:SHOWN_FINDINGS]]
        if len(self.diagnostics) > SHOWN_FINDINGS:
            shown.append(f"… and {len(self.diagnostics) - SHOWN_FINDINGS} more")
        return "\n\n".join(shown)

    @classmethod
    def of(
        cls, code: str, message: str, *, hint: str | None = None, span: Span | None = None, file: str | None = None
    ) -> MechanismError:
        """The error of a single finding."""
        return cls([Diagnostic("error", code, message, span=span, hint=hint, file=file)])


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """A "did you mean" sentence for a misspelt name, or None where nothing known is near."""
    import difflib

    pool = sorted(set(candidates))
    if len(pool) > 5000:
        pool = [c for c in pool if c[:1].lower() == name[:1].lower() and abs(len(c) - len(name)) <= 2][:5000]
    near = difflib.get_close_matches(name, pool, n=1, cutoff=0.6)
    if not near:
        folded = {c.casefold(): c for c in pool}
        near = [folded[name.casefold()]] if name.casefold() in folded else []
    return f"did you mean `{near[0]}`?" if near else None


def _place(span: Span | None, file: str | None) -> dict[str, Any]:
    if span is None:
        return {"file": file, "line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


class _Paint:
    """ANSI colour for a word, or the word as it is."""

    codes: ClassVar[dict[str, str]] = {"error": "1;31", "warning": "1;33", "note": "1;36", "hint": "1;32", "rule": "34"}

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{self.codes[style]}m{text}\x1b[0m" if self.colour else text


def _excerpt(span: Span, mark: str, paint: _Paint, style: str) -> list[str]:
    line, column = span.source.position(span.start)
    text = span.source.line(line)
    stop = column - 1 + max(1, min(span.end, span.start + len(text) - column + 1) - span.start)
    first = max(0, column - 1 - SHOWN_WIDTH // 2) if len(text) > SHOWN_WIDTH else 0
    shown = _printable(text[first : first + SHOWN_WIDTH])
    pad = column - 1 - first
    width = max(1, min(stop, first + SHOWN_WIDTH) - (column - 1))
    gutter = " " * len(str(line))
    bar = paint("rule", "|")
    return [
        f"{gutter} {paint('rule', '-->')} {span.source.name}:{line}:{column}",
        f"{paint('rule', str(line))} {bar} {shown}",
        f"{gutter} {bar} {' ' * pad}{paint(style, mark * width)}",
    ]


def _printable(text: str) -> str:
    """`text` with tabs as one blank and control characters shown as a dot, so that marks line up."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "·" for c in text)
