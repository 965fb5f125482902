"""What a file holds: its outline, and what can be folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscnet.language.loose import Block, Statement
from mscnet.language.place_names import USE, Key
from mscnet.language.place_parts import Part
from mscnet.lsp.room import Document, Room
from mscnet.lsp.texts import Text

#: ``SymbolKind`` by what a place declares.
_KINDS = {
    "molecule": 5,
    "species": 5, "parameter": 14, "compartment": 4, "definition": 13, "observable": 7, "function": 12, "pathway": 3,
    "experiment": 6, "label": 24, "unit": 21, "solution": 19, "solvent": 19, "liquid": 19, "solid": 19,
    "prefix": 2, "reading": 8,
}  # fmt: skip

#: So many names of a workspace are shown.
MOST_SYMBOLS = 500


def symbols(document: Document) -> list[dict[str, Any]]:
    """The ``DocumentSymbol`` objects of a file; what stands in a block is below it."""
    index, text = document.index, document.text
    below: dict[int, list[dict[str, Any]]] = {}
    top: list[dict[str, Any]] = []
    blocks = {id(block.statement): block for block in index.loose.blocks}
    for part in index.parts:
        around = _named(part.statement.block)
        siblings = below.setdefault(id(around), []) if around is not None else top
        block = blocks.get(id(part.statement))
        if part.statement.line is not None and block is None:
            siblings += _of_line(text, part)
            continue
        for node in _of_part(text, part):
            if block is not None:
                node["range"] = text.range(part.statement.start, min(block.end, len(text.text)))
                node["children"] = below.setdefault(id(block), [])
            siblings.append(node)
    return top


def _of_part(text: Text, part: Part) -> Iterator[dict[str, Any]]:
    """The nodes of a statement, each from its name to the end of the statement."""
    detail = _detail(part.statement)
    for key, start, end in part.places():
        if _is_shown(key):
            yield {
                "name": key.name,
                "kind": _KINDS[key.role],
                "range": text.range(start, max(end, part.statement.end)),
                "selectionRange": text.range(start, end),
                **detail,
            }


def _of_line(text: Text, part: Part) -> list[dict[str, Any]]:
    """The nodes of a statement within a line, which are those of the last version of the text but for its number."""
    found, line = part.found, text.line_of(part.base)
    if found.outlined is None or found.outlined[0] != line:
        nodes = (
            list(_of_part(text, part))
            if found.outlined is None
            else [_in_line(node, line) for node in found.outlined[1]]
        )
        found.outlined = line, nodes
    kept: list[dict[str, Any]] = found.outlined[1]
    return kept


def _in_line(node: dict[str, Any], line: int) -> dict[str, Any]:
    """A node of one line in another line."""
    moved = {
        name: {end: {"line": line, "character": place["character"]} for end, place in node[name].items()}
        for name in ("range", "selectionRange")
    }
    return {**node, **moved}


def _is_shown(key: Key) -> bool:
    """Whether a name has a place in outlines."""
    return key.declares != USE and key.role in _KINDS


def _named(block: Block | None) -> Block | None:
    """The block that has a node of its own in the outline."""
    while block is not None and block.head not in ("pathway", "experiment"):
        block = block.parent
    return block


def _detail(statement: Statement) -> dict[str, str]:
    """The first text in quotes of a statement: a label or a note."""
    text = next((token.text.strip('"') for token in statement.tokens_from_base if token.kind == "string"), "")
    return {"detail": text[:200]} if text else {}


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


def everywhere(room: Room, query: str) -> list[dict[str, Any]]:
    """The ``SymbolInformation`` of what the files that are known declare, where a name has the letters of `query`."""
    wanted, found = query.casefold(), []
    for key in room.files():
        text = room.text_of(key)
        for name, start, end in text.index.places() if text is not None else ():
            if _is_shown(name) and _holds(name.name.casefold(), wanted):
                where = {"uri": room.uri_of(key), "range": text.range(start, end)}  # type: ignore[union-attr]
                found.append({"name": name.name, "kind": _KINDS[name.role], "location": where})
                if len(found) == MOST_SYMBOLS:
                    return found
    return found


def _holds(name: str, wanted: str) -> bool:
    """Whether a name has some letters in their order."""
    letters = iter(name)
    return all(letter in letters for letter in wanted)
