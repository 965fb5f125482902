"""Diagnostics as a person reads them: the lines of the text, with what is meant underlined.

Columns are those of a terminal: a letter of East Asia or a picture takes two, an accent that stands on the letter
before it takes none, a tab goes on to the next of `TAB` columns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar
from unicodedata import category, east_asian_width

from mscnet.diagnostics import Diagnostic, Related, Source, Span
from mscnet.records import dataclass

#: The most columns of a source line that are shown, and how far apart tabs stand.
SHOWN_WIDTH = 100
TAB = 4
#: A longer stretch is shown by its first and last lines.
SHOWN_LINES = 4


class Paint:
    """ANSI colour for a word, or the word as it is."""

    codes: ClassVar[dict[str, str]] = {"error": "1;31", "warning": "1;33", "note": "1;36", "hint": "1;32", "rule": "34"}

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{self.codes[style]}m{text}\x1b[0m" if self.colour and text else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one line, ``[start, end)`` in characters, with its sign, style and what is written under it."""

    start: int
    end: int
    sign: str
    style: str
    label: str = ""


def render(diagnostic: Diagnostic, colour: bool = False) -> str:
    """The whole diagnostic: what is wrong, where, the second places, and how to mend it."""
    paint = Paint(colour)
    lines = [paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]") + f": {diagnostic.message}"]
    apart = list(diagnostic.related)
    if diagnostic.span is not None:
        beside = _beside(diagnostic.span, apart)
        apart = [related for related in apart if related not in beside]
        lines += _excerpt(diagnostic.span, "^", paint, diagnostic.severity, beside)
    elif diagnostic.file is not None:
        lines.append(f"  --> {diagnostic.file}")
    for related in apart:
        lines += [f"  note: {related.message}", *_excerpt(related.span, "-", paint, "note")]
    if diagnostic.hint:
        lines.append("  " + paint("hint", "help") + f": {diagnostic.hint}")
    return "\n".join(lines)


def _beside(span: Span, related: list[Related]) -> list[Related]:
    """The second places that are shown in the line of the first: all in it, none over another."""
    taken = [(span.start, span.end)]
    found = []
    for each in related:
        other = each.span
        if other.source is not span.source or {other.line, other.end_line} != {span.line, span.end_line}:
            continue
        if span.line == span.end_line and all(other.end <= start or end <= other.start for start, end in taken):
            taken.append((other.start, other.end))
            found.append(each)
    low, high = min(start for start, _ in taken), max(end for _, end in taken)
    return found if columns(span.source.text[low:high]) <= SHOWN_WIDTH - 10 else []


def _excerpt(
    span: Span, sign: str, paint: Paint, style: str, beside: list[Related] | tuple[Related, ...] = ()
) -> list[str]:
    source, (line, column) = span.source, span.source.position(span.start)
    last = source.position(max(span.start, span.end - 1))[0]
    gutter = " " * len(str(last))
    lines = [f"{gutter} {paint('rule', '-->')} {source.name}:{line}:{column}"]
    if last > line:
        return lines + _many_lines(span, line, last, sign, paint, style)
    start = column - 1
    marks = [_Mark(start, max(start + 1, start + span.end - span.start), sign, style)]
    marks += [_mark_of(related, line) for related in beside]
    return lines + _shown(source, line, marks, gutter, paint)


def _mark_of(related: Related, line: int) -> _Mark:
    start = related.span.start - related.span.source.start_of(line)
    return _Mark(start, start + max(1, related.span.end - related.span.start), "-", "note", related.message)


def _many_lines(span: Span, first: int, last: int, sign: str, paint: Paint, style: str) -> list[str]:
    """A stretch over several lines: each with its part underlined, the middle of a long one left out."""
    numbers = list(range(first, last + 1))
    gutter = " " * len(str(last))
    lines: list[str] = []
    for number in numbers if len(numbers) <= SHOWN_LINES else [first, first + 1, 0, last]:
        if not number:
            lines.append(paint("rule", "…"))
            continue
        text = span.source.line(number)
        begin = span.start - span.source.start_of(number) if number == first else len(text) - len(text.lstrip())
        end = min(span.end - span.source.start_of(number), len(text.rstrip()))
        marks = [_Mark(begin, end, sign, style)] if end > begin else []
        lines += _shown(span.source, number, marks, gutter, paint)
    return lines


