"""Runs with fast steps, against exact equilibria, limits of stiff models and differences."""

import pickle

import numpy as np
import pytest
from scipy.optimize import brentq

import mscnet
from mscnet import kernels

needs_kernels = pytest.mark.skipif(kernels.core() is None, reason="it needs the compiled kernels")

WATER = "w: fast 0 <-> H^+ + OH^-  @ K = 1e-14 M^2\n"
ACID = "fast HA <-> H^+ + A^-  @ K = Ka\nparameter Ka = 1.8e-5 M\n"
PHOSPHATE = """
a1: fast H3PO4   <-> H^+ + H2PO4^-  @ K = 10^-2.148 M
a2: fast H2PO4^- <-> H^+ + HPO4^2-  @ K = 10^-7.198 M
a3: fast HPO4^2- <-> H^+ + PO4^3-   @ K = 10^-12.319 M
"""
#: An ester that base and water hydrolyse to an acid: the pH falls from 12.3 to 4.8 within seconds.
ESTER = f"""{WATER}{ACID}
E + OH^- -> A^- + R  @ k
E -> HA + R          @ kh
species E = e0, OH^- = 0.02 M
parameter k = 3 /M/s, kh = 0.01 /s, e0 = 0.05 M
"""


def start(text, **values):
    """The concentrations at the start of a run."""
    run = mscnet.simulate(mscnet.loads(text).with_values(values), 1.0, points=2)
    return dict(zip(run.species, run.values[0].tolist(), strict=True))


def charge_balance(total, sodium, constants, water=1e-14):
    """[H+] of a polyprotic acid with sodium ions, by bisection of the charge balance."""

    def excess(logarithm):
        h = 10.0**logarithm
        parts = [1.0]
        for constant in constants:
            parts.append(parts[-1] * constant / h)
        charge = total * sum(i * part for i, part in enumerate(parts)) / sum(parts)
        return h + sodium - water / h - charge

    return 10.0 ** brentq(excess, -15.0, 1.0, xtol=1e-15, rtol=1e-15)


# --- starts --------------------------------------------------------------------------------------


def test_a_weak_acid_alone():
    ka, total = 1.8e-5, 0.1
    found = start(ACID, HA=total)
    assert found["H^+"] == pytest.approx((np.sqrt(ka * ka + 4 * ka * total) - ka) / 2, rel=1e-12)


def test_pure_water():
    assert start(WATER)["H^+"] == pytest.approx(1e-7, rel=1e-12)


