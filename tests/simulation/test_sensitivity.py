"""Sensitivities and gradients: against closed forms, differences of tight runs, conservation, and each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp
from hypothesis import note
from hypothesis import strategies as st

import mscnet
from mscnet import MechanismError, SimulationError, Status, assets, kernels
from tests.properties.holds import holds
from tests.simulation import ivp
from tests.strategies.mechanisms import models, styles
from tests.strategies.model import Model
from tests.strategies.reading import Reading

TIMES = [0.0, 0.3, 1.0, 2.5]
TIGHT = {"rtol": 1e-9, "atol": 1e-12}

needs_kernels = pytest.mark.skipif(kernels.core() is None, reason="SciPy's path refuses switches that move")

t, k1, k2, a0, n, b0 = sp.symbols("t k1 k2 a0 n b0", positive=True)


def value_of(mechanism: mscnet.Mechanism, name: str) -> float:
    """The value of a parameter, or the initial concentration of a species."""
    if name in {p.name for p in mechanism.parameters}:
        return mechanism.value_of(name)
    initial = mechanism.get_species(name).initial
    return 0.0 if initial is None else mechanism.evaluate(initial)


def differences(mechanism: mscnet.Mechanism, name: str, times: list[float], rtol: float = 1e-11) -> np.ndarray:
    """d[species]/d(name), (n_times, n_species), by a central difference of fourth order of tight runs."""
    value = value_of(mechanism, name)
    step = 1e-3 * (abs(value) or 1.0)

    def run(shift: float) -> np.ndarray:
        moved = mechanism.with_values({name: value + shift * step})
        return mscnet.simulate(moved, times=times, rtol=rtol, atol=rtol * 1e-2).values

    return (8 * (run(1) - run(-1)) - (run(2) - run(-2))) / (12 * step)


# --- closed forms ---------------------------------------------------------------------------------

LAWS: dict[str, tuple[str, dict[str, sp.Expr]]] = {
    "decay": ("species A = 2; parameter k1 = 0.7; A -> B @ k1", {"A": a0 * sp.exp(-k1 * t)}),
    "reversible": (
        "species A = 2; parameter k1 = 0.7; parameter k2 = 0.4; A <-> B @ k1, k2",
        {"A": a0 * (k2 + k1 * sp.exp(-(k1 + k2) * t)) / (k1 + k2)},
    ),
    "chain": (
        "species A = 2; parameter k1 = 0.7; parameter k2 = 0.4; A -> B @ k1; B -> C @ k2",
        {"B": a0 * k1 / (k2 - k1) * (sp.exp(-k1 * t) - sp.exp(-k2 * t))},
    ),
    "parallel": (
        "species A = 2; parameter k1 = 0.7; parameter k2 = 0.4; A -> B @ k1; A -> C @ k2",
        {"B": a0 * k1 / (k1 + k2) * (1 - sp.exp(-(k1 + k2) * t))},
    ),
    "second order": ("species A = 2; parameter k1 = 0.7; 2 A -> B @ k1", {"A": a0 / (1 + 2 * k1 * a0 * t)}),
    "kinetic order": (
        "species A = 2; parameter k1 = 0.7 M/s; parameter n = 1.6; c = 1 M; A -> B rate k1*([A]/c)^n",
        {"A": (a0 ** (1 - n) + (n - 1) * k1 * t) ** (1 / (1 - n))},
    ),
}
VALUES = {"k1": 0.7, "k2": 0.4, "n": 1.6, "A": 2.0}


@pytest.mark.parametrize("law", LAWS)
def test_closed_forms(law: str) -> None:
    text, truths = LAWS[law]
    mechanism = mscnet.loads(text)
    names = [*(p.name for p in mechanism.parameters if p.name != "c"), "A"]
    found = mscnet.sensitivities(mechanism, names, times=TIMES, **TIGHT)
    for species, truth in truths.items():
        for name in names:
            slope = sp.lambdify((t, k1, k2, n, a0), truth.diff(a0 if name == "A" else sp.Symbol(name, positive=True)))
            wanted = [slope(time, VALUES["k1"], VALUES["k2"], VALUES["n"], VALUES["A"]) for time in TIMES]
            np.testing.assert_allclose(found[species][name], wanted, rtol=1e-6, atol=1e-8)


def test_parameters_of_a_saturated_law() -> None:
    """a0 - A + Km ln(a0/A) = Vm t, differentiated."""
    mechanism = mscnet.loads("species S = 3; parameter Vm = 2 M/s; parameter Km = 0.5 M; S -> P rate Vm*[S]/(Km + [S])")
    found = mscnet.sensitivities(mechanism, ["Vm", "Km", "S"], times=TIMES, **TIGHT)
    s, time = found.trajectory["S"], np.array(TIMES)
    slope = 1 + 0.5 / s
    np.testing.assert_allclose(found["S"]["Vm"], -time / slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found["S"]["Km"], np.log(3 / s) / slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found["S"]["S"], (1 + 0.5 / 3) / slope, rtol=1e-6)


DERIVED = """parameter a = 1.5 M
parameter k = 0.3 /s
double = 2*a
species A = double, B = 0
fast = 3*k
A -> B @ fast
observable share = [B]/double
"""


def test_parameters_inside_initial_concentrations_and_derived_values() -> None:
    found = mscnet.sensitivities(mscnet.loads(DERIVED), ["a", "k"], times=TIMES, **TIGHT)
    time = np.array(TIMES)
    np.testing.assert_allclose(found["A"]["a"], 2 * np.exp(-0.9 * time), rtol=1e-6)
    np.testing.assert_allclose(found["A"]["k"], -9 * time * np.exp(-0.9 * time), rtol=1e-6, atol=1e-8)


def test_observables_and_derived_values() -> None:
    found = mscnet.sensitivities(mscnet.loads(DERIVED), ["a", "k"], times=TIMES, **TIGHT)
    time = np.array(TIMES)
    np.testing.assert_allclose(found["share"]["k"], 3 * time * np.exp(-0.9 * time), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found["share"]["a"], 0, atol=1e-8)
    np.testing.assert_allclose(found["double"]["a"], 2)
    np.testing.assert_allclose(found["fast"]["k"], 3)


def test_normalised() -> None:
    found = mscnet.sensitivities(mscnet.loads(DERIVED), ["a", "k"], times=TIMES, **TIGHT)
    np.testing.assert_allclose(found.normalised("A")["a"], 1, rtol=1e-6)
    np.testing.assert_allclose(found.normalised("A")["k"], -0.9 * np.array(TIMES), rtol=1e-6, atol=1e-8)
    assert np.isnan(found.normalised("B")["k"][0])  # B is 0


INFUSION = """parameter dose = 2 M/s
parameter tau = 0.8 s
parameter k = 0.5 /s
species A = 0
0 -> A rate dose*if(time < tau, 1, 0)
A -> 0 @ k
"""


@needs_kernels
def test_a_switch_that_moves() -> None:
    mechanism = mscnet.loads(INFUSION)
    found = mscnet.sensitivities(mechanism, ["tau", "dose", "k"], times=TIMES, **TIGHT)
    time, after = np.array(TIMES), np.array(TIMES) > 0.8
    np.testing.assert_allclose(found["A"]["tau"], np.where(after, 2 * np.exp(-0.5 * (time - 0.8)), 0), atol=1e-7)
    np.testing.assert_allclose(found["A"]["dose"], found.trajectory["A"] / 2, atol=1e-8)


@needs_kernels
def test_the_gradient_through_a_switch_that_moves() -> None:
    weights = np.zeros((len(TIMES), 1))
    weights[-1] = 1
    found = mscnet.gradient(mscnet.loads(INFUSION), weights, ["tau", "k"], times=TIMES, **TIGHT)
    assert found["tau"] == pytest.approx(2 * np.exp(-0.5 * 1.7), rel=1e-6)
    wanted = mscnet.sensitivities(mscnet.loads(INFUSION), ["k"], times=TIMES, **TIGHT)["A"]["k"][-1]
    assert found["k"] == pytest.approx(wanted, rel=1e-6)


def test_a_parameter_as_stoichiometric_coefficient() -> None:
    """A -> y B: [B] = y a0 (1 - exp(-k t))."""
    mechanism = mscnet.loads("parameter y = 1.5; parameter k = 0.7 /s; species A = 2; A -> (y) B @ k")
    found = mscnet.sensitivities(mechanism, ["y", "k"], times=TIMES, **TIGHT)
    time = np.array(TIMES)
    np.testing.assert_allclose(found["B"]["y"], 2 * (1 - np.exp(-0.7 * time)), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found["B"]["k"], 3 * time * np.exp(-0.7 * time), rtol=1e-6, atol=1e-8)
    weights = np.array([[0, 0], [0, 1], [0, 0], [0, 2.0]])
    total = mscnet.gradient(mechanism, weights, ["y", "k"], times=TIMES, **TIGHT)
    np.testing.assert_allclose(total.values, np.einsum("ti,tip->p", weights, found.values), rtol=1e-6)


def test_the_flow_of_initial_values_keeps_an_invariant() -> None:
    """Lotka and Volterra: H = x - c ln x + y - a ln y (b = d = 1) is constant, so grad H(t) dx(t)/dx(0) = grad H(0)."""
    lotka = mscnet.loads("species X = 1.2, Y = 0.8; X -> 2 X @ 1.5; X + Y -> 2 Y @ 1; Y -> 0 @ 3")
    found = mscnet.sensitivities(lotka, ["X", "Y"], times=[0.0, 2.0, 5.0], **TIGHT)
    slopes = 1 - np.array([3.0, 1.5]) / found.trajectory.values
    np.testing.assert_allclose(np.einsum("ti,tip->tp", slopes, found.values), slopes[[0, 0, 0]], atol=1e-5)


# --- differences of tight runs --------------------------------------------------------------------


def with_parameters(problem: str) -> mscnet.Mechanism:
    """A problem of tests/data/ivp with its constants as parameters."""
    lines = [f"species {row['species']} = {row['initial']}" for row in ivp.of("species", problem)]
    lines += [f"parameter {row['parameter']} = {row['value']}" for row in ivp.of("parameters", problem)]
    lines += [f"{row['equation']} @ {row['constant_or_rate']}" for row in ivp.of("reactions", problem)]
    return mscnet.loads("\n".join(lines), name=problem)


@pytest.mark.parametrize(("problem", "end"), [("ROBER", 40.0), ("HIRES", 20.0), ("MMSTIFF", 2.0)])
def test_stiff_problems(problem: str, end: float) -> None:
    mechanism = with_parameters(problem)
    names = [*[p.name for p in mechanism.parameters][:4], mechanism.species[0].name]
    times = [end / 10, end]
    found = mscnet.sensitivities(mechanism, names, times=times, rtol=1e-8, atol=1e-12)
    for i, name in enumerate(names):
        wanted = differences(mechanism, name, times)
        np.testing.assert_allclose(found.values[:, :, i], wanted, rtol=2e-5, atol=2e-5 * abs(wanted).max())


@pytest.mark.parametrize("name", assets.mechanism_names())
@pytest.mark.slow
def test_shipped_mechanisms(name: str) -> None:
    mechanism = mscnet.load(name).chosen
    if not mechanism.reactions:
        pytest.skip("a library has nothing to run")
    if mechanism.missing_values():
        pytest.skip("not all of its parameters have values")
    if mechanism.has_fast and kernels.core() is None:
        pytest.skip("those with fast steps need the kernels")
    used = mechanism.used_parameters()
    names = [p.name for p in mechanism.parameters if p.name in used and p.value][:2]
    end = mscnet.simulate(mechanism, points=2).time[-1] / 20
    found = mscnet.sensitivities(mechanism, names, times=[end], rtol=1e-8)
    for i, parameter in enumerate(names):
        wanted = differences(mechanism, parameter, [end])
        scale = abs(wanted).max()
        np.testing.assert_allclose(found.values[:, :, i], wanted, rtol=1e-4, atol=1e-4 * scale + 1e-12)


# --- forward and backward -------------------------------------------------------------------------

CYCLE = """parameter k1 = 0.9; parameter k2 = 0.5; parameter k3 = 0.2; parameter a = 1.4
species A = a, B = 0.3
A + B -> C @ k1
C <-> A @ k2, k3
C -> 2 B @ k3*k2/(k2 + k3)
"""

LOSSES: dict[str, Callable[[np.ndarray], tuple[float, np.ndarray]]] = {
    "sum": lambda x: (x.sum(), np.ones_like(x)),
    "squares": lambda x: ((x**2).sum() / 2, x),
    "last": lambda x: (x[-1, 0], np.eye(*x.shape)[::-1] * [[float(i == 0)] for i in range(x.shape[0])][::-1]),
    "logarithms": lambda x: (np.log(1 + x).sum(), 1 / (1 + x)),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_that_of_forward_sensitivities(loss: str) -> None:
    mechanism = mscnet.loads(CYCLE)
    names = ["k1", "k2", "k3", "a", "A", "B", "C"]
    forward = mscnet.sensitivities(mechanism, names, times=TIMES, **TIGHT)
    backward = mscnet.gradient(mechanism, LOSSES[loss], names, times=TIMES, **TIGHT)
    value, weights = LOSSES[loss](forward.trajectory.values)
    assert backward.value == pytest.approx(value, rel=1e-7)
    wanted = np.einsum("ti,tip->p", weights, forward.values)
    np.testing.assert_allclose(backward.values, wanted, rtol=1e-6, atol=1e-7)


def test_weights_are_a_loss() -> None:
    mechanism, weights = mscnet.loads(CYCLE), np.arange(12.0).reshape(4, 3)
    found = mscnet.gradient(mechanism, weights, times=TIMES)
    assert found.value == pytest.approx((weights * found.trajectory.values).sum())
    assert found.parameters == ("k1", "k2", "k3", "a")
    assert found.by_parameter["a"] == found["a"]


def test_a_large_network_goes_without_complete_factors() -> None:
    """A ring whose species all meet: forward and backward agree where GMRES solves."""
    count = 120
    lines = ["parameter k = 0.7; parameter q = 0.3; parameter a = 0.5"]
    lines += [f"species X{i} = {0.1 + 0.01 * i}" for i in range(count)]
    lines += [
        f"X{i} + X{(7 * i + 3) % count} -> X{(i + 1) % count} + X{(11 * i + 5) % count} @ k" for i in range(count)
    ]
    lines += [f"X{i} + X{(31 * i + 17) % count} -> 2 X{(13 * i + 40) % count} @ q" for i in range(count)]
    mechanism = mscnet.loads("\n".join(lines))
    names = ["k", "q", "X3"]
    forward = mscnet.sensitivities(mechanism, names, times=[0.5, 3.0], **TIGHT)
    weights = np.random.default_rng(1).uniform(size=forward.trajectory.values.shape)
    backward = mscnet.gradient(mechanism, weights, names, times=[0.5, 3.0], **TIGHT)
    np.testing.assert_allclose(backward.values, np.einsum("ti,tip->p", weights, forward.values), rtol=1e-6)
    wanted = [(weights * differences(mechanism, name, [0.5, 3.0], 1e-10)).sum() for name in names]
    np.testing.assert_allclose(backward.values, wanted, rtol=1e-5)


@pytest.mark.slow
def test_generated_mechanisms() -> None:
    """Whatever a law is made of: forward and backward agree for every parameter where they make the same steps."""

    def check(model: Model, data: st.DataObject) -> None:
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        mechanism = reading.mechanism
        names = [p.name for p in mechanism.parameters if p.value is not None and p.name in mechanism.used_parameters()]
        try:
            span = {"t_end": 0.1, "points": 3, "max_steps": 2000, **TIGHT}
            forward = mscnet.sensitivities(mechanism, names, error_test=False, **span)
            weights = np.ones_like(forward.trajectory.values)
            backward = mscnet.gradient(mechanism, weights, names, **span)
        except (MechanismError, SimulationError):
            return  # rates that are not finite, switches that coincide
        wanted = np.einsum("ti,tip->p", weights, forward.values)
        size = np.einsum("ti,tip->p", weights, abs(forward.values))
        if np.isfinite(size).all():
            assert np.all(abs(backward.values - wanted) <= 1e-4 * size + 1e-8)

    holds(check, 20, models(), st.data())


# --- conservation, units, other shapes ------------------------------------------------------------


def test_conserved_totals_depend_on_initial_values_alone() -> None:
    enzyme = mscnet.loads(
        "species E = 0.1, S = 1; parameter kf = 50; parameter kr = 2; parameter kc = 5\n"
        "E + S <-> ES @ kf, kr; ES -> E + P @ kc"
    )
    found = mscnet.sensitivities(enzyme, ["kf", "kr", "kc", "E", "S"], times=TIMES)
    np.testing.assert_allclose(found.of("E") + found.of("ES"), np.tile([0, 0, 0, 1, 0], (4, 1)), atol=1e-10)
    substrate = found.of("S") + found.of("ES") + found.of("P")
    np.testing.assert_allclose(substrate, np.tile([0, 0, 0, 0, 1], (4, 1)), atol=1e-10)


def test_units() -> None:
    found = mscnet.sensitivities(mscnet.loads(DERIVED), ["a", "k"], times=TIMES)
    assert (found.unit_of("A", "a"), found.unit_of("A", "k"), found.unit_of("share", "k")) == ("", "M s", "s")


def test_xarray() -> None:
    found = mscnet.sensitivities(mscnet.loads(DERIVED), ["a", "k"], times=TIMES)
    data = found.to_xarray()
    assert list(data) == ["A", "B", "share"]
    assert data["A"].attrs["units"] == ["", "M s"]
    np.testing.assert_array_equal(data["share"].sel(parameter="k"), found["share"]["k"])


# --- trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "message"),
    [(["k9"], "neither a parameter nor a species"), (["k1", "k1"], "twice")],
)
def test_names_that_make_no_sense(names: list[str], message: str) -> None:
    for call in (mscnet.sensitivities, lambda m, names, t: mscnet.gradient(m, np.ones((2, 3)), names, t, points=2)):
        with pytest.raises(MechanismError, match=message):
            call(mscnet.loads(CYCLE), names, 1.0)


def test_a_parameter_without_value() -> None:
    with pytest.raises(MechanismError, match="`k`"):
        mscnet.sensitivities(mscnet.loads("species A = 1; parameter k; A -> B @ k"), ["k"], 1.0)


def test_weights_of_another_shape() -> None:
    with pytest.raises(MechanismError, match=r"of shape \(2, 2\); they are \(2, 3\)"):
        mscnet.gradient(mscnet.loads(CYCLE), np.ones((2, 2)), None, 1.0, points=2)


@needs_kernels
def test_switches_that_coincide_but_move_apart() -> None:
    text = "parameter p = 1; parameter q = 1; 0 -> A @ (1 M/s)*if(time < p, 1, 0); 0 -> B @ (1 M/s)*if(time < q, 1, 0)"
    with pytest.raises(MechanismError, match="two rates switch at t = 1"):
        mscnet.sensitivities(mscnet.loads(text), ["p", "q"], 2.0)


@pytest.mark.parametrize("call", ["sensitivities", "gradient"])
def test_a_run_that_cannot_finish(call: str) -> None:
    mechanism = mscnet.loads("species A = 1; parameter k = 1; 2 A -> 3 A @ k")
    loss = (lambda x: (0.0, np.zeros_like(x)),) if call == "gradient" else ()
    with pytest.raises(SimulationError) as caught:
        getattr(mscnet, call)(mechanism, *loss, ["k"], 2.0, every=0.1)
    assert caught.value.status is Status.STEP_TOO_SMALL
    assert 0.6 < caught.value.trajectory.time[-1] <= 1.0


@pytest.mark.skipif(kernels.core() is None, reason="the kernels look for interrupts")
@pytest.mark.parametrize("call", ["sensitivities", "gradient"])
def test_an_interrupt_keeps_what_was_reached(call: str) -> None:
    def stop(share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    lotka = mscnet.loads("species X = 1.2, Y = 0.8; parameter k = 1.5; X -> 2 X @ k; X + Y -> 2 Y @ 1; Y -> 0 @ 3")
    loss = (lambda x: (0.0, np.zeros_like(x)),) if call == "gradient" else ()
    with pytest.raises(SimulationError) as caught:
        getattr(mscnet, call)(lotka, *loss, ["k"], 1e5, points=101, progress=stop, max_steps=10**8)
    assert caught.value.status is Status.INTERRUPTED
    assert 0 < len(caught.value.trajectory.time) < 101


WITHOUT = """
import numpy as np, mscnet
m = mscnet.loads("species A = 2; parameter k = 0.7; A -> B @ k")
s = mscnet.sensitivities(m, ["k", "A"], times=[1.0, 2.0])
g = mscnet.gradient(m, np.ones((2, 2)) * [1, 0], ["k", "A"], times=[1.0, 2.0])
print(s["A"]["k"][1], s["A"]["A"][1], *g.values)
"""


def test_without_kernels_scipy_serves() -> None:
    environment = {**os.environ, kernels.SWITCH: "off"}
    done = subprocess.run([sys.executable, "-c", WITHOUT], env=environment, capture_output=True, text=True, check=True)
    one, two = np.exp(-0.7), np.exp(-1.4)
    wanted = [-4 * two, two, -2 * one - 4 * two, one + two]
    np.testing.assert_allclose([float(x) for x in done.stdout.split()], wanted, rtol=1e-4)
