"""Lines with structured patterns to directed rules: sides, laws, words and restrictions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from mscnet.diagnostics import UNSUPPORTED
from mscnet.language.quantities import exponent_of
from mscnet.language.reactions import Clauses, Direction, ReactionReader
from mscnet.language.resolve import RuleNames
from mscnet.language.rule_patterns import PatternReader
from mscnet.language.syntax import CallX, LawX, NumberX, TermX, Word
from mscnet.language.syntax_rules import PatternTermX, RestrictionX, RuleX
from mscnet.mechanism.expression import Expression, Number, symbols
from mscnet.mechanism.structure import Pattern, Restriction, Rule, rest_of_share
from mscnet.mechanism.types import RateLaw

#: So many times may a pattern stand on a side.
_MOST = 20

#: What a law is: the law, and the numbers of `activation` where it is that.
_Law = tuple[RateLaw, tuple[Expression, Expression] | None]


class RuleReader:
    """Makes rules with names and constants that nothing else in the file has: those are `reactions`'."""

    def __init__(self, reactions: ReactionReader, patterns: PatternReader) -> None:
        self.reactions, self.patterns = reactions, patterns
        self.report, self.resolver, self.scope = reactions.report, reactions.resolver, reactions.scope

    def read(self, statement: RuleX, pathway: str | None) -> Iterator[Rule]:
        """The directed rules of a line; none, with errors, where it is wrong."""
        reader = self.reactions
        if statement.label is not None:
            reader.enter_label(statement.label, pathway)
        first_arrow = reader.arrows
        reader.arrows += len(statement.arrows)
        sides = [self._side(side, pathway) for side in statement.sides]
        clauses = self._clauses(statement)
        if self._refused(statement) or any(side is None for side in sides):
            return
        known = [side for side in sides if side is not None]
        directions = list(_directions(statement))
        names = reader.names_of(statement, directions, first_arrow)  # type: ignore[arg-type]
        patterns = [(known[d.step], known[d.step + 1]) for d in directions]
        patterns = [
            (right, left) if _turned(d) else (left, right)
            for d, (left, right) in zip(directions, patterns, strict=True)
        ]
        laws = self._laws(statement, clauses, directions, patterns, first_arrow, pathway)
        restrictions = self._restrictions(statement, patterns, directions)
        if laws is None or restrictions is None:
            return
        words = {item.name for clause in statement.clauses if clause.kind == "word" for item in clause.items}  # type: ignore[attr-defined]
        for direction, (left, right), (law, activation), limits in zip(
            directions, patterns, laws, restrictions, strict=True
        ):
            yield Rule(
                name=names[direction.step, direction.reverse],
                reactants=left,
                products=right,
                law=law,
                activation=activation,
                delete_molecules="DeleteMolecules" in words,
                move_connected="MoveConnected" in words,
                restrictions=limits,
                label=statement.label.name if statement.label else None,
                partner=names.get((direction.step, not direction.reverse)),
                reverse=direction.reverse,
                note=clauses.note,
                pathway=pathway,
                span=self.report.span(statement.start, statement.end),
            )

    def _refused(self, statement: RuleX) -> bool:
        """Report what reactions have and rules have not."""
        found = False
        if statement.fast is not None:
            word, hint = statement.fast, "write it as a reversible rule with constants that are large enough"
            self._unsupported("`fast` in a rule", word.start, word.end, hint)
            found = True
        for arrow in statement.arrows:
            if arrow.catalysts:
                hint = "let it stand on both sides, `E() + S(a) -> E() + P(a)`"
                self._unsupported("catalysts over the arrow of a rule", arrow.start, arrow.end, hint)
                found = True
        for clause in statement.clauses:
            if clause.kind == "order":
                hint = "give the whole law with `rate`, or a constant that varies, `@ k*[1]`"
                self._unsupported("`order` in a rule", clause.start, clause.end, hint)
                found = True
        return found

    def _unsupported(self, what: str, start: int, end: int, hint: str) -> None:
        self.report.error(UNSUPPORTED, f"{what}: mscnet does not have this", start, end, hint)

    # --- sides ---

    def _side(self, side: tuple[TermX | PatternTermX, ...], pathway: str | None) -> tuple[Pattern, ...] | None:
        made: list[Pattern] = []
        sound = True
        for term in side:
            if isinstance(term, TermX) and term.species is None:
                sound &= self.reactions.is_nothing(term, len(side))
                continue
            pattern = self._pattern(term, pathway)
            number = self._number(term)
            if pattern is None or number is None:
                sound = False
            else:
                made += [pattern] * number
        return tuple(made) if sound else None

    def _pattern(self, term: TermX | PatternTermX, pathway: str | None) -> Pattern | None:
        if isinstance(term, PatternTermX):
            return self.patterns.pattern(term.pattern)
        assert term.species is not None
        entry = self.scope.find(term.species.name, pathway)
        if entry is not None and entry.kind != "species":
            self.scope.use("species", term.species, pathway)  # which says what else it is
            return None
        return self.patterns.plain(term.species)

    def _number(self, term: TermX | PatternTermX) -> int | None:
        if term.coefficient is None:
            return 1
        value = exponent_of(term.coefficient, self.report)
        if value is None or value.denominator != 1 or not 1 <= value <= _MOST:
            node = term.coefficient
            message = f"in a rule a coefficient is a whole number from 1 to {_MOST}"
            self.report.error("E021", message, node.start, node.end, "`2 A(b)` means `A(b) + A(b)`")
            return None
        return int(value)

    # --- clauses ---

    def _clauses(self, statement: RuleX) -> Clauses:
        plain = tuple(c for c in statement.clauses if c.kind in ("@", "rate", "note"))
        return self.reactions.clauses_of(statement._replace(clauses=plain))  # type: ignore[arg-type]

    def _laws(
        self,
        statement: RuleX,
        clauses: Clauses,
        directions: list[Direction],
        patterns: list[tuple[tuple[Pattern, ...], tuple[Pattern, ...]]],
        first_arrow: int,
        pathway: str | None,
    ) -> list[_Law] | None:
        if clauses.laws is None:
            return [(self.reactions.symbolic_constant(d, first_arrow, statement), None) for d in directions]  # type: ignore[arg-type]
        named = next((law for law in clauses.laws if law.name is not None), None)
        if named is not None and named.name is not None:
            hint = "give both constants, `@ kon, koff`, or let energies say it: `@ activation(phi, Ea)`"
            self._unsupported("an equilibrium constant in a rule", named.name.start, named.end, hint)
            return None
        given = clauses.laws
        shared = len(given) == 1 and len(directions) == 2 and _is_activation(given[0]) and clauses.kind == "@"
        if shared:
            given = (given[0], given[0])
        if len(given) != len(directions):
            self.reactions.wrong_count(statement, clauses, len(directions), [])  # type: ignore[arg-type]
            return None
        made = []
        for direction, law, (left, _) in zip(directions, given, patterns, strict=True):
            made.append(self._law(law, clauses.kind, shared and direction.reverse, left, pathway))
        return None if any(law is None for law in made) else [law for law in made if law is not None]

    def _law(
        self, law: LawX, kind: str, turned: bool, reactants: tuple[Pattern, ...], pathway: str | None
    ) -> _Law | None:
        tags = [pattern.label for pattern in reactants] + [m.label for p in reactants for m in p.molecules]
        self.resolver.rule = RuleNames(frozenset(tag for tag in tags if tag is not None), len(reactants))
        try:
            if _is_activation(law) and kind == "@":
                return self._activation(law, turned, pathway)
            made = self.reactions.law(law, kind, pathway)
        finally:
            self.resolver.rule = None
        if made is None:
            return None
        for symbol in symbols(made.expression):
            if symbol.kind == "local" and "(" not in symbol.name:
                node = law.expression
                message = f"`{symbol.name}` is the label of a pattern, and has no value"
                hint = f"an observable has one there: `Bound({symbol.name})`"
                self.report.error("E016", message, node.start, node.end, hint)
                return None
        return made, None

    def _activation(self, law: LawX, turned: bool, pathway: str | None) -> _Law | None:
        node = law.expression
        assert isinstance(node, CallX)
        span = self.report.span(law.start, law.end)
        if len(node.arguments) != 2:
            message = f"`activation` takes 2 arguments, {len(node.arguments)} given"
            hint = "the share of the energy of reaction and the barrier, in units of RT: `activation(0.5, Ea)`"
            self.report.error("E017", message, node.start, node.end, hint)
            return None
        made = [self.resolver.resolve(argument, pathway, by_use=True) for argument in node.arguments]
        if made[0] is None or made[1] is None:
            return None
        phi = made[0]
        if turned:  # the share of the energy of the way back
            phi = rest_of_share(phi)
        return RateLaw("mass_action", Number(Fraction(1), None, span), span), (phi, made[1])

    # --- restrictions ---

    def _restrictions(
        self,
        statement: RuleX,
        sides: list[tuple[tuple[Pattern, ...], tuple[Pattern, ...]]],
        directions: list[Direction],
    ) -> list[tuple[Restriction, ...]] | None:
        """What ``include_reactants`` and the like ask, for each direction of the rule."""
        made: list[list[Restriction]] = [[] for _ in directions]
        sound = True
        for clause in statement.clauses:
            if clause.kind != "restriction":
                continue
            node = clause.items[0]
            assert isinstance(node, RestrictionX)
            kind, _, side = node.word.name.partition("_")
            patterns = [self.patterns.counted(one, False) for one in node.patterns]
            for i, direction in enumerate(directions):
                turned = {"reactants": "products", "products": "reactants"}[side] if direction.reverse else side
                named = sides[i][0] if turned == "reactants" else sides[i][1]
                if not self._is_number(node.number, len(named), side) or any(p is None for p in patterns):
                    sound = False
                    break
                span = self.report.span(node.start, node.end)
                known = tuple(p for p in patterns if p is not None)
                made[i].append(Restriction(kind, turned, int(node.number.text), known, span))  # type: ignore[arg-type]
        return [tuple(one) for one in made] if sound else None

    def _is_number(self, number: NumberX, patterns: int, side: str) -> bool:
        if number.text.isdigit() and 1 <= int(number.text) <= patterns:
            return True
        message = f"there is no pattern {number.text} among the {side}"
        hint = f"they are counted from 1 to {patterns}" if patterns > 1 else f"it has one: {side[:-1]} 1"
        hint = hint if patterns else f"this rule has no {side}"
        self.report.error("E308", message, number.start, number.end, hint)
        return False


def _directions(statement: RuleX) -> Iterator[Direction]:
    for step, arrow in enumerate(statement.arrows):
        if arrow.forward or arrow.backward:
            yield Direction(step, arrow, (), (), False, False)
        if arrow.forward and arrow.backward:
            yield Direction(step, arrow, (), (), True, False)


def _turned(direction: Direction) -> bool:
    """Whether a direction goes from right to left in the text."""
    return direction.reverse or not direction.arrow.forward


def _is_activation(law: LawX) -> bool:
    node = law.expression
    return isinstance(node, CallX) and isinstance(node.function, Word) and node.function.name == "activation"
