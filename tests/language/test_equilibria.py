"""Equilibrium constants and energies as the text has them: laws, dimensions, units, names."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import pytest

import mscnet
from mscnet.language import check_text
from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.steps import at_start, constant_of, reversible_steps, standard_change

#: CODATA 2018, exact: 1.380649e-23 J/K x 6.02214076e23 /mol.
R = 8.31446261815324


def laws(text: str) -> dict[str, str]:
    return {reaction.name: to_text(reaction.law.expression) for reaction in mscnet.loads(text).reactions}


def constants(mechanism: Mechanism) -> list[float]:
    """K of every reversible step, in the file's units."""
    value_of = at_start(mechanism)
    return [value_of(constant_of(step, mechanism)) for step in reversible_steps(mechanism)]


def codes(text: str, strict: bool = False) -> list[str]:
    return [finding.code for finding in check_text(text, strict=strict).diagnostics]


# --- K = … ---------------------------------------------------------------------------------------


def test_the_reverse_constant_follows_from_k() -> None:
    assert laws("A <-> B @ k1, K = 12") == {"r1": "k1", "r1.reverse": "k1/12"}


def test_the_forward_constant_follows_from_k() -> None:
    assert laws("A <-> B @ K = 12, kr") == {"r1": "kr*12", "r1.reverse": "kr"}


def test_a_chain_takes_one_k_a_reversible_step() -> None:
    text = "units concentration = mM\nE + S <-> ES -> P @ kon, K = 5 /mM, kcat"
    assert laws(text) == {"r1": "kon", "r1.reverse": "kon/5", "r2": "kcat"}


def test_a_name_after_k_is_a_parameter_with_the_dimension_of_the_step() -> None:
    mechanism = mscnet.loads("units time = min, concentration = mM\n2 A + B <-> C @ k1, K = Keq")
    assert [(p.name, p.unit) for p in mechanism.parameters] == [("k1", "/mM^2/min"), ("Keq", "/mM^2")]
    assert mechanism.get_parameter("Keq").free


@pytest.mark.parametrize(
    ("step", "unit"),
    [("A <-> B", ""), ("A <-> 2 B", "mM"), ("2 A <-> B", "/mM"), ("A <-> 0", "/mM"), ("3 A <-> B", "/mM^2")],
)
def test_k_has_the_dimension_of_products_over_reactants(step: str, unit: str) -> None:
    mechanism = mscnet.loads(f"units concentration = mM\n{step} @ k1, K = Keq")
    assert mechanism.get_parameter("Keq").unit == unit


def test_a_symbolic_coefficient_raises_the_dimension_too() -> None:
    mechanism = mscnet.loads("parameter n = 2\n(n+1) A <-> B @ k, K = Keq")
    assert mechanism.get_parameter("Keq").unit == "/M^2"


def test_k_is_converted_to_the_units_of_the_file() -> None:
    assert constants(mscnet.loads("units concentration = mM\nA + B <-> C @ 1, K = 12 /M")) == [0.012]


def test_k_of_another_dimension_is_an_error() -> None:
    (error,) = check_text("units concentration = mM\nA + B <-> C @ 1 /mM/s, K = 12 mM").diagnostics
    assert error.code == "E020"
    assert "concentration (mM); it must be per concentration (/mM)" in error.message


def test_k_over_the_gas_law_has_the_dimension_of_a_concentration() -> None:
    """K_p = 0.5 /bar at 298 K is K_c = K_p RT = 0.5e-5 x 8.3145 x 298 m³/mol."""
    (value,) = constants(mscnet.loads("A + B <-> C @ 1, K = 0.5 bar^-1*R*298 K"))
    assert value == pytest.approx(0.5e-5 * R * 298 * 1000, rel=1e-14)


def test_the_name_of_a_constant_of_nature_is_free() -> None:
    assert check_text("L + R <-> LR @ kon, K = Keq*[R]/(1 M)\nR -> kB @ 1").mechanism is not None


@pytest.mark.parametrize("law", ["k, K = 2*R/R", "Af*exp(-Ea/(R*temperature)), 1", "f(1 /s), 1", "1 /s*(g/R), 1 /s"])
def test_the_gas_constant_is_known_where_it_is_meant(law: str) -> None:
    text = f"A <-> B @ {law}\ntemperature = 300 K\nfunction f(x) = x*kB/kB\ng = R\nparameter Ea = 1 kJ/mol, Af = 1"
    mechanism = mscnet.loads(text)
    assert ("R" in [p.name for p in mechanism.parameters]) == ("g/R" in law)  # there it is a rate constant's name


