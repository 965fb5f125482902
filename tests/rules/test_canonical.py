"""Canonical texts: the same for the same species however it is numbered, and different for any other."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscnet.rules.canonical import canonical, canonical_text, text_of
from mscnet.rules.graph import Graph, Vocabulary, seed_graph
from tests.rules.reading import molecule_type, pattern

VOCABULARY = Vocabulary([molecule_type(each) for each in ("A(a,a,a)", "B(a~u~p,a~u~p,b)", "C(c,d)")])


def read(species: str, vocabulary: Vocabulary = VOCABULARY) -> str:
    return canonical_text(seed_graph(pattern(species), vocabulary), vocabulary)


def shuffled(graph: Graph, draw: random.Random, vocabulary: Vocabulary = VOCABULARY) -> Graph:
    """The same species with its molecules, and its equal sites, in another order."""
    order = list(range(len(graph.kinds)))
    draw.shuffle(order)
    sites: list[int] = []
    for molecule in order:
        start = graph.starts[molecule]
        names = vocabulary.kinds[graph.kinds[molecule]].sites
        left = {name: [start + at for at, each in enumerate(names) if each == name] for name in names}
        for each in left.values():
            draw.shuffle(each)
        sites.extend(left[name].pop() for name in names)
    where = {site: at for at, site in enumerate(sites)}
    return Graph(
        vocabulary,
        [graph.kinds[molecule] for molecule in order],
        [graph.states[site] for site in sites],
        [tuple(sorted(where[other] for other in graph.bonds[site])) for site in sites],
        [graph.places[molecule] for molecule in order],
        graph.place,
    )


def drawn(seed: int, most: int, kinds: int = 3) -> Graph:
    """A random species: molecules joined one after another, then some more bonds."""
    draw = random.Random(seed)
    chosen = [draw.randrange(kinds) for _ in range(draw.randint(1, most))]
    starts = [0]
    for kind in chosen:
        starts.append(starts[-1] + len(VOCABULARY.kinds[kind].sites))
    states = [draw.choice(known) if known else -1 for kind in chosen for known in VOCABULARY.kinds[kind].states]
    bonds: list[tuple[int, ...]] = [()] * starts[-1]

    def join(one: list[int], other: list[int]) -> bool:
        # Now and then a site holds several bonds.
        ends = [[site for site in each if len(bonds[site]) <= (draw.random() < 0.1)] for each in (one, other)]
        if not all(ends):
            return False
        first, second = draw.choice(ends[0]), draw.choice(ends[1])
        if first == second or second in bonds[first]:
            return False
        bonds[first], bonds[second] = (*bonds[first], second), (*bonds[second], first)
        return True

    kept = 1
    for at in range(1, len(chosen)):
        if not join(list(range(starts[at])), list(range(starts[at], starts[at + 1]))):
            break
        kept = at + 1
    for _ in range(draw.randint(0, 3)):
        join(list(range(starts[kept])), list(range(starts[kept])))
    end = starts[kept]
    return Graph(VOCABULARY, chosen[:kept], states[:end], bonds[:end], [-1] * kept)


def same(one: Graph, other: Graph) -> bool:
    """Whether two species are the same, by trying all orders of molecules and then of equal sites."""
    if sorted(one.kinds) != sorted(other.kinds):
        return False
    for order in permutations(range(len(other.kinds))):
        if all(one.kinds[at] == other.kinds[to] for at, to in enumerate(order)) and fits(one, other, order):
            return True
    return False


def fits(one: Graph, other: Graph, order: tuple[int, ...]) -> bool:
    image: dict[int, int] = {}
    left = [(at, position) for at in range(len(one.kinds)) for position in range(one.starts[at + 1] - one.starts[at])]

    def go(number: int) -> bool:
        if number == len(left):
            return True
        at, position = left[number]
        site = one.starts[at] + position
        kind = VOCABULARY.kinds[one.kinds[at]]
        for there in kind.positions[kind.sites[position]]:
            target = other.starts[order[at]] + there
            if target in image.values() or one.states[site] != other.states[target]:
                continue
            if len(one.bonds[site]) != len(other.bonds[target]):
                continue
            if any(end in image and image[end] not in other.bonds[target] for end in one.bonds[site]):
                continue
            image[site] = target
            if go(number + 1):
                return True
            del image[site]
        return False

    return go(0)


@given(st.integers(0, 10**6))
def test_the_text_does_not_hang_on_the_numbering(seed: int) -> None:
    graph = drawn(seed, 9)
    text = canonical_text(graph, VOCABULARY)
    for turn in range(3):
        assert canonical_text(shuffled(graph, random.Random(turn)), VOCABULARY) == text
    assert read(text) == text


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_species_have_one_text_if_and_only_if_they_are_the_same(first: int, second: int) -> None:
    one, other = drawn(first, 4, 2), drawn(second, 4, 2)
    assert (canonical_text(one, VOCABULARY) == canonical_text(other, VOCABULARY)) == same(one, other)


def test_all_small_species_of_a_kind_are_told_apart() -> None:
    """Of many random species of four equal molecules, as many texts as there are species."""
    by_text: dict[str, Graph] = {}
    for seed in range(800):
        graph = drawn(seed, 4, 1)
        by_text.setdefault(canonical_text(graph, VOCABULARY), graph)
    graphs = list(by_text.values())
    assert not any(same(one, other) for at, one in enumerate(graphs) for other in graphs[:at])


def test_the_order_says_which_molecule_is_which() -> None:
    graph = seed_graph(pattern("C(c!1,d).A(a!1,a,a)"), VOCABULARY)
    form = canonical(graph, VOCABULARY)
    assert [graph.kinds[at] for at in form.order] == list(form.graph.kinds)
    assert text_of(form.graph, VOCABULARY) == "A(a!1,a,a).C(c!1,d)"


@pytest.mark.parametrize(
    ("species", "text"),
    [
        ("A(a,a,a)", "A(a,a,a)"),
        ("B(b,a~u,a~p)", "B(a~p,a~u,b)"),
        ("A(a,a!7,a!7)", "A(a!1,a!1,a)"),
        ("C(c!2,d!1).C(c!1,d!2)", "C(c!1,d!2).C(c!2,d!1)"),
        ("A(a!1,a!2,a).A(a!2,a,a!1)", "A(a!1,a!2,a).A(a!1,a!2,a)"),
    ],
)
def test_texts(species: str, text: str) -> None:
    assert read(species) == text


def test_rings_of_different_order_differ() -> None:
    """Rings of C and D that hold the same neighbours in number, but in another order."""
    vocabulary = Vocabulary([molecule_type("X(l,r)"), molecule_type("Y(l,r)")])

    def ring(names: str) -> str:
        count = len(names)
        return ".".join(f"{name}(l!{at + 1},r!{(at + 1) % count + 1})" for at, name in enumerate(names))

    turned = {read(ring(names), vocabulary) for names in ("XXYXYY", "XYXYYX", "YXYYXX")}
    assert len(turned) == 1
    assert read(ring("XXYYXY"), vocabulary) not in turned


@pytest.mark.parametrize("arms", [3, 150])
def test_a_star_of_equal_arms_costs_little(arms: int) -> None:
    vocabulary = Vocabulary([molecule_type(f"S({','.join(['s'] * arms)})"), molecule_type("T(t,u)")])
    graph = seed_graph(
        pattern(
            f"S({','.join(f's!{n}' for n in range(arms))})."
            + ".".join(f"T(t!{n},u!{arms + n}).T(t!{arms + n},u)" for n in range(arms))
        ),
        vocabulary,
    )
    form = canonical_text(graph, vocabulary)
    assert canonical_text(shuffled(graph, random.Random(1), vocabulary), vocabulary) == form


@pytest.mark.parametrize("size", [4, 40])
def test_rings_and_ladders_cost_little(size: int) -> None:
    """A ladder closed to a ring: every molecule looks like every other, and there are 4 n symmetries."""
    vocabulary = Vocabulary([molecule_type("A(a,a,a)")])
    rungs = range(size)
    molecules = []
    for side in (0, 1):
        for at in rungs:
            before, after = size + side * size + at, size + side * size + (at + 1) % size
            molecules.append(f"A(a!{at},a!{before},a!{after})")
    graph = seed_graph(pattern(".".join(molecules)), vocabulary)
    text = canonical_text(graph, vocabulary)
    assert canonical_text(shuffled(graph, random.Random(5), vocabulary), vocabulary) == text


def test_a_long_chain() -> None:
    vocabulary = Vocabulary([molecule_type("A(l,r)")])
    chain = "A(l,r!1)." + ".".join(f"A(l!{n},r!{n + 1})" for n in range(1, 1500)) + ".A(l!1500,r)"
    graph = seed_graph(pattern(chain), vocabulary)
    text = canonical_text(graph, vocabulary)
    assert canonical_text(shuffled(graph, random.Random(2), vocabulary), vocabulary) == text
