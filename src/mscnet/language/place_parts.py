"""The names of one statement, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from mscnet.language.loose import Statement
from mscnet.language.place_names import Key, Place


class Found:
    """The names of a statement in the order of the text, with offsets from where that begins.

    `relative` are the keys whose owner is told by a place: their numbers, the name of the owner and its offset, which
    is negative for the loops of the blocks around (-1 for the outermost).  `coloured` and `outlined` are room for what
    others make of the names: a line that stays as it is keeps it from version to version.
    """

    __slots__ = ("_keys", "_placed", "coloured", "ends", "outlined", "relative", "starts")

    def __init__(self, places: list[Place]) -> None:
        ordered = sorted(places, key=itemgetter(1))
        self._keys = [place.key for place in ordered]
        self.starts = [place.start for place in ordered]
        self.ends = [place.end for place in ordered]
        owners = ((i, *key.owner.partition("@")) for i, key in enumerate(self._keys))
        # while it is typed, an `@` alone can stand where the name of an owner should
        self.relative = [(i, name, int(offset)) for i, name, at, offset in owners if at and offset]
        self._placed: tuple[Any, list[Key]] = None, self._keys
        self.coloured: Any = None
        self.outlined: Any = None

    def keys(self, base: int, loops: Sequence[int]) -> list[Key]:
        """The keys where the statement begins at `base` and the blocks of the loops around it at `loops`."""
        if not self.relative:
            return self._keys
        where = base, *loops
        if self._placed[0] != where:
            keys = self._keys.copy()
            for i, name, offset in self.relative:
                begins = base + offset if offset >= 0 else loops[-1 - offset]
                keys[i] = keys[i]._replace(owner=f"{name}@{begins}")
            self._placed = where, keys
        return self._placed[1]


class Part(NamedTuple):
    """A statement that holds names; `base` is what their offsets are counted from."""

    statement: Statement
    base: int
    found: Found
    keys: list[Key]

    def place(self, i: int) -> Place:
        """One of its names, with offsets from the start of the text."""
        found, base = self.found, self.base
        return Place(self.keys[i], base + found.starts[i], base + found.ends[i])

    def places(self) -> Iterator[Place]:
        """All of its names."""
        found, base = self.found, self.base
        for key, start, end in zip(self.keys, found.starts, found.ends, strict=True):
            yield Place(key, base + start, base + end)
