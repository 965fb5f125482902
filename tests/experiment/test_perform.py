"""Experiments as a whole: trunks, origins, loops, media, temperatures, readings, and what goes wrong."""

from __future__ import annotations

import math
import os
import signal
import threading
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import mscnet
from mscnet import MechanismError, Status, kernels
from mscnet.mechanism.bench import (
    Discard,
    Equilibrate,
    Experiment,
    Observe,
    Origin,
    Reading,
    Repeat,
    Set,
    Step,
    Use,
)
from mscnet.mechanism.expression import Number, Product, Sum, Symbol
from mscnet.mechanism.optics import Band, Shape
from mscnet.mechanism.units import LENGTH
from mscnet.records import replace
from tests.experiment.making import (
    add,
    bench,
    experiment,
    final,
    hold,
    loop,
    measure,
    mix,
    number,
    parameter,
    portion,
    solution,
    solvent,
    species,
    take,
    value,
)

UNITS = "units time = min, concentration = mM, volume = mL\n"
DECAY = UNITS + "A -> B @ k\nparameter k = 0.1"
STOCKS = [solution("s", A=2), solution("b", B=1), solvent("water"), solvent("oil")]


@pytest.fixture(params=["kernels", "scipy"])
def _engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the compiled kernels and without."""
    if request.param == "scipy":
        monkeypatch.setattr(kernels, "core", lambda: None)
    elif kernels.core() is None:
        pytest.skip("there are no compiled kernels")


def run(*steps: Step, text: str = DECAY, values: Any = None, **settings: Any) -> mscnet.Run:
    return mscnet.perform(bench(text, STOCKS, experiment("e", *steps)), values=values, rtol=1e-9, **settings)


def refused(*steps: Step, **settings: Any) -> str:
    (condition,) = run(*steps, **settings).conditions
    assert condition.status is Status.IMPOSSIBLE
    return str(condition.error)


# --- time --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_engine")
def test_a_vessel_that_is_left_behind_ages_until_it_is_used_again() -> None:
    steps = (mix(portion(2, "s")), hold(5), take(1, into="tube"), hold(7), Use("pot"), measure(value("A")))
    done = run(*steps)
    assert done.conditions[0].series["A"].values == pytest.approx([2 * math.exp(-1.2)], rel=1e-7)


def test_a_vessel_that_is_never_used_again_is_not_solved() -> None:
    done = run(mix(portion(2, "s")), hold(5), take(1, into="tube"), hold(7))
    assert done.statistics["solves"] == 2


def test_what_is_drawn_from_an_aged_vessel_has_its_age() -> None:
    steps = (mix(portion(1, "s"), into="flask"), mix(portion(1, "b")), hold(10), add(portion("0.5", "flask")))
    assert final(run(*steps), "A") == pytest.approx(2 * math.exp(-1) * 0.5 / 1.5, rel=1e-7)


def test_a_lamp_shines_on_vessels_while_they_wait() -> None:
    steps = (
        mix(portion(1, "s"), into="flask"), mix(portion(1, "b")), Set("k", number("0.2")), hold(5),
        Set("k", number(0)), hold(100), Use("flask"), measure(value("A"), value("k", parameter("k"))),
    )  # fmt: skip
    series = run(*steps).conditions[0].series
    assert series["A"].values == pytest.approx([2 * math.exp(-1)], rel=1e-7)
    assert series["k"].values == [0.0]


def test_time_in_a_law_is_that_of_the_experiment() -> None:
    text = UNITS + "A -> B @ if(time < 12, 0.1, 0)"
    assert final(run(mix(portion(1, "s")), hold(10), hold(10), text=text), "A") == pytest.approx(
        2 * math.exp(-1.2), rel=1e-7
    )


def test_repeats_are_the_same_steps_again() -> None:
    # half is replaced by water three times
    cycle = (Discard(number("0.5")), add(portion("0.5", "water")))
    assert final(run(mix(portion(1, "s")), Repeat(number(3), cycle), values={"k": 0.0}), "A") == pytest.approx(0.25)


# --- trunks -------------------------------------------------------------------------------------------


def test_what_conditions_begin_with_is_solved_once() -> None:
    steps = (mix(portion(1, "s")), hold(30), take(loop("v")), add(portion(1, "water")), hold(5))
    model = bench(DECAY, STOCKS, experiment("e", *steps, loops={"v": ["0.1", "0.2", "0.4"]}),
                  experiment("f", *steps[:2], hold(1)))  # fmt: skip
    done = mscnet.perform(model)
    assert done.statistics["solves"] == 1 + 3 + 1
    assert [c.values for c in done.of("e")] == [{"v": 0.1}, {"v": 0.2}, {"v": 0.4}]


def test_other_values_of_rate_constants_are_another_trunk() -> None:
    steps = (mix(portion(1, "s")), hold(10))
    other = Experiment("f", steps, values=(("k", Product((number(2), parameter("k")))),))
    done = mscnet.perform(bench(DECAY, STOCKS, experiment("e", *steps), other))
    assert [final(done, "A", i) for i in (0, 1)] == pytest.approx([2 * math.exp(-1), 2 * math.exp(-2)], rel=1e-5)


def test_other_values_of_what_no_rate_needs_share_the_trunk() -> None:
    text = DECAY + "\nparameter e = 3\nobservable od = e*[A]"
    steps = (mix(portion(1, "s")), hold(10), measure(value("od", Symbol("od", "observable"))))
    other = Experiment("f", steps, values=(("e", number(5)),))
    done = mscnet.perform(bench(text, STOCKS, experiment("e1", *steps), other))
    first, second = (c.series["od"].values[0] for c in done.conditions)
    assert done.statistics["solves"] == 1
    assert second / first == pytest.approx(5 / 3)


def test_an_experiment_starts_where_another_stood() -> None:
    before = experiment("before", mix(portion(1, "s")), hold(60), add(portion(1, "water")),
                        measure(value("A"), every=5, duration=100))  # fmt: skip
    after = experiment("after", add(portion(2, "b")), measure(value("A"), value("B")),
                       origin=Origin("before", after=number(20)))  # fmt: skip
    done = mscnet.perform(bench(DECAY, STOCKS, before, after), rtol=1e-9)
    (condition,) = done.of("after")
    assert condition.series["A"].values == pytest.approx([2 / 4 * math.exp(-8)], rel=1e-7)
    assert condition.measured[0].start == 0.0
    assert condition.ledger[0].step == "start from before"
    assert len(condition.measured) == 1


def test_an_origin_may_be_later_than_its_last_step() -> None:
    before = experiment("before", mix(portion(1, "s")), hold(5))
    after = experiment("after", measure(value("A")), origin=Origin("before", after=number(30)))
    done = mscnet.perform(bench(DECAY, STOCKS, before, after), rtol=1e-9)
    assert done.of("after")[0].series["A"].values == pytest.approx([2 * math.exp(-3)], rel=1e-7)


def test_an_origin_takes_the_values_it_is_called_with() -> None:
    before = Experiment("before", (mix(portion(loop("v"), "s"), portion(1, "water")),), parameters=("v",))
    after = experiment("after", measure(value("A")), origin=Origin("before", (loop("w"),)), loops={"w": [1, 3]})
    done = mscnet.perform(bench(DECAY, STOCKS, before, after))
    assert [c.series["A"].values[0] for c in done.conditions] == pytest.approx([1.0, 1.5])


def test_an_experiment_that_starts_from_itself_is_an_error() -> None:
    one = experiment("one", hold(1), origin=Origin("two"))
    two = experiment("two", hold(1), origin=Origin("one"))
    with pytest.raises(MechanismError, match="`one` starts from itself: one → two → one"):
        mscnet.perform(bench(DECAY, STOCKS, one, two))


def test_a_bench_runs_again_with_other_values() -> None:
    made = mscnet.Bench(bench(DECAY, STOCKS, experiment("e", mix(portion(1, "s")), hold(10))), rtol=1e-9)
    found = [final(made.run({"k": k}), "A") for k in (0.1, "0.2 /min", 0.1)]
    assert found == pytest.approx([2 * math.exp(-1), 2 * math.exp(-2), 2 * math.exp(-1)], rel=1e-7)


def test_one_condition_can_be_asked_for() -> None:
    model = bench(DECAY, STOCKS, experiment("e", mix(portion(loop("v"), "s")), loops={"v": ["0.03", "0.06"]}))
    (condition,) = mscnet.perform(model, "e(30 uL)").conditions
    assert condition.name == "e(v = 0.03)"


def test_loops_are_combined_the_last_fastest() -> None:
    model = bench(DECAY, STOCKS, experiment("e", mix(portion(loop("v"), "s"), portion(loop("w"), "water")),
                                            loops={"v": [1, 2], "w": [3, 4]}))  # fmt: skip
    assert [tuple(c.values.values()) for c in mscnet.perform(model).conditions] == [(1, 3), (1, 4), (2, 3), (2, 4)]


# --- media and temperature ----------------------------------------------------------------------------

IN_WATER = UNITS + "parameter water = 0 ; parameter wet = 0\nA -> B @ k*water"


def test_a_law_follows_the_volume_fraction_of_a_solvent() -> None:
    done = run(mix(portion(1, "s"), portion(3, "water")), hold(4), text=IN_WATER + "\nparameter k = 0.5")
    assert final(done, "A") == pytest.approx(0.5 * math.exp(-0.5 * 0.75 * 4), rel=1e-7)


@pytest.mark.parametrize(
    ("portions", "main"),
    [
        ((portion(1, "s"), portion(3, "water"), portion(2, "oil")), "water"),
        ((portion(1, "s"), portion(3, "water"), portion(5, "oil")), "oil"),
        ((portion(4, "s"), portion(3, "water")), None),
        ((portion(4, "s"), portion(4, "water")), "water"),
    ],
)
def test_the_main_component_by_volume_is_the_medium(portions, main) -> None:
    model = bench(DECAY, STOCKS, experiment("e", mix(*portions), hold(1)))
    inputs = mscnet.perform(model).conditions[0].stretches[0].inputs
    names = [p.name for p in model.parameters]
    flags = {name: inputs[names.index(f"in {name}")] for name in ("water", "oil")}
    assert flags == {"water": float(main == "water"), "oil": float(main == "oil")}


def test_a_solution_counts_as_the_solvent_that_it_is_made_up_in() -> None:
    stocks = [solution("s", solvent="water", A=2), solution("t", A=2), solvent("water")]
    model = bench(
        IN_WATER + "\nparameter k = 0.5", stocks, experiment("e", mix(portion(1, "s"), portion(1, "t")), hold(4))
    )
    assert final(mscnet.perform(model, rtol=1e-9), "A") == pytest.approx(2 * math.exp(-1), rel=1e-7)


def test_the_medium_changes_in_the_middle_of_a_feed() -> None:
    # B is made in water alone; 1 mL of neat s gets 0.5 mL/min of water, the main component from 2 min on
    model = bench(DECAY, STOCKS, experiment("e", mix(portion(1, "s")), add(portion(3, "water"), over=6)))
    flag = next(p for p in model.parameters if p.name == "in water")
    law = mscnet.mechanism.types.RateLaw("mass_action", Product((parameter("k"), Symbol(flag.name, "parameter"))))
    model = replace(model, reactions=tuple(replace(r, law=law) for r in model.reactions))
    assert final(mscnet.perform(model, rtol=1e-9), "A") == pytest.approx(2 / 4 * math.exp(-0.1 * 4), rel=1e-7)


ARRHENIUS = (
    UNITS
    + "temperature = 300 K\nparameter k = 0.1 ; parameter T0 = 1000 K\nA -> B @ k*exp(T0/(300 K) - T0/temperature)"
)


def test_a_vessel_is_held_at_a_temperature() -> None:
    done = run(mix(portion(1, "s")), hold(1), hold(5, 320), hold(5), text=ARRHENIUS)
    rate = 0.1 * math.exp(1000 / 300 - 1000 / 320)
    assert final(done, "A") == pytest.approx(2 * math.exp(-0.1 - 10 * rate), rel=1e-7)
    assert [row.temperature for row in done.conditions[0].ledger] == [300, 300, 320, 320]


@pytest.mark.usefixtures("_engine")
def test_a_temperature_that_runs_from_one_to_another() -> None:
    from scipy.integrate import quad

    done = run(mix(portion(1, "s")), hold(10, 300, 350), text=ARRHENIUS)
    integral, _ = quad(lambda t: 0.1 * math.exp(1000 / 300 - 1000 / (300 + 5 * t)), 0, 10, epsabs=1e-13)
    assert final(done, "A") == pytest.approx(2 * math.exp(-integral), rel=1e-6)
    assert done.conditions[0].ledger[-1].temperature == 350


@pytest.mark.usefixtures("_engine")
def test_a_vessel_comes_to_equilibrium_with_its_totals() -> None:
    text = UNITS + "A <-> B @ 3, 1"
    done = run(mix(portion(1, "s"), portion(1, "b")), Equilibrate(), add(portion(2, "water")), text=text)
    assert final(done, "A") == pytest.approx(1.5 * 0.25 / 2, rel=1e-7)
    assert done.conditions[0].ledger[-1].time == 0.0


# --- readings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "times"),
    [
        ({"every": 5, "duration": 20}, [0, 5, 10, 15, 20]),
        ({"every": 5, "duration": 18, "dead": "0.5"}, [0.5, 5, 10, 15]),
        ({"every": 5, "duration": 20, "dead": 7}, [7, 10, 15, 20]),
        ({"times": [0, 1, 4]}, [0, 1, 4]),
        ({"times": [0, 1, 4], "dead": "0.5"}, [0.5, 1, 4]),
        ({}, [0]),
        ({"dead": 2}, [2]),
    ],
)
def test_when_readings_are_taken(step, times) -> None:
    done = run(mix(portion(1, "s")), hold(10), measure(value("A"), **step))
    series = done.conditions[0].series["A"]
    assert series.time == pytest.approx(times)
    assert series.values == pytest.approx([2 * math.exp(-0.1 * (10 + t)) for t in times], rel=1e-7)
    assert series.unit == "mM"


def test_an_expression_of_species_observables_derived_values_and_loops_is_read() -> None:
    text = DECAY + "\nobservable total = [A] + [B]\nhalf = k/2\nratio = [B]/total"
    seen = Sum((species("A"), Symbol("total", "observable"), Symbol("half", "definition"), loop("v"),
                Symbol("ratio", "definition")))  # fmt: skip
    steps = (mix(portion(loop("v"), "s"), portion(1, "water")), measure(value("x", seen)))
    model = bench(text, STOCKS, experiment("e", *steps, loops={"v": [1]}))
    assert mscnet.perform(model).conditions[0].series["x"].values == pytest.approx([1 + 1 + 0.05 + 1 + 0])


def test_a_species_of_another_pathway_is_nowhere() -> None:
    text = UNITS + "pathway one { A -> B @ 0.1 }\npathway two { A -> C @ 0.1 }"
    done = run(mix(portion(1, "s")), measure(value("C")), text=text)
    assert done.conditions[0].series["C"].values == [0.0]


def test_absorbance_and_spectra_are_those_of_the_bands() -> None:
    # a Gaussian of 20 nm FWHM at 371 nm; the file's length is the cube root of its mL: cm
    nm = [number(f"{w}e-7") for w in (371, 381, 5)]
    settings = (("center", Number(Fraction(371, 10**7), LENGTH)), ("fwhm", Number(Fraction(20, 10**7), LENGTH)),
                ("epsilon", number(10)))  # fmt: skip
    step = Observe((Reading("od", "absorbance", (nm[0],), path=number("0.2")), Reading("all", "spectrum", tuple(nm))))
    model = replace(bench(DECAY, STOCKS, experiment("e", mix(portion(1, "s")), step)),
                    bands=(Band("A", (Shape("gaussian", settings),)),))  # fmt: skip
    (condition,) = mscnet.perform(model).conditions
    assert condition.series["od"].values == pytest.approx([0.2 * 10 * 2])
    assert condition.series["od"].wavelength == pytest.approx(371.0)
    assert condition.spectra["all"].wavelength == pytest.approx([371, 376, 381])
    assert condition.spectra["all"].absorbance == pytest.approx(20 * 0.5 ** np.array([[0, 0.25, 1]]))


# --- what cannot be done -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((mix(portion(1, "s")), take("1.1")), "`pot` holds 1 mL, so 1.1 mL cannot be taken from it"),
        ((mix(portion(1, "s")), Discard(number(2))), "`pot` holds 1 mL, so 2 mL cannot be taken"),
        ((mix(portion(1, "s"), into="f"), mix(portion("1.5", "f", "fraction"))), "1.5 of `f` is more than all of it"),
        ((mix(portion(1, "s"), into="f"), mix(portion(2, "f"))), "`f` holds 1 mL, so 2 mL cannot be taken"),
        ((mix(portion(1, "s")), mix(portion(1, "b"))), "`pot` holds something already"),
        ((mix(portion(0, "s")),), "nothing was put into `pot`"),
        ((mix(portion(-1, "s")),), "the volume of `s` is -1"),
        ((hold(1),), "nothing has been mixed yet"),
        ((measure(value("A")),), "nothing has been mixed yet"),
        ((mix(portion(1, "s")), Discard(), measure(value("A"))), "`pot` is empty"),
        ((mix(portion(1, "s")), hold(-1)), "the time is -1"),
        ((mix(portion(1, "s")), take(0)), "the volume is 0"),
        ((mix(portion(1, "nothing")),), "`nothing` is neither a stock nor a vessel"),
        ((mix(portion(1, "s", "mass")),), "the density of `s` is not known"),
        ((mix(portion(1, "s")), Repeat(number("1.5"), (hold(1),))), "the number of repeats is 1.5"),
        ((mix(portion(1, "s")), Repeat(number(10**9), (hold(1),))), "more than 100,000 steps"),
        ((mix(portion(1, "s")), measure(value("A"), every="1e-9", duration=1)), "more than 1,000,000 readings"),
        ((mix(portion(1, "s")), hold(1, 300, 320)), "the model has no temperature"),
    ],
)
def test_a_step_that_cannot_be_done_is_an_error(steps, message) -> None:
    assert message in refused(*steps)


def test_all_that_is_taken_may_be_all_there_is_to_rounding() -> None:
    thirds = [portion("0.1", "s")] * 3
    done = run(mix(*thirds), take("0.3", into="tube"), Use("tube"))
    assert done.conditions[0].ledger[1].volume == 0.0


def test_solids_alone_have_no_concentration() -> None:
    from mscnet.mechanism.bench import Stock

    model = bench(UNITS + "A -> B @ 1", [Stock("A", "solid", molar_mass=number(100))],
                  experiment("e", mix(portion(5, "A", "mass")), measure(value("A"))))  # fmt: skip
    assert "holds solids alone" in mscnet.perform(model).conditions[0].trouble


def test_parameters_without_a_value_are_all_named() -> None:
    text = UNITS + "A -> B @ k1\nB -> C @ k2\nparameter a ; parameter unused"
    stocks = [solution("s", A=parameter("a"))]
    model = bench(text, stocks, experiment("e", mix(portion(1, "s")), hold(1)))
    with pytest.raises(MechanismError) as error:
        mscnet.perform(model)
    assert "3 parameters have no value: `a`, `k1`, `k2`" in str(error.value)
    assert final(mscnet.perform(model, values={"k1": 0.0, "k2": 0.0, "a": 2.0}), "A") == 2.0


def test_a_condition_that_fails_keeps_what_was_reached_and_the_others_go_on() -> None:
    text = UNITS + "2 A -> 3 A @ 1\nparameter k = 1"  # 1/A = 1/A0 - t: infinite at 1/A0
    steps = (mix(portion(loop("v"), "s"), portion(1, "water")), measure(value("A"), every="0.15", duration="1.2"))
    done = mscnet.perform(bench(text, STOCKS, experiment("e", *steps, loops={"v": [1, "0.5"]})))
    failed, good = done.conditions
    assert failed.status is not Status.DONE
    assert "could not be followed beyond t = 1" in failed.trouble
    series = failed.series["A"]
    assert len(series.time) == 7
    assert series.values == pytest.approx(1 / (1 - series.time), rel=1e-4)
    assert good.status is Status.DONE


def test_a_condition_that_cannot_be_done_is_named_and_the_others_go_on() -> None:
    file = (
        UNITS
        + """A -> B @ 0.1 /min
