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
    if method == "ssa" and kernels.core() is None:
        pytest.skip("slow without kernels")
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


# --- surfaces and partition, against closed forms ------------------------------------------------------


def test_adsorption_with_depletion() -> None:
    """A + S <-> AS at an interface: dN/dt = (ka/V) (a - N)(s - N) - kd N for the amount N that is adsorbed.

    The rate is a quadratic in N, and N goes from 0 towards the smaller of its two roots.
    """
    text = """
    units time = s, concentration = mM, volume = mL
    compartment bulk = 10 mL, wall = 200 cm^2
    species A in bulk = 0.05 mM, S in wall = 2 nmol/cm^2, AS in wall
    parameter ka = 0.5 /mM/s, kd = 0.02 /s
    A + S <-> AS @ ka, kd
    """
    times = [0.0, 10.0, 40.0, 150.0, 1000.0]
    run = mscnet.simulate(mscnet.loads(text), times=times, rtol=1e-10, atol=1e-14)
    a, s, k, kd = 0.5, 0.4, 0.5 / 10.0, 0.02  # umol, umol, /umol/s, /s
    half, root = (a + s + kd / k) / 2, math.sqrt((a + s + kd / k) ** 2 / 4 - a * s)
    low, high = half - root, half + root
    decay = np.exp(-k * (high - low) * np.array(times))
    exact = low * high * (1 - decay) / (high - low * decay)
    # 200 cm^2 hold the amount N in umol
    assert run["AS"] * 200 == pytest.approx(exact, rel=1e-7, abs=1e-12)
    assert run["A"] * 10 == pytest.approx(a - exact, rel=1e-7)
    assert (run["S"] + run["AS"]) * 200 == pytest.approx(s, rel=1e-12)


def test_langmuir_kinetics_at_constant_concentration() -> None:
    """theta(t) = K c/(1 + K c) (1 - exp(-(ka c + kd) t)): I. Langmuir 1918, as it is used for biosensors."""
    text = """
    units time = s, concentration = nM, volume = uL
    compartment cell = 2 uL, chip = 1 mm^2
    species L in cell constant = 20 nM, R in chip = 1 pmol/mm^2, RL in chip
    R + L <-> RL @ 1e-3 /nM/s, 5e-3 /s
    """
    times = np.array([0.0, 20.0, 60.0, 400.0])
    run = mscnet.simulate(mscnet.loads(text), times=times, rtol=1e-10, atol=1e-12)
    rate = 1e-3 * 20 + 5e-3
    theta = run["RL"] / (run["R"] + run["RL"])
    assert theta == pytest.approx(20e-3 / rate * (1 - np.exp(-rate * times)), rel=1e-7, abs=1e-12)


def test_dissociative_adsorption() -> None:
    """theta = sqrt(K p)/(1 + sqrt(K p)) where a molecule takes two sites."""
    text = """
    units time = s, concentration = mM, volume = mL
    compartment gas = 100 mL, pt = 20 cm^2
    species gas.O2 constant = 0.5 mM
    species site in pt = 2.5 nmol/cm^2, O in pt
    gas.O2 + 2 site <-> 2 O @ ka, kd
    parameter ka = 3 cm^2/umol/mM/s, kd = 0.5 cm^2/umol/s
    """
    model = mscnet.loads(text)
    state = mscnet.steady_state(model)
    theta = state["O"] / (state["O"] + state["site"])
    assert theta == pytest.approx(math.sqrt(3.0) / (1 + math.sqrt(3.0)), rel=1e-8)
    assert [law.text() for law in model.network().conservation_laws()] == ["site + O = const"]


def test_a_site_that_is_lost_is_an_error() -> None:
    text = """
    compartment gas = 1 L, pt = 1 m^2
    species gas.CO of CO, site of Pt in pt, CO_s of PtCO in pt
    gas.CO + 2 site -> CO_s @ k
    """
    found = [d for d in mscnet.check_text(text).diagnostics if d.severity == "error"]
    assert [d.code for d in found] == ["E050"]


