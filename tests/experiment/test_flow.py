"""Feeds and flow-through vessels against their analytic solutions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from mscnet.mechanism.bench import Flow, Step
from tests.experiment.making import (
    add,
    bench,
    experiment,
    final,
    hold,
    mix,
    number,
    portion,
    solution,
    solvent,
)

DECAY = "units time = min, concentration = mM, volume = mL\nspecies K constant\nA -> B @ k\nparameter k = 0.3"
STOCKS = [solution("s", A=2), solution("k", K=5), solvent("water")]


@pytest.fixture(params=["kernels", "scipy"])
def _engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the compiled kernels and without."""
    if request.param == "scipy":
        monkeypatch.setattr(kernels, "core", lambda: None)
    elif kernels.core() is None:
        pytest.skip("there are no compiled kernels")


def flow(rate: str, of: str, duration: float, out: str | None = None) -> Flow:
    return Flow((portion(rate, of),), number(duration), None if out is None else number(out))


def run(*steps: Step, text: str = DECAY) -> mscnet.Run:
    return mscnet.perform(bench(text, STOCKS, experiment("e", *steps)), rtol=1e-9)


@pytest.mark.usefixtures("_engine")
def test_a_stirred_tank_comes_to_its_steady_state() -> None:
    done = run(mix(portion(10, "water")), flow("2", "s", 200, out="2"))
    dilution = 2 / 10
    assert final(done, "A") == pytest.approx(2 * dilution / (dilution + 0.3), rel=1e-7)
    assert done.conditions[0].ledger[-1].volume == 10.0


def test_a_tank_on_its_way_to_the_steady_state() -> None:
    done = run(mix(portion(10, "water")), flow("2", "s", 3, out="2"))
    steady = 2 * 0.2 / 0.5
    assert final(done, "A") == pytest.approx(steady * (1 - math.exp(-0.5 * 3)), rel=1e-7)


@pytest.mark.usefixtures("_engine")
def test_a_fed_batch_without_reaction_is_a_mixture() -> None:
    done = run(mix(portion(1, "k")), add(portion(3, "s"), over=10), text=DECAY.replace("0.3", "0"))
    assert final(done, "A") == pytest.approx(3 * 2 / 4, rel=1e-13)
    assert final(done, "K") == pytest.approx(1 * 5 / 4, rel=1e-13)


def test_a_fed_batch_with_first_order_decay() -> None:
    done = run(mix(portion(1, "water")), add(portion(3, "s"), over=10))
    amount = 3 * 2 / 10 * (1 - math.exp(-0.3 * 10)) / 0.3  # dn/dt = J - k n
    assert final(done, "A") == pytest.approx(amount / 4, rel=1e-7)


def test_a_second_order_reaction_in_a_growing_volume() -> None:
    # 2 A -> B with k [A]^2 where nothing runs in but solvent: d(1/n)/dt = 2 k/V, V = 1 + t, so 1/n = 1/n0 + 2 k ln V
    text = DECAY.replace("A -> B @ k", "2 A -> B @ k")
    done = run(mix(portion(1, "s")), add(portion(9, "water"), over=9), text=text)
    amount = 1 / (1 / 2 + 2 * 0.3 * math.log(10))
    assert final(done, "A") == pytest.approx(amount / 10, rel=1e-7)


def test_a_washout_is_exponential() -> None:
    done = run(mix(portion(5, "k")), flow("1", "water", 20, out="1"))
    assert final(done, "K") == pytest.approx(5 * math.exp(-4), rel=1e-8)


def test_a_washout_while_the_volume_shrinks() -> None:
    # V = 5 - t/2; V dc/dt = -F c, so c = c0 (V/V0)^(F/(F_out - F)) = c0 (V/V0)^2
    done = run(mix(portion(5, "k")), flow("1", "water", 4, out="1.5"))
    assert done.conditions[0].ledger[-1].volume == pytest.approx(3.0)
    assert final(done, "K") == pytest.approx(5 * (3 / 5) ** 2, rel=1e-8)


def test_a_constant_species_that_is_diluted_changes_the_rate() -> None:
    # A -> B by a constant catalyst K that solvent dilutes: ln(n/n0) = -k ∫ K dt = -k K0 ln(1 + t)
    text = DECAY.replace("A -> B @ k", "A -[K]-> B @ k").replace("0.3", "0.02")
    steps = (mix(portion("0.5", "s"), portion("0.5", "k")), add(portion(3, "water"), over=3))
    amount = 1.0 * math.exp(-0.02 * 2.5 * math.log(4))
    assert final(run(*steps, text=text), "A") == pytest.approx(amount / 4, rel=1e-7)


def test_a_vessel_that_is_empty_at_first() -> None:
    done = run(flow("1", "s", 4))
    assert final(done, "A") == pytest.approx(2 * (1 - math.exp(-0.3 * 4)) / 0.3 / 4, rel=1e-7)


def test_time_passes_for_the_other_vessels_while_one_is_fed() -> None:
    steps = (
        mix(portion(1, "s"), into="flask"),
        mix(portion(1, "water")),
        add(portion(1, "water"), over=10),
        add(portion(None, "flask"), to="pot"),
    )
    assert final(run(*steps), "A") == pytest.approx(2 * math.exp(-3) / 3, rel=1e-7)


SOLVENT = """units time = min, concentration = mM, volume = mL
parameter water = 0
A -> B @ k*water
parameter k = 0.3"""


def test_a_rate_that_follows_the_volume_fraction_of_a_solvent_during_a_feed() -> None:
    # water fraction t/(1 + t) over t in 0 .. 3; ∫ t/(1+t) dt = 3 - ln 4
    steps = (mix(portion(1, "s")), add(portion(3, "water"), over=3))
    amount = 2 * math.exp(-0.3 * (3 - math.log(4)))
    assert final(run(*steps, text=SOLVENT), "A") == pytest.approx(amount / 4, rel=1e-7)


def test_a_vessel_that_would_run_empty_is_an_error() -> None:
    done = run(mix(portion(5, "k")), flow("1", "water", 20, out="1.5"))
    assert "runs empty after 10 min" in done.conditions[0].trouble


def test_a_feed_is_recorded_at_both_ends() -> None:
    done = run(mix(portion(1, "water")), add(portion(1, "s"), over=4), hold(1))
    fed = done.conditions[0].stretches[0]
    assert np.array_equal(fed.time, [0.0, 4.0])
    assert fed.volume == pytest.approx([1.0, 2.0])
