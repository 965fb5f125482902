"""From the shape of a rate law to NumPy functions, by way of SymPy.

Only dummy symbols of ours (``x0``, ``f0``, ``c0``, ``t``) reach SymPy and the code that it generates,
never a name from a file.  SymPy is imported when the first shape is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from mscnet.kinetics.lookup import look_up
from mscnet.mechanism.expression import (
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
    children,
    rebuild,
    walk,
)
from mscnet.records import dataclass

#: A law is cut into steps of this many levels and terms or factors; most laws have fewer.
STEP_HEIGHT = 5
STEP_WIDTH = 12


@dataclass(frozen=True, slots=True)
class CompiledShape:
    """`rate` and `derivatives` of (t, x0…, f0…, c0…); the latter gives one value an x and f slot."""

    rate: Callable[..., Any]
    derivatives: Callable[..., Any]


@lru_cache(maxsize=4096)
def compile_shape(shape: Expression, n_species: int, n_forms: int, n_statics: int) -> CompiledShape:
    """The functions of a shape, kept for the next system with a law of that shape."""
    import sympy

    variables = [sympy.Symbol(f"{letter}{i}") for letter, n in (("x", n_species), ("f", n_forms)) for i in range(n)]
    statics = [sympy.Symbol(f"c{i}") for i in range(n_statics)]
    time = sympy.Symbol("t")
    names = {**{s.name: s for s in (*variables, *statics)}, "time": time}
    steps, last = _in_steps(shape, names)
    values, slopes = _differentiated(steps, last, variables)
    operations: dict[str, Any] = {name: evaluate for name, (_, evaluate) in _operations().items()}
    for node in walk(shape):
        if isinstance(node, Lookup):
            operations[_table_name(node.table)] = partial(look_up, node.table)

    def function(result: Any, intermediate: list[tuple[Any, Any]]) -> Callable[..., Any]:
        # a shallow law is left to SymPy's search for common subexpressions; a deep one has its steps
        shared = (lambda _: (intermediate, result)) if steps else True
        arguments = [time, *variables, *statics]
        made: Callable[..., Any] = sympy.lambdify(
            arguments, result, modules=[operations, "numpy"], cse=shared, docstring_limit=0
        )
        return made

    return CompiledShape(function(last, steps), function(slopes, [*steps, *values]))


def _in_steps(shape: Expression, names: dict[str, Any]) -> tuple[list[tuple[Any, Any]], Any]:
    """The shape in SymPy, as (symbol, expression) steps of limited size and a last expression.

    SymPy differentiates a tree in time that grows faster than its size, and by deep recursion; a chain of
    small steps costs no more than their number.
    """
    import sympy

    operations = _operations()
    steps: list[tuple[Any, Any]] = []
    known: dict[Expression, Symbol] = {}

    def step(node: Expression) -> Symbol:
        if node not in known:
            known[node] = Symbol(f"w{len(steps)}", "slot")
            symbol = names[known[node].name] = sympy.Symbol(known[node].name)
            steps.append((symbol, _translate(node, names, operations)))
        return known[node]

    def cut(node: Expression) -> tuple[Expression, int]:
        parts: list[Expression] = []
        height = 0
        for part in children(node):
            shallow, below = cut(part)
            parts.append(shallow)
            height = max(height, below + 1)
        while len(parts) > STEP_WIDTH:
            groups = [tuple(parts[at : at + STEP_WIDTH]) for at in range(0, len(parts), STEP_WIDTH)]
            parts = [step(rebuild(node, group)) for group in groups]
        if parts:
            node = rebuild(node, tuple(parts))
        return (node, height) if height < STEP_HEIGHT else (step(node), 0)

    root, _ = cut(shape)
    return steps, _translate(root, names, operations)


def _differentiated(
    steps: list[tuple[Any, Any]], last: Any, variables: list[Any]
) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Derivatives of the steps, as steps themselves, and of the last expression, by the chain rule."""
    import sympy

    slopes: dict[tuple[Any, Any], Any] = {}
    depends: dict[Any, set[Any]] = {variable: set() for variable in variables}
    made: list[tuple[Any, Any]] = []

    def slope(expression: Any, variable: Any) -> Any:
        free = expression.free_symbols
        total = expression.diff(variable) if variable in free else sympy.Integer(0)
        for step in sorted(free & depends[variable], key=str):
            total += expression.diff(step) * slopes[step, variable]
        return total

    for number, (step, expression) in enumerate(steps):
        for position, variable in enumerate(variables):
            value = slope(expression, variable)
            if value != 0:
                slopes[step, variable] = sympy.Symbol(f"d{number}_{position}")
                depends[variable].add(step)
                made.append((slopes[step, variable], value))
    return made, [slope(last, variable) for variable in variables]