def _shown(source: Source, number: int, marks: list[_Mark], gutter: str, paint: Paint) -> list[str]:
    """A line of the text, the signs under it, and under these the labels, the last one first."""
    text = source.line(number)
    # a mark behind the end of the line stands right behind it
    marks = [_Mark(min(m.start, len(text)), min(max(m.end, m.start + 1), len(text) + 1), m.sign, m.style, m.label)
             for m in marks]  # fmt: skip
    low, high = _window(text, marks)
    before, after = "…" if low else "", "…" if high < len(text) else ""
    bar = paint("rule", "|")
    place = number_text(number, gutter)
    lines = [f"{paint('rule', place)} {bar} {before}{printable(text, low, high)}{after}".rstrip()]
    if not marks:
        return lines
    offset = columns(before) - column_at(text, low)
    drawn = sorted(marks, key=lambda m: m.start)
    under, at = "", 0
    for mark in drawn:
        begin = offset + column_at(text, mark.start)
        stop = min(offset + column_at(text, min(mark.end, high)) + max(0, mark.end - len(text)), SHOWN_WIDTH + 1)
        width = max(1, stop - begin)
        under += " " * (begin - at) + paint(mark.style, mark.sign * width)
        at = begin + width
    lines.append(f"{gutter} {bar} {under}")
    labelled = [(offset + column_at(text, m.start), m) for m in drawn if m.label]
    while labelled:
        column, mark = labelled.pop()
        stems = _stems([at for at, _ in labelled])
        lines.append(f"{gutter} {bar} {stems.ljust(column)}{paint(mark.style, mark.label)}")
    return lines


def _stems(places: list[int]) -> str:
    text = ""
    for place in places:
        text = text.ljust(place) + "|"
    return text


def number_text(number: int, gutter: str) -> str:
    """A line number, as wide as the gutter."""
    return str(number).rjust(len(gutter))


def _window(text: str, marks: list[_Mark]) -> tuple[int, int]:
    """The stretch of a line that is shown: all of it, or `SHOWN_WIDTH` columns round the marks."""
    if column_at(text, len(text)) <= SHOWN_WIDTH:
        return 0, len(text)
    first = min((m.start for m in marks), default=0)
    end = max((m.end for m in marks), default=0)
    room = max(SHOWN_WIDTH - 2 - columns(text[first:end]), SHOWN_WIDTH // 2)
    low = first
    while low > 0 and column_at(text, first) - column_at(text, low - 1) <= room // 2:
        low -= 1
    if low < 3:
        low = 0
    # an accent never loses its letter
    while 0 < low < len(text) and not width(text[low]):
        low -= 1
    high = low
    shown = 0
    while high < len(text) and shown + width(text[high]) <= SHOWN_WIDTH - 2:
        shown += width(text[high])
        high += 1
    return low, high


def columns(text: str) -> int:
    """How many columns of a terminal a text takes, from the start of its line."""
    if text.isascii() and "\t" not in text:
        return len(text)
    return _until(text)[-1]


def column_at(text: str, index: int) -> int:
    """The column, from 0, at which the character `index` of a line stands."""
    return index if text.isascii() and "\t" not in text else _kept(text)[index]


@lru_cache(maxsize=8)
def _kept(text: str) -> list[int]:
    """As `_until`, of a whole line: a long one is shown once for each of its findings."""
    return _until(text)


def _until(text: str) -> list[int]:
    """The columns before each character, and after the last one."""
    found = [0]
    for character in text:
        found.append(found[-1] + (TAB - found[-1] % TAB if character == "\t" else width(character)))
    return found


def width(character: str) -> int:
    """The columns of one sign: 0, 1 or 2."""
    if character.isascii():
        return 1
    if category(character) in ("Mn", "Me") and character.isprintable():
        return 0
    return 2 if east_asian_width(character) in "WF" and character.isprintable() else 1


def printable(text: str, start: int = 0, end: int | None = None) -> str:
    """`text` from the character `start` to `end`, tabs as blanks and what cannot be shown (controls, turns of the
    writing direction) as a dot, so that signs under it line up."""
    shown: list[str] = []
    at = column_at(text, start)
    for character in text[start:end]:
        step = TAB - at % TAB if character == "\t" else width(character)
        shown.append(" " * step if character == "\t" else character if character.isprintable() else "·")
        at += step
    return "".join(shown)