def test_partition_between_two_liquids() -> None:
    """Flux PS (c1 - c2/K): the difference decays with PS (1/V1 + 1/(K V2)), towards c2 = K c1."""
    text = """
    units time = min, concentration = mM, volume = mL
    compartment water = 10 mL, octanol = 4 mL, interface = 5 cm^2
    species water.X = 1 mM
    parameter p = 0.3 cm/min, K = 6.5
    water.X <-> octanol.X @ p*interface, p*interface/K
    """
    times = np.array([0.0, 2.0, 10.0, 100.0])
    run = mscnet.simulate(mscnet.loads(text), times=times, rtol=1e-10, atol=1e-13)
    ps = 0.3 * 5
    equal = 10.0 / (10.0 + 6.5 * 4.0)
    exact = equal + (1 - equal) * np.exp(-ps * (1 / 10.0 + 1 / (6.5 * 4.0)) * times)
    assert run["water.X"] == pytest.approx(exact, rel=1e-7)
    assert run["octanol.X"] * 4 == pytest.approx(10 * (1 - exact), rel=1e-7, abs=1e-10)


def test_diffusion_along_a_row_of_compartments() -> None:
    """A closed row of n equal boxes: cos(pi k (i + 1/2)/n) decays with 4 (D/V) sin^2(pi k/(2 n))."""
    n, k = 12, 2
    text = f"""
    units time = s, concentration = mM, volume = mL
    compartment box{{i}} = 2 mL for i in 1 .. {n}
    species box{{i}}.A = 1 mM + 0.5 mM*cos(3.141592653589793*{k}*(i - 1/2)/{n}) for i in 1 .. {n}
    box{{i}}.A <-> box{{i+1}}.A @ D, D for i in 1 .. {n - 1}
    parameter D = 0.7 mL/s
    """
    run = mscnet.simulate(mscnet.loads(text), times=[0, 1, 5], rtol=1e-10, atol=1e-13)
    decay = 4 * 0.35 * math.sin(math.pi * k / (2 * n)) ** 2
    for t, row in zip((0, 1, 5), run.values, strict=True):
        wave = np.cos(np.pi * k * (np.arange(n) + 0.5) / n)
        assert row == pytest.approx(1 + 0.5 * math.exp(-decay * t) * wave, rel=1e-7)


# --- molecules and events ------------------------------------------------------------------------------

JUMPING = """
units time = s, concentration = nM, volume = fL
compartment cytosol = 1 fL, nucleus = 0.1 fL
species cytosol.A = {start} nM
parameter PS = 0.05 fL/s
transfer: cytosol.A <-> nucleus.A @ PS, PS
{event} {{ nucleus = 0.4 fL }}
at 3 s {{ cytosol.A += {more} nM }}
"""
PER = 0.602214076  # molecules in nM fL


@pytest.mark.skipif(kernels.core() is None, reason="slow without kernels")
def test_molecules_in_a_volume_that_an_event_sets() -> None:
    """For steps of first order the mean of exact runs is the solution of the rate equations."""
    text = JUMPING.format(event="at 2 s", start=repr(60 / PER), more=repr(12 / PER))
    model, times, n = mscnet.loads(text), [0.0, 1.0, 2.5, 6.0], 400
    exact = mscnet.simulate(model, times=times, rtol=1e-10, atol=1e-12).values
    runs = mscnet.simulate_repeats(model, n, times=times, seed=3)
    counts = runs.values * PER * np.array([[1.0, 0.1], [1.0, 0.1], [1.0, 0.4], [1.0, 0.4]])
    assert counts == pytest.approx(np.rint(counts), abs=1e-9)
    assert counts.sum(axis=2) == pytest.approx(np.array([60, 60, 60, 72])[None].repeat(n, axis=0))
    spread = counts.std(axis=0)[1:] / math.sqrt(n) / PER / np.array([[1.0, 0.1], [1.0, 0.4], [1.0, 0.4]])
    assert (np.abs(runs.values.mean(axis=0) - exact)[1:] < 5 * spread).all()


def test_a_condition_on_molecules_is_one_of_concentration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event comes with the first molecule that brings the nucleus above 45 nM, 3 molecules in 0.1 fL."""
    text = JUMPING.format(event="when [nucleus.A] > 45 nM", start=repr(60 / PER), more="0")
    model = mscnet.loads(text)
    for core in (kernels.core(), None):
        monkeypatch.setattr(kernels, "core", lambda core=core: core)
        run = mscnet.simulate(model, 4, points=3, method="ssa", seed=5)
        first = run.events[0]
        before, after = first.before[1] * PER * 0.1, first.after[1] * PER * 0.4
        assert (before, after) == (pytest.approx(3), pytest.approx(3))
