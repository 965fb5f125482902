"""What many rows cannot do side by side is done one by one, with the same results."""

from __future__ import annotations

import numpy as np
import pytest

from mscnet import kernels
from mscnet.experiment.bench import Bench
from mscnet.experiment.many.bench import ManyBench
from tests.experiment.many_models import HEAD, PROTOCOL, differences, furthest, model, values_of

WARM = HEAD.replace("A -> B @ k1", "A -> B @ arrhenius(k1, 50 kJ/mol, 298.15 K)") + "temperature = 298.15 K\n"
PULSE = HEAD.replace("A -> B @ k1", "A -> B @ if(time < 2 min, k1, 0 /min)")
ORDER = HEAD.replace("B <-> C @ k2, k3", "B -> (n) C @ k2") + "parameter n = 2\nparameter dead = 0.5 min in 0.1 .. 2\n"
DEAD = HEAD + "parameter dead = 0.5 min in 0.1 .. 2\n"

CASES = {
    "a feed": (
        HEAD, "experiment e { mix 1 mL water ; add v S over 5 min ; measure [A] every 1 min for 5 min }", ("v", "k1"),
    ),
    "a steady state": (HEAD, "experiment e { mix v S ; equilibrate ; measure [C] at 1, 2 min }", ("v", "k2")),
    "a ramp": (WARM, "experiment e { mix 1 mL S ; hold 5 min from 298.15 K to 320 K ; measure [A] at 1 min }", ("k1",)),
    "a rate that switches": (PULSE, "experiment e { mix 1 mL S ; measure [A] at 1, 3, 5 min }", ("k1", "a0")),
    "a coefficient": (ORDER, "experiment e { mix 1 mL S ; measure [C] at 1, 3, 5 min }", ("n", "k1")),
    "a dead time": (DEAD, "experiment e { mix 1 mL S ; hold dead ; measure [A] at 1, 3 min }", ("dead", "k1")),
    "an age": (
        DEAD, "experiment e { mix 1 mL S ; hold 3 min }\nexperiment f from e after dead { measure [A] at 1 min }",
        ("dead",),
    ),
    "a wavelength": (
        HEAD + "parameter place = 400 nm in 390 .. 410\n",
        "experiment e { mix 1 mL S ; measure od = absorbance(place) at 1, 2 min }", ("place", "k1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rows_done_one_by_one_are_ordinary_runs(case: str) -> None:
    head, protocol, names = CASES[case]
    m = model(protocol, head)
    rows = values_of(m, names) * np.array([[1.0], [1.05], [0.9]])
    found, bench = ManyBench(m, names, points=0).perform(rows), Bench(m)
    for i, row in enumerate(rows.tolist()):
        run = bench.run(dict(zip(names, row, strict=True)), ledger=False)
        assert [c.name for c in run.conditions] == [c.name for c in found.run(i).conditions]
        for a, b in zip(found.run(i).conditions, run.conditions, strict=True):
            for x, y in zip(a.measured, b.measured, strict=True):
                for name, series in y.series.items():
                    assert x.series[name].values == pytest.approx(series.values, rel=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_their_derivatives_are_differences_of_tight_runs(case: str) -> None:
    head, protocol, names = CASES[case]
    m = model(protocol, head)
    bench, at = ManyBench(m, names, points=0, rtol=1e-8), values_of(m, names)
    run = bench.with_derivatives(at)
    assert run.steps is not None
    for j, (pair, apart) in enumerate(differences(bench, at, 1e-3)):
        for i, condition in enumerate(run.conditions):
            for k, measured in enumerate(condition.measured):
                for name, series in measured.series.items():
                    low, high = pair.conditions[i].measured[k].series[name].values
                    slope = (series.values[1 + j] - series.values[0]) / run.steps[j]
                    assert slope * at[j] == pytest.approx((high - low) / apart * at[j], rel=1e-3, abs=1e-4)


def test_conditions_that_can_go_side_by_side_do_so_beside_those_that_cannot() -> None:
    text = PROTOCOL + "experiment fed { mix 1 mL water ; add v S over 5 min ; measure [A] every 1 min for 5 min }"
    m, names = model(text), ("k1", "v")
    rows = np.array([[0.3, 0.5], [0.2, 0.6]])
    found, bench = ManyBench(m, names).perform(rows), Bench(m)
    for i, row in enumerate(rows.tolist()):
        assert furthest(found, i, bench.run(dict(zip(names, row, strict=True)), ledger=False)) < 1e-5


def test_rows_without_kernels_are_ordinary_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "core", lambda: None)
    m, names = model("experiment e { mix v S + 1 mL water ; measure [A] at 1, 3 min }"), ("k1", "v")
    run = ManyBench(m, names, points=0).with_derivatives([0.3, 0.5])
    values = run.conditions[0].measured[0].series["A"].values
    t = np.array([1.0, 3.0])
    wanted = 2 * 0.5 / 1.5 * np.exp(-0.3 * t)
    assert values[0] == pytest.approx(wanted, rel=1e-5)
    assert run.steps is not None
    assert (values[1] - values[0]) / run.steps[0] == pytest.approx(-t * wanted, rel=1e-4)
    assert (values[2] - values[0]) / run.steps[1] == pytest.approx(wanted / 0.75, rel=1e-4)


def test_a_row_that_cannot_be_done_leaves_the_others_alone() -> None:
    m = model("experiment e { mix 1 mL S ; hold 0.1 min ; take v ; equilibrate ; measure [C] at 1 min }")
    found = ManyBench(m, ["v"], points=0).perform([[0.5], [1.5], [np.nan]]).conditions[0]
    assert found.done.tolist() == [True, False, False]
    values = found.measured[0].series["C"].values
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1:]).all()
