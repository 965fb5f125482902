"""Patterns, molecules and rules as text, in BNGL's spelling, which the language shares."""

from __future__ import annotations

from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, Rule, SitePattern

_BONDS = {"free": "", "bound": "!+", "any": "!?"}


def site_text(site: SitePattern) -> str:
    """``b~u!1``"""
    state = "" if site.state is None else f"~{site.state}"
    label = "" if site.label is None else f"%{site.label}"
    if isinstance(site.bond, str):
        bond = _BONDS[site.bond]
    else:
        bond = "".join(f"!{one}" for one in site.bonds)
    return f"{site.name}{label}{state}{bond}"


def molecule_text(molecule: MoleculePattern) -> str:
    """``A(b~u!1,c)``"""
    label = "" if molecule.label is None else f"%{molecule.label}"
    place = "" if molecule.place is None else f"@{molecule.place}"
    return f"{molecule.name}{label}({','.join(map(site_text, molecule.sites))}){place}"


def pattern_text(pattern: Pattern) -> str:
    """``A(b!1).B(a!1)``; ``0`` for nothing."""
    if not pattern.molecules:
        return "0"
    tag = f"%{pattern.label}" if pattern.label is not None else ""
    place = f"@{pattern.place}" if pattern.place is not None else ""
    before = f"{tag}{place}:" if tag or place else ""
    constant = "$" if pattern.constant else ""
    once = "{MatchOnce}" if pattern.once else ""
    relation = "" if pattern.relation is None else f"{pattern.relation[0]}{pattern.relation[1]}"
    return constant + before + once + ".".join(map(molecule_text, pattern.molecules)) + relation


def side_text(patterns: tuple[Pattern, ...]) -> str:
    """``A(b) + B(a)``; ``0`` for nothing."""
    return " + ".join(map(pattern_text, patterns)) or "0"


def rule_text(rule: Rule) -> str:
    """``A(b) + B(a) -> A(b!1).B(a!1)``, without its law."""
    return f"{side_text(rule.reactants)} -> {side_text(rule.products)}"


def molecule_type_text(molecule: MoleculeType) -> str:
    """``A(b~u~p,c)``"""
    sites = ",".join(site.name + "".join(f"~{state}" for state in site.states) for site in molecule.sites)
    return f"{molecule.name}({sites})"
