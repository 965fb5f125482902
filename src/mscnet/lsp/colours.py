"""The words of a file by what they stand for, as editors colour them.

Nearly all of it is kept from version to version: what a line gives as long as its names mean the same, and what a name
means as long as the places in which it stands tell the same of it.
"""

from __future__ import annotations

from typing import Any

from mscnet.language.index import Index
from mscnet.language.place_names import USE, Key
from mscnet.language.place_parts import Part
from mscnet.lsp.texts import Text

#: Kinds of words, in the order in which the server declares them.
TOKEN_TYPES = ("class", "variable", "property", "function", "parameter", "namespace", "enumMember", "event", "type")
_TYPES = {
    "molecule": "class", "site": "property", "state": "enumMember",
    "species": "class", "parameter": "variable", "compartment": "namespace", "definition": "variable",
    "observable": "property", "function": "function", "pathway": "namespace", "prefix": "namespace",
    "experiment": "event", "label": "event", "unit": "type", "built-in unit": "type",
    "built-in function": "function", "local": "parameter",
    "argument": "parameter", "variable": "parameter", "reading": "property",
    "solution": "enumMember", "solvent": "enumMember", "liquid": "enumMember", "solid": "enumMember",
}  # fmt: skip


class Colours:
    """The colours of a document, with what its names meant in the last version and what was sent of it."""

    def __init__(self) -> None:
        self._bases: dict[str, tuple[str, ...]] = {}
        self._known: dict[str, tuple[list[Key], list[int]]] = {}
        self._sent: list[int] = []
        self._number = 0

    def full(self, text: Text) -> dict[str, Any]:
        """The ``SemanticTokens`` of a text."""
        self._sent = self.tokens(text)
        self._number += 1
        return {"resultId": str(self._number), "data": self._sent}

    def change(self, text: Text, before: str) -> dict[str, Any]:
        """The ``SemanticTokensDelta`` to what was sent as `before`; all tokens where that is not what was sent last."""
        if before != str(self._number):
            return self.full(text)
        old, new = self._sent, self.full(text)
        start = _alike(old, new["data"])
        end = _alike(old[start:][::-1], new["data"][start:][::-1])
        data = new["data"][start : len(new["data"]) - end]
        edits = [{"start": start, "deleteCount": len(old) - start - end, "data": data}]
        return {"resultId": new["resultId"], "edits": edits if old != new["data"] else []}

    def tokens(self, text: Text, first: int = 0, last: int | None = None) -> list[int]:
        """The tokens of lines `first` to `last`, five numbers each."""
        numbers = self._meanings(text.index)
        data: list[int] = []
        at = character = 0
        for part in text.index.parts_between(text.offset(first, 0), None if last is None else text.end_of(last)):
            if part.statement.line is not None:
                row, down = _row(text, part, [numbers[key] for key in part.keys]), text.line_of(part.base)
                if row is not None and down >= first:
                    data += (down - at, row[0] if down > at else row[0] - character)
                    data += row[1]
                    at, character = down, row[2]
                continue
            places = text.stretches((start, end) for _, start, end in part.places())
            for (down, across, width), key in zip(places, part.keys, strict=True):
                number = numbers[key]
                if number >= 0 and first <= down and (last is None or down <= last):
                    data += (down - at, across if down > at else across - character, width, number >> 1, number & 1)
                    at, character = down, across
        return data

    def _meanings(self, index: Index) -> dict[Key, int]:
        """Twice the type of each name, and one more where it is declared; -1 for a name without a type.

        What a name means depends on the keys of that name and on what pathways are made from, on nothing else.
        """
        known = self._known if index.bases == self._bases else {}
        self._bases, self._known = index.bases, {}
        numbers: dict[Key, int] = {}
        for name, keys in index.by_name.items():
            kept = known.get(name)
            if kept is None or kept[0] != keys:
                kept = keys, [_meaning(index, key) for key in keys]
            self._known[name] = kept
            numbers.update(zip(keys, kept[1], strict=True))
        return numbers


def _meaning(index: Index, key: Key) -> int:
    symbol = index.symbol(key)
    kind = _TYPES.get(symbol.space) or _TYPES.get(index.kind(symbol)) or _TYPES.get(key.role)
    return 2 * TOKEN_TYPES.index(kind) + (key.declares != USE) if kind is not None else -1


def _alike(one: list[int], other: list[int]) -> int:
    """How many numbers two lists begin with alike, in whole tokens of five."""
    low, high = 0, min(len(one), len(other)) // 5
    while low < high:
        middle = (low + high + 1) // 2
        if one[5 * low : 5 * middle] == other[5 * low : 5 * middle]:
            low = middle
        else:
            high = middle - 1
    return 5 * low


def _row(text: Text, part: Part, numbers: list[int]) -> tuple[int, list[int], int] | None:
    """The tokens of a statement within a line: the character of the first, the numbers behind that, and the character
    of the last; None where it has none."""
    found = part.found
    if found.coloured is None or found.coloured[0] != numbers:
        row: list[int] = []
        before = 0
        for start, end, number in zip(found.starts, found.ends, numbers, strict=True):
            if number >= 0:
                across = text.width(part.base, part.base + start)
                width = text.width(part.base + start, part.base + end)
                row += (0, across - before, width, number >> 1, number & 1)
                before = across
        found.coloured = numbers, (row[1], row[2:], before) if row else None
    kept: tuple[int, list[int], int] | None = found.coloured[1]
    return kept
