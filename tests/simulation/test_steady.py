"""Steady states: closed forms, the basin that a trajectory is in, conserved totals, and what has none."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mscnet
from mscnet import kernels
from mscnet.kinetics.program import build_rate_program
from mscnet.simulation.steady import steady_states
from tests.simulation import ivp

#: Two stable states, at the roots of x^3 - 6 x^2 + 11 x - 5.9.
SCHLOEGL = "species A = 1 constant; species X = {}; 2 X <-> 3 X @ 6, 1; 0 <-> X @ 5.9, 11"
ROOTS = sorted(np.roots([1, -6, 11, -5.9]).real)
CYCLE = (
    "species S = 1; species P = 0; parameter v1 = 1.1 M/s; parameter v2 = 1 M/s; parameter J1 = 0.05; "
    "parameter J2 = 0.1; S -> P rate v1*[S]/(J1 + [S]); P -> S rate v2*[P]/(J2 + [P])"
)


def state(text: str, **settings: object) -> mscnet.SteadyState:
    return mscnet.steady_state(mscnet.loads(text), **settings)  # type: ignore[arg-type]


@pytest.fixture(params=["compiled", "scipy"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both engines, or SciPy alone where there are no kernels."""
    if request.param == "compiled" and kernels.core() is None:
        pytest.skip(f"no compiled kernels: {kernels.reason()}")
    if request.param == "scipy":
        monkeypatch.setattr(kernels, "core", lambda: None)
    return str(request.param)


# --- closed forms ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_reversible_first_order() -> None:
    found = state("species A = 2; A <-> B @ 0.4, 0.1")
    assert [found["A"], found["B"]] == pytest.approx([0.4, 1.6], rel=1e-9)
    assert found.stable is True
    assert found.eigenvalues == pytest.approx([-0.5])


@pytest.mark.usefixtures("engine")
def test_dimerisation_is_a_root_of_a_quadratic() -> None:
    """2 A <-> D: K a^2 = (T - a)/2."""
    found = state("species A = 3; 2 A <-> D @ 5, 0.7")
    ratio = 5 / 0.7
    assert found["A"] == pytest.approx((-1 + math.sqrt(1 + 8 * ratio * 3)) / (4 * ratio), rel=1e-9)


