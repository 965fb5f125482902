"""Places in a source text, the diagnostics that point at them, and the error that carries them.

This module imports nothing of ours: every stage may report through it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Literal

from mscnet.records import dataclass, field

Severity = Literal["error", "warning", "note"]

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
class Edit:
    """`replacement` in the place of a stretch of text; an empty stretch is an insertion."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the text that mends a finding: edits that belong together and do not overlap.

    `safe` ones are made by ``check --fix``: they are the one evident remedy of an error, or change nothing of what
    the text means.  The others are for a person to choose.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


#: The most characters of a text that the title of a fix names.
_SHOWN_IN_TITLE = 60


def replacing(span: Span, replacement: str, safe: bool = False, title: str | None = None) -> Fix:
    """The fix that puts `replacement` into the place of `span`; ``replace `a` by `b``` unless `title` says it."""
    if title is None:
        line = span.text.split("\n", 1)[0][:_SHOWN_IN_TITLE]
        shown = line if line == span.text else line + " …"
        if not shown:
            title = f"insert `{replacement.strip()}`"
        else:
            title = f"replace `{shown}` by `{replacement.strip()}`" if replacement.strip() else f"remove `{shown}`"
    return Fix(title, (Edit(span, replacement),), safe)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a text.

    `code` is stable (``E…`` errors, ``W…`` warnings, ``N…`` notes; `mscnet.codes` lists them); `message` says what is
    wrong in the field's words; `hint`, where there is one, how to mend it, and `fixes` mend it.  `span` is None only
    where no text was read (a missing file) or the finding concerns a value given from outside.
    """

    severity: Severity
    code: str
    message: str
    span: Span | None = None
    hint: str | None = None
    related: tuple[Related, ...] = ()
    file: str | None = None
    fixes: tuple[Fix, ...] = ()

    def __post_init__(self) -> None:
        if type(self.hint) is not str and isinstance(self.hint, Hint):
            if self.span is not None:
                object.__setattr__(self, "fixes", (*self.hint.fixes(self.span), *self.fixes))
            object.__setattr__(self, "hint", str(self.hint))

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
        """The diagnostic as text for a person: places, source lines with what is meant underlined, hint."""
        from mscnet.excerpt import render  # a text without findings does not need it

        return render(self, colour)


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


class Hint(str):
    """A hint that names a definite edit, and makes the fixes for the place of the diagnostic that it is given to."""

    def __new__(cls, text: str, fixes: Callable[[Span], tuple[Fix, ...]]) -> Hint:
        made = super().__new__(cls, text)
        made.fixes = fixes
        return made

    fixes: Callable[[Span], tuple[Fix, ...]]

    def __str__(self) -> str:
        return "".join(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


def instead(text: str, replacement: str, safe: bool = False) -> Hint:
    """The hint `text`, with the fix that puts `replacement` into the place of what is wrong."""
    return Hint(text, lambda span: (replacing(span, replacement, safe),))


def appending(text: str, statement: str, safe: bool = False) -> Hint:
    """The hint `text`, with the fix that writes `statement` at the end of the text."""

    def fixes(span: Span) -> tuple[Fix, ...]:
        whole = span.source.text
        end = Span(span.source, len(whole), len(whole))
        before = "" if not whole or whole.endswith("\n") else "\n"
        return (replacing(end, f"{before}{statement}\n", safe, f"add `{statement}`"),)

    return Hint(text, fixes)


def declaring(head: str, name: str) -> Hint:
    """``declare it: `solvent toluene` ``, with the fix that does so at the end of the text."""
    return appending(f"declare it: `{head} {name}`", f"{head} {name}")


def suggestion(wrong: str, right: str, safe: bool = False) -> Hint:
    """``did you mean `right`?``, with the fix that puts it where `wrong` stands, once, in what is underlined."""

    def fixes(span: Span) -> tuple[Fix, ...]:
        at = span.text.find(wrong)
        if not wrong or at < 0 or span.text.find(wrong, at + 1) >= 0:
            return ()
        start = span.start + at
        return (replacing(Span(span.source, start, start + len(wrong)), right, safe),)

    return Hint(f"did you mean `{right}`?", fixes)


#: How many names the suggestions of one reading may look at, and the longest name that one is sought for.
MOST_COMPARED = 50_000
LONGEST_MISSPELT = 100

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def few_suggestions() -> Iterator[None]:
    """Within, names are compared `MOST_COMPARED` times in all: who has thousands of unknown names among thousands of
    known ones is not helped by comparing each with each, which would take hours."""
    token = _left.set([MOST_COMPARED])
    try:
        yield
    finally:
        _left.reset(token)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "`A`, `B` and `C`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" and {quoted[-1]}"


def suggest(name: str, candidates: Iterable[str], words: bool = False) -> str | None:
    """A "did you mean" sentence for a misspelt name, or None where nothing known is near, or too much was compared
    already (see `few_suggestions`).

    `words` says that the candidates are words of mscnet, not names that a person chose: names of species differ by a
    letter on purpose (``CdTe``, ``CdSe``), words do not.
    """
    left = _left.get()
    if (left is not None and left[0] <= 0 and not words) or len(name) > LONGEST_MISSPELT:
        return None
    import difflib

    pool = sorted({c for c in candidates if len(c) <= 3 * len(name) + 3})
    if len(pool) > 5000:
        pool = [c for c in pool if c[:1].lower() == name[:1].lower() and abs(len(c) - len(name)) <= 2][:5000]
    if left is not None and not words:
        left[0] -= len(pool)
    close = difflib.get_close_matches(name, pool, n=2, cutoff=0.6)
    if not close or close[0].casefold() != name.casefold():
        folded = [c for c in pool if c.casefold() == name.casefold()]
        close = folded if folded and (len(name) > 2 or not close) else close
    if not close:
        return None
    twins = [c for c in pool if is_slip(name, c, words)]
    return suggestion(name, close[0], twins == [close[0]])


def is_slip(wrong: str, right: str, words: bool) -> bool:
    """Whether `wrong` can hardly be anything else than a slip of the pen for `right`."""
    a, b = wrong.casefold().replace("_", ""), right.casefold().replace("_", "")
    if a == b:
        return True
    if len(b) < 3 or abs(len(a) - len(b)) > 1 or any(c.isdigit() for c in set(a) ^ set(b)):
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
        return (swapped and a[start : start + 2].isalpha()) or (
            words and len(b) > 3 and a[start + 1 :] == b[start + 1 :]
        )
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    if longer[start + 1 :] != shorter[start:]:
        return False
    doubled = longer[start].isalpha() and longer[start] in longer[max(0, start - 1) : start]
    return doubled or (words and len(b) > 3)


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
