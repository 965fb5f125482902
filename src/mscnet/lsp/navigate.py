"""Where a name is declared and used, and giving it another one."""

from __future__ import annotations

import re
from typing import Any

from mscnet.language.index import Index, Symbol
from mscnet.language.loose import ION
from mscnet.language.place_names import USE, Place
from mscnet.language.places import PART_WORDS
from mscnet.language.slips import HEADS
from mscnet.lsp.room import OF_MOLECULES, Document, Room
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.facts import FEATURES
from mscnet.mechanism.units import UNITS

_PARTS = re.compile(r"(\{[^{}]*\})")
_NAME = re.compile(r"[^\W\d]\w*")
#: Names that mean something by themselves.
_OWN = frozenset({"time", "temperature", "arrhenius", "eyring", "absorbance", "spectrum", "difference", "constant"})
#: Names that mean something by themselves unless a file declares them.
_UNLESS_DECLARED = frozenset(
    {"t", "R", "kB", "neat", "ramp", "pulse", "step", "mod", "sum", "gibbs", "enthalpy", "entropy"}
)
_RESERVED = frozenset({*HEADS, *FUNCTIONS, *FEATURES, *PART_WORDS, *_OWN, "of", "order", "rate", "bond", "bonds"})

#: Kinds of names that families make.
_MADE = frozenset({"name", "molecule"})
#: What messages call the kinds of names.
_WORDS = {"label": "a step", "prefix": "the prefix of an import", "unit": "a unit", "local": "an argument or variable"}


class Refused(Exception):
    """A name cannot be given; says why."""


def definition(room: Room, document: Document, offset: int) -> list[dict[str, Any]]:
    """The ``Location`` of what declares the name at an offset; of the file itself for the path of an import."""
    context = document.index.context(offset)
    if context.within == "string":
        path = _path_at(document, context.start)
        target = room.imported(document.key, path) if path is not None else None
        zero = {"line": 0, "character": 0}
        return [{"uri": room.uri_of(target), "range": {"start": zero, "end": zero}}] if target is not None else []
    place = document.index.at(offset)
    if place is None:
        return []
    key, symbol = room.origin(document.key, document.index.symbol(place.key))
    text = room.text_of(key)
    found = text.index.declaration(symbol) if text is not None else None
    return [_location(room, key, found)] if found is not None else []


def _path_at(document: Document, start: int) -> str | None:
    """The path in the string that begins at `start`, where an import names it."""
    statement = document.index.statement_at(start)
    if statement is None or statement.tokens[0].text != "import":
        return None
    return next((token.text.strip('"') for token in statement.tokens if token.start == start), None)


def _location(room: Room, key: str, place: Place) -> dict[str, Any]:
    text = room.text_of(key)
    assert text is not None
    return {"uri": room.uri_of(key), "range": text.range(place.start, place.end)}


def references(room: Room, document: Document, offset: int, declaration: bool = True) -> list[dict[str, Any]]:
    """Every ``Location`` of the name at an offset, in all files that are known."""
    return [
        _location(room, key, place)
        for key, places in _everywhere(room, document, offset).items()
        for place in places
        if declaration or place.key.declares == USE
    ]


def highlights(document: Document, offset: int) -> list[dict[str, Any]]:
    """The places of the name at an offset in its own file: 3 where it is declared, 2 where it is read."""
    index, place = document.index, document.index.at(offset)
    if place is None:
        return []
    return [
        {"range": document.text.range(each.start, each.end), "kind": 2 if each.key.declares == USE else 3}
        for each in index.uses(index.symbol(place.key))
    ]


def _everywhere(room: Room, document: Document, offset: int) -> dict[str, list[Place]]:
    """The places of the name at an offset by file, that of its declaration first."""
    place = document.index.at(offset)
    if place is None:
        return {}
    home = room.origin(document.key, document.index.symbol(place.key))
    found: dict[str, list[Place]] = {}
    last = home[1].name.rpartition(".")[2]
    # a unit that several files declare is one where they come together
    unit = home[1].space == "unit"
    for key in room.joined(home[0]) if unit else dict.fromkeys([home[0], *room.files()]):
        text = room.text_of(key)
        if text is None:
            continue
        index = text.index
        names = (name for name in index.by_name if name == last or name.endswith("." + last))
        for symbol in (symbol for name in names for symbol in index.called(name)):
            same = symbol == home[1] if unit or key == home[0] else False
            if not same and (symbol.space == "name" or symbol.space in OF_MOLECULES):
                same = room.origin(key, symbol) == home
            if same:
                found.setdefault(key, []).extend(index.uses(symbol))
    return found


