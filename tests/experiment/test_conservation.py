"""Amounts are conserved by every step, whatever the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from tests.experiment.making import add, bench, experiment, hold, mix, portion, solution, solvent, take

INERT = "units time = min, concentration = mM, volume = mL\nspecies A, B constant, C"
CLOSED = "units time = min, concentration = mM, volume = mL\n2 A <-> B @ 0.3, 0.1\nB + C -> D @ 0.05"
#: How much of A each species of `CLOSED` holds.
MOIETY = {"A": 1.0, "B": 2.0, "C": 0.0, "D": 2.0}

volumes = st.integers(1, 999).map(lambda n: Fraction(n, 1000))
#: What is done after the first mixture: (kind, volume or fraction, stock or vessel).
acts = st.lists(
    st.tuples(
        st.sampled_from(["add", "feed", "take", "pour", "hold"]), volumes, st.sampled_from(["s1", "s2", "water"])
    ),
    max_size=6,
)


def _steps(first: Fraction, drawn: Sequence[tuple[str, Fraction, str]]) -> tuple[list[Any], float, dict[str, Fraction]]:
    """Steps that take no more than there is, and what was put in of each stock."""
    steps: list[Any] = [mix(portion(first, "s1"), portion(first, "s2"))]
    put = {"s1": first, "s2": first, "water": Fraction(0)}
    there = 2 * first
    for i, (kind, size, stock) in enumerate(drawn):
        if kind in ("add", "feed"):
            steps.append(add(portion(size, stock), over=7 if kind == "feed" else None))
            put[stock] += size
            there += size
        elif kind == "take":
            steps += [take(size * there, into=f"v{i}"), add(portion(0, "water"))]
            there -= size * there
        elif kind == "pour":
            steps += [mix(portion(size, "pot", "fraction"), into=f"v{i}"), add(portion(0, "water"))]
            there -= size * there
        else:
            steps.append(hold(5))
    return steps, float(there), put


def _amounts(run: mscnet.Run) -> np.ndarray:
    """(n_species,) of all vessels together, as the ledger has them last."""
    last = {row.vessel: row for row in run.conditions[0].ledger}
    return sum(row.concentrations * row.volume for row in last.values() if row.volume)  # type: ignore[return-value]


STOCKS = [solution("s1", A=3, B=1), solution("s2", C="0.7", B="0.2"), solvent("water")]


@settings(max_examples=15, deadline=None)
@given(volumes, acts)
@pytest.mark.slow
def test_nothing_is_lost_where_nothing_reacts(first, drawn) -> None:
    steps, _, put = _steps(first, drawn)
    run = mscnet.perform(bench(INERT, STOCKS, experiment("e", *steps, hold(1))))
    expected = [3 * put["s1"], put["s1"] + put["s2"] / 5, put["s2"] * 7 / 10]
    assert _amounts(run) == pytest.approx([float(e) for e in expected], rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(volumes, acts)
def test_moieties_are_conserved_where_a_closed_reaction_runs(first, drawn) -> None:
    steps, _, put = _steps(first, drawn)
    run = mscnet.perform(bench(CLOSED, [solution("s1", A=3, B=1), solution("s2", C="0.7"), solvent("water")],
                               experiment("e", *steps, hold(1))))  # fmt: skip
    weights = np.array([MOIETY[s.name] for s in run.model.species])
    assert weights @ _amounts(run) == pytest.approx(float(5 * put["s1"]), rel=1e-11)


@settings(max_examples=15, deadline=None)
@given(volumes, acts)
def test_volumes_add_up(first, drawn) -> None:
    steps, _, put = _steps(first, drawn)
    run = mscnet.perform(bench(INERT, STOCKS, experiment("e", *steps)))
    last = {row.vessel: row.volume for row in run.conditions[0].ledger}
    assert sum(last.values()) == pytest.approx(float(sum(put.values())), rel=1e-12)
