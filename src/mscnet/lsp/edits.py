"""Changes of a text that an editor is to make: its layout, and the fixes of findings."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.language import without_collector
from mscnet.language.format import format_text
from mscnet.language.format_parts import Broken, NotInParts
from mscnet.lsp.room import Document, Room
from mscnet.report.lsp import lsp_diagnostic, lsp_fix

#: Two lists of lines are compared for what is common in their midst where these have no more pairs than that.
_MOST_PAIRS = 40_000_000


def layout(document: Document, lines: tuple[int, int] | None = None) -> list[dict[str, Any]]:
    """The ``TextEdit`` objects that bring a text, or its lines from the first to the last, into the canonical layout.

    Raises:
        Broken: the text has syntax errors.
    """
    written = document.text.text.split("\n")
    ends = "\r\n" if written[0].endswith("\r") else "\n"
    before = [line + "\n" for line in written[:-1]] + [line for line in written[-1:] if line]
    after = [line + ends for line in _laid_out(document, written).split("\n")[:-1]]
    edits = []
    for a, b, c, d in _changes(before, after):
        if lines is not None and (a > lines[1] or b <= lines[0]):
            continue
        start = {"line": a, "character": 0}
        end = {"line": b, "character": 0} if b < len(before) else document.text.position(len(document.text.text))
        edits.append({"range": {"start": start, "end": end}, "newText": "".join(after[c:d])})
    return edits


def _laid_out(document: Document, written: list[str]) -> str:
    """The canonical layout of a text, with plain line ends."""
    plain = [line.removesuffix("\r") for line in written]
    with without_collector():
        try:
            return "".join(laid.text for laid in document.layouts.lay_out(plain, document.index.loose.tops))
        except NotInParts:
            try:
                return format_text("\n".join(plain), name=document.path or document.uri)
            except MechanismError:
                raise Broken from None


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """The stretches that differ between two lists of lines, as places in both."""
    start, last = 0, min(len(before), len(after))
    while start < last and before[start] == after[start]:
        start += 1
    same = 0
    while same < last - start and before[-1 - same] == after[-1 - same]:
        same += 1
    old, new = before[start : len(before) - same], after[start : len(after) - same]
    if len(old) == len(new):
        for i, (one, other) in enumerate(zip(old, new, strict=True), start):
            if one != other:
                yield i, i + 1, i, i + 1
    elif len(old) * len(new) > _MOST_PAIRS:
        yield start, start + len(old), start, start + len(new)
    else:
        for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind != "equal":
                yield a + start, b + start, c + start, d + start


def fixes(room: Room, document: Document, start: int, end: int) -> list[dict[str, Any]]:
    """The ``CodeAction`` objects for a stretch: the fixes of the findings that touch it.

    None where the text has changed since it was checked: their places would be wrong.
    """
    known = document.known
    if known is None or known.version != document.version:
        return []
    actions = []
    for diagnostic in known.survey.diagnostics:
        if diagnostic.fixes and _touches(room, document, diagnostic, start, end):
            shown = lsp_diagnostic(diagnostic, room.encoding, room.uri_of_source)
            actions += [_action(room, fix, shown) for fix in diagnostic.fixes]
    return actions


def _touches(room: Room, document: Document, diagnostic: Diagnostic, start: int, end: int) -> bool:
    span = diagnostic.span
    if span is None or room.uri_of_source(span.source) != document.uri:
        return False
    return span.start <= end and start <= max(span.end, span.start)


def _action(room: Room, fix: Any, shown: dict[str, Any]) -> dict[str, Any]:
    made = lsp_fix(fix, room.encoding, room.uri_of_source)
    return {
        "title": fix.title,
        "kind": "quickfix",
        "diagnostics": [shown],
        "isPreferred": fix.safe,
        "edit": made["edit"],
    }


__all__ = ["Broken", "fixes", "layout"]