def _translate(node: Expression, symbols: Mapping[str, Any], operations: Mapping[str, Any]) -> Any:
    """A shape as a SymPy expression."""
    import sympy

    def of(part: Expression) -> Any:
        return _translate(part, symbols, operations)

    def call(name: str, *arguments: Any) -> Any:
        return operations[name][0](*arguments)

    match node:
        case Number(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Symbol(name, _):
            return symbols[name]
        case Sum(terms):
            return sympy.Add(*[of(term) for term in terms])
        case Product(factors):
            return sympy.Mul(*[of(factor) for factor in factors])
        case Power(base, exponent):
            clipped = _is_concentration(base) and not isinstance(exponent, Number)
            return call("clipped_power", of(base), of(exponent)) if clipped else sympy.Pow(of(base), of(exponent))
        case Comparison(operator, left, right):
            a, b = (of(left), of(right)) if operator[0] == "<" else (of(right), of(left))
            return call("at_most" if operator.endswith("=") else "below", a, b)
        case Call("sqrt", (base,)) if _is_concentration(base):
            return call("clipped_power", of(base), sympy.Rational(1, 2))
        case Call("min" | "max" as function, (first, *rest)):
            result = of(first)
            for argument in rest:
                result = call("lesser" if function == "min" else "greater", result, of(argument))
            return result
        case Call("if", (condition, yes, no)):
            return call("choose", of(condition), of(yes), of(no))
        case Call("abs", (argument,)):
            return call("magnitude", of(argument))
        case Call("sign", (argument,)):
            return call("signum", of(argument))
        case Call("floor", (argument,)):
            return call("floored", of(argument))
        case Lookup(table, argument):
            return sympy.Function(_table_name(table))(of(argument))
        case Call("log10", (argument,)):
            return sympy.log(of(argument)) / sympy.log(10)
        case Call(function, (argument,)):
            return getattr(sympy, function)(of(argument))
    raise TypeError(f"not an expression: {node!r}")


def _table_name(table: Table) -> str:
    """A name for generated code that says nothing of the file."""
    return f"table_{hash(table) & 0xFFFFFFFFFFFF:x}"


def _is_concentration(node: Expression) -> bool:
    return isinstance(node, Symbol) and node.name.startswith("x")


@lru_cache(maxsize=1)
def _operations() -> dict[str, tuple[Any, Callable[..., Any]]]:
    """SymPy functions with derivatives as an integrator wants them, and what evaluates each.

    SymPy's own Abs, Min and Piecewise differentiate to DiracDelta and Heaviside, or simplify for long.
    `clipped_power` takes a concentration below zero, which an integrator may try, as zero.
    """
    import sympy

    class below(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            return sympy.Integer(0)

    class at_most(below):
        pass

    class signum(below):
        pass

    class floored(below):
        pass

    class choose(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            return _chosen(self.args[0], self.args[1].diff(s), self.args[2].diff(s))

    def _chosen(condition: Any, yes: Any, no: Any) -> Any:
        return yes if yes == no else choose(condition, yes, no)

    class lesser(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            a, b = self.args
            return _chosen(at_most(a, b), a.diff(s), b.diff(s))

    class greater(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            a, b = self.args
            return _chosen(at_most(b, a), a.diff(s), b.diff(s))

    class magnitude(sympy.Function):  # type: ignore[misc]
        def _eval_derivative(self, s: Any) -> Any:
            return signum(self.args[0]) * self.args[0].diff(s)

    class clipped_power(sympy.Function):  # type: ignore[misc]
        def fdiff(self, argindex: int = 1) -> Any:
            base, exponent = self.args
            return exponent * clipped_power(base, exponent - 1) if argindex == 1 else sympy.log(base) * self

    return {
        "below": (below, lambda a, b: np.where(np.less(a, b), 1.0, 0.0)),
        "at_most": (at_most, lambda a, b: np.where(np.less_equal(a, b), 1.0, 0.0)),
        "signum": (signum, np.sign),
        "floored": (floored, np.floor),
        "choose": (choose, lambda c, a, b: np.where(np.not_equal(c, 0.0), a, b)),
        "lesser": (lesser, np.minimum),
        "greater": (greater, np.maximum),
        "magnitude": (magnitude, np.abs),
        "clipped_power": (clipped_power, lambda b, e: np.power(np.maximum(b, 0.0), e)),
    }
