"""Random sets of rules give the network that BNG2.pl gives: species, reactions, and how often each counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import Limits, Structure
from mscnet.records import replace
from mscnet.rules.counting import Counter
from mscnet.rules.generate import generate
from mscnet.rules.graph import Vocabulary, seed_graph
from tests.rules import peer
from tests.rules.models import random_counts, random_model
from tests.rules.reading import pattern, structure

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(peer.program() is None, reason="BNG2.pl is not installed (pip install bionetgen)"),
]

#: Volumes and surfaces in each other: outside, a cell with its membrane, a nucleus and an endosome in it.
CELL = (
    ("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"),
    ("NM", 2, "CP"), ("NU", 3, "NM"), ("EM", 2, "CP"), ("EN", 3, "EM"),
)  # fmt: skip


def compare(model: Structure, limits: Limits, folder: Path) -> None:
    species, reactions = peer.network(model, limits, folder)
    own_species, own_reactions = peer.ours(generate(model, limits, engine="python"))
    assert own_reactions == reactions
    if reactions:  # without any, BNG2.pl writes no network
        assert own_species == species


@pytest.mark.parametrize("block", range(4))
def test_random_rules(block: int, tmp_path: Path) -> None:
    compared = 0
    for seed in range(12 * block, 12 * block + 12):
        model, limits = random_model(seed)
        try:
            generated = generate(model, limits, engine="python")
        except MechanismError:
            with pytest.raises(RuntimeError):
                peer.network(model, limits, tmp_path)
            continue
        if len(generated.events) > 80:  # of such as these, BNG2.pl makes minutes of work
            continue
        compare(model, limits, tmp_path)
        compared += 1
    assert compared > 3


def test_random_observables(tmp_path: Path) -> None:
    compared = 0
    for seed in range(40):
        model, limits = random_model(seed)
        model = replace(model, counts=random_counts(seed, model.molecules, 8))
        try:
            generated = generate(model, limits)
        except MechanismError:
            continue
        if not 0 < len(generated.events) <= 100:
            continue
        peer.network(model, limits, tmp_path)
        words = Vocabulary.of(model)
        graphs = {text: seed_graph(pattern(text), words) for text in generated.texts}
        for count in model.counts:
            counter = Counter(count, words)
            numbers = {text: counter.in_species(graph) for text, graph in graphs.items()}
            found = peer.counts(model, tmp_path)[count.name]
            assert {text: number for text, number in numbers.items() if number} == found
            compared += bool(found)
    assert compared > 20


@pytest.mark.parametrize(
    ("types", "seeds", "rules"),
    [
        pytest.param(
            ["L(r)", "R(l,d)"], ["@EC:L(r)", "@PM:R(l,d)", "@CP:L(r)"],
            ["L(r)+R(l)<->L(r!1).R(l!1)", "R(d)+R(d)<->R(d!1).R(d!1)"], id="binding at a surface from both sides"),
        pytest.param(
            ["A(b)", "B(a)"], ["@EC:A(b)", "@CP:B(a)", "@EC:B(a)"], ["A(b)+B(a)<->A(b!1).B(a!1)"],
            id="only what is in one volume meets"),
        pytest.param(
            ["A(b)", "B(a)"], ["@EC:A(b!1).B(a!1)"], ["@EC:A()->@CP:A()", "A(b!1).B(a!1)->A(b)+B(a)"],
            id="a complex moves as a whole"),
        pytest.param(
            ["A(b)", "B(a,c)", "C(b)"], ["@EC:A(b!1).B(a!1,c!2).C(b!2)"], ["A()@EC->A()@CP MoveConnected"],
            id="a molecule takes along what is bound to it"),
        pytest.param(
            ["A(b)", "B(a,c)", "C(b)"], ["@EC:A(b!1).B(a!1,c!2).C(b!2)"],
            ["A(b!1)@EC.B(a!1)@EC->A(b!1)@PM.B(a!1)@EC MoveConnected"], id="but not what the rule names"),
        pytest.param(
            ["R(l)", "L(r)"], ["@PM:R(l)", "@EC:L(r)"],
            ["R(l)+L(r)<->R(l!1).L(r!1)", "@PM:R()->@EM:R()", "@EM:R(l!+)->@PM:R(l!+)"], id="endocytosis and back"),
        pytest.param(["R(l)"], ["@NM:R(l)"], ["@NM:R()->@EM:R()"], id="between two surfaces in one volume"),
        pytest.param(
            ["A(b)"], ["@EC:A(b)"], ["0->A(b)@CP", "A(b)@CP->0", "0->@EC:A(b)"], id="made and lost in a place"),
        pytest.param(
            ["A(b)", "B(a)", "C()"], ["@PM:A(b)", "@CP:C()"], ["A(b)+C()->A(b)+C()+B(a)"],
            id="what is made is where its makers are"),
        pytest.param(
            ["A(b)"], ["@PM:A(b)", "@EC:A(b)", "@CP:A(b)"],
            ["@PM:A(b)+@EC:A(b)->A(b!1).A(b!1)", "A(b)@PM+A(b)@CP->A(b!1)@PM.A(b!1)@CP"],
            id="places of patterns and of molecules in the symmetry of a rule"),
        pytest.param(
            ["A(b)", "B(a)"], ["@PM:A(b!1).B(a!1)@CP"], ["A()->0 DeleteMolecules", "B()->0"], id="deletion"),
    ],
)  # fmt: skip
def test_places(types: list[str], seeds: list[str], rules: list[str], tmp_path: Path) -> None:
    compare(structure(types, seeds, rules, CELL), Limits(iterations=6, molecules=6), tmp_path)


@pytest.mark.parametrize(
    ("types", "seeds", "rules"),
    [
        pytest.param(
            ["A(a,a,s~u~p)", "B(a)"], ["A(a,a,s~u)", "B(a)"],
            ["A(a)+B(a)<->A(a!1).B(a!1)", "A(s~u)->A(s~p) include_reactants(1,B(a!1).A(a!1),A(a!+,a))",
             "A(s~p)->A(s~u) exclude_reactants(1,B(a))",
             "A(a)+A(a)->A(a!1).A(a!1) exclude_products(1,B(a)) include_products(1,A(s~p))"], id="restrictions"),
        pytest.param(
            ["A(b,c~x~y)", "B(a)"], ["A(b,c~x)", "B(a)"],
            ["A%1(b)+A%2(b)->A%2(b!1).A%1(b!1)", "A%1(c~x!?)+A%2(c~x!?)->A%2(c~x!?)+A%1(c~y!?)"], id="labels"),
        pytest.param(
            ["A(b,b,s~u~p)", "B(a)"], ["A(b,b,s~u)", "B(a)"],
            ["A(b)+B(a)<->A(b!1).B(a!1)", "A(b%1!1,b%2).B(a!1)->A(b%2!1,b%1).B(a!1)"], id="labels of equal sites"),
        pytest.param(
            ["A(c~x~y~z)", "D(c~x~y~z,c~x~y~z)"], ["A(c~x)", "A(c~y)", "A(c~z)"],
            ["A(c%1)+A(c%2)->D(c%1,c%2)"], id="states handed on"),
        pytest.param(
            ["A(b,s~u~p)", "B(a)"], ["A(b,s~u)", "B(a)"],
            ["A(b)+B(a)<->A(b!1).B(a!1)", "A(b!?,s~u)->A(b,s~p)"], id="a bond left open on the left alone"),
        pytest.param(
            ["A(b,c)", "B(a)"], ["A(b,c)", "B(a)"],
            ["A(b)+B(a)->A(b!1).B(a!1)", "A(b!+,c)+A(b!?,c)->A(b!+,c!1).A(b!?,c!1)"], id="wildcards and symmetry"),
        pytest.param(
            ["A(b,c~u~p)"], ["A(b,c~u)"], ["A()+A()+A(c~u)->A()+A()+A(c~p)", "A()+A()->A()+A()+A(b,c~u)"],
            id="those that only look on"),
        pytest.param(
            ["A(p)", "B(p)"], ["A(p)", "B(p)"],
            ["A(p)+B(p)->A(p!1).B(p!1)", "A(p!1).B(p!1)+B(p)->A(p!1!2).B(p!1).B(p!2)",
             "A(p!1!2).B(p!1).B(p!2)->A(p)+B(p)+B(p)"], id="several bonds at a site"),
    ],
)  # fmt: skip
def test_what_rules_can_say(types: list[str], seeds: list[str], rules: list[str], tmp_path: Path) -> None:
    compare(structure(types, seeds, rules), Limits(iterations=4, molecules=4), tmp_path)
