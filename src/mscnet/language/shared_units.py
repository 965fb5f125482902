"""Numbers that stand together share a unit: ``15, 30, 60 uL``, ``5 .. 60 min``, ``380 ± 1 nm``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mscnet.language.quantities import Literal, in_range, read_literal
from mscnet.language.scope import Reporter
from mscnet.language.syntax import BesideX, ExpressionX, NumberX, ProductX
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.units import UnitSystem


def share_unit(
    nodes: Sequence[ExpressionX], expressions: Sequence[Expression], system: UnitSystem, report: Reporter
) -> tuple[Expression, ...]:
    """The expressions of `nodes`, each bare number among them in the unit of the first number that has one."""
    unit = next((u for n, e in zip(nodes, expressions, strict=True) if (u := _unit(n, e, system, report))), None)
    if unit is None:
        return tuple(expressions)
    return tuple(_with(unit, n, e, system, report) for n, e in zip(nodes, expressions, strict=True))


def _unit(node: ExpressionX, expression: Expression, system: UnitSystem, report: Reporter) -> Literal | None:
    if not isinstance(expression, Number) or expression.dimension is None:
        return None
    literal = read_literal(node, system, report)
    return literal if literal is not None and literal.has_unit and not literal.broken else None


def _with(unit: Literal, node: ExpressionX, expression: Expression, system: UnitSystem, report: Reporter) -> Expression:
    if not isinstance(expression, Number) or expression.dimension is not None:
        return expression
    literal = Literal(expression.value, unit.factor, unit.dimension, True, unit.offset)
    return Number(in_range(literal.in_units_of(system), node, report), unit.dimension, expression.span)


def is_percent(node: ExpressionX) -> bool:
    """Whether a number is written in per cent."""
    return (
        isinstance(node, ProductX)
        and isinstance(node.factors[0], NumberX)
        and isinstance(node.factors[-1], BesideX)
        and node.factors[-1].name in ("%", "percent")
    )


def parts_of(node: Any) -> Iterator[Any]:
    """Every syntax node in a node, itself first."""
    stack = [node]
    while stack:
        part = stack.pop()
        if hasattr(part, "start"):
            yield part
        stack.extend(inner for inner in reversed(part) if isinstance(inner, tuple))
