"""``fast HA <-> H^+ + A^-  @ K = 1.8e-5 M``: reactions that are always at equilibrium.

They have an equilibrium constant and no rate (the rapid-equilibrium, or pre-equilibrium, hypothesis; I. H. Segel,
Enzyme Kinetics, 1975, chapter 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mscnet.language.equilibria import Equilibria, is_constant
from mscnet.language.syntax import ArrowX, LawX, ReactionX
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.thermo import Equilibrium
from mscnet.mechanism.types import RateLaw, Reaction, Term

if TYPE_CHECKING:
    from mscnet.language.reactions import Clauses, Direction, ReactionReader

_NO_RATE = "a fast step is always at equilibrium, so it has no rate"
_GIVE_K = "give its equilibrium constant alone: `@ K = …`"


def fast_reactions(
    reader: ReactionReader,
    equilibria: Equilibria,
    statement: ReactionX,
    clauses: Clauses,
    sides: Sequence[tuple[Term, ...]],
    first_arrow: int,
    pathway: str | None,
) -> Iterator[Reaction]:
    """One reaction an arrow; none, with errors, where the statement is wrong."""
    from mscnet.language.reactions import Direction

    steps = [Direction(i, arrow, sides[i], sides[i + 1], False, True) for i, arrow in enumerate(statement.arrows)]
    fit = [_may_be_fast(reader, step) for step in steps]  # each says what is wrong with it
    if not all(fit) or not _only_constants(reader, statement, clauses):
        return
    laws = clauses.laws or (None,) * len(steps)
    if len(laws) != len(steps):
        message = (
            f"{len(steps)} equilibrium constant{'s are' if len(steps) > 1 else ' is'} needed here, {len(laws)} given"
        )
        hint = "one an arrow, in reading order" if len(steps) > 1 else None
        first, last = laws[0], laws[-1]
        assert first is not None
        assert last is not None
        reader.report.error("E023", message, first.start, last.end, hint)
        return
    names = reader.names_of(statement, steps, first_arrow)
    for step, law in zip(steps, laws, strict=True):
        constant = _constant(reader, equilibria, statement, step, law, pathway)
        if constant is None:
            return
        equilibria.note_bare(constant, step)
        yield Reaction(
            name=names[step.step, False],
            reactants=step.reactants,
            products=step.products,
            orders=(),
            law=RateLaw("fast", constant.constant, constant.span),
            label=statement.label.name if statement.label else None,
            reversible=True,
            note=clauses.note,
            pathway=pathway,
            equilibrium=constant,
            span=reader.report.span(statement.start, statement.end),
        )


def _may_be_fast(reader: ReactionReader, step: Direction) -> bool:
    """Whether an arrow has both directions, a species, whole coefficients and nothing over it."""
    report, arrow = reader.report, step.arrow
    if not (arrow.forward and arrow.backward):
        message = "a fast step is an equilibrium, and this arrow has one direction"
        report.error("E282", message, arrow.start, arrow.end, "write `<->`")
        return False
    if arrow.catalysts:
        first, last = arrow.catalysts[0], arrow.catalysts[-1]
        message = "a catalyst changes no equilibrium, so nothing stands over the arrow of a fast step"
        report.error("E283", message, first.start, last.end, "leave it out, or write a binding as a step of its own")
        return False
    for term in (*step.reactants, *step.products):
        if not isinstance(term.coefficient, Fraction) or term.coefficient.denominator != 1:
            message = f"the coefficient of `{term.species}` in a fast step must be a whole number"
            reader.report.at("E283", message, term.span, "multiply the whole step, and raise K to the same power")
            return False
    if not step.reactants and not step.products:
        report.error("E283", "a fast step needs a species", arrow.start, arrow.end)
        return False
    return True


def _only_constants(reader: ReactionReader, statement: ReactionX, clauses: Clauses) -> bool:
    """Whether only ``K = …`` and a note follow the step."""
    report = reader.report
    if clauses.orders:
        items = clauses.orders[0]
        message = f"{_NO_RATE} and no kinetic orders"
        report.error("E280", message, items[0].start, items[-1].end, "leave `order` out")
        return False
    for law in clauses.laws or ():
        if clauses.kind == "rate" or not is_constant(law):
            assert statement.fast is not None
            place = (("`fast` stands here", statement.fast.start, statement.fast.end),)
            plural = len(clauses.laws or ()) == 2 * len(statement.arrows) and clauses.kind == "@"
            hint = _GIVE_K + ", or leave `fast` out"
            if plural and not any(is_constant(other) for other in clauses.laws or ()):
                from mscnet.mechanism.difference import text_of

                both = (text_of(report.span(each.start, each.end)) for each in (clauses.laws or ())[:2])
                first, second = map(_bracketed, both)
                hint = f"at equilibrium their quotient counts: `@ K = {first}/{second}`; or leave `fast` out"
            what = "rate law" if clauses.kind == "rate" else "rate constant"
            report.error("E280", f"{_NO_RATE}; this is a {what}", law.start, law.end, hint, place)
            return False
    return True


def _bracketed(text: str) -> str:
    return text if text.isidentifier() else f"({text})"


def _constant(
    reader: ReactionReader,
    equilibria: Equilibria,
    statement: ReactionX,
    step: Direction,
    law: LawX | None,
    pathway: str | None,
) -> Equilibrium | None:
    """The equilibrium constant of a step: what is given, else that of the energies of its species."""
    report = reader.report
    if law is None:
        if equilibria.has_energies(step, pathway):
            return equilibria.from_energies(step, pathway, statement.start, statement.end)
        lacking = equilibria.lacking([step], pathway)
        hint = "write `@ K = …`, with the unit of products over reactants"
        if lacking:
            hint = f"energies would give it, but {', '.join(f'`{name}`' for name in lacking)} lack theirs; {hint}"
        report.error("E281", "a fast step needs its equilibrium constant", *_ends(step.arrow), hint)
        return None
    found = equilibria.constant(law, pathway)
    if found is None:
        return None
    moving = next((s for s in symbols(found.constant) if s.kind in ("species", "observable")), None)
    if moving is not None:
        message = f"the equilibrium constant of a fast step may not depend on a concentration, as on `{moving.name}`"
        hint = "it may hold parameters, the temperature and the time; write activities into the species that react"
        report.error("E285", message, law.start, law.end, hint)
        return None
    return found


def _ends(arrow: ArrowX) -> tuple[int, int]:
    return arrow.start, arrow.end
