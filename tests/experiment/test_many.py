"""Many rows of experiments at once: each is what an ordinary run of it is."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet import MechanismError
from mscnet.experiment.bench import Bench
from mscnet.experiment.many.bench import ManyBench
from tests.experiment.many_models import HEAD, PROTOCOL, furthest, model, places, protocols, values_of

NAMES = ("k1", "k2", "a0", "v", "eps", "shift")
ROOT = Path(__file__).parents[2]
FILES = [p for p in sorted(ROOT.glob("mechanisms/*/*.mech")) if "\nexperiment " in p.read_text(encoding="utf-8")]


def scattered(values: np.ndarray, m: int, width: float = 0.2, seed: int = 1) -> np.ndarray:
    return values * np.exp(width * np.random.default_rng(seed).normal(size=(m, len(values))))


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
@pytest.mark.slow
def test_rows_of_a_file_are_its_ordinary_runs(file: Path) -> None:
    m = mscnet.load(file).chosen
    names = [p.name for p in m.parameters if p.free]
    rows = scattered(values_of(m, names), 3, 0.1)
    found, bench = ManyBench(m, names).perform(rows), Bench(m)
    for i, row in enumerate(rows.tolist()):
        assert furthest(found, i, bench.run(dict(zip(names, row, strict=True)), ledger=False)) < 1e-5


@pytest.mark.parametrize("count", [1, 5])
def test_rows_of_a_protocol_are_its_ordinary_runs(count: int) -> None:
    m = model(PROTOCOL)
    rows = scattered(values_of(m, NAMES), count)
    found, bench = ManyBench(m, NAMES).perform(rows), Bench(m)
    for i, row in enumerate(rows.tolist()):
        assert furthest(found, i, bench.run(dict(zip(NAMES, row, strict=True)), ledger=False)) < 1e-5


def test_rows_of_a_protocol_are_done_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("done one by one")

    monkeypatch.setattr(Bench, "run_revised", refuse)
    m = model(PROTOCOL)
    bench = ManyBench(m, NAMES)
    rows = scattered(values_of(m, NAMES), 3)
    assert all(condition.done.all() for condition in bench.perform(rows).conditions)
    assert all(condition.done.all() for condition in bench.with_derivatives(rows[0]).conditions)


def test_a_row_is_the_same_alone_and_among_others() -> None:
    m = model(PROTOCOL)
    rows = scattered(values_of(m, NAMES), 4)
    bench = ManyBench(m, NAMES)
    together, alone = bench.perform(rows), bench.perform(rows[2:3])
    for a, b in zip(together.conditions, alone.conditions, strict=True):
        for x, y in zip(a.stretches, b.stretches, strict=True):
            assert np.array_equal(x.states[2], y.states[0])


@settings(max_examples=40)
@given(protocols(), st.integers(0, 10**6))
def test_rows_of_any_protocol_are_its_ordinary_runs(protocol: str, seed: int) -> None:
    m = model(protocol, HEAD + "temperature = 298.15 K\n")
    rows = scattered(values_of(m, NAMES), 3, seed=seed)
    found, bench = ManyBench(m, NAMES, points=0).perform(rows), Bench(m)
    for i, row in enumerate(rows.tolist()):
        assert furthest(found, i, bench.run(dict(zip(NAMES, row, strict=True)), ledger=False)) < 1e-5


# --- times ------------------------------------------------------------------------------------------


def test_a_measurement_has_early_times_and_all_its_readings() -> None:
    m = model("experiment e { mix 1 mL S ; measure [A] every 10 min for 60 min }")
    time = ManyBench(m, ["k1"]).perform([[0.3]]).conditions[0].measured[0].time
    assert 100 <= len(time) <= 160
    assert time[1] < 0.01
    assert np.all(np.diff(time) > 0)
    assert np.array_equal(time[places(time, np.arange(7) * 10.0)], np.arange(7) * 10.0)


def test_times_are_added_to_the_measurements_of_an_experiment() -> None:
    m = model("experiment e { mix 1 mL S ; measure [A] every 10 min for 60 min }")
    more = np.array([0.123, 33.3, 70.0])
    time = ManyBench(m, ["k1"], points=0, times={"e": more}).perform([[0.3]]).conditions[0].measured[0].time
    assert time.tolist() == [0.0, 0.123, 10.0, 20.0, 30.0, 33.3, 40.0, 50.0, 60.0]  # nothing was seen after the last


def test_holds_have_the_points_asked_for() -> None:
    m = model("experiment e { mix 1 mL S ; hold 10 min ; measure [A] at 1 min }")
    stretches = ManyBench(m, ["k1"], hold_points=20).perform([[0.3]]).conditions[0].stretches
    assert len(stretches[0].time) >= 18
    assert np.allclose(stretches[0].states[0, :, 0], 2.0 * np.exp(-0.3 * stretches[0].time), rtol=1e-5)


# --- what goes wrong --------------------------------------------------------------------------------


def test_a_row_that_cannot_be_done_leaves_the_others_alone() -> None:
    m = model("experiment e { mix 1 mL S ; hold 1 min ; take v ; measure [A] at 1, 2 min }")
    found = ManyBench(m, ["v"]).perform([[0.5], [1.5], [0.7]]).conditions[0]
    assert found.done.tolist() == [True, False, True]
    assert "1.5 mL" in found.trouble
    values = found.measured[0].series["A"].values
    assert np.isnan(values[1]).all()
    assert np.allclose(values[[0, 2], 0], 2.0 * np.exp(-0.6), rtol=1e-5)


def test_a_row_whose_numbers_end_early_leaves_the_others_alone() -> None:
    head = (
        "units time = min, concentration = mM\n2 A -> 3 A @ k\nsolution S { A = 1 mM }\nparameter k = 0.01 in 0 .. 9\n"
    )
    m = model("experiment e { mix 1 mL S ; measure [A] at 1, 2, 5 min }", head)
    found = ManyBench(m, ["k"], points=0).perform([[0.01], [1.0], [0.02]]).conditions[0]
    assert found.done.tolist() == [True, False, True]
    assert "could not be followed" in found.trouble
    values = found.measured[0].series["A"].values
    assert np.isnan(values[1, -1])
    assert values[2, -1] == pytest.approx(1.0 / (1.0 - 0.02 * 5.0), rel=1e-5)  # dA/dt = k A²


def test_a_row_with_a_concentration_that_cannot_be_leaves_the_others_alone() -> None:
    m = model("experiment e { mix 1 mL S ; measure [A] at 1 min }")
    found = ManyBench(m, ["a0"]).perform([[1.0], [-1.0]]).conditions[0]
    assert found.done.tolist() == [True, False]
    assert np.isnan(found.measured[0].series["A"].values[1]).all()


def test_values_that_are_no_numbers_lose_their_row_alone() -> None:
    m = model(PROTOCOL)
    rows = np.repeat(values_of(m, NAMES)[None], 2, axis=0)
    rows[0, 0] = np.nan
    for condition in ManyBench(m, NAMES).perform(rows).conditions:
        assert condition.done.tolist() == [False, True]


def test_a_row_with_a_band_that_cannot_be_leaves_the_others_alone() -> None:
    m = model("experiment e { mix 1 mL S ; measure od = absorbance(400 nm) at 1 min }", HEAD + "parameter w = 30 nm\n"
              "band C { gaussian center = 400 nm, fwhm = w, epsilon = eps }\n")  # fmt: skip
    found = ManyBench(m, ["w"]).perform([[20.0], [-1.0], [30.0]]).conditions[0]
    assert found.done.tolist() == [True, False, True]
    assert np.isfinite(found.measured[0].series["od"].values).all(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize(("names", "code"), [(["k9"], "E010"), (["k1", "k1"], "E045")])
def test_names_that_are_no_free_parameters_are_refused(names: list[str], code: str) -> None:
    with pytest.raises(MechanismError) as raised:
        ManyBench(model(PROTOCOL), names)
    assert raised.value.diagnostics[0].code == code


def test_missing_values_of_other_parameters_are_told() -> None:
    m = model(
        "experiment e { mix 1 mL S ; measure [A] at 1 min }", HEAD.replace("k2 = 0.2 /min in 0.01 .. 10 log", "k2")
    )
    with pytest.raises(MechanismError, match="k2"):
        ManyBench(m, ["k1"])
    assert ManyBench(m, ["k2"]).perform([[0.1]]).conditions[0].done.all()


@pytest.mark.parametrize("shape", [(2,), (0, 1), (2, 2)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="1 values"):
        ManyBench(model(PROTOCOL), ["k1"]).perform(np.ones(shape))


def test_a_bench_survives_pickling() -> None:
    m = model(PROTOCOL)
    bench, row = ManyBench(m, NAMES, rtol=1e-8), values_of(m, NAMES)[None]
    again = pickle.loads(pickle.dumps(bench))
    a, b = bench.perform(row).conditions[-1], pickle.loads(pickle.dumps(again.perform(row))).conditions[-1]
    assert np.array_equal(a.measured[0].series["B"].values, b.measured[0].series["B"].values)
