"""The values of loop variables: lists and ranges that share a unit."""

from __future__ import annotations

from fractions import Fraction

from mscnet.language.protocol_context import MAX_CONDITIONS, Bench
from mscnet.language.quantities import read_literal
from mscnet.language.syntax import ExpressionX, ProductX
from mscnet.language.syntax_protocol import LoopX, ValueX
from mscnet.mechanism.bench import Loop
from mscnet.mechanism.expression import Expression, Number, symbols


def read_loops(loops: tuple[LoopX, ...], bench: Bench) -> tuple[Loop, ...]:
    """The loops of an experiment; one that is wrong is reported and left out."""
    made: dict[str, Loop] = {}
    for node in loops:
        values = spread(node.values, bench)
        if values is None:
            continue
        varying = next((s for value in values for s in symbols(value) if s.kind == "loop"), None)
        if varying is not None:
            message = f"the values of `{node.variable.name}` depend on the variable `{varying.name}`"
            bench.report.error("E016", message, node.start, node.end, "loops are independent of each other")
            continue
        span = bench.report.span(node.variable.start, node.variable.end)
        unit, factor = _written_unit(node, values, bench)
        loop = Loop(node.variable.name, values, span, unit=unit, unit_factor=factor)
        made.setdefault(node.variable.name, loop)
    return tuple(made.values())


def _written_unit(node: LoopX, values: tuple[Expression, ...], bench: Bench) -> tuple[str, float]:
    """The unit that a list of values has in the text, and what it is in the file's; else the file's own."""
    for part in (part for value in node.values for part in (value.low, value.high) if isinstance(part, ProductX)):
        quantity = bench.quantity(part)
        if not isinstance(quantity, Number) or quantity.dimension is None:
            continue  # names stand in it, which are no units
        literal = read_literal(part, bench.system, bench.report)
        if literal is not None and literal.has_unit and not (literal.broken or literal.offset):
            text = bench.report.source.text[part.factors[0].end : part.end]
            factor = float(literal.factor / bench.system.scale_of(literal.dimension))
            return " ".join(text.split()), factor
    dimension = bench.dimension(values[0])
    return ("", 1.0) if dimension is None else (bench.system.describe(dimension), 1.0)


def spread(values: tuple[ValueX, ...], bench: Bench) -> tuple[Expression, ...] | None:
    """Listed quantities, ranges written out; numbers without a unit share the one that is given."""
    nodes: list[ExpressionX] = []
    widths: list[int] = []
    for value in values:
        nodes += [node for node in (value.low, value.high, value.step) if node is not None]
        widths += [len(nodes) - 1] if value.step is not None else []
    expressions = bench.quantities(nodes, widths)
    if expressions is None:
        return None
    found = iter(expressions)
    spread_out: list[Expression] = []
    for value in values:
        low = next(found)
        high = next(found) if value.high is not None else None
        step = next(found) if value.step is not None else None
        if high is None:
            spread_out.append(low)
            continue
        more = _range(low, high, step, value, bench)
        if more is None:
            return None
        spread_out += more
    return tuple(spread_out)


def _range(
    low: Expression, high: Expression, step: Expression | None, node: ValueX, bench: Bench
) -> list[Expression] | None:
    width = Number(Fraction(1)) if step is None else step
    if not (isinstance(low, Number) and isinstance(high, Number) and isinstance(width, Number)):
        bench.report.error("E026", "a range goes from a number to a number", node.start, node.end)
        return None
    if step is None and (low.dimension or high.dimension):
        text = bench.report.source.text[node.start : node.end]
        bench.report.error("E026", "this range has no step", node.start, node.end, f"write `{text} step …`")
        return None
    if width.value <= 0 or high.value < low.value:
        bench.report.error("E026", "this range is empty", node.start, node.end, "write `low .. high step width`")
        return None
    count = int((high.value - low.value) / width.value) + 1
    if count > MAX_CONDITIONS:
        message = f"{count} values; a range has at most {MAX_CONDITIONS}"
        bench.report.error("E081", message, node.start, node.end)
        return None
    return [Number(low.value + i * width.value, low.dimension, low.span) for i in range(count)]
