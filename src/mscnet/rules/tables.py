"""A structure as flat tables of integers: what the compiled engine reads.

The names are those of `kernels/generate_match.h` and `generate_rules.h`; `NOTHING` stands for what is left open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from mscnet.mechanism.structure import Limits
from mscnet.rules.graph import LABELLED, NONE, Graph, PatternGraph, Vocabulary
from mscnet.rules.transform import CompiledRule

#: What a table says where there is nothing to say.
NOTHING = 0xFFFFFFFF

#: The kinds of operations, and the words of one.
MAKE, STATE, MOVE, CUT, JOIN, TAKE = range(6)
WORDS = 7

#: More reactants or labels of local functions than this are not compiled.
MOST = 16
#: Larger bounds bound nothing: so many there cannot be.
_NO_BOUND = 2**31 - 1

Table = npt.NDArray[np.uint32]


def table(numbers: Iterable[int]) -> Table:
    """Numbers as the kernels take them; NONE becomes NOTHING."""
    return (np.fromiter(numbers, dtype=np.int64) & NOTHING).astype(np.uint32)


def starts(lengths: Iterable[int]) -> Table:
    """Where runs of these lengths begin, and the end of the last."""
    return table(accumulate(lengths, initial=0))


class Patterns:
    """Patterns one after the other, each with the molecules and sites of its centre."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.patterns: list[PatternGraph] = []
        self.molecules: list[Collection[int]] = []
        self.sites: list[Collection[int]] = []
        self.like: list[dict[int, int]] = []

    def add(
        self,
        pattern: PatternGraph,
        molecules: Collection[int] = (),
        sites: Collection[int] = (),
        like: dict[int, int] | None = None,
    ) -> int:
        """The number of a pattern that is added.  Sites of its centre with one number in `like` may be exchanged."""
        self.patterns.append(pattern)
        self.molecules.append(molecules)
        self.sites.append(sites)
        self.like.append(like or {})
        return len(self.patterns) - 1

    def tables(self) -> dict[str, Any]:
        """The tables of all that have been added."""
        kinds = self.vocabulary.kinds
        flat = [(pattern, molecule) for pattern in self.patterns for molecule in range(len(pattern.kinds))]
        sites = [site for pattern in self.patterns for site in pattern.sites]
        before = list(accumulate((len(pattern.sites) for pattern in self.patterns), initial=0))
        partners = [
            first + site.ends[0] if site.bond == LABELLED else NONE
            for first, pattern in zip(before, self.patterns, strict=False)
            for site in pattern.sites
        ]
        owners = [pattern.kinds[at] for pattern in self.patterns for at in pattern.owner]
        return {
            "mol_start": starts(len(pattern.kinds) for pattern in self.patterns),
            "site_start": starts(pattern.starts[at + 1] - pattern.starts[at] for pattern, at in flat),
            "pattern_place": table(pattern.place for pattern in self.patterns),
            "pattern_once": table(int(pattern.once) for pattern in self.patterns),
            "mol_type": table(pattern.kinds[at] for pattern, at in flat),
            "mol_place": table(pattern.places[at] for pattern, at in flat),
            "mol_centre": _marks((len(pattern.kinds) for pattern in self.patterns), self.molecules),
            "site_class": table(kinds[kind].group[site.positions[0]] for kind, site in zip(owners, sites, strict=True)),
            "site_state": table(site.state for site in sites),
            "site_bond": table(site.bond for site in sites),
            "site_partner": table(partners),
            "site_like": table(
                like.get(site, 0)
                for pattern, like in zip(self.patterns, self.like, strict=True)
                for site in range(len(pattern.sites))
            ),
            "site_centre": _marks((len(pattern.sites) for pattern in self.patterns), self.sites),
        }


def _marks(lengths: Iterable[int], marked: Sequence[Collection[int]]) -> Table:
    return table(int(at in those) for length, those in zip(lengths, marked, strict=True) for at in range(length))


def kind_tables(vocabulary: Vocabulary) -> dict[str, Any]:
    """Kinds of molecules and places."""
    return {
        "kind_site_start": starts(len(kind.sites) for kind in vocabulary.kinds),
        "kind_site_class": table(group for kind in vocabulary.kinds for group in kind.group),
        "place_dimension": table(vocabulary.dimension),
        "place_parent": table(vocabulary.parent),
        "n_states": len(vocabulary.states),
    }


