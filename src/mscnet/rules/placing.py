"""Places: which species meet, where a species as a whole is, and what of it moves.

As in compartmental BNGL (Harris, Hogg, Faeder, Proc. Winter Simul. Conf. 2009, 908): volumes and surfaces lie in each
other by turns; a species is on the surface that one of its molecules is on, else in the volume of them all; molecules
bind within one place or between adjacent ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mscnet.rules.graph import NONE, Graph, Vocabulary


def adjacent(vocabulary: Vocabulary, one: int, other: int) -> bool:
    """Whether one lies directly in the other."""
    return vocabulary.parent[one] == other or vocabulary.parent[other] == one


def may_meet(vocabulary: Vocabulary, places: Sequence[int]) -> bool:
    """Whether species in these places can react with each other: one surface and one volume at most, which touch."""
    found = {place for place in places if place != NONE}
    if not found:
        return True
    if NONE in places:
        return False
    surfaces = [place for place in found if vocabulary.dimension[place] == 2]
    volumes = [place for place in found if vocabulary.dimension[place] == 3]
    if len(surfaces) > 1 or len(volumes) > 1:
        return False
    return not (surfaces and volumes) or adjacent(vocabulary, surfaces[0], volumes[0])


def whole_place(vocabulary: Vocabulary, places: Iterable[int]) -> int | None:
    """The place of a species whose molecules are in `places` (NONE where that is open); None if it cannot be."""
    found = {place for place in places if place != NONE}
    surfaces = [place for place in found if vocabulary.dimension[place] == 2]
    volumes = [place for place in found if vocabulary.dimension[place] == 3]
    if not surfaces:
        return (volumes[0] if volumes else NONE) if len(volumes) <= 1 else None
    if len(surfaces) > 1 or not all(adjacent(vocabulary, surfaces[0], volume) for volume in volumes):
        return None
    return surfaces[0]


def located(vocabulary: Vocabulary, graph: Graph, asked: int, reactants: Sequence[int]) -> Graph | None:
    """A species with its place, and its molecules that have none in that.

    `asked` is the place that the rule (or the seed) gives the whole species.  Where nothing says it, it is on the
    surface that a reactant was on, else in their volume.  None where places contradict each other, or a bond would
    join places that do not touch: such a reaction is left out (BNG2.pl ends with an error at the first of these).
    """
    place = whole_place(vocabulary, (asked if each == NONE else each for each in graph.places))
    if place is None or (place != NONE and asked not in (NONE, place)):
        return None
    if place == NONE:
        place = asked
    if place == NONE:
        near = sorted((each for each in reactants if each != NONE), key=lambda each: vocabulary.dimension[each])
        if not near:
            return None
        place = near[0]
    places = [place if each == NONE else each for each in graph.places]
    for site, bonds in enumerate(graph.bonds):
        here = places[graph.owner[site]]
        for other in bonds:
            there = places[graph.owner[other]]
            if here != there and not adjacent(vocabulary, here, there):
                return None
    return Graph(vocabulary, graph.kinds, graph.states, graph.bonds, places, place)


def crossing(vocabulary: Vocabulary, source: int, target: int) -> int:
    """How a species goes from one surface to another across a volume: -1 where both lie in that volume (as a vesicle
    fuses with a membrane of the same space), 1 where one lies inside the other (as in endocytosis), 0 where it cannot.
    """
    parent = vocabulary.parent
    if parent[source] == NONE and parent[target] == NONE:
        return 0
    inside = {surface: parent.index(surface) if surface in parent else NONE for surface in (source, target)}
    if parent[source] == parent[target]:
        return -1 if NONE not in inside.values() else 0
    for inner, outer in ((source, target), (target, source)):
        between = parent[inner]
        if between != NONE and parent[between] == outer and inside[inner] != NONE:
            return 1
    return 0


def carried(vocabulary: Vocabulary, places: Sequence[int], source: int, target: int) -> list[int] | None:
    """Where molecules in `places` are when their whole species goes from `source` to `target`; None if it cannot."""
    if vocabulary.dimension[source] == 3:
        return [target] * len(places)
    parent = vocabulary.parent
    outer, inner = parent[source], parent.index(source) if source in parent else NONE
    new_outer, new_inner = parent[target], parent.index(target) if target in parent else NONE
    if crossing(vocabulary, source, target) == 1:
        new_outer, new_inner = new_inner, new_outer
    going = {source: target, outer: new_outer, inner: new_inner}
    moved = [going.get(place, NONE) for place in places]
    return None if NONE in moved else moved


def side_by_side(graph: Graph, molecule: int) -> set[int]:
    """The molecules that a path of bonds joins to one, all in its place."""
    place = graph.places[molecule]
    found, stack = {molecule}, [molecule]
    while stack:
        at = stack.pop()
        for site in range(graph.starts[at], graph.starts[at + 1]):
            for other in graph.bonds[site]:
                neighbour = graph.owner[other]
                if neighbour not in found and graph.places[neighbour] == place:
                    found.add(neighbour)
                    stack.append(neighbour)
    return found
