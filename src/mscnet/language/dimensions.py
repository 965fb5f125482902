"""Dimension checking and inference.

Every parameter without a unit has an unknown dimension; each reaction, sum and assignment is a linear
equation between dimensions, solved by elimination as it comes (A. Kennedy, "Dimension types", ESOP 1994).
Exponents may hold parameters (``[S]^n``): they stay symbolic, so that a Hill function checks before `n` is
known.

A bare number is in the file's units.  In a sum, or as a whole law, it has the dimension that its neighbours
need.  In a product with a parameter, a derived value or a number with a unit it is a pure number
(``k1/12``); in one of concentrations and times alone it is the constant that has no name (``2*[S]``), with the
dimension that the law needs, or none where nothing needs one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Related, Span
from mscnet.language.scope import Claim, Reporter
from mscnet.mechanism.expression import (
    FUNCTIONS,
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
    is_bare,
    walk,
)
from mscnet.mechanism.units import Dimension, UnitSystem, name_dimension

#: An unknown: the name of a parameter with its pathway, or the number of a bare literal.
Unknown = tuple[str, str | None] | int
#: What an exponent belongs to, and the parameters that multiply it: ``([S]^n)`` has ``(("amount", ("n",)), 1)``.
Key = tuple[str | Unknown, tuple[str, ...]]
#: A dimension with unknowns in it: a sum of exponents by key.
Form = dict[Key, Fraction]

#: Exponents that are polynomials of more terms than this are taken as unknown.
_MAX_TERMS = 200


class Mismatch(Exception):
    """Two dimensions that ought to be one; carries both."""

    def __init__(self, first: Form, second: Form) -> None:
        super().__init__("dimensions differ")
        self.first, self.second = first, second


def form_of(dimension: Dimension) -> Form:
    return {(base, ()): exponent for base, exponent in dimension.exponents}


def add(a: Form, b: Form, factor: Fraction | int = 1) -> Form:
    """``a + factor·b``, the dimension of a product (or, with -1, of a quotient)."""
    total = dict(a)
    for key, exponent in b.items():
        value = total.get(key, Fraction(0)) + factor * exponent
        if value:
            total[key] = value
        else:
            total.pop(key, None)
    return total


def is_unknown(atom: str | Unknown) -> bool:
    return not isinstance(atom, str)


class Dimensions:
    """The equations between dimensions of one file, solved so far."""

    def __init__(
        self,
        system: UnitSystem,
        report: Reporter,
        of_symbol: Callable[[Symbol, str | None], Form],
        value_of: Callable[[str], Fraction | None] = lambda _: None,
    ) -> None:
        self.system, self.report, self._of_symbol, self._value_of = system, report, of_symbol, value_of
        self.solved: dict[Unknown, Form] = {}
        self.fixed_at: dict[Unknown, Span | None] = {}
        self.soft: list[Unknown] = []
        #: Bare numbers with their forms, and products that lack a constant with that of the constant, where asked for.
        self.recorded: list[tuple[Expression, Form]] | None = None
        self._bare = 0
        self.complained = False
        self._pathway: str | None = None

    # --- forms of expressions ---

    def infer(self, expression: Expression, pathway: str | None, bare_is_any: bool = True) -> Form:
        """The dimension of an expression; mismatches inside it are reported, and `complained` is then set."""
        checkpoint()
        self._pathway, self.complained = pathway, False
        return self._infer(expression, bare_is_any)

    def _infer(self, e: Expression, bare_is_any: bool = False) -> Form:
        match e:
            case Number(value, dimension):
                if dimension is not None:
                    return form_of(dimension)
                return self._any(value != 0, e) if bare_is_any else {}
            case Symbol():
                return self._of_symbol(e, self._pathway)
            case Product() | Power() | Call() if bare_is_any and is_bare(e):
                return self._any(True, e)
            case Product(factors):
                total: Form = self._any(True, e) if _lacks_constant(factors) else {}
                for factor in factors:
                    total = add(total, self._infer(factor))
                return total
            case Sum(terms):
                return self._alike(terms, "added to")
            case Power(base, exponent):
                return self._power(base, exponent)
            case Call():
                return self._call(e)
            case Comparison(_, left, right):
                self._alike((left, right), "compared with")
                return {}
            case Lookup(table):
                return self._any(True, e) if table.dimension is None else form_of(table.dimension)

    def _any(self, soft: bool, e: Expression) -> Form:
        self._bare += 1
        if soft:
            self.soft.append(self._bare)
        form: Form = {(self._bare, ()): Fraction(1)}
        if self.recorded is not None:
            self.recorded.append((e, form))
        return form

    def _alike(self, parts: Iterable[Expression], verb: str) -> Form:
        """The dimension that all parts share; a part that differs is reported where it stands."""
        shared: Form | None = None
        first: Expression | None = None
        for part in parts:
            form = self._infer(part, bare_is_any=True)
            if shared is None:
                shared, first = form, part
                continue
            try:
                self.equate(form, shared, part.span)
                first = part if isinstance(first, Number) else first  # a bare number says nothing
            except Mismatch as error:
                second = self.shown(error.second)
                self.complain(part, f"{self.shown(error.first)} cannot be {verb} {second}", None, first, second)
        return shared or {}

    def _power(self, base: Expression, exponent: Expression) -> Form:
        form = self._infer(base)
        if form or not isinstance(exponent, Number):
            self._pure(exponent, "an exponent must be a pure number")
        polynomial = polynomial_of(exponent)
        if polynomial is None or len(polynomial) * len(form) > _MAX_TERMS:
            self._require(base, form, {}, "to a power that varies, only a pure number can be raised")
            return {}
        total: Form = {}
        for (atom, names), power in form.items():
            for more, coefficient in polynomial.items():
                total = add(total, {(atom, tuple(sorted((*names, *more)))): power * coefficient})
        return total

    def _call(self, e: Call) -> Form:
        kind = FUNCTIONS[e.function].dimensions
        if kind == "pure":
            for argument in e.arguments:
                self._pure(argument, f"`{e.function}` takes a pure number")
            return {}
        if kind == "sign":
            self._infer(e.arguments[0], bare_is_any=True)
            return {}
        if kind == "root":
            form = self._infer(e.arguments[0])
            return {key: exponent / 2 for key, exponent in form.items()}
        if kind == "if":
            self._infer(e.arguments[0])
            return self._alike(e.arguments[1:], "an alternative to")
        return self._alike(e.arguments, "compared with")

    def meet(self, claims: Iterable[Claim]) -> None:
        """Have expressions be of the dimensions that calls ask of them; what is not is reported."""
        for claim in claims:
            self.require(claim.expression, claim.pathway, claim.dimension, claim.message)

    def require(self, e: Expression, pathway: str | None, dimension: Dimension, message: str) -> None:
        """Have an expression be of a dimension; `message` says so where it is not."""
        form = self.infer(e, pathway)
        if not self.complained:
            self._require(e, form, form_of(dimension), message)

    def _pure(self, e: Expression, message: str) -> None:
        self._require(e, self._infer(e, bare_is_any=True), {}, message)

    def _require(self, e: Expression, form: Form, wanted: Form, message: str) -> None:
        try:
            self.equate(form, wanted, e.span)
        except Mismatch as error:
            self.complain(e, f"{message}; this is {self.shown(error.first)}")

    def complain(
        self, e: Expression, message: str, hint: str | None = None, other: Expression | None = None, is_: str = ""
    ) -> None:
        """Report a mismatch at `e`; `other` is what it was held against, which is of the dimension `is_`."""
        self.complained = True
        span = other.span if other is not None else None
        place = (Related(f"this is {is_}", span),) if span is not None else ()
        self.report.at("E020", message, e.span, hint, place)

    # --- equations ---

    def equate(self, a: Form, b: Form, where: Span | None) -> None:
        """Let two dimensions be one; raises `Mismatch` where they cannot be."""
        if a == b or self._name_alone(a, b, where):
            return
        difference = self.normal(add(a, b, -1))
        if not difference:
            return
        unknowns = [key for key in difference if is_unknown(key[0])]
        if not unknowns and self._vanishes(difference):
            return
        if not unknowns:
            raise Mismatch(self.normal(a), self.normal(b))
        # The unknown made last is solved for, so that chains of solutions stay short and end.
        for atom, names in sorted(unknowns, key=lambda key: (isinstance(key[0], tuple), len(key[1]))):
            if self._solve(atom, names, difference):  # type: ignore[arg-type]
                self.fixed_at[atom] = where  # type: ignore[index]
                return

    def _vanishes(self, difference: Form) -> bool:
        """Whether two dimensions agree once the parameters in their powers have their values."""
        plain = self.dimension(difference, self._value_of)
        return plain is not None and plain.dimensionless

    def _name_alone(self, a: Form, b: Form, where: Span | None) -> bool:
        """The commonest equation, one unknown on one side and none on the other, solved at once."""
        if len(a) != 1:
            return False
        ((atom, names), exponent) = next(iter(a.items()))
        if isinstance(atom, str) or names or exponent != 1 or atom in self.solved:
            return False
        if any(is_unknown(other) for other, _ in b):
            return False
        self.solved[atom] = b
        self.fixed_at[atom] = where
        return True

    def _solve(self, unknown: Unknown, names: tuple[str, ...], difference: Form) -> bool:
        """Solve ``difference == 0`` for one unknown, where dividing by its symbolic factor is possible."""
        coefficient = difference[(unknown, names)]
        solution: Form = {}
        for (atom, others), exponent in difference.items():
            if (atom, others) == (unknown, names):
                continue
            rest = list(others)
            for name in names:
                if name not in rest:
                    return False
                rest.remove(name)
            if atom == unknown:
                return False
            solution[(atom, tuple(rest))] = -exponent / coefficient
        self.solved[unknown] = solution
        return True

    def normal(self, form: Form) -> Form:
        """A dimension with every solved unknown put in."""
        solved = self.solved
        while any(atom in solved for atom, _ in form):
            total: Form = {}
            for (atom, names), exponent in form.items():
                if atom in solved:
                    solution = solved[atom].items()
                    scaled = {(a, tuple(sorted((*n, *names)))): e for (a, n), e in solution}
                    total = add(total, scaled, exponent)
                else:
                    total = add(total, {(atom, names): exponent})
            form = total
        return form

    def settle(self) -> None:
        """Take every bare number that nothing has fixed as a pure number."""
        for unknown in self.soft:
            form = self.normal({(unknown, ()): Fraction(1)})
            if any(is_unknown(key[0]) for key in form):
                try:
                    self.equate(form, {}, None)
                except Mismatch:  # cannot be, an unknown is left to solve for
                    continue

    # --- results ---

    def dimension(self, form: Form, value_of: Callable[[str], Fraction | None] | None = None) -> Dimension | None:
        """The plain dimension of a form, or None where an unknown is left; `value_of` fills symbolic powers."""
        exponents: dict[str, Fraction] = {}
        for (atom, names), exponent in self.normal(form).items():
            if is_unknown(atom):
                return None
            for name in names:
                value = value_of(name) if value_of else None
                if value is None:
                    return None
                exponent *= value
            exponents[str(atom)] = exponents.get(str(atom), Fraction(0)) + exponent
        return Dimension.from_mapping(exponents)

    def shown(self, form: Form) -> str:
        """A dimension for a message: in words, with this file's unit."""
        dimension = self.dimension(form)
        if dimension is None:
            return self._shown_open(self.normal(form))
        unit = self.system.describe(dimension)
        return f"{name_dimension(dimension)} ({unit})" if unit else name_dimension(dimension)

    @staticmethod
    def _shown_open(form: Form) -> str:
        """A dimension with an unknown or a symbolic power in it, such as ``concentration^n``."""
        if any(is_unknown(atom) for atom, _ in form):
            return "another dimension"
        powers: dict[tuple[str, ...], dict[str, Fraction]] = {}
        for (atom, names), exponent in form.items():
            powers.setdefault(names, {})[str(atom)] = exponent
        shown = {names: name_dimension(Dimension.from_mapping(exponents)) for names, exponents in powers.items()}
        return " ".join(f"({text})^{'*'.join(names)}" if names else text for names, text in shown.items())


