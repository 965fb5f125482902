"""Known mechanisms are found again from data with 2 % noise.  Slow: minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import mscnet
from tests.inference.known import TEN, Known, drawn


def found_among_three(many: Sequence[Known], folder: Path) -> list[str]:
    """The names of those whose steps are among the first three proposals."""
    names = []
    for number, known in enumerate(many):
        own = folder / str(number)
        own.mkdir()
        proposals = mscnet.propose(mscnet.load(str(known.write(own, seed=100 + number)))).proposals[:3]
        if known.reactions in [set(p.reactions) for p in proposals]:
            names.append(known.name)
    return names


@pytest.mark.slow
def test_eight_of_ten_known_mechanisms_are_found(tmp_path: Path) -> None:
    assert len(found_among_three(TEN, tmp_path)) >= 8


@pytest.mark.slow
def test_eight_of_ten_drawn_mechanisms_are_found(tmp_path: Path) -> None:
    assert len(found_among_three([drawn(seed) for seed in range(10)], tmp_path)) >= 8
