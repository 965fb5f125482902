"""Families written out: from the statements of a text, those of its members, before anything is known of names.

What does not depend on a loop variable is the same object in all members, so that later stages can look at it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mscnet.checkpoint import checkpoint
from mscnet.language.family_loops import Context, Frame, Loops, TooMany
from mscnet.language.family_reactions import Line, ReactionTemplate
from mscnet.language.family_rewrite import Rewriter
from mscnet.language.family_values import BadMember, Constants, Values
from mscnet.language.products import Stop
from mscnet.language.scope import Reporter
from mscnet.language.syntax import (
    BenchX,
    DeclarationX,
    EventX,
    FamilyX,
    FunctionX,
    ImportX,
    MemberX,
    OriginX,
    PathwayX,
    ReactionX,
    SettingX,
    StatementX,
    Word,
    WordX,
)
from mscnet.language.syntax_rules import CountX, MoleculeTypeX, RuleX

#: After so many families that are too large, the rest of a file is left unread.
MAX_REFUSED = 3

#: Puts the statements of one member at the end of a list.
Template = Callable[[Values, list[Any]], None]


def expand(statements: tuple[StatementX, ...], report: Reporter) -> tuple[StatementX, ...]:
    """The statements with every family written out; what is wrong is reported, once a place, and left out."""
    return _Expansion(statements, report).run()


class _Expansion:
    def __init__(self, statements: tuple[StatementX, ...], report: Reporter) -> None:
        self.statements, self.report = statements, report
        names = frozenset(_loop_names(statements))
        self.context = Context(report, Constants(statements, report), names, _declared(statements))
        self.outer = Rewriter(Frame(self.context, {}))

    def run(self) -> tuple[StatementX, ...]:
        report = self.report
        report.families = [(s.start, s.end) for s in _families(self.statements)]
        out: list[Any] = []
        refused = 0
        for statement in self.statements:
            checkpoint()
            before, context = len(out), self.context
            turns, members = context.turns, context.members
            try:
                self._put(statement, out)
            except TooMany:  # the others are looked at without this one
                del out[before:]
                context.turns, context.members = turns, members
                refused += 1
                if refused == MAX_REFUSED:
                    break
        report.origin = None
        report.sizes = frozenset(self.context.constants.used)
        return tuple(out)

    def _put(self, statement: Any, out: list[Any]) -> None:
        """A statement that stands in no family."""
        if isinstance(statement, FamilyX):
            template = self.template(statement, self.outer, None)
            if template is not None:
                template((), out)
        elif isinstance(statement, PathwayX | ImportX):
            inner: list[Any] = []
            for each in statement.statements:
                self._put(each, inner)
            changed: Any = statement._replace(statements=tuple(inner))
            out.append(self._headed(changed) if isinstance(statement, PathwayX) else changed)
        elif isinstance(statement, BenchX) and statement.kind == "medium":
            inner = []
            for each in statement.content.statements:
                self._put(each, inner)
            out.append(statement._replace(content=statement.content._replace(statements=tuple(inner))))
        else:
            self._put_one(statement, out)

    def _headed(self, statement: Any) -> Any:
        try:
            return _heading(statement, self.outer, ())
        except (Stop, BadMember):
            name = statement.name
            return statement._replace(name=Word(name.name, name.start, name.end), bases=(), without=())

    def _put_one(self, statement: Any, out: list[Any]) -> None:
        try:
            out.append(self.outer.rewrite(statement, ()))
        except Stop:
            pass
        except BadMember as error:
            self._bad(error)

    def _bad(self, error: BadMember) -> None:
        self.report.error("E212", str(error), error.start, error.end, error.hint)

    # --- templates ---

    def template(self, statement: Any, rewriter: Rewriter, loops: Loops | None) -> Template | None:
        """What makes the members of a statement; None, with a report, where it can have none."""
        try:
            if isinstance(statement, FamilyX):
                return self._family(statement, rewriter)
            assert loops is not None
            if not isinstance(statement, PathwayX | BenchX):
                rewriter.note_units(statement)
            if isinstance(statement, ReactionX):
                return ReactionTemplate(statement, rewriter, Line(loops, statement))
            if isinstance(statement, PathwayX):
                return self._block(statement, statement.statements, rewriter, loops)
            if isinstance(statement, BenchX) and statement.kind == "medium":
                return self._block(statement, statement.content.statements, rewriter, loops)
            if isinstance(statement, EventX):
                return self._event(statement, rewriter, Line(loops, statement))
            self._check_place(statement, rewriter)
            line = Line(loops, statement)
            if isinstance(statement, RuleX) and statement.label is not None:
                return self._labelled(statement, rewriter, line)
            return lambda values, out: self._one(statement, rewriter, line, values, out)
        except Stop:
            return None

    def _event(self, statement: EventX, rewriter: Rewriter, line: Line) -> Template:
        if rewriter.is_plain(statement):
            message = "this event is the same for every member of the family, and would happen once for each"
            self.report.error("E214", message, statement.head_start, statement.head_end, "move it out of the block")
            raise Stop
        return self._labelled(statement, rewriter, line)

    def _labelled(self, statement: EventX | RuleX, rewriter: Rewriter, line: Line) -> Template:
        """Members with the loop variables that their label does not hold behind it, as in ``bind[Te]``."""
        if statement.label is not None:
            used = rewriter.uses(statement.label)
            line.suffix = tuple(i for i, slot in enumerate(rewriter.slots) if slot not in used)

        def put(values: Values, out: list[Any]) -> None:
            made = rewriter.rewrite(statement, values)
            label = made.label and made.label._replace(name=made.label.name + line.brackets(values))
            out.append(made._replace(label=label, origin=OriginX(line, values)))

        return put

    def _family(self, statement: FamilyX, rewriter: Rewriter) -> Template:
        loops = Loops(statement.loops, rewriter.frame)
        inner = Rewriter(loops.frame)
        statement = loops.with_places(statement)
        single = [] if rewriter.slots else _declared_once(statement, inner)
        made = [self.template(each, inner, loops) for each in statement.statements if each not in single]
        templates = [template for template in made if template is not None]
        each = sum(not isinstance(inside, FamilyX) for inside in statement.statements)

        def put(values: Values, out: list[Any]) -> None:
            out += single
            try:
                loops.take_members(values, loops.turns(values), each)
                for row in loops.rows(values):
                    self._members(templates, loops, row, out)
                    loops.made += 1
            except BadMember as error:  # of a range
                self._bad(error)
                return
            if not values and not loops.made:
                self._empty(statement)

        return put

    def _members(self, templates: list[Template], loops: Loops, row: Values, out: list[Any]) -> None:
        for template in templates:
            try:
                template(row, out)
            except BadMember as error:
                self.report.origin = OriginX(loops, row)
                self._bad(error)
                self.report.origin = None
            except Stop:  # reported, and the same for every other member
                templates.remove(template)
                return

    def _block(self, statement: Any, inside: Any, rewriter: Rewriter, loops: Loops) -> Template:
        made = [self.template(each, rewriter, loops) for each in inside]
        templates = [each for each in made if each is not None]
        if isinstance(statement, PathwayX):
            self._check_name(statement, statement.name, rewriter)

        def put(values: Values, out: list[Any]) -> None:
            inner: list[Any] = []
            for template in templates:
                template(values, inner)
            if isinstance(statement, PathwayX):
                out.append(_heading(statement, rewriter, values)._replace(statements=tuple(inner)))
            else:
                name = rewriter.rewrite_name(statement.name, values)
                content = statement.content._replace(statements=tuple(inner))
                out.append(statement._replace(name=name, content=content))

        return put

    def _one(self, statement: Any, rewriter: Rewriter, line: Line, values: Values, out: list[Any]) -> None:
        out.append(rewriter.rewrite(statement, values))

    # --- what cannot be ---

    def _empty(self, statement: FamilyX) -> None:
        loops = statement.loops
        hint = None
        for loop in loops.loops:
            for value in loop.values:
                if value.high is not None and value.step is None:
                    text = self.report.source.text
                    low, high = text[value.low.start : value.low.end], text[value.high.start : value.high.end]
                    hint = f"a range that goes down says so: `{low} .. {high} by -1`"
        if loops.condition is not None:
            hint = None
        self.report.error("W210", "this family has no member", loops.start, loops.end, hint)

    def _check_place(self, statement: Any, rewriter: Rewriter) -> None:
        if isinstance(statement, ImportX):
            message = "`import` brings in a whole file, so it cannot stand inside a family"
            self.report.error("E009", message, statement.start, statement.end, "move it out of the block")
            raise Stop
        if isinstance(statement, SettingX) or (isinstance(statement, DeclarationX) and statement.kind == "unit"):
            message = f"`{statement.kind}` holds for the whole file, so it cannot stand inside a family"
            self.report.error("E009", message, statement.start, statement.end, "move it out of the block")
            raise Stop
        if (
            isinstance(statement, DeclarationX | FunctionX | BenchX | MoleculeTypeX | CountX)
            or getattr(statement, "kind", "") == "band"
        ):
            self._check_name(statement, statement.name, rewriter)

    def _check_name(self, statement: Any, name: Any, rewriter: Rewriter) -> None:
        """A declaration in a family needs a loop variable in its name: else every member declares the same."""
        if name is None or not rewriter.is_plain(name):
            return
        variable = next(reversed(rewriter.slots))
        indexed = isinstance(statement, DeclarationX)
        shown = f"{name.name}[{variable}]" if indexed else f"{name.name}{{{variable}}}"
        hint = f"move it out of the family, or put a variable into its name: `{shown}`"
        message = f"every member of the family would declare `{name.name}`"
        self.report.error("E214", message, name.start, name.end, hint)
        raise Stop


def _heading(statement: PathwayX, rewriter: Rewriter, values: Values) -> PathwayX:
    """A pathway with the names and texts of its heading written out."""
    label = rewriter.rewrite(statement.label, values) if statement.label else None
    bases = tuple(rewriter.rewrite_name(base, values) for base in statement.bases)
    without = tuple(rewriter.rewrite_name(word, values) for word in statement.without)
    return statement._replace(
        name=rewriter.rewrite_name(statement.name, values), label=label, bases=bases, without=without
    )


def _declared_once(family: FamilyX, rewriter: Rewriter) -> list[DeclarationX]:
    """Of ``parameter k0 = 1, k[n] = n*2 for n in 1 .. 3`` those that have nothing to do with the loops."""
    declarations = [each for each in family.statements if isinstance(each, DeclarationX)]
    single = [each for each in declarations if rewriter.is_plain(each)]
    at_its_end = family.loops.start > family.statements[0].start if family.statements else False
    return single if at_its_end and len(single) < len(declarations) else []


def _families(statements: Any) -> Iterator[FamilyX]:
    """The outermost families of a file."""
    for statement in statements:
        if isinstance(statement, FamilyX):
            yield statement
        elif isinstance(statement, PathwayX):
            yield from _families(statement.statements)
        elif isinstance(statement, BenchX) and statement.kind == "medium":
            yield from _families(statement.content.statements)


def _loop_names(statements: Any) -> Iterator[str]:
    """Words that the loops of a file run over."""
    for family in _families(statements):
        for loop in family.loops.loops:
            yield from (v.low.name for v in loop.values if v.high is None and isinstance(v.low, WordX))
        yield from _loop_names(family.statements)


def _declared(statements: Any) -> dict[str, Word]:
    """The names that a file declares outside families."""
    found: dict[str, Word] = {}
    for statement in statements:
        if isinstance(statement, DeclarationX | FunctionX) and not isinstance(statement.name, MemberX):
            found.setdefault(statement.name.name, statement.name)
    return found