def _lacks_constant(factors: tuple[Expression, ...]) -> bool:
    """Whether a product has a bare number, and nothing but concentrations and times beside it."""
    if not any(is_bare(factor) and factor != MINUS_ONE for factor in factors):
        return False
    return not any(
        node.dimension is not None if isinstance(node, Number) else node.kind not in ("species", "time")
        for factor in factors
        for node in walk(factor)
        if isinstance(node, Number | Symbol)
    )


def polynomial_of(e: Expression) -> dict[tuple[str, ...], Fraction] | None:
    """An exponent as a polynomial in parameters, monomial by monomial; None for anything else."""
    match e:
        case Number(value):
            return {(): value}
        case Symbol(name, "parameter"):
            return {(name,): Fraction(1)}
        case Sum(terms):
            total: dict[tuple[str, ...], Fraction] = {}
            for term in terms:
                part = polynomial_of(term)
                if part is None:
                    return None
                for names, value in part.items():
                    total[names] = total.get(names, Fraction(0)) + value
            return {names: value for names, value in total.items() if value}
        case Product(factors):
            return _product_polynomial(factors)
        case Power(Number(value), Number(power)) if value and power == -1:
            return {(): 1 / value}
    return None


def _product_polynomial(factors: tuple[Expression, ...]) -> dict[tuple[str, ...], Fraction] | None:
    total: dict[tuple[str, ...], Fraction] = {(): Fraction(1)}
    for factor in factors:
        part = polynomial_of(factor)
        if part is None or len(total) * len(part) > _MAX_TERMS:
            return None
        product: dict[tuple[str, ...], Fraction] = {}
        for a, x in total.items():
            for b, y in part.items():
                names = tuple(sorted((*a, *b)))
                product[names] = product.get(names, Fraction(0)) + x * y
        total = product
    return {names: value for names, value in total.items() if value}
