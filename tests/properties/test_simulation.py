"""A run gives the same courses however its mechanism is written."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, note

import mscnet
from tests.properties.holds import holds
from tests.properties.test_language import shuffled
from tests.strategies.features import (
    balanced,
    catalysts,
    chain,
    hill,
    michaelis_menten,
    net_law,
    plain_reaction,
    source_or_sink,
)
from tests.strategies.mechanisms import SEEDS, models, names_of
from tests.strategies.model import Model
from tests.strategies.reading import Reading
from tests.strategies.render import Style
from tests.strategies.spelling import LEVEL, TIME, System

#: Laws that are smooth and do not explode over a short run.
GENTLE = (plain_reaction, chain, source_or_sink, catalysts, michaelis_menten, hill, net_law, balanced)
SYSTEMS = (System("mM", "min"), System("M", "s"), System("uM", "h"), System("nM", "ms"))

#: A run's length, in seconds, and the concentration (mol/L) below which courses are not told apart.
SECONDS = 6.0
FLOOR = 1e-7


def courses(reading: Reading) -> dict[str, np.ndarray]:
    """The course of every species over a short run, in mol/L, by identifier."""
    system = reading.system
    millimolar = 1e-3 / float(system.scale(LEVEL))
    starts = {reading.name(id): (1 + i) * millimolar for i, id in enumerate(sorted(reading.species))}
    mechanism = reading.mechanism.with_values(starts)
    end, atol = SECONDS / float(system.scale(TIME)), FLOOR * 1e-3 / float(system.scale(LEVEL))
    try:
        run = mscnet.simulate(mechanism, end, points=5, rtol=1e-8, atol=atol, method="auto", max_steps=20_000)
    except mscnet.SimulationError:  # a mechanism that runs away in finite time
        assume(False)
    return {reading.id(name): run[name] * float(system.scale(LEVEL)) for name in run.species}


def test_names_units_and_order_leave_the_courses(effort: int) -> None:
    def check(model: Model, seed: int, other: int) -> None:
        first = Reading(model, Style(seed, None, SYSTEMS[0]))
        system = SYSTEMS[1 + other % 3]
        second = Reading(shuffled(model, other), Style(other, other, system, names_of(model, other)))
        note(first.text)
        note(second.text)
        a, b = courses(first), courses(second)
        assert a.keys() == b.keys()
        for id, course in a.items():
            np.testing.assert_allclose(b[id], course, rtol=1e-5, atol=FLOOR, err_msg=id)

    holds(check, 6 * effort, models(GENTLE, most=3, tame=True), SEEDS, SEEDS)
