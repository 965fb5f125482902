"""BNGL to molecules, rules and observables."""

from __future__ import annotations

import pytest

from mscnet.mechanism.expression import Number, Symbol, to_text
from mscnet.mechanism.structure import (
    Count,
    MoleculePattern,
    MoleculeType,
    Pattern,
    SitePattern,
    SiteType,
)
from mscnet.mechanism.structure_text import molecule_type_text, pattern_text, rule_text
from tests.interop.bngl_texts import RECEPTOR, check, load, model, structure


def test_a_whole_model() -> None:
    mechanism = load(RECEPTOR)
    found = mechanism.structure
    assert found is not None
    assert found.molecules == (
        MoleculeType("L", (SiteType("r"),)),
        MoleculeType("R", (SiteType("l"), SiteType("kin", ("u", "p")))),
    )
    assert [rule_text(rule) for rule in found.rules] == [
        "L(r) + R(l) -> L(r!1).R(l!1)",
        "L(r!1).R(l!1) -> L(r) + R(l)",
        "R(l!+,kin~u) -> R(l!+,kin~p)",
    ]
    assert [(rule.name, rule.label, rule.partner, rule.reverse) for rule in found.rules] == [
        ("bind", "bind", "bind.reverse", False),
        ("bind.reverse", "bind", "bind", True),
        ("r2", None, None, False),
    ]
    assert [rule.law.expression for rule in found.rules] == [
        Symbol("kon", "parameter"),
        Symbol("koff", "definition"),
        Symbol("rate", "definition"),
    ]
    assert [(pattern_text(seed.pattern), seed.initial) for seed in found.seeds] == [
        ("L(r)", Number(100)),
        ("R(l,kin~u)", Number(50)),
    ]
    site = SitePattern("kin", "p")
    assert found.counts[0] == Count(
        "Active",
        "molecules",
        (Pattern((MoleculePattern("R", (site,)),)),),
        dimension=mechanism.units.concentration.dimension,
    )
    assert {p.name: p.value for p in mechanism.parameters} == {"kon": 0.01, "kp": 1.0}
    assert {d.name: to_text(d.expression) for d in mechanism.definitions} == {
        "koff": "10*kon",
        "rate": "kp*Bound/(1 + Active)",
    }


def test_spans_show_the_place_in_the_text() -> None:
    mechanism = load(RECEPTOR)
    assert mechanism.structure is not None
    rule = mechanism.structure.rules[2]
    assert rule.span is not None
    assert rule.span.line == 25
    site = rule.reactants[0].molecules[0].sites[1]
    assert site.span is not None
    assert RECEPTOR[site.span.start : site.span.end] == "kin~u"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A(b!1,c~u).B(a!1)", "A(b!1,c~u).B(a!1)"),
        ("A(b!x,c~?).B(a!x)", "A(b!1,c).B(a!1)"),
        ("A(b!0).B(a!0)", "A(b!1).B(a!1)"),
        ("A(b!7).B(a!7)", "A(b!7).B(a!7)"),
        ("A(b!+) A(b!?)", "A(b!+), A(b!?)"),
        ("A(),B", "A(), B()"),
        ("A . B", "A().B()"),
        ("A(b!1)B(a!1)", "A(b!1).B(a!1)"),
        ("A()B() B", "A().B(), B()"),
        ("A( b , c~u )", "A(b,c~u)"),
        ("A(b)%x", "A%x(b)"),
        ("%t:A(b%y)", "%t:A(b%y)"),
        ("$A(b)", "$A(b)"),
        ("A(b!1).B(a!1){MatchOnce}", "{MatchOnce}A(b!1).B(a!1)"),
        ("A(){MatchOnce=0}", "A()"),
    ],
)
def test_patterns(written: str, meant: str) -> None:
    found = structure(model(observables=f"Molecules X {written}"))
    assert ", ".join(map(pattern_text, found.counts[-1].patterns)) == meant


@pytest.mark.parametrize(
    ("text", "meant"), [("==2", ("==", 2)), ("=2", ("==", 2)), (">=1", (">=", 1)), ("<3", ("<", 3))]
)
def test_relations_of_species(text: str, meant: tuple[str, int]) -> None:
    found = structure(model(observables=f"Species X A(){text},B()"))
    assert [pattern.relation for pattern in found.counts[-1].patterns] == [meant, None]


