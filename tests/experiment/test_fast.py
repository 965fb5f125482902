"""Fast steps at the bench: titrations, feeds, temperatures and fits, against exact charge balances."""

import numpy as np
import pytest
from scipy.optimize import brentq

import mscnet

TITRATION = """units concentration = M, volume = mL, time = min
w:  fast 0 <-> H^+ + OH^-              @ K = 1e-14 M^2
a1: fast H3PO4   <-> H^+ + H2PO4^-     @ K = 10^-2.148 M
a2: fast H2PO4^- <-> H^+ + HPO4^2-     @ K = 10^-7.198 M
a3: fast HPO4^2- <-> H^+ + PO4^3-      @ K = 10^-12.319 M
solution acid { H3PO4 = 0.1 M }
solution base { OH^- = 0.1 M ; Na^+ = 0.1 M }
species Na^+
observable pH = -log10([H^+]/(1 M))
experiment titration(v) for v in 0, 5, 10, 15, 20, 25, 30, 40 mL {
    mix 10 mL acid + v base
    measure pH
}
experiment burette { mix 10 mL acid ; measure pH every 5 min for 40 min while add 40 mL base }
experiment tank { mix 10 mL acid ; measure pH every 5 min for 40 min while flow 1 mL/min base out 1 mL/min }
"""
CONSTANTS = (10**-2.148, 10**-7.198, 10**-12.319)


def ph(phosphate, sodium):
    """By bisection of the charge balance."""

    def excess(value):
        h, parts = 10.0**-value, [1.0]
        for constant in CONSTANTS:
            parts.append(parts[-1] * constant / h)
        charge = sum(i * part for i, part in enumerate(parts)) / sum(parts)
        return h + sodium - 1e-14 / h - phosphate * charge

    return brentq(excess, -1.0, 15.0, xtol=1e-14)


def readings(name):
    run = mscnet.perform(mscnet.loads(TITRATION), name)
    return [condition.series["pH"].values for condition in run.conditions], run


def test_a_titration_of_phosphoric_acid():
    found, _ = readings("titration")
    expected = [ph(1 / (10 + v), 0.1 * v / (10 + v)) for v in (0, 5, 10, 15, 20, 25, 30, 40)]
    np.testing.assert_allclose(np.concatenate(found), expected, atol=1e-9)


def test_base_from_a_burette():
    (found,), _ = readings("burette")
    expected = [ph(1 / (10 + v), 0.1 * v / (10 + v)) for v in range(0, 45, 5)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_base_that_flows_through_a_tank():
    (found,), _ = readings("tank")
    expected = [ph(0.1 * np.exp(-t / 10), 0.1 * (1 - np.exp(-t / 10))) for t in range(0, 45, 5)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


# --- other steps ---------------------------------------------------------------------------------

BUFFER = """units concentration = M, volume = mL, time = s
temperature = 298.15 K
w: fast 0 <-> H^+ + OH^-  @ K = 1e-14 M^2
a: fast HA <-> H^+ + A^-  @ K = Ka*exp(-dH/R*(1/temperature - 1/(298.15 K)))
E + OH^- -> A^- + P  @ k
parameter Ka = 1.8e-5 M in 1e-6 .. 1e-3 log, k = 2 /M/s in 0.1 .. 100 log, dH = 20 kJ/mol
species P
solution buffer { HA = 0.05 M ; A^- = 0.05 M }
solution ester { E = 0.01 M }
solution lye { OH^- = 0.3 M }
observable pH = -log10([H^+]/(1 M))
"""


def bench(steps):
    return mscnet.loads(BUFFER + "experiment e {\n" + steps + "\n}\n")


def test_a_buffer_after_dilution_and_an_aliquot():
    steps = "mix 1 mL buffer\ndilute to 10 mL with lye2\ntake 2 mL\nmeasure pH"
    mechanism = mscnet.loads(BUFFER + "solution lye2 { OH^- = 1 mM }\nexperiment e {\n" + steps + "\n}\n")
    value = mscnet.perform(mechanism).conditions[0].series["pH"].values[0]

    def excess(h):
        return h + 0.005 + 0.0009 - 1e-14 / h - 0.01 * 1.8e-5 / (h + 1.8e-5)

    assert value == pytest.approx(-np.log10(brentq(excess, 1e-8, 1e-3, xtol=1e-18)), abs=1e-10)


def test_another_temperature_moves_the_equilibrium_at_once():
    run = mscnet.perform(bench("mix 1 mL buffer\nmeasure a = pH\nhold 1 s at 350 K\nmeasure b = pH at 350 K"))
    series = run.conditions[0].series
    shift = 20000 / 8.31446261815324 * (1 / 350 - 1 / 298.15) / np.log(10)
    assert series["b"].values[0] - series["a"].values[0] == pytest.approx(shift, abs=2e-3)


def test_a_ramp_of_temperature():
    run = mscnet.perform(bench("mix 1 mL buffer\nmeasure pH every 10 s for 100 s from 298.15 K to 350 K"))
    kelvin = np.linspace(298.15, 350, 11)
    expected = -np.log10(1.8e-5) + 20000 / 8.31446261815324 * (1 / kelvin - 1 / 298.15) / np.log(10)
    np.testing.assert_allclose(run.conditions[0].series["pH"].values, expected, atol=2e-3)


def test_the_ledger_shows_what_is_there_after_mixing():
    mechanism = bench("mix 1 mL buffer + 0.1 mL lye\nmeasure pH")
    row, names = mscnet.perform(mechanism).conditions[0].ledger[-1], [s.name for s in mechanism.species]
    there = dict(zip(names, row.concentrations.tolist(), strict=True))
    assert there["H^+"] * there["A^-"] / there["HA"] == pytest.approx(1.8e-5, rel=1e-10)


@pytest.mark.slow
def test_a_fit_finds_the_constant_of_a_fast_step(tmp_path):
    steps = "mix 5 mL buffer + 5 mL ester + v lye\nmeasure pH, p = [P] every 20 s for 200 s"
    text = BUFFER + "experiment e(v) for v in 0.5, 1.0, 1.7 mL {\n" + steps + "\n}\n"
    truth = mscnet.loads(text).with_values(Ka=4e-5, k=5.0)
    rows = ["v,time,pH,p"]
    for condition in mscnet.perform(truth, rtol=1e-9).conditions:
        values = zip(*(condition.series[name].values for name in ("pH", "p")), strict=True)
        times = condition.series["pH"].time
        rows += [
            f"{condition.values['v']:.17g},{t:.17g},{a:.17g},{b:.17g}" for t, (a, b) in zip(times, values, strict=True)
        ]
    (tmp_path / "data.csv").write_text("\n".join(rows) + "\n")
    extra = 'data e "data.csv" { v = "v" }\n'
    (tmp_path / "buffer.mech").write_text(text + extra)
    found = mscnet.fit(mscnet.load(tmp_path / "buffer.mech"), starts=2, seed=1)
    assert found.values["Ka"] == pytest.approx(4e-5, rel=1e-3)
    assert found.values["k"] == pytest.approx(5.0, rel=1e-3)
