"""Text to syntax tree by Lark's parser: what is wrong in a text, and how parsing goes on after an error.

A text without a syntax error never gets here but once: see `parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from mscnet.diagnostics import Diagnostic, Source, Span
from mscnet.language.build import CLOSING, DANGLING, MAX_NESTING, OPENING, Build, TooDeep
from mscnet.language.cache import cache_file
from mscnet.language.grammar import grammar as grammar_of_the_language
from mscnet.language.slips import DECLARING_NOTHING, Slips, explain, too_deep, unclosed
from mscnet.language.slips_seen import block_at
from mscnet.language.syntax import StatementX
from mscnet.language.words import BlockWords

#: After so many syntax errors the rest of a file is left unread.
MAX_SYNTAX_ERRORS = 50

#: Tokens that only the start of a statement, a step or a line of a block can take: where recovery may go on.
_HEADS = frozenset({"SPECIES", "MEASURE", "LINE"})


class _TooNested(Exception):
    """Brackets or blocks nest deeper than `MAX_NESTING`; carries the offset."""

    def __init__(self, at: int) -> None:
        super().__init__("too nested")
        self.at = at


class _Newlines(PostLex):
    """Drops newlines that end no statement and keeps where the current statement and open blocks began."""

    always_accept = ("_NL",)

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.statement_start: int | None = None
        self.blocks: list[int] = []
        self.brackets: list[int] = []
        self.words = BlockWords()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        brackets, last = self.brackets, ""
        brackets.clear()
        self.statement_start = None
        for token in stream:
            kind = token.type
            if kind == "_NL":
                if brackets or last in DANGLING:
                    continue
            elif self.statement_start is None:
                self.statement_start = token.start_pos
            if kind in OPENING:
                brackets.append((token.end_pos or 1) - 1 if kind == "MEMBER_OPEN" else token.start_pos or 0)
            elif kind in CLOSING and brackets:
                brackets.pop()
            elif kind == "LBRACE":
                self.blocks.append(token.start_pos or 0)
            elif kind == "RBRACE" and self.blocks:
                self.blocks.pop()
            if len(brackets) > MAX_NESTING or len(self.blocks) > MAX_NESTING:
                raise _TooNested(token.start_pos or 0)
            if kind in BlockWords.WATCHED:
                token.type = self.words.kind_of(kind, len(self.blocks))
            last = kind
            yield token
            if kind == "LBRACE" or kind == "_NL":
                self.statement_start = None


@lru_cache(maxsize=1)
def lark_parser() -> tuple[Lark, _Newlines]:
    newlines = _Newlines()
    options: dict[str, Any] = {
        "parser": "lalr",
        "lexer": "contextual",
        "start": "file",
        "keep_all_tokens": True,
        "maybe_placeholders": False,
        "propagate_positions": False,
        "postlex": newlines,
        "transformer": Build(),
    }
    grammar = grammar_of_the_language()
    cache = cache_file(grammar, "lark")
    if cache is not None:
        try:
            return Lark(grammar, cache=str(cache), **options), newlines
        except OSError:  # a cache folder that cannot be written costs time, not the answer
            pass
    return Lark(grammar, **options), newlines


def parse_with_recovery(source: Source) -> tuple[tuple[StatementX, ...], Slips]:
    """The statements of a text, and a diagnostic for every stretch of it that could not be read."""
    parser, newlines = lark_parser()
    newlines.reset()
    text = source.text + "\n"
    interactive = parser.parse_interactive(text, start="file")
    recovery = _Recovery(source, newlines, interactive)
    while True:
        try:
            return interactive.resume_parse(), recovery.diagnostics
        except (UnexpectedInput, _TooNested, TooDeep) as error:
            if not recovery.skip(error):
                return recovery.parsed(), recovery.diagnostics


class _Recovery:
    """Reports an error and lets the parser go on at the next statement."""

    def __init__(self, source: Source, newlines: _Newlines, interactive: Any) -> None:
        self.source = source
        self.newlines = newlines
        self.interactive = interactive
        self.diagnostics = Slips()

    def report(self, error: Exception) -> None:
        self.diagnostics.append(self._diagnostic(error))

    def _diagnostic(self, error: Exception) -> Diagnostic:
        if isinstance(error, _TooNested):
            return too_deep(Span(self.source, error.at, error.at + 1), MAX_NESTING)
        if isinstance(error, TooDeep):
            return too_deep(Span(self.source, error.start, error.end), None)
        at, token = _where(error, len(self.source.text))
        opened = self._unclosed(at)
        if opened is not None:
            return unclosed(Span(self.source, opened, opened + 1))
        blocks = self.newlines.blocks if token == "$END" else []
        if blocks:
            return unclosed(Span(self.source, blocks[-1], blocks[-1] + 1))
        nested = any(bracket < at for bracket in self.newlines.brackets) or (token in CLOSING and self._closes(at))
        accepts = frozenset(self.interactive.accepts())
        within = [block for block in self.newlines.blocks if block < at]
        block = block_at(self.source.text, within[-1]) if within else ""
        return explain(self.source, self._start(at), at, token, accepts, nested, self._in_bench(), block)

    def _in_bench(self) -> bool:
        """Whether the parser is in a block where no reaction can stand: of a bottle, an experiment, a band, facts."""
        state = self.interactive.parser_state
        states = state.parse_conf.states
        for number, value in zip(reversed(state.state_stack), reversed([None, *state.value_stack]), strict=True):
            if not _HEADS.isdisjoint(states[number]):
                return "SPECIES" not in states[number]
            if getattr(value, "type", None) == "LBRACE":
                return True
        return False

    def _closes(self, at: int) -> bool:
        """Whether the closing bracket at `at` has an opening one before it in its statement."""
        closing = self.source.text[at]
        before = self.source.text[self._start(at) : at]
        return before.count({")": "("}.get(closing, "[")) > before.count(closing)

    def _start(self, at: int) -> int:
        start = self.newlines.statement_start
        return at if start is None else min(start, at)

    def _unclosed(self, at: int) -> int | None:
        """The bracket that is open at `at` although its line has ended, the innermost one."""
        brackets = self.newlines.brackets
        return (
            brackets[-1]
            if brackets and "\n" in self.source.text[brackets[-1] : at] + "\n" * (at >= len(self.source.text))
            else None
        )

    def skip(self, error: Exception) -> bool:
        """Report `error` and step over its statement; False where nothing is left to read."""
        self.report(error)
        if self.diagnostics[-1].code == "E260":  # another language: the rest of it is as foreign
            return self._leave_the_rest()
        if len(self.diagnostics) > MAX_SYNTAX_ERRORS:
            message = f"more than {MAX_SYNTAX_ERRORS} syntax errors: the rest of the file was not read"
            self.diagnostics[-1:] = (Diagnostic("error", "E001", message, self.diagnostics[-1].span),)
            return self._leave_the_rest()
        at, token = _where(error, len(self.source.text))
        opened, start = self._unclosed(at), self._start(at)
        dropped = self._to_statement_start()
        if dropped:  # a block whose lines are no statements: its rest is stepped over with it
            start = min(start, dropped[0])
            del self.newlines.blocks[-len(dropped) :]
        if opened is None and token == "$END":
            self._lose(start, len(self.source.text))
            return self._close_blocks()
        self.newlines.blocks = [block for block in self.newlines.blocks if block < start]
        end = _statement_end(self.source.text, start, at if opened is None else opened)
        self._lose(start, end)
        self._move_to(end)
        return True

    def _lose(self, start: int, end: int) -> None:
        """Keep the names that the statement from `start`, left unread, may have declared."""
        blocks = [block for block in self.newlines.blocks if block < start]
        if not blocks or block_at(self.source.text, blocks[-1]) not in DECLARING_NOTHING:
            begin = max(self.source.text.rfind(mark, 0, start) for mark in "\n;{}") + 1
            self.diagnostics.lose(self.source.text[begin:end])

    def _leave_the_rest(self) -> bool:
        span = self.diagnostics[-1].span
        self.diagnostics.lose(self.source.text[span.start if span else 0 :])
        return False

    def _close_blocks(self) -> bool:
        """Close what the text left open, so that the statements inside are still checked."""
        end = len(self.source.text)
        if not self.newlines.blocks:
            return False
        for _ in self.newlines.blocks:
            for kind in ("RBRACE", "_NL"):
                self.interactive.feed_token(Token(kind, "}", start_pos=end, end_pos=end))
        self.newlines.blocks = []
        self._move_to(end + 1)
        return True

    def _to_statement_start(self) -> list[int]:
        """Forget what was read of the statement; where the blocks that this drops were opened, in order."""
        state = self.interactive.parser_state
        states = state.parse_conf.states
        dropped: list[int] = []
        while len(state.state_stack) > 1 and _HEADS.isdisjoint(states[state.state_stack[-1]]):
            state.state_stack.pop()
            value = state.value_stack.pop()
            if getattr(value, "type", None) == "LBRACE":
                dropped.insert(0, value.start_pos)
        return dropped

    def _move_to(self, position: int) -> None:
        lexer = self.interactive.lexer_thread.state
        lexer.line_ctr.char_pos = position
        lexer.last_token = None

    def parsed(self) -> tuple[StatementX, ...]:
        """The statements read so far, those of blocks that stayed open included."""
        statements: list[Any] = []
        for value in self.interactive.parser_state.value_stack:
            items = value if type(value) is list else [value]
            for item in getattr(value, "children", items):
                statements += item if isinstance(item, list) else [item]
        return tuple(s for s in statements if hasattr(s, "start") and type(s).__name__ in _STATEMENT_NAMES)


_STATEMENT_NAMES = {
    "ReactionX", "DeclarationX", "SettingX", "FunctionX", "PathwayX", "ImportX", "BenchX",
    "SeenX", "EventX", "FamilyX", "MoleculeTypeX", "SeedX", "RuleX", "CountX", "EnergyPatternX", "PopulationMapX",
}  # fmt: skip


def _where(error: Exception, end: int) -> tuple[int, str]:
    """Offset and kind of the token that could not be taken."""
    if isinstance(error, UnexpectedToken):
        return (end, "$END") if error.token.type == "$END" else (min(error.token.start_pos or 0, end), error.token.type)
    if isinstance(error, UnexpectedCharacters):
        return min(error.pos_in_stream or 0, end), "character"
    if isinstance(error, _TooNested):
        return error.at, "nested"
    return (error.start, "deep") if isinstance(error, TooDeep) else (0, "")


_PIECE = re.compile(r'"[^"\n]*"|#[^\n]*|[{}\n;]')
_BLOCK_FOLLOWS = re.compile(r"(?:\s|#[^\n]*\n)*\{")


def _statement_end(text: str, start: int, at: int) -> int:
    """Offset where the statement from `start`, wrong at `at`, ends: a newline or `;` with its blocks closed."""
    depth = 0
    for piece in _PIECE.finditer(text, start):
        mark = piece[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            if depth == 0 and piece.start() >= at:
                return piece.start() if piece.start() > at or start < at else piece.end()
            depth = max(0, depth - 1)
        elif mark in "\n;" and depth == 0 and piece.start() >= at and not _BLOCK_FOLLOWS.match(text, piece.end()):
            return piece.start()
    return len(text)