# --- renaming ---------------------------------------------------------------------------------------


def can_rename(room: Room, document: Document, offset: int) -> dict[str, Any]:
    """The range of the name at an offset, and the name.

    Raises:
        Refused: there is no name that can be changed.
    """
    place = document.index.at(offset)
    if place is None or document.index.context(offset).within:
        raise Refused("there is no name here")
    symbol = document.index.symbol(place.key)
    key, symbol = room.origin(document.key, symbol)
    text = room.text_of(key)
    name = place.key.name.rpartition(".")[2]
    by_itself = name in _OWN or ((name in _RESERVED or name in _UNLESS_DECLARED) and _undeclared(document, symbol))
    if symbol.space.startswith("built-in") or by_itself:
        raise Refused(f"`{name}` is a word of mscnet")
    if key.startswith("package:"):
        raise Refused(f"`{name}` is declared in a mechanism that ships with mscnet")
    if text is None or text.index.declaration(symbol) is None:
        raise Refused(f"nothing declares `{name}`")
    if symbol.space == "unit":
        shipped = next((file for file in _everywhere(room, document, offset) if file.startswith("package:")), None)
        if shipped is not None:
            name_of_file = shipped.removeprefix("package:")
            raise Refused(f"`{name}` is a unit of `{name_of_file}`, too, which ships with mscnet")
    _refuse_in_loops(room, document, offset, name)
    if symbol.space in OF_MOLECULES:
        _refuse_in_molecules(room, key, symbol, name)
    if symbol.space == "local":
        template = re.search(rf"[\w{{}}]*\{{{re.escape(name)}\b[^{{}}\n]*\}}[\w{{}}]*", text.text)
        if template is not None:
            raise Refused(f"`{name}` stands in the names of a family, `{template[0]}`")
    family = _family_of(text.index, symbol.name) if symbol.space in _MADE or "{" in symbol.name else None
    first = re.escape(symbol.name.partition(".")[0])
    if symbol.space == "name" and re.search(rf"\bfor\b[^\n{{;]*?\b{first}\s+in\b", text.text):
        family = symbol.name  # a variable of a sum, or a name in each compartment that one stands for
    if family is not None:
        raise Refused(f"`{name}` is a member of the family `{family}`")
    return {
        "range": document.text.range(place.start, place.end),
        "placeholder": document.text.text[place.start : place.end],
    }


def _refuse_in_loops(room: Room, document: Document, offset: int, name: str) -> None:
    """Refuse a name that loops run over where they make other names from it: ``Cd{E}`` with E in Te, Se."""
    for key, places in _everywhere(room, document, offset).items():
        text = room.text_of(key)
        if text is None or all(place.key.role != "loop value" for place in places):
            continue
        for made, keys in text.index.by_name.items():
            if "{" in made and (_PARTS.sub("", made) or any(each.space in ("site", "state") for each in keys)):
                raise Refused(
                    f"`{name}` is a value of a loop, and may stand in names that are made in it, as `{made}` is"
                )


def _refuse_in_molecules(room: Room, key: str, symbol: Symbol, name: str) -> None:
    """Refuse a molecule, site or state that an option or a family names by what cannot be changed, in any file."""
    whole = _path(symbol)
    for file in dict.fromkeys([key, *room.files()]):
        text = room.text_of(file)
        if text is None:
            continue
        limits = re.findall(r'max_stoich\s*=\s*"([^"\n]*)', text.text) if symbol.space == "molecule" else []
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", limit) for limit in limits):
            raise Refused(f"`{name}` stands in a text, that of `max_stoich`")
        for made, keys in text.index.by_name.items():
            for each in keys:
                if "{" not in made and "{" not in each.owner:
                    continue
                plain = symbol.space == "molecule" and each.role == "species"
                if each.space != symbol.space and not plain:
                    continue
                path = _path(room.origin(file, text.index.symbol(each))[1])
                if re.fullmatch(_made_by(path), whole):
                    raise Refused(f"`{name}` is a member of the family `{made if '{' in made else each.owner}`")


