"""Influence maps: small ones by hand, larger ones against what generated networks show."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mscnet.mechanism.expression import Product, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Count, Limits, Pattern, Seed, Structure
from mscnet.mechanism.types import RateLaw
from mscnet.rules.counting import Counter
from mscnet.rules.generate import generate, seeds_of
from mscnet.rules.graph import Vocabulary
from mscnet.rules.influence import influence_map
from tests.rules.reading import ONE, pattern, structure


def counted(base: Structure, *patterns: str) -> Structure:
    made = tuple(Count(f"o{number}", "molecules", (pattern(text),)) for number, text in enumerate(patterns, 1))
    return replace(base, counts=made)


def pairs(base: Structure) -> dict[tuple[str, str], str]:
    """``{("r1", "o1"): "+-"}``: rules and what they act on."""
    found: dict[tuple[str, str], str] = {}
    for each in influence_map(Mechanism(structure=base)).influences:
        found[each.source, each.target] = found.get((each.source, each.target), "") + each.sign
    return {key: "".join(sorted(signs)) for key, signs in found.items()}


def test_binding_and_a_switch_by_hand() -> None:
    base = structure(["A(b)", "B(a,s~u~p)"], [], ["A(b) + B(a) <-> A(b!1).B(a!1)", "B(a!+,s~u) -> B(a!+,s~p)"])
    assert pairs(counted(base, "B(s~p)", "A(b)")) == {
        ("r1", "r1"): "-", ("r1", "r1_back"): "+", ("r1", "r2"): "+", ("r1", "o2"): "-",
        ("r1_back", "r1"): "+", ("r1_back", "r1_back"): "-", ("r1_back", "r2"): "-", ("r1_back", "o2"): "+",
        ("r2", "r2"): "-", ("r2", "o1"): "+",
    }  # fmt: skip


def test_other_partners_other_states_and_full_sites_do_not_overlap() -> None:
    base = structure(["A(x)", "B(a)", "C(a)"], [], ["A(x) + B(a) -> A(x!1).B(a!1)"])
    assert pairs(counted(base, "A(x!1).C(a!1)", "A(x!1).B(a!1)", "C(a)")) == {
        ("r1", "r1"): "-",
        ("r1", "o2"): "+",
    }


def test_what_contradicts_further_off_is_no_overlap() -> None:
    """The state that a rule's own pattern has two bonds away decides."""
    base = structure(
        ["A(b,c)", "B(a,s~u~p)", "C(a)"], [], ["B(a!1,s~u).A(b!1,c) + C(a) -> B(a!1,s~u).A(b!1,c!2).C(a!2)"]
    )
    found = pairs(counted(base, "B(a!1,s~p).A(b!1,c!+)", "B(a!1,s~u).A(b!1,c!+)"))
    assert ("r1", "o1") not in found
    assert found["r1", "o2"] == "+"


def test_equal_sites_are_used_up_one_by_one() -> None:
    """A(b,b) with both arms bound meets no pattern that wants one free; with one it does."""
    base = structure(["A(b,b)", "B(a)"], [], ["A(b!+,b) + B(a) -> A(b!+,b!1).B(a!1)"])
    found = pairs(counted(base, "A(b!+,b)", "A(b!+,b!+)"))
    assert (found["r1", "o1"], found["r1", "o2"]) == ("-", "+")


def test_a_swap_of_partners_leaves_the_site_bound() -> None:
    base = structure(["A(b)", "B(a)", "C(a)"], [], ["A(b!1).B(a!1) + C(a) -> A(b!1).C(a!1) + B(a)"])
    found = pairs(counted(base, "A(b!+)", "A(b!1).C(a!1)", "A(b!1).B(a!1)"))
    assert ("r1", "o1") not in found
    assert (found["r1", "o2"], found["r1", "o3"]) == ("+", "-")


def test_removing_a_molecule_frees_its_partner() -> None:
    base = structure(["A(b)", "B(a)"], [], ["A(b) + B(a) -> A(b!1).B(a!1)", "A() -> 0 DeleteMolecules"])
    found = pairs(counted(base, "B(a)", "B(a!+)", "B()"))
    assert (found["r2", "o1"], found["r2", "o2"]) == ("+", "-")
    assert ("r2", "o3") not in found


def test_removing_a_species_takes_what_may_be_bound_to_it() -> None:
    base = structure(["A(b)", "B(a,c)", "C(b)", "D(x)"], [], [
        "A(b) + B(a) -> A(b!1).B(a!1)", "B(c) + C(b) -> B(c!1).C(b!1)", "A() -> 0", "A(b) -> 0",
    ])  # fmt: skip
    found = pairs(counted(base, "B()", "C()", "D()"))
    assert (found["r3", "o1"], found["r3", "o2"], ("r3", "o3") in found) == ("-", "-", False)
    assert ("r4", "o1") not in found


