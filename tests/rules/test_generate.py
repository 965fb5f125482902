"""Networks of small sets of rules: species, reactions and their factors, as BNG2.pl 2.9.3 gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import Limits
from mscnet.rules.generate import generate
from mscnet.rules.generated import Generated
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