@pytest.mark.usefixtures("engine")
def test_covalent_modification_by_goldbeter_and_koshland() -> None:
    """Proc. Natl. Acad. Sci. USA 78 (1981) 6840."""
    v1, v2, j1, j2 = 1.1, 1.0, 0.05, 0.1
    b = v2 - v1 + j1 * v2 + j2 * v1
    expected = 2 * v1 * j2 / (b + math.sqrt(b * b - 4 * (v2 - v1) * v1 * j2))
    assert state(CYCLE)["P"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.usefixtures("engine")
def test_open_michaelis_menten() -> None:
    """Feed v = V s/(K + s): s = K v/(V - v)."""
    found = state(
        "parameter V = 2; parameter K = 0.5; parameter v = 1.5; 0 -> S @ v; S -> P rate V*[S]/(K + [S]); P -> 0 @ 3"
    )
    assert [found["S"], found["P"]] == pytest.approx([0.5 * 1.5 / 0.5, 0.5], rel=1e-9)


def test_enzyme_mechanism_in_flow() -> None:
    """Feed v into E + S <-> ES -> E + P: [ES] = v/kcat, [S] = v (koff + kcat)/(kcat kon [E])."""
    found = state("species E = 1; 0 -> S @ 0.5; E + S <-> ES @ 10, 1; ES -> E + P @ 2; P -> 0 @ 1")
    assert [found["ES"], found["E"], found["S"]] == pytest.approx([0.25, 0.75, 0.5 * 3 / (2 * 10 * 0.75)], rel=1e-9)


def test_irreversible_decay_ends_at_nothing() -> None:
    found = state("species A = 1; A -> B @ 0.4; 2 B -> C @ 3")
    assert found["C"] == pytest.approx(0.5, abs=1e-9)
    assert max(found["A"], found["B"]) < 1e-9


@pytest.mark.parametrize("length", [20, 80])  # dense and sparse matrices
def test_concentrations_far_below_the_largest_are_as_good(length: int) -> None:
    """Each step of a chain is in balance by itself, over twenty powers of ten."""
    ratio = 10 ** (20 / length)
    steps = "; ".join(f"X{i} <-> X{i + 1} @ {ratio}, 1" for i in range(length))
    found = state(f"species X0 = 3; species C = 2 constant; X0 + C <-> Z @ 1, 2; {steps}")
    values = [found[f"X{i}"] for i in range(length + 1)]
    np.testing.assert_allclose(np.divide(values[1:], values[:-1]), ratio, rtol=1e-9)
    assert found["Z"] == pytest.approx(values[0], rel=1e-9)
    assert sum(values) + found["Z"] == pytest.approx(3, rel=1e-13)


def test_observables_and_derived_values_are_there() -> None:
    found = state("species A = 2; A <-> B @ 0.4, 0.1; share = [B]/([A] + [B]); observable twice = 2*[B]")
    assert (found["share"], found["twice"]) == pytest.approx((0.8, 3.2))
    assert found.names == ("A", "B", "twice")


# --- the state that is reached -------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("start", "root"), [(0, 0), (0.999 * ROOTS[1], 0), (1.001 * ROOTS[1], 2), (50, 2)])
def test_of_two_stable_states_the_one_that_the_trajectory_reaches(start: float, root: int) -> None:
    assert state(SCHLOEGL.format(start))["X"] == pytest.approx(ROOTS[root], rel=1e-9)


def test_any_state_may_be_the_unstable_one() -> None:
    found = state(SCHLOEGL.format(1.02 * ROOTS[1]), kind="any")
    assert found["X"] == pytest.approx(min(ROOTS, key=lambda x: abs(x - found["X"])), rel=1e-9)


def test_a_saddle_that_the_trajectory_passes_is_not_taken() -> None:
    """A trace of B takes over in the end, though A alone is a steady state."""
    assert state("species A = 1; species B = 1e-9; A + B -> 2 B @ 2")["B"] == pytest.approx(1 + 1e-9)


def test_a_trajectory_that_cannot_leave_an_unstable_state_stays() -> None:
    found = state("species A = 1; species B = 0; A + B -> 2 B @ 2")
    assert (found["A"], found.stable, found.n_unstable) == (1.0, False, 1)


def test_the_start_decides_the_totals() -> None:
    found = mscnet.steady_state(mscnet.loads("species A = 2; A <-> B @ 0.4, 0.1"), {"A": 1, "B": 4})
    assert found["A"] == pytest.approx(1.0, rel=1e-9)
    assert found.totals == pytest.approx({"A + B": 5.0}, rel=1e-13)


# --- what has none -------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", ["BRUSSELATOR", "OREGO", "LOTKA"])
def test_oscillators_are_said_to_oscillate(problem: str) -> None:
    with pytest.raises(mscnet.SteadyStateError, match="every") as caught:
        mscnet.steady_state(ivp.mechanism(problem))
    assert caught.value.reason == "oscillates"


def test_the_state_that_the_brusselator_circles() -> None:
    """X = a, Y = b/a with a = 1, b = 3; unstable as b > 1 + a^2."""
    found = mscnet.steady_state(ivp.mechanism("BRUSSELATOR"), kind="any")
    assert (found["X"], found["Y"]) == pytest.approx((1, 3))
    assert (found.stable, found.n_unstable) == (False, 2)


@pytest.mark.parametrize("text", ["0 -> A @ 2", "species A = 1; A -> 2 A @ 0.1"])
def test_growth_without_bound_names_the_species(text: str) -> None:
    with pytest.raises(mscnet.SteadyStateError, match=r"\[A\] still grows") as caught:
        state(text)
    assert caught.value.reason == "grows"


def test_a_nearly_empty_start_that_fills_is_no_unbounded_growth() -> None:
    assert state("species A = 1e-15; 0 -> A @ 1; A -> 0 @ 1e-6")["A"] == pytest.approx(1e6)


def test_explosion_in_finite_time() -> None:
    with pytest.raises(mscnet.SteadyStateError) as caught:
        state("species A = 1; 2 A -> 3 A @ 2")
    assert caught.value.time == pytest.approx(0.5, rel=1e-3)


def test_rates_that_depend_on_time_are_refused() -> None:
    with pytest.raises(mscnet.MechanismError, match="depends on time"):
        state("species A = 1; A -> B @ k*(1 + sin(w*t)); parameter k = 1 /s; parameter w = 1 /s")


@pytest.mark.parametrize(("given", "said"), [({"Q": 1}, "no species `Q`"), ({"A": -1}, "not 0 or more")])
def test_a_start_that_makes_no_sense(given: dict[str, float], said: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=said):
        mscnet.steady_state(mscnet.loads("species A = 1; A <-> B @ 1, 1"), given)


# --- properties ----------------------------------------------------------------------------------

POSITIVE = st.floats(-2, 2).map(lambda power: 10.0**power)


@settings(max_examples=15)
@given(st.data(), st.integers(2, 6))
def test_reversible_networks_settle_in_detailed_balance(data: st.DataObject, size: int) -> None:
    """Constants from free energies: one positive equilibrium a class, where every step is in balance.

    Horn and Jackson, Arch. Ration. Mech. Anal. 47 (1972) 81.
    """
    energy = [data.draw(st.floats(-2, 2)) for _ in range(size)]
    lines = [f"species X{i} = {data.draw(POSITIVE)}" for i in range(size)]
    steps = []
    for _ in range(data.draw(st.integers(1, 2 * size))):
        left, right = (sorted(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=2))) for _ in "lr")
        assume(left != right)
        forward = data.draw(POSITIVE)
        backward = forward * math.exp(sum(energy[i] for i in right) - sum(energy[i] for i in left))
        steps.append((left, right, forward, backward))
        text = " <-> ".join(" + ".join(f"X{i}" for i in side) for side in (left, right))
        lines.append(f"{text} @ {forward}, {backward}")
    found = state("\n".join(lines))
    for left, right, forward, backward in steps:
        there = forward * math.prod(found[f"X{i}"] for i in left)
        assert there == pytest.approx(backward * math.prod(found[f"X{i}"] for i in right), rel=1e-6)
    assert found.stable in (True, None)


