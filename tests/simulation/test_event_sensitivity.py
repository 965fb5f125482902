"""Sensitivities across events, against closed forms and differences of tight runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet import kernels

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="needs compiled kernels")

HEAD = """
units time = h, concentration = mM
species Drug = 1 mM, Met
parameter k = 0.3 /h, dose = 1 mM, tau = 3 h, feed = 0.1 mM/h, low = 0.5 mM
Drug -> Met @ k
0 -> Drug @ feed
observable flux = k*[Drug] + feed
"""


def test_a_delayed_dose_in_closed_form() -> None:
    """x = exp(-k t) + D exp(-k (t - t_add)), so dx/dt_add = k D exp(-k (t - t_add))."""
    text = "species A = 1\nparameter k = 0.3 /s, D = 2 M, t_add = 4 s\nA -> 0 @ k\nat t = t_add { A += D }"
    found = mscnet.sensitivities(mscnet.loads(text), ["t_add", "D", "k"], times=[2.0, 9.0], rtol=1e-10)
    later = math.exp(-0.3 * 5)
    assert found["A"]["t_add"] == pytest.approx([0.0, 0.3 * 2 * later], rel=1e-7)
    assert found["A"]["D"] == pytest.approx([0.0, later], rel=1e-7)
    assert found["A"]["k"] == pytest.approx([-2 * math.exp(-0.6), -9 * math.exp(-2.7) - 2 * 5 * later], rel=1e-7)


def test_a_threshold_in_closed_form() -> None:
    """After its reset at c the course is exp(-k (t - t_c)) with t_c = ln(1/c)/k."""
    text = "species A = 1\nparameter k = 0.3 /s, c = 0.5 M\nA -> 0 @ k\nwhen [A] < c once { A = 1 M }"
    found = mscnet.sensitivities(mscnet.loads(text), ["c", "k"], times=[1.0, 5.0], rtol=1e-10)
    after = math.exp(-0.3 * 5) / 0.5
    assert found["A"]["c"] == pytest.approx([0.0, -after / 0.5], rel=1e-6)
    assert found["A"]["k"] == pytest.approx([-math.exp(-0.3), -5 * after], rel=1e-6)


@pytest.mark.parametrize(
    "events",
    [
        "at t = 2*tau/3 { Drug += dose ; feed *= 3 }\nat 5 h { Met = [Drug]*2 ; k *= 1.5 }",
        "every tau { Drug += dose*[Met]/(1 mM) ; Met /= 2 }",
        "every tau from 1 h times 2 { Drug -= [Drug]*dose/(4 mM) ; feed += 0.01 mM/h }",
        "when [Drug] < low { Drug += dose ; feed = k*0.1 mM }",
        "when [Drug] < low and time > 1 h { Drug *= 3 }\nwhen [Drug] > 1.2 mM { k = 1.1*k }",
        "at tau { Drug += dose }\nwhen [Drug] > 1.2 mM { Met += [Drug] ; feed = feed/2 }",
    ],
)
def test_as_differences_of_runs(events: str) -> None:
    mechanism, times = mscnet.loads(HEAD + events), [1.5, 4.2, 7.0, 10.0]
    names = ["k", "dose", "tau", "feed", "low", "Drug"]
    found = mscnet.sensitivities(mechanism, names, times=times, rtol=1e-10)
    for j, name in enumerate(names):
        value = float(found.parameter_values[j])
        runs = [
            mscnet.simulate(mechanism.with_values({name: value * (1 + e)}), times=times, method="bdf", rtol=1e-11)
            for e in (1e-5, -1e-5)
        ]
        for course in found.names:
            slope = (runs[0][course] - runs[1][course]) / (2e-5 * value)
            # a run's own error over the difference of the values
            assert found[course][name] == pytest.approx(slope, rel=2e-5, abs=2e-5), (name, course)


def test_a_gradient() -> None:
    mechanism = mscnet.loads(HEAD + "when [Drug] < low { Drug += dose }")
    weights = np.zeros((3, 2))
    weights[2, 0] = 1.0
    found = mscnet.gradient(mechanism, weights, ["low", "k"], times=[0.0, 5.0, 10.0], rtol=1e-9)
    other = mscnet.sensitivities(mechanism, ["low", "k"], times=[0.0, 5.0, 10.0], rtol=1e-9)
    assert found.values.tolist() == other.values[2, 0].tolist()


def test_a_parameter_that_is_set_depends_on_what_it_was_set_to() -> None:
    found = mscnet.sensitivities(mscnet.loads(HEAD + "at 2 h { feed = 2*feed + k*low }"), ["feed", "low"], times=[1, 3])
    assert found["feed"]["feed"].tolist() == [1.0, 2.0]
    assert found["feed"]["low"] == pytest.approx([0.0, 0.3])


def test_what_has_no_derivative_says_so() -> None:
    text = "parameter a = 2 h, b = 2 h\nat a { Drug += dose }\nat b { Met += dose }"
    with pytest.raises(mscnet.MechanismError, match="depend on the parameters differently"):
        mscnet.sensitivities(mscnet.loads(HEAD + text), ["a", "b"], times=[5.0])


@pytest.mark.parametrize(
    "text",
    ["when [Drug] < low for 1 h { Drug = 1 mM }", "parameter n = 1\nMet -> (n) X @ k order Met\nat 1 h { n = 2 }"],
)
def test_what_is_not_there_is_refused_by_name(text: str) -> None:
    with pytest.raises(mscnet.MechanismError, match="does not have this yet") as caught:
        mscnet.sensitivities(mscnet.loads(HEAD + text), ["k"], times=[5.0])
    assert caught.value.diagnostics[0].unsupported
