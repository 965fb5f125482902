"""Events in deterministic runs, against closed forms, another simulator, and each other."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import mscnet
from mscnet import kernels
from mscnet.language import check_text

#: The compiled methods take the place of SciPy's of the same name.
METHODS = (
    "auto", "bdf", "radau", "lsoda", "rk45", "dop853", *(("rosenbrock", "tsit5") if kernels.core() else ()),
)  # fmt: skip

DOSING = """
units time = h, concentration = mM
species Drug = 1 mM, Met
parameter k = 0.3 /h, dose = 1 mM, tau = 8 h
Drug -> Met @ k
"""


def load(text: str, head: str = DOSING) -> mscnet.Mechanism:
    return mscnet.loads(head + text)


def fired(run: mscnet.Trajectory, event: str | None = None) -> list[float]:
    return [firing.time for firing in run.events if event in (None, firing.event)]


# --- set times -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_repeated_doses_add_up(method: str) -> None:
    """Superposition of boluses: Gibaldi and Perrier, Pharmacokinetics, 1982, chapter 3."""
    run = mscnet.simulate(load("every 8 h { Drug += dose }"), 100, points=401, method=method, rtol=1e-9)
    doses = np.arange(0.0, 100.5, 8.0)
    since = run.time[:, None] - doses
    exact = np.where(since >= 0.0, np.exp(-0.3 * np.maximum(since, 0.0)), 0.0).sum(axis=1)
    # SciPy's lsoda keeps its error to a looser multiple of rtol
    assert run["Drug"] == pytest.approx(exact, abs=2e-7)


def test_accumulation_ratio() -> None:
    """Peaks tend to dose/(1 - exp(-k tau))."""
    run = mscnet.simulate(load("every tau { Drug += dose }"), 400, points=3, rtol=1e-10)
    last = run.events[-1]
    index = run.species.index("Drug")
    assert last.after[index] == pytest.approx(1.0 / (1.0 - math.exp(-0.3 * 8.0)), rel=1e-8)
    assert last.before[index] == pytest.approx(last.after[index] - 1.0)


def test_mass_balance_across_additions() -> None:
    run = mscnet.simulate(load("every 3 h from 2 h to 20 h { Drug += 0.25 mM }"), 24, points=97)
    added = 0.25 * np.array([sum(t <= x for t in fired(run)) for x in run.time])
    assert run["Drug"] + run["Met"] == pytest.approx(1.0 + added, rel=1e-12)


@pytest.mark.parametrize(
    ("trigger", "times"),
    [
        ("at 5 h", [5]), ("at t = 5 h", [5]), ("at time = 2*tau", [16]), ("at t = 300 min, 2 h, 100 h", [2, 5]),
        ("every 8 h", [8, 16]), ("every 8 h from 0 h", [0, 8, 16]), ("every 5 h from 1 h to 11 h", [1, 6, 11]),
        ("every 5 h from 1 h times 2", [1, 6]), ("every 5 h times 0", []), ("at t = 0 h", [0]), ("at t = 20 h", [20]),
        ("every 0.1 h from 0.1 h to 0.3 h", [0.1, 0.2, 0.3]),
    ],
)  # fmt: skip
def test_set_times(trigger: str, times: list[float]) -> None:
    run = mscnet.simulate(load(f"{trigger} {{ Drug += dose }}"), 20, points=201)
    assert fired(run) == pytest.approx(times, rel=1e-14)


def test_times_before_the_start_have_passed() -> None:
    run = mscnet.simulate(load("every 8 h { Drug += dose }"), 30, start=10, points=21)
    assert fired(run) == [16.0, 24.0]


def test_output_at_the_time_of_an_event_is_the_one_after_it() -> None:
    run = mscnet.simulate(load("at 5 h { Drug = 3 mM }"), 10, times=[0, 5, 10])
    assert run["Drug"][1] == 3.0


def test_rounding_does_not_part_an_event_from_its_output_time() -> None:
    """0.1 + 2*0.1 is not 0.3 in floats."""
    run = mscnet.simulate(load("every 0.1 h from 0.1 h { Drug = 3 mM }"), 1, times=[0.0, 0.3, 0.7, 1.0])
    assert run["Drug"][1:].tolist() == [3.0, 3.0, 3.0]


def test_states_before_and_after_are_kept() -> None:
    run = mscnet.simulate(load("at 5 h { Drug += 2 mM }"), 10, points=3)
    (firing,) = run.events
    drug = run.species.index("Drug")
    assert firing.before[drug] == pytest.approx(math.exp(-1.5), rel=1e-5)
    assert firing.after[drug] == pytest.approx(firing.before[drug] + 2.0)


def test_upright_jumps_for_figures() -> None:
    run = mscnet.simulate(load("at 5 h { Drug += 2 mM }\nat 7 h { Drug += 1 mM }"), 10, points=3)
    shown = run.with_jumps()
    assert shown.time.tolist() == [0.0, 5.0, 5.0, 5.0, 7.0, 7.0, 10.0]
    assert np.diff(shown["Drug"])[[1, 4]] == pytest.approx([2.0, 1.0])


def test_times_follow_parameters() -> None:
    mechanism = load("parameter t_add = 4 h\nat t = t_add { Drug += dose }")
    assert fired(mscnet.simulate(mechanism.with_values(t_add="90 min"), 10)) == [1.5]


# --- actions -------------------------------------------------------------------------------------


def test_values_are_those_before_the_event() -> None:
    run = mscnet.simulate(load("at 0 h { Drug = [Met] + 2 mM ; Met = [Drug] }"), 1, points=2)
    assert (run["Drug"][0], run["Met"][0]) == (2.0, 1.0)


def test_events_of_one_time_follow_the_text() -> None:
    run = mscnet.simulate(
        load("at 0 h { Drug += 1 mM }\nat 0 h { Drug *= 3 }\nat 0 h { Drug -= [Drug]/2 }"), 1, points=2
    )
    assert run["Drug"][0] == 3.0


def test_amounts_are_divided_by_the_volume() -> None:
    run = mscnet.simulate(load("option volume = 10 mL\nat 0 h { Drug += 20 umol ; Met = 5 umol }"), 1, points=2)
    assert (run["Drug"][0], run["Met"][0]) == pytest.approx((3.0, 0.5))


def test_a_parameter_that_an_event_sets_has_a_course() -> None:
    text = "parameter feed = 0 mM/h\n0 -> Drug @ feed\nobservable twice = 2*feed\nat 4 h { feed = 1 ; k /= 2 }"
    run = mscnet.simulate(load(text), 10, points=6)
    assert run["feed"].tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert run["twice"].tolist() == (2 * run["feed"]).tolist()
    assert run["k"][-1] == 0.15
    assert run.unit_of("feed") == "mM/h"


def test_a_reservoir_may_be_changed() -> None:
    text = "units time = h, concentration = mM\nspecies A, S = 1 mM constant\nS -> A @ 1 /h\nat 2 h { S += 1 mM }"
    for method in ("auto", "radau"):
        run = mscnet.simulate(mscnet.loads(text), 4, points=5, method=method, rtol=1e-9)
        assert run["A"] == pytest.approx([0, 1, 2, 4, 6], abs=1e-7)
        assert run["S"].tolist() == [1, 1, 2, 2, 2]


def test_coefficients_follow_a_parameter() -> None:
    text = "units time = h\nspecies A = 1\nparameter n = 1\nA -> (n) B @ 1 /h order A\nat 1 h { n = 2 }"
    run = mscnet.simulate(mscnet.loads(text), 40, points=41, rtol=1e-9)
    e = math.exp(-1.0)
    assert run["B"][-1] == pytest.approx((1 - e) + 2 * e, rel=1e-6)


def test_a_negative_concentration_stops_the_run() -> None:
    with pytest.raises(mscnet.SimulationError, match=r"would make \[Drug\] negative: it was 0.548812 mM") as caught:
        mscnet.simulate(load("at 2 h { Drug -= 1 mM }"), 10, points=11)
    assert caught.value.trajectory.time.tolist() == [0.0, 1.0]
    assert caught.value.status is mscnet.Status.EVENT


def test_what_is_taken_whole_leaves_nothing() -> None:
    run = mscnet.simulate(load("at 2 h { Drug -= 3*[Drug]/3 }"), 4, points=3)
    assert run["Drug"][1] == 0.0


# --- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_threshold_is_met_at_the_half_life(method: str) -> None:
    run = mscnet.simulate(load("when [Drug] < 0.5 mM { Drug = 1 mM }"), 20, method=method, rtol=1e-9)
    assert fired(run) == pytest.approx(np.log(2) / 0.3 * np.arange(1, 9), abs=3e-6)


def test_it_fires_where_the_condition_begins_to_hold_alone() -> None:
    run = mscnet.simulate(load("when [Drug] < 0.5 mM { Met += 1 mM }"), 20)
    assert len(run.events) == 1


def test_what_holds_at_the_start_has_to_cease_first() -> None:
    mechanism = load("when [Drug] > 0.5 mM { Met += 1 mM }\nat 10 h { Drug = 1 mM }")
    run = mscnet.simulate(mechanism, 20)
    assert fired(run, "when [Drug] > 0.5 mM") == [10.0]
    assert "holds at the start" in run.notes[0]


def test_once() -> None:
    run = mscnet.simulate(load("when [Drug] < 0.5 mM once { Drug = 1 mM }"), 20)
    assert len(run.events) == 1


def test_persistence_delays() -> None:
    run = mscnet.simulate(load("when [Drug] < 0.5 mM for 2 h { Drug = 1 mM }"), 20, rtol=1e-9)
    assert fired(run) == pytest.approx((np.log(2) / 0.3 + 2.0) * np.arange(1, 5), abs=1e-6)


def test_persistence_is_broken_by_a_return() -> None:
    """X = sin t + 1 is above 1.5 for 2π/3 at a time."""
    circle = "species X = 1, Y = 2, n\n0 -> X rate ([Y] - 1 M)*(1 /s)\n0 -> Y rate -([X] - 1 M)*(1 /s)\n"
    for hold, count in ((2.0, 3), (2.2, 0)):
        run = mscnet.simulate(mscnet.loads(circle + f"when [X] > 1.5 M for {hold} s {{ n += 1 M }}"), 18, rtol=1e-9)
        starts = np.pi / 6 + 2 * np.pi * np.arange(count)
        assert fired(run) == pytest.approx(starts + hold, abs=1e-6)


def test_conditions_join() -> None:
    text = "when [Drug] < 0.5 mM and time > 5 h { Met += 1 mM }"
    assert fired(mscnet.simulate(load(text), 20)) == pytest.approx([5.0])
    text = "when [Drug] < 0.5 mM or time > 1 h { Met += 1 mM }"
    assert fired(mscnet.simulate(load(text), 20)) == pytest.approx([1.0])
    text = "when not ([Drug] >= 0.5 mM or [Met] <= 0.75 mM) { Met += 1 mM }"
    assert fired(mscnet.simulate(load(text), 20, rtol=1e-9)) == pytest.approx([math.log(4) / 0.3], abs=1e-6)


def test_conditions_on_observables_and_parameters() -> None:
    text = "observable total = [Drug] + [Met]\nparameter most = 2.5 mM\nevery 2 h { Drug += dose }\n"
    run = mscnet.simulate(load(text + "when total > most { dose = 0 }"), 20)
    assert run["total"][-1] == pytest.approx(3.0)


def test_an_event_sets_off_another_at_once() -> None:
    text = "at 3 h { Drug += 5 mM }\nwhen [Drug] > 4 mM { Met += 1 mM }\nwhen [Met] > 1 mM { k = 0 }"
    run = mscnet.simulate(load(text), 10)
    assert [(f.event, f.time) for f in run.events] == [
        ("at 3 h", 3.0), ("when [Drug] > 4 mM", 3.0), ("when [Met] > 1 mM", 3.0),
    ]  # fmt: skip


def test_events_without_end_are_an_error() -> None:
    text = "parameter s = 0\nat 2 h { s = 1 }\nwhen s > 0.5 { s = 0 }\nwhen s < 0.5 { s = 1 }"
    with pytest.raises(mscnet.SimulationError, match=r"without end: `when s < 0.5`, `when s > 0.5`"):
        mscnet.simulate(load(text), 10)


@pytest.mark.parametrize("method", ["auto", "bdf", "radau"])
def test_a_condition_that_holds_for_a_moment_is_found(method: str) -> None:
    """The peak of B in A -> B -> C, with a threshold a millionth below it, within steps that are long."""
    k1, k2 = 1.0, 0.5
    top = math.log(k1 / k2) / (k1 - k2)
    peak = k1 / (k2 - k1) * (math.exp(-k1 * top) - math.exp(-k2 * top))
    text = f"species A = 1, n\nA -> B @ {k1}\nB -> C @ {k2}\nwhen [B] > {peak * (1 - 1e-6)!r} {{ n += 1 }}"
    run = mscnet.simulate(mscnet.loads(text), 20, points=2, method=method, rtol=1e-9, atol=1e-12)
    assert run["n"][-1] == 1.0
    assert fired(run)[0] == pytest.approx(top, abs=0.01)


def test_a_relaxation_oscillator() -> None:
    """Between 1 and 2 with time constant 1/k to 0 and to 3: half periods of ln 2 each."""
    text = """
    units time = s, concentration = mM
    species X = 1 mM
    parameter high = 3 mM
    0 -> X rate (high - [X])*(1 /s)
    when [X] > 2 mM { high = 0 }
    when [X] < 1 mM { high = 3 mM }
    """
    run = mscnet.simulate(mscnet.loads(text), 20, rtol=1e-10)
    assert np.diff(fired(run)) == pytest.approx(np.log(2.0), abs=1e-7)
    assert len(run.events) == int(20 / math.log(2.0))


def test_ends_and_watches_work_beside_events() -> None:
    run = mscnet.simulate(load("every 2 h { Drug += dose }"), 50, stop_when="[Drug] > 2 mM", watch=["[Drug] < 1 mM"])
    assert run.status is mscnet.Status.STOPPED
    assert run.time[-1] == 6.0
    found = [(c.holds, c.time) for c in run.crossings if c.condition == "[Drug] < 1 mM"]
    assert (False, 2.0) in found


# --- ways in -------------------------------------------------------------------------------------


def test_many_runs() -> None:
    mechanism = load("when [Drug] < 0.5 mM { Drug += dose }")
    sim = mscnet.Simulator(mechanism, 20, points=21, columns=["Drug"])
    rows = sim.states(sim.inputs(k=[0.2, 0.4]))
    for row, k in zip(rows, (0.2, 0.4), strict=True):
        assert row[:, 0].tolist() == mscnet.simulate(mechanism.with_values(k=k), 20, points=21)["Drug"].tolist()
    assert len(sim.run(k=0.4).events) > len(sim.run(k=0.2).events)


def test_pickles() -> None:
    mechanism = load("label: when [Drug] < 0.5 mM and time > 1 h for 1 h once { Drug += dose }")
    again = pickle.loads(pickle.dumps(mechanism))
    assert again.events == mechanism.events
    run = pickle.loads(pickle.dumps(mscnet.simulate(again, 20)))
    assert fired(run, "label")


def test_events_of_a_pathway_belong_to_it() -> None:
    mechanism = load("pathway a { at 1 h { Drug = 0 } }\npathway b { at 2 h { Drug = 0 } }")
    assert fired(mscnet.simulate(mechanism.with_pathway("b"), 5)) == [2.0]


def test_without_events() -> None:
    mechanism = load("every 8 h { Drug += dose }").without_events()
    assert mscnet.simulate(mechanism, 20)["Drug"][-1] == pytest.approx(math.exp(-6.0), rel=1e-4)


@pytest.mark.parametrize(
    ("text", "message", "unsupported"),
    [
        ("every 8 h { Drug += dose }", "`every 8 h` goes on without end, so there is no steady state", False),
        ("at 1 h { Drug += dose }", r"a steady state after events \(`at 1 h`\)", True),
        ("every 8 h times 3 { Drug += dose }", "a steady state after events", True),
        ("low: when [Drug] < 0.1 mM { Drug += dose }", "a steady state on whose way `low` may happen", True),
    ],
)
def test_a_steady_state_is_refused_by_name(text: str, message: str, unsupported: bool) -> None:
    with pytest.raises(mscnet.MechanismError, match=message) as caught:
        mscnet.steady_state(load(text))
    assert caught.value.diagnostics[0].unsupported == unsupported


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("every k/k*0 h { Drug = 0 }", "its period is 0"),
        ("every 1 h times 1.5 { Drug = 0 }", "a whole number"),
        ("every 1e-9 h { Drug = 0 }", "more than 100,000 times"),
        ("parameter x\nat t = x { Drug = 0 }", "no value"),
        ("at t = 1 h/(k - k)*k { Drug = 0 }", "not a finite number"),
    ],
)
def test_times_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=message):
        mscnet.simulate(load(text), 10)


# --- against others --------------------------------------------------------------------------------


def test_as_roadrunner_does() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    antimony = pytest.importorskip("antimony")
    text = """
    model m
      A = 1; B = 0; k = 0.3; feed = 0.2
      J1: A -> B; k*A
      J2: -> A; feed
      E1: at time >= 5: A = A + 2, k = k*2
      E2: at A < 0.4: A = A + 1
      E3: at B > 4: feed = 0
    end
    """
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0
    peer = roadrunner.RoadRunner(antimony.getSBMLString("m"))
    peer.integrator.relative_tolerance, peer.integrator.absolute_tolerance = 1e-11, 1e-13
    theirs = np.array(peer.simulate(0, 20, 82, ["time", "[A]", "[B]"]))
    ours = mscnet.simulate(
        mscnet.loads("""
        species A = 1, B
        parameter k = 0.3 /s, feed = 0.2 M/s
        A -> B @ k
        0 -> A @ feed
        at 5 s { A = A + 2 ; k = k*2 }
        when A < 0.4 { A += 1 }
        when B > 4 { feed = 0 }
        """),
        times=theirs[:, 0], rtol=1e-10,
    )  # fmt: skip
    # theirs finds an event at the end of a step of its own accuracy
    assert np.abs(ours.values - theirs[:, 1:]).max() < 2e-6


@st.composite
def schedules(draw: st.DrawFn) -> list[tuple[float, int, float]]:
    times = draw(st.lists(st.integers(0, 40), max_size=8))
    return [(t / 4, draw(st.integers(0, 1)), draw(st.integers(0, 16)) / 8) for t in times]


@settings(max_examples=25)
@given(schedules(), st.sampled_from(["auto", "bdf", "lsoda"]))
def test_any_schedule_of_a_linear_system(schedule: list[tuple[float, int, float]], method: str) -> None:
    """Between additions the exact solution is a matrix exponential."""
    text = "species A = 1, B = 0.5\nA <-> B @ 0.7, 0.2\nB -> 0 @ 0.1\n"
    text += "\n".join(f"at {t} s {{ {'AB'[i]} += {x} M }}" for t, i, x in schedule)
    times = np.array([0.0, 2.6, 5.0, 7.7, 10.0])
    run = mscnet.simulate(mscnet.loads(text), times=times, method=method, rtol=1e-9)
    matrix = np.array([[-0.7, 0.2], [0.7, -0.3]])
    edges = sorted({0.0, *times.tolist(), *(t for t, _, _ in schedule)})
    x, exact = np.array([1.0, 0.5]), {}
    for start, end in pairwise([*edges, 11.0]):
        for t, i, added in schedule:
            x[i] += added if t == start else 0.0
        exact[start] = x.copy()
        x = expm(matrix * (end - start)) @ x
    assert run.values == pytest.approx(np.array([exact[t] for t in times]), abs=1e-6)


def test_derived_values_vary_in_events_too() -> None:
    mechanism = load("extra = 2*dose\nat 1 h { Drug += extra }")
    sim = mscnet.Simulator(mechanism, times=[1.0], columns=["Drug"], vary=["extra"])
    found = sim.states(sim.inputs(extra=[1.0, 5.0]))[:, 0, 0]
    assert np.diff(found) == pytest.approx([4.0])


def test_a_species_that_only_events_know_is_no_finding() -> None:
    text = "species A = 1, Seen\nA -> B @ 0.1\nparameter limit = 0.5 M\nwhen [A] < limit { Seen += 1 M }"
    assert check_text(text).diagnostics == ()


@pytest.mark.parametrize("method", METHODS)
def test_a_condition_on_a_narrow_pulse_is_found_once(method: str) -> None:
    text = "species n\nwhen pulse(12.3 h, 1e-4 h, 1) > 0.5 { n += 1 mM }\nparameter s = 0"
    run = mscnet.simulate(load(text), 100, points=2, method=method)
    assert run["n"][-1] == 1.0
    assert fired(run) == pytest.approx([12.3], rel=1e-12)


def test_pathways_may_label_alike() -> None:
    mechanism = load("pathway a { x: at 1 h { Drug = 0 } }\npathway b { x: at 2 h { Drug = 0 } }")
    assert fired(mscnet.simulate(mechanism.with_pathway("b"), 5), "x") == [2.0]


def test_a_run_with_too_few_steps_says_where_it_was_to_end() -> None:
    with pytest.raises(mscnet.SimulationError, match="short of t = 100 h"):
        mscnet.simulate(load("every 8 h { Drug += dose }"), 100, max_steps=10)


CHAIN = """
parameter s[n] = 0 for n in 0 .. 60
twice[n] = 2*s[n] for n in 0 .. 60
when [Drug] < 0.5 mM { s[0] = 1 }
for n in 0 .. 59 { when twice[n] > 1 { s[n+1] = 1 ; Met += 0.01 mM } }
when [Met] > 1.095 mM { Drug = 5 mM }
"""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_events_set_each_other_off_through_constants_derived_values_and_species(method: str) -> None:
    run = mscnet.simulate(load(CHAIN), 3, points=2, method=method)
    at = math.log(2) / 0.3
    assert [firing.time for firing in run.events] == pytest.approx([at] * 62, rel=1e-5)
    assert run["Drug"][-1] == pytest.approx(5 * math.exp(-0.3 * (3 - at)), rel=1e-4)
