"""Sensitivities and gradients: against closed forms, differences of tight runs, conservation, and each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp

import mscnet
from mscnet import MechanismError, SimulationError, Status, assets, kernels
from tests.simulation import ivp

TIMES = [0.0, 0.3, 1.0, 2.5]
TIGHT = {"rtol": 1e-9, "atol": 1e-12}

t, k1, k2, a0, n, b0 = sp.symbols("t k1 k2 a0 n b0", positive=True)


def differences(mechanism: mscnet.Mechanism, name: str, times: list[float], rtol: float = 1e-11) -> np.ndarray:
    """d[species]/d(name), (n_times, n_species), by a central difference of fourth order of tight runs."""
    value = mechanism.value_of(name)
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


def test_a_switch_that_moves() -> None:
    mechanism = mscnet.loads(INFUSION)
    found = mscnet.sensitivities(mechanism, ["tau", "dose", "k"], times=TIMES, **TIGHT)
    time, after = np.array(TIMES), np.array(TIMES) > 0.8
    np.testing.assert_allclose(found["A"]["tau"], np.where(after, 2 * np.exp(-0.5 * (time - 0.8)), 0), atol=1e-7)
    np.testing.assert_allclose(found["A"]["dose"], found.trajectory["A"] / 2, atol=1e-8)


def test_the_gradient_through_a_switch_that_moves() -> None:
    weights = np.zeros((len(TIMES), 1))
    weights[-1] = 1
    found = mscnet.gradient(mscnet.loads(INFUSION), weights, ["tau", "k"], times=TIMES, **TIGHT)
    assert found["tau"] == pytest.approx(2 * np.exp(-0.5 * 1.7), rel=1e-6)
    wanted = mscnet.sensitivities(mscnet.loads(INFUSION), ["k"], times=TIMES, **TIGHT)["A"]["k"][-1]
    assert found["k"] == pytest.approx(wanted, rel=1e-6)


def test_a_parameter_as_stoichiometric_coefficient() -> None:
    """A -> y B: [B] = y a0 (1 - exp(-k t))."""
    mechanism = mscnet.loads("parameter y = 1.5; parameter k = 0.7 /s; species A = 2; A -> y B @ k")
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
    names = [p.name for p in mechanism.parameters][:4] + [mechanism.species[0].name]
    times = [end / 10, end]
    found = mscnet.sensitivities(mechanism, names, times=times, rtol=1e-8, atol=1e-12)
    for i, name in enumerate(names):
        wanted = differences(mechanism, name, times)
        np.testing.assert_allclose(found.values[:, :, i], wanted, rtol=2e-5, atol=2e-5 * abs(wanted).max())


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_shipped_mechanisms(name: str) -> None:
    mechanism = mscnet.load(name).chosen
    if mechanism.missing_values():
        pytest.skip("not all of its parameters have values")
    names = [p for p in mechanism.used_parameters() if mechanism.value_of(p) != 0.0][:2]
    end = mscnet.simulate(mechanism, points=2).time[-1] / 20
    found = mscnet.sensitivities(mechanism, names, times=[end], rtol=1e-8)
    for i, parameter in enumerate(names):
        wanted = differences(mechanism, parameter, [end])
        scale = abs(wanted).max()
        np.testing.assert_allclose(found.values[:, :, i], wanted, rtol=1e-4, atol=1e-4 * scale + 1e-12)
