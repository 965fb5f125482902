"""Changes of a text that an editor is to make: its layout, and the fixes of findings."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.language.format import format_text
from mscnet.lsp.room import Document, Room
from mscnet.report.lsp import lsp_diagnostic, lsp_fix


def layout(document: Document, lines: tuple[int, int] | None = None) -> list[dict[str, Any]]:
    """The ``TextEdit`` objects that bring a text, or its lines from the first to the last, into the canonical layout.

    Raises:
        MechanismError: the text has syntax errors.
    """
    text = document.text
    before = text.text.splitlines(keepends=True)
    after = format_text(text.text, name=document.path or document.uri).splitlines(keepends=True)
    edits = []
    for kind, a, b, c, d in _changes(before, after):
        if kind == "equal" or (lines is not None and (a > lines[1] or b <= lines[0])):
            continue
        place = text.range(text.offset(a, 0), text.offset(b, 0) if b < len(before) else len(text.text))
        edits.append({"range": place, "newText": "".join(after[c:d])})
    return edits


def _changes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What changes between two lists of lines; line by line where both are alike in length, which is quick."""
    if len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [("replace", i, i + 1, i, i + 1) for i, (old, new) in pairs if old != new]
    return [tuple(code) for code in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()]  # type: ignore[misc]


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


__all__ = ["MechanismError", "fixes", "layout"]