solution s { A = 2 mM }
experiment e(v) for v in 1, 3, -1, 2 mL { mix 2 mL s ; take v ; measure a = [A] }
experiment f { mix 1 mL s ; measure a = [A] }
"""
    )
    done = mscnet.perform(mscnet.loads(file))
    assert [c.status.name for c in done.conditions] == ["DONE", "IMPOSSIBLE", "IMPOSSIBLE", "DONE", "DONE"]
    assert done.conditions[1].trouble == "e(v = 3 mL): `pot` holds 2 mL, so 3 mL cannot be taken from it"
    assert "e(v = -1 mL): the volume is -1" in done.conditions[2].trouble
    assert done.conditions[1].error is not None
    assert done.conditions[1].error.diagnostics[0].span.text == "take v"  # type: ignore[union-attr]
    assert [c.series["a"].values[0] for c in done.conditions if c.series] == [2.0, 2.0, 2.0]


TWICE = (
    UNITS
    + """A -> B @ k
parameter k = 0.1 /min
solution s { A = 2 mM }
solvent water
experiment points { mix 1 mL s ; repeat 5 { hold 2 min ; measure a = [A] } }
experiment thinned { mix 1 mL s ; measure a = [A] every 1 min for 2 min
    add 1 mL water ; measure a = [A], b = [B] every 1 min for 2 min }
