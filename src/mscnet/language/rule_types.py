"""Kinds of molecules that a text declares, and its patterns held against them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mscnet.language.scope import Reporter
from mscnet.language.syntax import Word
from mscnet.language.syntax_rules import MoleculeTypeX
from mscnet.mechanism.structure import MoleculeType, Pattern, SiteType
from mscnet.mechanism.structure_check import PatternCheck, Trouble


def declared_types(statements: Iterable[MoleculeTypeX], report: Reporter) -> tuple[MoleculeType, ...]:
    """The kinds of molecules that a text declares."""
    made: dict[str, MoleculeType] = {}
    first: dict[str, Word] = {}
    for statement in statements:
        name = statement.name
        if name.name in made:
            place = (("first declared here", first[name.name].start, first[name.name].end),)
            report.error("E011", f"the molecule `{name.name}` is declared twice", name.start, name.end, None, place)
            continue
        sites = _sites(statement, report)
        span = report.span(name.start, name.end)
        made[name.name], first[name.name] = MoleculeType(name.name, sites, statement.population, True, span), name
    return tuple(made.values())


def _sites(statement: MoleculeTypeX, report: Reporter) -> tuple[SiteType, ...]:
    sites: dict[str, SiteType] = {}
    made: list[SiteType] = []
    molecule = statement.molecule
    for word in (molecule.label, molecule.place):
        if word is not None:
            report.error("E308", "a declaration has no labels and no places", word.start, word.end, "leave this out")
    for site in molecule.sites:
        for mark in (*site.bonds, *site.labels):
            hint = "bonds and labels stand in patterns; here are the sites and their states, `R(l, kin~u~p)`"
            report.error("E308", "a declaration has no bonds and no labels", mark.start, mark.end, hint)
        states = tuple(dict.fromkeys(word.name.removeprefix("~") for word in site.states))
        for word in site.states:
            if word.name == "?":
                report.error("E308", "a declaration names every state", word.start, word.end)
        name, span = site.name.name, report.span(site.start, site.end)
        one = sites.setdefault(name, SiteType(name, states, span))
        if one.states != states and states:
            message = f"the sites `{name}` are equal, so they have the same states"
            hint = f"write `~{'~'.join(one.states)}` here, too" if one.states else "give the first one these states"
            report.error("E308", message, site.start, site.end, hint)
        made.append(SiteType(name, one.states, span))
    if statement.population and made:
        message = "a population is counted, and not looked into: it has no sites"
        report.error("E308", message, molecule.start, molecule.end, f"write `{statement.name.name}()`")
        return ()
    return tuple(made)


def check_patterns(
    patterns: Iterable[Pattern], types: Iterable[MoleculeType], places: Collection[str], report: Reporter
) -> bool:
    """Whether every pattern names molecules, sites, states and places that there are; what it has not is reported."""
    known = tuple(types)
    check = PatternCheck(known, places, strict=any(molecule.declared for molecule in known))
    sound = True
    for pattern in patterns:
        for trouble in check.names(pattern):
            hint = _looped(trouble) or trouble.hint
            if trouble.code == "E270" and not places:
                hint = "declare it, as in `compartment c = 1 L`; a law has a blank before its `@`"
            report.at(trouble.code, trouble.message, trouble.span, hint)
            sound = False
    return sound


def _looped(trouble: Trouble) -> str | None:
    """A hint where the variable of a loop is called as what is meant: ``for s in u, p { A(s~…) }``."""
    written = re.match(r"[^\W\d][\w.]*(?!\w|\{)", trouble.span.text) if trouble.span is not None else None
    name = trouble.unknown
    if written is None or name is None or written[0] == name:
        return None
    return f"`{written[0]}` is the variable of the loop, and becomes `{name}`: call the variable something else"