def test_tables_of_gases_are_turned_to_moles_per_litre() -> None:
    """Ammonia at 700 K from tables at 1 bar: K_c = K_p (RT)² with K_p = exp(-ΔG°/RT)."""
    mechanism = mscnet.loads(
        "temperature = 700 K\nfunction gas(H, S) = H - temperature*S + R*temperature*log(R*temperature*(1 M)/(1 bar))\n"
        "species N2 gibbs = gas(0 kJ/mol, 191.6 J/mol/K), H2 gibbs = gas(0 kJ/mol, 130.7 J/mol/K)\n"
        "species NH3 gibbs = gas(-45.9 kJ/mol, 192.8 J/mol/K)\nN2 + 3 H2 <-> 2 NH3 @ kf"
    )
    k_p = math.exp(-(-91.8e3 + 700 * 198.1) / (R * 700))  # per bar²
    assert constants(mechanism) == [pytest.approx(k_p * (R * 700 / 100) ** 2, rel=1e-12)]


def test_catalysts_over_the_arrow_leave_the_equilibrium_alone() -> None:
    (step,) = reversible_steps(mscnet.loads("A <-[E^0.5]-> B @ k, K = 3"))
    assert step.settles


def test_orders_that_keep_the_equilibrium_are_taken() -> None:
    assert check_text("0.5 O2 <-> O @ k, K = Keq order O2^0.5").mechanism is not None


def test_combinatorial_mass_action_keeps_the_meaning_of_k() -> None:
    """Rates k [A]²/2 and k' [B] are equal where [B]/[A]² = K."""
    mechanism = mscnet.loads("option mass_action = combinatorial\n2 A <-> B @ 6 /M/s, K = 3 /M")
    forward, reverse = (mechanism.evaluate(r.law.expression) for r in mechanism.reactions)
    assert forward / 2 / reverse == pytest.approx(3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A -> B @ k1, K = 12", "E231"),
        ("A <-> B @ K = 3, K = 4", "E231"),
        ("A <-> B rate [A], K = 3", "E231"),
        ("A + B <-> C @ k, K = Keq order A^2 B", "E232"),
        ("A <-> B @ k1", "E023"),
        ("A <-> B @ k1, k2, K = 3", "E023"),
        ("A <-> B @ k1, kr = 3", "E002"),
        ("A <-> B @ k1, K = 0", "E233"),
        ("temperature = 300 K\nspecies A gibbs = 1 kJ/mol, B gibbs = 0\nA <-> B @ K = 3", "E231"),
        ("A <-> B @ k1, K = Keq\nparameter Keq = -2", "E233"),
        ("temperature = 300 K\nspecies A gibbs = 0, B gibbs = 3000 kJ/mol\nA <-> B @ k1", "E233"),
        ("temperature = 300 K\nspecies A gibbs = 1 kJ/mol\n0 <-> A @ k1", "E023"),
    ],
)
def test_what_cannot_be_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_a_number_alone_is_told_the_unit_that_it_has() -> None:
    assert codes("units concentration = mM\n2 A <-> B @ 1, K = 12") == ["N230"]
    assert codes("2 A <-> B @ 1, K = 12") == codes("units concentration = mM\nA <-> B @ 1, K = 12") == []


# --- energies ------------------------------------------------------------------------------------

FILE = """units time = min, concentration = mM
temperature = {kelvin} K
species A {a}
species B {b}
{step} @ 0.5
"""


def with_energies(a: str, b: str, step: str = "A <-> B", kelvin: float = 298.15) -> Mechanism:
    return mscnet.loads(FILE.format(a=a, b=b, step=step, kelvin=kelvin))


@pytest.mark.parametrize(("step", "change"), [("A <-> B", 0), ("A <-> 2 B", 1), ("2 A <-> B", -1), ("3 A <-> B", -2)])
def test_gibbs_energies_give_the_constant_with_its_dimension(step: str, change: int) -> None:
    mechanism = with_energies("gibbs = -12.3 kJ/mol", "gibbs = -20 kJ/mol", step)
    a, b = {0: (1, 1), 1: (1, 2), -1: (2, 1), -2: (3, 1)}[change]
    energy = b * -20e3 - a * -12.3e3
    (value,) = constants(mechanism)
    assert value == pytest.approx(math.exp(-energy / (R * 298.15)) * 1000.0**change, rel=1e-12)
    assert standard_change(value, Fraction(change), mechanism, 298.15) == pytest.approx(energy, rel=1e-12)


def test_enthalpy_and_entropy_follow_van_t_hoff() -> None:
    """ln(K₂/K₁) = -ΔH/R (1/T₂ - 1/T₁)."""
    a, b = "enthalpy = -10 kJ/mol, entropy = 50 J/mol/K", "enthalpy = -40 kJ/mol entropy = 20 J/mol/K"
    (cold,), (warm,) = (constants(with_energies(a, b, kelvin=kelvin)) for kelvin in (280, 350))
    assert math.log(warm / cold) == pytest.approx(30e3 / R * (1 / 350 - 1 / 280), rel=1e-12)


