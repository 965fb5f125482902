"""The tokens and statements of any text, however broken: what an editor needs while somebody is typing.

No parser: a regular expression for each line, then statements by line ends, brackets and blocks.  A text without errors
has the same tokens and statements here as for the parser, but for words that mean something only in one place.  While
somebody types, all lines but one are those of a moment ago: what was found out about them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mscnet.checkpoint import checkpoint

#: A name may hold members of a family, ``Cd{E}_PC``.
_MEMBER = r"\{[^\W\d]\w*(?:[+-]\d+)?\}\w*"
NAME = rf"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:{_MEMBER})*|(?:{_MEMBER})+)(?:\.[^\W\d]\w*(?:{_MEMBER})*)*"
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<string>"[^"\n]*"?)
    |(?P<name>{NAME})
    |(?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<end>;)
    |(?P<arrow><->|<=>|<-\[|-\[|\]->|->|<-|[→⇌⇄↔←])
    |(?P<sign>\+-|\+/-|[-+*/]=|<=|>=|\.\.|°C|[^\s])""",
    re.VERBOSE,
)
_WORD = re.compile(NAME)
_LABEL = re.compile(rf"{NAME} (?:\[ [^]]*\] )?: ")
#: A name that is an ion: ``Fe^3+``; what follows the name.
ION = re.compile(r"\^\d*[+-](?![\d.(\w])")

#: Tokens after which a line end ends no statement.
DANGLING = frozenset(["+", "-", "*", "/", "·", ",", "^", "<", ">", "<=", ">=", "±", "+-", "+/-"]) | {"and", "or", "not"}
_CONTINUES = frozenset({"<->", "<=>", "->", "<-", "→", "←", "⇌", "⇄", "↔", "-[", "<-[", "@", "{"})
_OPENS = frozenset({"(", "[", "-[", "<-["})
_CLOSES = frozenset({")", "]", "]->"})


