"""Degrees of rate control of consecutive steps."""

import numpy as np
import pytest

import mscnet
from mscnet.experiment.courses import Courses
from mscnet.experiment.judge import judge
from mscnet.experiment.rate_control import degrees_of_rate_control
from mscnet.experiment.refine import refined
from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.facts import Course, Fact
from mscnet.records import replace

CHAIN = """units time = min, concentration = mM, volume = mL
species A
species B
species C
fast: A -> B @ 3 /min
slow: B <-> C @ 0.05 /min, 0.001 /min
solution stock { A = 1 mM }
experiment chain { mix 1 mL stock ; measure c = [C] every 1 min for 400 min }
"""
COURSE = Course(Symbol("c", "reading"), "chain")


@pytest.fixture(scope="module")
def degrees():
    mechanism = mscnet.loads(CHAIN)
    run = mscnet.perform(refined(mechanism))
    return degrees_of_rate_control(mechanism, COURSE, run.conditions[0], Courses(run, mechanism))


def test_degrees_of_all_steps_add_up_to_one(degrees):
    assert sum(degrees.values()) == pytest.approx(1.0, abs=1e-3)


def test_the_slow_step_has_nearly_all_control(degrees):
    # half of C takes ln 2/(k + k') of the slow step, later by the lifetime of A
    late, whole = 1 / 3, np.log(2) / 0.051 + 1 / 3
    assert degrees["fast"] == pytest.approx(late / whole, rel=0.05)


@pytest.mark.parametrize(("step", "passed"), [("slow", True), ("fast", False)])
def test_the_step_with_the_largest_degree_is_rate_determining(step, passed):
    mechanism = replace(mscnet.loads(CHAIN), facts=(Fact("r", "rate_determining", "chain", variable=step),))
    (found,) = judge(mechanism)
    assert (found.passed, found.value) == (passed, "slow")
