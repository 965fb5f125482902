"""Networks of small sets of rules: species, reactions and their factors, as BNG2.pl 2.9.3 gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import Limits
from mscnet.records import replace
from mscnet.rules import compiled
from mscnet.rules.generate import generate
from mscnet.rules.generated import Generated
from tests.rules.models import random_model
from tests.rules.reading import structure


def reactions(generated: Generated) -> dict[str, Fraction]:
    """``A(b) + B(a) -> A(b!1).B(a!1)`` and its factor, of all rules together."""
    found: dict[str, Fraction] = {}
    for event in generated.events:
        sides = (" + ".join(generated.texts[n] for n in side) or "0" for side in (event.reactants, event.products))
        text = " -> ".join(sides)
        found[text] = found.get(text, Fraction(0)) + event.factor
    return found


def test_two_molecules_bind_and_part() -> None:
    generated = generate(structure(["A(b)", "B(a)"], ["A(b)", "B(a)"], ["A(b) + B(a) <-> A(b!1).B(a!1)"]))
    assert generated.texts == ("A(b)", "B(a)", "A(b!1).B(a!1)")
    assert reactions(generated) == {"A(b) + B(a) -> A(b!1).B(a!1)": 1, "A(b!1).B(a!1) -> A(b) + B(a)": 1}
    assert (generated.ending, generated.seeds, generated.growing) == ("complete", (0, 1), ())


def test_two_of_a_kind_bind_half_as_often() -> None:
    generated = generate(structure(["A(a)"], ["A(a)"], ["A(a) + A(a) <-> A(a!1).A(a!1)"]))
    assert reactions(generated) == {
        "A(a) + A(a) -> A(a!1).A(a!1)": Fraction(1, 2),
        "A(a!1).A(a!1) -> A(a) + A(a)": 1,
    }


def test_equal_sites_count_each() -> None:
    generated = generate(structure(["L(r,r)", "R(l)"], ["L(r,r)", "R(l)"], ["L(r) + R(l) <-> L(r!1).R(l!1)"]))
    assert reactions(generated) == {
        "L(r,r) + R(l) -> L(r!1,r).R(l!1)": 2,
        "L(r!1,r).R(l!1) + R(l) -> L(r!1,r!2).R(l!1).R(l!2)": 1,
        "L(r!1,r).R(l!1) -> L(r,r) + R(l)": 1,
        "L(r!1,r!2).R(l!1).R(l!2) -> L(r!1,r).R(l!1) + R(l)": 2,
    }


def test_a_limit_on_molecules_leaves_out_what_is_too_large_and_says_what_grows() -> None:
    model = structure(["A(l,r)"], ["A(l,r)"], ["A(r) + A(l) <-> A(r!1).A(l!1)"])
    generated = generate(model, Limits(molecules=3))
    assert len(generated.texts) == 3
    assert generated.ending == "molecules"
    assert generated.texts[generated.growing[0]].count("A") == 3


def test_an_interrupt_keeps_what_is_there() -> None:
    def progress(iteration: int, species: int, reactions: int) -> None:
        if species > 5:
            raise KeyboardInterrupt

    model = structure(["A(l,r)"], ["A(l,r)"], ["A(r) + A(l) <-> A(r!1).A(l!1)"])
    generated = generate(model, progress=progress, engine="python")
    assert generated.ending == "interrupted"
    assert len(generated.texts) > 5


def test_what_a_rule_makes_has_to_be_said_in_full() -> None:
    with pytest.raises(MechanismError) as error:
        generate(structure(["A(b,s~u~p)"], [], ["0 -> A(b)"]))
    assert [each.code for each in error.value.diagnostics] == ["E301"]


def test_a_bond_that_is_left_open_cannot_be_broken() -> None:
    with pytest.raises(MechanismError) as error:
        generate(structure(["A(b)", "B(a)"], ["A(b)"], ["A(b!+) -> A(b)"]))
    assert [each.code for each in error.value.diagnostics] == ["E302"]


def test_a_rule_of_higher_priority_goes_before() -> None:
    model = structure(["A(b)", "B(a)"], ["A(b)", "B(a)"], ["A(b)+B(a)->A(b!1).B(a!1)", "A()+B()->A(b!1).B(a!1)"])
    first, second = model.rules
    second = replace(second, reactants=first.reactants, priority=2)
    generated = generate(replace(model, rules=(first, second)))
    assert [event.rule for event in generated.events] == [1]


@pytest.mark.parametrize("seeds", [range(207, 222), pytest.param(range(222, 267), marks=pytest.mark.slow)], ids=str)
def test_both_engines_give_the_same_species_in_the_same_order(seeds: range) -> None:
    compared = 0
    for seed in seeds:
        model, limits = random_model(seed)
        if not compiled.available(model):
            pytest.skip("the kernels are not compiled")
        try:
            ours = generate(model, limits, engine="python")
        except MechanismError:
            continue
        theirs = generate(model, limits, engine="compiled")
        assert (theirs.texts, theirs.seeds, theirs.ending) == (ours.texts, ours.seeds, ours.ending)
        assert sorted(theirs.events) == sorted(ours.events)
        assert tuple(theirs.species) == ours.species
        compared += 1
    assert compared > len(seeds) // 2


def test_a_label_of_a_site_hands_its_state_on() -> None:
    model = structure(["A(c~x~y)", "D(c~x~y,c~x~y)"], ["A(c~x)", "A(c~y)"], ["A(c%1) + A(c%2) -> D(c%1,c%2)"])
    assert reactions(generate(model)) == {
        "A(c~x) + A(c~x) -> D(c~x,c~x)": Fraction(1, 2),
        "A(c~x) + A(c~y) -> D(c~x,c~y)": 1,
        "A(c~y) + A(c~y) -> D(c~y,c~y)": Fraction(1, 2),
    }


def test_a_deleted_species_goes_as_a_whole_and_a_deleted_molecule_alone() -> None:
    types, seeds = ["A(b)", "B(a)"], ["A(b!1).B(a!1)"]
    assert reactions(generate(structure(types, seeds, ["A() -> 0"]))) == {"A(b!1).B(a!1) -> 0": 1}
    molecule = generate(structure(types, seeds, ["A() -> 0 DeleteMolecules"]))
    assert reactions(molecule) == {"A(b!1).B(a!1) -> B(a)": 1}


def test_what_the_rule_says_is_apart_has_to_come_apart() -> None:
    """A ring opens and stays one species: the rule that parts two does not apply to it."""
    model = structure(["A(l,r)"], ["A(l!1,r!2).A(l!2,r!1)"], ["A(r!1).A(l!1) -> A(r) + A(l)"])
    assert generate(model).events == ()
    opening = structure(["A(l,r)"], ["A(l!1,r!2).A(l!2,r!1)"], ["A(r!1).A(l!1) -> A(r).A(l)"])
    assert reactions(generate(opening)) == {"A(l!1,r!2).A(l!2,r!1) -> A(l,r!1).A(l!1,r)": 2}


def test_a_limit_on_one_kind_of_molecule() -> None:
    model = structure(["A(l,r)", "B(a)"], ["A(l,r)", "B(a)"], ["A(r)+A(l)->A(r!1).A(l!1)", "A(r)+B(a)->A(r!1).B(a!1)"])
    generated = generate(model, Limits(of_type=(("A", 2), ("B", 1))))
    assert generated.ending == "molecules"
    assert sorted(text.count("A(") for text in generated.texts) == [0, 1, 1, 2, 2]


def test_rounds_species_and_reactions_are_bounded() -> None:
    model = structure(["A(l,r)"], ["A(l,r)"], ["A(r)+A(l)->A(r!1).A(l!1)"])
    for limits, ending in (
        (Limits(iterations=2), "iterations"),
        (Limits(species=7), "species"),
        (Limits(reactions=9), "reactions"),
    ):
        generated = generate(model, limits)
        assert generated.ending == ending
        assert generated.growing
        assert limits.species is None or len(generated.texts) == limits.species
        assert limits.reactions is None or len(generated.events) == limits.reactions


def test_a_polymer_that_nothing_bounds_stops() -> None:
    model = structure(["A(a,a)"], ["A(a,a)"], ["A(a)+A(a)->A(a!1).A(a!1)"], limits=Limits(species=60))
    assert generate(model).ending == "species"


@pytest.mark.parametrize(
    ("seed", "said"),
    [("A(l).A(r)", "is in pieces"), ("0", "is nothing"), ("A(l!+)", "leaves open")],
)
def test_seeds_that_are_no_species(seed: str, said: str) -> None:
    with pytest.raises(MechanismError, match=said):
        generate(structure(["A(l,r)"], [seed], ["A(r)+A(l)->A(r!1).A(l!1)"]))


def test_a_seed_is_in_a_place() -> None:
    places = (("EC", 3, None), ("PM", 2, "EC"), ("CP", 3, "PM"))
    rules = ["A(l)+B(a)->A(l!1).B(a!1)"]
    with pytest.raises(MechanismError, match="in no compartment"):
        generate(structure(["A(l,r)", "B(a)"], ["A(l,r)"], rules, places))
    with pytest.raises(MechanismError, match="in no compartment, or in several"):
        generate(structure(["A(l,r)", "B(a)"], ["A(l!1,r)@EC.B(a!1)@CP"], rules, places))
