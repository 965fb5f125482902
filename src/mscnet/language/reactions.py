"""Reaction statements to directed reactions: sides, coefficients, orders, catalysts, laws."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from mscnet.diagnostics import Hint, instead, suggest
from mscnet.language.quantities import exponent_of
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter, Scope, undotted
from mscnet.language.syntax import (
    ArrowX,
    ClauseX,
    ExpressionX,
    LawX,
    NumberX,
    PoweredX,
    ReactionX,
    TermX,
    Text,
    Word,
    WordX,
)
from mscnet.mechanism.expression import Expression, Symbol, exact_value, symbols
from mscnet.mechanism.types import Coefficient, RateLaw, Reaction, Term
from mscnet.records import dataclass

if TYPE_CHECKING:
    from mscnet.language.equilibria import Equilibria
    from mscnet.mechanism.thermo import Equilibrium

_ONE = Fraction(1)


class Direction(NamedTuple):
    """One direction of one arrow of a statement."""

    step: int
    arrow: ArrowX
    reactants: tuple[Term, ...]
    products: tuple[Term, ...]
    reverse: bool
    net: bool


#: A law with the equilibrium constant that it follows from, if it does.
Made = tuple[RateLaw, "Equilibrium | None"]


@dataclass
class Clauses:
    """What follows the sides of a statement."""

    kind: str = "@"
    laws: tuple[LawX, ...] | None = None
    orders: tuple[tuple[PoweredX, ...], ...] = ()
    note: str | None = None


class ReactionReader:
    """Makes the reactions of a file, one statement at a time, with names and constants that nothing else has."""

    def __init__(
        self,
        scope: Scope,
        resolver: Resolver,
        report: Reporter,
        labels: Collection[str],
        equilibria: Callable[[], Equilibria],
        energies: bool,
    ) -> None:
        self.scope, self.resolver, self.report, self.labels = scope, resolver, report, labels
        #: What makes constants from others; loaded where a text needs it.
        self._equilibria, self.energies = equilibria, energies
        self.arrows = 0
        #: Names that imports brought, which no constant of a reaction without a law takes.
        self.imported: set[str] = set()
        #: Names that derived pathways give values, ``with { k1r = 0 }``, which may be such constants.
        self.replaced: list[Word] = []
        self._labels: dict[tuple[str | None, str], Word] = {}
        self._taken: set[str] | None = None

    def read(self, statement: ReactionX, pathway: str | None) -> Iterator[Reaction]:
        """The directed reactions of a statement; none, with errors, where it is wrong."""
        if statement.label is not None:
            self.enter_label(statement.label, pathway)
        clauses = self.clauses_of(statement)
        sides = [self._side(side, pathway) for side in statement.sides]
        first_arrow = self.arrows
        self.arrows += len(statement.arrows)
        if any(side is None for side in sides):
            return
        if statement.fast is not None:
            from mscnet.language.fast import fast_reactions

            known = [side for side in sides if side is not None]
            yield from fast_reactions(self, self._equilibria(), statement, clauses, known, first_arrow, pathway)
            return
        directions = list(
            _directions(statement, [side for side in sides if side is not None], self._net(statement, clauses))
        )
        laws = self._laws(statement, clauses, directions, first_arrow, pathway)
        if laws is None:
            return
        orders = self._orders(statement, clauses, len(directions), pathway)
        names = self.names_of(statement, directions, first_arrow)
        for i, direction in enumerate(directions):
            law, equilibrium = laws[i]
            if equilibrium is not None and not self._equilibria().holds(equilibrium, i, directions, orders):
                return
            yield from self._reaction(statement, clauses, direction, names, law, orders[i], pathway, equilibrium)

    # --- names ---

    def enter_label(self, label: Word, pathway: str | None) -> None:
        undotted(label, self.report)
        first = self._labels.get((pathway, label.name))
        if first is None and pathway not in self.scope.derived:
            first = self._labels.get((None, label.name))
        if first is not None:
            place = (("first used here", first.start, first.end),)
            self.report.error("E011", f"the label `{label.name}` is used twice", label.start, label.end, related=place)
        self._labels[(pathway, label.name)] = label

    def names_of(
        self, statement: ReactionX, directions: list[Direction], first_arrow: int
    ) -> dict[tuple[int, bool], str]:
        names = {}
        for direction in directions:
            if statement.label is None:
                name = self._number(first_arrow + direction.step + 1)
            elif len(statement.arrows) > 1:
                name = f"{statement.label.name}.{direction.step + 1}"
            else:
                name = statement.label.name
            names[direction.step, direction.reverse] = name + (".reverse" if direction.reverse else "")
        return names

    def _number(self, arrow: int) -> str:
        """``r3`` for the step of the third arrow, unless a label of the file is called so."""
        name = f"r{arrow}"
        while name in self.labels:
            name += "_"
        return name

    # --- sides ---

    def _side(self, side: tuple[TermX, ...], pathway: str | None) -> tuple[Term, ...] | None:
        if len(side) == 1 and side[0].species is not None and side[0].coefficient is None:
            word = side[0].species
            return (Term(word.name, _ONE, self.report.span(word.start, word.end)),)
        terms: dict[str, Term] = {}
        for term in side:
            if term.species is None:
                if not self.is_nothing(term, len(side)):
                    return None
                continue
            coefficient = self._coefficient(term, pathway)
            if coefficient is None:
                return None
            name, span = term.species.name, self.report.span(term.start, term.end)
            earlier = terms.get(name)
            if earlier is not None:
                from mscnet.mechanism.steps import added

                coefficient = added(earlier.coefficient, coefficient)
            terms[name] = Term(name, coefficient, span)
        return tuple(terms.values())

    def is_nothing(self, term: TermX, terms: int) -> bool:
        """Whether a number stands for nothing, alone on its side of so many `terms`; an error where it does not."""
        assert isinstance(term.coefficient, NumberX)
        if term.coefficient.text != "0":
            message = f"the number {term.coefficient.text} stands without a species"
            self.report.error("E002", message, term.start, term.end, "write `0` for nothing, or a species after it")
            return False
        if terms > 1:
            self.report.error("E002", "`0` stands for nothing at all, so it stands alone", term.start, term.end)
            return False
        return True

    def _coefficient(self, term: TermX, pathway: str | None) -> Coefficient | None:
        if term.coefficient is None:
            return _ONE
        node = term.coefficient
        value: Coefficient | None = exponent_of(node, self.report)
        if value is None:
            expression = self.resolver.resolve(node, pathway)
            if expression is None or not self._only_parameters(expression, node, "a coefficient"):
                return None
            exact = exact_value(expression, lambda _: None)
            value = expression if exact is None else exact
        if isinstance(value, Fraction) and value <= 0:
            kind = "negative" if value < 0 else "zero"
            hint = "what is used up stands on the left of the arrow, what is made on the right"
            self.report.error("E021", f"a {kind} coefficient", node.start, node.end, hint)
            return None
        return value

    def _only_parameters(self, expression: Expression, node: ExpressionX, what: str) -> bool:
        if not symbols(expression) and exact_value(expression, lambda _: None) is None:
            self.report.error("E018", f"{what} must be a rational number of reasonable size", node.start, node.end)
            return False
        moving = next((s for s in symbols(expression) if s.kind in ("species", "time", "observable")), None)
        if moving is not None:
            message = f"{what} may hold parameters only, not `{moving.name}`"
            self.report.error("E016", message, node.start, node.end)
        return moving is None

    # --- clauses ---

    def clauses_of(self, statement: ReactionX) -> Clauses:
        found = Clauses()
        seen: dict[str, ClauseX] = {}
        for clause in statement.clauses:
            kind = "law" if clause.kind in ("@", "rate") else clause.kind
            if kind in seen:
                place = (("the first one is here", seen[kind].start, seen[kind].end),)
                what = {"law": "rate law", "order": "list of orders"}.get(kind, "note")
                self.report.error("E009", f"a reaction has one {what}", clause.start, clause.end, related=place)
                continue
            seen[kind] = clause
            if kind == "law":
                found.kind, found.laws = clause.kind, clause.items  # type: ignore[assignment]
            elif kind == "order":
                found.orders = clause.items  # type: ignore[assignment]
            elif isinstance(clause.items[0], Text):
                found.note = clause.items[0].text
        if found.kind == "rate" and found.orders:
            clause = seen["order"]
            message = "`rate` is the whole law, so `order` has nothing to act on"
            self.report.error("E009", message, clause.start, clause.end, "write the powers into the law")
        return found

    def _net(self, statement: ReactionX, clauses: Clauses) -> bool:
        """Whether laws are one an arrow although some arrow has two directions: net rates."""
        reversible = any(arrow.forward and arrow.backward for arrow in statement.arrows)
        return clauses.kind == "rate" and reversible and len(clauses.laws or ()) == len(statement.arrows)

    def _laws(
        self,
        statement: ReactionX,
        clauses: Clauses,
        directions: list[Direction],
        first_arrow: int,
        pathway: str | None,
    ) -> list[Made] | None:
        if clauses.laws is None and not self.energies:
            return [(self.symbolic_constant(direction, first_arrow, statement), None) for direction in directions]
        if clauses.laws is None or len(clauses.laws) != len(directions) or any(law.name for law in clauses.laws):
            return self._equilibria().laws(self, statement, clauses, directions, first_arrow, pathway)
        laws = [self.law(law, clauses.kind, pathway) for law in clauses.laws]
        return None if any(law is None for law in laws) else [(law, None) for law in laws if law is not None]

    def wrong_count(self, statement: ReactionX, clauses: Clauses, wanted: int, lacking: list[str]) -> None:
        """Report that a statement has not as many constants as it needs; `lacking` are species without energies."""
        laws = clauses.laws or ()
        what = "rate constant" if clauses.kind == "@" else "rate law"
        order = "forward, then reverse" if len(statement.arrows) == 1 else "in reading order, one a direction"
        hint: str | None = f"write them after `{clauses.kind}` with commas between: {order}" if wanted > 1 else None
        if hint is not None and clauses.kind == "@" and lacking:
            names = ", ".join(f"`{name}`" for name in lacking)
            hint = f"energies would give the reverse, but {names} {'have' if len(lacking) > 1 else 'has'} none; {hint}"
        self.report.error(
            "E023",
            f"{wanted} {what}{'s are' if wanted > 1 else ' is'} needed here, {len(laws)} given",
            laws[0].start,
            laws[-1].end,
            self._decimal_comma(laws, wanted) or hint,
        )

    def _decimal_comma(self, laws: tuple[LawX, ...], wanted: int) -> Hint | None:
        """``@ 0,1 /s``: two constants for the language, one number for who has written it."""
        text = self.report.source.text[laws[0].start : laws[-1].end]
        commas = list(re.finditer(r"(?<![\w.,])(\d+),(\d+)(?![\w.,])", text))
        if len(commas) != 1 or len(laws) != wanted + 1:
            return None
        (number,) = commas
        point = f"{number[1]}.{number[2]}"
        mended = text[: number.start()] + point + text[number.end() :]
        return instead(f"a decimal point is a point: `{point}`", mended, number[1] == "0")

    def law(self, law: LawX, kind: str, pathway: str | None) -> RateLaw | None:
        """What stands after ``@`` or ``rate``; None, with an error, where it is wrong."""
        node, span = law.expression, self.report.span(law.start, law.end)
        if isinstance(node, WordX) and kind == "@":
            entry = self.scope.find(node.name, pathway)
            if entry is not None and entry.kind == "parameter" and entry.by_medium is None:
                return RateLaw("mass_action", Symbol(node.name, "parameter", span), span)
        expression = self.resolver.resolve(node, pathway, by_use=kind == "@")
        if expression is None:
            return None
        return RateLaw("mass_action" if kind == "@" else "general", expression, span)

    def symbolic_constant(self, direction: Direction, first_arrow: int, statement: ReactionX) -> RateLaw:
        """``k1`` (``k1r`` backwards) for a reaction without a law; a name that the text uses is left alone."""
        if self._taken is None:
            text = self.report.source.text
            for word in self.replaced:
                text = text[: word.start] + " " * (word.end - word.start) + text[word.end :]
            self._taken = set(re.findall(r"\bk\d+r?\w*", text)) | self.imported
        number = first_arrow + direction.step + 1
        name = f"k{number}"
        while name in self._taken or f"{name}r" in self._taken:
            name += "_"
        name += "r" if direction.reverse else ""
        self.scope.use("parameter", Word(name, direction.arrow.start, direction.arrow.end), None)
        span = self.report.span(direction.arrow.start, direction.arrow.end)
        return RateLaw("mass_action", Symbol(name, "parameter", span), span)

    # --- orders ---

    def _orders(
        self, statement: ReactionX, clauses: Clauses, directions: int, pathway: str | None
    ) -> list[tuple[Term, ...] | None]:
        given: list[tuple[Term, ...] | None] = [self._powered(items, pathway) for items in clauses.orders]
        if len(given) > directions:
            items = clauses.orders[directions]
            message = f"{len(given)} lists of orders for {directions} direction(s)"
            self.report.error("E023", message, items[0].start, items[-1].end)
        return (given + [None] * directions)[:directions]

    def _powered(self, items: tuple[PoweredX, ...], pathway: str | None) -> tuple[Term, ...]:
        terms: dict[str, Term] = {}
        for item in items:
            word = item.species
            entry = self.scope.find(word.name, pathway)
            if entry is None:
                hint = suggest(word.name, self.scope.names(pathway, ["species"]))
                self.report.error("E010", f"unknown species `{word.name}`", word.start, word.end, hint)
                continue
            if entry.kind != "species":
                self.scope.use("species", word, pathway)
                continue
            order = self._order(item, pathway)
            if word.name in terms:
                first = terms[word.name].span
                place = (("first given here", first.start, first.end),) if first else ()
                self.report.error(
                    "E011", f"the order in `{word.name}` is given twice", item.start, item.end, None, place
                )
            if order is not None:
                terms[word.name] = Term(word.name, order, self.report.span(item.start, item.end))
        return tuple(terms.values())

    def _order(self, item: PoweredX, pathway: str | None) -> Coefficient | None:
        value = exponent_of(item.exponent, self.report)
        if value is not None or item.exponent is None:
            return value
        expression = self.resolver.resolve(item.exponent, pathway)
        if expression is None or not self._only_parameters(expression, item.exponent, "an order"):
            return None
        exact = exact_value(expression, lambda _: None)
        return expression if exact is None else exact

    # --- together ---

    def _reaction(
        self,
        statement: ReactionX,
        clauses: Clauses,
        direction: Direction,
        names: dict[tuple[int, bool], str],
        law: RateLaw,
        given: tuple[Term, ...] | None,
        pathway: str | None,
        equilibrium: Equilibrium | None,
    ) -> Iterator[Reaction]:
        catalysts = self._powered(direction.arrow.catalysts, pathway) if direction.arrow.catalysts else ()
        orders: tuple[Term, ...] = ()
        if law.kind == "mass_action":
            if given is None and not self._whole(direction):
                return
            orders = _combined(direction.reactants if given is None else given, catalysts)
        yield Reaction(
            name=names[direction.step, direction.reverse],
            reactants=direction.reactants,
            products=direction.products,
            orders=orders,
            law=law,
            catalysts=catalysts,
            label=statement.label.name if statement.label else None,
            partner=names.get((direction.step, not direction.reverse)),
            reverse=direction.reverse,
            reversible=direction.net,
            note=clauses.note,
            pathway=pathway,
            equilibrium=equilibrium,
            span=self.report.span(statement.start, statement.end),
        )

    def _whole(self, direction: Direction) -> bool:
        """Whether mass action can take its orders from the coefficients: whole numbers (or symbols)."""
        for term in direction.reactants:
            if isinstance(term.coefficient, Fraction) and term.coefficient.denominator != 1:
                span = term.span
                shown = f"{float(term.coefficient):g} {term.species}"
                self.report.error(
                    "E022",
                    f"mass action with the coefficient {shown}: its kinetic order is not a whole number",
                    span.start if span else direction.arrow.start,
                    span.end if span else direction.arrow.end,
                    f"say which orders hold, as in `order {term.species}^0.5`, or give the whole law with `rate`",
                )
                return False
        return True


def _directions(statement: ReactionX, sides: list[tuple[Term, ...]], net: bool) -> Iterator[Direction]:
    for step, arrow in enumerate(statement.arrows):
        left, right = sides[step], sides[step + 1]
        if arrow.forward and arrow.backward:
            yield Direction(step, arrow, left, right, False, net)
            if not net:
                yield Direction(step, arrow, right, left, True, False)
        elif arrow.forward:
            yield Direction(step, arrow, left, right, False, False)
        else:
            yield Direction(step, arrow, right, left, False, False)


def _combined(orders: tuple[Term, ...], catalysts: tuple[Term, ...]) -> tuple[Term, ...]:
    """Kinetic orders with those of the catalysts over the arrow added."""
    if not catalysts:
        return orders
    from mscnet.mechanism.steps import added

    total = {term.species: term for term in orders}
    for term in catalysts:
        earlier = total.get(term.species)
        order = term.coefficient if earlier is None else added(earlier.coefficient, term.coefficient)
        total[term.species] = Term(term.species, order, term.span)
    return tuple(total.values())
