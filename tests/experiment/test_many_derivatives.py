"""Exact derivatives of experiments through their protocol: against closed forms, and against differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import mscnet
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.rows import RowRun
from tests.experiment.many_models import HEAD, PROTOCOL, differences, furthest, model, protocols, values_of

FloatArray = np.ndarray
CDTESE = Path(__file__).parents[2] / "mechanisms" / "cdtese" / "cdtese.mech"
NAMES = ("k1", "k2", "k3", "a0", "v", "eps", "shift")


def slopes(run: RowRun, values: FloatArray) -> FloatArray:
    """(n_names, …) of what was worked out in every row."""
    assert run.steps is not None
    return (values[1:] - values[0]) / run.steps.reshape(-1, *(1,) * (values.ndim - 1))


def assert_like_differences(bench: ManyBench, at: FloatArray, tolerance: float) -> None:
    """The derivatives of all readings are those by central differences, as parts of what the reading is."""
    run, pairs = bench.with_derivatives(at), differences(bench, at)
    for i, condition in enumerate(run.conditions):
        if not (condition.done.all() and all(pair.conditions[i].done.all() for pair, _ in pairs)):
            continue
        for k, measured in enumerate(condition.measured):
            for name in (*measured.series, *measured.spectra):
                exact = slopes(run, _values(measured, name))
                scale = max(float(np.abs(_values(measured, name)[0]).max()), 1e-3)
                for j, (pair, apart) in enumerate(pairs):
                    low, high = _values(pair.conditions[i].measured[k], name)
                    off = np.abs(exact[j] - (high - low) / apart).max() * abs(at[j])
                    assert off < tolerance * scale, (condition.experiment.name, condition.values, name, bench.names[j])


def _values(measured: object, name: str) -> FloatArray:
    series, spectra = measured.series, measured.spectra  # type: ignore[attr-defined]
    found: FloatArray = series[name].values if name in series else spectra[name].absorbance
    return found


def test_first_order_decay_through_mix_hold_take_and_add_is_its_closed_form() -> None:
    head = """units time = min, concentration = mM, volume = mL
    A -> B @ k
    parameter k = 0.3 /min
    parameter a0 = 2 mM
    parameter v = 0.5 mL
    parameter w = 0.7 mL
    solution S { A = a0 }
    solvent water
    """
    text = """experiment e { mix v S + 1 mL water ; hold 2 min }
    experiment f from e after 3 min { take w ; add 1 mL water ; measure [A] at 1, 4, 9 min }"""
    bench = ManyBench(model(text, head), ["k", "a0", "v", "w"], points=0, rtol=1e-9)
    k, a0, v, w = at = np.array([0.3, 2.0, 0.5, 0.7])
    run = bench.with_derivatives(at)
    measured = run.conditions[1].measured[0]
    t = measured.time
    wanted = a0 * v / (v + 1) * w / (w + 1) * np.exp(-k * (3 + t))
    assert measured.series["A"].values[0] == pytest.approx(wanted, rel=1e-7)
    relative = np.array([-(3 + t), t * 0 + 1 / a0, t * 0 + 1 / (v * (v + 1)), t * 0 + 1 / (w * (w + 1))])
    assert slopes(run, measured.series["A"].values) == pytest.approx(wanted * relative, rel=3e-6)


def test_a_reversible_step_from_values_of_its_own_is_its_closed_form() -> None:
    head = """units time = min, concentration = mM, volume = mL
    A <-> B @ k, r
    parameter k = 0.3 /min
    parameter r = 0.1 /min
    parameter f = 2
    solution S { A = 1 mM }
    """
    text = "experiment e { with k = f*r ; mix 1 mL S ; measure [B] at 1, 4, 9 min }"
    bench = ManyBench(model(text, head), ["f", "r", "k"], points=0, rtol=1e-9)
    run = bench.with_derivatives([2.0, 0.1, 0.3])
    series = run.conditions[0].measured[0].series["B"]
    f, r, t = 2.0, 0.1, series.time
    decay = np.exp(-(f + 1) * r * t)  # B = f/(f + 1) (1 - exp(-(f + 1) r t))
    assert series.values[0] == pytest.approx(f / (f + 1) * (1 - decay), rel=1e-7)
    by_f = (1 - decay) / (f + 1) ** 2 + f / (f + 1) * r * t * decay
    by_r = f * t * decay
    assert slopes(run, series.values) == pytest.approx(np.array([by_f, by_r, 0 * t]), rel=3e-6, abs=1e-12)


def test_derivatives_of_a_protocol_are_those_by_differences() -> None:
    m = model(PROTOCOL)
    assert_like_differences(ManyBench(m, NAMES, rtol=1e-9), values_of(m, NAMES), 2e-6)


@settings(max_examples=15)
@given(protocols())
def test_derivatives_of_any_protocol_are_those_by_differences(protocol: str) -> None:
    m = model(protocol, HEAD + "temperature = 298.15 K\n")
    assert_like_differences(ManyBench(m, NAMES, rtol=1e-10, points=0), values_of(m, NAMES), 1e-5)


def test_derivatives_of_shown_light_are_those_by_differences() -> None:
    head = HEAD.replace("baseline = shift", "baseline = shift ; resolution = 8 nm ; stray = 0.01 ; saturation = 2.9")
    m = model(
        """experiment e { mix 1 mL S + v water ; hold 1 min
            measure od = absorbance(400 nm), uv = spectrum(390 nm .. 410 nm step 5 nm) at 0, 1, 7 min }""", head,
    )  # fmt: skip
    assert_like_differences(ManyBench(m, NAMES, rtol=1e-9, points=0), values_of(m, NAMES), 2e-6)


def test_a_clock_that_starts_later_shifts_what_is_read() -> None:
    head = HEAD.replace("baseline = shift", "baseline = shift ; time_zero = dead") + "parameter dead = 0.5 min\n"
    m = model("experiment e { mix 1 mL S ; measure od = absorbance(400 nm) every 1 min for 9 min }", head)
    bench = ManyBench(m, ["dead"], rtol=1e-9)
    run = bench.with_derivatives([0.5])
    series = run.conditions[0].measured[0].series["od"]
    assert series.time[0] == 0.5
    slope = -np.gradient(series.values[0], series.time)  # a course that begins later is what it was before
    assert slopes(run, series.values)[0, 1:-1] == pytest.approx(slope[1:-1], rel=1e-5)
    later = bench.perform([[0.5], [0.7]]).conditions[0].measured[0].series["od"]
    assert later.values[1, 60:] == pytest.approx(
        np.interp(later.time[60:] - 0.2, later.time, later.values[0]), abs=2e-3
    )


def test_derivatives_of_the_founding_case_are_those_by_differences() -> None:
    m = mscnet.load(CDTESE).chosen
    names = ["PC_Se", "MF_Se", "k1", "k5", "k7", "n5", "K5", "K6", "B", "e371", "t399"]
    bench = ManyBench(m, names, experiments=["fig1b", "fig4(30 uL)", "s31(240 min)", "s32"], rtol=1e-9, points=0)
    assert_like_differences(bench, values_of(m, names), 1e-4)


def test_loose_derivatives_follow_the_integrator_tolerance() -> None:
    m = model(PROTOCOL)
    at = values_of(m, NAMES)
    loose, tight = (ManyBench(m, NAMES, rtol=rtol).with_derivatives(at) for rtol in (1e-6, 1e-10))
    for a, b in zip(loose.conditions, tight.conditions, strict=True):
        for x, y in zip(a.stretches, b.stretches, strict=True):
            scaled = (slopes(loose, x.states) - slopes(tight, y.states)) * at[:, None, None]
            assert np.abs(scaled).max() < 1e-4 * np.abs(y.states[0]).max()


def test_the_first_row_is_the_run_itself() -> None:
    m = model(PROTOCOL)
    at = values_of(m, NAMES)
    bench = ManyBench(m, NAMES, rtol=1e-8)
    run, plain = bench.with_derivatives(at), bench.perform(at[None])
    assert furthest(run, 0, plain.run(0)) < 1e-5


def test_given_steps_are_those_of_the_rows() -> None:
    m = model(PROTOCOL)
    at = values_of(m, NAMES)
    steps = np.array([1e-3, -1e-4, 1e-5, 1e-3, 1e-4, 1e-2, 1e-3])
    run = ManyBench(m, NAMES).with_derivatives(at, steps)
    assert np.allclose(run.rows[1:] - at, np.diag(steps), atol=1e-15)
    assert run.steps == pytest.approx(steps, rel=1e-9)


def test_parameters_of_spectra_alone_leave_the_states_as_they_are() -> None:
    m = model(PROTOCOL)
    run = ManyBench(m, ["eps", "shift"]).with_derivatives([3.0, 0.05])
    for condition in run.conditions:
        for stretch in condition.stretches:
            assert np.array_equal(stretch.states[0], stretch.states[1])
    light = run.conditions[1].measured[0].series["od"].values
    assert slopes(run, light)[1] == pytest.approx(1.0, rel=1e-6)


def test_a_run_that_fails_has_no_derivatives() -> None:
    m = model("experiment e { mix 1 mL S ; take v ; measure [A] at 1 min }")
    found = ManyBench(m, ["v", "k1"]).with_derivatives([2.0, 0.3]).conditions[0]
    assert not found.done.any()
    assert np.isnan(found.measured[0].series["A"].values).all() if found.measured else True


@pytest.mark.parametrize(("values", "steps"), [([1.0], None), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, 0.0])])
def test_derivatives_of_another_shape_are_refused(values: list[float], steps: list[float] | None) -> None:
    with pytest.raises(ValueError, match=r"values|steps"):
        ManyBench(model(PROTOCOL), ["k1", "k2"]).with_derivatives(values, steps)
