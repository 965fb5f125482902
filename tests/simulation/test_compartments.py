"""Runs in several compartments, against closed forms and libRoadRunner."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from mscnet.mechanism.compartments import homes_of
from mscnet.report.tables import tabulate

EXCHANGE = """
units time = s, concentration = mM, volume = pL
compartment cytosol = 1 pL, nucleus = 0.1 pL
species cytosol.A = 1 mM
parameter PS = 0.05 pL/s
transfer: cytosol.A <-> nucleus.A @ PS, PS
"""

MANY = """
units time = s, concentration = mM, volume = pL
compartment cytosol = 1 pL, nucleus = 0.3 pL, membrane = 40 um^2
species cytosol.L = 2 mM, cytosol.M = 0.5 mM
species R in membrane = 4e-7 mol/m^2, RL in membrane
parameter P = 2 um/s, kon = 0.3 /mM/s, koff = 0.1 /s, kd = 0.2 /mM/s, kc = 0.4 /s
bind: cytosol.L + R <-> RL @ kon, koff
pass: cytosol.L <-> nucleus.L @ P*membrane/50, P*membrane/50
dimer: 2 nucleus.L -> nucleus.D @ kd
turn: RL -> R + cytosol.M @ kc
fuse: 2 cytosol.M -> nucleus.D rate 0.05 pL/mM/s * [cytosol.M]^2
"""

SBML = """
model m
  compartment cytosol = 1, nucleus = 0.3; compartment membrane = 0.4
  species L in cytosol = 2, M in cytosol = 0.5, LN in nucleus = 0, D in nucleus = 0
  species R in membrane = {density}, RL in membrane = 0
  bind: L + R => RL; membrane*(0.3*L*R - 0.1*RL)
  pass: L => LN; {p}*(L - LN)
  dimer: 2 LN => D; nucleus*0.2*LN^2
  turn: RL => R + M; membrane*0.4*RL
  inp: 2 M => D; 0.05*M^2
