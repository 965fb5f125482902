"""Constants of reversible steps that follow from one another: ``@ k1, K = 12``, and those that energies give.

At equilibrium both directions run at one rate, so that the forward constant over the reverse one is K_c, products
over reactants (detailed balance; J. H. van 't Hoff, Études de dynamique chimique, 1884).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mscnet.language.energies import EnergyTable, equilibrium_constant, temperature_of
from mscnet.language.named_constants import refuse_named
from mscnet.language.scope import Reporter, Scope
from mscnet.language.syntax import LawX, ReactionX
from mscnet.mechanism.expression import MINUS_ONE, Expression, Number, Power, Product, is_bare
from mscnet.mechanism.steps import net_of, ways
from mscnet.mechanism.thermo import Energies, Equilibrium
from mscnet.mechanism.types import Coefficient, RateLaw, Term

if TYPE_CHECKING:
    from mscnet.language.reactions import Clauses, Direction, Made, ReactionReader
    from mscnet.language.resolve import Resolver

#: A constant for each direction, in reading order; None where it is to follow from energies.
Slots = list[LawX | None]

_NO_REVERSE = "`K = …` sets the constant of a reverse direction, and this arrow has none"
_REVERSIBLE = "write `<->` for a reversible step"
_TWO = "an equilibrium constant alone: of the two constants of this step one must be a rate constant"


def is_constant(law: LawX | None) -> bool:
    """Whether a law is written ``K = …``."""
    return law is not None and law.name is not None and law.name.name == "K"


def assigned(laws: Sequence[LawX], directions: Sequence[Direction]) -> Slots | None:
    """Which constant belongs to which direction; None where they do not fit.

    One a direction, in reading order; or one an arrow, with a ``K = …`` beside it or without, so that the reverse
    constant is to follow from energies.
    """
    if len(laws) == len(directions):
        return list(laws)
    slots: Slots = []
    waiting = list(laws)
    for direction in directions:
        if direction.reverse:
            both = waiting and (is_constant(waiting[0]) or is_constant(slots[-1]))
            slots.append(waiting.pop(0) if both else None)
        elif waiting:
            slots.append(waiting.pop(0))
        else:
            return None
    return None if waiting or None not in slots else slots


class Equilibria:
    """Makes the laws of reversible steps of which one follows from the other."""

    def __init__(
        self, scope: Scope, resolver: Resolver, report: Reporter, energies: EnergyTable, combinatorial: bool
    ) -> None:
        self.scope, self.resolver, self.report = scope, resolver, report
        self.energies, self.combinatorial = energies, combinatorial

    # --- the laws of a statement ---

    def laws(
        self,
        reader: ReactionReader,
        statement: ReactionX,
        clauses: Clauses,
        directions: list[Direction],
        first_arrow: int,
        pathway: str | None,
    ) -> list[Made] | None:
        """Laws of which some follow from the other direction's: by ``K = …``, or by energies where none is given."""
        slots = self._slots(reader, statement, clauses, directions, pathway)
        if slots is None:
            return None
        made: list[tuple[RateLaw | None, Equilibrium | None]] = []
        for direction, slot in zip(directions, slots, strict=True):
            law, equilibrium = None, None
            if slot is None and not (direction.reverse and self.has_energies(direction, pathway)):
                law = reader.symbolic_constant(direction, first_arrow, statement)
            elif slot is None:
                forward = made[-1][0]
                place = forward.span if forward is not None else None
                assert place is not None
                equilibrium = self.from_energies(directions[len(made) - 1], pathway, place.start, place.end)
            elif is_constant(slot):
                equilibrium = self.constant(slot, pathway)
            else:
                law = reader.law(slot, clauses.kind, pathway)
            if law is None and equilibrium is None:
                return None
            made.append((law, equilibrium))
        return [self._completed(made, i, direction) for i, direction in enumerate(directions)]

    def _completed(
        self, made: Sequence[tuple[RateLaw | None, Equilibrium | None]], i: int, direction: Direction
    ) -> Made:
        """The law of a direction, from that of its partner where an equilibrium constant is in its place."""
        law, equilibrium = made[i]
        if law is not None:
            return law, None
        known = made[i - 1 if direction.reverse else i + 1][0]
        assert known is not None
        assert equilibrium is not None
        return self.derived(known, equilibrium, direction), equilibrium

    def _slots(
        self,
        reader: ReactionReader,
        statement: ReactionX,
        clauses: Clauses,
        directions: list[Direction],
        pathway: str | None,
    ) -> Slots | None:
        """The constants by direction; None, with an error, where they are not those that the step needs."""
        if clauses.laws is None:
            return [None] * len(directions)
        for law in clauses.laws:
            if law.name is not None and law.name.name != "K":
                refuse_named(law, self.report)
                return None
        if not self.may_stand(clauses.laws, directions):
            return None
        slots = assigned(clauses.laws, directions)
        missing = [] if slots is None else [d for d, law in zip(directions, slots, strict=True) if law is None]
        if slots is None or not all(self.has_energies(direction, pathway) for direction in missing):
            reader.wrong_count(statement, clauses, len(directions), self.lacking(directions, pathway))
            return None
        return slots if self.is_sound(slots, directions, clauses.kind) else None

    # --- what is known ---

    def energies_of(self, direction: Direction, pathway: str | None) -> dict[str, Energies | None]:
        """The energies of the species that a step makes or uses, None for a species without."""
        if not (self.energies and direction.reactants and direction.products):
            return {}  # against nothing, only differences of energies mean anything
        net = net_of(direction.reactants, direction.products)
        return {name: self.energies.get((name, self.scope.home(name, pathway))) for name in net}

    def has_energies(self, direction: Direction, pathway: str | None) -> bool:
        """Whether every species that a step makes or uses has energies."""
        found = self.energies_of(direction, pathway)
        return bool(found) and None not in found.values()

    def lacking(self, directions: Iterable[Direction], pathway: str | None) -> list[str]:
        """Species without energies in steps of which another species has some."""
        names: dict[str, None] = {}
        for direction in directions:
            found = {} if direction.reverse else self.energies_of(direction, pathway)
            if any(found.values()):
                names |= dict.fromkeys(name for name, energies in found.items() if energies is None)
        return list(names)

    # --- what follows ---

    def constant(self, law: LawX, pathway: str | None) -> Equilibrium | None:
        """What ``K = …`` says; a name that is not known becomes a parameter."""
        expression = self.resolver.resolve(law.expression, pathway, by_use=True, constants=True)
        if expression is None:
            return None
        return Equilibrium(expression, "given", self.report.span(law.start, law.end))

    def from_energies(self, direction: Direction, pathway: str | None, start: int, end: int) -> Equilibrium | None:
        """The equilibrium constant of a step whose species all have energies."""
        temperature = temperature_of(self.scope, pathway, start, end, self.report)
        if temperature is None:
            return None
        found = {n: e for n, e in self.energies_of(direction, pathway).items() if e is not None}
        net = net_of(direction.reactants, direction.products)
        constant = equilibrium_constant(net, found, temperature, self.resolver.system)
        return Equilibrium(constant, "energies", self.report.span(start, end))

    def derived(self, known: RateLaw, equilibrium: Equilibrium, direction: Direction) -> RateLaw:
        """The law of a direction from that of its partner: ``k/K`` backwards, ``k K`` forward."""
        share = ways(direction.reactants) / ways(direction.products) if self.combinatorial else Fraction(1)
        constant = equilibrium.constant
        factors: list[Expression] = [known.expression, Power(constant, MINUS_ONE) if direction.reverse else constant]
        if share != 1:
            factors.append(Number(share))
        return RateLaw("mass_action", Product(tuple(factors)), equilibrium.span)

    # --- what cannot be ---

    def may_stand(self, laws: Sequence[LawX], directions: Sequence[Direction]) -> bool:
        """Whether there is a reversible step that ``K = …`` may belong to, if it stands there; errors where not."""
        both = any(direction.reverse for direction in directions)
        wrong = [law for law in laws if is_constant(law) and not both]
        for law in wrong:
            self._complain(law, _NO_REVERSE, _REVERSIBLE)
        return not wrong

    def is_sound(self, slots: Slots, directions: Sequence[Direction], kind: str) -> bool:
        """Whether every ``K = …`` stands beside a constant of the other direction; errors where it does not."""
        sound = True
        for i, (law, direction) in enumerate(zip(slots, directions, strict=True)):
            if law is None or not is_constant(law):
                continue
            other = i + (-1 if direction.reverse else 1)
            if kind == "rate":
                message = "an equilibrium constant sets a rate constant, so it stands after `@`, not after `rate`"
                self._complain(law, message, "write the law of the reverse direction out")
            elif not (direction.arrow.forward and direction.arrow.backward):
                self._complain(law, _NO_REVERSE, _REVERSIBLE)
            elif slots[other] is None:
                self._complain(law, _TWO, "write `@ k1, K = 12`")
            elif is_constant(slots[other]):
                sound = False
                if not direction.reverse:
                    continue
                self._complain(law, _TWO, "write `@ k1, K = 12`")
            else:
                continue
            sound = False
        return sound

    def _complain(self, law: LawX, message: str, hint: str) -> None:
        self.report.error("E231", message, law.start, law.end, hint)

    def holds(
        self,
        equilibrium: Equilibrium,
        i: int,
        directions: list[Direction],
        orders: list[tuple[Term, ...] | None],
    ) -> bool:
        """Whether an equilibrium constant holds where both directions run at one rate."""
        first = i - 1 if directions[i].reverse else i
        forward, backward = (
            directions[j].reactants if (given := orders[j]) is None else given for j in (first, first + 1)
        )
        self.note_bare(equilibrium, directions[first])
        return self.orders_agree(forward, backward, directions[first], equilibrium)

    def orders_agree(
        self, forward: tuple[Term, ...], backward: tuple[Term, ...], direction: Direction, equilibrium: Equilibrium
    ) -> bool:
        """Whether kinetic orders leave K at equilibrium: backward less forward they are products less reactants."""
        wanted: Mapping[str, Coefficient] = net_of(direction.reactants, direction.products)
        if net_of(forward, backward) == wanted:
            return True
        span = equilibrium.span
        assert span is not None
        message = "with these orders both directions do not balance where K holds"
        hint = "orders backward less those forward must be the coefficients of products less those of reactants"
        self.report.error("E232", message, span.start, span.end, hint)
        return False

    def note_bare(self, equilibrium: Equilibrium, direction: Direction) -> None:
        """A number alone for a constant that has a unit: it is in the file's, not against 1 mol/L."""
        system, span = self.resolver.system, equilibrium.span
        if equilibrium.source != "given" or span is None or not is_bare(equilibrium.constant):
            return
        net = net_of(direction.reactants, direction.products).values()
        change = sum((c for c in net if isinstance(c, Fraction)), Fraction(0))
        if not all(isinstance(c, Fraction) for c in net) or change == 0 or system.concentration.symbol == "M":
            return
        unit = system.describe(system.concentration.dimension**change)
        message = f"this equilibrium constant is taken in {unit}, the file's unit"
        hint = "one against c° = 1 mol/L has its unit: " + f"`K = 12 {_molar(change)}`"
        self.report.error("N230", message, span.start, span.end, hint)


def _molar(change: Fraction) -> str:
    power = "" if abs(change) == 1 else f"^{abs(change)}" if change.denominator == 1 else f"^({abs(change)})"
    return f"M{power}" if change > 0 else f"/M{power}"
