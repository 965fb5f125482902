"""Fixes that take a statement, or one of the declarations of a statement, out of a text."""

from __future__ import annotations

import re

from mscnet.diagnostics import Fix, Span, replacing


def without_statement(span: Span, title: str, safe: bool = False) -> tuple[Fix, ...]:
    """Takes out a statement, with its line and comment where nothing else stands on it."""
    text = span.source.text
    begin = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    before, after = text[begin : span.start], text[span.end : end]
    if not before.strip() and re.fullmatch(r"[ \t;]*(#.*)?", after):
        stop = min(end + 1, len(text))
        return (replacing(Span(span.source, begin, stop), "", safe, title),)
    start, stop = span.start, span.end
    following = re.match(r"[ \t]*;[ \t]*", after)
    if following:
        stop += following.end()
    elif before.rstrip().endswith(";"):
        start = begin + len(before.rstrip()) - 1
        start = begin + len(before[: start - begin].rstrip())
    return (replacing(Span(span.source, start, stop), "", safe, title),)


_PIECE = re.compile(r'"[^"\n]*"|[(\[]|[)\]]|[,;}#]|\n')
_COMMA = re.compile(r"[ \t]*,\s*")


def _rstripped(text: str, end: int) -> int:
    """Where ``text[:end]`` ends without its blanks; the text before is neither copied nor looked through."""
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _end_of_declaration(text: str, start: int) -> int:
    """Where the declaration from `start` ends: before a comma, the end of its line or its statement."""
    depth = 0
    for piece in _PIECE.finditer(text, start):
        mark = piece[0]
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth -= 1
        elif depth <= 0 and mark in ",;}#\n":
            end = _rstripped(text, piece.start())
            if mark != "\n" or text[end - 1 : end] not in ("=", "+", "-", "*", "/", "^"):
                return end
    return _rstripped(text, len(text))


def without_declaration(name: Span, head: str, title: str) -> tuple[Fix, ...]:
    """Takes out the declaration of `name` from a statement that begins with `head`, or all of it where it is alone."""
    text = name.source.text
    span = Span(name.source, name.start, _end_of_declaration(text, name.end))
    before = _rstripped(text, span.start)
    following = _COMMA.match(text, span.end)
    if following:
        return (replacing(Span(span.source, span.start, following.end()), "", False, title),)
    if text[before - 1 : before] == ",":
        return (replacing(Span(span.source, before - 1, span.end), "", False, title),)
    start = before - len(head)
    if text[max(start, 0) : before] == head and not text[max(start - 1, 0) : max(start, 0)].isidentifier():
        return without_statement(Span(span.source, start, span.end), title)
    return ()