def test_excluded_reactants_count_against_a_rule() -> None:
    base = structure(["A(s~u~p,t~x~y)"], [], ["A(s~u) -> A(s~p)", "A(t~x) -> A(t~y) exclude_reactants(1,A(s~p))"])
    assert pairs(base)["r1", "r2"] == "-"


def test_compartments() -> None:
    base = structure(["A()"], [], ["A@c() -> A@n()"], [("c", 3, None), ("n", 3, None)])
    found = pairs(counted(base, "A@n()", "A@c()", "A()"))
    assert (found["r1", "o1"], found["r1", "o2"], ("r1", "o3") in found) == ("+", "-", False)


def test_observables_that_set_rates() -> None:
    base = counted(structure(["A(s~u~p)"], [], ["A(s~u) -> A(s~p)", "A(s~p) -> A(s~u)"]), "A(s~p)")
    law = RateLaw("mass_action", Product((Symbol("k", "parameter"), Symbol("o1", "observable"))))
    base = replace(base, rules=(replace(base.rules[0], law=law), base.rules[1]))
    rates = [(i.source, i.target) for i in influence_map(Mechanism(structure=base)).influences if i.sign == "rate"]
    assert rates == [("o1", "r1")]


def test_the_graph_says_why() -> None:
    graph = influence_map(
        Mechanism(structure=counted(structure(["A(s~u~p)"], [], ["A(s~u) -> A(s~p)"]), "A(s~p)"))
    ).graph()
    assert graph.edges["rule:r1", "observable:o1", 0] == {"sign": "+", "because": ["A(s): u to p"]}


def test_a_mechanism_without_rules_has_an_empty_map() -> None:
    assert influence_map(Mechanism()).graph().number_of_nodes() == 0


# --- against networks -----------------------------------------------------------------------------

MODELS = {
    "receptor": structure(
        ["L(r,r)", "R(l,y~u~p)", "K(sh)"],
        ["L(r,r)", "R(l,y~u)", "K(sh)"],
        ["L(r,r) + R(l) <-> L(r!1,r).R(l!1)", "L(r,r!1).R(l!1) + R(l) <-> L(r!2,r!1).R(l!1).R(l!2)",
         "R(l!1,y~u).L(r!1,r!2).R(l!2) -> R(l!1,y~p).L(r!1,r!2).R(l!2)", "R(y~p) + K(sh) <-> R(y~p!1).K(sh!1)",
         "R(y~p) -> R(y~u)", "K() -> 0 DeleteMolecules", "L(r,r) -> 0", "R(l!+) -> 0", "0 -> K(sh)"],
    ),
    "ring": structure(
        ["A(x,y,s~u~p)"], ["A(x,y,s~u)"],
        ["A(x) + A(y) <-> A(x!1).A(y!1)", "A(x).A(y) <-> A(x!1).A(y!1)", "A(x!+,s~u) -> A(x!+,s~p)",
         "A(s~p) -> A(s~u)"],
        limits=Limits(molecules=3),
    ),
    "arms": structure(
        ["A(b,b,b,s~u~p)", "B(a)"], ["A(b,b,b,s~u)", "B(a)"],
        ["A(b) + B(a) <-> A(b!1).B(a!1)", "A(b!+,b!+,s~u) -> A(b!+,b!+,s~p)", "A(b,b,b,s~p) -> A(b,b,b,s~u)",
         "B() -> 0 DeleteMolecules"],
    ),
    "cells": structure(
        ["L(r,d)", "R(l,t~u~p)"], ["@EC:L(r,d)", "@PM:R(l,t~u)"],
        ["L(r) + R(l) <-> L(r!1).R(l!1)", "L(d) + L(d) <-> L(d!1).L(d!1)", "@PM:R().R() -> @EM:R().R()",
         "@EM:R() -> @PM:R()", "@EN:L() -> @EC:L()", "R().R(t~u) -> R().R(t~p)", "@PM:R(t~p) -> @PM:R(t~u)"],
        [("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"), ("EM", 2, "CP"), ("EN", 3, "EM")],
        Limits(molecules=4),
    ),
}  # fmt: skip

