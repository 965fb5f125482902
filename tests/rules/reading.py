"""Structures for tests from lines of text, in BNGL's spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mscnet.mechanism.expression import Number
from mscnet.mechanism.structure import (
    Bond,
    Limits,
    MoleculePattern,
    MoleculeType,
    Pattern,
    Place,
    Restriction,
    Rule,
    Seed,
    SitePattern,
    SiteType,
    Structure,
)
from mscnet.mechanism.types import RateLaw

ONE = Number(1)  # type: ignore[arg-type]


def split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that stand in no brackets."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == separator and not depth:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]


def site(text: str) -> SitePattern:
    match = re.fullmatch(r"(\w+)(?:%(\w+))?(?:~([\w?]+))?(?:%(\w+))?((?:![\w+?]+)*)", text.strip())
    assert match, text
    name, label, state, label2, bonds = match.groups()
    words = re.findall(r"![\w+?]+", bonds)
    bond: Bond = "free"
    if words:
        word = words[0][1:]
        labels = tuple(sorted(int(each[1:]) for each in words if each[1:].isdigit()))
        bond = "bound" if word == "+" else "any" if word == "?" else labels if len(labels) > 1 else labels[0]
    return SitePattern(name, None if state == "?" else state, bond, label or label2)


def molecule(text: str) -> MoleculePattern:
    match = re.fullmatch(r"(\w+)(?:@(\w+))?(?:%(\w+))?(?:\((.*)\))?(?:%(\w+))?(?:@(\w+))?", text.strip())
    assert match, text
    name, place, label, sites, label2, place2 = match.groups()
    listed = tuple(site(each) for each in split(sites or "", ",") if each.strip())
    return MoleculePattern(name, listed, place or place2, label or label2)


def pattern(text: str) -> Pattern:
    text = text.strip()
    if text == "0":
        return Pattern()
    constant = "$" in text
    text = text.replace("$", "")
    once = "{MatchOnce}" in text
    text = text.replace("{MatchOnce}", "")
    relation = None
    if match := re.search(r"(==|!=|<=|>=|<|>|=)(\d+)$", text):
        relation = (match[1] if match[1] != "=" else "==", int(match[2]))
        text = text[: match.start()]
    label = place = None
    if match := re.match(r"(?:%(\w+))?(?:@(\w+))?::?", text):
        label, place = match.groups()
        text = text[match.end() :]
    molecules = tuple(molecule(each) for each in split(text, "."))
    return Pattern(molecules, place, label, constant, once, relation)  # type: ignore[arg-type]


def molecule_type(text: str) -> MoleculeType:
    match = re.fullmatch(r"(\w+)(?:\((.*)\))?", text.strip())
    assert match, text
    sites = [each.strip().split("~") for each in (match[2] or "").split(",") if each.strip()]
    return MoleculeType(match[1], tuple(SiteType(name, tuple(states)) for name, *states in sites))


def rules(text: str, name: str) -> list[Rule]:
    """The rules of a line: ``A(b) + B(a) <-> A(b!1).B(a!1) DeleteMolecules``."""
    words = []
    for word in ("DeleteMolecules", "MoveConnected"):
        if word in text:
            words.append(word)
            text = text.replace(word, "")
    restrictions = []
    for match in re.finditer(r"(include|exclude)_(reactants|products)\((\d+),", text):
        end = match.end()
        depth = 1
        while depth:
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        patterns = tuple(pattern(each) for each in split(text[match.end() : end - 1], ","))
        restrictions.append(Restriction(match[1], match[2], int(match[3]), patterns))  # type: ignore[arg-type]
    text = re.split(r"\b(?:include|exclude)_", text)[0]
    left, arrow, right = re.split(r"(<->|->)", text)
    sides = [tuple(pattern(each.replace("\0", "+")) for each in split(_plus(side), "+")) for side in (left, right)]
    settings = {"delete_molecules": "DeleteMolecules" in words, "move_connected": "MoveConnected" in words}
    law = RateLaw("mass_action", ONE)
    made = [Rule(name, sides[0], sides[1], law, restrictions=tuple(restrictions), **settings)]
    if arrow == "<->":
        other = {"reactants": "products", "products": "reactants"}
        back = tuple(Restriction(r.kind, other[r.side], r.number, r.patterns) for r in restrictions)  # type: ignore[arg-type]
        made.append(Rule(f"{name}_back", sides[1], sides[0], law, restrictions=back, reverse=True, **settings))
    return made


def _plus(side: str) -> str:
    """Wildcards hidden, so that the other ``+`` stand between patterns."""
    return side.replace("!+", "!\0")


def structure(
    types: Iterable[str],
    seeds: Iterable[str],
    rule_lines: Iterable[str],
    places: Iterable[tuple[str, int, str | None]] = (),
    limits: Limits = Limits(),  # noqa: B008
) -> Structure:
    """Molecule types, seeds, rules and places (name, dimension, parent) from their texts."""
    made = [rule for number, line in enumerate(rule_lines, 1) for rule in rules(line, f"r{number}")]
    return Structure(
        tuple(molecule_type(each) for each in types),
        tuple(made),
        tuple(Seed(pattern(each), ONE) for each in seeds),
        places=tuple(Place(name, dimension, ONE, parent) for name, dimension, parent in places),  # type: ignore[arg-type]
        limits=limits,
    )
