"""BioNetGen's expressions: text to an expression tree.

BioNetGen has truth values as numbers and operators on them (``&&``, ``||``, ``!``, ``==``, ``!=``), which our
trees have not: a truth value here is a comparison, and as a number it is ``if(comparison, 1, 0)``.  So ``a && b``
is the product of the two numbers above 1/2, ``a || b`` the larger of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

from mscnet.diagnostics import suggest
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import (
    FUNCTIONS,
    MAX_DEPTH,
    MINUS_ONE,
    ONE,
    TIME_SYMBOL,
    ZERO,
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    depth_of,
)
from mscnet.mechanism.quantity import QuantityError, parse_number

#: Brackets, powers and signs may nest this deep.
MAX_NESTING = 100

#: So many levels a continued fraction has.
_LEVELS = 60

#: What a name stands for; raises a Fault, with the place given, where it stands for nothing.
Resolve = Callable[[str, int, int], Expression]

#: An argument as it stands in the text, with its place.
Argument = tuple[str, int]

#: What a call of a name with arguments stands for; None where the name is none of its own.
Calls = Callable[[str, tuple[Argument, ...], int, int], Expression | None]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<mark>\*\*|&&|\|\||<=|>=|==|!=|~=|=>|[-+*/^<>!~(),\[\]]))"
)
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=", "~=")
_HALF, _TWO = Number(Fraction(1, 2)), Number(Fraction(2))
_CONSTANTS = {"_pi": Number(Fraction(math.pi)), "_e": Number(Fraction(math.e))}
_SAME = set(FUNCTIONS) - {"if", "log", "sign"}
_REFUSED = {"int", "floor", "ceil", "round", "TFUN", "tfun"}


def read_expression(
    text: str, start: int, resolve: Resolve, calls: Calls | None = None, *, from_left: bool = False
) -> Expression:
    """The expression that `text`, which begins at `start` of its source, spells.

    `calls` is asked first what a name with arguments is; without it, only the built-in functions take any.  In BNGL
    ``2^3^2`` is ``(2^3)^2`` and ``a || b && c`` is ``(a || b) && c`` (`from_left`), in networks, which another program
    reads, ``2^(3^2)`` and ``a || (b && c)``.

    Raises:
        Fault: it is none, holds an unknown name or a function that mscnet has not, or nests too deep.
    """
    return _Parser(text, start, resolve, calls, from_left).whole()


class _Parser:
    """Recursive descent; one method a level of precedence, the loosest first."""

    def __init__(self, text: str, start: int, resolve: Resolve, calls: Calls | None, from_left: bool) -> None:
        self.text, self.start, self.resolve, self.calls = text, start, resolve, calls
        self.from_left = from_left
        self.tokens = self._split()
        self.at = 0
        self.nesting = 0

    def whole(self) -> Expression:
        tree = self._either()
        if self.at < len(self.tokens):
            raise self._unexpected()
        tree = _as_number(tree)
        if depth_of(tree) > MAX_DEPTH:
            raise self._fault("E004", f"an expression more than {MAX_DEPTH} levels deep", 0, len(self.text))
        return tree

    # --- tokens ---

    def _split(self) -> list[tuple[str, str, int]]:
        tokens, at = [], 0
        text = self.text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise self._fault("E002", f"`{text[at]}` has no meaning in an expression", at, at + 1)
            tokens.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
            at = match.end()
        return tokens

    def _mark(self, *marks: str) -> str | None:
        """The next token where it is one of `marks`; it is then behind us."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "mark" and self.tokens[self.at][1] in marks:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def _fault(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> Fault:
        return Fault(code, message, self.start + start, self.start + max(end, start + 1), hint)

    def _unexpected(self) -> Fault:
        if self.at >= len(self.tokens):
            end = len(self.text.rstrip())
            return self._fault("E002", "this expression ends too early", max(0, end - 1), end)
        _, shown, start = self.tokens[self.at]
        return self._fault("E002", f"`{shown}` is not expected here", start, start + len(shown))

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise self._unexpected()

    # --- levels ---

    def _either(self) -> Expression:
        if self.from_left:
            return self._chained()
        found = [self._both()]
        while self._mark("||"):
            found.append(self._both())
        return _any_or_all("||", found)

    def _both(self) -> Expression:
        found = [self._compared()]
        while self._mark("&&"):
            found.append(self._compared())
        return _any_or_all("&&", found)

    def _chained(self) -> Expression:
        """Comparisons with `||` and `&&` between them, neither of which is the tighter."""
        found, last = [self._compared()], ""
        while mark := self._mark("||", "&&"):
            if mark != last:
                found = [_any_or_all(last, found)]
            last = mark
            found.append(self._compared())
        return _any_or_all(last, found)

    def _compared(self) -> Expression:
        left = self._sum()
        while operator := self._mark(*_COMPARISONS):
            left = _comparison(operator, _as_number(left), _as_number(self._sum()))
        return left

    def _sum(self) -> Expression:
        terms = [self._product()]
        while sign := self._mark("+", "-"):
            term = _as_number(self._product())
            terms.append(_negative(term) if sign == "-" else term)
        return terms[0] if len(terms) == 1 else Sum((_as_number(terms[0]), *terms[1:]))

    def _product(self) -> Expression:
        factors = [self._signed()]
        while operator := self._mark("*", "/"):
            factor = _as_number(self._signed())
            factors.append(Power(factor, MINUS_ONE) if operator == "/" else factor)
        return factors[0] if len(factors) == 1 else Product((_as_number(factors[0]), *factors[1:]))

    def _signed(self) -> Expression:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            place = self.tokens[min(self.at, len(self.tokens) - 1)][2]
            raise self._fault("E004", f"an expression nests more than {MAX_NESTING} deep", place, place + 1)
        sign = self._mark("+", "-", "!", "~")
        tree = self._signed() if sign else self._power()
        self.nesting -= 1
        if sign == "-":
            return _negative(_as_number(tree))
        if sign in ("!", "~"):
            return _truth(Sum((ONE, _negative(_as_bit(tree)))))
        return tree

    def _power(self) -> Expression:
        base = self._atom()
        while self.from_left and self._mark("^", "**"):
            sign = self._mark("+", "-")
            exponent = _as_number(self._atom())
            base = Power(_as_number(base), _negative(exponent) if sign == "-" else exponent)
        if self._mark("^", "**"):
            return Power(_as_number(base), _as_number(self._signed()))  # a sign may stand before an exponent
        return base

    def _atom(self) -> Expression:
        if self._mark("("):
            tree = self._either()
            self._expect(")")
            return tree
        if self.at >= len(self.tokens) or self.tokens[self.at][0] in ("mark", "text"):
            raise self._unexpected()
        kind, text, start = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Number(read_number(text, self.start + start))
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if self._mark("("):
            return self._call(text, start)
        return self.resolve(text, self.start + start, self.start + start + len(text))

    # --- calls ---

    def _raw_arguments(self) -> tuple[tuple[Argument, ...], int]:
        """The arguments of a call whose bracket is behind us, as text, and the token behind its end."""
        found: list[Argument] = []
        depth, begin, at = 0, self.tokens[self.at - 1][2] + 1, self.at
        while at < len(self.tokens):
            kind, shown, place = self.tokens[at]
            at += 1
            if kind != "mark":
                continue
            if depth == 0 and shown in (",", ")"):
                piece = self.text[begin:place]
                found.append((piece.strip(), self.start + begin + len(piece) - len(piece.lstrip())))
                begin = place + 1
                if shown == ")":
                    empty = len(found) == 1 and not found[0][0]
                    return (() if empty else tuple(found)), at
            depth += (shown in ("(", "[")) - (shown in (")", "]"))
        raise self._fault("E002", "a bracket is not closed", max(0, len(self.text.rstrip()) - 1), len(self.text))

    def _call(self, name: str, start: int) -> Expression:
        arguments: list[Expression] = []
        if self.calls is not None:
            raw, behind = self._raw_arguments()
            end = self.tokens[behind - 1][2] + 1
            called = self.calls(name, raw, self.start + start, self.start + end) if raw else None
            if called is not None:
                self.at = behind
                return called
        if not self._mark(")"):
            arguments.append(self._either())
            while self._mark(","):
                arguments.append(self._either())
            self._expect(")")
        end = self.tokens[self.at - 1][2] + 1
        if name == "time" and not arguments:
            return TIME_SYMBOL
        if name in _REFUSED:
            raise Fault.unsupported(f"the function `{name}`", self.start + start, self.start + end)
        if name in _SAME or name in _WRITTEN_OUT or name == "if":
            return self._built_in(name, arguments, start, end)
        if arguments:
            self.resolve(name, self.start + start, self.start + start + len(name))
            what = f"`{name}` with arguments (a local function)"
            raise Fault.unsupported(what, self.start + start, self.start + end)
        try:
            return self.resolve(name, self.start + start, self.start + start + len(name))
        except Fault as fault:
            if fault.code == "E010":
                fault.hint = suggest(name, [*_SAME, *_WRITTEN_OUT, "if", "time"]) or fault.hint
            raise

    def _built_in(self, name: str, arguments: list[Expression], start: int, end: int) -> Expression:
        wanted = 3 if name == "if" else _WRITTEN_OUT[name][0] if name in _WRITTEN_OUT else FUNCTIONS[name].arguments
        if not arguments or (wanted is not None and len(arguments) != wanted):
            said = "at least 1 argument" if wanted is None else f"{wanted} argument{'s' if wanted > 1 else ''}"
            raise self._fault("E017", f"`{name}` takes {said}, {len(arguments)} given", start, end)
        if name == "if":
            condition = arguments[0] if isinstance(arguments[0], Comparison) else _nonzero(arguments[0])
            return Call("if", (condition, _as_number(arguments[1]), _as_number(arguments[2])))
        numbers = tuple(map(_as_number, arguments))
        if name in _WRITTEN_OUT:
            return _WRITTEN_OUT[name][1](*numbers)
        if wanted is None and len(numbers) == 1:
            return numbers[0]  # the smallest or largest of one
        return Call(name, numbers)