end
"""
TIMES = [0.0, 1.0, 4.0, 20.0]


def amounts(run: mscnet.Trajectory) -> np.ndarray:
    """The amounts of all species, (n_times, n_species)."""
    homes, model = homes_of(run.mechanism), run.mechanism
    return run.values * np.array([model.value_of(homes[name]) for name in run.species])


def exchange(t: float, volume: float = 0.1, ps: float = 0.05) -> tuple[float, float]:
    """Passive exchange of one substance between 1 pL and `volume`: concentrations."""
    decay = math.exp(-ps * (1.0 + 1.0 / volume) * t)
    equal = 1.0 / (1.0 + volume)
    return equal + (1.0 - equal) * decay, equal * (1.0 - decay)


@pytest.mark.parametrize("method", ["auto", "bdf", "radau", "lsoda", "dop853"])
def test_passive_exchange(method: str) -> None:
    run = mscnet.simulate(mscnet.loads(EXCHANGE), times=TIMES, method=method, rtol=1e-9, atol=1e-12)
    # SciPy's lsoda keeps its error to a looser multiple of rtol
    assert run.values == pytest.approx(np.array([exchange(t) for t in TIMES]), abs=2e-7)


def test_another_volume_is_another_value() -> None:
    model = mscnet.loads(EXCHANGE).with_values(nucleus="0.4 pL")
    run = mscnet.simulate(model, times=TIMES, rtol=1e-9, atol=1e-12)
    assert run.values == pytest.approx(np.array([exchange(t, 0.4) for t in TIMES]), abs=1e-7)


def test_many_steps_as_libroadrunner_has_them() -> None:
    antimony = pytest.importorskip("antimony")
    roadrunner = pytest.importorskip("roadrunner")
    model = mscnet.loads(MANY)
    density, p = model.evaluate(model.get_species("R").initial), model.value_of("P") * model.value_of("membrane") / 50
    # the file's unit of area is that of 1 pL^(2/3), 100 um^2
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(SBML.format(density=density, p=p)) >= 0, antimony.getLastError()
    runner = roadrunner.RoadRunner(antimony.getSBMLString("m"))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-14
    names = ["L", "M", "R", "RL", "LN", "D"]
    runner.timeCourseSelections = ["time", *(f"[{name}]" for name in names)]
    theirs = np.array(runner.simulate(times=TIMES))[:, 1:]
    run = mscnet.simulate(model, times=TIMES, rtol=1e-10, atol=1e-13)
    mine = np.stack([run[n] for n in ("cytosol.L", "cytosol.M", "R", "RL", "nucleus.L", "nucleus.D")], axis=1)
    assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-10)


def test_amounts_are_conserved_across_volumes() -> None:
    run = mscnet.simulate(mscnet.loads(MANY), times=TIMES, rtol=1e-8)
    weights = {"cytosol.L": 1, "cytosol.M": 1, "RL": 1, "nucleus.L": 1, "nucleus.D": 2, "R": 0}
    total = amounts(run) @ np.array([weights[name] for name in run.species])
    assert total == pytest.approx(total[0], rel=1e-12)


def test_conservation_laws_weigh_concentrations_by_size() -> None:
    laws = [law.text() for law in mscnet.loads(EXCHANGE).network().conservation_laws()]
    assert laws == ["10 cytosol.A + nucleus.A = const"]


def test_the_sites_of_a_surface_are_conserved() -> None:
    assert "R + RL = const" in [law.text() for law in mscnet.loads(MANY).network().conservation_laws()]


def test_langmuir_isotherm() -> None:
    """theta = K c/(1 + K c): Langmuir, J. Am. Chem. Soc. 1918, 40, 1361."""
    text = """
    units time = s, concentration = mM, volume = mL
    compartment bulk = 10 mL, wall = 200 cm^2
    species A in bulk constant = 2 mM, free in wall = 1 nmol/cm^2, held in wall
    A + free <-> held @ 0.5 /mM/s, 0.25 /s
    theta = [held]/([free] + [held])
    """
    state = mscnet.steady_state(mscnet.loads(text))
    free, held = (state[name] for name in ("free", "held"))
    assert held / (free + held) == pytest.approx(4.0 / 5.0, rel=1e-9)


def test_henry_partition() -> None:
    """At equilibrium c_liquid = H c_gas, and the amounts add up to what there was."""
    text = """
    units time = s, concentration = mM, volume = L
    compartment gas = 2 L, water = 1 L
    species gas.CO2 = 10 mM
    parameter kLa = 0.1 /s, H = 0.83
    gas.CO2 <-> water.CO2 @ kLa*water, K = H
    """
    state = mscnet.steady_state(mscnet.loads(text))
    gas = 20.0 / (2.0 + 0.83)
    assert (state["gas.CO2"], state["water.CO2"]) == (pytest.approx(gas, rel=1e-8), pytest.approx(0.83 * gas, rel=1e-8))


# --- volumes that change -------------------------------------------------------------------------


def test_dilution_by_growth() -> None:
    """dc/dt = k - (d + mu) c in a cell that grows exponentially."""
    text = """
    units time = min, concentration = uM, volume = fL
    parameter V0 = 1 fL, mu = 0.02 /min
    compartment cell = V0*exp(mu*time)
    0 -> P @ 0.5; P -> 0 @ 0.01
    species P = 3 uM
    """
    run = mscnet.simulate(mscnet.loads(text), times=[0, 25, 50], rtol=1e-9, atol=1e-12)
    exact = [0.5 / 0.03 + (3.0 - 0.5 / 0.03) * math.exp(-0.03 * t) for t in (0, 25, 50)]
    assert run["P"] == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize(
    "size",
    [
        "ramp(1 min, 3 min, 100 mL, 200 mL)", "100 mL + 20 mL/min*time", "100 mL*(1 + 0.3*sin(time/1 min))",
        "100 mL*sqrt(1 + time/1 min)", "base*(1 + time/1 min)^(3/2)", "100 mL/(1 + time/2 min)",
        "100 mL*(1 + log(1 + time/1 min))", "100 mL*(2 + tanh(time/1 min - 2))",
    ],
)  # fmt: skip
def test_amounts_are_kept_in_a_volume_that_varies(size: str) -> None:
    head = "units time = min, concentration = mM, volume = mL\nparameter base = 50 mL\n"
    model = mscnet.loads(head + f"compartment tank = {size}\nspecies A = 1 mM\nA -> B @ 0.4")
    run = mscnet.simulate(model, times=[0, 1.5, 2.5, 4], rtol=1e-10, atol=1e-13)
    total = (run["A"] + run["B"]) * run["tank"]
    assert total == pytest.approx(total[0], rel=1e-8)


def test_an_event_that_changes_a_volume_keeps_amounts() -> None:
    model = mscnet.loads(EXCHANGE + "at 2 s { nucleus *= 3 ; cytosol -= 0.2 pL }")
    firing = mscnet.simulate(model, 4, points=5, rtol=1e-9).events[0]
    before, after = (np.array(state) for state in (firing.before, firing.after))
    assert after * np.array([0.8, 0.3]) == pytest.approx(before * np.array([1.0, 0.1]), rel=1e-12)


def test_an_amount_is_added_in_the_volume_after_the_event() -> None:
    text = """
    units time = s, concentration = mM, volume = pL
    compartment cell = 1 pL
    species A = 1 mM
    A -> B @ 0.1
    at 5 s { cell = 2 pL ; A += 1 fmol }
    """
    firing = mscnet.simulate(mscnet.loads(text), 10, points=3, rtol=1e-10).events[0]
    assert firing.after[0] == pytest.approx((math.exp(-0.5) + 1.0) / 2.0, rel=1e-7)


def test_amounts_of_output_follow_the_volume() -> None:
    text = "compartment cell = 2 L; species A = 1; A -> B @ 0.1; at 5 s { cell = 3 L }"
    table = tabulate(mscnet.simulate(mscnet.loads(text), times=[0, 4, 6], rtol=1e-9), amounts=["A"])
    found = next(column for column in table.columns if column.name == "A")
    assert found.values == pytest.approx([2.0 * math.exp(-0.1 * t) for t in (0, 4, 6)], rel=1e-6)


# --- derivatives, many runs, molecules ------------------------------------------------------------


@pytest.mark.parametrize("name", ["nucleus", "PS"])
def test_sensitivity_to_a_volume(name: str) -> None:
    model, t, step = mscnet.loads(EXCHANGE), 3.0, 1e-5
    given = {"nucleus": (0.1, 0.05), "PS": (0.1, 0.05)}[name]
    moved = [tuple(v + sign * step * (key == name) for key, v in zip(("nucleus", "PS"), given, strict=True))
             for sign in (1, -1)]  # fmt: skip
    exact = (np.array(exchange(t, *moved[0])) - np.array(exchange(t, *moved[1]))) / (2 * step)
    found = mscnet.sensitivities(model, [name], times=[0.0, t], rtol=1e-9, atol=1e-12)
    assert found.values[1][:, 0] == pytest.approx(exact, rel=1e-4)


@pytest.mark.skipif(kernels.core() is None, reason="slow without kernels")
def test_molecules_have_the_mean_of_the_rate_equations() -> None:
    """For steps of first order the mean of exact runs is the solution of the rate equations."""
    text = EXCHANGE.replace("pL", "fL").replace("1 mM", "100 nM").replace("concentration = mM", "concentration = nM")
    runs = mscnet.simulate_repeats(mscnet.loads(text), 3000, times=TIMES, seed=11)
    start = 60.0 / 60.2214076 * 100.0  # whole molecules
    exact = np.array([exchange(t) for t in TIMES]) * start
    spread = np.sqrt(start * np.array([1.0, 10.0]) * 10 / 6.0 / 3000) * 5
    assert (np.abs(runs.values.mean(axis=0) - exact) < spread).all()


@pytest.mark.skipif(kernels.core() is None, reason="slow without kernels")
def test_molecules_that_meet_on_a_surface() -> None:
    """A + X -> held, 40 and 25 molecules: the equilibrium of pairs in a small number is that of the exact sum."""
    text = """
    units time = s, concentration = nM, volume = fL
    compartment bulk = 1 fL, wall = 4 um^2
    species A in bulk = {a} nM, X in wall = {x} mol/m^2, held in wall
    A + X <-> held @ k, 0.3 /s
    parameter k = 0.01 /nM/s
    """.replace("{a}", repr(40 / 0.602214076)).replace("{x}", repr(25 / 4e-12 / 6.02214076e23))
    runs = mscnet.simulate_repeats(mscnet.loads(text), 2000, times=[0, 30.0], seed=4)
    k = 0.01 / 0.602214076  # per pair of molecules
    weights = [math.comb(40, n) * math.comb(25, n) * math.factorial(n) * (k / 0.3) ** n for n in range(26)]
    mean = sum(n * w for n, w in enumerate(weights)) / sum(weights)
    per_area = float(runs.mechanism.units.scale_of(runs.mechanism.get_species("held").dimension))
    held = runs.values[:, 1, 2] * per_area * 4e-12 * 6.02214076e23
    assert np.rint(held) == pytest.approx(held, abs=1e-6)
    assert held.mean() == pytest.approx(mean, abs=5 * held.std() / math.sqrt(2000))


def test_molecules_in_a_growing_volume_are_refused_by_name() -> None:
    model = mscnet.loads("compartment cell = 1 fL*exp(time/1 min); species A = 1 uM; A -> B @ 0.1")
    with pytest.raises(mscnet.MechanismError) as raised:
        mscnet.simulate_repeats(model, 2, 1)
    assert raised.value.diagnostics[0].code == "E090"


@pytest.mark.parametrize("method", ["auto", "ssa"])
def test_scan_over_a_volume(method: str) -> None:
    model = mscnet.loads(EXCHANGE if method == "auto" else EXCHANGE.replace("1 mM", "10 uM"))
    simulator = mscnet.Simulator(model, times=[0.0, 3.0], method=method, **({"seed": 3} if method == "ssa" else {}))
    batch = simulator.batch(simulator.inputs(nucleus=[0.1, 0.2, 0.5]))
    exact = np.array([exchange(3.0, volume) for volume in (0.1, 0.2, 0.5)]) * (1.0 if method == "auto" else 0.01)
    assert batch.values[:, 1] == pytest.approx(exact, rel=0.1 if method == "ssa" else 1e-4)


def test_steps_between_compartments_that_vary_keep_amounts() -> None:
    text = """
    units time = min, concentration = mM, volume = pL
    compartment medium = 10 pL, cell = exp(0.1 /min*time)*1 pL, envelope = 4.84*cell^(2/3)
    species medium.S = 2 mM, T in envelope = 1e-6 mol/m^2, TS in envelope
    parameter P = 0.05 um/min
    uptake: medium.S <-> cell.S @ P*envelope, P*envelope
    bind: medium.S + T -> TS @ 0.1 /mM/min
    2 cell.S -> cell.X @ 0.3 /mM/min
    """
    run = mscnet.simulate(mscnet.loads(text), times=[0, 10, 20, 30], rtol=1e-10, atol=1e-14)
    inside, around = run["cell"], run["envelope"]
    total = 10 * run["medium.S"] + (run["cell.S"] + 2 * run["cell.X"]) * inside + run["TS"] * around
    sites = (run["T"] + run["TS"]) * around
    assert total == pytest.approx(total[0], rel=1e-8)
    assert sites == pytest.approx(sites[0], rel=1e-8)


def test_an_event_changes_what_crosses() -> None:
    """After the nucleus has grown, exchange goes on towards equal concentrations, with the amount there was."""
    model = mscnet.loads(EXCHANGE + "at 2 s { nucleus = 0.4 pL }")
    assert mscnet.simulate(model, 200, points=2, rtol=1e-9).values[-1] == pytest.approx(1 / 1.4, rel=1e-6)
