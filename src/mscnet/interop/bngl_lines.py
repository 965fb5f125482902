"""The outer form of a BNGL file: blocks between ``begin NAME`` and ``end NAME``, and lines between the blocks.

Comments and the marks of continued lines become blanks, so that every place in the text stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mscnet.diagnostics import Source, Span, suggest
from mscnet.interop.faults import Fault, Faults
from mscnet.records import dataclass, field

#: The kind of entry (a rule of the grammar) that each block has.
BLOCKS = {
    "parameters": "parameter",
    "compartments": "compartment",
    "molecule types": "molecule_type",
    "population types": "molecule_type",
    "population maps": "population_map",
    "species": "seed",
    "seed species": "seed",
    "observables": "observable",
    "functions": "function",
    "energy patterns": "energy",
    "reaction rules": "rule",
    "actions": "action",
    "protocol": "action",
}
#: Blocks of networks, which have no place in a file of rules.
_REFUSED = {"reactions": "blocks of reactions in a BNGL file", "groups": "blocks of groups in a BNGL file"}

#: So long a line is not read.
LONGEST_LINE = 200_000

_EDGE = re.compile(r"[ \t]*(begin|end)(?:[ \t]+([A-Za-z][\w \t]*?))?[ \t]*")
_COMMENT = re.compile(r"#[^\n]*")
_CONTINUED = re.compile(r"\\[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that is not empty: the name of its block (empty outside of blocks), and ``[start, end)`` in the text."""

    block: str
    start: int
    end: int


@dataclass(slots=True)
class Outline:
    """A text without comments, of the length of the source, with its entries in order.

    `blocks` says where each block was begun first.
    """

    text: str
    entries: list[Entry] = field(default_factory=list)
    blocks: dict[str, Span] = field(default_factory=dict)

    def of(self, *blocks: str) -> Iterator[Entry]:
        """The entries of some blocks, in the order of the file."""
        return (entry for entry in self.entries if entry.block in blocks)


def blanked(text: str) -> str:
    """The text with blanks for comments and for the ends of lines that go on in the next."""

    def blanks(found: re.Match[str]) -> str:
        return " " * len(found[0])

    return _CONTINUED.sub(blanks, _COMMENT.sub(blanks, text).replace("\r", " "))


def outline(source: Source, faults: Faults) -> Outline:
    """The entries of a BNGL text; blocks that are unknown, not ended or inside others are reported."""
    found = Outline(blanked(source.text))
    cutter = _Cutter(source, faults, found)
    at = 0
    for line in found.text.split("\n"):
        cutter.line(line, at)
        at += len(line) + 1
    cutter.finish()
    return found


class _Cutter:
    def __init__(self, source: Source, faults: Faults, found: Outline) -> None:
        self.source, self.faults, self.found = source, faults, found
        self.block: str | None = None
        self.opened: Span | None = None
        self.model: Span | None = None
        self.ended = False

    def line(self, line: str, at: int) -> None:
        text = line.strip()
        if not text:
            return
        start = at + line.index(text)
        edge = _EDGE.fullmatch(line) if text.startswith(("begin", "end")) else None
        if edge is not None and edge[2] is not None:
            name = " ".join(edge[2].replace("_", " ").lower().split())
            self.edge(edge[1], name, start, start + len(text))
        elif len(text) > LONGEST_LINE:
            message = f"a line of more than {LONGEST_LINE} characters"
            self.faults.add(Fault("E004", message, start, start + 1, "break it with `\\`"))
        else:
            self.found.entries.append(Entry(self.block or "", start, start + len(text)))

    def edge(self, word: str, name: str, start: int, end: int) -> None:
        if name == "model":
            self._model(word, start, end)
        elif word == "end":
            self._end(name, start, end)
        else:
            if self.block is not None:
                self.faults.add(self._open())
            self.block, self.opened = name, Span(self.source, start, end)
            self._enter(name, start, end)

    def _model(self, word: str, start: int, end: int) -> None:
        if self.block is not None:
            self.faults.add(self._open())
            self.block = None
        if word == "begin":
            if self.model is not None:
                fault = Fault("E009", "a file holds one model, and this begins another", start, end)
                fault.related = ("the model begins here", self.model)
                self.faults.add(fault)
            self.model = Span(self.source, start, end)
            return
        self.ended = True
        if self.model is None:
            self.faults.add(Fault("E003", "`end model` ends nothing", start, end, "`begin model` is missing before it"))

    def _end(self, name: str, start: int, end: int) -> None:
        if self.block is None:
            hint = f"`begin {name}` is missing before it"
            self.faults.add(Fault("E003", f"`end {name}` ends nothing", start, end, hint))
        elif self.block != name:
            message = f"`end {name}` where `{self.block}` is open"
            fault = Fault("E003", message, start, end, f"write `end {self.block}`")
            fault.related = ("the block begins here", self.opened) if self.opened else None
            self.faults.add(fault)
        self.block = self.opened = None

    def _enter(self, name: str, start: int, end: int) -> None:
        if name in _REFUSED:
            self.faults.add(Fault.unsupported(_REFUSED[name], start, end, "networks are read from `.net` files"))
        elif name not in BLOCKS:
            hint = suggest(name, BLOCKS) or "there are " + ", ".join(BLOCKS)
            self.faults.add(Fault("E010", f"BNGL has no block `{name}`", start, end, hint))
        elif name not in self.found.blocks:
            self.found.blocks[name] = Span(self.source, start, end)

    def _open(self) -> Fault:
        assert self.opened is not None
        hint = f"`end {self.block}` is missing; if the file was cut off, write it anew"
        return Fault("E003", f"the block `{self.block}` is never ended", self.opened.start, self.opened.end, hint)

    def finish(self) -> None:
        if self.block is not None:
            self.faults.add(self._open())
        elif self.model is not None and not self.ended:
            hint = "`end model` is missing; if the file was cut off, write it anew"
            self.faults.warn("W307", "the model is never ended", self.model.start, self.model.end, hint)
