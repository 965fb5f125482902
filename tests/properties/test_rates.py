"""Rates, rate equations and Jacobians of random mechanisms: right, and the same however they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, note
from hypothesis import strategies as st

from tests.properties.holds import holds
from tests.properties.test_language import assume_same_pathway, shuffled
from tests.strategies.mechanisms import SEEDS, models, names_of, styles, systems
from tests.strategies.model import Model
from tests.strategies.oracle import Oracle
from tests.strategies.reading import Reading, levels_of
from tests.strategies.render import Style

#: Concentrations in mol/L and times in s at which rates are compared.
LEVELS = st.lists(st.floats(1e-5, 0.1), min_size=8, max_size=8)
TIMES = st.floats(0.0, 100.0)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Model, dict[str, float], float]:
    """A model with a state and a time."""
    model = draw(models())
    return model, levels_of(model, draw(LEVELS)), draw(TIMES)


def close(a: float, b: float, size: float, rtol: float = 1e-11) -> bool:
    """Whether two numbers agree to rounding; `size` is that of the terms that they are sums of."""
    return a == b or abs(a - b) <= rtol * max(size, abs(a), abs(b)) or not math.isfinite(size)


def test_rates_are_those_described(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float], data: st.DataObject) -> None:
        model, levels, time = case
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        truth = Oracle(model).rates(levels, time)
        for rate, wanted in zip(reading.rates(levels, time), truth, strict=True):
            assert close(rate, wanted.number, wanted.size)

    holds(check, 30 * effort, cases(), st.data())


def test_names_units_spellings_and_layout_leave_the_rates(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float], data: st.DataObject) -> None:
        model, levels, time = case
        a, b = (Reading(model, data.draw(styles(model))) for _ in range(2))
        note(a.text)
        note(b.text)
        sizes = Oracle(model).rates(levels, time)
        for first, second, value in zip(a.rates(levels, time), b.rates(levels, time), sizes, strict=True):
            assert close(first, second, value.size)

    holds(check, 15 * effort, cases(), st.data())


def test_the_order_of_statements_leaves_the_changes(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float], data: st.DataObject, seed: int) -> None:
        model, levels, time = case
        moved = shuffled(model, seed)
        assume_same_pathway(model, moved)
        style = data.draw(styles(model))
        a, b = Reading(model, style), Reading(moved, style)
        note(a.text)
        note(b.text)
        sizes = sizes_of_changes(model, levels, time)
        first, second = a.changes(levels, time), b.changes(levels, time)
        assert first.keys() == second.keys()
        for id, change in first.items():
            assert close(change, second[id], sizes[id])

    holds(check, 15 * effort, cases(), st.data(), SEEDS)


def sizes_of_changes(model: Model, levels: Mapping[str, float], time: float) -> dict[str, float]:
    """For every species the size of the terms that its rate of change is the sum of."""
    oracle = Oracle(model)
    sizes = dict.fromkeys(model.species, 0.0)
    for direction, rate in zip(oracle.directions, oracle.rates(levels, time), strict=True):
        for id, count in direction.net.items():
            sizes[id] += abs(float(count)) * abs(rate.size)
    return sizes


def test_names_leave_the_rates_of_one_text_as_they_are(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float], seed: int, names: int, data: st.DataObject) -> None:
        model, levels, time = case
        plain = Style(seed, None, data.draw(systems))
        a, b = Reading(model, plain), Reading(model, replace(plain, names=names_of(model, names)))
        note(a.text)
        note(b.text)
        sizes = Oracle(model).rates(levels, time)
        for first, second, value in zip(a.rates(levels, time), b.rates(levels, time), sizes, strict=True):
            assert close(first, second, value.size, 1e-12)

    holds(check, 10 * effort, cases(), SEEDS, SEEDS, st.data())


def test_conservation_laws_annihilate_the_changes(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float], data: st.DataObject) -> None:
        model, levels, time = case
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        changes, sizes = reading.changes(levels, time), sizes_of_changes(model, levels, time)
        for law in reading.network.conservation_laws():
            terms = [(count, reading.id(name)) for name, count in law.coefficients]
            total = math.fsum(count * changes[id] for count, id in terms)
            assert abs(total) <= 1e-13 * sum(abs(count) * sizes[id] for count, id in terms)

    holds(check, 15 * effort, cases(), st.data())


def test_conservation_laws_are_as_many_as_the_rank_leaves(effort: int) -> None:
    def check(model: Model, data: st.DataObject) -> None:
        import sympy

        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        constant = Oracle(model).constant
        free = [id for id in reading.species if id not in constant]
        columns = [[column.get(id, 0) for id in free] for column in reading.net()]
        rank = sympy.Matrix(columns).rank() if free else 0
        assert len(reading.network.conservation_laws()) == len(free) - rank

    holds(check, 10 * effort, models(), st.data())


def test_numbers_agree_with_the_symbolic_equations(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float]) -> None:
        import sympy

        model, levels, time = case
        reading = Reading(model, Style())
        note(reading.text)
        sizes = sizes_of_changes(model, levels, time)
        changes = reading.changes(levels, time)
        values = {sympy.Symbol(id): sympy.Float(level, 40) for id, level in levels.items()}
        values |= {sympy.Symbol(p.name): sympy.Float(p.value, 40) for p in reading.mechanism.parameters}
        values[sympy.Symbol("time")] = sympy.Float(time, 40)
        for name, equation in reading.network.rate_equations().items():
            # Derived values that keep still are symbols of their own.
            static = {s: static_value(reading, str(s)) for s in equation.free_symbols - values.keys()}
            value = float(equation.xreplace(values | static).evalf(30))
            assert close(changes[name], value, sizes[name])

    holds(check, 10 * effort, cases())


def static_value(reading: Reading, name: str) -> Any:
    import sympy

    return sympy.Float(reading.mechanism.value_of(name), 40)


def test_the_jacobian_is_the_derivative_of_the_changes(effort: int) -> None:
    def check(case: tuple[Model, dict[str, float], float]) -> None:
        model, levels, time = case
        reading = Reading(model, Style())
        note(reading.text)
        system, x = reading.rate_system, reading.state(levels)
        sizes = sizes_of_changes(model, levels, time)
        assume(all(math.isfinite(size) for size in sizes.values()))
        jacobian = system.jacobian(time, x).toarray()
        size = np.array([sizes[id] for id in reading.species])
        for j, id in enumerate(reading.species):
            column = jacobian[:, j]
            if id in Oracle(model).constant:
                assert not column.any()
            else:
                assert smooth_and_equal(system, time, x, j, column, size)

    holds(check, 15 * effort, cases())


def smooth_and_equal(system: Any, time: float, x: Any, j: int, column: Any, size: Any) -> bool:
    """Whether a column agrees with central differences, or stands at a kink (max, min, if) where they disagree."""
    estimates = [difference(system, time, x, j, step * x[j]) for step in (1e-4, 5e-5)]
    error = 1e-10 * size / x[j]
    slack = 1e-6 * np.abs(column) + 1e-7 * size / x[j] + error
    agree = np.abs(estimates[1] - column) <= slack
    aside = 2e-5 * x[j] * np.eye(len(x))[j]
    left, right = (difference(system, time, x + sign * aside, j, 1e-5 * x[j]) for sign in (-1, 1))
    kink = np.abs(left - right) > 1e-3 * (np.abs(left) + np.abs(right))
    return bool(np.all(agree | kink))


def difference(system: Any, time: float, x: Any, j: int, step: float) -> Any:
    up, down = x.copy(), x.copy()
    up[j] += step
    down[j] -= step
    return (system.rhs(time, up) - system.rhs(time, down)) / (up[j] - down[j])
