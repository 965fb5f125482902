"""Collecting what is wrong with a text of another program, up to a bearable number of findings."""

from __future__ import annotations

from mscnet.diagnostics import UNSUPPORTED, Diagnostic, Related, Source, Span

#: So many errors are reported, then the rest of the text is left unread.
MOST_FAULTS = 50


class Enough(Exception):
    """`MOST_FAULTS` errors are there."""


class Fault(Exception):
    """One error and its place, ``[start, end)`` in the text; whoever catches it goes on with the next line."""

    def __init__(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.hint = code, message, start, end, hint
        self.related: tuple[str, Span] | None = None

    @classmethod
    def unsupported(cls, what: str, start: int, end: int, hint: str | None = None) -> Fault:
        """The error of a construct that the format has and mscnet has not."""
        return cls(UNSUPPORTED, f"{what}: mscnet does not have this", start, end, hint)


class Faults:
    """The errors found so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def add(self, fault: Fault) -> None:
        """Keep an error.

        Raises:
            Enough: it is the last that is reported.
        """
        span = self._span(fault.start, fault.end)
        related = (Related(*fault.related),) if fault.related else ()
        self.found.append(Diagnostic("error", fault.code, fault.message, span, fault.hint, related))
        if len(self.found) >= MOST_FAULTS:
            message = f"more than {MOST_FAULTS} errors: the rest of the file is left unread"
            self.found.append(Diagnostic("error", "E001", message, span))
            raise Enough

    def warn(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Keep a warning; the mechanism is made all the same."""
        self.found.append(Diagnostic("warning", code, message, self._span(start, end), hint))

    def note(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Keep a note: something that one may want to know, and need not do anything about."""
        self.found.append(Diagnostic("note", code, message, self._span(start, end), hint))

    def _span(self, start: int, end: int) -> Span:
        start = max(0, min(start, len(self.source.text) - 1))
        return Span(self.source, start, max(end, start + 1))