def _any_or_all(mark: str, found: list[Expression]) -> Expression:
    if len(found) == 1:
        return found[0]
    bits = tuple(map(_as_bit, found))
    return _truth(Call("max", bits) if mark == "||" else Product(bits))


def read_number(text: str, start: int) -> Fraction:
    """The exact value of a number that begins at `start` of its source; raises Fault where it is out of range."""
    try:
        value = parse_number(text)
    except QuantityError as error:
        raise Fault("E005", str(error), start, start + len(text), error.hint) from None
    return value


def _negative(tree: Expression) -> Expression:
    if isinstance(tree, Number):
        return Number(-tree.value)
    return Product((MINUS_ONE, *(tree.factors if isinstance(tree, Product) else (tree,))))


# --- truth values ---


def _comparison(operator: str, left: Expression, right: Expression) -> Expression:
    if operator in ("<", "<=", ">", ">="):
        return Comparison(operator, left, right)  # type: ignore[arg-type]
    same = Product((_as_bit(Comparison("<=", left, right)), _as_bit(Comparison(">=", left, right))))
    return _truth(same if operator == "==" else Sum((ONE, _negative(same))))


def _truth(bit: Expression) -> Expression:
    """A number that is 0 or 1 as a truth value."""
    return Comparison(">", bit, _HALF)


