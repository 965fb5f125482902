"""Expressions as bytecode for the compiled kernels: straight-line programs, every instruction one value.

An instruction is ``(operation, a, b, c)``, whose operands are earlier values, and value i is made by
instruction i; equal instructions are made once.  Unlike generated code this needs no compile step a model,
and no text of a file is ever run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.expression import (
    MINUS_ONE,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Table,
)
from mscnet.records import dataclass, field

#: The operations, numbered as in kernels/program.h.
OPERATIONS = (
    "number", "slot", "time", "+", "*", "/", "-", "whole power", "power", "clipped power", "sqrt", "clipped sqrt",
    "exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs", "sign",
    "min", "max", "<", "<=", "if", "floor", "table",
)  # fmt: skip
_NUMBER = {name: number for number, name in enumerate(OPERATIONS)} | {"ln": OPERATIONS.index("log")}

#: Whole exponents up to this size are multiplied out.
MAX_WHOLE_POWER = 64

#: A value of a program, by its number.
Value = int


@dataclass
class ProgramBuilder:
    """A program under construction; `symbol` says which value a symbol of an expression is.

    `is_concentration` tells the symbols that count as zero under a root or a fractional power while they are
    a little below it.
    """

    symbol: Callable[[Symbol], Value]
    is_concentration: Callable[[Symbol], bool] = lambda symbol: False
    code: list[tuple[int, int, int, int]] = field(default_factory=list)
    literals: list[float] = field(default_factory=list)
    tables: dict[Table, int] = field(default_factory=dict)
    _known: dict[tuple[int, int, int, int] | str, int] = field(default_factory=dict)
    #: Values of larger parts by their ids, with the parts, so that what stands in many places is gone through once.
    _made: dict[int, tuple[Expression, Value]] = field(default_factory=dict)

    def emit(self, operation: str, a: int = 0, b: int = 0, c: int = 0) -> Value:
        """The value of an operation, an earlier one where it was made before."""
        instruction = (_NUMBER[operation], a, b, c)
        known = self._known.get(instruction)
        if known is None:
            known = self._known[instruction] = len(self.code)
            self.code.append(instruction)
        return known

    def number(self, value: float) -> Value:
        """A literal."""
        key = repr(value)  # tells 0.0 from -0.0
        if key not in self._known:
            self._known[key] = len(self.literals)
            self.literals.append(value)
        return self.emit("number", self._known[key])

    def _table(self, table: Table) -> int:
        """Where the literals of a table begin."""
        if table not in self.tables:
            self.tables[table] = len(self.literals)
            self.literals += [*table.knots, *(c for piece in table.coefficients for c in piece)]
        return self.tables[table]

    def expression(self, node: Expression) -> Value:
        """The value of a tree; recursion as deep as the tree."""
        if isinstance(node, Number | Symbol):
            return self.number(float(node.value)) if isinstance(node, Number) else self.symbol(node)
        made = self._made.get(id(node))
        if made is None:
            made = self._made[id(node)] = node, self._of_parts(node)
        return made[1]

    def _of_parts(self, node: Expression) -> Value:
        match node:
            case Sum(terms):
                return self._chain("+", terms)
            case Product(factors):
                return self._product(factors)
            case Power(base, exponent):
                return self._power(base, exponent)
            case Comparison(operator, left, right):
                a, b = self.expression(left), self.expression(right)
                return self.emit(operator, a, b) if operator[0] == "<" else self.emit(operator.replace(">", "<"), b, a)
            case Call("sqrt", (Symbol() as base,)) if self.is_concentration(base):
                return self.emit("clipped sqrt", self.expression(base))
            case Call("min" | "max" as function, arguments):
                return self._chain(function, arguments)
            case Call("if", (condition, yes, no)):
                return self.emit("if", self.expression(condition), self.expression(yes), self.expression(no))
            case Call(function, (argument,)):
                return self.emit(function, self.expression(argument))
            case Lookup(table, argument):
                return self.emit("table", self.expression(argument), self._table(table), len(table.knots))
        raise TypeError(f"not an expression: {node!r}")

    def arrays(self, last: Value | None = None) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Code, (instructions, 4) flat, and literals; `last` names the result of a program that has just one."""
        code = self.code
        if last is not None and last != len(code) - 1:
            one = self.number(1.0)
            code = [*code, (_NUMBER["*"], last, one, 0)]
        return np.array(code, dtype=np.int64).astype(np.uint32).reshape(-1), np.array(self.literals, dtype=np.float64)

    def _chain(self, operation: str, parts: tuple[Expression, ...]) -> Value:
        result = self.expression(parts[0])
        for part in parts[1:]:
            result = self.emit(operation, result, self.expression(part))
        return result

    def _product(self, factors: tuple[Expression, ...]) -> Value:
        """Factors in their order, reciprocals as divisions and a leading minus one as a sign."""
        negative = len(factors) > 1 and factors[0] == MINUS_ONE
        result: Value | None = None
        for factor in factors[1:] if negative else factors:
            if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
                below = self.expression(factor.base)
                result = self.emit("/", self.number(1.0) if result is None else result, below)
            else:
                value = self.expression(factor)
                result = value if result is None else self.emit("*", result, value)
        if result is None:
            return self.number(-1.0 if negative else 1.0)
        return self.emit("-", result) if negative else result

    def _power(self, base: Expression, exponent: Expression) -> Value:
        if exponent == MINUS_ONE:
            one = self.number(1.0)
            return self.emit("/", one, self.expression(base))
        if isinstance(exponent, Number) and exponent.value.denominator == 1 and abs(exponent.value) <= MAX_WHOLE_POWER:
            return self.emit("whole power", self.expression(base), int(exponent.value))
        clipped = isinstance(base, Symbol) and self.is_concentration(base)
        return self.emit("clipped power" if clipped else "power", self.expression(base), self.expression(exponent))
