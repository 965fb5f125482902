"""Runs of rules on single molecules: as the network has them, and as closed forms say."""

from __future__ import annotations

import _thread
import math
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import mscnet
from mscnet import kernels
from mscnet.cli.main import main
from tests.simulation.rule_models import MODELS

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="network-free simulation needs the compiled kernels")

FloatArray = NDArray[np.float64]
#: A test of so many comparisons fails by chance once in a thousand times.
CHANCE = 1e-3


def mechanism(text: str) -> mscnet.Mechanism:
    """A model whose species are counted."""
    return mscnet.loads(f"unit X\nunits time = s\n{text}")


def repeats(model: mscnet.Mechanism, n: int, times: list[float], **settings: Any) -> mscnet.Repeats:
    return mscnet.simulate_repeats(model, n, times=times, **{"method": "nf", "seed": 1, **settings})


def fits(sample: FloatArray, expected: dict[int, float]) -> float:
    """The p-value of chi-square of whole numbers against probabilities; classes of few are put together."""
    seen, wanted = [], []
    left = low = 0
    weight = 0.0
    for value in sorted(expected):
        weight += expected[value] * len(sample)
        if weight >= 10:
            seen.append(int(((sample >= low) & (sample <= value)).sum()))
            wanted.append(weight)
            left, low, weight = left + seen[-1], value + 1, 0.0
    seen[-1] += len(sample) - left
    wanted[-1] += len(sample) - sum(wanted)
    return float(stats.chisquare(seen, wanted).pvalue)


def two_samples(one: FloatArray, other: FloatArray) -> float | None:
    """The p-value of chi-square of two samples of whole numbers; None where there is nothing to compare."""
    values = np.unique(np.concatenate([one, other]))
    classes: list[FloatArray] = []
    current = np.zeros(2)
    for value in values:
        current = current + np.array([np.sum(one == value), np.sum(other == value)])
        if current.sum() >= 20:
            classes.append(current)
            current = np.zeros(2)
    if classes:
        classes[-1] = classes[-1] + current
    if len(classes) < 2:
        return None
    return float(stats.chi2_contingency(np.array(classes).T).pvalue)


def differences(model: mscnet.Mechanism, n: int, times: list[float]) -> list[str]:
    """Observables and times at which runs with and without a network differ by more than chance."""
    free, network = repeats(model, n, times), repeats(model, n, times, method="ssa", seed=2)
    found = {}
    for name in free.names:
        for i, at in enumerate(times):
            p = two_samples(free[name][:, i], network[name][:, i])
            if p is None:
                assert free[name][0, i] == network[name][0, i]
            else:
                found[f"{name} at {at}"] = p
    return [name for name, p in found.items() if p * len(found) < CHANCE]


@pytest.mark.parametrize("name", MODELS)
def test_runs_are_those_of_the_network(name: str) -> None:
    assert differences(mscnet.loads(MODELS[name]), 1000, [0.5, 1, 2, 5, 10]) == []


# --- closed forms -----------------------------------------------------------------------------------


def test_births_and_deaths_are_poisson() -> None:
    model = mechanism(
        "molecule A(b)\n0 -> A(b) @ 6 X/s\nA(b) -> 0 @ 0.5 /s\n"
        "observable N = molecules A()\nobservable S = species A(b)"
    )
    runs = repeats(model, 2000, [20])
    mean = 12 * (1 - math.exp(-10))
    assert fits(runs["N"][:, 0], {n: float(stats.poisson.pmf(n, mean)) for n in range(60)}) > CHANCE
    assert (runs["S"] == runs["N"]).all()


def test_equal_sites_bind_one_by_one() -> None:
    """Ligand in such excess that it stays as it is: each of n equal sites is bound with the same probability."""
    model = mechanism(
        "molecule A(b, b, b, b)\nmolecule L(a)\nspecies A(b, b, b, b) = 1 X\n"
        "A(b) -> A(b!1).L(a!1) @ 0.3 /s\nA(b!1).L(a!1) -> A(b) @ 0.2 /s\n"
        "observable Bound = molecules A(b!+)\nobservable Two = molecules A(b!+, b!+)"
    )
    runs = repeats(model, 2000, [30])
    bound = runs["Bound"][:, 0]
    assert fits(bound, {n: float(stats.binom.pmf(n, 4, 0.6)) for n in range(5)}) > CHANCE
    assert (runs["Two"][:, 0] == bound * (bound - 1)).all()  # ordered pairs, as BNGL counts them


