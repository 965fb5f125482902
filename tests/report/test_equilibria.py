"""Equilibria in ``show FILE reactions``: constants, energies, loops, and what bond energies can tell."""

from __future__ import annotations

import math
from typing import Any

import pytest

import mscnet
from mscnet.report.equilibria import bonds_text, equilibria_data, equilibrium_text, loops_text
from mscnet.report.views import VIEWS

BONDS = """bond A-B = 100.0 ± 15.1 kJ/mol, A-C = 127.6 ± 25.1 kJ/mol, D-D = 300 ± 1 kJ/mol
species X bonds 2 A-B, Y bonds A-B + A-C, Z bonds 2 A-C, N bonds 0, M bonds 2 D-D
"""


def bonds(text: str) -> dict[str, Any]:
    found: dict[str, Any] = equilibria_data(mscnet.loads(BONDS + text))["bonds"]
    return found


def test_energies_are_shown_at_the_temperature() -> None:
    """Ammonia from tables at 298.15 K: ΔH° -91.8, ΔS° -198.1, so ΔG° -32.7; K is against c° here."""
    mechanism = mscnet.loads(
        "temperature = 298.15 K\nspecies N2 enthalpy = 0 kJ/mol, entropy = 191.6 J/mol/K\n"
        "species H2 enthalpy = 0 kJ/mol, entropy = 130.7 J/mol/K\n"
        "species NH3 enthalpy = -45.9 kJ/mol, entropy = 192.8 J/mol/K\nN2 + 3 H2 <-> 2 NH3 @ 1"
    )
    (row,) = equilibria_data(mechanism)["equilibria"]
    assert (row["enthalpy"], row["entropy"]) == (pytest.approx(-91.8), pytest.approx(-198.1))
    assert row["gibbs"] == pytest.approx(-91.8 + 0.29815 * 198.1)
    assert row["unit"] == "/M^2"
    assert row["K"] == pytest.approx(math.exp(-row["gibbs"] * 1000 / (8.31446261815324 * 298.15)))


def test_the_law_that_follows_is_shown_as_it_was_written() -> None:
    text = VIEWS["reactions"].text(mscnet.loads("A <-> B @ k1, K = 12\nC <-> D @ K = Kcd, 2 /s"))
    assert "@ k1, K = 12" in text
    assert "@ K = Kcd, 2" in text


def test_without_a_temperature_only_constants_are_shown() -> None:
    text = equilibrium_text(mscnet.loads("units concentration = mM\nA + B <-> C @ 1, K = 12 /M"))
    assert "0.012 /mM" in text
    assert "ΔG" not in text


def test_a_temperature_program_is_shown_at_its_start() -> None:
    text = equilibrium_text(mscnet.loads("temperature = 300 K + 1 K/s*time\nA <-> B @ 1, K = 2"))
    assert "at the start, at 300 K" in text


def test_files_that_say_nothing_of_equilibria_show_nothing_of_them() -> None:
    mechanism = mscnet.loads("temperature = 300 K\nA <-> B @ 1, 2")
    assert (equilibrium_text(mechanism), loops_text(mechanism), bonds_text(mechanism)) == ("", "", "")


def test_loops_are_shown_with_what_is_known_of_them() -> None:
    shown = loops_text(mscnet.loads("A <-> B @ 1, 2\nB <-> A @ 2, 1\nC <-> D\nD <-> C\nE <-> F @ 1, 2\nF <-> E @ 1, 2"))
    assert "holds for all values" in shown
    assert "needs k3*k4 = k3r*k4r" in shown
    assert "forward constants multiply to 1, reverse ones to 4" in shown


# --- bonds ---------------------------------------------------------------------------------------


def test_an_estimate_is_bonds_broken_less_bonds_formed() -> None:
    (one,) = bonds("s: X -> Y @ 1")["estimates"]
    assert one["formed"] == {"A-B": -1, "A-C": 1}
    assert (one["enthalpy"], one["error"]) == (pytest.approx(-27.6), pytest.approx(math.hypot(15.1, 25.1)))


def test_the_error_of_one_bond_is_the_same_wherever_it_stands() -> None:
    """Breaking two of a kind costs twice the energy with twice the error, not √2 of it."""
    (one,) = bonds("s: X -> N @ 1")["estimates"]
    assert (one["enthalpy"], one["error"]) == (pytest.approx(200), pytest.approx(30.2))


def test_bonds_that_are_kept_cost_nothing() -> None:
    assert bonds("s: X + N -> N + X @ 1\nt: X + Z -> 2 Y @ 1")["estimates"] == []


def test_steps_with_a_species_that_says_nothing_are_left_out() -> None:
    assert bonds("s: X -> Unknown @ 1")["estimates"] == []


def test_steps_whose_bars_overlap_are_told() -> None:
    mechanism = mscnet.loads(BONDS + "X -> 0 @ 1\npathway p { s: X -> Y @ 1 }\npathway q { s: Z -> Y @ 1 }")
    text = bonds_text(mechanism.with_pathway("p"))
    assert "s (p) and s (q): these cannot be told apart by bond energies: the bars overlap" in text
    assert "s (p): the bar includes 0" in text


def test_steps_whose_bars_lie_apart_are_not() -> None:
    text = bonds_text(mscnet.loads(BONDS + "s: X -> N @ 1\nt: M -> N @ 1"))
    assert "overlap" not in text
    assert "includes 0" not in text


def test_a_shared_error_does_not_hide_a_difference() -> None:
    """2 and 3 bonds of 100 ± 60: bars 200 ± 120 and 300 ± 180 overlap, yet the difference is 100 ± 60."""
    text = "bond A-B = 100 ± 60 kJ/mol\nspecies U bonds 2 A-B, V bonds 3 A-B, N bonds 0\nU -> N @ 1\nV -> N @ 1"
    assert "the difference is 100.0 ± 60.0 kJ/mol" in bonds_text(mscnet.loads(text))


def test_a_bond_has_one_name_from_either_side() -> None:
    mechanism = mscnet.loads(
        "bond Te-Cd = 100 ± 15 kJ/mol, C-=N = 890 kJ/mol\nspecies A bonds 2 Cd-Te + N≡C\nA -> B @ 1"
    )
    assert dict(mechanism.get_species("A").bonds or ()) == {"Cd-Te": 2, "C≡N": 1}


def test_the_founding_case_cannot_be_decided_by_bond_energies() -> None:
    """Cd–Te 100.0 ± 15.1, Cd–Se 127.6 ± 25.1 kJ/mol, as the paper has them: for Equation 1, but within the errors."""
    from mscnet.assets import mechanism_text

    mechanism = mscnet.loads(mechanism_text("cdtese")[1]).with_pathway("eq1")
    assert "step1 (eq1) and step1 (eq2): these cannot be told apart by bond energies" in bonds_text(mechanism)
