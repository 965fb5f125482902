"""Readings while something flows in, or the temperature changes."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet.language import check_text

HEAD = """units time = min, concentration = mM, volume = mL
species A
A -> B @ k
parameter k = 0 /min
temperature = 293.15 K
solution feed { A = 1 mM }
solution none { A = 0 mM }
"""


def series(steps: str, name: str = "a") -> tuple[np.ndarray, np.ndarray]:
    (condition,) = mscnet.perform(mscnet.loads(f"{HEAD}experiment e {{\n{steps}\n}}")).conditions
    return condition.series[name].time, condition.series[name].values


def test_a_tank_fills_with_what_flows_in_as_its_residence_time_says():
    time, a = series("mix 10 mL none\nmeasure a = [A] every 5 min for 60 min while flow 1 mL/min feed out 1 mL/min")
    assert time == pytest.approx(np.arange(0, 61, 5))
    assert a == pytest.approx(1 - np.exp(-time / 10), rel=1e-6, abs=1e-9)


def test_a_feed_during_a_measurement_takes_as_long_as_that():
    time, a = series("mix 1 mL none\nmeasure a = [A] every 1 min for 4 min while add 1 mL feed")
    assert a == pytest.approx((time / 4) / (1 + time / 4), rel=1e-9)


def test_a_measurement_goes_on_over_a_ramp():
    time, warmth = series(
        "mix 1 mL feed\nmeasure warmth = temperature/(1 K) every 1 min for 3 min from 20 degC to 50 degC", "warmth"
    )
    assert warmth == pytest.approx(293.15 + 10 * time)


def test_facts_are_judged_on_it():
    text = HEAD + "experiment e {\nmix 10 mL none\n"
    text += "measure a = [A] every 5 min for 60 min while flow 1 mL/min feed out 1 mL/min\n}\n"
    text += "expect e { at(a, 10 min) = 0.632 ± 0.001 mM }"
    (verdict,) = mscnet.judge(mscnet.loads(text))
    assert verdict.passed


def test_nothing_starts_in_the_middle_of_what_flows_in():
    text = HEAD + "experiment e {\nmix 10 mL none\nmeasure a = [A] every 5 min for 60 min while add 1 mL feed\n}\n"
    text += "experiment later from e after 30 min { measure b = [A] }"
    later = mscnet.perform(mscnet.loads(text)).conditions[1]
    assert "while something flows in" in later.trouble


@pytest.mark.parametrize(
    ("clauses", "said"),
    [
        ("while add 1 mL feed", "needs `every … for …`"),
        ("every 1 min for 5 min while add 1 mL feed over 5 min", "no `over` beside `while`"),
        ("every 1 min for 5 min while flow 1 mL/min feed for 5 min", "no `for` beside `while`"),
        ("every 1 min for 5 min at 50 degC while add 1 mL feed", "no `at` beside `while`"),
        ("every 1 min for 5 min while add 1 mL food", "unknown"),
        ("every 1 min for 5 min from 20 degC", "a ramp has two ends"),
        ("every 1 min for 5 min at 30 degC from 20 degC to 50 degC", "a temperature or a ramp"),
        ("every 1 min for 5 min while add 1 min feed", "time is no measure"),
    ],
)
def test_what_makes_no_sense_is_an_error_at_its_place(clauses, said):
    text = f"{HEAD}experiment e {{\nmix 1 mL none\nmeasure a = [A] {clauses}\n}}"
    found = [d for d in check_text(text).diagnostics if d.severity == "error"]
    assert len(found) == 1
    assert said in found[0].message


def test_a_value_that_only_what_flows_in_needs_is_asked_for():
    text = HEAD.replace("A = 1 mM }", "A = strength }") + "parameter strength\nexperiment e {\nmix 1 mL none\n"
    mechanism = mscnet.loads(text + "measure a = [A] every 1 min for 4 min while add 1 mL feed\n}")
    with pytest.raises(mscnet.MechanismError, match="1 parameter has no value: `strength`"):
        mscnet.perform(mechanism)
