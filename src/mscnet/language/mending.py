"""Texts with their safe fixes made: what ``check --fix`` does.

A fix is made whole or not at all, and only where the text has no new error after it; fixes that overlap are made one
after the other, each in the text that the one before has left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mscnet.diagnostics import Diagnostic, Edit, Fix, Source
from mscnet.language import CheckResult, check_source
from mscnet.records import dataclass

#: How often a text is read anew at most (fewer times where it is long: so many letters in all), and how far a fix may
#: be followed by those of what it brings to light.
MOST_READINGS = 300
MOST_LETTERS = 1_000_000
MOST_FOLLOWED = 12


_Edits = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A fix that was made: what it is called, what it mends, and the line where it was made."""

    title: str
    code: str
    line: int


@dataclass(frozen=True, slots=True)
class Mended:
    """The text after its fixes, what was made of them in order, and what checking the text finds."""

    source: Source
    made: tuple[Made, ...]
    result: CheckResult
    #: The edits, round by round: start, end and replacement in the text that the round before has left.
    steps: tuple[_Edits, ...] = ()


def mend(source: Source, strict: bool = False) -> Mended:
    """`source` with every safe fix made that brings no new error; `strict` as in `check_source`.

    A fix that brings to light what was hidden by the error is made where that has a safe fix as well, and so on.
    Mending what comes out changes nothing more.
    """
    return _Mending(source, strict).whole()


_Offer = tuple[Diagnostic, Fix]
_ENDING = re.compile(r"\r\n|\r|\n")


def _safe(findings: Iterable[Diagnostic], source: Source) -> list[_Offer]:
    """The first safe fix of each finding, in the order of the text; imported files are left as they are."""
    offers = [(d, fix) for d in findings for fix in [next((f for f in d.fixes if _is_safe(f, source)), None)] if fix]
    return sorted(offers, key=lambda offer: offer[1].edits[0].span.start)


def _is_safe(fix: Fix, source: Source) -> bool:
    return fix.safe and bool(fix.edits) and all(edit.span.source is source for edit in fix.edits)


def _key(finding: Diagnostic, fix: Fix) -> tuple[str, str, str]:
    line = fix.edits[0].span.source.line(fix.edits[0].span.line)
    return finding.message, fix.title, line


def _apart(offers: Sequence[_Offer]) -> list[_Offer]:
    """The offers that do not touch one another, the first of those that do; the same change is made once."""
    taken: list[tuple[int, int]] = []
    seen: set[tuple[tuple[int, int, str], ...]] = set()
    chosen = []
    for finding, fix in offers:
        places = [(e.span.start, e.span.end) for e in fix.edits]
        same = tuple((e.span.start, e.span.end, e.replacement) for e in fix.edits)
        if same in seen or any(a <= end and start <= b for a, b in places for start, end in taken):
            continue
        seen.add(same)
        taken += places
        chosen.append((finding, fix))
    return chosen


class _Mending:
    """A text on its way: every step leaves it with no error that it did not have."""

    def __init__(self, source: Source, strict: bool) -> None:
        self.source, self.strict = source, strict
        self.readings = 0
        self.result = self._read(source)

    def _read(self, source: Source) -> CheckResult:
        self.readings += 1
        return check_source(source, self.strict)

    def whole(self) -> Mended:
        made: list[Made] = []
        steps: list[_Edits] = []
        refused: set[tuple[str, str, str]] = set()
        most = min(MOST_READINGS, max(20, MOST_LETTERS // (len(self.source.text) + 1)))
        while self.readings < most:
            group = _apart([pair for pair in _safe(self.result.diagnostics, self.source) if _key(*pair) not in refused])
            if not group:
                break
            step = self._followed(group)
            while step is None and len(group) > 1:  # together they do harm: one of them may
                group = group[: len(group) // 2]
                step = self._followed(group)
            if step is None:
                refused.add(_key(*group[0]))
                continue
            refused.clear()
            self.source, self.result = step.source, step.result
            made += step.made
            steps += step.steps
        return Mended(self.source, tuple(made), self.result, tuple(steps))

    def _followed(self, offers: Sequence[_Offer]) -> Mended | None:
        """The text with `offers` made, and then the fixes of what they bring to light; None where an error stays
        that was not there."""
        source, made, steps = self.source, [], []
        for _ in range(MOST_FOLLOWED):
            edits = [edit for _, fix in offers for edit in fix.edits]
            text = apply(source, edits)
            made += [Made(fix.title, d.code, fix.edits[0].span.line) for d, fix in offers]
            steps.append(tuple((e.span.start, e.span.end, e.replacement) for e in edits))
            source = Source(source.name, text, source.path)
            after = self._read(source)
            if not _is_worse(after, self.result):
                return None if text == self.source.text else Mended(source, tuple(made), after, tuple(steps))
            new = _errors(after) - _errors(self.result)
            offers = _apart(
                [pair for pair in _safe(after.diagnostics, source) if (pair[0].code, pair[0].message) in new]
            )
            if not offers:
                return None
        return None


def _is_worse(after: CheckResult, before: CheckResult) -> bool:
    """Whether there is an error that was not there; where the rest of a text had been left unread, more errors."""
    was, now = _errors(before), _errors(after)
    if any(code == "E001" for code, _ in was):
        return sum(now.values()) > sum(was.values())
    return bool(now - was)


def _errors(result: CheckResult) -> Counter[tuple[str, str]]:
    return Counter((d.code, d.message) for d in result.diagnostics if d.severity == "error")


def apply(source: Source, edits: Iterable[Edit]) -> str:
    """The text of `source` after `edits`, none of which overlaps another.

    Raises:
        ValueError: two of them do, or one is of another text.
    """
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        if edit.span.source is not source and edit.span.source.text != source.text:
            raise ValueError("an edit of another text")
        if edit.span.start < at:
            raise ValueError("two edits overlap")
        pieces += [source.text[at : edit.span.start], edit.replacement]
        at = edit.span.end
    return "".join([*pieces, source.text[at:]])


def as_written(raw: str, plain: str, mended: Mended) -> str:
    """The mended text with the line endings of `raw`, the text as its file has it; `plain` is how it was checked.

    Lines that a fix adds end as most lines of the file do.
    """
    endings = _ENDING.findall(raw)
    usual = Counter(endings).most_common(1)[0][0] if endings else "\n"
    text = plain
    for step in mended.steps:
        for start, end, replacement in sorted(step, reverse=True):
            at, gone = text.count("\n", 0, start), text.count("\n", start, end)
            endings[at : at + gone] = [usual] * replacement.count("\n")
            text = text[:start] + replacement + text[end:]
    lines = text.split("\n")
    return "".join(line + ending for line, ending in zip(lines, [*endings, ""], strict=True))
