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

#: Rounds of fixing and reading again; each round makes every fix that does not overlap another.
MOST_ROUNDS = 50


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
    steps: tuple[tuple[tuple[int, int, str], ...], ...] = ()


def mend(source: Source, strict: bool = False) -> Mended:
    """`source` with every safe fix made that brings no new error; `strict` as in `check_source`.

    Mending what comes out changes nothing more.
    """
    made: list[Made] = []
    steps: list[tuple[tuple[int, int, str], ...]] = []
    result = check_source(source, strict)
    refused: set[tuple[str, str, str]] = set()
    for _ in range(MOST_ROUNDS):
        offered = [pair for pair in _safe(result.diagnostics) if _key(*pair) not in refused]
        if not offered:
            break
        step = _attempt(source, result, _apart(offered), strict)
        for pair in [] if step else offered:  # together they do harm: one by one
            step = _attempt(source, result, [pair], strict)
            if step:
                break
            refused.add(_key(*pair))
        if not step:
            break
        source, result, done, edits = step
        made += done
        steps.append(edits)
    return Mended(source, tuple(made), result, tuple(steps))


_Offer = tuple[Diagnostic, Fix]
_Step = tuple[Source, CheckResult, list[Made], tuple[tuple[int, int, str], ...]]
_ENDING = re.compile(r"\r\n|\r|\n")


def _safe(findings: Iterable[Diagnostic]) -> list[_Offer]:
    """The first safe fix of each finding, in the order of the text."""
    offers = [(d, fix) for d in findings for fix in [next((f for f in d.fixes if f.safe and f.edits), None)] if fix]
    return sorted(offers, key=lambda offer: offer[1].edits[0].span.start)


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


def _attempt(source: Source, before: CheckResult, offers: Sequence[_Offer], strict: bool) -> _Step | None:
    """The text with `offers` made, or None where that brings an error that was not there."""
    edits = [edit for _, fix in offers for edit in fix.edits]
    text = apply(source, edits)
    if text == source.text:
        return None
    mended = Source(source.name, text)
    after = check_source(mended, strict)
    if _is_worse(after, before):
        return None
    made = [Made(fix.title, d.code, fix.edits[0].span.line) for d, fix in offers]
    return mended, after, made, tuple((e.span.start, e.span.end, e.replacement) for e in edits)


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
