"""The compiled engine, where the kernels hold it; `generate` takes it when it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from mscnet.checkpoint import checkpoint
from mscnet.kernels import core, reason
from mscnet.language import without_collector
from mscnet.mechanism.structure import Limits, Pattern, Rule, Structure
from mscnet.rules.generated import Ending, Event, Generated, Progress
from mscnet.rules.graph import Graph, PatternGraph, Vocabulary, species_pattern
from mscnet.rules.tables import (
    MOST,
    NOTHING,
    Patterns,
    kind_tables,
    limit_tables,
    name_tables,
    packed,
    rule_tables,
    table,
    unpacked,
)
from mscnet.rules.transform import CompiledRule

_ENDINGS: tuple[Ending, ...] = ("complete", "iterations", "species", "reactions", "interrupted")


def available(structure: Structure) -> bool:
    """Whether the compiled engine is there and knows all that the structure needs: it does not know sites that hold
    several bonds, nor rules of more than 16 reactants or labels."""
    kernels = core()
    return (
        kernels is not None
        and hasattr(kernels, "generate")
        and all(len(rule.reactants) <= MOST and _labels(rule) <= MOST for rule in structure.rules)
        and all(len(site.bonds) < 2 for pattern in _patterns(structure)
                for molecule in pattern.molecules for site in molecule.sites)
    )  # fmt: skip


def require(structure: Structure) -> None:
    """Raise `ValueError` where the compiled engine cannot serve, with the reason."""
    if not available(structure):
        missing = reason() or f"it knows no sites that hold several bonds, and no rules of more than {MOST} reactants"
        raise ValueError(f"the compiled engine cannot serve: {missing}; engine='auto' takes the one in Python")


def _labels(rule: Rule) -> int:
    """How many labels of reactants local functions may look at."""
    return sum(
        (pattern.label is not None) + sum(molecule.label is not None for molecule in pattern.molecules)
        for pattern in rule.reactants
    )


def _patterns(structure: Structure) -> Iterator[Pattern]:
    for rule in structure.rules:
        yield from rule.reactants
        yield from rule.products
        for restriction in rule.restrictions:
            yield from restriction.patterns
    for seed in structure.seeds:
        yield seed.pattern


class Found(Sequence[Pattern]):
    """The species of a network, made when they are asked for."""

    def __init__(self, capsule: Any, vocabulary: Vocabulary, length: int) -> None:
        self.capsule, self.vocabulary, self.length = capsule, vocabulary, length

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> Pattern: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Pattern, ...]: ...
    def __getitem__(self, at: int | slice) -> Pattern | tuple[Pattern, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(self.length)))
        if not -self.length <= at < self.length:
            raise IndexError(at)
        return species_pattern(self.graph(at % self.length), self.vocabulary)

    def graph(self, at: int) -> Graph:
        """Species `at` as the engines see it."""
        kernels: Any = core()
        words = np.frombuffer(kernels.generated_species(self.capsule, at), dtype=np.uint32)
        return unpacked(words.tolist(), self.vocabulary)

    def molecules(self, at: int) -> int:
        """The number of molecules of species `at`."""
        kernels: Any = core()
        return int(np.frombuffer(kernels.generated_species(self.capsule, at), dtype=np.uint32, count=1)[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != self.length:
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[object, ...]:
        """A copy elsewhere is a plain tuple."""
        return tuple, (tuple(self),)


def tallies(found: Found, patterns: Sequence[PatternGraph], exists: bool = False) -> npt.NDArray[np.int64]:
    """How often each of `patterns` is found in each species, as an array [pattern, species]; whether, with `exists`."""
    kernels: Any = core()
    gathered = Patterns(found.vocabulary)
    for pattern in patterns:
        gathered.add(pattern)
    out = np.zeros((len(patterns), len(found)))
    tables = {**gathered.tables(), "out": out, "exists": int(exists)}
    kernels.generated_counts(found.capsule, tables, lambda *_: checkpoint())
    return out.astype(np.int64)


def network(
    vocabulary: Vocabulary,
    rules: Sequence[CompiledRule],
    functional: Sequence[bool],
    seeds: Sequence[Graph],
    limits: Limits,
    progress: Progress | None,
) -> Generated:
    """What `Generation.run` gives, from the compiled engine, before priorities are looked at."""
    kernels: Any = core()
    tables = {
        **kind_tables(vocabulary),
        **rule_tables(rules, functional, vocabulary),
        **limit_tables(limits, vocabulary),
        "seeds": table(word for seed in seeds for word in packed(seed)),
    }

    def tell(rounds: int, species: int, reactions: int) -> None:
        checkpoint()
        if progress is not None:
            progress(rounds, species, reactions)

    capsule = kernels.generate(tables, tell)
    ended, rounds, too_large, growing, planted, count, _ = kernels.generated(capsule)
    ending = _ENDINGS[ended]
    if ending == "complete" and too_large:
        ending = "molecules"
    texts = kernels.generated_texts(capsule, name_tables(vocabulary))
    species = Found(capsule, vocabulary, count)
    if ending == "complete":
        growing = ()
    elif ending != "molecules":
        growing = _largest(species)
    return Generated(texts, species, planted, _events(capsule, rules), ending, rounds, growing)


def _largest(species: Found) -> tuple[int, ...]:
    """The largest of the later half."""
    last = range(len(species) // 2, len(species))
    size = {at: species.molecules(at) for at in last}
    return tuple(sorted(last, key=lambda at: (-size[at], at))[:3])


def _events(capsule: Any, rules: Sequence[CompiledRule]) -> tuple[Event, ...]:
    kernels: Any = core()
    packed_words, packed_ways = kernels.generated_events(capsule)
    words = np.frombuffer(packed_words, dtype=np.uint32).tolist()
    ways = np.frombuffer(packed_ways, dtype=np.uint64).tolist()
    factors: dict[tuple[int, int], Fraction] = {}
    found = []
    at = 0
    # Nothing of what is made here is garbage, which Python would look for again and again.
    with without_collector():
        for count in ways:
            rule, reactants, products, tags = words[at : at + 4]
            first = at + 4
            second = first + reactants
            third = second + products
            at = third + 2 * tags
            factor = factors.get((rule, count))
            if factor is None:
                factor = factors[rule, count] = rules[rule].factor * count
            seen = _seen(words[third:at]) if tags else ()
            found.append(Event(rule, tuple(words[first:second]), tuple(words[second:third]), factor, seen))
    return tuple(found)


def _seen(words: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Tags from their words: species and molecule, or -1."""
    return tuple(
        (species, -1 if molecule == NOTHING else molecule)
        for species, molecule in zip(words[::2], words[1::2], strict=True)
    )
