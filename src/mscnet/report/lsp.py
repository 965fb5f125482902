"""Diagnostics in the form of the Language Server Protocol (3.17), which editors and their tools read.

Lines and characters count from 0; characters are units of UTF-16, so that a letter beyond U+FFFF counts twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mscnet import codes
from mscnet.diagnostics import Diagnostic, Fix, Source, Span

_SEVERITIES = {"error": 1, "warning": 2, "note": 3}
#: What `character` counts, by the names of the protocol: bytes, pairs of them, or letters.
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
#: `DiagnosticTag.Unnecessary`: editors show such text faded.
_UNNECESSARY = 1


def published(diagnostics: Iterable[Diagnostic], files: Iterable[str] = ()) -> list[dict[str, Any]]:
    """One ``PublishDiagnosticsParams`` a file, in order of appearance; those of `files` also without findings."""
    found: dict[str, list[dict[str, Any]]] = {uri_of(name): [] for name in files}
    for diagnostic in diagnostics:
        name = diagnostic.span.source.name if diagnostic.span is not None else diagnostic.file or ""
        found.setdefault(uri_of(name), []).append(lsp_diagnostic(diagnostic))
    return [{"uri": uri, "diagnostics": each} for uri, each in found.items()]


def lsp_diagnostic(
    diagnostic: Diagnostic, encoding: str = "utf-16", uri: Callable[[Source], str] | None = None
) -> dict[str, Any]:
    """The ``Diagnostic`` object of a finding; its ``data`` holds the hint, and the fixes as edits.

    `uri` says what a client calls a file, `encoding` what it counts characters in.
    """
    uri = uri or _uri_of_source
    hint = f"\nhelp: {diagnostic.hint}" if diagnostic.hint else ""
    made: dict[str, Any] = {
        "range": range_of(diagnostic.span, encoding),
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
            {"location": {"uri": uri(r.span.source), "range": range_of(r.span, encoding)}, "message": r.message}
            for r in diagnostic.related
        ]
    made["data"] = {"hint": diagnostic.hint, "fixes": [lsp_fix(fix, encoding, uri) for fix in diagnostic.fixes]}
    return made


def lsp_fix(fix: Fix, encoding: str = "utf-16", uri: Callable[[Source], str] | None = None) -> dict[str, Any]:
    """A fix with its edits by file, ready for a ``CodeAction``."""
    uri = uri or _uri_of_source
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        change = {"range": range_of(edit.span, encoding), "newText": edit.replacement}
        changes.setdefault(uri(edit.span.source), []).append(change)
    return {"title": fix.title, "safe": fix.safe, "edit": {"changes": changes}}


def range_of(span: Span | None, encoding: str = "utf-16") -> dict[str, Any]:
    """The ``Range`` of a stretch of text; the start of the file for none."""
    if span is None:
        return {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    end = min(max(span.start, span.end), len(span.source.text))
    return {
        "start": position_of(span.source, min(span.start, end), encoding),
        "end": position_of(span.source, end, encoding),
    }


def position_of(source: Source, offset: int, encoding: str = "utf-16") -> dict[str, int]:
    """The ``Position`` of a character offset."""
    line, column = source.position(offset)
    before = source.text[source.start_of(line) : source.start_of(line) + column - 1]
    return {"line": line - 1, "character": width_of(before, encoding)}


def width_of(text: str, encoding: str = "utf-16") -> int:
    """How long a text is, in what `encoding` counts."""
    if text.isascii() or encoding == "utf-32":
        return len(text)
    name, size = _UNITS[encoding]
    return len(text.encode(name, "surrogatepass")) // size


def _uri_of_source(source: Source) -> str:
    return uri_of(source.name)


def uri_of(name: str) -> str:
    """The URI that a file's name stands for; texts without a file have one of their own scheme."""
    if name.startswith("<"):
        return f"untitled:{name.strip('<>')}"
    if "\0" in name:
        return "untitled:unnamed"
    return Path(os.path.abspath(name)).as_uri()