@pytest.mark.parametrize("base", [0.0, 1e-6, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_phosphoric_acid_against_its_charge_balance(base):
    found = start(WATER + PHOSPHATE, **{"H3PO4": 0.1, "OH^-": base})
    exact = charge_balance(0.1, base, [10**-2.148, 10**-7.198, 10**-12.319])
    assert found["H^+"] == pytest.approx(exact, rel=1e-9)


def test_a_start_far_from_equilibrium_keeps_its_totals():
    found = start(WATER + PHOSPHATE, **{"PO4^3-": 0.3, "H^+": 2.0})
    phosphate = sum(found[name] for name in ("H3PO4", "H2PO4^-", "HPO4^2-", "PO4^3-"))
    charge = found["H^+"] - found["OH^-"] - found["H2PO4^-"] - 2 * found["HPO4^2-"] - 3 * found["PO4^3-"]
    assert (phosphate, charge) == (pytest.approx(0.3, rel=1e-13), pytest.approx(2.0 - 0.9, rel=1e-13))


def test_what_nothing_can_make_stays_away():
    found = start("fast A + B <-> C + D @ K = 3\n", A=1.0)
    assert [found[name] for name in "ABCD"] == [1.0, 0.0, 0.0, 0.0]


def test_an_autocatalytic_step_finds_the_equilibrium_that_single_steps_cannot_reach():
    found = start("fast A + B <-> 2 A @ K = 4\n", B=1.0)
    assert found["A"] / found["B"] == pytest.approx(4.0, rel=1e-12)


def test_a_dimer():
    found = start("fast 2 A <-> B @ K = 3 /M\n", A=2.0)
    assert (found["B"] / found["A"] ** 2, found["A"] + 2 * found["B"]) == (pytest.approx(3.0), pytest.approx(2.0))


@pytest.mark.parametrize("water", ["H2O constant", "H2O = 55.5 M constant"])
def test_the_solvent_is_left_out_of_its_constant(water):
    found = start(f"species {water}\nfast H2O <-> H^+ + OH^- @ K = 1e-14 M^2\n")
    assert found["OH^-"] == pytest.approx(1e-7, rel=1e-12)


def test_a_constant_species_that_the_constant_counts():
    found = start("species H^+ = 1e-5 M constant\n" + ACID, HA=1.0)
    assert found["A^-"] / found["HA"] == pytest.approx(1.8, rel=1e-12)


def test_constant_species_alone_say_how_much_there_is_of_another():
    found = start("species H2O constant, H^+ = 1e-5 M constant\nfast H2O <-> H^+ + OH^- @ K = 1e-14 M^2\n")
    assert found["OH^-"] == pytest.approx(1e-9, rel=1e-12)


def test_energies_give_the_constant():
    found = start("temperature = 300 K\nspecies A gibbs = 0 kJ/mol = 1 M, B gibbs = -2 kJ/mol\nfast A <-> B\n")
    assert found["B"] / found["A"] == pytest.approx(np.exp(2000 / (8.31446261815324 * 300)), rel=1e-12)


# --- runs ----------------------------------------------------------------------------------------


def test_all_equilibria_hold_at_every_time():
    run = mscnet.simulate(mscnet.loads(ESTER), 100.0, points=101)
    water, acid = run["H^+"] * run["OH^-"] / 1e-14, run["H^+"][1:] * run["A^-"][1:] / run["HA"][1:] / 1.8e-5
    assert np.abs(water - 1).max() < 1e-11
    assert np.abs(acid - 1).max() < 1e-11


def test_totals_are_conserved():
    mechanism = mscnet.loads(ESTER)
    run = mscnet.simulate(mechanism, 100.0, points=101)
    for law in mechanism.network().conservation_laws():
        total = sum(weight * run[name] for name, weight in law.coefficients)
        assert np.abs(total - total[0]).max() < 1e-12


def test_a_run_from_nothing_begins_with_the_right_share():
    run = mscnet.simulate(mscnet.loads(WATER + ACID + "E -> HA @ 0.1 /s\nspecies E = 0.1 M"), times=[1e-7])
    h = brentq(lambda h: h - 1e-14 / h - 1e-9 * 1.8e-5 / (h + 1.8e-5), 1e-9, 1e-3, xtol=1e-20)
    assert run["H^+"][0] == pytest.approx(h, rel=1e-6)


@pytest.mark.parametrize("method", ["auto", "bdf", "tsit5", "rosenbrock", "radau"])
@needs_kernels
def test_every_method_gives_the_same(method):
    run = mscnet.simulate(mscnet.loads(ESTER), times=[5.0, 12.0], method=method)
    exact = mscnet.simulate(mscnet.loads(ESTER), times=[5.0, 12.0], rtol=1e-10)
    np.testing.assert_allclose(run.values, exact.values, rtol=3e-4)


def test_it_is_the_limit_of_large_rate_constants():
    fast = ESTER.replace("w: fast", "w:").replace("fast HA", "HA")
    fast = fast.replace("@ K = 1e-14 M^2", "@ 1 M/s, 1e14 /M/s").replace("@ K = Ka", "@ 1e12 /M/s*Ka, 1e12 /M/s")
    stiff = mscnet.simulate(mscnet.loads(fast), times=[10.0, 60.0], rtol=1e-9, atol=1e-22, method="bdf")
    run = mscnet.simulate(mscnet.loads(ESTER), times=[10.0, 60.0], rtol=1e-9)
    for name in run.species:
        np.testing.assert_allclose(run[name], stiff[name], rtol=1e-2 if name in ("H^+", "HA") else 1e-6)


def test_rapid_equilibrium_binding_gives_the_rate_law_of_the_textbooks():
    enzyme = "fast E + S <-> ES @ K = 2 /mM\nES -> E + P @ 5 /s\n"
    text = f"units concentration = mM\n{enzyme}species E = 1e-6, S = 2\n"
    law = "units concentration = mM\nS -> P rate 5e-6 mM/s*[S]/(0.5 mM + [S])\nspecies S = 2\n"
    times = [1e5, 4e5, 1e6]
    run, closed = (mscnet.simulate(mscnet.loads(t), times=times, rtol=1e-9) for t in (text, law))
    np.testing.assert_allclose(run["P"], closed["P"], rtol=2e-6)


def test_a_constant_that_follows_the_temperature():
    text = """temperature = ramp(0 s, 100 s, 280 K, 350 K)
    fast A + B <-> C @ K = 2 /M*exp(3000 K*(1/temperature - 1/(300 K)))
    C -> D @ 0.01 /s
    species A = 1 M, B = 0.5 M
    """
    run = mscnet.simulate(mscnet.loads(text), 120.0, points=13)
    kelvin = np.minimum(280 + 0.7 * run.time, 350)
    expected = 2 * np.exp(3000 * (1 / kelvin - 1 / 300))
    np.testing.assert_allclose(run["C"] / run["A"] / run["B"], expected, rtol=1e-10)
    np.testing.assert_allclose(run["B"] + run["C"] + run["D"], 0.5, rtol=1e-12)


def test_an_event_that_adds_acid_and_one_that_changes_the_constant():
    text = WATER + ACID + "species HA = 0.1 M, OH^- = 0.05 M\nat 5 s { H^+ += 0.02 M }\nat 10 s { Ka = 1e-4 M }\n"
    run = mscnet.simulate(mscnet.loads(text), times=[0.0, 7.0, 12.0])
    exact = [charge_balance(0.1, na, [ka]) for na, ka in ((0.05, 1.8e-5), (0.03, 1.8e-5), (0.03, 1e-4))]
    np.testing.assert_allclose(run["H^+"], exact, rtol=1e-10)


def test_an_event_at_a_ph():
    text = ESTER + "when -log10([H^+]/(1 M)) < 7 once { k = 0 ; kh = 0 }\n"
    run = mscnet.simulate(mscnet.loads(text), 100.0, points=2)
    assert -np.log10(run["H^+"][-1]) == pytest.approx(7.0, abs=1e-3)


def test_a_condition_that_ends_a_run():
    run = mscnet.simulate(mscnet.loads(ESTER), 100.0, points=2, stop_when="[OH^-] < 1e-7 M")
    assert -np.log10(run["OH^-"][-1]) == pytest.approx(7.0, abs=1e-3)


def test_many_groups_side_by_side():
    text = "fast A{n} + M{n} <-> B{n} @ K = Kb{n}  for n in 1 .. 30\nparameter Kb{n} = n /M for n in 1 .. 30\n"
    text += "species A{n} = 1 M, M{n} = 1 M for n in 1 .. 30\nB{n} -> C @ 0.1 /s for n in 1 .. 30\n"
    run = mscnet.simulate(mscnet.loads(text), 5.0, points=3)
    for n in (1, 17, 30):
        assert run[f"B{n}"][-1] / run[f"A{n}"][-1] / run[f"M{n}"][-1] == pytest.approx(n, rel=1e-10)


def test_four_acids_in_one_solution():
    constants = {"B": 1e-3, "C": 1e-5, "D": 1e-7, "F": 1e-9}
    lines = [f"fast H{x} <-> H^+ + {x}^- @ K = {k} M" for x, k in constants.items()]
    text = WATER + PHOSPHATE + "\n".join(lines) + "\nslow -> OH^- @ 0.01 /s\nspecies slow = 0.5 M, H3PO4 = 0.02 M, "
    text += ", ".join(f"H{x} = 0.05 M" for x in constants)
    run = mscnet.simulate(mscnet.loads(text), times=[1e-3, 30.0, 80.0])
    for i, time in enumerate(run.time):
        base = 0.5 * (1 - np.exp(-0.01 * time))

        def excess(logarithm, base=base):
            h = 10.0**logarithm
            phosphate = charge_of(h, [10**-2.148, 10**-7.198, 10**-12.319])
            bound = sum(0.05 * k / (h + k) for k in constants.values())
            return h + base - 1e-14 / h - 0.02 * phosphate - bound

        exact = 10.0 ** brentq(excess, -14.0, 0.0, xtol=1e-14)
        assert run["H^+"][i] == pytest.approx(exact, rel=1e-4)


def charge_of(h, constants):
    parts = [1.0]
    for constant in constants:
        parts.append(parts[-1] * constant / h)
    return sum(i * part for i, part in enumerate(parts)) / sum(parts)


# --- many runs, derivatives, steady states -------------------------------------------------------


def test_a_batch_gives_what_single_runs_give():
    mechanism = mscnet.loads(ESTER + "observable pH = -log10([H^+]/(1 M))\n")
    simulator = mscnet.Simulator(mechanism, 50.0, points=3, columns="all")
    constants = np.array([1e-6, 1.8e-5, 1e-3])
    rows = simulator.batch(simulator.inputs(Ka=constants)).values
    for row, ka in zip(rows, constants, strict=True):
        run = mscnet.simulate(mechanism.with_values(Ka=ka), 50.0, points=3)
        for j, name in enumerate(simulator.columns):
            np.testing.assert_allclose(row[:, j], run[name], rtol=1e-4, atol=1e-12)


@needs_kernels
@pytest.mark.parametrize("name", ["Ka", "k", "kh", "e0", "OH^-"])
def test_sensitivities_are_those_of_differences(name):
    mechanism = mscnet.loads(ESTER)
    found = mscnet.sensitivities(mechanism, [name], times=[0.0, 20.0, 60.0], rtol=1e-8)
    value = 0.02 if name == "OH^-" else mechanism.value_of(name)
    low, high = (
        mscnet.simulate(mechanism.with_values({name: value * factor}), times=[0.0, 20.0, 60.0], rtol=1e-11).values
        for factor in (0.9999, 1.0001)
    )
    expected = (high - low) / (2e-4 * value)
    size = np.abs(expected).max(axis=0) + 1e-9
    assert (np.abs(found.values[:, :, 0] - expected) / size).max() < 5e-3


@needs_kernels
def test_the_gradient_is_that_of_forward_sensitivities():
    mechanism, names = mscnet.loads(ESTER), ["Ka", "k", "e0", "HA"]
    forward = mscnet.sensitivities(mechanism, names, times=[0.0, 10.0, 40.0], rtol=1e-9)
    weights = np.arange(1.0, 1.0 + forward.values[:, :, 0].size).reshape(forward.values.shape[:2])
    gradient = mscnet.gradient(mechanism, weights, names, times=[0.0, 10.0, 40.0], rtol=1e-9)
    np.testing.assert_allclose(gradient.values, np.einsum("ti,tip->p", weights, forward.values), rtol=1e-5)


@needs_kernels
def test_sensitivities_through_an_event():
    text = ESTER + "at 10 s { H^+ += dose }\nparameter dose = 0.01 M\n"
    mechanism = mscnet.loads(text)
    found = mscnet.sensitivities(mechanism, ["dose", "Ka"], times=[30.0], rtol=1e-8)
    for j, (name, value) in enumerate((("dose", 0.01), ("Ka", 1.8e-5))):
        low, high = (
            mscnet.simulate(mechanism.with_values({name: value * f}), times=[30.0], rtol=1e-11).values[0]
            for f in (0.9999, 1.0001)
        )
        np.testing.assert_allclose(found.values[0, :, j], (high - low) / (2e-4 * value), rtol=1e-3, atol=1e-9)


def test_a_steady_state_with_a_current_through_an_equilibrium():
    text = "0 -> A @ 2 M/s\nfast A <-> B @ K = 3\nB -> 0 @ 0.5 /s\n"
    found = mscnet.steady_state(mscnet.loads(text))
    assert (found["A"], found["B"]) == (pytest.approx(4 / 3, rel=1e-8), pytest.approx(4.0, rel=1e-8))


def test_a_steady_state_is_where_a_run_ends():
    mechanism = mscnet.loads(ESTER)
    found = mscnet.steady_state(mechanism)
    run = mscnet.simulate(mechanism, times=[1e5], rtol=1e-9)
    for name in ("H^+", "OH^-", "HA", "A^-", "R"):
        assert found[name] == pytest.approx(run[name][0], rel=1e-6)


# --- what is refused, and what is kept -----------------------------------------------------------


def test_single_molecules_are_refused():
    mechanism = mscnet.loads("fast A <-> B @ K = 2\nB -> C @ 1 /s\nspecies A = 1 M")
    with pytest.raises(mscnet.MechanismError, match="E287"):
        mscnet.simulate(mechanism, 1.0, method="ssa", volume="1e-21 L")


def test_a_constant_without_a_value_is_asked_for():
    with pytest.raises(mscnet.MechanismError, match="E040"):
        mscnet.simulate(mscnet.loads("fast A <-> B @ K = Kx"), 1.0)


def test_constants_that_come_to_contradict_each_other():
    text = "fast A <-> B @ K = Kx\nfast B <-> C @ K = 3\nfast A <-> C @ K = 6\nparameter Kx = 2\nspecies A = 1 M"
    with pytest.raises(mscnet.MechanismError, match="E284"):
        mscnet.simulate(mscnet.loads(text).with_values(Kx=3), 1.0)


def test_a_mechanism_with_fast_steps_is_kept_by_pickle():
    mechanism = pickle.loads(pickle.dumps(mscnet.loads(ESTER)))
    simulator = pickle.loads(pickle.dumps(mscnet.Simulator(mechanism, 1.0, points=2).program))
    assert simulator.settler is not None
    assert mscnet.simulate(mechanism, 1.0, points=2)["OH^-"][0] == pytest.approx(0.02)


@pytest.mark.skipif(kernels.core() is not None, reason="with kernels there are some")
def test_without_kernels_sensitivities_are_refused_by_name():
    with pytest.raises(mscnet.MechanismError, match="fast steps"):
        mscnet.sensitivities(mscnet.loads(ESTER), ["k"], times=[1.0])


def test_a_constant_whose_branches_meet_through_a_derived_value_is_smooth():
    text = "x = time/(5 s)\nfast C <-> D @ K = if(time < 5 s, 1 + x, 2)\nspecies C = 1 M"
    run = mscnet.simulate(mscnet.loads(text), times=[0.0, 2.5, 5.0, 9.0])
    assert run["D"] / run["C"] == pytest.approx([1.0, 1.5, 2.0, 2.0], rel=1e-6)
