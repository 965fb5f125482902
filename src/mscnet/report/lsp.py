"""Diagnostics in the form of the Language Server Protocol (3.17), which editors and their tools read.

Lines and characters count from 0; characters are units of UTF-16, so that a letter beyond U+FFFF counts twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mscnet import codes
from mscnet.diagnostics import Diagnostic, Fix, Source, Span

_SEVERITIES = {"error": 1, "warning": 2, "note": 3}
#: `DiagnosticTag.Unnecessary`: editors show such text faded.
_UNNECESSARY = 1


def published(diagnostics: Iterable[Diagnostic], files: Iterable[str] = ()) -> list[dict[str, Any]]:
    """One ``PublishDiagnosticsParams`` a file, in order of appearance; those of `files` also without findings."""
    found: dict[str, list[dict[str, Any]]] = {uri_of(name): [] for name in files}
    for diagnostic in diagnostics:
        name = diagnostic.span.source.name if diagnostic.span is not None else diagnostic.file or ""
        found.setdefault(uri_of(name), []).append(lsp_diagnostic(diagnostic))
    return [{"uri": uri, "diagnostics": each} for uri, each in found.items()]


def lsp_diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    """The ``Diagnostic`` object of a finding; its ``data`` holds the hint, and the fixes as edits."""
    hint = f"\nhelp: {diagnostic.hint}" if diagnostic.hint else ""
    made: dict[str, Any] = {
        "range": range_of(diagnostic.span),
        "severity": _SEVERITIES[diagnostic.severity],
        "code": diagnostic.code,
        "source": "mscnet",
        "message": diagnostic.message + hint,
    }
    href = codes.page_uri(diagnostic.code)
    if href is not None:
        made["codeDescription"] = {"href": href}
    if diagnostic.code in codes.UNNECESSARY:
        made["tags"] = [_UNNECESSARY]
    if diagnostic.related:
        made["relatedInformation"] = [
            {"location": {"uri": uri_of(r.span.source.name), "range": range_of(r.span)}, "message": r.message}
            for r in diagnostic.related
        ]
    made["data"] = {"hint": diagnostic.hint, "fixes": [lsp_fix(fix) for fix in diagnostic.fixes]}
    return made


def lsp_fix(fix: Fix) -> dict[str, Any]:
    """A fix with its edits by file, ready for a ``CodeAction``."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        change = {"range": range_of(edit.span), "newText": edit.replacement}
        changes.setdefault(uri_of(edit.span.source.name), []).append(change)
    return {"title": fix.title, "safe": fix.safe, "edit": {"changes": changes}}


def range_of(span: Span | None) -> dict[str, Any]:
    """The ``Range`` of a stretch of text; the start of the file for none."""
    if span is None:
        return {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    end = min(max(span.start, span.end), len(span.source.text))
    return {"start": position_of(span.source, min(span.start, end)), "end": position_of(span.source, end)}


def position_of(source: Source, offset: int) -> dict[str, int]:
    """The ``Position`` of a character offset."""
    line, column = source.position(offset)
    before = source.text[source.start_of(line) : source.start_of(line) + column - 1]
    return {"line": line - 1, "character": len(before.encode("utf-16-le", "surrogatepass")) // 2}


def uri_of(name: str) -> str:
    """The URI that a file's name stands for; texts without a file have one of their own scheme."""
    if name.startswith("<"):
        return f"untitled:{name.strip('<>')}"
    if "\0" in name:
        return "untitled:unnamed"
    return Path(os.path.abspath(name)).as_uri()
