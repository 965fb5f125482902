"""Everything that is open, and what is known of it: texts, surveys, and the files that they import."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mscnet import assets
from mscnet.diagnostics import Diagnostic, MechanismError, Source
from mscnet.language import Survey, survey_source
from mscnet.language.format_parts import Layouts
from mscnet.language.index import Index, Symbol
from mscnet.language.source import MAX_BYTES
from mscnet.lsp.colours import Colours
from mscnet.lsp.texts import Text, path_of, source_of_text
from mscnet.records import dataclass
from mscnet.report.cards import Cards
from mscnet.report.lsp import lsp_diagnostic

_PACKAGE = "package:"
#: Kinds of names that are a molecule's: its own, those of its sites, those of their states.
OF_MOLECULES = frozenset({"molecule", "site", "state"})


@dataclass
class Known:
    """What the last survey of a text found, and its cards; `good` is that of the last text without errors."""

    version: int | None
    survey: Survey
    cards: Cards
    good: Cards | None = None

    def all_cards(self) -> Iterator[Cards]:
        """The cards of now, then those of when all was well."""
        yield self.cards
        if self.good is not None and self.good is not self.cards:
            yield self.good


class Document:
    """One open file.  `key` is its real path, or its address where it has none."""

    def __init__(self, uri: str, version: int | None, text: Text) -> None:
        self.uri, self.version, self.text = uri, version, text
        path = path_of(uri)
        self.path = path
        self.key = os.path.realpath(path) if path else uri
        self.known: Known | None = None
        #: What is known of the layout of this text and of those before it.
        self.layouts = Layouts()
        #: What is known of the colours of this text and of those before it.
        self.colours = Colours()

    @property
    def index(self) -> Index:
        """The names of the text as it is now."""
        return self.text.index


class Room:
    """Open documents by address, and files on disk where they are imported.  All of it lives in one thread."""

    def __init__(self) -> None:
        self.encoding = "utf-16"
        self.documents: dict[str, Document] = {}
        self.folders: list[str] = []
        self._files: dict[str, tuple[tuple[int, int], Text]] = {}

    # --- documents ---

    def open(self, uri: str, version: int | None, text: str) -> Document:
        """A file that somebody opens."""
        self.documents[uri] = document = Document(uri, version, Text(text, self.encoding))
        return document

    def change(self, uri: str, version: int | None, changes: Sequence[Any]) -> Document | None:
        """An open file after changes; None for one that is not open."""
        document = self.documents.get(uri)
        if document is not None:
            document.text = document.text.changed(changes)
            document.version = version
        return document

    def close(self, uri: str) -> Document | None:
        """Forget an open file."""
        return self.documents.pop(uri, None)

    def texts(self) -> dict[str, str]:
        """The open texts by the real paths of their files."""
        return {document.key: document.text.text for document in self.documents.values() if document.path}

    def importers(self, key: str) -> list[Document]:
        """The open documents whose mechanisms hold the file with this real path."""
        return [d for d in self.documents.values() if d.known is not None and key in d.known.survey.files]

    # --- files ---

    def text_of(self, key: str) -> Text | None:
        """The text of a file by its real path: an open one, else what is on the disk; None where there is none."""
        for document in self.documents.values():
            if document.key == key:
                return document.text
        if key.startswith(_PACKAGE):
            name = key.removeprefix(_PACKAGE)
            if key not in self._files and name in assets.mechanism_names():
                self._files[key] = (0, 0), Text(assets.mechanism_text(name)[1], self.encoding)
            return self._files[key][1] if key in self._files else None
        return self._on_disk(key)

    def _on_disk(self, key: str) -> Text | None:
        try:
            status = os.stat(key)
            stamp = (status.st_mtime_ns, status.st_size)
            if key not in self._files or self._files[key][0] != stamp:
                if status.st_size > MAX_BYTES or not os.path.isfile(key):
                    return None
                data = Path(key).read_bytes()
                self._files[key] = stamp, Text(data.decode("utf-8", "replace"), self.encoding)
        except (OSError, ValueError):
            return None
        return self._files[key][1]

    def uri_of(self, key: str) -> str:
        """The address of a file by its real path, as the editor calls it where it is open."""
        for document in self.documents.values():
            if document.key == key:
                return document.uri
        if key.startswith(_PACKAGE):
            return _shipped(assets.mechanism_text(key.removeprefix(_PACKAGE))[0])
        return Path(key).as_uri() if os.path.isabs(key) else key

    def uri_of_source(self, source: Source) -> str:
        """The address of the file that a finding is in."""
        if source.path is not None:
            return self.uri_of(os.path.realpath(source.path))
        if source.name.startswith("mechanisms/"):
            return _shipped(source.name)
        return next((d.uri for d in self.documents.values() if source_of_text(d.uri, "").name == source.name), "")

    def imported(self, key: str, path: str) -> str | None:
        """The file that an import of `path` in the file `key` means; None where there is none to be read."""
        if not path.endswith(".mech"):
            return _PACKAGE + path if path in assets.mechanism_names() else None
        if not os.path.isabs(key) or "\0" in path or path.startswith(("/", "~")):
            return None
        folder = os.path.dirname(key)
        place = os.path.realpath(os.path.join(folder, path))
        for root in (folder, *self.folders):
            try:
                if os.path.commonpath([place, root]) == root:
                    return place if self.text_of(place) is not None else None
            except ValueError:
                continue
        return None

    # --- names across files ---

    def origin(self, key: str, symbol: Symbol, depth: int = 0) -> tuple[str, Symbol]:
        """The file that a symbol comes from, and what it is there."""
        if symbol.space in OF_MOLECULES:
            return self._origin_of_molecule(key, symbol, depth)
        text = self.text_of(key)
        if text is None or symbol.space not in ("name", "built-in unit") or symbol.home is not None or depth > 50:
            return key, symbol
        index = text.index
        prefix, dot, rest = symbol.name.partition(".")
        if dot:
            for path in index.imports.get(prefix, ()):
                target = self.imported(key, path)
                if target is not None:
                    return self.origin(target, Symbol("name", rest), depth + 1)
            return key, symbol
        if symbol.name in index.declared[None]:
            return key, symbol
        for path in index.imports.get(None, ()):
            target = self.imported(key, path)
            other = self.text_of(target) if target is not None else None
            if target is None or other is None or target == key:
                continue
            space = "molecule" if Symbol("molecule", symbol.name) in other.index.called(symbol.name) else "name"
            found = self.origin(target, Symbol(space, symbol.name), depth + 1)
            there = self.text_of(found[0])
            if there is not None and there.index.declaration(found[1]) is not None:
                return found
        return key, symbol

    def _origin_of_molecule(self, key: str, symbol: Symbol, depth: int) -> tuple[str, Symbol]:
        """The file that declares the molecule of a symbol, and what the symbol is there."""
        text = self.text_of(key)
        molecule = molecule_of(symbol)
        prefix, dot, rest = molecule.partition(".")
        if text is None or depth > 50 or (not dot and _declares(text, molecule)):
            return key, symbol
        for path in text.index.imports.get(prefix if dot else None, ()):
            target = self.imported(key, path)
            if target is None or target == key:
                continue
            found = self.origin(target, _in_molecule(symbol, rest if dot else molecule), depth + 1)
            there = self.text_of(found[0])
            if there is not None and _declares(there, molecule_of(found[1])):
                return found
        return key, symbol

    def joined(self, key: str) -> list[str]:
        """The files that imports join to one, itself first, in either direction and over others."""
        joins: dict[str, set[str]] = {}
        waiting = [key, *self.files()]
        while waiting:
            one = waiting.pop()
            if one in joins:
                continue
            text = self.text_of(one)
            paths = [path for each in text.index.imports.values() for path in each] if text is not None else []
            joins[one] = {target for path in paths if (target := self.imported(one, path)) is not None}
            waiting.extend(joins[one])
        either = {one: set(others) for one, others in joins.items()}
        for one, others in joins.items():
            for other in others:
                either[other].add(one)
        found, waiting = {key: None}, [key]
        while waiting:
            new = sorted(either[waiting.pop()] - found.keys())
            found |= dict.fromkeys(new)
            waiting.extend(new)
        return list(found)

    def files(self) -> list[str]:
        """Every file that is open or belongs to what is open."""
        found = {document.key: None for document in self.documents.values()}
        for document in self.documents.values():
            if document.known is not None:
                found |= dict.fromkeys(document.known.survey.files)
            for paths in document.index.imports.values():
                found |= {t: None for path in paths if (t := self.imported(document.key, path)) is not None}
        return list(found)

    # --- findings ---

    def findings(self, document: Document) -> dict[str, list[dict[str, Any]]]:
        """The ``Diagnostic`` objects of a document's last survey, by address; its own are always among them."""
        found: dict[str, list[dict[str, Any]]] = {document.uri: []}
        for diagnostic in document.known.survey.diagnostics if document.known is not None else ():
            source = diagnostic.span.source if diagnostic.span is not None else None
            uri = self.uri_of_source(source) if source is not None else document.uri
            shown = lsp_diagnostic(diagnostic, self.encoding, self.uri_of_source)
            found.setdefault(uri or document.uri, []).append(shown)
        return found


