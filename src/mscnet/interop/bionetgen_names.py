"""What the names and numbers of a BioNetGen network stand for."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from mscnet.diagnostics import Source, Span, suggest
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import FUNCTIONS, TIME_SYMBOL, Expression, Symbol

Kind = Literal["parameter", "definition", "observable"]

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: Names that an expression could not tell from a function or the time.
_BUILT_IN = {*FUNCTIONS, "time"}


class Names:
    """Parameters, functions and groups by name, species by number."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, tuple[Symbol, Span]] = {}
        self._parameters: set[str] = set()
        #: Names of species in order; the first is number 1.
        self.species: list[str] = []
        #: Why names may be unknown: the file is cut off within a block, which is said there, or has no groups.
        self.cut_off = self.without_groups = False

    @property
    def taken(self) -> Collection[str]:
        """Every name that is declared."""
        return self._known

    def is_parameter(self, name: str) -> bool:
        """Whether `name` is that of a parameter."""
        return name in self._parameters

    # --- declaring ---

    def check_new(self, name: str, span: Span) -> None:
        """Raises a Fault where `name` is none, or means something already."""
        if _NAME.fullmatch(name) is None:
            hint = "a name is of letters, digits and _, and does not begin with a digit"
            raise Fault("E002", f"`{name[:40]}` is not a name", span.start, span.end, hint)
        if name in _BUILT_IN:
            raise Fault("E011", f"`{name}` is the name of a built-in function", span.start, span.end)
        if name in self._known:
            fault = Fault("E011", f"`{name}` is declared twice", span.start, span.end)
            fault.related = ("first declared here", self._known[name][1])
            raise fault

    def declare(self, name: str, kind: Kind, span: Span) -> None:
        """Enter a name."""
        self._known[name] = (Symbol(name, kind), span)

    def declare_parameter(self, name: str, computed: bool, span: Span) -> None:
        """Enter the name of a parameter; one that is `computed` from others is a derived value."""
        self.declare(name, "definition" if computed else "parameter", span)
        self._parameters.add(name)

    # --- looking up ---

    def parameter(self, name: str, start: int, end: int) -> Expression:
        """The parameter `name`; what stands in parameters and initial populations."""
        if name in self._known and name not in self._parameters:
            message = f"`{name}` changes during a run, so it cannot stand here"
            raise Fault("E016", message, start, end, "only numbers and parameters have a value before the run")
        return self._find(name, start, end, "parameter")

    def anything(self, name: str, start: int, end: int) -> Expression:
        """The parameter, function or group `name`, or the time; what stands in functions and rates."""
        return TIME_SYMBOL if name == "time" else self._find(name, start, end, "parameter, function or group")

    def _find(self, name: str, start: int, end: int, kinds: str) -> Expression:
        if name not in self._known:
            if self.cut_off:
                return Symbol(name, "parameter")
            hint = suggest(name, self._known)
            if hint is None and self.without_groups and "group" in kinds:
                hint = "there is no block `groups` in this network: was the file cut off?"
            hint = hint or f"a {kinds} is declared before it is used"
            raise Fault("E010", f"unknown {kinds} `{name}`", start, end, hint)
        return self._known[name][0]

    def species_at(self, number: str, start: int) -> str:
        """The name of the species that a text of digits numbers; raises a Fault where there is none."""
        end = start + max(1, len(number))
        if not number.isdecimal() or not number.isascii():
            raise Fault("E002", f"`{number[:40]}` is not the number of a species", start, end)
        if len(number) > 12 or not 1 <= int(number) <= len(self.species):
            hint = f"species are numbered from 1 to {len(self.species)}"
            raise Fault("E010", f"there is no species {number[:40]}", start, end, hint)
        return self.species[int(number) - 1]
