"""Structures as flat tables: nothing is lost on the way, and what is open is said to be so."""

from __future__ import annotations

from mscnet.mechanism.structure import Limits
from mscnet.rules.generate import seeds_of
from mscnet.rules.graph import Vocabulary, pattern_graph
from mscnet.rules.tables import (
    CUT,
    JOIN,
    NOTHING,
    STATE,
    WORDS,
    Patterns,
    kind_tables,
    limit_tables,
    name_tables,
    packed,
    rule_tables,
    table,
    unpacked,
)
from mscnet.rules.transform import compile_rule
from tests.rules.reading import pattern, structure

MODEL = structure(
    ["A(l,r,r~u~p)", "B(x)"],
    ["A(l!1,r,r~p).B(x!1)"],
    ["A(r~u) + B(x) -> A(r~p!1).B(x!1)", "A(l!1).B(x!1) -> A(l) + B(x)"],
)
VOCABULARY = Vocabulary.of(MODEL)


def test_what_is_open_is_nothing() -> None:
    assert table([0, -1, 7]).tolist() == [0, NOTHING, 7]


def test_a_species_comes_back_from_its_words() -> None:
    (seed,) = seeds_of(MODEL, VOCABULARY)
    back = unpacked(table(packed(seed)).tolist(), VOCABULARY)
    assert all(
        getattr(back, name) == getattr(seed, name) for name in ("kinds", "starts", "states", "bonds", "places", "place")
    )


def test_equal_sites_are_named_by_the_first_of_them() -> None:
    assert kind_tables(VOCABULARY)["kind_site_class"].tolist() == [0, 1, 1, 0]


def test_bonds_of_patterns_name_each_other() -> None:
    patterns = Patterns(VOCABULARY)
    patterns.add(pattern_graph(pattern("B(x)"), VOCABULARY))
    patterns.add(pattern_graph(pattern("A(l!1,r!+).B(x!1)"), VOCABULARY))
    assert patterns.tables()["site_partner"].tolist() == [NOTHING, 3, NOTHING, 1]


def test_rules_are_the_operations_that_they_do() -> None:
    rules = [compile_rule(rule, VOCABULARY) for rule in MODEL.rules]
    tables = rule_tables(rules, [False, False], VOCABULARY)
    rows = tables["op"].reshape(-1, WORDS).tolist()
    up = VOCABULARY.state_number["p"]
    assert rows == [
        [STATE, 0, 0, up, 0, 0, 0],
        [JOIN, 0, 0, NOTHING, 1, 0, NOTHING],
        [CUT, 0, 0, 0, 0, 0, 0],
    ]
    assert tables["op_start"].tolist() == [0, 2, 3]


def test_limits_that_are_not_there_are_open() -> None:
    tables = limit_tables(Limits(species=5, of_type=(("B", 3), ("B", 2))), VOCABULARY)
    assert tables["most_of_type"].tolist() == [NOTHING, 2]
    assert (tables["most_species"], tables["most_rounds"]) == (5, -1)


def test_names_stand_one_after_the_other() -> None:
    tables = name_tables(VOCABULARY)
    assert (tables["sites"], tables["site_start"].tolist()) == (b"lrrx", [0, 1, 2, 3, 4])
