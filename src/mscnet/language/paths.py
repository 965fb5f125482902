"""Paths that a mechanism may name: files beside it, and in folders below."""

from __future__ import annotations

import re

from mscnet.language.scope import Reporter
from mscnet.language.syntax import Text

_DRIVE = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]+:")


def path_trouble(path: str) -> str | None:
    """Why a path is none that a mechanism may name; None where it is."""
    if not path.strip():
        return "the path is empty"
    if any(not character.isprintable() for character in path):
        return "a path has no control characters"
    if "\\" in path:
        return "folders are divided by `/` here"
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        return "a path starts at the mechanism's own folder"
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return "a path stays inside the mechanism's own folder"
    return None if depth > 0 and not path.endswith(("/", "/.", "/..")) else "the path names no file"


def read_path(text: Text, report: Reporter) -> str | None:
    """The path that a text gives, relative to the mechanism's folder; None, with an error, for any other."""
    trouble = path_trouble(text.text)
    if trouble is None:
        return text.text
    hint = 'put the file beside the mechanism, or in a folder below: "data/fig4.csv"'
    report.error("E071", f"{trouble}: `{text.text[:80]}`", text.start, text.end, hint)
    return None
