"""Orbits of vertices, against all permutations of small graphs; rules and counts with many equal parts."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import permutations
from math import factorial

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import Limits
from mscnet.rules import compiled
from mscnet.rules.generate import generate
from mscnet.rules.graph import Vocabulary, pattern_graph, seed_graph
from mscnet.rules.match import counter
from mscnet.rules.orbits import Orbits
from mscnet.rules.symmetry import laid_onto, symmetries
from mscnet.rules.transform import compile_rule
from tests.rules.reading import pattern, rules, structure

TYPES = ("A(b,c~u~p)", "B(a)", "R(x,x,x,x,x,x,x,x,x,x,x,x)")
WORDS = Vocabulary.of(structure(TYPES, [], []))
#: Twelve A around one R.
STAR = "R(" + ",".join(f"x!{i}" for i in range(12)) + ")." + ".".join(f"A(b!{i},c~u)" for i in range(12))
ENGINES = ["python", pytest.param("compiled", marks=pytest.mark.skipif(
    not compiled.available(structure(TYPES, [], [])), reason="without kernels"))]  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_images_against_all_permutations(seed: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(2, 6)
    colours = [draw.randint(0, 1) for _ in range(count)]
    edges = [(a, b) for a in range(count) for b in range(a) if draw.random() < 0.5]
    both = {*edges, *((b, a) for a, b in edges)}
    points = draw.sample(range(count), draw.randint(1, count))
    symmetric = [
        move for move in permutations(range(count))
        if all(colours[move[at]] == colours[at] for at in range(count))
        and {(move[a], move[b]) for a, b in both} == both
    ]  # fmt: skip
    images = {tuple(move[point] for point in points) for move in symmetric}
    assert Orbits(edges, colours).images(points) == len(images)


@pytest.mark.parametrize(
    "text",
    ["A().A().A()", "A(b!1).B(a!1)", "R(x,x,x).R(x,x,x)", "R(x!1,x!2).A(b!1).A(b!2).A(c~u)", "A(b!+).A(b!?).A(b)"],
)
def test_symmetries_of_patterns_are_as_many_as_can_be_listed(text: str) -> None:
    graph = pattern_graph(pattern(text), WORDS)
    assert symmetries(graph) == sum(1 for _ in laid_onto(graph, graph))


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        (" + ".join(["A(b)"] * 10) + " -> B(a)", Fraction(1, factorial(10))),
        (".".join(["A()"] * 10) + " -> B(a)", Fraction(1)),
        (" + ".join(["A(b)"] * 12) + " + R(x,x,x,x,x,x,x,x,x,x,x,x) -> " + STAR.replace(",c~u", ""),
         Fraction(1, factorial(12))),
        ("B(a) -> " + " + ".join(["B(a)"] * 20), Fraction(1)),
        (".".join(["A(c~u)"] * 10) + " -> " + ".".join(["A(c~p)", *["A(c~u)"] * 9]), Fraction(1)),
        (".".join(["A(c~u)"] * 4) + " -> " + ".".join(["A(c~p)"] * 4), Fraction(1, 24)),
    ],
)  # fmt: skip
def test_factors_of_rules_with_many_equal_parts(text: str, factor: Fraction) -> None:
    assert compile_rule(rules(text, "r")[0], WORDS).factor == factor


@pytest.mark.parametrize("engine", ENGINES)
def test_ten_molecules_meet(engine: str) -> None:
    """A choice of i of one species and 10 - i of the other counts 10!/(i! (10 - i)!) of 10! orders."""
    rule = " + ".join(["A(b)"] * 10) + " -> B(a)"
    made = generate(structure(TYPES, ["A(b,c~u)", "A(b,c~p)"], [rule]), engine=engine)  # type: ignore[arg-type]
    wanted = [Fraction(1, factorial(i) * factorial(10 - i)) for i in range(11)]
    assert sorted(event.factor for event in made.events) == sorted(wanted)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_of_ten_equal_molecules_of_a_species_changes(engine: str) -> None:
    """Each molecule that still is u may be the one, as long as nine others are there."""
    rule = ".".join(["A(c~u)"] * 10) + " -> " + ".".join(["A(c~p)", *["A(c~u)"] * 9])
    made = generate(structure(TYPES, [STAR], [rule]), Limits(iterations=20), engine=engine)  # type: ignore[arg-type]
    assert [event.factor for event in made.events] == [12, 11, 10]


def test_many_equal_molecules_are_counted() -> None:
    nine = pattern_graph(pattern(".".join(["A()"] * 9)), WORDS)
    wanted = factorial(12) // factorial(3)
    assert counter(nine).count(seed_graph(pattern(STAR), WORDS)) == wanted
    given = structure(TYPES, [STAR], [])
    if compiled.available(given):
        found = generate(given, engine="compiled").species
        assert compiled.tallies(found, [nine]).tolist() == [[wanted]]  # type: ignore[arg-type]


def test_too_many_exchanges_in_one_reactant_are_refused() -> None:
    rule = ".".join(["A(c~u)"] * 10) + " -> " + ".".join(["A(c~p)"] * 10)
    with pytest.raises(MechanismError, match=r"3,628,800 ways") as error:
        compile_rule(rules(rule, "r")[0], WORDS)
    assert error.value.diagnostics[0].code == "E302"