def molecule_of(symbol: Symbol) -> str:
    """The molecule that a symbol is, or whose site or state it is."""
    home = symbol.home or ""
    return {"molecule": symbol.name, "site": home, "state": home.rpartition(".")[0]}[symbol.space]


def _in_molecule(symbol: Symbol, molecule: str) -> Symbol:
    """The same of a molecule that is called otherwise."""
    if symbol.space == "molecule":
        return Symbol("molecule", molecule)
    return symbol._replace(home=molecule + (symbol.home or "").removeprefix(molecule_of(symbol)))


def _declares(text: Text, molecule: str) -> bool:
    return text.index.declaration(Symbol("molecule", molecule)) is not None


def survey(uri: str, text: str, texts: dict[str, str]) -> tuple[Survey, Cards]:
    """The survey of a text with what editors have of other files; never raises for what is in them."""
    source = source_of_text(uri, text)
    try:
        if len(text) > MAX_BYTES:
            raise MechanismError.of("E008", f"at most {MAX_BYTES // 2**20} MB are read")
        found = survey_source(source, texts=texts)
    except MechanismError as error:
        return _nothing(error.diagnostics, source)
    except RecursionError:
        wrong = Diagnostic("error", "E004", "this nests too deep to be handled")
        return _nothing((wrong,), source)
    return found, Cards.of(found.mechanism)


def _nothing(findings: tuple[Diagnostic, ...], source: Source) -> tuple[Survey, Cards]:
    empty = survey_source(Source(source.name, "units time = s\n"), texts={})
    return Survey(empty.mechanism, findings), Cards.of(empty.mechanism)


def _shipped(shown: str) -> str:
    """The address of a file that ships with mscnet, by the name that messages call it by."""
    place = assets.place("mechanisms").joinpath(*shown.split("/")[1:])
    return place.as_uri() if isinstance(place, Path) else f"mscnet:{shown}"