@pytest.mark.parametrize("second", ["enthalpy = -40 kJ/mol", "entropy = -67.08 J/mol/K"])
def test_gibbs_energy_with_another_is_that_of_298_15_kelvin(second: str) -> None:
    """-20 = -40 - 298.15 x S, so S is -67.08 J/mol/K (to four digits)."""
    mechanism = with_energies("gibbs = 0 kJ/mol, enthalpy = 0 kJ/mol", f"gibbs = -20 kJ/mol, {second}", kelvin=298.15)
    assert constants(mechanism) == [pytest.approx(math.exp(20e3 / (R * 298.15)), rel=1e-12)]
    warm = with_energies("gibbs = 0 kJ/mol, enthalpy = 0 kJ/mol", f"gibbs = -20 kJ/mol, {second}", kelvin=400)
    assert constants(warm) == [pytest.approx(math.exp((40e3 - 400 * 20e3 / 298.15) / (R * 400)), rel=1e-4)]


@pytest.mark.parametrize("energy", ["-4.184 kJ/mol", "-1 kcal/mol", "-4184 J/mol", "(-1) kcal/mol"])
def test_units_of_energy_are_exact(energy: str) -> None:
    (value,) = constants(with_energies("gibbs = 0 J/mol", f"gibbs = {energy}"))
    assert value == pytest.approx(math.exp(4184 / (R * 298.15)), rel=1e-14)


def test_an_energy_may_be_a_parameter_that_a_fit_frees() -> None:
    text = "temperature = 300 K\nspecies A gibbs = 0, B gibbs = g\nparameter g = -5 kJ/mol in -20 .. 20\nA <-> B @ 1"
    mechanism = mscnet.loads(text)
    assert "g" in mechanism.used_parameters()
    assert constants(mechanism.with_values(g="5 kJ/mol")) == [pytest.approx(math.exp(-5e3 / (R * 300)))]


def test_a_step_without_any_constant_takes_its_reverse_from_energies() -> None:
    mechanism = mscnet.loads("temperature = 300 K\nspecies A gibbs = 0, B gibbs = 1 kJ/mol\nA <-> B")
    assert [p.name for p in mechanism.parameters] == ["k1"]


def test_a_chain_may_mix_constants_and_energies() -> None:
    energies = "temperature = 300 K\nspecies A gibbs = 0, B gibbs = 1 kJ/mol\n"
    found = laws(energies + "A <-> B <-> C -> D @ k1, k2, K = 3, k3")
    assert found["r2.reverse"] == "k2/3"
    assert found["r1.reverse"].startswith("k1/exp(")


def test_species_that_cancel_need_no_energies() -> None:
    text = "temperature = 300 K\nspecies A gibbs = 0, B gibbs = 1 kJ/mol\nA + X <-> B + X @ 1\nA <-[E]-> B @ 1 /M/s"
    assert check_text(text).mechanism is not None


def test_a_missing_energy_is_named() -> None:
    (error,) = check_text("temperature = 300 K\nspecies A gibbs = 0\nA <-> B @ k1").diagnostics
    assert error.code == "E023"
    assert error.hint is not None
    assert "`B` has none" in error.hint


def test_energies_need_a_temperature() -> None:
    assert codes("species A gibbs = 0, B gibbs = 1 kJ/mol\nA <-> B @ k1") == ["E010"]


def test_energies_need_the_standard_concentration() -> None:
    text = "unit c0\ntemperature = 300 K\nspecies A gibbs = 0, B gibbs = 1 kJ/mol\n"
    assert codes(text + "2 A <-> B @ 1") == ["E020"]
    assert codes(text + "A <-> B @ 1") == []


@pytest.mark.parametrize("name", ["gibbs", "enthalpy", "entropy", "bond", "bonds", "K", "R"])
def test_the_words_stay_free_as_names(name: str) -> None:
    text = f"{name} + A <-> B @ k*2 {name}, 1 /s\n{name} -> C @ 1\nspecies {name} = 2 M\nobservable o = {name}*2\n"
    assert check_text(text).mechanism is not None


def test_energies_survive_pickling() -> None:
    mechanism = with_energies("gibbs = 0 kJ/mol", "gibbs = -1 kJ/mol")
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism


# --- both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constant", "warned"), [("K = 7.5", False), ("K = 12", True), ("0.133 /s", False), ("1 /s", True)]
)
def test_constants_beside_energies_are_compared(constant: str, warned: bool) -> None:
    """exp(5000/(R 298.15)) is 7.516; 1 % apart is taken as the same."""
    text = f"temperature = 298.15 K\nspecies A gibbs = 5 kJ/mol, B gibbs = 0\nA <-> B @ 1 /s, {constant}"
    assert codes(text) == (["W231"] if warned else [])


def test_energies_of_which_one_is_missing_are_told() -> None:
    text = "temperature = 298.15 K\nspecies A gibbs = 5 kJ/mol\nA <-> B @ 1, 2"
    assert codes(text) == ["W232"]


def test_a_parameter_of_energies_that_are_only_compared_is_used() -> None:
    text = "temperature = 298.15 K\nparameter g = 5 kJ/mol\nspecies A gibbs = g, B gibbs = 0\nA <-> B @ 1, K = 7.52"
    assert codes(text) == []
