"""Reactions of families: what members of one line have in common is read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from mscnet.language.family_values import BadMember
from mscnet.language.patterns import PatternReader
from mscnet.language.products import Stop
from mscnet.language.reactions import Clauses, Direction, ReactionReader
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter, Scope
from mscnet.language.syntax import BoundX, ClauseX, LawX, ReactionX, TermX
from mscnet.mechanism.types import RateLaw, Reaction, Term

if TYPE_CHECKING:
    from mscnet.language.equilibria import Equilibria

#: After so many members with an error the others of a line are left unread.
MAX_BAD = 1_000


class MemberReader(ReactionReader):
    """Reads reactions of a file that has families, single ones among them."""

    def __init__(
        self,
        scope: Scope,
        resolver: Resolver,
        report: Reporter,
        labels: Collection[str],
        equilibria: Callable[[], Equilibria],
        energies: bool,
    ) -> None:
        super().__init__(scope, resolver, report, labels, equilibria, energies)
        self.patterns = PatternReader(resolver)
        self._first: dict[Any, int] = {}
        self._bad: dict[Any, int] = {}
        self._terms: dict[int, tuple[Term, ...]] = {}
        self._known_laws: dict[int, RateLaw | None] = {}
        self._pathway: str | None = None

    def read(self, statement: ReactionX, pathway: str | None) -> Iterator[Reaction]:
        """The directed reactions of a statement; none, with errors, where it is wrong."""
        origin = statement.origin
        if origin is None:
            yield from super().read(statement, pathway)
            return
        line, arrows = origin.line, self.arrows
        if self._bad.get(line, 0) >= MAX_BAD:
            return
        if pathway != self._pathway:  # names mean something else there
            self._terms, self._known_laws, self._pathway = {}, {}, pathway
        self.report.origin = origin
        self.report.lines[line.start, line.end] = line
        if line in self._first:  # members count arrows as the line of the text does
            self.arrows = self._first[line]
        else:
            self._first[line], arrows = arrows, arrows + len(statement.arrows)
        try:
            made = list(super().read(statement, pathway))
        except BadMember as error:
            self.report.error("E212", str(error), error.start, error.end, error.hint)
            made = []
        except Stop:  # what is wrong has been reported
            made = []
        self.arrows, self.report.origin = arrows, None
        if not made:
            self._bad[line] = self._bad.get(line, 0) + 1
        yield from made

    def names_of(
        self, statement: ReactionX, directions: list[Direction], first_arrow: int
    ) -> dict[tuple[int, bool], str]:
        names = super().names_of(statement, directions, first_arrow)
        origin = statement.origin
        if origin is None or statement.label is not None:
            return names
        brackets = origin.line.brackets(origin.values)
        return {
            key: name.removesuffix(".reverse") + brackets + (".reverse" if key[1] else "")
            for key, name in names.items()
        }

    # --- parts that members share ---

    def _side(self, side: tuple[TermX, ...], pathway: str | None) -> tuple[Term, ...] | None:
        if self.report.origin is None:
            return super()._side(side, pathway)
        terms: list[Term] = []
        for term in side:
            known = self._terms.get(id(term))
            if known is None:
                read = super()._side((term,), pathway) if term.species is not None else None
                if not read:
                    return super()._side(side, pathway)
                known = self._terms[id(term)] = read
            terms.append(known[0])
        names = {term.species for term in terms}
        return tuple(terms) if len(names) == len(terms) else super()._side(side, pathway)

    def clauses_of(self, statement: ReactionX) -> Clauses:
        if statement.origin is None:
            return super().clauses_of(statement)
        if all(clause.kind in ("@", "rate") for clause in statement.clauses) and len(statement.clauses) == 1:
            clause: ClauseX = statement.clauses[0]
            return Clauses(clause.kind, clause.items)  # type: ignore[arg-type]
        return super().clauses_of(statement)

    def law(self, law: LawX, kind: str, pathway: str | None) -> RateLaw | None:
        node = law.expression
        origin = self.report.origin
        if origin is None:
            return super().law(law, kind, pathway)
        if isinstance(node, BoundX):
            expression = self.patterns.expression(node, pathway, kind == "@")
            if expression is None:
                return None
            span = self.report.span(law.start, law.end)
            return RateLaw("mass_action" if kind == "@" else "general", expression, span)
        key = id(law)
        if key not in self._known_laws:
            shared = id(law) in origin.line.shared
            if shared:
                self.report.origin = None  # what is wrong with it is so in every member
            made = self._known_laws[key] = super().law(law, kind, pathway)
            self.report.origin = origin
            if shared and made is not None:
                self.patterns.alike[id(made.expression)] = id(made.expression)
        return self._known_laws[key]
