"""A description as text: names, units, order of parts and layout all drawn from one random number generator."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatchmethod
from random import Random

from tests.strategies.expressions import ExpressionWriter, Tokens
from tests.strategies.layout import END, Layout
from tests.strategies.model import (
    Amount,
    Arrow,
    Definition,
    Expr,
    Function,
    Model,
    Name,
    Observable,
    Option,
    Parameter,
    Pathway,
    Reaction,
    Species,
    Statement,
    Term,
)
from tests.strategies.spelling import DEFAULT, NO_UNIT, System, decimal

_ARROWS = {
    "forward": ("->", "->", "→"),
    "backward": ("<-", "←"),
    "both": ("<->", "<=>", "⇌", "⇄", "↔"),
}
_GROUPED = {Species: "species", Parameter: "parameter", Option: "option"}


@dataclass(frozen=True)
class Style:
    """What a rendering may choose: `seed` its small choices, `layout` the blanks (None: plain), units and names."""

    seed: int = 0
    layout: int | None = None
    system: System = DEFAULT
    names: tuple[tuple[str, str], ...] = ()


def render(model: Model, style: Style) -> str:
    """The text of a model.  One seed gives one choice of spellings, whatever the layout."""
    statements = _Renderer(style).statements(model.statements)
    return Layout(None if style.layout is None else Random(style.layout)).join(statements)


class _Renderer(ExpressionWriter):
    def __init__(self, style: Style) -> None:
        super().__init__(Random(style.seed), style.system, dict(style.names))

    # --- statements ---

    def statements(self, items: tuple[Statement, ...]) -> list[Tokens]:
        """Every statement, neighbours of one kind now and then in one, and the units of the file."""
        written: list[Tokens] = []
        kind: type | None = None
        for item in items:
            tokens = self._statement(item)
            if not tokens:
                continue
            if type(item) in _GROUPED:
                if kind is type(item) and self.random.random() < 0.3:
                    written[-1] += [",", *tokens]
                else:
                    written.append([_GROUPED[type(item)], *tokens])
            else:
                written.append(tokens)
            kind = type(item)
        return self._with_units(written)

    def _with_units(self, written: list[Tokens]) -> list[Tokens]:
        settings = [["time", "=", self.system.time], ["concentration", "=", self.system.concentration]]
        self.random.shuffle(settings)
        if self.system == DEFAULT and self.random.random() < 0.5:
            return written
        if self.random.random() < 0.7:
            lines = [["units", *settings[0], ",", *settings[1]]]
        else:
            lines = [["units", *setting] for setting in settings]
        for line in lines:  # they hold for the whole file, wherever they stand
            written.insert(0 if self.random.random() < 0.7 else self.random.randrange(len(written) + 1), line)
        return written

    @singledispatchmethod
    def _statement(self, item: Statement) -> Tokens:
        raise TypeError(item)

    @_statement.register
    def _(self, item: Species) -> Tokens:
        parts: list[Tokens] = []
        if item.label is not None:
            parts.append([f'"{item.label}"'])
        if item.formula is not None:
            parts.append(["of", item.formula])
        if item.constant:
            parts.append(["constant"])
        if item.initial is not None:
            parts.append(["=", *self.whole(item.initial)])
        return [self.name(item.id), *self._shuffled(parts)]

    @_statement.register
    def _(self, item: Parameter) -> Tokens:
        if not item.declared:
            return []
        shared = item.value.spelling if item.units_at else NO_UNIT
        scale = 1 if item.units_at else self.system.scale(item.dim) / item.value.spelling.factor

        def quantity(number: Fraction, place: str) -> Tokens:
            unit = shared.tokens(self.random) if place in item.units_at else []
            return [decimal(number / scale, self.random), *unit]

        parts: list[Tokens] = []
        if item.given:
            parts.append(["=", *quantity(item.value.number, "value")])
        if item.prior is not None:
            sign = self.random.choice(("±", "+-", "+/-"))
            prior = [sign, *quantity(item.prior, "prior")]
            parts[-1] += prior
        if item.bounds is not None:
            low, high = item.bounds
            parts.append(["in", *quantity(low, "low"), "..", *quantity(high, "high")])
        parts += [[word] for word in (item.scale, "fixed" if item.fixed else None) if word]
        if item.note is not None:
            parts.append([f'"{item.note}"'])
        return [self.name(item.id), *self._shuffled(parts)]

    @_statement.register
    def _(self, item: Definition) -> Tokens:
        return [self.name(item.id), "=", *self.whole(item.expression)]

    @_statement.register
    def _(self, item: Observable) -> Tokens:
        label = [] if item.label is None else [f'"{item.label}"']
        late = self.random.random() < 0.3
        head = ["observable", self.name(item.id), *([] if late else label)]
        return [*head, "=", *self.whole(item.expression), *(label if late else [])]

    @_statement.register
    def _(self, item: Function) -> Tokens:
        arguments: Tokens = []
        for argument in item.arguments:
            arguments += [*([","] if arguments else []), self.name(argument)]
        return ["function", self.name(item.id), "(", *arguments, ")", "=", *self.whole(item.body)]

    @_statement.register
    def _(self, item: Option) -> Tokens:
        if isinstance(item.value, Amount):
            return [item.name, "=", *self.expression(item.value)]
        if isinstance(item.value, Fraction):
            return [item.name, "=", decimal(item.value, self.random)]
        return [item.name, "=", self.name(item.value)]

    @_statement.register
    def _(self, item: Pathway) -> Tokens:
        tokens = ["pathway", self.name(item.id), *([] if item.label is None else [f'"{item.label}"']), "{"]
        if self.random.random() < 0.5:
            tokens.append(END)
        for i, inner in enumerate(item.statements):
            tokens += [*([END] if i else []), *self._statement(inner)]
        return [*tokens, *([END] if self.random.random() < 0.5 else []), "}"]

    # --- reactions ---

    @_statement.register
    def _(self, item: Reaction) -> Tokens:
        tokens = [] if item.label is None else [self.name(item.label), ":"]
        for i, side in enumerate(item.sides):
            tokens += (self._arrow(item.arrows[i - 1]) if i else []) + self._side(side)
        clauses = [self._laws(item)] if item.laws else []
        if item.orders is not None:
            clauses.append(self._orders(item.orders))
        if item.note is not None:
            clauses.append([f'"{item.note}"'])
        return tokens + [token for clause in self._shuffled_lists(clauses) for token in clause]

    def _side(self, side: tuple[Term, ...]) -> Tokens:
        if not side:
            return [self.random.choice(("0", "∅"))]
        tokens: Tokens = []
        for term in side:
            tokens += [*(["+"] if tokens else []), *self._coefficient(term.coefficient), self.name(term.species)]
        return tokens

    def _coefficient(self, value: Fraction | Expr) -> Tokens:
        if not isinstance(value, Fraction):
            return ["(", *self.expression(value), ")"]
        if value == 1 and self.random.random() < 0.9:
            return []
        quotient = [str(value.numerator), "/", str(value.denominator)]
        style = self.random.random()
        if style < 0.2:
            return ["(", *quotient, ")"]
        return quotient if value.denominator == 3 or style < 0.4 else [decimal(value, self.random)]

    def _arrow(self, arrow: Arrow) -> Tokens:
        if not arrow.catalysts:
            return [self.random.choice(_ARROWS[arrow.direction])]
        inside: Tokens = []
        for species, order in arrow.catalysts:
            comma = [","] if inside and self.random.random() < 0.5 else []
            inside += [*comma, self.name(species), *self._order(order)]
        opening = "-[" if arrow.direction == "forward" else "<-["
        return [opening, *inside, "]-" if arrow.direction == "backward" else "]->"]

    def _order(self, order: Fraction | Expr) -> Tokens:
        if not isinstance(order, Fraction):
            return ["^", self.name(order.id)] if isinstance(order, Name) else ["^", "(", *self.expression(order), ")"]
        if order == 1:
            return []
        endless = order.denominator == 3
        return ["^", "(", *self._coefficient(order), ")"] if endless else ["^", decimal(order, self.random)]

    def _laws(self, item: Reaction) -> Tokens:
        tokens = ["rate" if item.full else "@"]
        for i, law in enumerate(item.laws):
            tokens += [*([","] if i else []), *self.whole(law)]
        return tokens

    def _orders(self, lists: tuple[tuple[tuple[str, Fraction | Expr], ...], ...]) -> Tokens:
        tokens = ["order"]
        for i, powers in enumerate(lists):
            tokens += [","] if i else []
            for species, order in powers:
                tokens += [self.name(species), *self._order(order)]
        return tokens

    # --- small choices ---

    def _shuffled(self, parts: list[Tokens]) -> Tokens:
        return [token for part in self._shuffled_lists(parts) for token in part]

    def _shuffled_lists(self, parts: list[Tokens]) -> list[Tokens]:
        if self.random.random() < 0.5:
            self.random.shuffle(parts)
        return parts
