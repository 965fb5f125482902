"""``~?`` in BNGL: a site has a state, whatever it is; at sites without states it matches nothing, as in BioNetGen."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Set

from mscnet.interop.faults import Faults
from mscnet.mechanism.structure import Count, Pattern, Restriction, Rule, SitePattern, Structure
from mscnet.records import replace

_RELATIONS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def without_the_impossible(structure: Structure, any_state: Set[int], faults: Faults) -> Structure:
    """The structure without what asks for a state of a site that has none; each is told in a warning.

    `any_state` holds where sites begin that are written with ``~?``.  An observable of which nothing is left asks for
    fewer than no matches, and counts 0.
    """
    if not any_state:
        return structure
    search = _Impossible(structure, any_state, faults)
    return replace(
        structure,
        rules=tuple(search.rules(structure.rules)),
        counts=tuple(map(search.count, structure.counts)),
        energies=tuple(one for one in structure.energies if not search.found(one.pattern, "W301", "it counts nothing")),
    )


class _Impossible:
    def __init__(self, structure: Structure, any_state: Set[int], faults: Faults) -> None:
        self._bare = {(one.name, site.name) for one in structure.molecules for site in one.sites if not site.states}
        self._any_state, self._faults = any_state, faults
        self._told: set[tuple[str, int]] = set()

    def count(self, count: Count) -> Count:
        """The observable without the patterns that match nothing."""
        kept = []
        for one in count.patterns:
            if not self.found(one, "W301", "no match of the pattern is counted"):
                kept.append(one)
            elif one.relation is not None and _RELATIONS[one.relation[0]](0, one.relation[1]):
                kept.append(replace(_open(one), relation=(">=", 0)))
        if kept:
            return replace(count, patterns=tuple(kept))
        return replace(count, kind="species", patterns=(replace(_open(count.patterns[0]), relation=("<", 0)),))

    def rules(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules that may apply."""
        kept = [replace(rule, restrictions=self._restrictions(rule)) for rule in rules if not self._never(rule)]
        names = {rule.name for rule in kept}
        return [
            rule if rule.partner is None or rule.partner in names else replace(rule, partner=None, reverse=False)
            for rule in kept
        ]

    def _never(self, rule: Rule) -> bool:
        asked = list(rule.reactants)
        needed = [one.patterns for one in rule.restrictions if one.kind == "include"]
        asked += [patterns[0] for patterns in needed if all(map(self._site, patterns))]
        return any(self.found(one, "W300", "the rule never applies") for one in asked)

    def _restrictions(self, rule: Rule) -> tuple[Restriction, ...]:
        kept = (replace(one, patterns=tuple(p for p in one.patterns if not self._site(p))) for one in rule.restrictions)
        return tuple(one for one in kept if one.patterns)

    def found(self, pattern: Pattern, code: str, effect: str) -> bool:
        """Whether a pattern matches nothing, which is reported."""
        site = self._site(pattern)
        if site is None or site.span is None:
            return False
        if (code, site.span.start) in self._told:
            return True
        self._told.add((code, site.span.start))
        message = f"`{site.name}` has no states, so `~?` matches nothing here, and {effect}"
        hint = "BioNetGen has it so, too; leave out `~?`, or declare the states of the site"
        self._faults.warn(code, message, site.span.start, site.span.end, hint)
        return True

    def _site(self, pattern: Pattern) -> SitePattern | None:
        """The first site of a pattern that is to have a state, and has none."""
        for molecule in pattern.molecules:
            for site in molecule.sites:
                if (
                    site.span is not None
                    and site.span.start in self._any_state
                    and (molecule.name, site.name) in self._bare
                ):
                    return site
        return None


def _open(pattern: Pattern) -> Pattern:
    """The first molecule of a pattern alone, with nothing said of it."""
    first = pattern.molecules[0]
    return Pattern((replace(first, sites=(), place=None, label=None),), span=pattern.span)