@settings(max_examples=10)
@given(st.floats(-12, 12), st.floats(-9, 9))
def test_units_do_not_matter(time: float, amount: float) -> None:
    """The same mechanism with its unit of time, or of concentration, changed by any power of ten."""
    t, c = 10.0**time, 10.0**amount
    text = f"species A = {2 * c}; A <-> B @ {3 / t}, {1 / t}; 2 B <-> D @ {5 / (t * c)}, {2 / t}"
    found, plain = state(text), state("species A = 2; A <-> B @ 3, 1; 2 B <-> D @ 5, 2")
    np.testing.assert_allclose(found.concentrations / c, plain.concentrations, rtol=1e-8)


# --- networks ------------------------------------------------------------------------------------


def test_hires_as_at_the_end_of_a_long_run() -> None:
    found = mscnet.steady_state(ivp.mechanism("HIRES"))
    run = mscnet.simulate(ivp.mechanism("HIRES"), 1e5, points=2, rtol=1e-10)
    np.testing.assert_allclose(found.concentrations, run.values[-1], rtol=1e-7)


@pytest.mark.parametrize(("name", "t_end"), [("multistate", 1e4), ("multisite2", 1e3)])
def test_a_network_as_at_the_end_of_a_long_tight_run(
    conformance: Path, tmp_path: Path, name: str, t_end: float
) -> None:
    import zipfile

    with zipfile.ZipFile(conformance / "networks" / "networks.zip") as archive:
        member = next(each for each in archive.namelist() if each.endswith(f"{name}.net"))
        (tmp_path / f"{name}.net").write_bytes(archive.read(member))
    mech = mscnet.load(tmp_path / f"{name}.net")
    found = mscnet.steady_state(mech)
    run = mscnet.simulate(mech, t_end, points=2, rtol=1e-10)
    np.testing.assert_allclose(found.concentrations, run.values[-1], rtol=1e-6, atol=1e-9 * run.values.max())
    program = build_rate_program(mech.network())
    for law in mech.network().conservation_laws():
        first = sum(c * program.initial()[program.species.index(s)] for s, c in law.coefficients)
        assert sum(c * found[s] for s, c in law.coefficients) == pytest.approx(first, rel=1e-12)


# --- sensitivities and many states -----------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_sensitivities_to_constants_and_totals() -> None:
    """[B] = T kf/(kf + kr)."""
    kf, kr, total = 0.4, 0.1, 2.0
    found = state("parameter kf = 0.4; parameter kr = 0.1; species A = 2; A <-> B @ kf, kr")
    by = found.sensitivities(["kf", "kr", "A"])
    expected = [total * kr / (kf + kr) ** 2, -total * kf / (kf + kr) ** 2, kf / (kf + kr)]
    np.testing.assert_allclose(by.loc["B"], expected, rtol=1e-8)


def test_control_coefficients_sum_to_zero() -> None:
    """The summation theorem for concentrations: all rates faster together, nothing moves."""
    found = state(CYCLE)
    np.testing.assert_allclose(found.sensitivities(["v1", "v2"], scaled=True).sum(axis=1), 0, atol=1e-8)


def test_a_state_that_is_not_isolated_has_no_sensitivities() -> None:
    found = state("parameter k = 1; species A = 1; 2 A -> B @ k")
    with pytest.raises(mscnet.MechanismError, match="not isolated"):
        found.sensitivities(["k"])


@pytest.mark.usefixtures("engine")
def test_many_sets_of_values_at_once() -> None:
    mech = mscnet.loads("parameter kf = 0.4; parameter kr = 0.1; species A = 2; A <-> B @ kf, kr")
    program = build_rate_program(mech.network())
    inputs = np.tile(program.inputs(), (3, 1))
    inputs[:, program.input_index["kf"]] = [0.1, 0.2, 0.3]
    np.testing.assert_allclose(steady_states(program, inputs)[:, 1], [1, 4 / 3, 1.5], rtol=1e-9)


def test_a_set_without_a_steady_state_is_nan() -> None:
    program = build_rate_program(mscnet.loads("parameter k = 1; 0 -> A @ 1; A -> 0 @ k").network())
    inputs = np.tile(program.inputs(), (2, 1))
    inputs[1, 0] = 0.0
    values = steady_states(program, inputs)[:, 0]
    assert (values[0], math.isnan(values[1])) == (pytest.approx(1.0), True)


# --- views ---------------------------------------------------------------------------------------


def test_views() -> None:
    found = state("units concentration = mM; species A = 2; A <-> B @ 0.4, 0.1")
    series = found.to_pandas()
    assert (series["B"], series.attrs["units"]["B"]) == (pytest.approx(1.6), "mM")
    assert "1.6" in found._repr_html_()
    assert "stable" in repr(found)
