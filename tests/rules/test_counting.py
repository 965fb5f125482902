"""What observables and energy patterns count, as BNG2.pl 2.9.3 counts it."""

from __future__ import annotations

import pytest

from mscnet.mechanism.structure import Count, EnergyPattern
from mscnet.rules.counting import Counter, EnergyCounter
from mscnet.rules.graph import Vocabulary, pattern_graph, seed_graph
from mscnet.rules.symmetry import symmetries
from tests.rules.reading import ONE, molecule_type, pattern, split

WORDS = Vocabulary([molecule_type(each) for each in ("A(b,b,s~u~p)", "B(a)")])
SPECIES = "A(b!1,b!2,s~u).A(b!1,b!3,s~p).B(a!2).B(a!3)"


def observable(kind: str, patterns: str) -> Counter:
    count = Count("x", kind, tuple(pattern(each) for each in split(patterns, ";")))  # type: ignore[arg-type]
    return Counter(count, WORDS)


@pytest.mark.parametrize(
    ("kind", "patterns", "number"),
    [
        ("molecules", "A()", 2),
        ("molecules", "A();B()", 4),
        ("molecules", "A(b!1).A(b!1)", 2),
        ("molecules", "A(b!+)", 4),
        ("molecules", "A(b!+,b!+)", 4),
        ("molecules", "A(b!+){MatchOnce}", 1),
        ("species", "A()", 1),
        ("species", "A();B()", 2),
        ("species", "A()=2", 1),
        ("species", "A()>2", 0),
        ("species", "A(b!+)>3", 1),
        ("species", "A()<3;B()>=3", 1),
        ("species", "A(b)", 0),
        ("species", "A(b)<1", 1),
    ],
)
def test_observables(kind: str, patterns: str, number: int) -> None:
    assert observable(kind, patterns).in_species(seed_graph(pattern(SPECIES), WORDS)) == number


def test_what_counts_in_a_molecule_is_what_starts_there() -> None:
    graph = seed_graph(pattern(SPECIES), WORDS)
    phosphorylated = observable("molecules", "A(s~p).B()")
    assert [phosphorylated.in_molecule(graph, molecule) for molecule in range(4)] == [0, 2, 0, 0]
    there = observable("species", "A(b!+)")
    assert [there.in_molecule(graph, molecule) for molecule in range(4)] == [1, 1, 0, 0]


def test_an_energy_counts_each_place_once() -> None:
    graph = seed_graph(pattern(SPECIES), WORDS)
    counts = {
        text: EnergyCounter(EnergyPattern(pattern(text), ONE), WORDS).in_species(graph)
        for text in ("A(b!1).A(b!1)", "A(b!1).B(a!1)", "A(b!+,b!+)", "A(s~u)")
    }
    assert counts == {"A(b!1).A(b!1)": 1, "A(b!1).B(a!1)": 2, "A(b!+,b!+)": 2, "A(s~u)": 1}


def test_symmetries_of_many_equal_sites_are_counted_without_listing_them() -> None:
    words = Vocabulary([molecule_type(f"M({','.join(['m'] * 20)})")])
    twenty = pattern_graph(pattern(f"M({','.join(['m'] * 20)})"), words)
    assert symmetries(twenty) == 2432902008176640000
