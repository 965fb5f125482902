"""Parser actions of bottles, media and experiments: one function a grammar rule that begins with ``bench_``."""

from __future__ import annotations

from typing import Any

from mscnet.language import build
from mscnet.language.build import Token
from mscnet.language.syntax import BenchX, BesideX, NegativeX, NumberX, Text, Word
from mscnet.language.syntax_protocol import (
    ContentX,
    ExperimentX,
    LoopX,
    MediumX,
    OriginX,
    PortionX,
    PrepositionX,
    ReadingX,
    StepX,
    StockX,
    ValueX,
)
from mscnet.language.syntax_rules import PatternX

_is_token, _start, _end, _word = build._is_token, build._start, build._end, build._word


def _nodes(parts: list[Any]) -> list[Any]:
    return [part for part in parts if not _is_token(part)]


def _of(parts: list[Any], kind: type) -> tuple[Any, ...]:
    return tuple(part for part in parts if isinstance(part, kind))


def _tokens(parts: list[Any], *kinds: str) -> list[Token]:
    return [part for part in parts if _is_token(part) and part.type in kinds]


def _texts(parts: list[Any]) -> list[Text]:
    return [build._text(token) for token in _tokens(parts, "STRING")]


# --- bottles and media ---


def bench_content(parts: list[Any]) -> ContentX:
    if isinstance(parts[0], PatternX):
        start, end = parts[0].start, parts[0].end
        return ContentX(Word("", start, end), parts[2], start, parts[2].end, parts[0])
    return ContentX(_word(parts[0]), parts[2], _start(parts[0]), parts[2].end)


bench_value_of = bench_content


def bench_stock(parts: list[Any]) -> BenchX:
    head, names, labels = parts[0], _tokens(parts, "NAME", "TEMPLATE"), _texts(parts)
    solvent = _word(names[1]) if len(names) > 1 else None
    content = StockX(labels[0] if labels else None, solvent, _of(parts, ContentX))
    return BenchX(head.value, _word(names[0]), content, head.start_pos, _end(parts[-1]))


def bench_bottle(parts: list[Token]) -> BenchX:
    labels = _texts(parts)
    content = StockX(labels[0] if labels else None)
    return BenchX("solvent", _word(parts[0]), content, _start(parts[0]), _end(parts[-1]))


def bench_solvent(parts: list[Any]) -> list[BenchX]:
    return list(_of(parts, BenchX))


def bench_medium(parts: list[Any]) -> BenchX:
    content = MediumX(build._flat(parts[2:]))
    return BenchX("medium", _word(parts[1]), content, _start(parts[0]), _end(parts[-1]))


# --- headings of experiments ---


def bench_variables(parts: list[Token]) -> tuple[Word, ...]:
    return tuple(_word(token) for token in _tokens(parts, "NAME"))


def bench_label(parts: list[Token]) -> tuple[str, Text]:
    return ("source" if len(parts) > 1 else "label", build._text(parts[-1]))


def bench_arguments(parts: list[Any]) -> list[Any]:
    return [*_nodes(parts), parts[-1]]  # with the closing bracket, for its place


def bench_origin(parts: list[Any]) -> OriginX:
    arguments = next((part for part in parts if isinstance(part, list)), [])
    after = parts[-1] if _is_token(parts[-2]) and len(parts) > 3 else None
    end = _end(arguments[-1]) if arguments and after is None else _end(parts[-1])
    return OriginX(_word(parts[1]), tuple(_nodes(arguments)), after, _start(parts[0]), end)


def bench_loop(parts: list[Any]) -> LoopX:
    return LoopX(_word(parts[0]), (parts[2],), _start(parts[0]), parts[2].end)


def bench_loops(parts: list[Any]) -> list[LoopX]:
    loops: list[LoopX] = []
    for part in _nodes(parts):
        if isinstance(part, LoopX):
            loops.append(part)
        else:
            loops[-1] = loops[-1]._replace(values=(*loops[-1].values, part), end=part.end)
    return loops


