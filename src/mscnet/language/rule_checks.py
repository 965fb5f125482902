"""Checks of rules together: products that follow from reactants, rules that nothing can set off, idle molecules."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import MechanismError
from mscnet.language.rule_types import patterns_of
from mscnet.language.scope import Reporter
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import MoleculePattern, Pattern, Rule, SitePattern, Structure

#: Sites named so, in a file that declares no molecules, are most likely phases: ``A(aq)``.
_PHASES = frozenset({"aq", "g", "l", "s"})


def check_rules(mechanism: Mechanism, report: Reporter) -> bool:
    """Whether every rule makes sense by itself: its products follow from its reactants, and what it makes is whole."""
    structure = mechanism.structure
    if structure is None or not structure.rules:
        return True
    from mscnet.rules.graph import Vocabulary
    from mscnet.rules.transform import compile_rule

    vocabulary = Vocabulary.of(structure)
    sound, seen = True, set()
    for rule in structure.rules:
        checkpoint()
        try:
            compile_rule(rule, vocabulary)
        except MechanismError as error:
            sound = False
            for found in error.diagnostics:
                key = found.code, found.span and (found.span.start, found.span.end)
                if key not in seen:
                    seen.add(key)
                    report.add(found)
    return sound


def idle_rules(mechanism: Mechanism, report: Reporter) -> None:
    """What can never happen or be seen from the species that are there at first, and molecules that nothing holds."""
    structure = mechanism.structure
    if structure is None:
        return
    _phases(structure, report)
    _unused_molecules(structure, report)
    if not (structure.seeds or any(not rule.reactants for rule in structure.rules)):
        return
    facts = _Facts(structure, {species.name for species in mechanism.species})
    never = facts.never()
    names = {rule.name for rule in never}
    for rule in never:
        if rule.reverse and rule.partner in names:
            continue
        way = " backwards" if rule.reverse else ""
        why = facts.why_not(rule.reactants)
        message = f"this rule can never apply{way}: {why}"
        report.at("W300", message, rule.span, "give it an initial value, or correct the pattern")
    for count in structure.counts:
        idle = [pattern for pattern in count.patterns if facts.lacking(pattern) is not None]
        if len(idle) == len(count.patterns):
            message = f"`{count.name}` stays zero: {facts.why_not(idle)}"
            report.at("W301", message, count.patterns[0].span, "correct the pattern")


def _unused_molecules(structure: Structure, report: Reporter) -> None:
    used = {molecule.name for pattern in patterns_of(structure) for molecule in pattern.molecules}
    used |= {population.population for population in structure.populations}
    for molecule in structure.molecules:
        if molecule.declared and molecule.name not in used:
            message = f"the molecule `{molecule.name}` takes part in nothing"
            report.at("W302", message, molecule.span, "remove it, or write a rule with it")


def _phases(structure: Structure, report: Reporter) -> None:
    """``A(aq) -> B``, as chemists write a phase: here it is a site."""
    if any(molecule.declared for molecule in structure.molecules):
        return
    bound = {m.name for p in patterns_of(structure) for m in p.molecules if any(s.bond != "free" for s in m.sites)}
    for molecule in structure.molecules:
        names = {site.name for site in molecule.sites}
        plain = len(molecule.sites) == 1 and not molecule.sites[0].states and molecule.name not in bound
        if plain and names <= _PHASES:
            name = f"{molecule.name}({molecule.sites[0].name})"
            message = f"`{name}` is a molecule with a site `{molecule.sites[0].name}`, not a phase"
            hint = f"write the phase into the name, `{molecule.name}_{molecule.sites[0].name}`"
            report.at("W303", message, molecule.span, f"{hint}; for a site declare it: `molecule {name}`")


class _Facts:
    """What may be of single sites in some species that the rules make: more than is, never less.

    A fact is a molecule, a state of one of its sites, or that such a site is free, or bound.
    """

    def __init__(self, structure: Structure, plain: Iterable[str]) -> None:
        self.structure = structure
        self.molecules: set[str] = set(plain)
        self.states: set[tuple[str, str, str]] = set()
        self.bonds: set[tuple[str, str, bool]] = set()
        for seed in structure.seeds:
            for molecule in seed.pattern.molecules:
                self._make(molecule, whole=True)
        self.waiting = list(structure.rules)
        self._run()

    def never(self) -> list[Rule]:
        """Rules whose reactants nothing makes."""
        return self.waiting

    def _run(self) -> None:
        size = -1
        while self.waiting and size != (size := len(self.molecules) + len(self.states) + len(self.bonds)):
            checkpoint()
            left = []
            for rule in self.waiting:
                if any(self.lacking(pattern) is not None for pattern in rule.reactants):
                    left.append(rule)
                else:
                    self._apply(rule)
            self.waiting = left

    def _apply(self, rule: Rule) -> None:
        before = [molecule.name for pattern in rule.reactants for molecule in pattern.molecules]
        after = [molecule for pattern in rule.products for molecule in pattern.molecules]
        for molecule in after:
            self._make(molecule, whole=molecule.name not in before)
        if len(after) < len(before) or rule.delete_molecules:  # what was bound to a molecule that goes is free now
            for kind in self.structure.molecules:
                self.bonds.update((kind.name, site.name, False) for site in kind.sites)

    def _make(self, molecule: MoleculePattern, whole: bool) -> None:
        self.molecules.add(molecule.name)
        for site in molecule.sites:
            if site.state is not None:
                self.states.add((molecule.name, site.name, site.state))
            if site.bond != "any":
                self.bonds.add((molecule.name, site.name, site.bond != "free"))
        kind = self.structure.molecule(molecule.name)
        if not whole or kind is None:
            return
        named = {site.name for site in molecule.sites}
        for declared in kind.sites:
            if declared.name not in named:
                self.bonds.add((molecule.name, declared.name, False))
                self.states.update((molecule.name, declared.name, state) for state in declared.states[:1])

    def lacking(self, pattern: Pattern) -> tuple[MoleculePattern, SitePattern | None] | None:
        """The first part of a pattern that nothing makes."""
        for molecule in pattern.molecules:
            if molecule.name not in self.molecules:
                return molecule, None
            for site in molecule.sites:
                if site.state is not None and (molecule.name, site.name, site.state) not in self.states:
                    return molecule, site
                if site.bond != "any" and (molecule.name, site.name, site.bond != "free") not in self.bonds:
                    return molecule, site
        return None

    def why_not(self, patterns: Iterable[Pattern]) -> str:
        """What is lacking, in words."""
        for pattern in patterns:
            found = self.lacking(pattern)
            if found is None:
                continue
            molecule, site = found
            if site is None:
                return f"nothing makes `{molecule.name}`, and it is not there at first"
            if site.state is not None and (molecule.name, site.name, site.state) not in self.states:
                return f"`{site.name}` of `{molecule.name}` is never in the state `{site.state}`"
            return f"`{site.name}` of `{molecule.name}` is never {'free' if site.bond == 'free' else 'bound'}"
        return ""
