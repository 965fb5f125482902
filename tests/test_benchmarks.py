"""What the benchmarks time is sound: their texts load, and the growth they report is that of the figures."""

from __future__ import annotations

import pytest

import mscnet
from benchmarks import load, startup


def test_a_generated_mechanism_has_the_steps_asked_for() -> None:
    steps = [reaction for reaction in mscnet.loads(load.generated(40)).reactions if not reaction.reverse]
    assert len(steps) == 40


def test_the_ten_lines_load() -> None:
    assert len(mscnet.loads(startup.TEN_LINES).species) == 5


def test_growth_of_a_quadratic_cost_is_two() -> None:
    timings = [load.Timing(size, size**2 * 1e-6) for size in (1_000, 10_000)]
    assert load.growth(timings) == pytest.approx([2.0])
