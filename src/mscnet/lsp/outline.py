"""What a file holds: its outline, what can be folded, and its words by kind."""

from __future__ import annotations

from typing import Any

from mscnet.language.index import Index
from mscnet.language.loose import Block, Statement
from mscnet.language.place_names import USE, Place
from mscnet.lsp.room import Document, Room

#: ``SymbolKind`` by what a place declares.
_KINDS = {
    "species": 5, "parameter": 14, "compartment": 4, "definition": 13, "observable": 7, "function": 12, "pathway": 3,
    "experiment": 6, "label": 24, "unit": 21, "solution": 19, "solvent": 19, "liquid": 19, "solid": 19,
    "prefix": 2, "reading": 8,
}  # fmt: skip

#: So many names of a workspace are shown.
MOST_SYMBOLS = 500

#: Kinds of words, in the order in which the server declares them.
TOKEN_TYPES = ("class", "variable", "property", "function", "parameter", "namespace", "enumMember", "event", "type")
_TYPES = {
    "species": "class", "parameter": "variable", "compartment": "namespace", "definition": "variable",
    "observable": "property", "function": "function", "pathway": "namespace", "prefix": "namespace",
    "experiment": "event", "label": "event", "unit": "type", "built-in unit": "type",
    "built-in function": "function", "local": "parameter",
    "argument": "parameter", "variable": "parameter", "reading": "property",
    "solution": "enumMember", "solvent": "enumMember", "liquid": "enumMember", "solid": "enumMember",
}  # fmt: skip


def symbols(document: Document) -> list[dict[str, Any]]:
    """The ``DocumentSymbol`` objects of a file; what stands in a block is below it."""
    index, text = document.index, document.text
    below: dict[int, list[dict[str, Any]]] = {}
    top: list[dict[str, Any]] = []
    places = [
        p for p in index.places if p.declares != USE and p.role in _KINDS and p.role not in ("argument", "variable")
    ]
    ends = {id(block.statement): block for block in index.loose.blocks}
    for place in places:
        statement = index.statement_at(place.start)
        if statement is None:
            continue
        block = ends.get(id(statement))
        end = min(block.end, len(text.text)) if block is not None else max(statement.end, place.end)
        own = text.range(place.start, place.end)
        node = {
            "name": place.name,
            "kind": _KINDS[place.role],
            "range": own
            if block is None and end == place.end
            else text.range(place.start if block is None else statement.start, end),
            "selectionRange": own,
        }
        if detail := _detail(text.text, index, statement):
            node["detail"] = detail
        if block is not None:
            node["children"] = below.setdefault(id(block), [])
        around = _named(statement.block)
        (below.setdefault(id(around), []) if around is not None else top).append(node)
    return top


def _named(block: Block | None) -> Block | None:
    """The block that has a node of its own in the outline."""
    while block is not None and block.head not in ("pathway", "experiment"):
        block = block.parent
    return block


def _detail(text: str, index: Index, statement: Statement) -> str:
    """The first text in quotes of a statement: a label or a note."""
    tokens = statement.line.tokens if statement.line is not None else statement.tokens
    found = next((token.text.strip('"') for token in tokens if token.kind == "string"), "")
    return found[:200]


def folds(document: Document) -> list[dict[str, Any]]:
    """The ``FoldingRange`` objects: blocks, and comments of several lines."""
    text = document.text
    found: list[dict[str, Any]] = []
    for block in document.index.loose.blocks:
        first = text.position(block.start)["line"]
        last = text.position(min(block.end, len(text.text)))["line"]
        if last > first:
            found.append({"startLine": first, "endLine": last - 1 if last - 1 > first else last})
    run: list[int] = []
    for start, _ in [*document.index.loose.comments, (len(text.text), 0)]:
        position = text.position(start)
        alone = not text.text[text.offset(position["line"], 0) : start].strip()
        if run and alone and position["line"] == run[-1] + 1:
            run.append(position["line"])
            continue
        if len(run) > 1:
            found.append({"startLine": run[0], "endLine": run[-1], "kind": "comment"})
        run = [position["line"]] if alone and start < len(text.text) else []
    return found


def tokens(document: Document) -> list[int]:
    """The ``SemanticTokens`` of a file, five numbers each: what the names stand for."""
    index, text = document.index, document.text
    data: list[int] = []
    line = character = 0
    known: dict[tuple[object, ...], int | None] = {}
    where = text.stretches((place.start, place.end) for place in index.places)
    for place, (down, across, width) in zip(index.places, where, strict=True):
        space, name, _, _, role, declares, pathway, owner = place
        key = (space, name, role, declares, pathway, owner)
        if key in known:
            number = known[key]
        else:
            kind = _type(index, place)
            number = known[key] = TOKEN_TYPES.index(kind) if kind is not None else None
        if number is None:
            continue
        data += (down - line, across if down > line else across - character, width, number, int(declares != USE))
        line, character = down, across
    return data


def _type(index: Index, place: Place) -> str | None:
    symbol = index.symbol(place)
    return _TYPES.get(symbol.space) or _TYPES.get(index.kind(symbol)) or _TYPES.get(place.role)


def everywhere(room: Room, query: str) -> list[dict[str, Any]]:
    """The ``SymbolInformation`` of what the files that are known declare, where a name has the letters of `query`."""
    wanted, found = query.casefold(), []
    for key in room.files():
        text = room.text_of(key)
        for place in text.index.places if text is not None else ():
            if place.declares != USE and place.role in _KINDS and _holds(place.name.casefold(), wanted):
                where = {"uri": room.uri_of(key), "range": text.range(place.start, place.end)}  # type: ignore[union-attr]
                found.append({"name": place.name, "kind": _KINDS[place.role], "location": where})
                if len(found) == MOST_SYMBOLS:
                    return found
    return found


def _holds(name: str, wanted: str) -> bool:
    """Whether a name has some letters in their order."""
    letters = iter(name)
    return all(letter in letters for letter in wanted)
