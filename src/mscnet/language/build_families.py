"""Parser actions of families: loops, conditions, names that hold loop variables."""

from __future__ import annotations

import re
from typing import Any

from mscnet.language import build
from mscnet.language.build import Token
from mscnet.language.syntax import (
    FamilyX,
    FoldX,
    LogicX,
    LoopsX,
    LoopX,
    MemberX,
    NegativeX,
    NumberX,
    RangeX,
    Word,
)

_is_token, _start, _end, _word = build._is_token, build._start, build._end, build._word

_VARIABLE = re.compile(r"\{([^\W\d]\w*)([+-]\d{1,9})?\d*\}")


def template(token: Token) -> MemberX:
    """``Cd{E}_PC``: its texts, and the variables between them."""
    return MemberX(token.value, pieces_of(token.value), (), token.start_pos, token.end_pos)


def pieces_of(text: str) -> tuple[str | tuple[str, int], ...]:
    """The texts of a template and the variables between them, each with what is added to it."""
    pieces: list[str | tuple[str, int]] = []
    done = 0
    for found in _VARIABLE.finditer(text):
        pieces += [text[done : found.start()], (found[1], int(found[2] or 0))]
        done = found.end()
    return tuple(piece for piece in (*pieces, text[done:]) if piece)


def member(parts: list[Any]) -> Word | MemberX:
    """``F[n+1]``; a plain word where all its indices are whole numbers."""
    opening, closing = parts[0], parts[-1]
    indices = tuple(part for part in parts[1:-1] if not _is_token(part))
    stem, start, end = opening.value[:-1], opening.start_pos, closing.end_pos
    numbers = [_whole(index) for index in indices]
    if "{" not in stem and None not in numbers:
        return Word(f"{stem}[{','.join(str(number) for number in numbers)}]", start, end)
    depth = build._one_deeper(start, end, *indices)
    return MemberX(stem, pieces_of(stem), indices, start, end, depth)


def _whole(index: Any) -> int | None:
    if isinstance(index, NegativeX):
        inner = _whole(index.operand)
        return None if inner is None else -inner
    return int(index.text) if isinstance(index, NumberX) and index.text.isdigit() and len(index.text) < 10 else None


def fold(name: Word, parts: tuple[Any, ...], start: int, end: int) -> FoldX:
    """``sum(F[n]*n for n in 1 .. 50)``; more than one thing to sum is kept for a message."""
    *bodies, loops = parts
    return FoldX(name, bodies[0], loops, start, end, build._one_deeper(start, end, *bodies))


# --- loops ---


def family_value(parts: list[Any]) -> RangeX:
    nodes = [part for part in parts if not _is_token(part)]
    low, high, step = (*nodes, None, None)[:3]
    return RangeX(low, high, step, low.start, nodes[-1].end)


def family_loop(parts: list[Any]) -> LoopX:
    return LoopX(_word(parts[0]), (parts[2],), _start(parts[0]), parts[2].end)


def family_loops(parts: list[Any]) -> LoopsX:
    loops: list[LoopX] = []
    condition: LogicX | None = None
    for part in parts:
        if isinstance(part, LoopX):
            loops.append(part)
        elif isinstance(part, RangeX):
            loops[-1] = loops[-1]._replace(values=(*loops[-1].values, part), end=part.end)
        elif isinstance(part, LogicX):
            condition = part
    return LoopsX(tuple(loops), condition, loops[0].start, condition.end if condition else loops[-1].end)


def family_each(parts: list[Any]) -> LoopsX:
    loops: LoopsX = parts[1]._replace(start=_start(parts[0]))
    return loops


def family_block(parts: list[Any]) -> FamilyX:
    return FamilyX(parts[1], build._flat(parts[2:]), _start(parts[0]), _end(parts[-1]))


# --- conditions ---


def family_condition(parts: list[Any]) -> LogicX:
    condition: LogicX = next(part for part in parts if isinstance(part, LogicX))
    return condition


def _logic(operator: str, parts: list[Any]) -> LogicX:
    nodes = tuple(part for part in parts if not _is_token(part))
    return LogicX(operator, nodes, _start(parts[0]), _end(parts[-1]))


def family_or(parts: list[Any]) -> LogicX:
    return _logic("or", parts)


def family_all(parts: list[Any]) -> LogicX:
    nodes = [part for part in parts if not _is_token(part)]
    return nodes[0] if len(nodes) == 1 else _logic("and", parts)


def family_not(parts: list[Any]) -> LogicX:
    return _logic("not", parts)


def family_test(parts: list[Any]) -> LogicX:
    return _logic(" ".join(part.value for part in parts if _is_token(part)), parts)
