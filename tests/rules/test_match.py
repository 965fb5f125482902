"""Where patterns are found: counted by hand, and against trying everything."""

from __future__ import annotations

import random
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscnet.diagnostics import MechanismError
from mscnet.rules.graph import ANY, BOUND, FREE, NONE, Graph, PatternGraph, Vocabulary, pattern_graph, seed_graph
from mscnet.rules.match import Matcher, counter
from mscnet.rules.placing import located
from tests.rules.reading import molecule_type, pattern
from tests.rules.reading import structure as structure_of
from tests.rules.test_canonical import VOCABULARY, drawn

TYPES = [molecule_type(each) for each in ("L(r,r,r)", "R(l,l,k~u~p)", "E(e)", f"M({','.join(['m'] * 14)})")]
WORDS = Vocabulary(TYPES)


def count(wanted: str, species: str) -> int:
    return counter(pattern_graph(pattern(wanted), WORDS)).count(seed_graph(pattern(species), WORDS))


@pytest.mark.parametrize(
    ("wanted", "species", "number"),
    [
        ("L()", "L(r,r,r)", 1),
        ("L(r)", "L(r,r,r)", 3),
        ("L(r,r)", "L(r,r,r)", 6),
        ("L(r!+)", "L(r,r,r)", 0),
        ("L(r!?)", "L(r!1,r,r).R(l!1,l,k~u)", 3),
        ("L(r!+,r)", "L(r!1,r,r).R(l!1,l,k~u)", 2),
        ("L(r!1).R(l!1)", "L(r!1,r!2,r).R(l!1,l!2,k~u)", 2),
        ("L(r!1,r!2).R(l!1,l!2)", "L(r!1,r!2,r).R(l!1,l!2,k~u)", 2),
        ("R(l!1).R(l!1)", "R(l!1,l,k~u).R(l!1,l,k~p)", 2),
        ("R(l!1,k~u).R(l!1)", "R(l!1,l,k~u).R(l!1,l,k~p)", 1),
        ("R(k~u).R(k~p)", "R(l!1,l,k~u).R(l!1,l,k~p)", 1),
        ("R().R()", "R(l!1,l,k~u).R(l!1,l,k~p)", 2),
        ("R().E()", "R(l!1,l,k~u).R(l!1,l,k~p)", 0),
        ("R(l).R(l)", "R(l!1,l,k~u).R(l!1,l,k~p)", 2),
        ("R(l,l!+,k~p)", "R(l!1,l,k~u).R(l!1,l,k~p)", 1),
        ("L{MatchOnce}", "L(r,r,r)", 1),
        ("E(e!1).E(e!1)", "E(e)", 0),
        ("M(" + ",".join(["m"] * 14) + ")", "M(" + ",".join(["m"] * 14) + ")", 87178291200),
    ],
)
def test_counts(wanted: str, species: str, number: int) -> None:
    assert count(wanted, species) == number


def test_a_star_with_many_equal_arms_is_counted_at_once() -> None:
    star = "M(" + ",".join(f"m!{n}" for n in range(14)) + ")." + ".".join(f"E(e!{n})" for n in range(14))
    assert count("M(m!1).E(e!1)", star) == 14
    assert count("M(m!+,m!+,m!+)", star) == 14 * 13 * 12
    assert count("M(m!1,m!2).E(e!1).E(e!2)", star) == 14 * 13


def test_of_embeddings_with_one_centre_there_is_one() -> None:
    wanted = pattern_graph(pattern("L(r,r!1).R(l!1,l)"), WORDS)
    graph = seed_graph(pattern("L(r!1,r,r).R(l!1,l,k~u)"), WORDS)
    assert len(Matcher(wanted).embeddings(graph)) == 2
    assert len(Matcher(wanted, [0], []).embeddings(graph)) == 1
    assert len(Matcher(wanted, [], [0]).embeddings(graph)) == 2
    assert len(Matcher(wanted, [], []).embeddings(graph)) == 1


def test_with_a_root_the_first_molecule_is_that() -> None:
    wanted = counter(pattern_graph(pattern("R(k~p!?).R()"), WORDS))
    graph = seed_graph(pattern("R(l!1,l,k~u).R(l!1,l,k~p)"), WORDS)
    assert [wanted.count(graph, root) for root in (0, 1)] == [0, 1]


