"""``-k``: which facts are meant, in words joined by ``and``, ``or``, ``not`` and brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mscnet.cli.exits import Exit, Failure

#: Whether a text is meant.
Selection = Callable[[str], bool]

_TOKEN = re.compile(r'\s*(?:([()])|"([^"]*)"|\'([^\']*)\'|([^\s()]+))')
_HINT = "words joined by and, or, not, as in -k 'fig4 and not time_of_max'; quote a text with blanks"
#: Brackets nest so deep at most.
_DEEPEST = 50


def selection(text: str) -> Selection:
    """Reads an expression: each word is met by a text that holds it, whatever its case.

    Raises:
        Failure: no such expression (exit code 2).
    """
    reader = _Reader(text)
    found = reader.either(0)
    if reader.next is not None:
        raise reader.wrong()
    return found


class _Reader:
    """Reads from left to right; ``not`` binds closest, then ``and``, then ``or``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self.next: tuple[str, bool] | None = next(self._tokens, None)

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, bool]]:
        """Tokens, and whether each is a quoted text."""
        for bracket, double, single, word in _TOKEN.findall(text):
            quoted = double or single
            yield (quoted, True) if quoted else (bracket or word, False)

    def _take(self) -> None:
        self.next = next(self._tokens, None)

    def _comes(self, word: str) -> bool:
        """Whether a word of the language comes next; it is taken then."""
        if self.next == (word, False):
            self._take()
            return True
        return False

    def either(self, depth: int) -> Selection:
        parts = [self._both(depth)]
        while self._comes("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda text: any(part(text) for part in parts)

    def _both(self, depth: int) -> Selection:
        parts = [self._one(depth)]
        while self._comes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda text: all(part(text) for part in parts)

    def _one(self, depth: int) -> Selection:
        if depth > _DEEPEST:
            raise self.wrong()
        if self._comes("not"):
            refused = self._one(depth + 1)
            return lambda text: not refused(text)
        if self._comes("("):
            inner = self.either(depth + 1)
            if not self._comes(")"):
                raise self.wrong()
            return inner
        if self.next is None or self.next in ((")", False), ("and", False), ("or", False)):
            raise self.wrong()
        word = self.next[0].casefold()
        self._take()
        return lambda text: word in text.casefold()

    def wrong(self) -> Failure:
        """What is said of an expression that cannot be read."""
        return Failure(f"-k {self._text!r} cannot be read", _HINT, Exit.USAGE)