def test_a_site_holds_several_bonds() -> None:
    text = """\
begin seed species
    D(p!1!2).T(d!1).T(d!2) 1
end seed species
begin reaction rules
    D(p!1!2).T(d!1).T(d!2) -> D(p) + T(d) + T(d) 3
end reaction rules
"""
    site = structure(text).rules[0].reactants[0].molecules[0].sites[0]
    assert site.bond == (1, 2)


def test_kinds_of_molecules_follow_from_the_patterns() -> None:
    text = """\
begin parameters
    k 1
end parameters
begin species
    A(b,b) 1
    B(a,y~0) 1
end species
begin reaction_rules
    A(b) + B(a) -> A(b!1).B(a!1) k
    B(a!+,y~0) -> B(a!+,y~1) k
end reaction_rules
begin observables
    Molecules X B(y~2)
    Molecules N Null
end observables
"""
    found = structure(text)
    assert [molecule_type_text(one) for one in found.molecules] == ["A(b,b)", "B(a,y~0~1~2)", "Null()"]
    assert not any(one.declared for one in found.molecules)


def test_compartments() -> None:
    text = """\
begin parameters
    size 2
end parameters
begin compartments
    EC 3 10*size
    PM 2 size*0.1 EC
    CP 3 max(size,1) PM
end compartments
begin molecule types
    A()
end molecule types
begin seed species
    A()@EC 5
    $@CP:A() 1
end seed species
begin reaction rules
    A()@EC -> A()@CP 1 MoveConnected
    @CP:A -> @EC:A 2
end reaction rules
"""
    found = structure(text)
    assert [(place.name, place.dimension, place.parent) for place in found.places] == [
        ("EC", 3, None),
        ("PM", 2, "EC"),
        ("CP", 3, "PM"),
    ]
    assert to_text(found.places[0].size) == "10*size"
    assert [(seed.pattern.place, seed.pattern.molecules[0].place) for seed in found.seeds] == [
        (None, "EC"),
        ("CP", None),
    ]
    assert found.seeds[1].pattern.constant
    assert [rule.move_connected for rule in found.rules] == [True, False]


def test_energies_and_populations() -> None:
    text = model(
        "A(b) + B(a) <-> A(b!1).B(a!1) Arrhenius(0.25,K)",
        energy_patterns="A(c~p) k/K\nbond: A(b!1).B(a!1) -2",
        population_types="P()",
        population_maps="B(a) -> P() k",
    )
    found = structure(text)
    assert [(pattern_text(one.pattern), to_text(one.energy), one.name) for one in found.energies] == [
        ("A(c~p)", "k/K", None),
        ("A(b!1).B(a!1)", "-2", "bond"),
    ]
    (there,) = found.populations
    assert (pattern_text(there.pattern), there.population, to_text(there.rate)) == ("B(a)", "P", "k")
    assert [one.name for one in found.molecules if one.population] == ["P"]
    shares = [rule.activation for rule in found.rules]
    assert [share and to_text(share[0]) for share in shares] == ["0.25", "0.75"]


def test_blocks_may_stand_in_any_order_and_twice() -> None:
    text = """\
begin reaction rules
    A() -> B() k2
end reaction rules
begin seed species
    A() 1
end seed species
begin parameters
    k2 2*k1
end parameters
begin parameters
    k1 3
end parameters
"""
    mechanism = load(text)
    assert mechanism.value_of("k2") == 6.0


def test_lines_have_numbers_labels_comments_and_go_on() -> None:
    text = """\
begin   parameters   # the constants
  1  first: k = 1 + \\  # more comes
             2
end parameters
begin seed species
  1 A() k
  drug: B() 2
end seed species
begin reaction rules
  1 A() -> B() k
  two words: B() \\
     -> A() k
  3: A() -> 0 k
end reaction rules
"""
    mechanism = load(text)
    assert mechanism.value_of("k") == 3.0
    assert mechanism.structure is not None
    assert [rule.label for rule in mechanism.structure.rules] == ["1", "two words", "3"]
    assert [rule.name for rule in mechanism.structure.rules] == ["r1", "r2", "r3"]
    assert mechanism.structure.seeds[1].label == "drug"


def test_a_parameter_may_be_declared_between_the_blocks() -> None:
    assert load("begin model\nparameter k 3\nend model\n").value_of("k") == 3.0


def test_the_name_of_the_model() -> None:
    assert load(RECEPTOR).name == "model"
    assert load(RECEPTOR + 'setModelName("cell")\n').name == "cell"


def test_a_file_without_a_model_is_an_empty_mechanism() -> None:
    result = check("# nothing\n")
    assert result.mechanism is not None
    assert result.mechanism.structure is not None
    assert result.mechanism.structure.rules == ()
