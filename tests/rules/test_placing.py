"""Places: who meets, where a species is, and what moves along.  What rules make of it is compared in `test_peer`."""

from __future__ import annotations

import pytest

from mscnet.rules.graph import NONE, Vocabulary, seed_graph
from mscnet.rules.placing import carried, crossing, located, may_meet, side_by_side, whole_place
from tests.rules.reading import pattern, structure

PLACES = (
    ("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"),
    ("NM", 2, "CP"), ("NU", 3, "NM"), ("EM", 2, "CP"), ("EN", 3, "EM"),
)  # fmt: skip
WORDS = Vocabulary.of(structure(["A(b)", "B(a,c)", "C(b)"], [], [], PLACES))
NUMBER = WORDS.place_number


@pytest.mark.parametrize(
    ("names", "meet"),
    [
        ("EC", True), ("EC EC", True), ("EC CP", False), ("PM EC", True), ("PM CP", True), ("PM NU", False),
        ("PM NM", False), ("PM EC CP", False), ("NM CP NM", True), ("EC -", False), ("- -", True),
    ],
)  # fmt: skip
def test_who_meets(names: str, meet: bool) -> None:
    assert may_meet(WORDS, [NUMBER.get(name, NONE) for name in names.split()]) is meet


@pytest.mark.parametrize(
    ("names", "place"),
    [("EC EC", "EC"), ("EC PM", "PM"), ("EC PM CP", "PM"), ("EC CP", None), ("PM NM", None), ("PM NU", None)],
)
def test_where_a_species_is(names: str, place: str | None) -> None:
    found = whole_place(WORDS, [NUMBER[name] for name in names.split()])
    assert found == (None if place is None else NUMBER[place])


def where(species: str, asked: int = NONE, reactants: tuple[str, ...] = ()) -> str | None:
    graph = located(WORDS, seed_graph(pattern(species), WORDS), asked, [NUMBER[name] for name in reactants])
    return None if graph is None else WORDS.places[graph.place]


def test_a_species_without_a_place_is_where_its_makers_are_on_a_surface_first() -> None:
    assert where("A(b)", reactants=("EC", "PM")) == "PM"
    assert where("A(b)", reactants=("EC",)) == "EC"
    assert where("A(b)") is None
    assert where("A(b)", asked=NUMBER["CP"]) == "CP"


def test_bonds_join_what_touches() -> None:
    assert where("A(b!1)@PM.B(a!1,c)@EC") == "PM"
    assert where("A(b!1)@EC.B(a!1,c!2)@PM.C(b!2)@CP") == "PM"
    assert where("A(b!1)@EC.B(a!1,c!2)@CP.C(b!2)@PM") is None  # EC and CP do not touch
    assert where("A(b!1)@PM.B(a!1,c)@EC", asked=NUMBER["EC"]) is None


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [("PM", "EM", 1), ("EM", "PM", 1), ("NM", "EM", -1), ("EM", "NM", -1), ("PM", "PM", 0)],
)
def test_from_surface_to_surface(source: str, target: str, way: int) -> None:
    assert source == target or crossing(WORDS, NUMBER[source], NUMBER[target]) == way


def test_what_was_outside_is_inside_after_endocytosis() -> None:
    moved = carried(WORDS, [NUMBER[name] for name in ("PM", "EC", "CP")], NUMBER["PM"], NUMBER["EM"])
    assert moved == [NUMBER[name] for name in ("EM", "EN", "CP")]
    fused = carried(WORDS, [NUMBER[name] for name in ("NM", "NU", "CP")], NUMBER["NM"], NUMBER["EM"])
    assert fused == [NUMBER[name] for name in ("EM", "EN", "CP")]
    assert carried(WORDS, [NUMBER["EC"]], NUMBER["EC"], NUMBER["CP"]) == [NUMBER["CP"]]
    assert carried(WORDS, [NUMBER["EN"]], NUMBER["PM"], NUMBER["EM"]) is None


def test_side_by_side_stays_in_one_place() -> None:
    graph = located(WORDS, seed_graph(pattern("A(b!1)@EC.B(a!1,c!2)@PM.C(b!2)@EC"), WORDS), NONE, ())
    assert graph is not None
    assert side_by_side(graph, 0) == {0}
    graph = located(WORDS, seed_graph(pattern("@EC:A(b!1).B(a!1,c!2).C(b!2)"), WORDS), NONE, ())
    assert graph is not None
    assert side_by_side(graph, 0) == {0, 1, 2}
