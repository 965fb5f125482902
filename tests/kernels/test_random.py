"""Streams of random numbers against NumPy's Philox, the published xoshiro256++ and the exponential distribution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mscnet import kernels

MASK = 2**64 - 1


def drawn(seed: int, run: int, n: int, exponential: bool = False) -> np.ndarray:
    out = np.empty(n)
    kernels.core().draw(seed, run, int(exponential), {"out": out})  # type: ignore[union-attr]
    return out


def rotated(x: int, by: int) -> int:
    return ((x << by) | (x >> (64 - by))) & MASK


def xoshiro(state: list[int]) -> Iterator[int]:
    """Blackman and Vigna's generator, from their description."""
    s = list(state)
    while True:
        yield (rotated((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotated(s[3], 45)


@pytest.mark.parametrize(("seed", "run"), [(0, 1), (1, 1), (1, 2), (2**63 - 1, 10_000_000)])
def test_a_stream_is_xoshiro_from_a_block_of_philox(seed: int, run: int) -> None:
    # NumPy raises the counter before it makes a block
    philox = np.random.Philox(key=np.array([seed, 0], dtype=np.uint64), counter=[run - 1, 0, 0, 0])
    generator = xoshiro([int(word) for word in philox.random_raw(4)])
    expected = [(next(generator) >> 11) / 2.0**53 for _ in range(100)]
    assert drawn(seed, run, 100).tolist() == expected


def test_our_xoshiro_is_the_published_one() -> None:
    # first outputs from the state 1, 2, 3, 4, as in the reference implementation
    generator = xoshiro([1, 2, 3, 4])
    assert [next(generator) for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


def test_exponential_numbers_have_the_exponential_distribution() -> None:
    n = 400_000
    x = np.sort(drawn(7, 1, n, exponential=True))
    gap = np.abs(1.0 - np.exp(-x) - (np.arange(n) + 0.5) / n).max()
    assert gap * np.sqrt(n) < 1.95  # Kolmogorov's limit at 0.1 %
    # the tail beyond the ziggurat's layers has the shape of the whole
    tail = x[x > 7.69711747013104972] - 7.69711747013104972
    assert tail.mean() == pytest.approx(1.0, abs=4.0 / np.sqrt(len(tail)))


def test_runs_of_one_seed_do_not_repeat_each_other() -> None:
    first = {value for run in range(1, 2001) for value in drawn(3, run, 50)}
    assert len(first) == 2000 * 50
