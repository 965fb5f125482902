"""Events of a mechanism in its experiments: closed forms, conservation, and the same as in plain runs."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet.experiment.judge import judge
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.reach import absent_species
from mscnet.experiment.refine import refined
from mscnet.experiment.results import Condition
from mscnet.records import replace
from mscnet.simulation.status import Status

HEAD = """
units time = min, concentration = mM, volume = mL
species A, B
parameter k = 0.1 /min, dose = 0.5 mM
A -> B @ k
solution S { A = 1 mM }
solvent W
"""
TIGHT = 1e-9


def done(text: str, name: str = "e", head: str = HEAD, **how: object) -> Condition:
    run = mscnet.perform(mscnet.loads(head + text), name, **{"rtol": TIGHT, **how})
    (condition,) = run.conditions
    assert condition.status is Status.DONE, condition.trouble
    return condition


def read(condition: Condition, name: str = "a") -> np.ndarray:
    return condition.series[name].values


def fired(condition: Condition, vessel: str | None = None) -> list[tuple[str, float]]:
    return [(h.firing.event, h.firing.time) for h in condition.events if vessel in (None, h.vessel)]


# --- set times -----------------------------------------------------------------------------------


def test_a_train_of_doses_is_a_sum_of_decays_over_all_steps() -> None:
    """Superposition of boluses: Gibaldi and Perrier, Pharmacokinetics, 1982, chapter 3."""
    condition = done("""
        pulse: every 7 min { A += dose }
        experiment e { mix 1 mL S ; hold 10 min ; hold 4 min ; measure a = [A] every 0.5 min for 40 min }
    """)
    clock = condition.series["a"].time + 14.0
    doses = np.arange(7.0, 60.0, 7.0)
    since = clock[:, None] - doses
    exact = np.exp(-0.1 * clock) + 0.5 * np.where(since >= 0, np.exp(-0.1 * np.maximum(since, 0)), 0).sum(axis=1)
    assert read(condition) == pytest.approx(exact, rel=1e-6)
    assert fired(condition) == [("pulse", t) for t in doses if t <= 54.0]


def test_readings_on_either_side_of_a_jump() -> None:
    condition = done("""
        at 5 min { A = 3 mM }
        experiment e { mix 1 mL S ; measure a = [A] at 0 min, 4.999999 min, 5 min, 5.000001 min }
    """)
    before, after = math.exp(-0.5), 3.0
    assert read(condition) == pytest.approx([1.0, before, after, after], rel=1e-6)


@pytest.mark.parametrize("steps", ["hold 5 min ; measure a = [A]", "measure a = [A] at 0 min, 5 min"])
def test_an_event_at_the_end_of_a_step_happens_once(steps: str) -> None:
    condition = done(f"at 5 min {{ A += 1 mM }}\nexperiment e {{ mix 1 mL S ; {steps} ; hold 1 min }}")
    assert fired(condition) == [("at 5 min", 5.0)]
    assert read(condition)[-1] == pytest.approx(1.0 + math.exp(-0.5), rel=1e-6)


def test_rounded_sums_of_times_do_not_part_an_event_from_its_step() -> None:
    """3 × 0.1 is not 0.3 in floats."""
    condition = done("""
        every 0.1 min from 0.3 min times 1 { A += 1 mM }
        experiment e { mix 1 mL S ; repeat 3 { hold 0.1 min } ; measure a = [A] ; hold 1 min }
    """)
    assert len(fired(condition)) == 1
    assert read(condition) == pytest.approx([1.0 + math.exp(-0.03)], rel=1e-6)


def test_what_is_there_at_time_zero_counts() -> None:
    condition = done("at 0 min { A += 1 mM }\nexperiment e { mix 1 mL S ; add 1 mL W ; measure a = [A] }")
    assert read(condition) == pytest.approx([1.5])


def test_a_vessel_begins_when_it_is_filled() -> None:
    condition = done("""
        at 5 min { A += 1 mM }
        at 8 min { A += 2 mM }
        experiment e { mix 1 mL S in one ; hold 6 min ; mix 1 mL S in two ; hold 4 min ; measure a = [A]
                       use one ; measure b = [A] }
    """)
    assert read(condition) == pytest.approx([math.exp(-0.4) + 2 * math.exp(-0.2)], rel=1e-6)
    other = math.exp(-1.0) + math.exp(-0.5) + 2 * math.exp(-0.2)
    assert read(condition, "b") == pytest.approx([other], rel=1e-6)
    assert fired(condition, "two") == [("at 8 min", 8.0)]


def test_vessels_that_wait_have_their_events() -> None:
    text = "pulse: every 3 min { A += dose }\nlow: when [A] < 0.6 mM { B += 1 mM }\n"
    waited = done(
        text
        + """experiment e {
        mix 1 mL S in two ; mix 1 mL S in one ; hold 5 min ; add 1 mL W ; hold 5 min
        use two ; measure a = [A], b = [B]
    }"""
    )
    held = done(text + "experiment e { mix 1 mL S ; hold 10 min ; measure a = [A], b = [B] }")
    assert [read(waited, x)[0] for x in "ab"] == pytest.approx([read(held, x)[0] for x in "ab"], rel=1e-7)


# --- volumes and amounts -----------------------------------------------------------------------------


def test_amounts_go_into_the_volume_of_the_vessel() -> None:
    run = mscnet.perform(mscnet.loads(HEAD + """
        at 1 min { B += 6 umol }
        experiment e(v) for v in 1, 2, 3 mL { mix v S ; hold 1 min ; measure b = [B]*1 }
    """))  # fmt: skip
    decayed = 1 - math.exp(-0.1)
    found = [read(condition, "b")[0] for condition in run.conditions]
    assert found == pytest.approx([decayed + 6.0, decayed + 3.0, decayed + 2.0], rel=1e-5)


@pytest.mark.parametrize(
    ("action", "gained"),
    [("A += 1 mM", 1.5), ("A += 3 umol", 3.0), ("A = 2 mM", 3.0 - 1.0), ("A *= 2", 1.0), ("A -= 0.2 mM", -0.3)],
)
def test_events_in_a_feed_change_amounts_by_the_volume_of_the_moment(action: str, gained: float) -> None:
    """1 mL grows to 2 mL in 10 min; at 5 min it is 1.5 mL, with 1 umol of A."""
    condition = done(f"""
        at 5 min {{ {action} }}
        experiment e {{ mix 1 mL S ; add 1 mL W over 10 min ; measure a = [A] }}
    """, head=HEAD.replace("0.1 /min", "0 /min"))  # fmt: skip
    assert read(condition) == pytest.approx([(1.0 + gained) / 2.0], rel=1e-7)
    (happened,) = condition.events
    assert happened.firing.before[0] == pytest.approx(1.0 / 1.5, rel=1e-7)


def test_a_condition_in_a_flow_is_on_concentrations() -> None:
    """A stirred tank that is washed out: [A] = exp(-F t/V), so it falls below a half after V/F ln 2."""
    condition = done("""
        half: when [A] < 0.5 mM once { B = 1 mM }
        experiment e { mix 2 mL S ; flow 1 mL/min W out 1 mL/min for 4 min ; measure b = [B] }
    """, head=HEAD.replace("0.1 /min", "0 /min"))  # fmt: skip
    ((_, at),) = fired(condition)
    assert at == pytest.approx(2 * math.log(2), rel=1e-6)
    assert read(condition, "b") == pytest.approx([math.exp(-(4 - at) / 2)], rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 19), st.integers(1, 9)), min_size=1, max_size=5),
    st.lists(st.integers(1, 8), min_size=1, max_size=4),
)
def test_what_was_put_in_stays(doses: list[tuple[int, int]], holds: list[int]) -> None:
    """A + B is all that was added, whatever the steps between."""
    events = "\n".join(f"at {t} min {{ A += {n} umol }}" for t, n in doses)
    steps = " ; ".join(f"hold {t} min ; add {t} mL W" for t in holds)
    condition = done(f"{events}\nexperiment e {{ mix 2 mL S ; {steps} ; measure total = [A] + [B] }}")
    end, volume = sum(holds), 2 + sum(holds)
    assert read(condition, "total") == pytest.approx([(2 + sum(n for t, n in doses if t <= end)) / volume], rel=1e-9)


# --- conditions --------------------------------------------------------------------------------------


def test_bang_bang_control_goes_on_over_steps() -> None:
    """A is fed at a constant rate from below 0.4 until above 0.8: both branches are exponentials."""
    condition = done("""
        parameter feed = 0 mM/min
        0 -> A @ feed
        on: when [A] < 0.4 mM { feed = 0.2 mM/min }
        off: when [A] > 0.8 mM { feed = 0 }
        experiment e { mix 1 mL S ; repeat 9 { hold 7 min } ; measure a = [A], now = feed every 1 min for 5 min }
    """)
    down, up = math.log(0.8 / 0.4) / 0.1, math.log((2 - 0.4) / (2 - 0.8)) / 0.1
    first = math.log(1 / 0.4) / 0.1
    exact = [first + n * (down + up) + part for n in range(9) for part in (0.0, up)]
    times = [t for _, t in fired(condition)]
    assert times == pytest.approx([t for t in exact if t <= 68.0], rel=1e-6)
    assert {name for name, _ in fired(condition)[::2]} == {"on"}
    assert set(read(condition, "now")) <= {0.0, 0.2}


def test_a_condition_that_holds_since_something_was_added_has_begun_to() -> None:
    condition = done("""
        much: when [A] > 0.9 mM { B += 1 mM }
        experiment e { mix 1 mL S ; hold 10 min ; add 1 mL S ; hold 1 min ; add 9 mL S ; measure b = [B] }
    """)
    assert fired(condition) == [("much", 11.0)]  # it held at first, which does not count; 0.68 mM at 10 min
    assert condition.notes


def test_how_long_a_condition_holds_is_counted_over_steps() -> None:
    condition = done("""
        low: when [A] < 0.5 mM for 5 min once { B += 1 mM }
        experiment e { mix 1 mL S ; hold 8 min ; hold 2 min ; hold 10 min }
    """)
    assert fired(condition) == [("low", pytest.approx(math.log(2) / 0.1 + 5.0, rel=1e-6))]


def test_what_is_added_meanwhile_breaks_the_holding() -> None:
    condition = done("""
        low: when [A] < 0.5 mM for 5 min once { B += 1 mM }
        experiment e { mix 1 mL S ; hold 8 min ; add 1 mL S ; hold 20 min }
    """)
    again = 8.0 + math.log((1 + math.exp(-0.8)) / 2 / 0.5) / 0.1 + 5.0
    assert fired(condition) == [("low", pytest.approx(again, rel=1e-6))]


def test_once_is_once_for_a_vessel_and_its_aliquots() -> None:
    condition = done("""
        low: when [A] < 0.5 mM once { A += 1 mM ; k *= 2 }
        experiment e { mix 2 mL S ; hold 8 min ; take 1 mL into cell ; hold 20 min ; measure a = [A], rate = k }
    """)
    at = math.log(2) / 0.1
    assert fired(condition) == [("low", pytest.approx(at, rel=1e-6))]
    assert read(condition, "rate") == [0.2]
    assert read(condition) == pytest.approx([1.5 * math.exp(-0.2 * (28 - at))], rel=1e-6)


def test_what_is_mixed_of_vessels_begins_anew() -> None:
    condition = done("""
        low: when [A] < 0.5 mM once { k *= 2 }
        experiment e { mix 2 mL S ; hold 8 min ; mix 1 mL pot + 2 mL S in cell ; hold 20 min ; measure rate = k }
    """)
    assert read(condition, "rate") == [0.2]
    assert [vessel.vessel for vessel in condition.events] == ["pot", "cell"]


# --- parameters --------------------------------------------------------------------------------------


def test_what_an_event_sets_holds_in_its_vessel_alone() -> None:
    condition = done("""
        low: when [A] < 0.5 mM { k = 0 }
        experiment e { mix 1 mL S in one ; mix 0.5 mL S + 0.5 mL W in two ; mix 4 mL S in three ; hold 6 min
                       use one ; measure k1 = k ; use two ; hold 2 min ; measure k2 = k ; use one ; measure k3 = k }
    """)
    assert [read(condition, name)[0] for name in ("k1", "k2", "k3")] == [0.1, 0.0, 0.0]


def test_a_step_that_sets_a_parameter_has_the_last_word() -> None:
    condition = done("""
        at 5 min { k = 0 }
        experiment e { mix 1 mL S ; hold 6 min ; set k = 0.3 /min ; hold 2 min ; measure a = [A] }
    """)
    assert read(condition) == pytest.approx([math.exp(-0.5 - 0.6)], rel=1e-6)


def test_an_event_that_warms_the_vessel() -> None:
    head = HEAD.replace("@ k", "@ arrhenius(1e6 /min, 40 kJ/mol)") + "parameter T = 300 K\ntemperature = T\n"
    condition = done("""
        at 3 min { T += 20 K }
        experiment e { mix 1 mL S ; measure a = [A], warmth = temperature at 0 min, 2 min, 3 min, 5 min ; hold 1 min }
    """, head=head)  # fmt: skip
    slow, fast = (1e6 * math.exp(-40e3 / (8.31446261815324 * t)) for t in (300.0, 320.0))
    exponents = [0.0, 2 * slow, 3 * slow, 3 * slow + 2 * fast]
    assert read(condition) == pytest.approx(np.exp(-np.array(exponents)), rel=1e-6)
    assert read(condition, "warmth").tolist() == [300.0, 300.0, 320.0, 320.0]
    assert condition.ledger[-1].temperature == 320.0


def test_a_ramp_and_an_event_cannot_both_set_the_temperature() -> None:
    head = HEAD.replace("@ k", "@ arrhenius(1e6 /min, 40 kJ/mol)") + "parameter T = 300 K\ntemperature = T\n"
    text = "at 3 min { T += 20 K }\nexperiment e { mix 1 mL S ; hold 5 min from 300 K to 330 K }"
    (condition,) = mscnet.perform(mscnet.loads(head + text)).conditions
    assert condition.error is not None
    assert condition.error.diagnostics[0].code == "E290"


# --- the clock ---------------------------------------------------------------------------------------


def test_each_experiment_counts_from_its_own_start() -> None:
    text = """
        at 2 min { A += 1 mM }
        low: when [A] < 0.5 mM once { k *= 2 }
        experiment first { mix 1 mL S ; hold 20 min }
        experiment e from first { hold 3 min ; measure a = [A], rate = k }
    """
    run = mscnet.perform(mscnet.loads(HEAD + text), "e", rtol=TIGHT)
    (condition,) = run.conditions
    assert fired(condition) == [("at 2 min", 2.0)]
    assert read(condition, "rate") == [0.2]


def test_one_vessel_is_a_plain_run() -> None:
    """The same mechanism, left alone."""
    events = """
        every 4 min from 1 min { A += 0.3 mM }
        flip: when [A] > 1.1 mM or time > 11 min { k *= 1.5 }
        low: when [A] < 0.7 mM for 0.5 min { A = 2*[B] ; B /= 2 }
    """
    measured = "measure a = [A], b = [B], rate = k every 0.25 min for 20 min"
    condition = done(f"{events}\nexperiment e {{ mix 1 mL S ; {measured} }}")
    plain = mscnet.simulate(mscnet.loads(HEAD + events).with_values(A=1.0), 20.0, points=81, rtol=TIGHT)
    assert fired(condition) == [(f.event, pytest.approx(f.time, rel=1e-7)) for f in plain.events]
    for name, own in (("a", "A"), ("b", "B"), ("rate", "k")):
        assert read(condition, name) == pytest.approx(plain[own], rel=1e-6)


def test_with_fast_equilibria_a_vessel_is_a_plain_run_too() -> None:
    head = HEAD.replace("A -> B @ k", "fast HA <-> H + A @ K = 0.05 mM\nA -> B @ k").replace(
        "{ A = 1 mM }", "{ HA = 1 mM }"
    )
    events = "at 3 min { H += 0.4 mM }\nlow: when [A] < 0.15 mM { HA += 0.5 mM }\n"
    condition = done(
        events + "experiment e { mix 1 mL S ; hold 1 min ; measure a = [A], h = [H], ha = [HA] every 1 min for 9 min }",
        head=head,
    )
    plain = mscnet.simulate(mscnet.loads(head + events).with_values(HA=1.0), 10.0, points=11, rtol=TIGHT)
    assert fired(condition) == [(f.event, pytest.approx(f.time, rel=1e-7)) for f in plain.events]
    for name, own in (("a", "A"), ("h", "H"), ("ha", "HA")):
        assert read(condition, name) == pytest.approx(plain[own][1:], rel=1e-6)


# --- what goes wrong ----------------------------------------------------------------------------------


def test_what_would_become_negative_ends_a_condition_and_no_other() -> None:
    text = "at 2 min { A -= 0.7 mM }\nexperiment e(v) for v in 1, 3 mL { mix v S + 1 mL W ; hold 5 min }"
    first, second = mscnet.perform(mscnet.loads(HEAD.replace("0.1 /min", "0 /min") + text)).conditions
    assert (first.status, second.status) == (Status.EVENT, Status.DONE)
    assert "at t = 2 min in `pot`" in first.trouble
    assert "would make [A] negative: it was 0.5 mM, and would be -0.2 mM" in first.trouble


def test_in_a_feed_too_concentrations_are_told() -> None:
    text = "at 5 min { A -= 0.7 mM }\nexperiment e { mix 1 mL S ; add 1 mL W over 10 min }"
    (condition,) = mscnet.perform(mscnet.loads(HEAD.replace("0.1 /min", "0 /min") + text)).conditions
    assert "it was 0.666667 mM, and would be -0.0333333 mM" in condition.trouble


def test_results_pickle() -> None:
    condition = done("at 1 min { A += 1 mM }\nexperiment e { mix 1 mL S ; hold 2 min ; measure a = [A] }")
    again = pickle.loads(pickle.dumps(condition))
    assert fired(again) == fired(condition)


# --- facts and fits ------------------------------------------------------------------------------------

FACTS = """
pulse: at 5 min { A += dose }
experiment e { mix 1 mL S ; measure a = [A], b = [B] every 1 min for 10 min }
experiment f { mix 1 mL W ; measure b = [B] every 1 min for 10 min }
expect e { max(a) = 1.1065 mM ± 0.001 mM ; time_of_max(a) = 5 min ± 0.5 min ; final(b) < 1.5 mM }
expect f { final(b) > 0.1 mM ; never [B] > 1 mM }
"""


def test_facts_are_judged_with_events() -> None:
    model = mscnet.loads(HEAD + FACTS)
    run = mscnet.perform(refined(model), rtol=TIGHT)
    assert [verdict.passed for verdict in judge(model, model.facts, run)] == [True] * 5


def test_what_only_an_event_brings_is_not_absent() -> None:
    model = mscnet.loads(HEAD + FACTS).chosen
    (condition,) = mscnet.perform(model, "f").conditions
    early = replace(condition.measured[0].stretch, states=np.zeros((11, 2)))
    assert absent_species(model, early) == frozenset()
    assert absent_species(model.without_events(), early) == {"A", "B"}


def test_a_fit_finds_what_events_add(tmp_path: Path) -> None:
    text = HEAD.replace("k = 0.1 /min", "k = 0.1 /min in 0.01 .. 1 log").replace("0.5 mM", "0.5 mM in 0.05 .. 5 log", 1)
    text += "pulse: every 4 min { A += dose }\nexperiment e { mix 1 mL S ; measure a = [A] every 2.2 min for 9 min }\n"
    path = tmp_path / "fit.mech"
    path.write_text(text + 'data e "seen.csv"\n')
    (condition,) = mscnet.perform(mscnet.loads(text), values={"k": 0.2, "dose": 0.8}).conditions
    rows = "\n".join(f"{t:.17g},{a:.17g}" for t, a in zip(condition.series["a"].time, read(condition), strict=True))
    (tmp_path / "seen.csv").write_text(f"time (min),a (mM)\n{rows}\n")
    best = mscnet.fit(mscnet.load(path), starts=1, jobs=1)
    assert best.values["k"] == pytest.approx(0.2, rel=1e-3)
    assert best.values["dose"] == pytest.approx(0.8, rel=1e-3)


def test_derivatives_across_events_are_those_of_the_closed_form() -> None:
    """A threshold that is met at τ = ln(1/c)/k, where 0.3 mM are added, and doses at set times."""
    text = (
        HEAD.replace("dose = 0.5 mM", "dose = 0.5 mM, c = 0.6 mM")
        + """
        every 4 min { A += dose }
        when [A] < c once { A += 0.3 mM }
        experiment e { mix 1 mL S ; measure a = [A] every 1 min for 9.5 min }
    """
    )
    values = np.array([0.15, 0.5, 0.6])
    found = ManyBench(mscnet.loads(text), ["k", "dose", "c"]).with_derivatives(values)
    (measured,) = found.conditions[0].measured
    series = measured.series["a"]
    slopes = (series.values[1:] - series.values[0]) / found.steps[:, None]

    def exact(k: float, dose: float, c: float) -> np.ndarray:
        t = series.time
        tau = math.log(1 / c) / k
        refill = np.where(t >= tau, 0.3 * np.exp(-k * (t - tau)), 0.0)
        return np.exp(-k * t) + refill + sum(np.where(t >= s, dose * np.exp(-k * (t - s)), 0.0) for s in (4.0, 8.0))

    assert series.values[0] == pytest.approx(exact(*values), rel=1e-5)
    for j, h in enumerate(1e-6 * np.eye(3)):
        beside = (exact(*(values + h)) - exact(*(values - h))) / 2e-6
        assert slopes[j] == pytest.approx(beside, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("method", ["bdf", "lsoda"])
def test_all_methods_agree_over_ramps_feeds_and_flows(method: str) -> None:
    head = HEAD.replace("@ k", "@ k*arrhenius(1, 10 kJ/mol, 300 K)") + "temperature = 300 K\nsolvent X\n"
    text = """
        every 4 min { A += dose }
        low: when [A] < 0.6 mM { A += 0.3 mM ; k *= 1.1 }
        experiment e {
            mix 1 mL S ; hold 3 min from 300 K to 320 K ; add 2 mL W over 6 min
            flow 0.1 mL/min X out 0.2 mL/min for 5 min ; measure a = [A], b = [B] every 1 min for 6 min
        }
    """
    one, other = done(text, head=head), done(text, head=head, method=method, rtol=1e-7)
    assert fired(other) == [(name, pytest.approx(at, rel=1e-5)) for name, at in fired(one)]
    for name in ("a", "b"):
        assert read(other, name) == pytest.approx(read(one, name), rel=1e-5)
