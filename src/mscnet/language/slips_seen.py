"""What a syntax error in the block of a band, an instrument, a data file or facts most likely is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from mscnet.diagnostics import Diagnostic, Span

_HEAD = re.compile(r"\s*([^\W\d]\w*)")
_ARROW = re.compile(r"<->|<=>|->|<-|→|←|⇌|⇄|↔")
#: How a line of each block is written.
_EXAMPLES = {
    "band": "a shape is written as `gaussian center = 371 nm, fwhm = 20 nm, epsilon = 4 /mM/cm`",
    "instrument": "a setting is written as `path = 1 cm`",
    "data": 'a line is written as `od371 = "OD 371 nm"` or `v = 15 uL`',
    "expect": "facts are written as `max(od371) = 0.40 ± 0.01`, `max(od399) increases with v`, `never [A] > 1 uM` …",
}
#: Beginnings of what may follow a claim, with how each goes on.
_PHRASES = (
    (re.compile(r"\bis\s*$"), "write `is constant`, or `is constant ± 5%`"),
    (re.compile(r"\bdoes(\s+not(\s+depend)?)?\s*$"), "write `does not depend on v`"),
    (re.compile(r"\bsimilar\s*$"), "write `similar to`, and with what"),
    (re.compile(r"\bover\b[^.\n]*$"), "a window has two ends: `over 5 min .. 60 min`"),
    (re.compile(r"\bfrom\s*$"), 'the source stands in quotes: `from "Fig. 4"`'),
    (re.compile(r"\bas\s*$"), 'the name of a fact stands in quotes: `as "F4.a1"`'),
    (re.compile(r"\bweight\s*$"), "a weight is a number: `weight 2`"),
    (re.compile(r"\b(?:increases|decreases)\s+with\s*$"), "with which loop variable? `increases with v`"),
    (re.compile(r"^(?:never|always)\b[^<>]*$"), "write a bound: `never [A] > 1 uM`, `always od399 < 0.5`"),
)


class Slip(Protocol):
    """What is known of the error."""

    at: int
    before: str
    after: str
    nested: bool
    rest_of_line: str
    start: int

    @property
    def ended(self) -> bool: ...

    def span(self, start: int | None = None, end: int | None = None) -> Span: ...

    def error(self, message: str, hint: str | None = None, span: Span | None = None) -> Diagnostic: ...


def block_at(text: str, brace: int) -> str:
    """The word that begins the statement of the block that the brace opens."""
    start = max(text.rfind(mark, 0, brace) for mark in "\n;{}") + 1
    head = _HEAD.match(text, start, brace)
    return head[1] if head else ""


def explain_in_block(c: Slip, block: str) -> Diagnostic | None:
    """The diagnostic for an error inside `block`; None where it is none of ours, or an error of any expression."""
    if block not in _EXAMPLES:
        return None
    for recognise in _SLIPS:
        found = recognise(c, block)
        if found is not None:
            return found
    return None


def _open_string(c: Slip, block: str) -> Diagnostic | None:
    if c.after.startswith('"') and '"' not in c.rest_of_line[1:]:
        span = c.span(c.at, c.at + len(c.rest_of_line))
        return c.error("this text is not closed on its line", 'close it with `"`', span)
    return None


def _open_bracket(c: Slip, block: str) -> Diagnostic | None:
    if c.nested and c.after.startswith("=") and "(" in c.before:
        place = c.start + c.before.rindex("(")
        return Diagnostic("error", "E003", "this `(` is not closed before the `=`", c.span(place, place + 1))
    return None


def _reaction(c: Slip, block: str) -> Diagnostic | None:
    if _ARROW.match(c.after) is None and _ARROW.match(c.before[-1:] + c.after[:1]) is None:
        return None
    return c.error(f"a reaction cannot stand in the block of `{block}`", "close the block before it with `}`")


def _phrase(c: Slip, block: str) -> Diagnostic | None:
    if block == "expect":
        for pattern, hint in _PHRASES:
            if pattern.search(c.before):
                what = "this fact ends too early" if c.ended else f"`{c.span().text}` has no place here"
                return c.error(what, hint)
    return None


def _equals(c: Slip, block: str) -> Diagnostic | None:
    """What the checks of reactions would take for an arrow, and a line without its ``=``."""
    if c.after.startswith("==") or (c.after.startswith("=") and c.before.rstrip().endswith("=")):
        width = 2 if c.after.startswith("==") else 1
        return c.error("one `=` is enough", _EXAMPLES[block], c.span(c.at, c.at + width))
    if c.after.startswith(("=", "-", "<", ">")) or (c.ended and "=" not in c.before):
        what = "this line ends too early" if c.ended else f"`{c.span().text}` has no place here"
        return c.error(what, _EXAMPLES[block])
    return None


_SLIPS: tuple[Callable[[Slip, str], Diagnostic | None], ...] = (
    _open_string,
    _open_bracket,
    _reaction,
    _phrase,
    _equals,
)
