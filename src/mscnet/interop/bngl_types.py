"""Kinds of molecules in BNGL: declared ones, and those that follow from the patterns where none are declared."""

from __future__ import annotations

from collections.abc import Mapping

from mscnet.diagnostics import Source, Span
from mscnet.interop.bngl_nodes import MoleculeTypeX, SiteTypeX
from mscnet.interop.faults import Fault, Faults
from mscnet.mechanism.structure import MoleculeType, Seed, SiteType, Structure
from mscnet.mechanism.structure_check import in_order, pattern_check, with_inferred_types
from mscnet.rules.check import SpeciesTexts, rule_troubles, seed_troubles

#: So many sites a molecule may have.
MOST_SITES = 1_000


def declared_type(
    row: MoleculeTypeX, population: bool, source: Source, known: Mapping[str, MoleculeType], faults: Faults
) -> MoleculeType:
    """A declared kind of molecule; states that stand twice are there once, with a warning, as in BioNetGen.

    Raises:
        Fault: it is declared already, or sites of one name differ.
    """
    name = row.name
    if name.text in known:
        fault = Fault("E011", f"the molecule `{name.text}` is declared twice", name.start, name.end)
        first = known[name.text].span
        fault.related = ("first declared here", first) if first else None
        raise fault
    if len(row.sites) > MOST_SITES:
        raise Fault("E004", f"a molecule of more than {MOST_SITES} sites", name.start, name.end)
    seen: dict[str, SiteTypeX] = {}
    for site in row.sites:
        states = [word.text for word in site.states]
        for i, word in enumerate(site.states):
            if word.text in states[:i]:
                faults.warn("W306", f"the state `{word.text}` stands twice, and counts once", word.start, word.end)
        alike = seen.setdefault(site.name.text, site)
        if set(states) != {word.text for word in alike.states}:
            message = f"sites of one name are equal, and the states of `{site.name.text}` differ"
            raise Fault("E308", message, site.name.start, site.name.end, "give the sites different names")
    sites = tuple(
        SiteType(
            site.name.text,
            tuple(dict.fromkeys(word.text for word in seen[site.name.text].states)),
            Span(source, site.name.start, site.name.end),
        )
        for site in row.sites
    )
    return MoleculeType(name.text, sites, row.population or population, span=Span(source, name.start, name.end))


def molecule_types(structure: Structure, strict: bool, faults: Faults) -> Structure:
    """The structure with its kinds of molecules; what is wrong in its patterns is reported.

    Without a block of molecule types (not `strict`), every kind has the sites and states that any pattern names.
    """
    if not strict:
        structure = with_inferred_types(structure)
    troubles = in_order(pattern_check(structure).everything(structure))
    for trouble in troubles or in_order((*rule_troubles(structure), *seed_troubles(structure))):
        if trouble.span is None:
            continue
        if trouble.code.startswith("W"):
            faults.warn(trouble.code, trouble.message, trouble.span.start, trouble.span.end, trouble.hint)
        else:
            faults.add(Fault(trouble.code, trouble.message, trouble.span.start, trouble.span.end, trouble.hint))
    return structure


def report_repeated(structure: Structure, faults: Faults) -> None:
    """Report seeds that are one species; for a structure in which nothing is wrong."""
    texts = SpeciesTexts(structure)
    seen: dict[str, Seed] = {}
    for seed in structure.seeds:
        first = seen.setdefault(texts.of(seed.pattern), seed)
        if first is not seed and seed.span is not None and seed.pattern.span is not None:
            span = seed.pattern.span
            fault = Fault("E011", "this species stands twice", span.start, span.end, "add the two populations")
            fault.related = ("it stands here already", first.span) if first.span else None
            faults.add(fault)
