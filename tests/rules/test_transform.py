"""What a rule does: its mapping, its reaction centre and its statistical factor."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.types import RateLaw
from mscnet.records import replace
from mscnet.rules.graph import NONE, Vocabulary
from mscnet.rules.transform import CompiledRule, Tag, compile_rule
from tests.rules.reading import molecule_type, rules, structure

TYPES = ["A(b,b,s~u~p)", "B(a,c)", "C(x)", f"M({','.join(['m'] * 12)},x)"]
WORDS = Vocabulary([molecule_type(each) for each in TYPES])
TWELVE = ",".join(["m"] * 12)


def compiled(text: str) -> CompiledRule:
    return compile_rule(rules(text, "r")[0], WORDS)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("A(b)+B(a)->A(b!1).B(a!1)", 1),
        ("A(b)+A(b)->A(b!1).A(b!1)", Fraction(1, 2)),
        ("A(b!1).A(b!1)->A(b)+A(b)", Fraction(1, 2)),
        ("A(b,s~u)+A(b,s~p)->A(b!1,s~u).A(b!1,s~p)", 1),
        ("A(b,b)+B(a)->A(b!1,b).B(a!1)", 1),
        ("A(b!1,b!2).A(b!1,b!2)->A(b,b!2).A(b,b!2)", Fraction(1, 2)),
        ("A()+A()->A()+A()+C(x)", Fraction(1, 2)),
        ("A()+A()+C(x)->A()+A()", Fraction(1, 2)),
        ("A()+A()->A()", 1),
        ("C(x)+C(x)->0", Fraction(1, 2)),
        ("A(s~u).A(s~u)->A(s~p).A(s~p)", Fraction(1, 2)),
        ("A(s~u).A(s~u)->A(s~p).A(s~u)", 1),
        (f"M({TWELVE},x)+M({TWELVE},x)->M({TWELVE},x!1).M({TWELVE},x!1)", Fraction(1, 2)),
    ],
)
def test_factors(text: str, factor: Fraction) -> None:
    assert compiled(text).factor == factor


def test_a_bond_is_made_between_the_sites_that_are_free() -> None:
    rule = compiled("A(b,s~u) + B(c!+,a) -> A(b!1,s~p).B(c!+,a!1)")
    assert rule.operations.join == (((0, 0, NONE), (1, 1, NONE)),)
    assert rule.operations.states == ((0, 1, WORDS.state_number["p"]),)
    assert rule.operations.cut == ()
    assert rule.centre == (frozenset(), frozenset({0, 1, 3}), frozenset())


def test_without_a_molecule_on_the_right_the_whole_species_goes() -> None:
    assert compiled("A(b!1).B(a!1) -> 0").operations.deleted == {0}
    assert compiled("A(b!1).B(a!1) -> 0 DeleteMolecules").operations.deleted == frozenset()
    assert compiled("A(b!1).B(a!1) -> A(b)").operations.belongs == ((0, NONE),)


def test_labels_say_which_is_which() -> None:
    rule = compiled("A%1(b) + A%2(b,s~u) + C(x) -> A%2(b!1,s~p) . C(x!1) + A%1(b)")
    assert rule.operations.belongs == ((1,), (0,), (0,))
    with_sites = compiled("A(b%1!1,b%2).B(a!1) -> A(b%2!1,b%1).B(a!1)")
    assert with_sites.operations.cut == (((0, 0), (0, 2)),)
    assert with_sites.operations.join == (((0, 1, NONE), (0, 2, NONE)),)


def test_a_molecule_with_other_sites_is_another_one() -> None:
    rule = compiled("B(a) -> B(a,c)")
    assert rule.operations.deleted == {0}
    assert len(rule.operations.made) == 1


def test_local_functions_look_at_labels() -> None:
    rule = rules("A%x(b) + B(a) -> A%x(b!1).B(a!1)", "r")[0]
    law = RateLaw("mass_action", Symbol("Bound(x)", "local"))
    assert compile_rule(replace(rule, law=law), WORDS).tags == (Tag("x", 0, 0),)
    with pytest.raises(MechanismError, match=r"nothing on the left .* is tagged %y"):
        compile_rule(replace(rule, law=RateLaw("mass_action", Symbol("Bound(y)", "local"))), WORDS)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("A(b!+) -> A(b)", "E302", "left open on one side"),
        ("A(b) -> A(b!+)", "E302", "left open on one side"),
        ("A(b!1).B(a!1) -> A(b!+) + B(a)", "E302", "left open on one side"),
        ("A(s~u) -> A(s)", "E302", "state on the left and none on the right"),
        ("A%1(b) -> B%1(a)", "E302", "one label"),
        ("A%1(b) -> A%1(b,s~u)", "E302", "not on both sides"),
        ("A%1(b,s~u) -> A%1(b)", "E302", "not on both sides"),
        ("A%1(b)+A%1(b) -> A%1(b!1).A(b!1)", "E302", "twice on one side"),
        ("0 -> A(b,s~u)", "E301", "does not name b"),
        ("0 -> A(b,b,s)", "E301", "state of site s"),
        ("0 -> B(a!+,c)", "E301", "bond of site a"),
        ("A(b) -> A(s~u)", "E301", "does not name b"),
        ("A(b) -> A(b) exclude_products(2,C(x))", "E300", "exclude_products"),
    ],
)
def test_rules_that_cannot_be(text: str, code: str, said: str) -> None:
    with pytest.raises(MechanismError, match=said) as error:
        compiled(text)
    assert [each.code for each in error.value.diagnostics] == [code]


PLACES = (("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"), ("NM", 2, "CP"), ("X", 2, "NM"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C(x)@EC -> C(x)", "given on one side"),
        ("@EC:C(x) -> @PM:C(x)", "from a volume to a surface"),
        ("@PM:C(x) -> @X:C(x)", "no single volume"),
    ],
)
def test_moves_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(MechanismError, match=said):
        compile_rule(rules(text, "r")[0], Vocabulary.of(structure(TYPES, [], [], PLACES)))
