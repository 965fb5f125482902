"""Refined measurements keep every reading."""

import numpy as np
import pytest

import mscnet
from mscnet.experiment.refine import POINTS, refined

START = """units time = min, concentration = mM, volume = mL
species A
species B
A -> B @ 0.3 /min
solution stock { A = 1 mM }
"""


def times(steps):
    mechanism = mscnet.loads(f"{START}experiment e {{ mix 1 mL stock ; {steps} }}\n")
    return [mscnet.perform(m).conditions[0].series["a"].time for m in (mechanism, refined(mechanism))]


@pytest.mark.parametrize(
    "steps",
    [
        "measure a = [A] every 5 min for 60 min",
        "measure a = [A] every 7 min for 60 min",
        "measure a = [A] at 1, 5, 30 min",
    ],
)
def test_every_reading_stays_and_the_ends_too(steps):
    coarse, fine = times(steps)
    near = np.abs(fine[:, None] - coarse).min(axis=0)
    assert (near.max() < 1e-9, fine[0], fine[-1]) == (True, pytest.approx(coarse[0]), pytest.approx(coarse[-1]))


def test_a_measurement_has_enough_points():
    assert len(times("measure a = [A] every 5 min for 60 min")[1]) >= POINTS


def test_a_fine_measurement_is_left_as_it_is():
    coarse, fine = times("measure a = [A] every 0.1 min for 60 min")
    assert np.array_equal(coarse, fine)