def test_places_of_species_and_of_molecules() -> None:
    model = structure_of(["A(b)", "B(a)"], [], [], (("EC", 3, None), ("PM", 2, "EC")))
    words = Vocabulary.of(model)
    graph = located(words, seed_graph(pattern("@PM:A(b!1).B(a!1)@EC"), words), 1, ())
    assert graph is not None
    found = {
        wanted: counter(pattern_graph(pattern(wanted), words)).count(graph)
        for wanted in ("@PM:B()", "@EC:B()", "B()@EC", "B()@PM", "A()@PM", "@PM:A(b!1).B(a!1)@EC")
    }
    assert found == {"@PM:B()": 1, "@EC:B()": 0, "B()@EC": 1, "B()@PM": 0, "A()@PM": 1, "@PM:A(b!1).B(a!1)@EC": 1}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("X()", "there is no molecule X"),
        ("L(x)", "names site x"),
        ("E(e,e)", "names site e 2 times"),
        ("R(k~q)", "no state q"),
        ("L(r!1)", "named once"),
        ("L(r!1,r!1,r!1)", "named 3 times"),
        ("E()@here", "no compartment here"),
    ],
)
def test_patterns_that_cannot_be(wanted: str, said: str) -> None:
    with pytest.raises(MechanismError, match=said) as error:
        pattern_graph(pattern(wanted), WORDS)
    assert [each.code for each in error.value.diagnostics] == ["E300"]


# --- against trying everything --------------------------------------------------------------------


def by_trying(wanted: PatternGraph, graph: Graph) -> int:
    """The number of embeddings, from all ways to choose molecules and then sites."""
    total = 0
    for molecules in permutations(range(len(graph.kinds)), len(wanted.kinds)):
        if any(graph.kinds[at] != kind for at, kind in zip(molecules, wanted.kinds, strict=True)):
            continue
        choices = [
            [graph.starts[molecules[wanted.owner[number]]] + position for position in site.positions]
            for number, site in enumerate(wanted.sites)
        ]
        total += sum(len(set(sites)) == len(sites) and holds(wanted, graph, sites) for sites in product(*choices))
    return total


def holds(wanted: PatternGraph, graph: Graph, sites: tuple[int, ...]) -> bool:
    for site, at in zip(wanted.sites, sites, strict=True):
        bonds = graph.bonds[at]
        if site.state not in (NONE, graph.states[at]):
            return False
        if (site.bond == FREE and bonds) or (site.bond == BOUND and not bonds):
            return False
        if site.bond not in (FREE, BOUND, ANY) and sorted(sites[end] for end in site.ends) != sorted(bonds):
            return False
    return True


def part_of(graph: Graph, draw: random.Random) -> str:
    """A pattern that asks for some of what is in a species, not always truly."""
    names = VOCABULARY
    chosen = draw.sample(range(len(graph.kinds)), min(len(graph.kinds), draw.randint(1, 3)))
    texts = []
    for molecule in chosen:
        kind = names.kinds[graph.kinds[molecule]]
        sites = []
        for position, name in enumerate(kind.sites):
            site = graph.starts[molecule] + position
            if draw.random() < 0.5:
                continue
            state = f"~{names.states[graph.states[site]]}" if graph.states[site] != NONE and draw.random() < 0.5 else ""
            ends = [other for other in graph.bonds[site] if graph.owner[other] in chosen]
            if ends and len(graph.bonds[site]) == 1:
                bond = draw.choice((f"!{min(site, ends[0]) * 100 + max(site, ends[0])}", "!+", "!?"))
            else:
                bond = draw.choice(("", "", "!?")) if not graph.bonds[site] else draw.choice(("!+", "!?", ""))
            sites.append(f"{name}{state}{bond}")
        draw.shuffle(sites)
        texts.append(f"{kind.name}({','.join(sites)})")
    text = ".".join(texts)
    labels = [word.split("!")[1].rstrip("),") for word in text.replace(")", ",").split(",") if "!" in word]
    for label in labels:  # the other end of a bond may have been left out
        if label.isdigit() and labels.count(label) == 1:
            text = text.replace(f"!{label}", "!+")
    return text


@given(st.integers(0, 10**6))
def test_embeddings_are_those_that_trying_finds(seed: int) -> None:
    draw = random.Random(seed)
    graph = drawn(seed, 5)
    wanted = pattern_graph(pattern(part_of(graph, draw)), VOCABULARY)
    number = by_trying(wanted, graph)
    assert counter(wanted).count(graph) == number
    assert len(Matcher(wanted).embeddings(graph)) == number
    assert counter(wanted).found_in(graph) == (number > 0)
    sites = draw.sample(range(len(wanted.sites)), draw.randint(0, len(wanted.sites)))
    images = {tuple(each.sites[site] for site in sites) for each in Matcher(wanted).embeddings(graph)}
    assert len(Matcher(wanted, [], sites).embeddings(graph)) == len(images)
