"""What two mechanisms really differ in, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import number_text, to_text
from mscnet.mechanism.types import Coefficient, Reaction, Term
from mscnet.records import dataclass, field

#: In the order in which they are told.
CATEGORIES = (
    "compartments", "species", "initial values", "reactions", "constants", "observables", "pathways", "options",
    "bottles", "experiments", "spectra", "data", "facts", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    `kind` is ``added`` (only the second has it), ``removed`` (only the first) or ``changed``; `before` and `after` are
    what the files say, "" where one says nothing.  `what` says how it differs, `pathway` where: "" for everywhere.
    """

    category: str
    kind: Literal["added", "removed", "changed"]
    name: str
    before: str = ""
    after: str = ""
    what: str = ""
    pathway: str = ""
    span_before: Span | None = field(default=None, compare=False, repr=False)
    span_after: Span | None = field(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The object that ``diff --json`` prints."""
        return {
            "category": self.category,
            "kind": self.kind,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "what": self.what,
            "pathway": self.pathway or None,
            "place_before": _place(self.span_before),
            "place_after": _place(self.span_after),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """What two mechanisms differ in; true where they differ.

    `renamed` are pairs of names that stand for one thing, by kind: ``species``, ``constant``, ``observable`` …  With
    `undecided`, a correspondence of names under which there are fewer changes, or none, was not ruled out in the limit.
    """

    before: str
    after: str
    changes: tuple[Change, ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()
    undecided: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def alike(self) -> bool:
        """Whether nothing differs but names, order and layout."""
        return not self.changes

    def of(self, category: str) -> tuple[Change, ...]:
        """The changes of one category."""
        return tuple(change for change in self.changes if change.category == category)

    def as_dict(self) -> dict[str, Any]:
        """The object that ``diff --json`` prints."""
        return {
            "before": self.before,
            "after": self.after,
            "alike": self.alike,
            "undecided": self.undecided,
            "renamed": [{"kind": kind, "before": a, "after": b} for kind, a, b in self.renamed],
            "changes": [change.as_dict() for change in self.changes],
        }


def _place(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"file": span.source.name, "line": span.line, "column": span.column}


def text_of(span: Span | None) -> str:
    """What a file says at a place, on one line and without comments."""
    if span is None:
        return ""
    lines = (line.split("#")[0] if '"' not in line else line for line in span.text.splitlines())
    return " ".join(" ".join(lines).split())


def member_text(reaction: Reaction) -> str:
    """A member of a family, one direction of it: ``grow[2]: F[2] -> F[3] @ ka*2``."""
    label = f"{reaction.label}: " if reaction.label else ""
    left, right = _side(reaction.reactants), _side(reaction.products)
    sign = "@" if reaction.law.kind == "mass_action" else "rate"
    law = to_text(reaction.law.expression, bracket_species=True)
    return f"{label}{left} -> {right} {sign} {law}"


def _side(terms: Sequence[Term]) -> str:
    return " + ".join(f"{_coefficient(term.written)}{term.species}" for term in terms) or "0"


def _coefficient(value: Coefficient) -> str:
    if not isinstance(value, Fraction):
        return f"({to_text(value)}) "
    return "" if value == 1 else f"{number_text(value)} "