def test_chains_have_the_distribution_of_flory() -> None:
    """Of linear step growth with extent p, a share p^(n - 1) (1 - p) of the chains has n members."""
    members = 4000
    model = mechanism(
        f"molecule A(h, t)\nspecies A(h, t) = {members} X\nA(h) + A(t) -> A(h!1).A(t!1) @ 1e-4 /X/s\n"
        "observable Bonds = molecules A(h!+)\nobservable Chains = species A()\n"
        + "\n".join(f"observable N{n} = species A()=={n}" for n in range(1, 6))
    )
    run = mscnet.simulate(model, times=[2, 5], method="nf", seed=3)
    for i in range(2):
        chains, p = run["Chains"][i], run["Bonds"][i] / members
        assert chains == members - run["Bonds"][i]
        for n in range(1, 6):
            expected = chains * p ** (n - 1) * (1 - p)
            assert abs(run[f"N{n}"][i] - expected) < 5 * math.sqrt(expected)


# --- what rules mean ----------------------------------------------------------------------------------


def test_many_equal_arms_take_no_time() -> None:
    arms = ", ".join(["b"] * 10)
    bound = ", ".join(f"b!{i}" for i in range(1, 11))
    ends = ".".join(f"L(a!{i})" for i in range(1, 11))
    model = mechanism(
        f"molecule A({arms}, x~u~p)\nmolecule L(a)\nspecies A({arms}, x~u) = 20 X\nspecies L(a) = 250 X\n"
        "A(b) + L(a) -> A(b!1).L(a!1) @ 0.05 /X/s\n"
        f"A({bound}, x~u).{ends} -> A({bound}, x~p).{ends} @ 2 /s\n"
        f"observable Full = species A({bound}).{ends}\nobservable Ways = molecules A({bound}).{ends}\n"
        "observable Done = molecules A(x~p)"
    )
    start = time.process_time()
    run = mscnet.simulate(model, times=[0.1, 20], method="nf", seed=1)
    assert time.process_time() - start < 20
    assert run["Done"].tolist() == [0, 20]
    assert run["Full"].tolist() == [0, 20]
    assert run["Ways"][1] == 20 * math.factorial(10)


def test_a_kept_species_keeps_its_number() -> None:
    model = mechanism(
        "molecule A(b)\nmolecule B(a)\nspecies A(b) = 5 X constant\nspecies B(a) = 20 X\n"
        "A(b) + B(a) -> A(b!1).B(a!1) @ 0.1 /X/s\nA(b!1).B(a!1) -> A(b) + B(a) @ 1 /s\nB(a!1).A(b!1) -> 0 @ 0.1 /s\n"
        "observable Free = molecules A(b)\nobservable Pairs = molecules A(b!+)"
    )
    run = mscnet.simulate(model, 20, points=30, method="nf", seed=1)
    assert (run["Free"] == 5).all()
    assert run["Pairs"].max() > 0


def test_runs_do_not_depend_on_threads_or_output() -> None:
    model = mscnet.loads(MODELS["signal"])
    many = repeats(model, 6, [1, 5], jobs=3)
    assert (many.values == repeats(model, 6, [1, 5], jobs=1).values).all()
    assert (many.run(1).values[1] == mscnet.simulate(model, times=[2, 5], method="nf", seed=1).values[1]).all()
    assert many.statistics["method"] == "nf"


def test_concentrations_are_those_of_a_volume() -> None:
    model = mscnet.loads(
        "units time = s, concentration = nM\nmolecule A(b)\nspecies A(b) = 100 nM\n"
        "A(b) + A(b) -> A(b!1).A(b!1) @ 1e-3 /nM/s\n"
        "observable Free = molecules A(b)\nobservable Twice = species A(b!+)\ndouble = 2*Twice"
    )
    run = mscnet.simulate(model, times=[5], method="nf", seed=1, volume="200 fL")
    exact = mscnet.simulate(model, times=[5], rtol=1e-8)
    assert run["Free"] == pytest.approx(exact["Free"], rel=0.02)
    assert run["double"] == pytest.approx(2 * run["Twice"])
    assert run.unit_of("Free") == "nM"


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("A -> B @ 1 /s", "has no rules"),
        ("molecule A(b)\nspecies A(b) = 1 X\nspecies B = 1 X\nA(b) -> 0 @ 1 /s\nat 1 s { B = 2 X }", "events"),
    ],
)
def test_what_a_run_does_not_know_is_named(text: str, what: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=what) as caught:
        mscnet.simulate(mechanism(text), 1, method="nf", seed=1)
    assert [one.code for one in caught.value.diagnostics] == ["E315"]


