"""Species and patterns as compact graphs of integers, and the way between them and `Pattern`.

Molecules, states and places are numbered by a `Vocabulary`.  The sites of a graph are numbered through, molecule after
molecule; in a species every molecule has all sites of its kind in their declared order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, NoReturn

from mscnet.diagnostics import MechanismError, Span
from mscnet.mechanism.structure import (
    Bond,
    MoleculePattern,
    MoleculeType,
    Pattern,
    Place,
    SitePattern,
    Structure,
)
from mscnet.mechanism.structure_text import molecule_text, pattern_text

#: What a site of a pattern may ask of a bond, where it names none.
FREE, BOUND, ANY, LABELLED = 0, 1, 2, 3
#: No state, or no place.
NONE = -1

_WORDS = {"free": FREE, "bound": BOUND, "any": ANY}


class Kind(NamedTuple):
    """A kind of molecule.  `positions` says where its sites of a name are, `group` for each site which the first of its
    name is, and `states` which states it may have; `known` are the same as sets."""

    name: str
    sites: tuple[str, ...]
    positions: dict[str, tuple[int, ...]]
    group: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    known: tuple[frozenset[int], ...]


class Vocabulary:
    """The numbers of molecules, states and places of a structure."""

    def __init__(self, molecules: Sequence[MoleculeType], places: Sequence[Place] = ()) -> None:
        self.states = sorted({state for kind in molecules for site in kind.sites for state in site.states})
        self.state_number = {name: number for number, name in enumerate(self.states)}
        self.kinds = [self._kind(kind) for kind in molecules]
        self.kind_number = {kind.name: number for number, kind in enumerate(self.kinds)}
        self.places = [place.name for place in places]
        self.place_number = {name: number for number, name in enumerate(self.places)}
        self.dimension = [place.dimension for place in places]
        self.parent = [NONE if place.parent is None else self.place_number[place.parent] for place in places]

    @classmethod
    def of(cls, structure: Structure) -> Vocabulary:
        return cls(structure.molecules, structure.places)

    def _kind(self, kind: MoleculeType) -> Kind:
        names = tuple(site.name for site in kind.sites)
        found: dict[str, list[int]] = {}
        for position, name in enumerate(names):
            found.setdefault(name, []).append(position)
        positions = {name: tuple(at) for name, at in found.items()}
        group = tuple(positions[name][0] for name in names)
        states = tuple(tuple(self.state_number[state] for state in site.states) for site in kind.sites)
        return Kind(kind.name, names, positions, group, states, tuple(map(frozenset, states)))


class Graph:
    """A species: every site of every molecule is known.

    `kinds` and `places` are those of the molecules, `starts` the numbers of their first sites (and one more at the
    end), `states` and `bonds` those of the sites: a bond is the number of the site at its other end.  `place` is that
    of the whole species.
    """

    __slots__ = ("bonds", "kinds", "members", "owner", "place", "places", "starts", "states")

    def __init__(
        self,
        vocabulary: Vocabulary,
        kinds: Iterable[int],
        states: Iterable[int],
        bonds: Iterable[tuple[int, ...]],
        places: Iterable[int],
        place: int = NONE,
    ) -> None:
        self.kinds = tuple(kinds)
        self.states = tuple(states)
        self.bonds = tuple(bonds)
        self.places = tuple(places)
        self.place = place
        starts, owner = [0], []
        for molecule, kind in enumerate(self.kinds):
            count = len(vocabulary.kinds[kind].sites)
            starts.append(starts[-1] + count)
            owner.extend([molecule] * count)
        self.starts = tuple(starts)
        self.owner = tuple(owner)
        members: dict[int, list[int]] = {}
        for molecule, kind in enumerate(self.kinds):
            members.setdefault(kind, []).append(molecule)
        self.members = members


class SiteGraph(NamedTuple):
    """A site of a pattern: the positions in its kind that it may be, its state (or NONE), what it says of bonds, and
    with LABELLED the sites of the pattern (numbered through) at their other ends."""

    positions: tuple[int, ...]
    state: int
    bond: int
    ends: tuple[int, ...]
    name: str
    label: str | None


class PatternGraph(NamedTuple):
    """A pattern.  Sites are numbered through in the order of the text; `starts` as in a `Graph`."""

    kinds: tuple[int, ...]
    places: tuple[int, ...]
    starts: tuple[int, ...]
    owner: tuple[int, ...]
    sites: tuple[SiteGraph, ...]
    place: int
    once: bool
    needs: tuple[tuple[int, int], ...]
    source: Pattern


def _refuse(message: str, span: Span | None, hint: str | None = None) -> NoReturn:
    raise MechanismError.of("E300", message, span=span, hint=hint)


def _kind_of(molecule: MoleculePattern, vocabulary: Vocabulary) -> int:
    number = vocabulary.kind_number.get(molecule.name)
    if number is None:
        _refuse(f"there is no molecule {molecule.name}", molecule.span, f"declare it: molecule {molecule.name}(…)")
    kind = vocabulary.kinds[number]
    for name, count in Counter(site.name for site in molecule.sites).items():
        have = len(kind.positions.get(name, ()))
        if count > have:
            times = "once" if count == 1 else f"{count} times"
            said = f"has {have} of that name" if have else f"has the sites {', '.join(kind.sites)}"
            said = said if kind.sites else "has no sites"
            _refuse(f"{molecule_text(molecule)} names site {name} {times}, and {molecule.name} {said}", molecule.span)
    return number


def _state_of(site: SitePattern, kind: Kind, vocabulary: Vocabulary) -> int:
    if site.state is None:
        return NONE
    state = vocabulary.state_number.get(site.state)
    if state is None or not any(state in kind.known[position] for position in kind.positions[site.name]):
        known = {each for position in kind.positions[site.name] for each in kind.states[position]}
        names = ", ".join(vocabulary.states[each] for each in sorted(known)) or "none"
        _refuse(f"site {site.name} of {kind.name} has no state {site.state}; it has {names}", site.span)
    return state


def _place_of(name: str | None, vocabulary: Vocabulary, span: Span | None) -> int:
    if name is None:
        return NONE
    if name not in vocabulary.place_number:
        _refuse(f"there is no compartment {name}", span)
    return vocabulary.place_number[name]


def pattern_graph(pattern: Pattern, vocabulary: Vocabulary) -> PatternGraph:
    """The graph of a pattern.

    Raises `MechanismError` (E300) for what the kinds of molecules do not have, and for a label of a bond that does not
    stand at exactly two sites.
    """
    kinds: list[int] = []
    places: list[int] = []
    starts, owner = [0], []
    raw: list[tuple[tuple[int, ...], int, int, SitePattern]] = []
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for molecule in pattern.molecules:
        number = _kind_of(molecule, vocabulary)
        kind = vocabulary.kinds[number]
        for site in molecule.sites:
            for label in site.bonds:
                ends[label].append(len(raw))
            bond = _WORDS[site.bond] if isinstance(site.bond, str) else LABELLED
            raw.append((kind.positions[site.name], _state_of(site, kind, vocabulary), bond, site))
            owner.append(len(kinds))
        kinds.append(number)
        places.append(_place_of(molecule.place, vocabulary, molecule.span))
        starts.append(len(raw))
    for label, at in ends.items():
        if len(at) != 2:
            times = "once" if len(at) == 1 else f"{len(at)} times"
            _refuse(f"bond !{label} of {pattern_text(pattern)} is named {times}; a bond has two ends", pattern.span)
        if at[0] == at[1]:
            _refuse(f"bond !{label} of {pattern_text(pattern)} goes from a site to itself", pattern.span)
    sites = tuple(
        SiteGraph(positions, state, bond, _others(number, site, ends), site.name, site.label)
        for number, (positions, state, bond, site) in enumerate(raw)
    )
    needs = tuple(sorted(Counter(kinds).items()))
    place = _place_of(pattern.place, vocabulary, pattern.span)
    return PatternGraph(
        tuple(kinds), tuple(places), tuple(starts), tuple(owner), sites, place, pattern.once, needs, pattern
    )


def _others(number: int, site: SitePattern, ends: dict[int, list[int]]) -> tuple[int, ...]:
    """The other ends of the bonds of site `number`."""
    return tuple(sum(ends[label]) - number for label in site.bonds)


def seed_graph(pattern: Pattern, vocabulary: Vocabulary) -> Graph:
    """The species of a seed, or of a molecule that a rule makes: a site that is not named is free and in the first of
    its states, and so is a state that is not.

    The place of the species is not worked out here (see `locate`).  Raises `MechanismError` (E300) as `pattern_graph`
    does, and where a wildcard leaves a bond open.
    """
    graph = pattern_graph(pattern, vocabulary)
    chosen = _positions(graph)
    starts = [0]
    for number in graph.kinds:
        starts.append(starts[-1] + len(vocabulary.kinds[number].sites))
    states: list[int] = []
    for number in graph.kinds:
        states.extend(known[0] if known else NONE for known in vocabulary.kinds[number].states)
    bonds: list[tuple[int, ...]] = [()] * len(states)
    where = [starts[graph.owner[number]] + chosen[number] for number in range(len(graph.sites))]
    for number, site in enumerate(graph.sites):
        if site.bond in (BOUND, ANY):
            _refuse(f"{pattern_text(pattern)} leaves open what site {site.name} is bound to", pattern.span)
        if site.state != NONE:
            states[where[number]] = site.state
        bonds[where[number]] = tuple(sorted(where[end] for end in site.ends))
    places = [graph.place if place == NONE else place for place in graph.places]
    return Graph(vocabulary, graph.kinds, states, bonds, places, graph.place)


def _positions(graph: PatternGraph) -> list[int]:
    """For each site the position that it takes: equal sites one after another."""
    taken: Counter[tuple[int, str]] = Counter()
    found = []
    for number, site in enumerate(graph.sites):
        key = (graph.owner[number], site.name)
        found.append(site.positions[taken[key]])
        taken[key] += 1
    return found


def parts(graph: Graph) -> list[list[int]]:
    """The molecules of each connected part."""
    seen = [False] * len(graph.kinds)
    found = []
    for first in range(len(graph.kinds)):
        if seen[first]:
            continue
        seen[first] = True
        part = [first]
        for molecule in part:
            for site in range(graph.starts[molecule], graph.starts[molecule + 1]):
                for other in graph.bonds[site]:
                    neighbour = graph.owner[other]
                    if not seen[neighbour]:
                        seen[neighbour] = True
                        part.append(neighbour)
        found.append(sorted(part))
    return found


def species_pattern(graph: Graph, vocabulary: Vocabulary) -> Pattern:
    """A species as a pattern that names every site; bonds are numbered from 1 as they first come."""
    labels: dict[tuple[int, int], int] = {}
    molecules = []
    for molecule, number in enumerate(graph.kinds):
        kind = vocabulary.kinds[number]
        start = graph.starts[molecule]
        sites = []
        for position, name in enumerate(kind.sites):
            site = start + position
            state = None if graph.states[site] == NONE else vocabulary.states[graph.states[site]]
            bonds = tuple(
                labels.setdefault((min(site, other), max(site, other)), len(labels) + 1) for other in graph.bonds[site]
            )
            bond: Bond = "free" if not bonds else bonds[0] if len(bonds) == 1 else tuple(sorted(bonds))
            sites.append(SitePattern(name, state, bond))
        own = graph.places[molecule]
        place = None if own in (NONE, graph.place) else vocabulary.places[own]
        molecules.append(MoleculePattern(kind.name, tuple(sites), place))
    place = None if graph.place == NONE else vocabulary.places[graph.place]
    return Pattern(tuple(molecules), place)
