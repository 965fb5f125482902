"""Runs come to the equilibria that constants and energies ask for."""

from __future__ import annotations

import math

import pytest

import mscnet
from mscnet.mechanism.mechanism import Mechanism

#: CODATA 2018, exact.
R = 8.31446261815324


def settled(mechanism: Mechanism, t_end: str) -> dict[str, float]:
    """Concentrations at the end of a long run."""
    run = mscnet.simulate(mechanism, t_end=t_end, points=2, rtol=1e-10, atol=1e-14)
    return {species.name: float(run[species.name][-1]) for species in mechanism.species}


def test_a_run_settles_where_k_says() -> None:
    mechanism = mscnet.loads(
        "units time = min, concentration = mM\nspecies A = 2 mM, B = 1 mM\nA + B <-> C @ 3 /mM/min, K = 400 /M"
    )
    end = settled(mechanism, "1000 min")
    assert end["C"] / (end["A"] * end["B"]) == pytest.approx(0.4, rel=1e-7)


def test_a_run_settles_where_energies_say_whatever_the_units() -> None:
    """2 A <-> B: K = exp(-ΔG°/RT)/c°, so 1e-3 of it in /mM."""
    text = """units time = {time}, concentration = {concentration}
    temperature = 40 degC
    species A enthalpy = -10 kJ/mol, entropy = 20 J/mol/K = 2 mM, B enthalpy = -12 kcal/mol, entropy = 15 J/mol/K
    2 A <-> B @ 5 /M/s
    """
    free = (-12 * 4184 + 2 * 10_000) - 313.15 * (15 - 40)
    for time, concentration, scale in (("min", "mM", 1e-3), ("s", "M", 1.0), ("h", "uM", 1e-6)):
        end = settled(mscnet.loads(text.format(time=time, concentration=concentration)), "50000 s")
        assert end["B"] / end["A"] ** 2 == pytest.approx(math.exp(-free / (R * 313.15)) * scale, rel=1e-6)


def test_a_cycle_of_energies_stands_still_at_equilibrium() -> None:
    """No flux round the loop: at equilibrium each step is balanced by itself."""
    mechanism = mscnet.loads(
        "temperature = 300 K\nspecies A gibbs = 0 = 1, B gibbs = 2 kJ/mol, C gibbs = -1 kJ/mol\n"
        "A <-> B @ 1\nB <-> C @ 0.3\nC <-> A @ 2"
    )
    end = settled(mechanism, "1000 s")
    assert end["B"] / end["A"] == pytest.approx(math.exp(-2000 / (R * 300)), rel=1e-7)
    assert end["C"] / end["A"] == pytest.approx(math.exp(1000 / (R * 300)), rel=1e-7)


TABLE = "species A gibbs = 0 kJ/mol, enthalpy = 0 kJ/mol = 1 mM\nspecies B gibbs = 1 kJ/mol, enthalpy = 40 kJ/mol\n"


def at(kelvin: float) -> float:
    """K of A <-> B with these energies, those of 298.15 K."""
    return math.exp(-(40e3 - kelvin * 39e3 / 298.15) / (R * kelvin))


def test_a_temperature_program_moves_the_equilibrium() -> None:
    """A fast step follows 298.15 K + 1 K/min: in lag by (dlnK/dt)/(k (1 + 1/K)), well under 1 %."""
    program = "units time = min, concentration = mM\ntemperature = 298.15 K + 1 K/min*time\n"
    run = mscnet.simulate(mscnet.loads(program + TABLE + "A <-> B @ 500 /min"), t_end=30, points=4)
    ratios = run["B"][1:] / run["A"][1:]
    assert list(ratios) == pytest.approx([at(308.15), at(318.15), at(328.15)], rel=2e-3)


def test_a_temperature_held_in_an_experiment_moves_the_equilibrium() -> None:
    mechanism = mscnet.loads(
        "units time = min, concentration = mM, volume = mL\ntemperature = 298.15 K\n" + TABLE + "A <-> B @ 5 /min\n"
        "solution S { A = 1 mM }\n"
        "experiment e { mix 1 mL S ; hold 30 min ; measure a = [A], b = [B] at 0 min\n"
        "hold 30 min at 330 K ; measure c = [A], d = [B] at 0 min at 330 K }"
    )
    (done,) = mscnet.perform(mechanism, rtol=1e-9, atol=1e-12).conditions
    series = {name: float(one.values[0]) for name, one in done.series.items()}
    assert series["b"] / series["a"] == pytest.approx(at(298.15), rel=1e-6)
    assert series["d"] / series["c"] == pytest.approx(at(330), rel=1e-6)


def test_an_equilibrium_constant_is_a_parameter_of_the_run() -> None:
    mechanism = mscnet.loads("species A = 1\nA <-> B @ 1, K = Keq\nparameter Keq = 3")
    ends = [settled(mechanism.with_values(Keq=value), "100 s")["B"] for value in (3.0, 5.0)]
    assert ends == pytest.approx([3 / 4, 5 / 6], rel=1e-7)


def test_stochastic_runs_keep_the_equilibrium() -> None:
    """A <-> B with K = 3 and 400 molecules: B is binomial with p = 3/4, so 300 ± 8.7 at any time."""
    units = "units concentration = molecule/um^3, volume = um^3\noption volume = 1\n"
    run = mscnet.simulate(
        mscnet.loads(units + "species A = 400\nA <-> B @ 1 /s, K = 3"), t_end=400, points=201, method="ssa", seed=1
    )
    assert float(run["B"][10:].mean()) == pytest.approx(300, abs=4)
