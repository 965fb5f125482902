"""Programs of time: ``ramp``, ``step``, ``pulse`` and ``table`` as plain expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mscnet.language.scope import Claim
from mscnet.language.syntax import CallX, TextX, WordX
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    TIME_SYMBOL,
    ZERO,
    Call,
    Comparison,
    Expression,
    Lookup,
    Power,
    Product,
    Sum,
    Symbol,
    walk,
)
from mscnet.mechanism.units import TIME

if TYPE_CHECKING:
    from mscnet.language.resolve import Resolver

Arguments = list[Expression]


def _minus(a: Expression, b: Expression) -> Expression:
    return Sum((a, Product((MINUS_ONE, b))))


def _before(time: Expression, yes: Expression, no: Expression) -> Expression:
    return Call("if", (Comparison("<", TIME_SYMBOL, time), yes, no))


def _step(arguments: Arguments) -> Expression:
    time, before, after = arguments
    return _before(time, before, after)


def _ramp(arguments: Arguments) -> Expression:
    begin, end, first, last = arguments
    share = Product((_minus(TIME_SYMBOL, begin), Power(_minus(end, begin), MINUS_ONE)))
    between = Sum((first, Product((_minus(last, first), share))))
    return _before(begin, first, _before(end, between, last))


def _pulse(arguments: Arguments) -> Expression:
    start, width, height, *period = arguments
    if not period:
        return _before(start, ZERO, _before(Sum((start, width)), height, ZERO))
    # how many pulses have begun, less how many have ended
    per = Power(period[0], MINUS_ONE)
    since = _minus(TIME_SYMBOL, start)
    begun, ended = (Call("floor", (Product((part, per)),)) for part in (since, _minus(since, width)))
    on = Call("min", (_minus(begun, ended), ONE))
    return _before(start, ZERO, Product((height, on)))


#: Name -> how many arguments, those of them that are times, how it is written, and what it stands for.
_FORMS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...], str, Callable[[Arguments], Expression]]] = {
    "step": ((3,), (0,), "step(time, before, after)", _step),
    "ramp": ((4,), (0, 1), "ramp(begin, end, from, to)", _ramp),
    "pulse": ((3, 4), (0, 1, 3), "pulse(start, width, height)` or `pulse(start, width, height, period)", _pulse),
}
NAMES = (*_FORMS, "table")


def program(resolver: Resolver, node: CallX) -> Expression:
    """What a call of one of `NAMES` stands for.

    Raises:
        Stop: the arguments are wrong, or a table cannot be read; it has been reported.
    """
    name = node.function.name
    if name == "table":
        return _table(resolver, node)
    counts, times, form, make = _FORMS[name]
    if len(node.arguments) not in counts:
        raise resolver.fail("E017", f"`{name}` is written `{form}`, {len(node.arguments)} argument(s) given", node)
    arguments = [resolver.expression(argument) for argument in node.arguments]
    for argument, part in zip(arguments, node.arguments, strict=True):
        if isinstance(argument, Comparison):
            raise resolver.fail("E017", "a comparison cannot be an argument here", part)
    for i in times:
        if i < len(arguments):
            _claim_time(resolver, arguments[i], name, i)
    made = make(arguments)
    span = resolver.report.span(node.start, node.end)
    assert isinstance(made, Call)
    return Call(made.function, made.arguments, span)


def _claim_time(resolver: Resolver, argument: Expression, name: str, i: int) -> None:
    """Have an argument checked to be a time; in the body of a function, where it is not known, the calls do it."""
    if not any(isinstance(part, Symbol) and part.kind == "slot" for part in walk(argument)):
        which = ("first", "second", "third", "fourth")[i]
        message = f"the {which} argument of `{name}` is a time"
        resolver.scope.claims.append(Claim(argument, resolver.pathway, TIME, message))


def _table(resolver: Resolver, node: CallX) -> Expression:
    from mscnet.language.table_file import METHODS, TableError, read_table

    file, *rest = node.arguments or (None,)
    if not isinstance(file, TextX):
        hint = 'write `table "feed.csv"`, or `table("feed.csv", "flow")` for one of several columns'
        raise resolver.fail("E017", "`table` takes the name of a file in quotes", node, hint)
    column: str | None = None
    method: str | None = None
    for part in rest:
        if isinstance(part, TextX) and column is None:
            column = part.text
        elif isinstance(part, WordX) and part.name in METHODS and method is None:
            method = part.name
        else:
            hint = f'`table("feed.csv", "flow", step)`: a column in quotes, and one of {", ".join(METHODS)}'
            raise resolver.fail("E017", "this has no place in `table`", part, hint)
    try:
        table = read_table(file.text, column, method or METHODS[0], resolver.source.name, resolver.system)
    except TableError as error:
        raise resolver.fail(error.code, str(error), file, error.hint) from None
    return Lookup(table, TIME_SYMBOL, resolver.report.span(node.start, node.end))