ASKED = {
    "cells": ["@EC:L()", "@PM:L(d)", "@EM:L(d!+)", "@EN:L().L()", "@PM:R(t~p)", "R(l)@PM", "L()@EN", "@EM:R().R()"],
    "receptor": [
        "R(y~p!?)", "R(l!1).L(r!1,r!2).R(l!2)", "R(l,y~u)", "K(sh!+)", "L(r,r!+)", "R().R()", "R(y!1).K(sh!1)",
    ],
    "ring": [
        "A(x,y)", "A(x!1).A(y!1)", "A(x!1,y!2).A(x!2,y!1)", "A(s~p).A(s~p)", "A(x!+,y!+)", "A(x!1,s~p).A(y!1,s~u)",
    ],
    "arms": ["A(b,b)", "A(b!+,b!+,b!+)", "A(b!+,b)", "A(s~p,b!1).B(a!1)", "B(a)", "A(b,b!+,s~u)"],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(MODELS))
def test_whatever_a_reaction_does_is_in_the_map(name: str) -> None:
    """In every reaction of the network, a pattern that is found more or less often afterwards is one of the map."""
    base = counted(MODELS[name], *ASKED[name])
    base = replace(base, limits=Limits())
    found = pairs(base)
    generated = generate(MODELS[name], MODELS[name].limits)
    vocabulary = Vocabulary.of(base)
    graphs = seeds_of(replace(base, seeds=tuple(Seed(species, ONE) for species in generated.species)), vocabulary)
    asked: list[tuple[str, Pattern]] = [(count.name, count.patterns[0]) for count in base.counts]
    asked += [(rule.name, one) for rule in base.rules for one in rule.reactants if one.molecules]
    seen = 0
    for target, one in asked:
        counter = Counter(Count("x", "molecules", (one,)), vocabulary)
        number = [counter.in_species(graph) for graph in graphs]
        for event in generated.events:
            change = sum(number[i] for i in event.products) - sum(number[i] for i in event.reactants)
            if change:
                seen += 1
                signs = found.get((base.rules[event.rule].name, target), "")
                assert ("+" if change > 0 else "-") in signs, (base.rules[event.rule].name, target)
    assert seen > 50


def test_many_equal_arms_cost_little() -> None:
    """Forty equal arms: going through their orders would take forever."""
    arms = ",".join(["b"] * 40)
    bound = ",".join(f"b!{n}" for n in range(1, 41))
    partners = ".".join(f"B(a!{n})" for n in range(1, 41))
    base = structure([f"A({arms},s~u~p)", "B(a)"], [], [
        f"A({bound},s~u).{partners} -> A({bound},s~p).{partners}",
        f"A({bound},s~p).{partners} -> A({bound},s~u).{partners}",
        "A(b) + B(a) <-> A(b!1).B(a!1)",
    ])  # fmt: skip
    start = time.process_time()
    found = pairs(counted(base, f"A({arms},s~p)", f"A({bound},s~p).{partners}"))
    assert time.process_time() - start < 2
    assert found["r1", "o2"] == "+"
    assert ("r1", "o1") not in found
    assert found["r3", "o2"] == "+"


def test_what_has_one_site_joins_no_two_others() -> None:
    """A pattern of two molecules in one complex, however bound: only bonds that can lie between the two count."""
    base = structure(["R(d,y)", "K(r)", "L(r,r)"], [], ["R(d) + R(d) -> R(d!1).R(d!1)", "R(y) + K(r) -> R(y!1).K(r!1)"])
    found = pairs(counted(base, "R().R()"))
    assert (found["r1", "o1"], ("r2", "o1") in found) == ("+", False)
    base = structure(["R(y)", "L(r,r)"], [], ["R(y) + L(r) <-> R(y!1).L(r!1)"])
    found = pairs(counted(base, "R().R()"))
    assert (found["r1", "o1"], found["r1_back", "o1"]) == ("+", "-")


def test_a_bond_within_a_complex_joins_nothing() -> None:
    base = structure(["A(x,y,z)"], [], ["A(x!1,y).A(x!1,y) <-> A(x!1,y!2).A(x!1,y!2)", "A(z) + A(z) -> A(z!1).A(z!1)"])
    found = pairs(counted(base, "A().A()"))
    assert ("r1", "o1") not in found
    assert ("r1_back", "o1") not in found
    assert found["r2", "o1"] == "+"


def test_a_long_list_of_rules_costs_what_it_says() -> None:
    """A thousand rules that each touch their neighbours: quadratic work would take many times as long."""
    number = 500
    lines = [f"A{i}(r) + A{i + 1}(l) -> A{i}(r!1).A{i + 1}(l!1)" for i in range(number)]
    lines += [f"A{i}(s~u,r!1).A{i + 1}(l!1) -> A{i}(s~p,r!1).A{i + 1}(l!1)" for i in range(number)]
    base = structure([f"A{i}(l,r,s~u~p)" for i in range(number + 1)], [], lines)
    start = time.process_time()
    found = influence_map(Mechanism(structure=base))
    assert time.process_time() - start < 3
    assert len(found.influences) == 3 * number  # each bond uses itself up and helps its switch, which uses itself up
