"""Parser actions of facts."""

from __future__ import annotations

from typing import Any

from mscnet.language.build import _end as end_of
from mscnet.language.build import _is_token as is_token
from mscnet.language.build import _one_deeper as one_deeper
from mscnet.language.build import _start as start_of
from mscnet.language.build import _text as text_of
from mscnet.language.build import _word as word_of
from mscnet.language.syntax import CallX, ExpressionX, SeenX, Word
from mscnet.language.syntax_facts import DottedX, ExpectX, FactClauseX, FactX, TolerancedX

# --- expressions ---


def fact_dotted(parts: list[Any]) -> DottedX:
    owner, member = parts[0], parts[2]
    name, call = (member.function, member) if isinstance(member, CallX) else (word_of(member), None)
    start, end = start_of(owner), end_of(member)
    calls = [part for part in (owner, member) if isinstance(part, CallX)]
    depth = one_deeper(start, end, *calls) if calls else 1
    if isinstance(owner, CallX):
        return DottedX(owner.function, owner.arguments, name, call, start, end, depth)
    return DottedX(word_of(owner), (), name, call, start, end, depth)


def fact_toleranced(parts: list[Any]) -> TolerancedX:
    value, _, tolerance = parts
    depth = one_deeper(value.start, tolerance.end, value, tolerance)
    return TolerancedX(value, tolerance, value.start, tolerance.end, depth)


# --- claims ---


def fact_tolerance(parts: list[Any]) -> FactClauseX:
    return FactClauseX("±", (parts[1],), start_of(parts[0]), parts[1].end)


def fact_equal(parts: list[Any]) -> FactX:
    return _claim("=", parts, 2)


def fact_compared(parts: list[Any]) -> FactX:
    return _claim(parts[1].value, parts, 2)


def fact_similar(parts: list[Any]) -> FactX:
    return _claim("similar", parts, 3)


def fact_steady(parts: list[Any]) -> FactX:
    return _claim("constant", parts, 1)


def fact_trend(parts: list[Any]) -> FactX:
    return _claim(parts[1].value, parts, 2)


def fact_independent(parts: list[Any]) -> FactX:
    return _claim("independent", parts, 1)


def fact_ever(parts: list[Any]) -> FactX:
    return FactX(parts[0].value, parts[1], (), None, None, (), start_of(parts[0]), parts[1].end)


def fact_stated(parts: list[Any]) -> FactX:
    return _claim("stated", parts, 1)


# --- what follows a claim ---


def fact_window(parts: list[Any]) -> FactClauseX:
    return FactClauseX("over", (parts[1], parts[3]), start_of(parts[0]), end_of(parts[-1]))


def fact_moment(parts: list[Any]) -> FactClauseX:
    return FactClauseX("at", (parts[1],), start_of(parts[0]), end_of(parts[-1]))


def fact_source(parts: list[Any]) -> FactClauseX:
    return FactClauseX("from", (text_of(parts[1]),), start_of(parts[0]), end_of(parts[-1]))


def fact_name(parts: list[Any]) -> FactClauseX:
    item = text_of(parts[1]) if parts[1].type == "STRING" else word_of(parts[1])
    return FactClauseX("as", (item,), start_of(parts[0]), end_of(parts[-1]))


def fact_weight(parts: list[Any]) -> FactClauseX:
    return FactClauseX("weight", (parts[1],), start_of(parts[0]), end_of(parts[-1]))


def fact_line(parts: list[Any]) -> FactX:
    claim: FactX = parts[0]
    return claim._replace(clauses=tuple(parts[1:]))


# --- blocks ---


def fact_experiment(parts: list[Any]) -> tuple[Word, tuple[ExpressionX, ...]]:
    return word_of(parts[0]), tuple(part for part in parts[1:] if not is_token(part))


def fact_expect(parts: list[Any]) -> SeenX:
    facts = tuple(part for part in parts if isinstance(part, FactX))
    named: tuple[Word | None, tuple[ExpressionX, ...]] = (None, ())
    if type(parts[1]) is tuple:
        named = parts[1]
    name, arguments = named
    return SeenX("expect", name, ExpectX(arguments, facts), start_of(parts[0]), end_of(parts[-1]))


def _claim(relation: str, parts: list[Any], after: int) -> FactX:
    """A claim from what follows its verb: values, a loop variable, a tolerance, and words that say no more."""
    left, rest = parts[0], parts[after:]
    nodes = [part for part in rest if not is_token(part)]
    values = tuple(node for node in nodes if not isinstance(node, FactClauseX))
    tolerance: Any = next((node.items[0] for node in nodes if isinstance(node, FactClauseX)), None)
    variable = next((word_of(part) for part in rest if is_token(part) and part.type == "NAME"), None)
    return FactX(relation, left, values, tolerance, variable, (), left.start, end_of(parts[-1]))
