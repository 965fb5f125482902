"""Parser actions of equilibria: energies and bonds of species, bond energies."""

from __future__ import annotations

import re
from typing import Any

from mscnet.language.build import _declaration as declaration_of
from mscnet.language.build import _each as each_of
from mscnet.language.build import _end as end_of
from mscnet.language.build import _start as start_of
from mscnet.language.build import _word as word_of
from mscnet.language.syntax import BondTermX, DeclarationX, NumberX, PartX, Word

ENERGY_WORDS = frozenset({"gibbs", "enthalpy", "entropy"})
#: Other spellings of the signs of a single and a triple bond.
_SIGNS = {"–": "-", "-=": "≡"}


def thermo_energy(parts: list[Any]) -> PartX:
    return PartX("energy", (word_of(parts[0]), parts[-1]), start_of(parts[0]), parts[-1].end)


def with_listed_energies(declared: list[DeclarationX]) -> list[DeclarationX]:
    """In ``species A enthalpy = -50 kJ/mol, entropy = 130 J/mol/K`` what follows the comma is no species."""
    made: list[DeclarationX] = []
    for one in declared:
        value = one.parts[0] if one.parts else None
        given = made and any(part.kind == "energy" for part in made[-1].parts)
        if given and one.name.name in ENERGY_WORDS and value is not None and value.kind == "initial":
            energy = PartX("energy", (one.name, *value.items), one.start, value.end)
            made[-1] = made[-1]._replace(parts=(*made[-1].parts, energy, *one.parts[1:]), end=one.end)
        else:
            made.append(one)
    return made


def thermo_bond_term(parts: list[Any]) -> BondTermX:
    number = NumberX(parts[0].value, start_of(parts[0]), end_of(parts[0])) if len(parts) > 1 else None
    return BondTermX(_bond(parts[-1]), number, start_of(parts[0]), end_of(parts[-1]))


def thermo_bonds(parts: list[Any]) -> PartX:
    items: tuple[Any, ...] = tuple(part for part in parts if isinstance(part, BondTermX))
    if not items:  # a number alone: `bonds 0`
        items = (NumberX(parts[-1].value, start_of(parts[-1]), end_of(parts[-1])),)
    return PartX("bonds", items, start_of(parts[0]), end_of(parts[-1]))


def thermo_bond_declaration(parts: list[Any]) -> DeclarationX:
    name = _bond(parts[0])
    made = declaration_of("bond", [parts[0], *parts[1:]])
    return made._replace(name=name)


def thermo_bond(parts: list[Any]) -> list[Any]:
    return each_of([part for part in parts if isinstance(part, DeclarationX)], parts)


def _bond(token: Any) -> Word:
    return Word(bond_name(token.value), token.start_pos, token.end_pos)


def bond_name(text: str) -> str:
    """The one name of a bond, whichever of its two atoms is written first; the text where loop variables are in it."""
    if "{" in text:
        return text
    left, sign, right = re.split(r"[ \t]*(-=|[-–=≡])[ \t]*", text, maxsplit=1)
    first, last = sorted((left, right))
    return f"{first}{_SIGNS.get(sign, sign)}{last}"
