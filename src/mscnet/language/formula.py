"""Compositions: ``C8H19N``, ``Cd[n]Te[n-m]Se[m]``, ``(NH4)2SO4``, ``NH4^+``."""

from __future__ import annotations

import re
from collections import defaultdict
from fractions import Fraction

from mscnet.language.scope import Reporter
from mscnet.language.syntax import Word
from mscnet.mechanism.types import Composition

#: Counts and charges beyond this are refused.
MAX_COUNT = 10**6

_TOKEN = re.compile(r"(?P<element>[A-Z][a-z]*)|(?P<open>\()|(?P<close>\))|(?P<count>\d+)|\[(?P<size>[^\]]*)\]")
SIZE_TERM = re.compile(r"\s*(?P<sign>[+-]?)\s*(?:(?P<number>\d+)\s*\*?\s*)?(?P<name>[^\W\d]\w*)?\s*")
_CHARGE = re.compile(r"\^(\d*)([+-])$")

LinearCount = dict[str, Fraction]


class _FormulaError(Exception):
    def __init__(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


def read_formula(word: Word, report: Reporter) -> Composition | None:
    """The composition that a formula says, or None where it cannot be read (an error is reported)."""
    charge = charge_of(word.name) or 0
    text = _CHARGE.sub("", word.name)
    try:
        counts = _Reader(text).read() if text != "e" else {}
    except _FormulaError as error:
        start = word.start + error.start
        report.error("E019", str(error), start, word.start + max(error.end, error.start + 1), error.hint)
        return None
    elements = tuple((element, tuple(sorted(count.items()))) for element, count in sorted(counts.items()))
    return Composition(elements, charge, word.name)


def charge_of(name: str) -> int | None:
    """The charge that a name or formula ends in (``Ca^2+`` is 2), None where it says none."""
    match = _CHARGE.search(name)
    if not match:
        return None
    return int(match[2] + (match[1][:6] or "1"))


class _Reader:
    """Reads a formula from left to right, with a stack of open brackets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stack: list[dict[str, LinearCount]] = [defaultdict(LinearCount)]
        self.last: dict[str, LinearCount] | None = None

    def read(self) -> dict[str, LinearCount]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if not match:
                piece = self.text[position]
                hint = "elements begin with a capital letter" if piece.islower() else None
                raise _FormulaError(f"`{piece}` has no place in a formula", position, position + 1, hint)
            self._take(match)
            position = match.end()
        self._settle()
        if len(self.stack) > 1:
            raise _FormulaError("a bracket of this formula is never closed", 0, len(self.text))
        return {e: c for e, c in self.stack[0].items() if any(c.values())}

    def _take(self, match: re.Match[str]) -> None:
        kind = match.lastgroup
        if kind in ("count", "size"):
            self._count(match)
            return
        self._settle()
        if kind == "element":
            self.last = {match["element"]: {"": Fraction(1)}}
        elif kind == "open":
            if len(self.stack) > 20:
                raise _FormulaError("brackets nest more than 20 deep", match.start(), match.end())
            self.stack.append(defaultdict(LinearCount))
        else:
            if len(self.stack) == 1:
                raise _FormulaError("this bracket closes nothing", match.start(), match.end())
            self.last = self.stack.pop()

    def _count(self, match: re.Match[str]) -> None:
        if self.last is None:
            raise _FormulaError("a count must follow an element or a bracket", match.start(), match.end())
        count = {"": _whole(match)} if match.lastgroup == "count" else _linear(match["size"], match)
        self.last = {element: _times(own, count, match) for element, own in self.last.items()}
        self._settle()

    def _settle(self) -> None:
        """Add the group read last to the bracket that it stands in."""
        for element, count in (self.last or {}).items():
            total = self.stack[-1][element]
            for size, number in count.items():
                total[size] = total.get(size, Fraction(0)) + number
        self.last = None


def _whole(match: re.Match[str]) -> Fraction:
    if len(match["count"]) > 7 or int(match["count"]) > MAX_COUNT:
        raise _FormulaError(f"a count beyond {MAX_COUNT}", match.start(), match.end())
    return Fraction(int(match["count"]))


def _linear(text: str, match: re.Match[str]) -> LinearCount:
    """A linear form in unknown sizes, such as ``n``, ``2n``, ``n-m+1``."""
    form: LinearCount = {}
    position = 0
    while position < len(text) or not form:
        term = SIZE_TERM.match(text, position)
        if not term or not (term["number"] or term["name"]) or (position and not term["sign"]):
            hint = "write it as `n`, `2n` or `n-1`"
            raise _FormulaError(f"`{text}` is not a size", match.start(), match.end(), hint)
        if term["number"] and len(term["number"]) > 7:
            raise _FormulaError(f"a count beyond {MAX_COUNT}", match.start(), match.end())
        number = Fraction(int(term["sign"] + (term["number"] or "1")))
        form[term["name"] or ""] = form.get(term["name"] or "", Fraction(0)) + number
        position = term.end()
    return form


def _times(own: LinearCount, count: LinearCount, match: re.Match[str]) -> LinearCount:
    if set(own) <= {""}:
        return {size: number * own.get("", Fraction(0)) for size, number in count.items()}
    if set(count) <= {""}:
        return {size: number * count[""] for size, number in own.items()}
    raise _FormulaError("a size times a size is not a count that can be balanced", match.start(), match.end())
