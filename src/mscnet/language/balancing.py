"""The coefficients that would balance a reaction, where compositions and charges leave no choice."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from mscnet.diagnostics import Edit, Fix, Span
from mscnet.mechanism.expression import number_text
from mscnet.mechanism.types import Species, Term

#: A balance with larger coefficients is more likely a sign of a missing species.
LARGEST = 30


def balanced(
    reactants: Sequence[tuple[Term, Species]], products: Sequence[tuple[Term, Species]], arrow: str = "->"
) -> tuple[str, tuple[Fix, ...]] | None:
    """The balanced equation as text, ``2 A -> B``, and the fix that writes it; None where there is none or several.

    The null space of the matrix of elements (each unknown size counts by itself) and charge is found by exact
    elimination; one dimension, with every coefficient above zero, is an answer (Smith & Missen, Chemical Reaction
    Equilibrium Analysis, 1982, ch. 2).
    """
    members = [*reactants, *products]
    if len({term.species for term, _ in members}) < len(members):
        return None
    signs = [1] * len(reactants) + [-1] * len(products)
    keys: dict[tuple[str, str], int] = {}
    columns: list[dict[int, Fraction]] = []
    for (_, species), sign in zip(members, signs, strict=True):
        column: dict[int, Fraction] = {}
        for element, form in species.composition.elements if species.composition else ():
            for size, number in form:
                column[keys.setdefault((element, size), len(keys))] = sign * Fraction(number)
        column[keys.setdefault(("", ""), len(keys))] = Fraction(sign * (species.charge or 0))
        columns.append(column)
    found = _kernel([[column.get(row, Fraction(0)) for column in columns] for row in range(len(keys))], len(columns))
    if found is None or min(found) <= 0:
        return None
    scale = lcm(*(x.denominator for x in found))
    whole = [int(x * scale) for x in found]
    divisor = gcd(*whole)
    whole = [x // divisor for x in whole]
    if max(whole) > LARGEST or all(x == term.coefficient for x, (term, _) in zip(whole, members, strict=True)):
        return None
    written = [_written(x, term) for x, (term, _) in zip(whole, members, strict=True)]
    text = f"{' + '.join(written[: len(reactants)])} {arrow} {' + '.join(written[len(reactants) :])}"
    spans = [term.span for term, _ in members]
    if any(span is None for span in spans):
        return text, ()
    edits = tuple(
        Edit(span, new) for span, new in zip(spans, written, strict=True) if isinstance(span, Span) and span.text != new
    )
    return text, (Fix(f"write `{text}`", edits),)


def _written(number: int, term: Term) -> str:
    return term.species if number == 1 else f"{number_text(Fraction(number))} {term.species}"


def _kernel(rows: list[list[Fraction]], width: int) -> list[Fraction] | None:
    """The vector that spans the null space of a matrix, its last entry 1; None where that is not one line."""
    pivots: list[int] = []
    for column in range(width):
        place = len(pivots)
        pivot = next((i for i in range(place, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[place], rows[pivot] = rows[pivot], rows[place]
        head = rows[place][column]
        rows[place] = [x / head for x in rows[place]]
        for i, row in enumerate(rows):
            if i != place and row[column]:
                factor = row[column]
                rows[i] = [x - factor * y for x, y in zip(row, rows[place], strict=True)]
        pivots.append(column)
    free = [column for column in range(width) if column not in pivots]
    if len(free) != 1:
        return None
    vector = [Fraction(0)] * width
    vector[free[0]] = Fraction(1)
    for i, column in enumerate(pivots):
        vector[column] = -rows[i][free[0]]
    return vector
