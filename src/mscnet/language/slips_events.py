"""What a syntax error in an event most likely is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mscnet.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mscnet.language.slips import _Context

_HEAD = re.compile(r"(?:[^\W\d]\w*\s*:\s*)?(at|every|when)\b")
_SIGNS = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not"}


def explain_event(c: _Context) -> Diagnostic | None:
    """The diagnostic for a place in an event that it cannot take; None where nothing better is known, or no event."""
    head = _HEAD.match(c.before + c.after[:8])
    if head is None:
        return None
    word, inside = head[1], "{" in c.before
    before = c.before[head.end() :]
    if re.fullmatch(r"\s*-?\s*", before) and re.match(r"->|<-|<=>|>|:|=|\+", c.after):
        span = c.span(c.start + head.start(1), c.start + head.end(1))
        return c.error(f"`{word}` begins a statement, so it cannot be a name", "choose another name", span)
    sign = re.match(r"&&|\|\||[&|!](?!=)", c.after)
    if sign is not None and not inside:
        hint = f"write `{_SIGNS[sign[0]]}`"
        return c.error(f"`{sign[0]}` joins no conditions here", hint, c.span(c.at, c.at + len(sign[0])))
    if inside:
        return _in_block(c)
    if word == "when":
        return _condition(c, before)
    if not before.strip() and (c.after.startswith("{") or c.ended):
        example = "`at t = 20 h { … }`" if word == "at" else "`every 8 h { … }`"
        return c.error(
            f"a time is missing after `{word}`",
            f"as in {example}",
            c.span(c.start + head.start(1), c.start + head.end(1)),
        )
    return _block_missing(c)


def _condition(c: _Context, before: str) -> Diagnostic | None:
    if re.match(r"==|!=|=", c.after):
        hint = "a concentration passes a value: write `<` or `>`, `<=` or `>=`"
        return c.error("a condition is no equality", hint, c.span(c.at, c.at + (2 if c.after[1:2] == "=" else 1)))
    compared = re.search(r"[<>]", before) is not None
    if not compared and (c.after.startswith("{") or c.ended or re.match(r"(for|once|and|or)\b", c.after)):
        start = c.start + c.before.rindex("when")
        shown = c.span(start + 4 + len(before) - len(before.lstrip()), max(c.at, start + 5))
        if not before.strip():
            return c.error(
                "a condition is missing after `when`", "as in `when [A] < 0.1 mM { … }`", c.span(start, start + 4)
            )
        return c.error("this is no condition", "compare two quantities: `when [A] < 0.1 mM { … }`", shown)
    return _block_missing(c)


def _block_missing(c: _Context) -> Diagnostic | None:
    if "LBRACE" in c.accepts and not c.nested:
        hint = "say it in braces: `{ A += 2 mM ; feed = 0 }`"
        return c.error("what happens is missing", hint)
    return None


def _in_block(c: _Context) -> Diagnostic | None:
    if re.match(r"(<->|->|<-|→|←|⇌)", c.after):
        return c.error("an event has no reactions in it", "it changes species and parameters: `A += 2 mM`")
    if re.match(r"(\+\+|--)", c.after):
        return c.error(f"`{c.after[:2]}` has no place here", "write `+= 1` with the unit", c.span(c.at, c.at + 2))
    if c.ended and "EQUAL" in c.accepts:
        return c.error("what is done to it is missing", "as in `A += 2 mM` or `feed = 0`")
    return None
