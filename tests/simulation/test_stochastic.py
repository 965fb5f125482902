"""Exact stochastic simulation against the master equation, analytic solutions and another exact simulator."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from tests.simulation.chance import MasterEquation, chi_square, moments, simulate_all, z_scores

#: Standard errors; with fixed seeds a test gives the same every time.
LIMIT = 4.0
ALGORITHMS = ("direct", "rejection") if kernels.core() is not None else ("auto",)
RUNS = 2000 if kernels.core() is not None else 30


@pytest.fixture(params=ALGORITHMS)
def algorithm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def no_warning_of_slowness() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="there are no compiled kernels")
        yield


def repeats(text: str, times: list[float], algorithm: str = "auto", runs: int = RUNS, seed: int = 11) -> mscnet.Repeats:
    mech = mscnet.loads("unit copies\n" + text)
    return mscnet.simulate_repeats(mech, runs, times=times, seed=seed, algorithm=algorithm)


def check(sample: np.ndarray, mean: float, variance: float, fourth: float) -> None:
    of_mean, of_variance = z_scores(sample, mean, variance, fourth)
    assert abs(of_mean) < LIMIT
    assert abs(of_variance) < LIMIT


def check_poisson(sample: np.ndarray, mean: float) -> None:
    check(sample, mean, mean, mean + 3 * mean**2)


# --- distributions -------------------------------------------------------------------------------


def test_immigration_and_death_are_poisson_at_all_times(algorithm: str) -> None:
    runs = repeats("0 -> X @ 20\nX -> 0 @ 0.7", [0.5, 2.0, 12.0], algorithm)
    for k, time in enumerate(runs.time):
        check_poisson(runs["X"][:, k], 20 / 0.7 * (1 - math.exp(-0.7 * time)))


def test_a_decay_is_binomial(algorithm: str) -> None:
    runs = repeats("species A = 60\nA -> B @ 0.4", [0.3, 1.5, 4.0], algorithm)
    for k, time in enumerate(runs.time):
        p = math.exp(-0.4 * time)
        variance = 60 * p * (1 - p)
        check(runs["A"][:, k], 60 * p, variance, variance * (1 + 3 * 58 * p * (1 - p)))


DIMERISATION = MasterEquation(50, [(-1, lambda n: 0.02 * 2 * n * (2 * n - 1)), (1, lambda n: 0.6 * (50 - n))])


def test_a_dimerisation_follows_its_master_equation(algorithm: str) -> None:
    # n counts pairs of free monomers, of 100 in all
    runs = repeats("species A = 100\n2 A <-> B @ 0.02, 0.6", [0.1, 0.5, 3.0], algorithm)
    for k, time in enumerate(runs.time):
        p = DIMERISATION.at(time, 50)
        check(runs["A"][:, k] / 2, *moments(DIMERISATION.counts, p))
        assert chi_square(runs["A"][:, k] / 2, DIMERISATION.counts, p) < LIMIT


def test_combinatorial_mass_action_counts_pairs_once() -> None:
    runs = repeats("option mass_action = combinatorial\nspecies A = 100\n2 A <-> B @ 0.04, 0.6", [0.5])
    p = DIMERISATION.at(0.5, 50)
    check(runs["A"][:, 0] / 2, *moments(DIMERISATION.counts, p))


SCHLOEGL = MasterEquation(
    140,
    [
        (1, lambda n: 0.018 * n * (n - 1) + 22),
        (-1, lambda n: 2.5e-4 * n * (n - 1) * (n - 2) + 0.6 * n),
    ],
)


def test_schloegls_two_states_have_their_weights(algorithm: str) -> None:
    # three molecules meet, so the table of order three is in it
    text = "species X = 40\n2 X -> 3 X @ 0.018\n3 X -> 2 X @ 2.5e-4\n0 -> X @ 22\nX -> 0 @ 0.6"
    runs = repeats(text, [1.0, 4.0, 8.0], algorithm)
    for k, time in enumerate(runs.time):
        p = SCHLOEGL.at(time, 40)
        assert p[-1] < 1e-9
        check(runs["X"][:, k], *moments(SCHLOEGL.counts, p))
        assert chi_square(runs["X"][:, k], SCHLOEGL.counts, p) < LIMIT


NETWORK = """species E = 12, S = 150, P = 5, R = 20
E + S <-> C @ 0.01, 0.3
C -> E + P @ 0.8
P -> 0 rate (6 copies/s)*[P]/(4 copies + [P])
R + 2 P -> R + S @ 2e-4
R -> R + P @ (0.02 /s)*(1 + [C]/(5 copies + [C]))
2 R -> R @ 0.004
"""
#: Changes of E, S, C, P, R.
CHANGES = np.array([
    [-1, -1, 1, 0, 0], [1, 1, -1, 0, 0], [1, 0, -1, 1, 0], [0, 0, 0, -1, 0], [0, 1, 0, -2, 0], [0, 0, 0, 1, 0],
    [0, 0, 0, 0, -1],
], dtype=float)  # fmt: skip


def network_propensities(x: np.ndarray) -> np.ndarray:
    e, s, c, p, r = x.T
    return np.column_stack([
        0.01 * e * s, 0.3 * c, 0.8 * c, 6 * p / (4 + p), 2e-4 * r * p * (p - 1), 0.02 * (1 + c / (5 + c)) * r,
        0.004 * r * (r - 1),
    ])  # fmt: skip


def test_means_and_variances_are_those_of_another_exact_simulator(algorithm: str) -> None:
    times = [3.0, 10.0, 30.0]
    other = simulate_all(network_propensities, CHANGES, [12, 150, 0, 5, 20], times, RUNS, 5)
    runs = repeats(NETWORK, times, algorithm)
    for i, name in enumerate("ESCPR"):
        for k in range(3):
            a, b = runs[name][:, k], other[:, k, i]
            fourth = [((v - v.mean()) ** 4).mean() for v in (a, b)]
            assert abs(a.mean() - b.mean()) < LIMIT * np.sqrt((a.var() + b.var()) / RUNS)
            spread = sum(f - v.var() ** 2 for f, v in zip(fourth, (a, b), strict=True))
            assert abs(a.var() - b.var()) < LIMIT * np.sqrt(spread / RUNS)


@pytest.mark.skipif(kernels.core() is None, reason="NumPy's direct method would take minutes")
def test_many_molecules_follow_the_rate_equations(algorithm: str) -> None:
    mech = mscnet.loads(NETWORK.replace(" copies", " uM") + "units concentration = uM\n")
    settled = mscnet.simulate(mech, times=[3.0, 10.0], rtol=1e-9)
    runs = mscnet.simulate_repeats(mech, 20, times=[3.0, 10.0], volume="1 fL", seed=3, algorithm=algorithm)
    for name in mech.network().species:
        error = runs.std(name) / np.sqrt(20)
        assert (np.abs(runs.mean(name) - settled[name]) < 5 * error + 5e-4 * settled[name].max()).all()


# --- laws ----------------------------------------------------------------------------------------


def test_a_rate_that_jumps_in_time_is_exact(algorithm: str) -> None:
    runs = repeats("0 -> X @ (30 copies/s)*if(time < 2 s, 0, if(time < 3 s, 1, 0.2))", [2.0, 3.0, 6.0], algorithm)
    assert not runs["X"][:, 0].any()
    check_poisson(runs["X"][:, 1], 30)
    check_poisson(runs["X"][:, 2] - runs["X"][:, 1], 18)


def test_counts_never_fall_below_zero_whatever_the_law_says(algorithm: str) -> None:
    runs = repeats(
        "species A = 7, B = 9\n2 A -> C rate (5 /s)*[A]\nB -> 0 rate 4 copies/s", [50.0], algorithm, runs=200
    )
    assert set(runs["A"][:, 0]) == {1.0}
    assert set(runs["B"][:, 0]) == {0.0}


def test_a_law_that_is_written_out_is_taken_as_it_is(algorithm: str) -> None:
    # n^2 and not n(n - 1): so a single molecule reacts, too
    runs = repeats("species A = 1\nA -> B rate (1 /copies/s)*[A]^2", [1.0], algorithm)
    check(runs["A"][:, 0], math.exp(-1), math.exp(-1) * (1 - math.exp(-1)), bernoulli_fourth(math.exp(-1)))


def bernoulli_fourth(p: float) -> float:
    return p * (1 - p) * (1 - 3 * p * (1 - p))


def test_a_constant_species_stays() -> None:
    runs = repeats("species A = 10 constant\nA -> A + B @ 0.5\nA -> B @ 0.5", [2.0])
    assert set(runs["A"][:, 0]) == {10.0}
    check_poisson(runs["B"][:, 0], 20.0)


def test_conserved_totals_are_conserved_exactly(algorithm: str) -> None:
    runs = repeats("species A = 33, E = 4\nA + E <-> C -> E + P @ 0.1, 1, 2\n3 P -> 3 A @ 0.001", [1.0, 9.0], algorithm)
    assert set(np.ravel(runs["A"] + runs["C"] + runs["P"])) == {33.0}
    assert set(np.ravel(runs["E"] + runs["C"])) == {4.0}


# --- volumes -------------------------------------------------------------------------------------


def test_concentrations_are_molecules_in_the_volume(algorithm: str) -> None:
    # 1 uM in 0.1661 fL is 100 molecules; k/(N V) is 0.02 /s
    volume = 100 / 6.02214076e23 / 1e-6
    k = 0.02 * 6.02214076e23 * volume
    text = f"species A = 1 uM\n2 A <-> B @ {k!r} /M/s, 0.6 /s\noption volume = {volume!r} L"
    runs = mscnet.simulate_repeats(mscnet.loads(text), RUNS, times=[0.5], seed=2, algorithm=algorithm)
    molecules = runs["A"][:, 0] * 1e8
    assert molecules == pytest.approx(np.rint(molecules), abs=1e-6)
    check(np.rint(molecules) / 2, *moments(DIMERISATION.counts, DIMERISATION.at(0.5, 50)))


def test_without_a_volume_concentrations_say_nothing_of_molecules() -> None:
    with pytest.raises(mscnet.MechanismError, match="volume"):
        mscnet.simulate(mscnet.loads("species A = 1 uM\nA -> 0 @ 1"), 1, method="ssa")


@pytest.mark.parametrize("tolerance", ["rtol", "atol"])
def test_a_tolerance_for_molecules_is_refused(tolerance: str) -> None:
    mech = mscnet.loads("species A = 1 uM\nA -> 0 @ 1")
    with pytest.raises(mscnet.MechanismError, match="no error to hold"):
        mscnet.simulate(mech, 1.0, method="ssa", volume="1 fL", **{tolerance: 1e-3})


def test_a_volume_for_counted_species_is_refused() -> None:
    with pytest.raises(mscnet.MechanismError, match="counted"):
        mscnet.simulate(mscnet.loads("unit c0\nspecies A = 1\nA -> 0 @ 1"), 1, method="ssa", volume="1 fL")


def test_a_start_far_from_whole_molecules_is_told() -> None:
    mech = mscnet.loads("species A = 1 nM\nA -> 0 @ 1\noption volume = 1 fL")
    with pytest.warns(mscnet.StochasticWarning, match=r"`A` 0\.6022 to 1"):
        run = mscnet.simulate(mech, 1, method="ssa", seed=1, points=2)
    assert run["A"][0] * 6.02214076e8 == pytest.approx(1.0)


# --- streams -------------------------------------------------------------------------------------


def test_runs_do_not_depend_on_threads_repeats_or_output_times(algorithm: str) -> None:
    mech = mscnet.loads("unit copies\n" + NETWORK)
    first = mscnet.simulate_repeats(mech, 23, 8, points=5, seed=4, jobs=1, algorithm=algorithm)
    other = mscnet.simulate_repeats(mech, 37, 8, points=9, seed=4, jobs=3, algorithm=algorithm)
    assert (first.values == other.values[:23, ::2]).all()


def test_one_run_is_the_first_repeat() -> None:
    mech = mscnet.loads("unit copies\n" + NETWORK)
    run = mscnet.simulate(mech, 8, points=5, seed=4, method="ssa")
    many = mscnet.simulate_repeats(mech, 3, 8, points=5, seed=4)
    assert (run.values == many.run(1).values).all()
    assert not (run.values == many.run(2).values).all()


def test_a_seed_that_was_drawn_is_named_and_gives_the_same() -> None:
    mech = mscnet.loads("unit copies\nspecies A = 50\nA -> 0 @ 1")
    run = mscnet.simulate(mech, 1, method="ssa")
    again = mscnet.simulate(mech, 1, method="ssa", seed=run.provenance["seed"])
    assert (run.values == again.values).all()
    assert mscnet.simulate(mech, 1, method="ssa").provenance["seed"] != run.provenance["seed"]


def test_correlation_between_runs_is_that_of_chance() -> None:
    n = 4 * RUNS
    x = repeats("0 -> X @ 20\nX -> 0 @ 0.7", [2.0], runs=n)["X"][:, 0]
    lagged = np.corrcoef(x[:-1], x[1:])[0, 1]
    assert abs(lagged) * np.sqrt(n) < LIMIT


# --- results -------------------------------------------------------------------------------------


def test_repeats_give_runs_means_and_datasets() -> None:
    runs = repeats("species A = 9\nA -> B @ 0.1\nobservable T = [A] + [B]", [1.0, 2.0], runs=5)
    assert runs["T"].shape == (5, 2)
    assert (runs["T"] == 9).all()
    data = runs.to_xarray()
    assert data["A"].dims == ("repeat", "time")
    assert data["A"].sel(repeat=3).values.tolist() == runs.run(3)["A"].tolist()
    assert runs.to_pandas().loc[3]["A"].tolist() == runs.run(3)["A"].tolist()
    assert runs.mean("A") == pytest.approx(runs["A"].mean(axis=0))


# --- ends ----------------------------------------------------------------------------------------


def test_nothing_left_to_happen_is_no_hang(algorithm: str) -> None:
    runs = repeats("species A = 3\nA -> B @ 100", [1.0, 1e9], algorithm, runs=4)
    assert (runs["B"] == 3).all()


def test_too_many_events_keep_what_was_reached(algorithm: str) -> None:
    mech = mscnet.loads("unit copies\n0 -> X @ 10")
    with pytest.raises(mscnet.SimulationError, match="after 50 events") as caught:
        mscnet.simulate(mech, 100, method="ssa", seed=1, max_steps=50)
    assert caught.value.status is mscnet.Status.TOO_MANY_STEPS
    assert caught.value.trajectory["X"][-1] <= 50
    assert len(caught.value.trajectory.time) > 1


@pytest.mark.parametrize(
    ("law", "status"),
    [("2 - [A]/(1 copies)", "NEGATIVE_RATE"), ("(1 copies)/abs([A] - 4 copies)", "NOT_FINITE")],
)
def test_a_wrong_propensity_is_named(law: str, status: str, algorithm: str) -> None:
    mech = mscnet.loads(
        f"unit copies\nspecies A = 1\nfeed: 0 -> A rate 1 copies/s\nodd: A -> A + B rate (1 copies/s)*({law})"
    )
    with pytest.raises(mscnet.SimulationError, match="`odd`") as caught:
        mscnet.simulate_repeats(mech, 2, 1000, seed=1, algorithm=algorithm)
    assert caught.value.status.name == status


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A -> 0.5 B @ 1", "`r1` changes `B` by 0.5 molecules"),
        ("A -> B @ 1 order A^0.5", "of order 0.5"),
        ("A <-> B rate (2 /s)*[A] - (1 /s)*[B]", "net rate"),
        ("A -> B @ (1 /s)*(1 + sin(time/(1 s)))", "follows time"),
    ],
)
def test_what_means_nothing_for_molecules_is_refused(text: str, said: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=said):
        mscnet.simulate(mscnet.loads("unit copies\nspecies A = 5\n" + text), 1, method="ssa")


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(mscnet.MechanismError, match="seed"):
        mscnet.simulate(mscnet.loads("unit m0\nA -> 0 @ 1"), 1, method="ssa", seed=seed)  # type: ignore[arg-type]


def test_an_integration_takes_no_seed() -> None:
    with pytest.raises(mscnet.MechanismError, match="neither seed nor volume"):
        mscnet.simulate(mscnet.loads("A -> 0 @ 1"), 1, seed=1)


@pytest.mark.skipif(kernels.core() is None, reason="no run of NumPy's direct method would be finished by then")
def test_ctrl_c_keeps_the_runs_that_are_finished() -> None:
    import _thread
    import threading

    mech = mscnet.loads("unit copies\nspecies A = 1\nA -> 0 @ 1\n0 -> A @ 1")
    timer = threading.Timer(0.4, _thread.interrupt_main)
    timer.start()
    with pytest.raises(mscnet.SimulationError, match="interrupted") as caught:
        mscnet.simulate_repeats(mech, 10_000, 1e5, points=2, seed=1)
    kept = caught.value.trajectory
    assert 0 < len(kept) < 10_000
    again = mscnet.simulate_repeats(mech, int(kept.repeat[0]), 1e5, points=2, seed=1)
    assert (again.run(int(kept.repeat[0])).values == kept.values[0]).all()
