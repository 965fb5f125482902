"""Which species and parameters the expressions of a mechanism hold."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from mscnet.mechanism.expression import Expression, names_in, symbols

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism


def names_used(mechanism: Mechanism, kind: Literal["species", "parameter"]) -> set[str]:
    """Names of the species or parameters that some expression holds."""
    expressions: list[Expression] = [reaction.law.expression for reaction in mechanism.reactions]
    expressions += [s.initial for s in mechanism.species if s.initial is not None]
    expressions += [item.expression for item in mechanism.derived]
    for reaction in mechanism.reactions:
        terms = (*reaction.reactants, *reaction.products, *reaction.orders)
        expressions += [t.coefficient for t in terms if not isinstance(t.coefficient, Fraction)]
    if mechanism.structure is not None:
        from mscnet.mechanism.structure import expressions_of as of_structure

        expressions += of_structure(mechanism.structure)
    names = names_in(expressions, kind)
    return names | _names_of_events(mechanism, kind) if mechanism.events else names


def _names_of_events(mechanism: Mechanism, kind: str) -> set[str]:
    """Names that events hold; a parameter that they set needs no value for that."""
    from mscnet.mechanism.events import expressions_of

    expressions = (e for event in mechanism.events for e in expressions_of(event))
    held = {s.name for e in expressions for s in symbols(e) if s.kind == kind}
    changed = (a for event in mechanism.events for a in event.actions if not a.follows)
    return held | {a.target for a in changed if a.kind == kind and (kind == "species" or a.operator != "=")}
