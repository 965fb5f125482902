"""Patterns of structured species from their syntax; what is wrong in one by itself is reported here."""

from __future__ import annotations

from typing import Literal

from mscnet.language.scope import Reporter
from mscnet.language.syntax import Word
from mscnet.language.syntax_rules import CountedX, MoleculeX, PatternX, SiteX
from mscnet.mechanism.structure import Bond, MoleculePattern, Pattern, SitePattern

_WORDS: dict[str, Literal["bound", "any"]] = {"+": "bound", "?": "any"}


class PatternReader:
    """Makes patterns of syntax.  Bonds keep their numbers; named ones get numbers that are free."""

    def __init__(self, report: Reporter) -> None:
        self.report = report

    def pattern(self, node: PatternX, constant: bool = False) -> Pattern | None:
        """The pattern of a complex; None, with errors, where it is wrong."""
        bonds = self._bonds(node)
        if bonds is None:
            return None
        molecules = [self._molecule(molecule, bonds) for molecule in node.molecules]
        made = tuple(molecule for molecule in molecules if molecule is not None)
        if len(made) < len(molecules):
            return None
        return Pattern(
            made,
            place=node.place.name if node.place else None,
            label=node.tag.name if node.tag else None,
            constant=constant,
            once=node.once,
            span=self.report.span(node.start, node.end),
        )

    def plain(self, word: Word) -> Pattern:
        """A molecule that is written without brackets, and has no sites."""
        span = self.report.span(word.start, word.end)
        return Pattern((MoleculePattern(word.name, span=span),), span=span)

    def counted(self, node: CountedX, species: bool) -> Pattern | None:
        """A pattern of an observable; a relation belongs to those of kind ``species``."""
        inner = self.plain(node.pattern) if isinstance(node.pattern, Word) else self.pattern(node.pattern)
        if inner is None or node.number is None:
            return inner
        if not species:
            message = "a number of matches may be asked for where species are counted"
            hint = "write `species` in place of `molecules`, or leave the comparison out"
            self.report.error("E308", message, node.number.start, node.number.end, hint)
            return None
        if not node.number.text.isdigit():
            message = "how often a pattern is found in a species is a whole number"
            self.report.error("E308", message, node.number.start, node.number.end)
            return None
        relation = (node.operator, int(node.number.text))
        return Pattern(
            inner.molecules, inner.place, inner.label, inner.constant, inner.once,
            relation, self.report.span(node.start, node.end),  # type: ignore[arg-type]
        )  # fmt: skip

    # --- parts ---

    def _bonds(self, node: PatternX) -> dict[str, int] | None:
        """The number of each bond of a complex, by its label."""
        ends: dict[str, list[Word]] = {}
        for molecule in node.molecules:
            for site in molecule.sites:
                for bond in site.bonds:
                    if bond.name not in _WORDS:
                        ends.setdefault(bond.name, []).append(bond)
        sound = True
        for name, words in ends.items():
            if len(words) == 2:
                continue
            sound = False
            if len(words) == 1:
                message = f"the bond `!{name}` has one end only"
                hint = f"give the site that it goes to `!{name}`, too; where that is left open write `!+`"
            else:
                message = f"the bond `!{name}` has {len(words)} ends"
                hint = "a bond joins two sites: give the other ones a number of their own"
            first = words[0]
            place = (("its first end", first.start, first.end),) if len(words) > 1 else ()
            self.report.error("E305", message, words[-1].start, words[-1].end, hint, place)
        numbers = {name: int(name) for name in ends if name.isdecimal()}
        free = max(numbers.values(), default=0)
        for name in ends:
            if name not in numbers:
                free += 1
                numbers[name] = free
        return numbers if sound else None

    def _molecule(self, node: MoleculeX, bonds: dict[str, int]) -> MoleculePattern | None:
        sites = [self._site(site, bonds) for site in node.sites]
        made = tuple(site for site in sites if site is not None)
        if len(made) < len(sites):
            return None
        return MoleculePattern(
            node.name.name,
            made,
            node.place.name if node.place else None,
            node.label.name if node.label else None,
            self.report.span(node.start, node.end),
        )

    def _site(self, node: SiteX, bonds: dict[str, int]) -> SitePattern | None:
        name = node.name.name
        for words, what in ((node.states, "states"), (node.labels, "labels")):
            if len(words) > 1:
                shown = " and ".join(f"`{word.name}`" for word in words)
                message = f"the site `{name}` has two {what} here: {shown}"
                hint = "a site is in one state; those that it may be in are listed after `molecule`"
                start, end = words[0].start, words[-1].end
                self.report.error("E308", message, start, end, hint if what == "states" else None)
                return None
        bond = self._bond(node, bonds)
        if bond is None:
            return None
        state = node.states[0].name.removeprefix("~") if node.states and node.states[0].name != "?" else None
        label = node.labels[0].name if node.labels else None
        return SitePattern(name, state, bond, label, self.report.span(node.start, node.end))

    def _bond(self, node: SiteX, bonds: dict[str, int]) -> Bond | None:
        given = [bond.name for bond in node.bonds]
        if not given:
            return "free"
        words = [name for name in given if name in _WORDS]
        if words:
            if len(given) == 1:
                return _WORDS[words[0]]
            message = f"`!{words[0]}` says all that is known of the bonds of `{node.name.name}`, so it stands alone"
            self.report.error("E305", message, node.bonds[0].start, node.bonds[-1].end)
            return None
        numbers = sorted(bonds[name] for name in given)
        if len(set(numbers)) < len(numbers):
            message = f"the site `{node.name.name}` is bound to itself"
            self.report.error("E305", message, node.bonds[0].start, node.bonds[-1].end)
            return None
        return numbers[0] if len(numbers) == 1 else tuple(numbers)
