"""BioNetGen's tables, ``tfun([x…], [y…], index)`` and ``tfun('file', index)``, as expressions.

A table of the time becomes a `Lookup`, as the tables of our own language do.  One of anything else is written out:
a straight line between two points is what `min` and `max` cut out of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from mscnet.interop.bionetgen_expression import Argument
from mscnet.interop.faults import Fault
from mscnet.language.paths import path_trouble
from mscnet.mechanism.expression import (
    MINUS_ONE,
    TIME_SYMBOL,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Product,
    Sum,
    Table,
    children,
)
from mscnet.mechanism.quantity import QuantityError, parse_number

#: The names of the functions that are tables.
TABLES = ("tfun", "TFUN")
#: So many points a table may have; one that is written out, so many.
MOST_POINTS, MOST_WRITTEN = 100_000, 150
#: So many bytes a file may have.
LARGEST_FILE = 10_000_000

Inner = Callable[[str, int], Expression]
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def read_table(name: str, arguments: Sequence[Argument], start: int, end: int, inner: Inner, folder: str) -> Expression:
    """What a call of a table, at ``[start, end)``, stands for; files are looked for in `folder`.

    Raises:
        Fault: it is none, its file cannot be read, or its points are in no order.
    """
    method, rest = "linear", list(arguments)
    if rest and re.match(r"method\s*=>", rest[-1][0]):
        text, at = rest.pop()
        method = text.partition("=>")[2].strip().strip("\"'")
        if method not in ("linear", "step"):
            raise Fault.unsupported(f"tables of the method `{method[:40]}`", at, at + len(text))
    if name == "TFUN" and len(rest) == 2:
        rest.reverse()  # the older form has the index first
    if len(rest) == 2 and rest[0][0][:1] in ("'", '"'):
        shown = rest[0][0].strip("\"'")
        points = _points_of_file(shown, folder, *rest[0])
    elif len(rest) == 3 and rest[0][0][:1] == "[" and rest[1][0][:1] == "[":
        shown = "tfun"
        points = _points(_numbers(*rest[0]), _numbers(*rest[1]), start, end)
    else:
        hint = "as in `tfun([0,1,2], [5,4,3], time)` or `tfun('rates.tfun', time)`"
        raise Fault("E017", f"this is no table: `{name}` takes two lists or a file, and an index", start, end, hint)
    text, at = rest[-1]
    index = TIME_SYMBOL if text in ("time", "t", "time()") else inner(text, at)
    if index == TIME_SYMBOL:
        return Lookup(_table(shown, points, method), TIME_SYMBOL)
    if len(points) * _size(index) > MOST_WRITTEN:
        what = f"a table of more than {MOST_WRITTEN} points over anything but the time"
        raise Fault.unsupported(what, start, end, "write its index as a function of its own")
    return _written(points, index, method)


def _size(expression: Expression) -> int:
    """How many nodes a tree has."""
    count, stack = 0, [expression]
    while stack:
        count += 1
        stack.extend(children(stack.pop()))
    return count


def _numbers(text: str, start: int) -> list[Fraction]:
    found = []
    at = start + 1
    for entry in text[1:-1].split(","):
        found.append(_number(entry.strip(), at, at + max(1, len(entry))))
        at += len(entry) + 1
    return found


def _number(text: str, start: int, end: int) -> Fraction:
    if _NUMBER.fullmatch(text) is None:
        raise Fault("E002", f"`{text[:40]}` is not a number", start, end)
    try:
        value = parse_number(text.lstrip("+-"))
    except QuantityError as error:
        raise Fault("E005", str(error), start, end, error.hint) from None
    return -value if text.startswith("-") else value


def _points(xs: list[Fraction], ys: list[Fraction], start: int, end: int) -> list[tuple[Fraction, Fraction]]:
    if len(xs) != len(ys):
        raise Fault("E244", f"a table has {len(xs)} places and {len(ys)} values", start, end)
    if not 2 <= len(xs) <= MOST_POINTS:
        raise Fault("E244", f"a table has from 2 to {MOST_POINTS} points", start, end)
    if any(a >= b for a, b in pairwise(xs)):
        raise Fault("E244", "the places of a table do not ascend", start, end)
    return list(zip(xs, ys, strict=True))


def _points_of_file(name: str, folder: str, shown: str, start: int) -> list[tuple[Fraction, Fraction]]:
    end = start + len(shown)
    trouble = path_trouble(name)
    if trouble:
        raise Fault("E071", str(trouble), start, end)
    path = os.path.join(folder, name)
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise Fault("E244", f"the table `{name}` is larger than {LARGEST_FILE} bytes", start, end)
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no file"
        raise Fault("E244", f"the table `{name}` cannot be read: {reason}", start, end) from None
    xs: list[Fraction] = []
    ys: list[Fraction] = []
    for line in lines:
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        if len(words) != 2:
            raise Fault("E244", f"a line of the table `{name}` does not hold two numbers", start, end)
        if not xs and _NUMBER.fullmatch(words[0]) is None:
            continue  # names of the columns
        xs.append(_number(words[0], start, end))
        ys.append(_number(words[1], start, end))
    return _points(xs, ys, start, end)


def _table(name: str, points: list[tuple[Fraction, Fraction]], method: str) -> Table:
    first, last = points[0], points[-1]
    knots = [float(first[0]) - max(1.0, abs(float(first[0])))]
    pieces = [(float(first[1]), 0.0, 0.0, 0.0)]  # the first value holds before the first place, too
    for (x0, y0), (x1, y1) in pairwise(points):
        slope = (y1 - y0) / (x1 - x0) if method == "linear" else Fraction(0)
        knots.append(float(x0))
        pieces.append((float(y0), float(slope), 0.0, 0.0))
    return Table(name, (*knots, float(last[0])), (*pieces, (float(last[1]), 0.0, 0.0, 0.0)))


def _written(points: list[tuple[Fraction, Fraction]], index: Expression, method: str) -> Expression:
    """The value at `index`; the first and the last value hold beyond the ends."""
    if method == "step":
        terms: list[Expression] = [Number(points[0][1])]
        for (_, before), (x, y) in pairwise(points):
            jump = Call("if", (Comparison(">=", index, Number(x)), Number(y - before), Number(Fraction(0))))
            terms.append(jump)
        return Sum(tuple(terms))
    terms = [Number(points[0][1])]
    for (x0, y0), (x1, y1) in pairwise(points):
        cut = Call("min", (Call("max", (index, Number(x0))), Number(x1)))
        terms.append(Product((Number((y1 - y0) / (x1 - x0)), Sum((cut, Product((MINUS_ONE, Number(x0))))))))
    return Sum(tuple(terms))
