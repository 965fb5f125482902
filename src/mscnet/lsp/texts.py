"""Open texts: their versions, their changes, and offsets as an editor counts them."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import unquote, urlsplit

from mscnet.diagnostics import Source
from mscnet.language.index import Index
from mscnet.language.loose import Line
from mscnet.report.lsp import width_of

_LONE_RETURN = re.compile(r"\r(?!\n)")


class Text:
    """The text of a file at one moment.  Offsets are those of the text that an editor sent: nothing in it moves."""

    def __init__(self, text: str, encoding: str = "utf-16", before: Text | None = None) -> None:
        if text.startswith("\ufeff"):
            text = " " + text[1:]
        self.text = _LONE_RETURN.sub("\n", text) if "\r" in text else text
        self.encoding = encoding
        self._known = before._lines() if before is not None else {}

    def _lines(self) -> dict[str, Line]:
        """What is known of lines, from this version of the text or from one before."""
        return self.index.loose.lines if "index" in self.__dict__ else self._known

    @cached_property
    def index(self) -> Index:
        """The names of the text."""
        return Index(self.text, self._known)

    @cached_property
    def _starts(self) -> list[int]:
        lengths = [len(line) + 1 for line in self.text.split("\n")]
        return list(accumulate(lengths[:-1], initial=0))

    def line_of(self, offset: int) -> int:
        """The line that an offset is in."""
        return bisect_right(self._starts, offset) - 1

    def end_of(self, line: int) -> int:
        """Where a line ends, or the text where it has no such line."""
        return self._starts[line + 1] - 1 if 0 <= line < len(self._starts) - 1 else len(self.text)

    def offset(self, line: int, character: int) -> int:
        """The offset of a place; one outside of the text is moved to the end of its line, or of the text."""
        starts = self._starts
        if line < 0:
            return 0
        if line >= len(starts):
            return len(self.text)
        start = starts[line]
        end = starts[line + 1] - 1 if line + 1 < len(starts) else len(self.text)
        content = self.text[start:end].removesuffix("\r")
        if content.isascii() or self.encoding == "utf-32":
            return start + max(0, min(character, len(content)))
        taken = 0
        for i, letter in enumerate(content):
            taken += width_of(letter, self.encoding)
            if taken > character:
                return start + i
        return start + len(content)

    def position(self, offset: int) -> dict[str, int]:
        """The ``Position`` of an offset."""
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        if self._even:
            return {"line": line, "character": min(offset, len(self.text)) - start}
        return {"line": line, "character": width_of(self.text[start:offset], self.encoding)}

    def width(self, start: int, end: int) -> int:
        """How long a stretch of one line is, in what the editor counts."""
        return end - start if self._even else width_of(self.text[start:end], self.encoding)

    @cached_property
    def _even(self) -> bool:
        """Whether every letter counts as one."""
        return self.encoding == "utf-32" or self.text.isascii()

    def range(self, start: int, end: int) -> dict[str, Any]:
        """The ``Range`` of a stretch."""
        starts = self._starts
        line = bisect_right(starts, start)
        if self._even and end <= len(self.text) and (line == len(starts) or end < starts[line]):
            line, first = line - 1, starts[line - 1]  # most stretches lie in one line
            return {
                "start": {"line": line, "character": start - first},
                "end": {"line": line, "character": end - first},
            }
        return {"start": self.position(start), "end": self.position(end)}

    def stretches(self, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
        """Line, character and width of stretches that rise; each lies in one line."""
        starts, line, following = self._starts, -1, 0
        for start, end in places:
            if start >= following:
                line = self.line_of(start)
                following = self.end_of(line) + 1
            yield line, self.width(starts[line], start), self.width(start, end)

    def changed(self, changes: Sequence[Any]) -> Text:
        """The text after changes, each of a stretch or of the whole."""
        current = self
        for change in changes:
            place = getattr(change, "range", None)
            if place is None:
                current = Text(change.text, self.encoding, self)
                continue
            start = current.offset(place.start.line, place.start.character)
            end = max(start, current.offset(place.end.line, place.end.character))
            current = Text(current.text[:start] + change.text + current.text[end:], self.encoding, self)
        return current


def path_of(uri: str) -> str | None:
    """The file that an address stands for; None for a text without one."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if os.name == "nt":
        from urllib.request import url2pathname

        path = url2pathname(parts.path)
    return None if "\0" in path else path


def source_of_text(uri: str, text: str) -> Source:
    """The source that is checked for an open text."""
    path = path_of(uri)
    return Source(path, text, path) if path else Source("<" + uri.rpartition(":")[2][:200].strip("<>") + ">", text)
