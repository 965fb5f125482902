"""BioNetGen's rate laws of reactions: a constant or function times populations, and the old types by name.

The rate of a reaction is its coefficient times the product of the populations of all its reactants; factors of
symmetry are in the coefficient already.  With reactants X1, X2, … the old types are (J. R. Faeder, M. L. Blinov,
W. S. Hlavacek, Methods Mol. Biol. 500, 113, 2009):

- ``Sat k K1 K2 …``: k · ∏ Xi / ∏ (Kj + Xj), and k · ∏ Xi without any K
- ``MM k K`` with substrate S = X1 and enzyme E = X2: k · E · F / (K + F), where F, the free substrate, is
  (S - K - E + √((S - K - E)² + 4·K·S)) / 2
- ``Hill k K n``: k · X1^n / (K^n + X1^n), times the populations of the other reactants
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from mscnet.interop.bionetgen_expression import Resolve, read_expression
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import MINUS_ONE, Call, Expression, Number, Power, Product, Sum, Symbol
from mscnet.mechanism.types import RateLaw

_OLD = re.compile(r"(?:(?P<factor>\S+?)\*)?(?P<type>Sat|MM|Hill)(?P<constants>(?:\s+\S+)+)")
_REFUSED = re.compile(r"(?:\S+?\*)?(?P<type>FunctionProduct|Arrhenius|Sat|MM|Hill)\b")
_WORD = re.compile(r"\S+")
_HALF, _TWO, _FOUR = Number(Fraction(1, 2)), Number(Fraction(2)), Number(Fraction(4))

#: For each old type the fewest and the most constants, and the fewest reactants.
_NEEDS = {"Sat": (1, None, 1), "MM": (2, 2, 2), "Hill": (3, 3, 1)}


class Laws:
    """Rate laws by their text; a network has few of them, and reactions share what was read once."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._plain: dict[str, RateLaw] = {}

    def read(self, text: str, start: int, reactants: Sequence[str]) -> RateLaw:
        """The law that `text`, at `start` of its source, gives a reaction of these species, repeats included.

        Raises:
            Fault: it is no rate law, holds an unknown name, or is of a type that mscnet has not.
        """
        law = self._plain.get(text)
        if law is not None:
            return law
        old = _OLD.fullmatch(text)
        if old is not None:
            return RateLaw("general", self._old(old, start, reactants))
        refused = _REFUSED.match(text)
        if refused is not None and not text[refused.end() :].isspace():
            self._refuse(refused, text, start)
        law = self._plain[text] = RateLaw("mass_action", read_expression(text, start, self._resolve))
        return law

    def _refuse(self, found: re.Match[str], text: str, start: int) -> None:
        kind, end = found["type"], start + len(text)
        if kind in _NEEDS:
            raise Fault("E002", f"`{kind}` is followed by its constants", start, end, f"as in `{kind} k K`")
        raise Fault.unsupported(f"rate laws of the type `{kind}`", start, end)

    def _old(self, found: re.Match[str], start: int, reactants: Sequence[str]) -> Expression:
        kind, place = found["type"], start + found.start("type")
        words = [(word[0], start + word.start()) for word in _WORD.finditer(found[0], found.start("constants"))]
        least, most, species = _NEEDS[kind]
        if len(words) < least or (most is not None and len(words) > most):
            said = f"{least}" if least == most else f"{least} or more"
            raise Fault("E017", f"`{kind}` takes {said} constants, {len(words)} given", place, start + len(found[0]))
        if len(reactants) < max(species, len(words) - 1 if kind == "Sat" else 0):
            message = f"`{kind}` with these constants needs more than {len(reactants)} reactants"
            raise Fault("E017", message, place, start + len(found[0]))
        constants = [read_expression(word, at, self._resolve) for word, at in words]
        rate = _RATES[kind](constants, [Symbol(name, "species") for name in reactants])
        if found["factor"] is None:
            return rate
        return Product((read_expression(found["factor"], start, self._resolve), rate))


def _inverse(tree: Expression) -> Expression:
    return Power(tree, MINUS_ONE)


def _saturation(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    k, *halves = constants
    below = [_inverse(Sum((half, one))) for half, one in zip(halves, x, strict=False)]
    return Product((k, *x, *below))


def _michaelis_menten(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    (k, half), (substrate, enzyme) = constants, x[:2]
    excess = Sum((substrate, Product((MINUS_ONE, half)), Product((MINUS_ONE, enzyme))))
    root = Call("sqrt", (Sum((Power(excess, _TWO), Product((_FOUR, half, substrate)))),))
    free = Product((_HALF, Sum((excess, root))))
    return Product((k, enzyme, free, _inverse(Sum((half, free)))))


def _hill(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    k, half, power = constants
    raised = Power(x[0], power)
    return Product((k, raised, _inverse(Sum((Power(half, power), raised))), *x[1:]))


_RATES: dict[str, Callable[[Sequence[Expression], Sequence[Expression]], Expression]] = {
    "Sat": _saturation, "MM": _michaelis_menten, "Hill": _hill,
}  # fmt: skip