def test_a_rate_below_zero_ends_the_run() -> None:
    model = mechanism(
        "molecule A(b)\nspecies A(b) = 10 X\nA(b) -> 0 @ 0.1*(N - 5.5 X)/(1 X)/(1 s)\nobservable N = molecules A()"
    )
    with pytest.raises(mscnet.SimulationError, match="negative") as caught:
        mscnet.simulate(model, 100, points=5, method="nf", seed=1)
    assert caught.value.status is mscnet.Status.NEGATIVE_RATE


FLIP = "molecule A(b~0~1)\nspecies A(b~0) = 100 X\nobservable N = molecules A(b~1)\nA(b~0) <-> A(b~1) @ k1, k2\n"


def test_a_run_of_too_many_events_keeps_what_it_has() -> None:
    model = mechanism(FLIP + "parameter k1 = 1 /s\nparameter k2 = 1 /s")
    with pytest.raises(mscnet.SimulationError, match="1,000 events") as caught:
        mscnet.simulate(model, 100, points=101, method="nf", seed=1, max_steps=1000)
    kept = caught.value.trajectory
    assert 5 < len(kept.time) < 20
    with pytest.raises(mscnet.SimulationError, match="Kept: 0 of 3 runs"):
        repeats(model, 3, [100], max_events=1000)


def test_an_interrupt_ends_the_runs() -> None:
    model = mechanism(FLIP + "parameter k1 = 1e5 /s\nparameter k2 = 1e5 /s")
    timer = threading.Timer(0.4, _thread.interrupt_main)
    timer.start()
    with pytest.raises(mscnet.SimulationError, match="interrupted") as caught:
        mscnet.simulate(model, 1e6, points=5, method="nf", seed=1)
    timer.join()
    assert caught.value.status is mscnet.Status.INTERRUPTED


@pytest.mark.parametrize(
    ("rule", "block"),
    [
        ("S() + E() -> P() + E() Sat(k,K)", ""),
        ("S()%x -> P() f(x)", "begin functions\nf(x)=k*(0.1+S(x))+P(x)\nend functions\n"),
    ],
)
def test_molecules_without_sites_are_what_rates_look_at(rule: str, block: str, tmp_path: Path) -> None:
    file = tmp_path / "plain.bngl"
    file.write_text(
        "begin model\nbegin parameters\nk 1\nK 20\nend parameters\nbegin molecule types\nS()\nE()\nP()\n"
        "end molecule types\nbegin seed species\nS() 50\nE() 4\nend seed species\nbegin observables\n"
        f"Molecules S S()\nMolecules P P()\nend observables\n{block}begin reaction rules\n{rule}\n"
        "end reaction rules\nend model\n",
        encoding="utf-8",
    )
    assert differences(mscnet.load(file), 1000, [0.5, 2]) == []


def test_scans_have_no_network_free_runs() -> None:
    model = mscnet.loads(MODELS["ligand"])
    with pytest.raises(mscnet.MechanismError, match="one set of values"):
        mscnet.Simulator(model, 1, method="nf")
    with pytest.raises(mscnet.MechanismError, match="one set of values"):
        mscnet.scan(
            mscnet.loads(FLIP + "unit X\nunits time = s\nparameter k1 = 1 /s\nparameter k2 = 1 /s"),
            {"k1": [1, 2]},
            t_end=1,
            method="nf",
        )


def test_the_file_can_ask_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chains.mech"
    file.write_text(
        "unit X\nunits time = s\nmolecule A(h, t)\nspecies A(h, t) = 30 X\n"
        "A(h) + A(t) <-> A(h!1).A(t!1) @ 0.1 /X/s, 1 /s\n"
        "observable Bonds = molecules A(h!+)\noption method = nf, t_end = 5 s, points = 3\n",
        encoding="utf-8",
    )
    assert main(["run", str(file), "--seed", "1", "--repeats", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "repeat,time,Bonds"
    assert len(lines) == 7
    assert main(["run", str(file), "--seed", "1", "--columns", "observables", "--json"]) == 0
    assert main(["run", str(file), "--seed", "1", "--columns", "nothing"]) != 0
