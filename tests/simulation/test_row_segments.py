"""Many rows of one stretch in one call of the kernels, and one row with its derivatives beside it."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from mscnet.kinetics.program import build_rate_program
from mscnet.simulation.row_segments import RowSegments, follows_rows
from mscnet.simulation.segments import Segments
from mscnet.simulation.status import Status

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="needs the kernels")

MODEL = "parameter k = 0.5\nparameter r = 0.2\nparameter idle = 1\nA -> B @ k\nB -> A @ r\n"
TIMES = np.array([0.0, 1.0, 3.0])


def segments(text: str = MODEL, rtol: float = 1e-9, max_steps: int = 10_000) -> RowSegments:
    program = build_rate_program(mscnet.loads(text).network())
    single = Segments(program, "auto", rtol, max_steps)
    return RowSegments(program, "auto", rtol, max_steps, np.inf, single)


def closed(k: float, r: float, a: float, t: np.ndarray) -> np.ndarray:
    """[A] of a reversible step that begins without B."""
    return a * (r + k * np.exp(-(k + r) * t)) / (k + r)


def test_rows_are_runs_with_their_own_values_and_tolerances() -> None:
    rows = np.array([[0.5, 0.2, 1.0, 2.0, 0.0], [0.1, 0.3, 1.0, 1e-6, 0.0]])
    atol = np.array([[1e-12, 1e-12], [1e-18, 1e-18]])
    found = segments().run(rows, 0.0, 3.0, TIMES, atol)
    assert not found.short
    for row, states in zip(rows, found.states, strict=True):
        assert states[:, 0] == pytest.approx(closed(*row[:2], row[3], TIMES), rel=1e-7)
    alone = segments().run(rows[1:], 0.0, 3.0, TIMES, atol[1:])
    assert np.array_equal(alone.states[0], found.states[1])


@pytest.mark.slow
def test_a_row_that_ends_early_leaves_the_others_alone() -> None:
    explosive = segments("parameter k = 1\n2 A -> 3 A @ k\n")
    found = explosive.run(np.array([[0.1, 1.0], [1.0, 1.0]]), 0.0, 3.0, TIMES, np.full((2, 1), 1e-12))
    assert found.short
    assert found.status[0] is Status.DONE
    assert found.status[1] is not Status.DONE
    assert 0.9 < found.reached[1] <= 1.01
    assert found.states[0, -1, 0] == pytest.approx(1 / (1 - 0.1 * 3), rel=1e-6)
    assert np.isnan(found.states[1, -1, 0])


def test_derivatives_lie_beside_the_run() -> None:
    k, r, a = 0.5, 0.2, 2.0
    steps = np.array([1e-6, 1e-6, 1e-6])
    rows = np.array([[k, r, 1.0, a, 0.0]]).repeat(4, axis=0)
    rows[1, 0] += steps[0]
    rows[2, 2] += steps[1]  # what nothing follows
    rows[3, 3] += steps[2]
    steps = rows[[1, 2, 3], [0, 2, 3]] - rows[0, [0, 2, 3]]
    found = segments().follow(rows, steps, 0.0, 3.0, TIMES, np.full(2, 1e-12), tested=True)
    slopes = (found.states[1:, :, 0] - found.states[0, :, 0]) / steps[:, None]
    h = 1e-5
    by_k = (closed(k + h, r, a, TIMES) - closed(k - h, r, a, TIMES)) / (2 * h)
    assert found.status is Status.DONE
    assert found.states[0, :, 0] == pytest.approx(closed(k, r, a, TIMES), rel=1e-6)
    assert slopes[0] == pytest.approx(by_k, abs=1e-6)
    assert np.array_equal(slopes[1], np.zeros(3))
    assert slopes[2] == pytest.approx(closed(k, r, 1.0, TIMES), abs=1e-6)


def test_only_directions_that_matter_are_followed() -> None:
    directions = np.eye(5)
    assert segments().moved(np.array([0.5, 0.2, 1.0, 2.0, 0.0]), directions).tolist() == [True, True, False, True, True]


def test_a_run_with_derivatives_that_ends_early_is_not_known_beyond() -> None:
    rows = np.array([[0.5, 0.2, 1.0, 2.0, 0.0], [0.5001, 0.2, 1.0, 2.0, 0.0]])
    short = segments(max_steps=5).follow(rows, np.array([1e-4]), 0.0, 3.0, TIMES, np.full(2, 1e-12))
    assert short.status is Status.TOO_MANY_STEPS
    assert np.isfinite(short.states[:, 0]).all()
    assert np.isnan(short.states[:, -1]).all()


@pytest.mark.parametrize("sizes", [3, 5])
def test_tolerances_of_another_number_are_refused(sizes: int) -> None:
    rows = np.array([[0.5, 0.2, 1.0, 2.0, 0.0], [0.1, 0.3, 1.0, 1e-6, 0.0]])
    with pytest.raises(ValueError, match="atol"):
        segments().run(rows, 0.0, 3.0, TIMES, np.full(sizes, 1e-12))


def test_rates_that_switch_are_not_done_in_rows() -> None:
    switching = mscnet.loads("parameter k = 1\nspecies A\nA -> B @ if(time < 2, k, 0)\n")
    assert not follows_rows(build_rate_program(switching.network()), "auto")
    plain = build_rate_program(mscnet.loads(MODEL).network())
    assert follows_rows(plain, "bdf")
    assert not follows_rows(plain, "radau")
