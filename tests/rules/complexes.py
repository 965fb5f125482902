"""Large and symmetric species as patterns, with their molecules and equal sites in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from mscnet.mechanism.expression import Number
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, Seed, SitePattern, SiteType, Structure

ONE = Number(1)  # type: ignore[arg-type]

#: Bonds from one molecule to another, each end with the name of its site.
Bonds = Sequence[tuple[int, str, int, str]]


def chain(count: int) -> Bonds:
    """Molecules with two equal sites, one after the other."""
    return [(at, "x", at + 1, "x") for at in range(count - 1)]


def ring(count: int) -> Bonds:
    """The same, closed."""
    return [(at, "x", (at + 1) % count, "x") for at in range(count)]


def ladder(count: int) -> Bonds:
    """Two rings side by side: a prism."""
    rungs = [(at, "x", count + at, "x") for at in range(count)]
    return [*ring(count), *((a + count, "x", b + count, "x") for a, _, b, _ in ring(count)), *rungs]


def star(arms: int, length: int) -> Bonds:
    """A middle with equal arms."""
    bonds = []
    for arm in range(arms):
        first = 1 + arm * length
        bonds.append((0, "x", first, "x"))
        bonds.extend((first + at, "x", first + at + 1, "x") for at in range(length - 1))
    return bonds


def crown(count: int) -> Bonds:
    """A ring of which each molecule holds two more."""
    return [*ring(count), *((at, "x", count + 2 * at + other, "x") for at in range(count) for other in range(2))]


def species(bonds: Bonds, sites: int, seed: int) -> Pattern:
    """The complex of molecules M with equal sites, its molecules and sites shuffled."""
    count = 1 + max(max(bond[0], bond[2]) for bond in bonds)
    named: list[list[int | str]] = [[] for _ in range(count)]
    for label, (one, _, other, _) in enumerate(bonds, 1):
        named[one].append(label)
        named[other].append(label)
    shuffle = random.Random(seed).shuffle
    molecules = []
    for labels in named:
        filled = [*labels, *["free"] * (sites - len(labels))]
        shuffle(filled)
        molecules.append(MoleculePattern("M", tuple(SitePattern("x", None, bond) for bond in filled)))  # type: ignore[arg-type]
    shuffle(molecules)
    return Pattern(tuple(molecules))


def seeds(patterns: Sequence[Pattern], sites: int, **parts: object) -> Structure:
    """A structure with these species of molecule M(x,x,…)."""
    kind = MoleculeType("M", tuple(SiteType("x") for _ in range(sites)))
    return Structure((kind,), seeds=tuple(Seed(pattern, ONE) for pattern in patterns), **parts)  # type: ignore[arg-type]
