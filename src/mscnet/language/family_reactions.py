"""The reactions of a family: what makes one member's syntax from the line of the text, for many thousand members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscnet.language.family_loops import Loops
from mscnet.language.family_names import Name
from mscnet.language.family_rewrite import Rewriter
from mscnet.language.family_values import Values, shown
from mscnet.language.patterns import Pattern
from mscnet.language.syntax import (
    BoundX,
    ClauseX,
    LawX,
    MemberX,
    OriginX,
    ReactionX,
    TermX,
    Word,
    WordX,
)

Maker = Callable[[Values], Any]


class Line:
    """A statement of the text that stands for many: what its members have in common."""

    __slots__ = ("end", "loops", "shared", "start", "suffix")

    def __init__(self, loops: Loops, statement: Any) -> None:
        self.loops, self.start, self.end = loops, statement.start, statement.end
        #: The ids of laws that are the same for every member.
        self.shared: frozenset[int] = frozenset()
        #: Which values stand in brackets after the name of a member.
        self.suffix = tuple(range(len(loops.frame.slots)))

    def text(self, values: Values) -> str:
        return self.loops.text(values)

    def text_of(self, name: str) -> str:
        """The values of the variables that the name of a reaction tells."""
        _, bracket, values = name.removesuffix(".reverse").partition("[")
        slots = list(self.loops.frame.slots)
        parts = values.removesuffix("]").split(",")
        if not bracket or len(parts) != len(slots) or len(self.suffix) != len(slots):
            return f"`{name}`"
        return ", ".join(f"{slot} = {part}" for slot, part in zip(slots, parts, strict=True))

    def once(self, first_name: str, second_name: str) -> str | None:
        """How to take each pair once, where two members differ in the order of their values alone."""
        values = [sorted(self.text_of(name).replace("=", ",").split(", ")) for name in (first_name, second_name)]
        numbers = [sorted(part.split(" , ")[-1] for part in each) for each in values]
        if numbers[0] != numbers[1]:
            return None
        loops = self.loops.node.loops
        text = self.loops.context.report.source.text
        for i, first in enumerate(loops):
            for second in loops[i + 1 :]:
                if len(first.values) == len(second.values) == 1 and second.values[0].high is not None:
                    high = text[second.values[0].high.start : second.values[0].high.end]
                    return f"take each pair once: `{second.variable.name} in {first.variable.name} .. {high}`"
        return "take each once, with a condition such as `if n <= m`"

    def brackets(self, values: Values) -> str:
        """What follows the name of a reaction without a loop variable in it: ``[2,3]``."""
        return f"[{','.join([shown(values[i]) for i in self.suffix])}]" if self.suffix else ""


class ReactionTemplate:
    """Makes the members of a reaction; parts that few variables decide are made once a value."""

    def __init__(self, node: ReactionX, rewriter: Rewriter, line: Line) -> None:
        self.node = node = rewriter.settled(node)
        self.rewriter, self.line = rewriter, line
        self.sides = [[self._term(term) for term in side] for side in node.sides]
        self.plain_arrows = rewriter.is_plain(node.arrows)
        self.plain_clauses = rewriter.is_plain(node.clauses)
        self.clauses = [self._clause(clause) for clause in node.clauses]
        laws = [item for clause in node.clauses for item in clause.items if isinstance(item, LawX)]
        line.shared = frozenset(id(law) for law in laws if rewriter.is_plain(law))
        if node.label is not None:
            used = rewriter.uses(node.label)
            line.suffix = tuple(i for i, slot in enumerate(rewriter.slots) if slot not in used)

    def __call__(self, values: Values, out: list[Any]) -> None:
        node, rewriter = self.node, self.rewriter
        sides = tuple([tuple([make(values) for make in side]) for side in self.sides])
        arrows = node.arrows if self.plain_arrows else rewriter.rewrite(node.arrows, values)
        clauses = node.clauses if self.plain_clauses else tuple([make(values) for make in self.clauses])
        label = None if node.label is None else self._label(node.label, values)
        origin = OriginX(self.line, values)
        out.append(ReactionX(label, sides, arrows, clauses, node.start, node.end, origin, node.fast))

    def _label(self, label: Any, values: Values) -> Word:
        word = self.rewriter.rewrite_name(label, values)
        return Word(word.name + self.line.brackets(values), word.start, word.end)

    def _term(self, term: TermX) -> Maker:
        rewriter = self.rewriter
        if rewriter.is_plain(term):
            return lambda _: term
        species, coefficient, start, end = term
        if isinstance(species, MemberX) and (coefficient is None or rewriter.is_plain(coefficient)):
            name = Name(species, rewriter.frame.arithmetic)
            first, last = species.start, species.end

            def make(text: str) -> TermX:
                return TermX(Word(text, first, last), coefficient, start, end)

            return lambda values: name.made(values, make)
        return lambda values: TermX(
            None if species is None else rewriter.rewrite_name(species, values),
            None if coefficient is None else rewriter.rewrite(coefficient, values),
            start,
            end,
        )

    # --- laws ---

    def _clause(self, clause: ClauseX) -> Maker:
        if self.rewriter.is_plain(clause):
            return lambda _: clause
        if clause.kind not in ("@", "rate"):
            return lambda values: self.rewriter.rewrite(clause, values)
        kind, items, start, end = clause
        makers = [self._law(item) for item in items]  # type: ignore[arg-type]
        return lambda values: ClauseX(kind, tuple([make(values) for make in makers]), start, end)

    def _law(self, law: LawX) -> Maker:
        rewriter = self.rewriter
        if rewriter.is_plain(law):
            return lambda _: law
        node, start, end = law.expression, law.start, law.end
        if isinstance(node, MemberX) and law.name is None:
            name = Name(node, rewriter.frame.arithmetic)
            return lambda values: name.made(values, lambda text: LawX(None, WordX(text, start, end), start, end))
        if law.name is not None or not Pattern.fits(node, rewriter):
            return lambda values: rewriter.rewrite(law, values)
        pattern = Pattern(node, rewriter)
        used = [i for i, slot in enumerate(rewriter.slots) if slot in pattern.uses]
        bare = [rewriter.slots[name] for name in pattern.bare]
        if len(used) == len(rewriter.slots):
            return lambda values: self._bound(law, pattern, bare, values)
        known: dict[Values, LawX] = {}

        def make(values: Values) -> LawX:
            key = tuple([values[i] for i in used])
            found = known.get(key)
            if found is None:
                found = known[key] = self._bound(law, pattern, bare, values)
            return found

        return make

    def _bound(self, law: LawX, pattern: Pattern, bare: list[int], values: Values) -> LawX:
        if any(isinstance(values[i], str) for i in bare):
            rewritten: LawX = self.rewriter.rewrite(law, values)
            return rewritten
        node = law.expression
        return LawX(None, BoundX(pattern, values, node.start, node.end, node.depth), law.start, law.end)
