"""Which file an import means, and reading it: each file once, none outside the folder of the main file.

A name without an ending is a mechanism that ships with mscnet.  A path is relative to the folder of the file that it
stands in; it never leads above the folder of the main file, neither by ``..`` nor through a link.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Mapping

from mscnet import assets
from mscnet.diagnostics import UNSUPPORTED, MechanismError, Source, suggest
from mscnet.language.modules import Module
from mscnet.language.scope import Reporter
from mscnet.language.syntax import ImportX, Text

#: Imports nest so deep, so many files make one mechanism, and all of them have so many characters at most.
MAX_DEPTH, MAX_FILES, MAX_CHARACTERS = 50, 500, 64 * 1024 * 1024

_ENDING = ".mech"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Loader:
    """The files that one mechanism is made of."""

    def __init__(self, main: Source, texts: Mapping[str, str] | None = None) -> None:
        """`texts` stand in place of files, by their real paths: what an editor has and has not saved."""
        self.texts = texts or {}
        self.root = os.path.realpath(os.path.dirname(main.path) or ".") if main.path is not None else None
        self.modules: dict[str, Module] = {}
        self.characters = len(main.text)
        #: The files being read, each imported by the one before it: what tells them apart, and their names.
        self.stack: list[tuple[str, str]] = [(_key_of(main), main.name)]

    def load(self, statement: ImportX, importing: Source, report: Reporter) -> Module | None:
        """The file that an import names; None, with an error, where it cannot be imported."""
        found = self._find(statement.path, importing, report)
        if found is None:
            return None
        key, shown = found
        at = statement.path
        on_stack = [place for place, _ in self.stack]
        if key in on_stack:
            names = [name for _, name in self.stack[on_stack.index(key) :]]
            cycle = " -> ".join(posixpath.basename(name) for name in [*names, names[0]])
            message = f"imports go round in a circle: {cycle}"
            hint = "move what both need into a file of its own, which both import"
            report.error("E222", message, at.start, at.end, hint)
            return None
        if key not in self.modules:
            if not self._within_limits(at, report):
                return None
            source = self._read(key, shown, at, report)
            if source is None or not self._counted(source, at, report):
                return None
            from mscnet.language.read import read_module

            self.stack.append((key, shown))
            try:
                self.modules[key] = read_module(source, key, self)
            finally:
                self.stack.pop()
        return self.modules[key]

    # --- limits ---

    def _within_limits(self, at: Text, report: Reporter) -> bool:
        if len(self.stack) > MAX_DEPTH:
            report.error("E223", f"imports nest more than {MAX_DEPTH} deep", at.start, at.end)
        elif len(self.modules) >= MAX_FILES:
            report.error("E223", f"more than {MAX_FILES} files are imported", at.start, at.end)
        else:
            return True
        return False

    def _counted(self, source: Source, at: Text, report: Reporter) -> bool:
        self.characters += len(source.text)
        if self.characters > MAX_CHARACTERS:
            message = f"the files of this mechanism have more than {MAX_CHARACTERS // 2**20} MB together"
            report.error("E223", message, at.start, at.end)
        return self.characters <= MAX_CHARACTERS

    # --- finding ---

    def _find(self, at: Text, importing: Source, report: Reporter) -> tuple[str, str] | None:
        """What tells the file apart, and its name for messages."""
        text = at.text
        if not text.endswith(_ENDING) or text == _ENDING:
            return self._shipped(at, report)
        trouble = _trouble(text)
        if trouble is None and (importing.path is None or self.root is None):
            hint = "save it as a file, or import a mechanism that ships with mscnet by its name"
            message = f"a text without a file has no folder in which `{text[:80]}` could be"
            report.error("E221", message, at.start, at.end, hint)
            return None
        if trouble is None:
            assert importing.path is not None
            assert self.root is not None
            place = os.path.realpath(os.path.join(os.path.dirname(importing.path), text))
            shown = posixpath.normpath(posixpath.join(posixpath.dirname(importing.name.replace(os.sep, "/")), text))
            if os.path.commonpath([place, self.root]) == self.root:
                return place, shown
            trouble = "an import stays inside the folder of the main file"
        hint = 'put the file beside the mechanism, or in a folder below: `import "parts/cdte.mech"`'
        report.error("E221", f"{trouble}: `{text[:80]}`", at.start, at.end, hint)
        return None

    def _shipped(self, at: Text, report: Reporter) -> tuple[str, str] | None:
        names = assets.mechanism_names()
        if at.text in names:
            return f"package:{at.text}", assets.mechanism_text(at.text)[0]
        ending = posixpath.splitext(at.text)[1]
        if ending in (".net", ".bngl", ".xml", ".sbml", ".ant"):
            message = f"imports of `{ending}` files: mscnet does not have this yet"
            known = ending in (".net", ".bngl")
            hint = f"`mscnet import {at.text[:60]}` writes it in this language" if known else None
            hint = hint or "only files of mscnet's own language are imported"
            report.error(UNSUPPORTED, message, at.start, at.end, hint)
            return None
        named = at.text if re.fullmatch(r"[\w-][\w/-]*", at.text) else "cdte"
        hint = suggest(at.text, names) or f'a file is named with its ending, as in `import "{named}.mech"`'
        message = f"no mechanism called `{at.text[:80]}` ships with mscnet"
        report.error("E220", message, at.start, at.end, hint)
        return None

    def _read(self, key: str, shown: str, at: Text, report: Reporter) -> Source | None:
        from mscnet.language.source import read_bytes, source_of

        if key.startswith("package:"):
            return Source(*assets.mechanism_text(key.removeprefix("package:")))
        if key in self.texts:
            return Source(shown, self.texts[key], key)
        try:
            status = os.stat(key)
            if not stat.S_ISREG(status.st_mode):
                report.error("E220", f"`{at.text}` is no file", at.start, at.end)
                return None
            return source_of(read_bytes(key), shown, key)
        except FileNotFoundError:
            hint = suggest(posixpath.basename(at.text), _beside(key))
            report.error("E220", f"there is no file `{at.text}`", at.start, at.end, hint)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            report.error("E220", f"`{at.text}` cannot be read: {reason}", at.start, at.end)
        except MechanismError as error:
            for found in error.diagnostics:
                report.add(found)
        return None


def _key_of(source: Source) -> str:
    return os.path.realpath(source.path) if source.path is not None else f"text:{source.name}"


def _beside(path: str) -> list[str]:
    """The mechanism files in a folder of the import path."""
    try:
        return [name for name in os.listdir(os.path.dirname(path)) if name.endswith(_ENDING)][:1000]
    except OSError:
        return []


def _trouble(path: str) -> str | None:
    """Why a path is none that an import may name, as far as its text tells."""
    if any(not character.isprintable() for character in path):
        return "a path has no control characters"
    if "\\" in path:
        return "folders are divided by `/` here"
    if _URL.match(path):
        return "an import names a file, not an address"
    return "a path starts at the file's own folder" if path.startswith(("/", "~")) else None