"""
)


def test_readings_of_several_steps_are_one_series() -> None:
    done = mscnet.perform(mscnet.loads(TWICE), rtol=1e-10)
    points, thinned = (c.series["a"] for c in done.conditions)
    assert points.time == pytest.approx([0, 2, 4, 6, 8])
    assert points.values == pytest.approx(2 * np.exp(-0.1 * np.arange(2, 11, 2)), rel=1e-7)
    assert thinned.time == pytest.approx([0, 1, 2, 2, 3, 4])
    assert thinned.values == pytest.approx(2 * np.exp(-0.1 * thinned.time) / [1, 1, 1, 2, 2, 2], rel=1e-7)
    assert done.conditions[1].series["b"].time == pytest.approx([0, 1, 2])


def test_a_fact_is_on_the_readings_of_all_steps() -> None:
    facts = "expect points { max(a) = 1.637 ± 0.001 mM }\nexpect thinned { max(2*a) = 4 ± 0.001 mM }"
    assert all(verdict.passed for verdict in mscnet.judge(mscnet.loads(TWICE + facts)))


def test_a_fact_on_a_condition_that_cannot_be_done_fails() -> None:
    file = (
        UNITS
        + """A -> B @ 0.1 /min
solution s { A = 2 mM }
experiment e(v) for v in 1, 3 mL { mix 2 mL s ; take v ; measure a = [A] }
expect e { max(a) = 2 mM }
"""
    )
    good, bad = mscnet.judge(mscnet.loads(file))
    assert (good.passed, bad.passed, bad.finished) == (True, False, True)
    assert bad.sentence.startswith("could not be done: e(v = 3 mL): `pot` holds 2 mL")


def test_too_long_a_chain_of_origins_is_an_error() -> None:
    chain = [experiment("e0", mix(portion(1, "s")))]
    chain += [experiment(f"e{i}", hold(1), origin=Origin(f"e{i - 1}")) for i in range(1, 1500)]
    model = bench(DECAY, STOCKS, *chain)
    assert final(mscnet.perform(model, "e100", rtol=1e-9), "A") == pytest.approx(2 * math.exp(-10), rel=1e-6)
    with pytest.raises(MechanismError, match="`e101` starts from more than 100 experiments"):
        mscnet.perform(model)


@pytest.mark.skipif(kernels.core() is None, reason="the kernels look for interrupts")
def test_ctrl_c_keeps_the_conditions_that_were_finished() -> None:
    # the second condition takes some 1e9 steps
    text = UNITS + "parameter f = 0 /min ; parameter k = 1 /min\nA -> B @ k*(1 + sin(f*time))"
    steps = (mix(portion(1, "s")), Set("f", loop("f")), hold(10))
    model = bench(text, STOCKS, experiment("e", *steps, loops={"f": [0, "1e9"]}))
    made = mscnet.Bench(model, max_steps=10**12)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(mscnet.ExperimentsInterrupted) as error:
        made.run()
    assert [c.status for c in error.value.run.conditions] == [Status.DONE]
