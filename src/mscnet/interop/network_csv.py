"""A network as a table: one row a reaction, with its sides, the kind of its law, and what stands in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction, Term, as_expression

_COLUMNS = ("reaction", "reactants", "products", "reversible_with", "law", "expression", "value", "note")


def write(mechanism: Mechanism) -> Iterator[str]:
    """The lines of the table, the names of its columns first.

    `law` is ``mass_action`` where `expression` is multiplied by the concentrations of the reactants, ``general`` where
    it is the whole rate, ``fast`` where it is the constant of an equilibrium; `value` is a number where it has one
    before a run.
    """
    model = mechanism.expanded
    yield _row(_COLUMNS)
    for reaction in model.reactions:
        yield _row(_cells(reaction, model))


def _cells(reaction: Reaction, model: Mechanism) -> tuple[str, ...]:
    value = model.evaluate(reaction.law.expression)
    return (
        reaction.name,
        _side(reaction.reactants),
        _side(reaction.products),
        reaction.partner or "",
        reaction.law.kind,
        to_text(reaction.law.expression),
        repr(value) if value == value else "",
        reaction.note or "",
    )


def _side(terms: tuple[Term, ...]) -> str:
    return " + ".join(
        term.species if term.written == 1 else f"{to_text(as_expression(term.written))} {term.species}"
        for term in terms
    )


def _row(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
