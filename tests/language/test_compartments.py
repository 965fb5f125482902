"""What the language makes of `compartment`, and of species in them."""

from __future__ import annotations

import pickle

import pytest

import mscnet
from mscnet.language import check_text

TWO = """
units time = s, concentration = mM, volume = pL
compartment cytosol = 1 pL, nucleus = 0.1 pL
species cytosol.A = 1 mM
transfer: cytosol.A <-> nucleus.A @ PS, PS
parameter PS = 0.05 pL/s
"""


def codes(text: str) -> list[str]:
    return [found.code for found in check_text(text).diagnostics]


def test_a_species_is_where_its_name_says() -> None:
    species = mscnet.loads(TWO).species
    assert [(s.name, s.compartment) for s in species] == [("cytosol.A", "cytosol"), ("nucleus.A", "nucleus")]


def test_the_only_compartment_holds_every_species() -> None:
    mechanism = mscnet.loads("A -> B @ 0.1; compartment flask = 1 L")
    assert [s.compartment for s in mechanism.species] == ["flask", "flask"]


def test_a_compartment_may_come_after_its_species() -> None:
    assert (
        mscnet.loads("species A in flask = 1; A -> B @ 0.1; compartment flask = 1 L").species[0].compartment == "flask"
    )


def test_sizes_are_parameters() -> None:
    mechanism = mscnet.loads(TWO).with_values(nucleus="200 fL")
    assert mechanism.value_of("nucleus") == pytest.approx(0.2)


def test_coefficients_hold_the_sizes() -> None:
    equations = mscnet.loads(TWO).network().rate_equations().text()
    assert "1/nucleus*PS*[cytosol.A]" in equations


def test_steps_are_shown_as_they_are_written() -> None:
    reaction = mscnet.loads(TWO).reactions[0]
    assert [term.written for term in (*reaction.reactants, *reaction.products)] == [1, 1]


def test_steps_within_keep_their_coefficients() -> None:
    text = TWO + "nucleus.A -> 2 nucleus.B @ 0.1 /s"
    assert mscnet.loads(text).reactions[-1].products[0].coefficient == 2


def test_a_surface_has_amounts_per_area() -> None:
    text = "compartment v = 1 L, w = 1 m^2; species A in v = 1 M, X in w = 1e-6 mol/m^2, Y in w; A + X -> Y @ 2 /M/s"
    mechanism = mscnet.loads(text)
    assert mechanism.units.describe(mechanism.get_species("Y").dimension) == "M dm"


@pytest.mark.parametrize(
    ("law", "fits"),
    [("0.1 pL/s", True), ("0.1 /s", False), ("P*membrane", True), ("kLa*nucleus", True), ("kLa", False)],
)
def test_between_volumes_a_rate_is_an_amount_per_time(law: str, fits: bool) -> None:
    text = f"""
    units concentration = mM, volume = pL
    compartment cytosol = 1 pL, nucleus = 0.1 pL, membrane = 10 um^2
    parameter P = 1 um/s, kLa = 1 /s
    cytosol.A -> nucleus.A @ {law}
    """
    assert ("E020" not in codes(text)) == fits


def test_an_element_lost_between_compartments_is_found() -> None:
    text = TWO + "species cytosol.C of CO2, nucleus.C of CO; cytosol.C -> nucleus.C @ PS"
    assert codes(text) == ["E050"]


@pytest.mark.parametrize(
    "text",
    [
        'import "cdtese" as c\ncompartment v = 1 L\nA -> B @ 1',
        TWO + "pathway p { cytosol.A -> 0 @ 1 /s }\npathway q = p with { PS = 0 pL/s }",
        TWO + "solution s { A = 1 mM }",
    ],
)
def test_what_does_not_go_together_yet_is_refused_by_name(text: str) -> None:
    assert "E090" in codes(text)


def test_a_mechanism_with_compartments_pickles() -> None:
    mechanism = mscnet.loads(TWO)
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism


def test_a_name_with_a_dot_needs_a_compartment() -> None:
    assert codes("compartment cell = 1 L; sell.A -> cell.A @ 1 L/s")[0] == "E010"