def rule_tables(rules: Sequence[CompiledRule], functional: Sequence[bool], vocabulary: Vocabulary) -> dict[str, Any]:
    """Rules with all their patterns."""
    patterns = Patterns(vocabulary)
    for rule in rules:
        for number, (pattern, matcher) in enumerate(zip(rule.reactants, rule.matchers, strict=True)):
            patterns.add(pattern, matcher.wanted_molecules, matcher.wanted_sites, _like(rule, number))
    leading = len(patterns.patterns)
    states: list[int] = []
    operations = [list(_operations(rule, states)) for rule in rules]
    limits = [list(_restrictions(rule, patterns)) for rule in rules]
    belongs = [
        target
        for rule in rules
        for targets in rule.operations.belongs
        for target in targets
    ]  # fmt: skip
    belongs.extend(NONE for pattern in patterns.patterns[leading:] for _ in pattern.kinds)
    return {
        **patterns.tables(),
        "n_leading": leading,
        "reactant_start": starts(len(rule.reactants) for rule in rules),
        "reactant": table(range(leading)),
        "reactant_whole": table(
            int(at in rule.operations.deleted) for rule in rules for at in range(len(rule.reactants))
        ),
        "product_start": starts(len(rule.products) for rule in rules),
        "product_place": table(place for rule in rules for place in rule.places),
        "op_start": starts(map(len, operations)),
        "op": table(word for each in operations for one in each for word in one),
        "made_state": table(states),
        "belongs": table(belongs),
        "deletes": table(int(rule.rule.delete_molecules) for rule in rules),
        "connected": table(int(rule.rule.move_connected) for rule in rules),
        "ordered": table(int(rule.ordered) for rule in rules),
        "functional": table(map(int, functional)),
        "tag_start": starts(len(rule.tags) for rule in rules),
        "tag": table(word for rule in rules for tag in rule.tags for word in (tag.reactant, tag.molecule)),
        "limit_start": starts(map(len, limits)),
        "limit": table(word for each in limits for one in each for word in one),
    }


def _like(rule: CompiledRule, reactant: int) -> dict[int, int]:
    """Sites that only come into another state, by that state: equal ones of a molecule may be exchanged."""
    work = rule.operations
    changed = {site: state for number, site, state in work.states if number == reactant}
    bound = {site for ends in work.cut for number, site in ends if number == reactant}
    bound |= {site for ends in work.join for number, site, _ in ends if number == reactant}
    return {site: state + 1 for site, state in changed.items() if site not in bound}


def _operations(rule: CompiledRule, states: list[int]) -> Iterable[list[int]]:
    """What a rule does, in the order in which it is to be done; the states of what it makes are appended."""
    work = rule.operations
    for number, made in enumerate(work.made):
        yield _words(MAKE, made.kind, made.place, made.product, len(states))
        states.extend(made.states)
        for position, reactant, site in made.inherited:
            yield _words(TAKE, NONE, number, position, reactant, site)
    for reactant, site, state in work.states:
        yield _words(STATE, reactant, site, state)
    for reactant, molecule, source, target in work.moves:
        yield _words(MOVE, reactant, molecule, source, target)
    for end, _ in work.cut:
        yield _words(CUT, *end)
    for one, other in work.join:
        yield _words(JOIN, *one, *other)


def _words(*words: int) -> list[int]:
    return [*words, *[0] * (WORDS - len(words))]


def _restrictions(rule: CompiledRule, patterns: Patterns) -> Iterable[tuple[int, int, int, int]]:
    for wanted, known in ((1, rule.include), (0, rule.exclude)):
        for (side, number), matchers in known.items():
            for matcher in matchers:
                yield side, number, wanted, patterns.add(matcher.pattern)


def limit_tables(limits: Limits, vocabulary: Vocabulary) -> dict[str, Any]:
    """Limits; None is -1."""
    most = [NONE] * len(vocabulary.kinds)
    for name, number in limits.of_type:
        if name in vocabulary.kind_number:
            at, number = vocabulary.kind_number[name], min(number, _NO_BOUND)
            most[at] = number if most[at] == NONE else min(number, most[at])
    return {
        "most_of_type": table(most if limits.of_type else ()),
        "most_molecules": _most(limits.molecules),
        "most_rounds": _most(limits.iterations),
        "most_species": _most(limits.species),
        "most_events": _most(limits.reactions),
    }


def _most(number: int | None) -> int:
    return -1 if number is None else min(max(number, 0), _NO_BOUND)


def packed(graph: Graph) -> list[int]:
    """A species as words: its molecules and place, kind and place of each, state and bond of each site."""
    words = [len(graph.kinds), graph.place]
    for kind, place in zip(graph.kinds, graph.places, strict=True):
        words += (kind, place)
    for state, bonds in zip(graph.states, graph.bonds, strict=True):
        words += (state, bonds[0] if bonds else NONE)
    return words


def unpacked(words: Sequence[int], vocabulary: Vocabulary) -> Graph:
    """A species from such words."""
    count, place = words[0], words[1]
    signed = [NONE if word == NOTHING else word for word in words]
    sites = signed[2 + 2 * count :]
    return Graph(
        vocabulary,
        signed[2 : 2 + 2 * count : 2],
        sites[::2],
        [() if bond == NONE else (bond,) for bond in sites[1::2]],
        signed[3 : 2 + 2 * count : 2],
        NONE if place == NOTHING else place,
    )


def name_tables(vocabulary: Vocabulary) -> dict[str, Any]:
    """All names, for texts of species."""
    sites = [name for kind in vocabulary.kinds for name in kind.sites]
    found: dict[str, Any] = {}
    named = (("type", [kind.name for kind in vocabulary.kinds]), ("site", sites),
             ("state", vocabulary.states), ("place", vocabulary.places))  # fmt: skip
    for what, names in named:
        letters = [name.encode() for name in names]
        found[f"{what}s"] = b"".join(letters)
        found[f"{what}_start"] = starts(map(len, letters))
    return found
