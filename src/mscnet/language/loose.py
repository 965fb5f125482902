"""The tokens and statements of any text, however broken: what an editor needs while somebody is typing.

No parser: one pass of a regular expression, then statements by line ends, brackets and blocks.  A text without errors
has the same tokens and statements here as for the parser, but for words that mean something only in one place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: A name may hold members of a family, ``Cd{E}_PC``.
_MEMBER = r"\{[^\W\d]\w*(?:[+-]\d+)?\}\w*"
NAME = rf"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:{_MEMBER})*|(?:{_MEMBER})+)"
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<string>"[^"\n]*"?)
    |(?P<name>{NAME})
    |(?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<end>[\n;])
    |(?P<arrow><->|<=>|<-\[|-\[|\]->|->|<-|[→⇌⇄↔←])
    |(?P<sign>\+-|\+/-|[-+*/]=|<=|>=|\.\.|°C|[^\s])""",
    re.VERBOSE,
)
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


class Block:
    """A stretch ``{ … }`` with the statement that it belongs to; `end` is the end of the text where it is not closed.

    `head` is the word that its statement begins with, `name` the first name after that.
    """

    __slots__ = ("end", "head", "name", "parent", "start", "statement")

    def __init__(self, start: int, parent: Block | None, statement: Statement) -> None:
        self.start, self.parent, self.statement = start, parent, statement
        self.end = -1
        self.head, self.name = _heading(statement.tokens)

    def inside(self, *heads: str) -> Block | None:
        """This block or the nearest around it that has one of these heads."""
        block: Block | None = self
        while block is not None and block.head not in heads:
            block = block.parent
        return block


class Statement:
    """The tokens of one statement, or of the heading of a block, or of one line of a block."""

    __slots__ = ("block", "tokens")

    def __init__(self, block: Block | None) -> None:
        self.block = block
        self.tokens: list[Token] = []

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


class Loose(NamedTuple):
    """What a text is made of.  `comments` are stretches, as are `strings`; both in the order of the text."""

    statements: list[Statement]
    blocks: list[Block]
    comments: list[tuple[int, int]]
    strings: list[tuple[int, int]]


def read_loosely(text: str) -> Loose:
    """Statements, blocks, comments and strings of a text."""
    tokens, comments, strings = _tokens(text)
    statements: list[Statement] = []
    blocks: list[Block] = []
    block: Block | None = None
    current = Statement(None)
    depth = 0
    for i, token in enumerate(tokens):
        kind, text_of = token[0], token[1]
        if kind == "end":
            if depth and text_of == "\n" and not _gives_up(tokens, i):
                continue
            if current.tokens and (text_of == ";" or not _goes_on(tokens, i, current)):
                statements.append(current)
                current, depth = Statement(block), 0
            continue
        if kind == "sign" or kind == "arrow":
            if text_of in _OPENS:
                depth += 1
            elif text_of in _CLOSES:
                depth = max(0, depth - 1)
            elif text_of == "{":
                block = Block(token[2], block, current)
                blocks.append(block)
                if current.tokens:
                    statements.append(current)
                current, depth = Statement(block), 0
                continue
            elif text_of == "}":
                if current.tokens:
                    statements.append(current)
                if block is not None:
                    block.end = token[2] + 1
                    block = block.parent
                current, depth = Statement(block), 0
                continue
        current.tokens.append(token)
    if current.tokens:
        statements.append(current)
    for open_block in blocks:
        if open_block.end < 0:
            open_block.end = len(text) + 1
    return Loose(statements, blocks, comments, strings)


def _tokens(text: str) -> tuple[list[Token], list[tuple[int, int]], list[tuple[int, int]]]:
    tokens: list[Token] = []
    comments: list[tuple[int, int]] = []
    strings: list[tuple[int, int]] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "comment":
            comments.append(found.span())
            continue
        if kind == "string":
            strings.append(found.span())
        tokens.append(Token(kind or "sign", found[0], found.start()))
    return tokens, comments, strings


def _goes_on(tokens: list[Token], i: int, current: Statement) -> bool:
    """Whether the line end at `i` ends no statement."""
    if current.tokens[-1].text in DANGLING:
        return True
    i += 1
    while i < len(tokens) and tokens[i].text == "\n":
        i += 1
    return i < len(tokens) and tokens[i].text in _CONTINUES


def _gives_up(tokens: list[Token], i: int) -> bool:
    """Whether a bracket open at the line end `i` is yet to be closed by somebody: the next line is a statement."""
    following = tokens[i + 1 : i + 3]
    if not following or following[0].kind != "name":
        return False
    if following[0].text in BLOCK_HEADS:
        return True
    return len(following) == 2 and following[1].text in (":", "->", "<->") and following[1].text != ""


#: Words that begin statements, and hardly ever a line within brackets.
BLOCK_HEADS = frozenset(
    {"species", "parameter", "units", "unit", "function", "observable", "option", "pathway", "import", "band"}
    | {"instrument", "data", "expect", "solution", "solvent", "liquid", "solid", "experiment", "when", "every"}
)


def _heading(tokens: list[Token]) -> tuple[str, str]:
    """The head of a statement that opens a block, and the first name after it."""
    words = [token for token in tokens if token.kind == "name"]
    if len(tokens) > 2 and tokens[1].text == ":":  # the label of an event
        words = words[1:]
    if not words or (words[0] is not tokens[0] and tokens[1].text != ":"):
        return "", ""
    return words[0].text, words[1].text if len(words) > 1 else ""