def bench_experiment(parts: list[Any]) -> BenchX:
    steps, heading = parts[-1], parts[2:-1]
    texts = [part for part in heading if type(part) is tuple and part and isinstance(part[0], str)]
    variables = next((part for part in heading if type(part) is tuple and part and isinstance(part[0], Word)), ())
    content = ExperimentX(
        variables,
        tuple(text for kind, text in texts if kind == "label"),
        tuple(text for kind, text in texts if kind == "source"),
        _of(heading, OriginX),
        tuple(loop for part in heading if isinstance(part, list) for loop in part),
        tuple(step for step in steps if isinstance(step, StepX)),
    )
    return BenchX("experiment", _word(parts[1]), content, _start(parts[0]), _end(steps[-1]))


# --- steps ---


def bench_steps(parts: list[Any]) -> list[Any]:
    return [*_of(parts, StepX), parts[-1]]  # with the closing bracket, for its place


def _step(parts: list[Any], **fields: Any) -> StepX:
    return StepX(_word(parts[0]), start=_start(parts[0]), end=_end(parts[-1]), **fields)


def bench_step(parts: list[Any]) -> StepX:
    minus = next((token for token in _tokens(parts, "ADD") if token.value == "-"), None)
    portions = list(_of(parts, PortionX))
    if minus is not None:  # kept in the tree as a portion of a negative quantity, which is refused later
        at = next(i for i, portion in enumerate(portions) if portion.start > minus.start_pos)
        quantity = portions[at].quantity
        if quantity is not None:
            negative = NegativeX(quantity, minus.start_pos, quantity.end, quantity.depth + 1)
            portions[at] = portions[at]._replace(quantity=negative, start=minus.start_pos)
    return _step(parts, portions=tuple(portions), clauses=_of(parts, PrepositionX))


def bench_portion(parts: list[Any]) -> PortionX:
    if _is_token(parts[0]):
        return PortionX(None, _word(parts[2]), _start(parts[0]), _end(parts[2]))
    of = _word(parts[2]) if len(parts) > 2 else None
    return PortionX(parts[0], of, parts[0].start, _end(parts[-1]))


def bench_measure(parts: list[Any]) -> StepX:
    return _step(parts, readings=_of(parts, ReadingX), clauses=_of(parts, PrepositionX), steps=_of(parts, StepX))


def bench_during(parts: list[Any]) -> StepX:
    return bench_step(parts[1:])


def bench_spectrum(parts: list[Any]) -> ReadingX:
    difference = parts[0].value == "difference"
    return ReadingX(None, None, parts[2], _start(parts[0]), _end(parts[-1]), difference=difference)


def bench_against(parts: list[Token]) -> Word:
    return _word(parts[1])


def bench_reading(parts: list[Any]) -> ReadingX:
    against = parts.pop() if isinstance(parts[-1], Word) else None
    name = _word(parts[0]) if len(parts) > 1 else None
    value = parts[-1]
    end = value.end if against is None else against.end
    if isinstance(value, ReadingX):
        return value._replace(name=name, start=_start(parts[0]), end=end, against=against)
    return ReadingX(name, value, None, _start(parts[0]), end, against)


def bench_assign(parts: list[Any]) -> StepX:
    return _step(parts, contents=_of(parts, ContentX))


def bench_repeat(parts: list[Any]) -> StepX:
    count, steps = parts[1], parts[2]
    portion = PortionX(count, None, count.start, count.end)
    return StepX(_word(parts[0]), (portion,), steps=_of(steps, StepX), start=_start(parts[0]), end=_end(steps[-1]))


def bench_clause(parts: list[Any]) -> PrepositionX:
    values = _of(parts, ValueX)
    return PrepositionX(_word(parts[0]), values, _start(parts[0]), values[-1].end)


def bench_value(parts: list[Any]) -> ValueX:
    nodes = _nodes(parts)
    low, high, step = (*nodes, None, None)[:3]
    return ValueX(low, high, step, low.start, nodes[-1].end)


def bench_beside(parts: list[Any]) -> BesideX:
    exponent: Any = None
    if len(parts) > 1:
        inner = [part for part in parts[2:] if not (_is_token(part) and part.type in ("LPAR", "RPAR"))]
        exponent = inner[-1]
        if _is_token(exponent):
            exponent = NumberX(exponent.value, exponent.start_pos, exponent.end_pos)
        if len(inner) > 1 and inner[0].value == "-":
            exponent = NegativeX(exponent, _start(inner[0]), exponent.end, 2)
    return BesideX(build._plain_name(_word(parts[0])), exponent, _start(parts[0]), _end(parts[-1]))
