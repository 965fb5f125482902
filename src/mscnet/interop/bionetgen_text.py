"""The outer form of a BioNetGen file: blocks of lines between ``begin NAME`` and ``end NAME``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from mscnet.diagnostics import Source, Span, suggest
from mscnet.interop.faults import Fault, Faults
from mscnet.records import dataclass, field

_EDGE = re.compile(r"[ \t]*(begin|end)[ \t]+([A-Za-z][A-Za-z \t]*?)[ \t]*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a block without its comment: the `start` of its first word in the text, and that text."""

    start: int
    text: str
    comment: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(slots=True)
class Block:
    """The lines between ``begin`` and ``end``, as numbers of lines of the file: ``first`` up to ``stop``."""

    name: str
    span: Span
    first: int
    stop: int = 0


@dataclass(slots=True)
class Blocks:
    """The blocks of a file by name; lines that belong to none are in `outside`."""

    source: Source
    lines: list[str]
    starts: list[int]
    found: dict[str, Block] = field(default_factory=dict)
    outside: list[int] = field(default_factory=list)
    #: Whether the last block is open where the file ends.
    cut_off: bool = False

    def __contains__(self, name: object) -> bool:
        return name in self.found

    def rows(self, name: str) -> Iterator[Line]:
        """The lines of a block that are not empty, without comments; none where there is no such block."""
        block = self.found.get(name)
        return self._rows(range(block.first, block.stop)) if block else iter(())

    def loose(self) -> Iterator[Line]:
        """The lines between the blocks that are not empty."""
        return self._rows(self.outside)

    def _rows(self, numbers: Iterable[int]) -> Iterator[Line]:
        for i in numbers:
            text, _, comment = self.lines[i].partition("#")
            text = text.rstrip()
            if text:
                stripped = text.lstrip()
                yield Line(self.starts[i] + len(text) - len(stripped), stripped, comment.strip())


def read_blocks(source: Source, known: Iterable[str], faults: Faults) -> Blocks:
    """Cut a text into its blocks; one that is not ended, stands twice or is unknown is reported."""
    lines = source.text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    blocks = Blocks(source, lines, starts)
    names, current = set(known), None
    for i, line in enumerate(lines):
        edge = _EDGE.fullmatch(line) if "begin" in line or "end" in line else None
        if edge is None:
            if current is None:
                blocks.outside.append(i)
            continue
        name = " ".join(edge[2].split())
        start, end = starts[i] + edge.start(1), starts[i] + edge.end(2)
        if edge[1] == "end":
            _end(current, name, i, start, end, faults)
            current = None
            continue
        if current is not None:
            current.stop = i
            faults.add(_open(current))
        current = Block(name, Span(source, start, end), i + 1)
        _enter(current, names, blocks, starts[i] + edge.start(2), end, faults)
    if current is not None:
        current.stop = len(lines)
        blocks.cut_off = True
        faults.add(_open(current))
    return blocks


def _end(current: Block | None, name: str, line: int, start: int, end: int, faults: Faults) -> None:
    if current is None:
        faults.add(Fault("E003", f"`end {name}` ends nothing", start, end, f"`begin {name}` is missing before it"))
        return
    current.stop = line
    if current.name != name:
        message = f"`end {name}` where `{current.name}` is open"
        faults.add(Fault("E003", message, start, end, f"write `end {current.name}`"))


def _enter(block: Block, known: set[str], blocks: Blocks, start: int, end: int, faults: Faults) -> None:
    """Enter a block under its name; one that is unknown or there already is reported, and left out."""
    name = block.name
    if name in blocks.found:
        fault = Fault("E009", f"the block `{name}` stands twice", start, end, "put all its lines into one")
        fault.related = ("it stands here already", blocks.found[name].span)
        faults.add(fault)
    elif name not in known:
        hint = suggest(name, known) or "there are " + ", ".join(sorted(known))
        faults.add(Fault("E010", f"a network has no block `{name}`", start, end, hint))
    else:
        blocks.found[name] = block


def _open(block: Block) -> Fault:
    message = f"the block `{block.name}` is never ended"
    hint = f"`end {block.name}` is missing; if the file was cut off, write it anew"
    return Fault("E003", message, block.span.start, block.span.end, hint)


def number_of(line: Line) -> int | None:
    """The number that a line begins with; None where it is none."""
    word = line.text.split(None, 1)[0]
    return int(word) if word.isdecimal() and word.isascii() and len(word) <= 12 else None


def check_number(line: Line, number: int, what: str) -> None:
    """Raises a Fault where a numbered line does not begin with `number`."""
    word = line.text.split(None, 1)[0]
    if word != str(number):
        message = f"{what} {number} is expected here, not {word[:40]}"
        hint = "the lines of this block are numbered 1, 2, 3 … without gaps; is one missing?"
        raise Fault("E002", message, line.start, line.start + len(word), hint)
