"""What compartments do to the constants of generated reactions, where species are counted.

The constant of a step of two or more reactants is divided by the sizes of all their compartments but one: of a surface
where there is one, else of a volume; that of a step without reactants is multiplied by the size of the compartment of
its products (J. S. Hogg, L. A. Harris, L. J. Stover, N. S. Nair, J. R. Faeder, PLoS Comput. Biol. 2014, 10, e1003544;
L. A. Harris, J. S. Hogg, J. R. Faeder, Proc. Winter Simulation Conference 2009, 908).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mscnet.mechanism.expression import MINUS_ONE, Expression, Number, Power, Product
from mscnet.mechanism.structure import Place


class Sizes:
    """The factors that compartments give to reactions; reactions of species in the same compartments share them."""

    def __init__(self, places: Sequence[Place], texts: Sequence[str], per_unit: float | None) -> None:
        """`texts` are of the generated species, by number; `per_unit` is how many of them an amount of one is."""
        self._places = {place.name: place for place in places}
        self._of = [self._places.get(_place(text)) for text in texts] if places else []
        self._per_unit = None if per_unit is None else Number(Fraction(repr(per_unit)))
        self._known: dict[tuple[tuple[str, ...], bool], tuple[Expression, ...]] = {}

    def factors(self, reactants: Sequence[int], products: Sequence[int]) -> tuple[Expression, ...]:
        """What the constant of such a reaction is multiplied with; the same object for the same compartments."""
        if not self._places:
            return ()
        there = [place for i in reactants if (place := self._of[i]) is not None]
        if there:
            key = (tuple(place.name for place in there), True)
        else:
            there = [place for i in products if (place := self._of[i]) is not None]
            key = (tuple(place.name for place in there), False)
        if key not in self._known:
            self._known[key] = self._divided(there) if key[1] else _made_in(there)
        return self._known[key]

    def _divided(self, places: Sequence[Place]) -> tuple[Expression, ...]:
        surfaces = [place for place in places if place.dimension == 2]
        volumes = [place for place in places if place.dimension == 3]
        rest = (*surfaces[1:], *volumes) if surfaces else tuple(volumes[1:])
        return tuple(Power(self._counted(place.size), MINUS_ONE) for place in rest)

    def _counted(self, size: Expression) -> Expression:
        return size if self._per_unit is None else Product((self._per_unit, size))


def _made_in(places: Sequence[Place]) -> tuple[Expression, ...]:
    """Steps without reactants happen everywhere in one compartment; in several, nothing says where."""
    return (places[0].size,) if places and all(place is places[0] for place in places) else ()


def _place(text: str) -> str:
    """The compartment of a species, which its text begins with: ``@PM:``."""
    return text[1:].partition(":")[0] if text.startswith("@") else ""
