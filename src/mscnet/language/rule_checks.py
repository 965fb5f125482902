"""Checks of rules together: products that follow from reactants, rules that nothing can set off, idle molecules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Related, Span
from mscnet.language.scope import Reporter
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import MoleculePattern, Pattern, Rule, Structure
from mscnet.mechanism.structure_text import molecule_type_text, rule_text

#: Sites named so, in a file that declares no molecules, are most likely phases: ``A(aq)``.
_PHASES = frozenset({"aq", "g", "l", "s"})


def check_rules(mechanism: Mechanism, report: Reporter) -> bool:
    """Whether every rule makes sense by itself: its products follow from its reactants, and what it makes is whole."""
    structure = mechanism.structure
    if structure is None:
        return True
    from mscnet.rules.check import rule_troubles

    sound = True
    for trouble in rule_troubles(structure):
        report.at(trouble.code, trouble.message, trouble.span, trouble.hint)
        sound &= not trouble.code.startswith("E")
    if sound:
        _repeated_seeds(structure, report)
    return sound


def _repeated_seeds(structure: Structure, report: Reporter) -> None:
    """Initial values that are of one species, however it is written; those of imported files are added up."""
    from mscnet.rules.check import SpeciesTexts

    own = [seed for seed in structure.seeds if seed.pattern.span and seed.pattern.span.source is report.source]
    if len(own) < 2:
        return
    texts = SpeciesTexts(structure)
    seen: dict[str, Span] = {}
    for seed in own:
        checkpoint()
        span = seed.pattern.span
        first = seen.setdefault(texts.of(seed.pattern), span) if span is not None else None
        if span is not None and first is not None and span != first:
            place = (("it stands here already", first.start, first.end),)
            hint = "say once what is there at first"
            report.error("E011", "this species has an initial value already", span.start, span.end, hint, place)


def idle_rules(mechanism: Mechanism, report: Reporter) -> None:
    """What can never happen or be seen from the species that are there at first, and molecules that nothing holds."""
    structure = mechanism.structure
    if structure is None:
        return
    _phases(structure, report)
    _unused_molecules(mechanism, structure, report)
    _namesakes(mechanism, structure, report)
    _repeated_rules(structure, report)
    if not (structure.seeds or any(not rule.reactants for rule in structure.rules)):
        return
    facts = _Facts(structure, {species.name for species in mechanism.species})
    never = sorted(facts.never(), key=lambda rule: rule.span.start if rule.span else 0)
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


def _unused_molecules(mechanism: Mechanism, structure: Structure, report: Reporter) -> None:
    used = {molecule.name for pattern in structure.patterns() for molecule in pattern.molecules}
    used |= {population.population for population in structure.populations}
    used |= {species.name for species in mechanism.species}  # those without sites may stand in plain reactions
    for molecule in structure.molecules:
        if molecule.declared and molecule.name not in used:
            message = f"the molecule `{molecule.name}` takes part in nothing"
            report.at("W302", message, molecule.span, "remove it, or write a rule with it")


def _namesakes(mechanism: Mechanism, structure: Structure, report: Reporter) -> None:
    """``A -> B`` where ``A(s)`` is a molecule: a reaction of plain species, which has nothing to do with that."""
    kinds = {molecule.name: molecule for molecule in structure.molecules if molecule.sites}
    for species in mechanism.species:
        kind = kinds.get(species.name)
        if kind is None:
            continue
        holding = (r for r in mechanism.reactions if species.name in {t.species for t in (*r.reactants, *r.products)})
        span = species.span if species.declared else next((reaction.span for reaction in holding), species.span)
        message = f"`{species.name}` without brackets is a species of its own here, and no `{molecule_type_text(kind)}`"
        hint = f"write `{species.name}()` for every molecule of that name, or call the species something else"
        report.at("W304", message, span, hint)


def _repeated_rules(structure: Structure, report: Reporter) -> None:
    """The same rule twice adds its rate twice, which is seldom meant."""
    seen: dict[object, Rule] = {}
    for rule in structure.rules:
        if rule.reverse or rule.law.kind != "mass_action" or rule.span is None:
            continue
        words = rule.delete_molecules, rule.move_connected, rule.restrictions, rule.activation is None
        first = seen.setdefault((rule_text(rule), rule.pathway, *words), rule)
        if first.span is not None and first.span != rule.span:
            place = (Related("first written here", first.span),)
            message = "this rule is there already, so its rate counts twice"
            report.at("W064", message, rule.span, "remove one of the two", place)


def _phases(structure: Structure, report: Reporter) -> None:
    """``A(aq) -> B``, as chemists write a phase: here it is a site."""
    if any(molecule.declared for molecule in structure.molecules):
        return
    bound = {m.name for p in structure.patterns() for m in p.molecules if any(s.bond != "free" for s in m.sites)}
    for molecule in structure.molecules:
        names = {site.name for site in molecule.sites}
        plain = len(molecule.sites) == 1 and not molecule.sites[0].states and molecule.name not in bound
        if plain and names <= _PHASES:
            name = f"{molecule.name}({molecule.sites[0].name})"
            message = f"`{name}` is a molecule with a site `{molecule.sites[0].name}`, not a phase"
            hint = f"write the phase into the name, `{molecule.name}_{molecule.sites[0].name}`"
            report.at("W303", message, molecule.span, f"{hint}; for a site declare it: `molecule {name}`")


#: A molecule; a state of one of its sites; that such a site is free or bound.
_Fact = tuple[str] | tuple[str, str, str] | tuple[str, str, bool]


class _Facts:
    """What may be of single sites in some species that the rules make: more than is, never less."""

    def __init__(self, structure: Structure, plain: Iterable[str]) -> None:
        self.kinds = {molecule.name: molecule for molecule in structure.molecules}
        self.known: set[_Fact] = set()
        #: Rules by the first fact that they lack.
        self._waiting: dict[_Fact, list[Rule]] = {}
        self._ready: list[Rule] = list(reversed(structure.rules))
        self._all_free = False
        for name in plain:
            self._add((name,))
        for seed in structure.seeds:
            for molecule in seed.pattern.molecules:
                self._make(molecule, whole=True)
        while self._ready:
            checkpoint()
            rule = self._ready.pop()
            lacking = next((fact for pattern in rule.reactants if (fact := self.lacking(pattern)) is not None), None)
            if lacking is None:
                self._apply(rule)
            else:
                self._waiting.setdefault(lacking, []).append(rule)

    def never(self) -> list[Rule]:
        """Rules whose reactants nothing makes."""
        return [rule for rules in self._waiting.values() for rule in rules]

    def _add(self, fact: _Fact) -> None:
        if fact not in self.known:
            self.known.add(fact)
            self._ready += self._waiting.pop(fact, ())

    def _apply(self, rule: Rule) -> None:
        before = [molecule.name for pattern in rule.reactants for molecule in pattern.molecules]
        after = [molecule for pattern in rule.products for molecule in pattern.molecules]
        for molecule in after:
            self._make(molecule, whole=molecule.name not in before)
        if (len(after) < len(before) or rule.delete_molecules) and not self._all_free:
            self._all_free = True  # what was bound to a molecule that goes is free now
            for kind in self.kinds.values():
                for site in kind.sites:
                    self._add((kind.name, site.name, False))

    def _make(self, molecule: MoleculePattern, whole: bool) -> None:
        name = molecule.name
        self._add((name,))
        for site in molecule.sites:
            if site.state is not None:
                self._add((name, site.name, site.state))
            if site.bond != "any":
                self._add((name, site.name, site.bond != "free"))
        kind = self.kinds.get(name)
        if not whole or kind is None:
            return
        named = {site.name for site in molecule.sites}
        for declared in kind.sites:
            if declared.name not in named:
                self._add((name, declared.name, False))
                for state in declared.states[:1]:
                    self._add((name, declared.name, state))

    def lacking(self, pattern: Pattern) -> _Fact | None:
        """The first thing that a pattern asks for and nothing makes."""
        return next((fact for fact in _asked(pattern) if fact not in self.known), None)

    def why_not(self, patterns: Iterable[Pattern]) -> str:
        """What is lacking, in words."""
        for pattern in patterns:
            match self.lacking(pattern):
                case (name,):
                    return f"nothing makes `{name}`, and it is not there at first"
                case (name, site, str(state)):
                    return f"`{site}` of `{name}` is never in the state `{state}`"
                case (name, site, bound):
                    return f"`{site}` of `{name}` is never {'bound' if bound else 'free'}"
        return ""


def _asked(pattern: Pattern) -> Iterator[_Fact]:
    """What a pattern asks for."""
    for molecule in pattern.molecules:
        yield (molecule.name,)
        for site in molecule.sites:
            if site.state is not None:
                yield molecule.name, site.name, site.state
            if site.bond != "any":
                yield molecule.name, site.name, site.bond != "free"
