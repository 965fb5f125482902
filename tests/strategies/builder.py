"""The builder that features share: it draws species, parameters and numbers, and keeps what was made."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.strategies.model import (
    Amount,
    Call,
    Definition,
    Expr,
    Level,
    Model,
    Name,
    Number,
    Parameter,
    Pathway,
    Reaction,
    Species,
    Statement,
    Sum,
    over,
    plus,
    times,
)
from tests.strategies.spelling import LEVEL, NO_UNIT, PER_TIME, PURE, RATE, Dim, Spelling, spellings

T = TypeVar("T")

NOTES = ("a note", "ref. 12, Fig. 4 (b)", "k₁ → # @ {x};", "")
#: Units of gentle size: a run with values in them ends soon and stays finite.
_TAME = {"mM", "min", "K"}


class Builder:
    """Makes a model piece by piece.

    `complete`: every parameter has a value.  `tame`: values of one size, so that the model can be simulated.
    """

    def __init__(self, draw: Any, complete: bool = True, tame: bool = False) -> None:
        self._draw, self.complete, self.tame = draw, complete, tame
        self.statements: list[Statement] = []
        self.plain: list[str] = []
        self.declared: dict[str, Species] = {}
        self.parameters: dict[str, Parameter] = {}
        self._counts: dict[str, int] = {}

    # --- drawing ---

    def draw(self, strategy: st.SearchStrategy[T]) -> T:
        result: T = self._draw(strategy)
        return result

    def one_of(self, *choices: T) -> T:
        return self.draw(st.sampled_from(choices))

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def count(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def decimal(self) -> Fraction:
        """A positive number of at most three digits."""
        if self.tame:
            return Fraction(self.count(1, 20), 10)
        return Fraction(self.count(1, 999), 10 ** self.count(0, 4))

    def note(self) -> str | None:
        return self.one_of(None, None, *NOTES)

    def fresh(self, prefix: str) -> str:
        self._counts[prefix] = self._counts.get(prefix, 0) + 1
        return f"{prefix}{self._counts[prefix]}"

    # --- names ---

    def species(self) -> str:
        """A species without a composition, new or known."""
        if len(self.plain) < 2 or (len(self.plain) < 8 and self.chance()):
            self.plain.append(self.fresh("X"))
            return self.plain[-1]
        return self.draw(st.sampled_from(self.plain))

    def spelling(self, dim: Dim) -> Spelling | None:
        choices = spellings(dim)
        if self.tame:
            choices = tuple(s for s in choices if all(word in _TAME for word, _ in s.words))
        return self.draw(st.sampled_from(choices)) if choices else None

    def amount(self, dim: Dim, may_be_bare: bool = False) -> Amount | None:
        """A number of a dimension, None where no unit of it can be written."""
        if dim == PURE:
            return Amount(self.decimal(), NO_UNIT)
        spelling = self.spelling(dim)
        return None if spelling is None else Amount(self.decimal(), spelling, may_be_bare and self.chance())

    def parameter(self, dim: Dim) -> Name:
        """A declared parameter of a dimension, new or known."""
        known = [p.id for p in self.parameters.values() if p.dim == dim and p.declared]
        if known and self.chance():
            return Name(self.draw(st.sampled_from(known)))
        return Name(self._new_parameter(dim, declared=True).id)

    def whole_parameter(self, low: int = 1, high: int = 3) -> Name:
        """A pure parameter whose value is a small whole number."""
        return self._power_parameter(Fraction(self.count(low, high)))

    def exponent(self) -> Name:
        """A pure parameter of a size that an exponent has."""
        return self._power_parameter(Fraction(self.count(1, 6), 2))

    def _power_parameter(self, number: Fraction) -> Name:
        value = Amount(number, NO_UNIT)
        item = Parameter(self.fresh("n"), PURE, value)
        self._keep(item)
        return Name(item.id)

    def constant_by_use(self, dim: Dim) -> Name:
        """A parameter that a law brings into being."""
        return Name(self._new_parameter(dim, declared=False).id)

    def _new_parameter(self, dim: Dim, declared: bool) -> Parameter:
        spelling = self.spelling(dim) if dim != PURE else NO_UNIT
        if spelling is None:  # no unit can be written: a bare number takes its dimension from its use
            value, units = self._fractional(dim), frozenset[str]()
        else:
            value = Amount(self.decimal(), spelling)
            places = st.frozensets(st.sampled_from(("value", "prior", "low", "high")))
            units = self.draw(places) if dim != PURE else frozenset()
        given = declared and (self.complete or self.chance())
        item = Parameter(self.fresh("p"), dim, value, declared, given)
        if declared:
            item = self._with_extras(item, units)
        self._keep(item)
        return item

    def _fractional(self, dim: Dim) -> Amount:
        """A value for a dimension with broken powers, in mol/L and s."""
        return Amount(self.decimal(), Spelling((), Fraction(1)), bare=True)

    def _with_extras(self, item: Parameter, units: frozenset[str]) -> Parameter:
        number, factor = item.value.number, self.decimal()
        bounds = (number / (1 + factor), number * (1 + factor)) if self.chance() else None
        if bounds is not None and not self.tame:
            bounds = tuple(Fraction(f"{float(b):.3g}") for b in bounds)  # type: ignore[assignment]
            bounds = bounds if bounds[0] < bounds[1] else None
        prior = factor if item.given and self.chance() else None
        there = {"value"} if item.given else set[str]()
        there |= {"low", "high"} if bounds else set()
        there |= {"prior"} if prior else set()
        return Parameter(
            item.id,
            item.dim,
            item.value,
            True,
            item.given,
            bounds,
            prior,
            self.one_of(None, "log", "linear") if bounds else None,
            self.chance(),
            self.note(),
            units & there,
        )

    def _keep(self, item: Parameter) -> None:
        self.parameters[item.id] = item
        if item.declared:
            self.statements.append(item)

    def define(self, expression: Expr, dim: Dim) -> Name:
        item = Definition(self.fresh("d"), expression, dim)
        self.statements.append(item)
        return Name(item.id)

    def label(self) -> str | None:
        return self.fresh("step") if self.chance() else None

    # --- expressions ---

    def number(self, dim: Dim) -> Expr:
        """A parameter or a number with its unit."""
        amount = self.amount(dim) if self.chance() else None
        return amount if amount is not None else self.parameter(dim)

    def level_scale(self) -> Expr:
        return self.number(LEVEL)

    def factor(self) -> Expr:
        """A positive pure number that may depend on species and time."""
        kind = self.count(0, 5)
        level = Level(self.species())
        if kind == 0:
            return plus(Number(Fraction(1)), over(level, self.level_scale()))
        if kind == 1:
            return Call("exp", (Sum(((-1, times(self.parameter(PER_TIME), Name("time"))),)),))
        if kind == 2:
            return Call(self.one_of("max", "min"), (over(level, self.level_scale()), Number(self.decimal())))
        if kind == 3:
            return over(level, plus(level, self.level_scale()))
        if kind == 4:
            wave = Call(self.one_of("sin", "cos"), (times(self.parameter(PER_TIME), Name("time")),))
            return plus(Number(Fraction(2)), wave)
        return over(Number(self.decimal()), Number(Fraction(3)))

    def constant(self, dim: Dim) -> Expr:
        """What may stand after ``@`` for a rate constant of dimension `dim`."""
        kind = self.count(0, 6)
        amount = self.amount(dim, may_be_bare=True) if kind in (1, 2) else None
        if amount is not None:
            return amount
        if kind == 3:
            return times(self.parameter(dim), self.factor())
        if kind == 4:
            return over(self.parameter(dim), Number(Fraction(12)))
        if kind == 5:
            return self.define(times(self.parameter(dim), self.factor()), dim)
        return self.parameter(dim) if kind == 6 else self.constant_by_use(dim)

    def rate(self) -> Expr:
        """A whole rate."""
        return self.number(RATE)

    # --- together ---

    def react(self, reaction: Reaction) -> None:
        self.statements.append(reaction)

    def model(self) -> Model:
        """The model made so far, its statements in an order drawn at random."""
        reacting = {id for statement in self.statements for id in reacting_species(statement)}
        for id in self.plain:
            if id not in self.declared and (id not in reacting or self.chance()):
                self.declare_species(id)
        statements = [*self.statements, *self.declared.values()]
        order = self.draw(st.permutations(statements)) if self.chance() else statements
        return Model(tuple(order), tuple(dict.fromkeys([*self.plain, *self.declared])), tuple(self.parameters.values()))

    def declare_species(self, id: str, formula: str | None = None) -> None:
        initial: Expr | None = self.one_of(None, self.amount(LEVEL, may_be_bare=True))
        if initial is not None and self.count(0, 4) == 0:
            initial = over(self.parameter(LEVEL), Number(Fraction(2)))
        constant = self.count(0, 5) == 0
        self.declared[id] = Species(id, self.note(), formula, initial, constant)


def reacting_species(statement: Statement) -> list[str]:
    """The species that a statement brings into being by use: those of its sides, and catalysts."""
    if isinstance(statement, Pathway):
        return [id for inner in statement.statements for id in reacting_species(inner)]
    if not isinstance(statement, Reaction):
        return []
    over_arrows = [id for arrow in statement.arrows for id, _ in arrow.catalysts]
    return [*(term.species for side in statement.sides for term in side), *over_arrows]