def _path(symbol: Symbol) -> str:
    """A site or state behind what it belongs to."""
    return f"{symbol.home}.{symbol.name}" if symbol.home else symbol.name


def _made_by(family: str) -> str:
    """A regular expression for the names that a family may make."""
    return "".join(r"\w+" if part.startswith("{") else re.escape(part) for part in _PARTS.split(family))


def _family_of(index: Index, name: str) -> str | None:
    """The family that makes a name, where one does: ``Cd{E}`` makes ``CdTe``."""
    if "{" in name:
        return name
    for each in index.by_name:
        if "{" in each and _PARTS.sub("", each) and re.fullmatch(_made_by(each), name):
            return each
    return None


def _undeclared(document: Document, symbol: Symbol) -> bool:
    found = document.index.declaration(symbol)
    return found is None or found.key.declares == USE


def rename(room: Room, document: Document, offset: int, new: str) -> dict[str, Any]:
    """The ``WorkspaceEdit`` that gives the name at an offset another one, wherever it stands.

    Raises:
        Refused: it is no name, or it is taken.
    """
    can_rename(room, document, offset)
    found = _everywhere(room, document, offset)
    place = document.index.at(offset)
    assert place is not None
    symbol = room.origin(document.key, document.index.symbol(place.key))[1]
    new = new.strip()
    _check_name(new, symbol, [each for places in found.values() for each in places])
    for key, places in found.items():
        text = room.text_of(key)
        assert text is not None
        _check_free(room, key, symbol, new, places)
    changes: dict[str, list[dict[str, Any]]] = {}
    for key, places in found.items():
        text = room.text_of(key)
        assert text is not None
        for each in dict.fromkeys((p.start, p.end) for p in places):
            changes.setdefault(room.uri_of(key), []).append({"range": text.range(*each), "newText": new})
    return {"changes": changes}


def _check_name(new: str, symbol: Symbol, places: list[Place]) -> None:
    found = _NAME.match(new)
    rest = new[found.end() :] if found is not None else new
    ion = ION.fullmatch(rest) is not None and all(place.key.role == "species" for place in places)
    if found is None or (rest and not ion):
        raise Refused(f"`{new}` is no name: a name has letters, digits and `_`, and begins with no digit")
    if new in _RESERVED:
        raise Refused(f"`{new}` is a word of mscnet")
    if new in UNITS and symbol.space not in ("prefix", "label", "pathway", "experiment"):
        raise Refused(f"`{new}` is a unit")


def _check_free(room: Room, key: str, symbol: Symbol, new: str, places: list[Place]) -> None:
    text = room.text_of(key)
    assert text is not None
    index = text.index
    for place in places:
        head = place.key.name.rpartition(".")[0] if place.key.space == "name" else ""
        full = f"{head}.{new}" if head and symbol.space == "name" else new
        if symbol.space == "label":
            taken = Symbol("label", new, symbol.home) in index.called(new)
        elif symbol.space in OF_MOLECULES:
            head = place.key.name.rpartition(".")[0]
            full = f"{head}.{new}" if head else new
            taken = index.symbol(place.key)._replace(name=full) in index.called(full)
            taken = taken or (symbol.space == "molecule" and bool(index.called(full)))
        elif symbol.space in ("pathway", "experiment", "prefix"):
            taken = new in index.names_in(symbol.space)
        else:
            taken = any(s.space not in ("pathway", "prefix", "label") for s in index.called(full))
            if not taken and symbol.space == "name":
                taken = _comes_from_elsewhere(room, key, full)
        if taken:
            shown = _WORDS.get(symbol.space, "a name")
            raise Refused(f"`{new}` is taken: {shown} is called so already")


def _comes_from_elsewhere(room: Room, key: str, name: str) -> bool:
    """Whether an import brings a name."""
    other, symbol = room.origin(key, Symbol("name", name))
    text = room.text_of(other) if other != key else None
    return text is not None and text.index.declaration(symbol) is not None
