"""The reactions of a BioNetGen network; most of a large file is made of them, so reading them is lean.

Sides and rate laws repeat a lot: each is read once, and reactions share what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from mscnet.diagnostics import Span
from mscnet.interop.bionetgen_laws import Laws
from mscnet.interop.bionetgen_names import Names
from mscnet.interop.bionetgen_text import Line, check_number, number_of
from mscnet.interop.faults import Fault, Faults
from mscnet.mechanism.types import Reaction, Term

_FORM = "a reaction is a number, its reactants, its products and its rate, as in `1 1,2 3 kon`"
_ONE = Fraction(1)

#: The distinct species of a side, and their names with repeats.
Side = tuple[tuple[Term, ...], tuple[str, ...]]


class ReactionReader:
    """Makes the reactions of one network."""

    def __init__(self, names: Names, faults: Faults) -> None:
        self._names, self._faults = names, faults
        self._laws = Laws(names.anything)
        self._sides: dict[str, Side] = {"0": ((), ())}
        self._terms = {name: Term(name, _ONE) for name in names.species}
        self._notes: dict[str, str] = {}

    def read(self, lines: Iterable[Line]) -> list[Reaction]:
        """The reactions of the lines; what is wrong is reported and left out."""
        made, number = [], 0
        for line in lines:
            number += 1
            try:
                made.append(self._reaction(line, number))
            except Fault as fault:
                number = number_of(line) or number  # one line that is missing is one fault
                self._faults.add(fault)
        return made

    def _reaction(self, line: Line, number: int) -> Reaction:
        words = line.text.split(None, 3)
        if words[0] != str(number):
            check_number(line, number, "reaction")
        if len(words) < 4:
            raise Fault("E002", "this reaction ends too early", line.start, line.end, _FORM)
        _, left, right, rate = words
        sides = self._sides
        if left not in sides:
            sides[left] = self._side(left, line.start + line.text.index(left, len(words[0])))
        if right not in sides:
            at = line.text.index(left, len(words[0])) + len(left)
            sides[right] = self._side(right, line.start + line.text.index(right, at))
        reactants, names = sides[left]
        law = self._laws.read(rate, line.end - len(rate), names)
        return Reaction(
            name=f"r{number}",
            reactants=reactants,
            products=sides[right][0],
            orders=reactants if law.kind == "mass_action" else (),
            law=law,
            note=self._notes.setdefault(line.comment, line.comment) or None,
            span=Span(self._faults.source, line.start, line.end),
        )

    def _side(self, text: str, start: int) -> Side:
        names = []
        for number in text.split(","):
            names.append(self._names.species_at(number, start))
            start += len(number) + 1
        if len(names) == 1:
            return (self._terms[names[0]],), (names[0],)
        terms = (self._terms[n] if c == 1 else Term(n, Fraction(c)) for n, c in Counter(names).items())
        return tuple(terms), tuple(names)