def _nonzero(number: Expression) -> Expression:
    return Comparison(">", Call("abs", (number,)), ZERO)


def _as_bit(tree: Expression) -> Expression:
    """Any value as the number 0 or 1."""
    return _as_number(tree if isinstance(tree, Comparison) else _nonzero(tree))


def _as_number(tree: Expression) -> Expression:
    if not isinstance(tree, Comparison):
        return tree
    if tree.operator == ">" and tree.right is _HALF:
        return tree.left  # it was made of 0 or 1
    return Call("if", (tree, ONE, ZERO))


# --- functions that our trees spell with others ---


def _log(x: Expression) -> Expression:
    return Call("ln", (x,))


def _asinh(x: Expression) -> Expression:
    inner = Sum((Call("abs", (x,)), Call("sqrt", (Sum((Power(x, _TWO), ONE)),))))
    return Product((Call("sign", (x,)), _log(inner)))  # without the sign, -1e9 would lose all its digits


def _acosh(x: Expression) -> Expression:
    return _log(Sum((x, Call("sqrt", (Sum((Power(x, _TWO), MINUS_ONE)),)))))


def _atanh(x: Expression) -> Expression:
    above, below = Sum((ONE, x)), Sum((ONE, _negative(x)))
    return Product((_HALF, _log(Product((above, Power(below, MINUS_ONE))))))


def _nearest(x: Expression) -> Expression:
    return Call("floor", (Sum((x, _HALF)),))


def _kummer_ratio(a: Expression, b: Expression, z: Expression) -> Expression:
    """M(a+1,b+1,z)/M(a,b,z) by the continued fraction of Gauss (NIST Digital Library of Mathematical Functions,
    https://dlmf.nist.gov/13.5.E1), ``1/(1 + u1·z/(1 + u2·z/(1 + …)))``, from its last level that is kept outwards."""

    def plus(x: Expression, n: int) -> Expression:
        return Sum((x, Number(Fraction(n)))) if n else x

    inner: Expression = ONE
    for level in range(_LEVELS, 0, -1):
        n, odd = divmod(level, 2)
        above = Sum((a, _negative(plus(b, n)))) if odd else plus(a, n)
        below = Product((Power(plus(b, level - 1), MINUS_ONE), Power(plus(b, level), MINUS_ONE)))
        inner = Sum((ONE, Product((above, below, z, Power(inner, MINUS_ONE)))))
    return Power(inner, MINUS_ONE)


def _mean(*numbers: Expression) -> Expression:
    return Product((Sum(numbers), Power(Number(Fraction(len(numbers))), MINUS_ONE)))


#: Number of arguments (None: any) and the tree.
_WRITTEN_OUT: dict[str, tuple[int | None, Callable[..., Expression]]] = {
    "log2": (1, lambda x: Product((_log(x), Power(_log(_TWO), MINUS_ONE)))),
    "asinh": (1, _asinh),
    "acosh": (1, _acosh),
    "atanh": (1, _atanh),
    "rint": (1, _nearest),
    "mratio": (3, _kummer_ratio),
    "sum": (None, lambda *numbers: Sum(numbers)),
    "avg": (None, _mean),
}