class Token(NamedTuple):
    """A token that is neither blank, comment nor line end: ``string``, ``name``, ``number``, ``arrow`` or ``sign``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Cut(NamedTuple):
    """Where a statement ends within a line, by ``;`` or a brace: its tokens are those from `first` up to `last`, the
    number of that mark; `heading` are the head and the name of a block."""

    first: int
    last: int
    mark: str
    heading: tuple[str, str]


class Line:
    """What one line of a text holds, with offsets from its start; the same for equal lines, wherever they stand.

    `cuts` are the statements that end in it; of the tokens from number `rest` on, `depth` brackets are open at its end,
    and `ends` says that it ends a statement unless the next line goes on with it.  `goes_on` says that it itself goes
    on with what is before it.  `places` is room for what others find out about statements in it.
    """

    __slots__ = ("comment", "cuts", "depth", "ends", "goes_on", "places", "rest", "strings", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.comment: tuple[int, int] | None = None
        self.strings: list[tuple[int, int]] = []
        self.places: dict[Any, Any] = {}
        for found in _TOKEN.finditer(text):
            kind = found.lastgroup
            if kind == "comment":
                self.comment = found.span()
                continue
            if kind == "string":
                self.strings.append(found.span())
            self.tokens.append(Token(kind or "sign", found[0], found.start()))
        self.cuts: list[Cut] = []
        self.rest = self.depth = 0
        self._cut()
        self.goes_on = bool(self.tokens) and self.tokens[0].text in _CONTINUES and not self._is_tagged()
        self.ends = self.rest < len(self.tokens) and not self.depth and self.tokens[-1].text not in DANGLING

    def _is_tagged(self) -> bool:
        """Whether it begins with the compartment of a species, ``@PM:``."""
        tokens = self.tokens
        if tokens[0].text != "@" or len(tokens) < 3 or tokens[1].start > tokens[0].end:
            return False
        return tokens[2].text == ":" or (len(tokens) > 4 and tokens[2].text == "%" and tokens[4].text == ":")

    def _cut(self) -> None:
        for i, (kind, text, _) in enumerate(self.tokens):
            if kind == "end" or (kind == "sign" and (text == "{" or text == "}")):
                heading = _heading(self.tokens[self.rest : i]) if text == "{" else ("", "")
                self.cuts.append(Cut(self.rest, i, text, heading))
                self.rest, self.depth = i + 1, 0
            elif kind == "sign" or kind == "arrow":
                if text in _OPENS:
                    self.depth += 1
                elif text in _CLOSES:
                    self.depth = max(0, self.depth - 1)


class Block:
    """A stretch ``{ … }`` with the statement that it belongs to; `end` is the end of the text where it is not closed.

    `head` is the word that its statement begins with, `name` the first name after that.
    """

    __slots__ = ("end", "head", "name", "parent", "start", "statement")

    def __init__(self, start: int, parent: Block | None, statement: Statement, heading: tuple[str, str]) -> None:
        self.start, self.parent, self.statement = start, parent, statement
        self.end = -1
        self.head, self.name = heading

    def inside(self, *heads: str) -> Block | None:
        """This block or the nearest around it that has one of these heads."""
        block: Block | None = self
        while block is not None and block.head not in heads:
            block = block.parent
        return block


class Statement:
    """The tokens of one statement, or of the heading of a block, or of one line of a block.

    One that begins and ends within a line has that as `line`, where this begins as `base`, and its tokens there from
    `first` up to `last`; its own are made when asked for.
    """

    __slots__ = ("_tokens", "base", "block", "first", "last", "line")

    def __init__(
        self, block: Block | None, line: Line | None = None, base: int = 0, first: int = 0, last: int = 0
    ) -> None:
        self.block, self.line, self.base, self.first, self.last = block, line, base, first, last
        self._tokens: list[Token] | None = [] if line is None else None

    @property
    def tokens(self) -> list[Token]:
        """The tokens, with offsets from the start of the text."""
        if self._tokens is None:
            base = self.base
            self._tokens = [Token(kind, text, start + base) for kind, text, start in self.tokens_from_base]
        return self._tokens

    @property
    def tokens_from_base(self) -> list[Token]:
        """The tokens, with offsets from `base`."""
        return self.tokens if self.line is None else self.line.tokens[self.first : self.last]

    @property
    def head(self) -> Token:
        """The first token; its offset is that in the line where there is one."""
        return self.tokens[0] if self.line is None else self.line.tokens[self.first]

    @property
    def start(self) -> int:
        return self.base + self.head.start

    @property
    def end(self) -> int:
        return self.base + (self.tokens[-1] if self.line is None else self.line.tokens[self.last - 1]).end


class Loose(NamedTuple):
    """What a text is made of.  `comments` are stretches, as are `strings`; both in the order of the text.

    `lines` are the lines by their text, for the next version of the text; `tops` the numbers of those (from 0) at which
    no statement and no block is open.
    """

    statements: list[Statement]
    blocks: list[Block]
    comments: list[tuple[int, int]]
    strings: list[tuple[int, int]]
    lines: dict[str, Line]
    tops: list[int]


def read_loosely(text: str, known: Mapping[str, Line] | None = None) -> Loose:
    """Statements, blocks, comments and strings of a text; lines that are `known` are not read again."""
    reader = _LooseReader(text, known or {})
    reader.read()
    return Loose(reader.statements, reader.blocks, reader.comments, reader.strings, reader.known, reader.tops)


class _LooseReader:
    def __init__(self, text: str, known: Mapping[str, Line]) -> None:
        self.known: dict[str, Line] = {}
        self.lines: list[Line] = []
        self.starts: list[int] = []
        self.comments: list[tuple[int, int]] = []
        self.strings: list[tuple[int, int]] = []
        self.size = len(text)
        at = 0
        for written in text.split("\n"):
            line = self.known.get(written)
            if line is None:
                checkpoint()
                line = self.known[written] = known.get(written) or Line(written)
            self.lines.append(line)
            self.starts.append(at)
            if line.comment is not None:
                self.comments.append((at + line.comment[0], at + line.comment[1]))
            for start, end in line.strings:
                self.strings.append((at + start, at + end))
            at += len(written) + 1
        self.tops: list[int] = []
        self.statements: list[Statement] = []
        self.blocks: list[Block] = []
        self.block: Block | None = None
        self.current = Statement(None)
        #: The tokens of the statement that is being read.
        self.open = self.current.tokens
        self.depth = 0
        self.goes_on = _going_on(self.lines)

    def read(self) -> None:
        for i, line in enumerate(self.lines):
            if self.open:
                self._feed(line.tokens, self.starts[i])
                self._end_line(i)
                continue
            if self.block is None:
                self.tops.append(i)
            if line.tokens:
                self._take(line, i)
        self._end()
        for block in self.blocks:
            if block.end < 0:
                block.end = self.size + 1

    def _take(self, line: Line, i: int) -> None:
        """Read a line with which a statement begins."""
        base = self.starts[i]
        for first, last, mark, heading in line.cuts:
            statement = Statement(self.block, line, base, first, last)
            if last > first:
                self.statements.append(statement)
            if mark == "{":
                self._begin_block(base + line.tokens[last].start, statement, heading)
            elif mark == "}":
                self._end_block(base + line.tokens[last].start)
        if line.ends and not self.goes_on[i]:
            self.statements.append(Statement(self.block, line, base, line.rest, len(line.tokens)))
        elif line.rest < len(line.tokens):
            self._end()
            self._feed(line.tokens[line.rest :], base)
            self._end_line(i)

    def _begin_block(self, start: int, statement: Statement, heading: tuple[str, str]) -> None:
        self.block = Block(start, self.block, statement, heading)
        self.blocks.append(self.block)

    def _end_block(self, start: int) -> None:
        if self.block is not None:
            self.block.end = start + 1
            self.block = self.block.parent

    def _feed(self, tokens: list[Token], base: int) -> None:
        """Read tokens of a statement that goes over several lines, and what follows it in its last line."""
        for kind, text, start in tokens:
            if kind == "sign" or kind == "arrow":
                if text in _OPENS:
                    self.depth += 1
                elif text in _CLOSES:
                    self.depth = max(0, self.depth - 1)
                elif text == "{":
                    self._begin_block(base + start, self.current, _heading(self.open))
                    self._end()
                    continue
                elif text == "}":
                    self._end_block(base + start)
                    self._end()
                    continue
            elif kind == "end":
                if self.open:
                    self._end()
                continue
            self.open.append(Token(kind, text, base + start))

    def _end(self) -> None:
        """The statement ends here; the next belongs to the block that is open now."""
        if self.open:
            self.statements.append(self.current)
        self.current, self.depth = Statement(self.block), 0
        self.open = self.current.tokens

    def _end_line(self, i: int) -> None:
        if self.depth and not self._gives_up(i):
            return
        if self.open and self.open[-1].text not in DANGLING and not self.goes_on[i]:
            self._end()

    def _gives_up(self, i: int) -> bool:
        """Whether a bracket open at the end of line `i` is yet to be closed by somebody: the next is a statement."""
        following = self.lines[i + 1].tokens if i + 1 < len(self.lines) else []
        if not following or following[0].kind != "name":
            return False
        return following[0].text in BLOCK_HEADS or (len(following) > 1 and following[1].text in (":", "->", "<->"))


def _going_on(lines: list[Line]) -> list[bool]:
    """For each line, whether the first token after it goes on with its statement."""
    found: list[bool] = []
    following = False
    for line in reversed(lines):
        found.append(following)
        if line.tokens:
            following = line.goes_on
    return found[::-1]


#: Words that begin statements, and hardly ever a line within brackets.
BLOCK_HEADS = frozenset(
    {"species", "parameter", "units", "unit", "function", "observable", "option", "pathway", "import", "band"}
    | {"instrument", "data", "expect", "solution", "solvent", "liquid", "solid", "experiment", "when", "every"}
)


def _heading(tokens: list[Token]) -> tuple[str, str]:
    """The head of a statement that opens a block, and the first name after it."""
    label = _LABEL.match(" ".join(token.text for token in tokens[:12]))
    words = [token.text for token in tokens if token.kind == "name"]
    if label is not None:  # of an event
        words = words[len(_WORD.findall(label[0])) :]
    elif not words or tokens[0].kind != "name":
        return "", ""
    return words[0] if words else "", words[1] if len(words) > 1 else ""
