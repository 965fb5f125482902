"""Two texts of one mechanism are alike, whatever their names, units, order and layout; one change is found alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import assume, note
from hypothesis import strategies as st

from mscnet import Mechanism, diff, loads
from tests.properties.holds import holds
from tests.strategies.mechanisms import SEEDS, models, names_of, styles, systems
from tests.strategies.model import Model, Parameter, Reaction, Term
from tests.strategies.oracle import Oracle
from tests.strategies.render import Style, render


def read(text: str) -> Mechanism:
    note(text)
    return loads(text)


def shuffled(model: Model, seed: int) -> Model:
    statements = list(model.statements)
    Random(seed).shuffle(statements)
    return replace(model, statements=tuple(statements))


def another_style(data: st.DataObject, model: Model) -> Style:
    """Other names, units, spelling and layout."""
    return Style(data.draw(SEEDS), data.draw(SEEDS), data.draw(systems), names_of(model, data.draw(SEEDS)))


def test_names_units_order_and_layout_are_set_aside(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        other = shuffled(model, data.draw(SEEDS))
        assume(Oracle(model).pathway == Oracle(other).pathway)
        a = read(render(model, data.draw(styles(model))))
        b = read(render(other, another_style(data, model)))
        assert diff(a, b).changes == ()

    holds(check, 6 * effort, st.data())


def test_one_constant_that_changes_is_the_only_difference(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        constants = [s for s in model.statements if isinstance(s, Parameter) and s.given and s.value.number]
        assume(constants)
        chosen = data.draw(st.sampled_from(constants))
        changed = replace(chosen, value=chosen.value._replace(number=chosen.value.number * 7), bounds=None, prior=None)
        plain = replace(chosen, bounds=None, prior=None)
        first, second = (swapped(model, chosen, new) for new in (plain, changed))
        style = data.draw(styles(model))
        a, b = read(render(first, style)), read(render(shuffled(second, data.draw(SEEDS)), replace(style, layout=None)))
        assume(a.default_pathway == b.default_pathway)
        found = diff(a, b)
        name = dict(style.names).get(chosen.id, chosen.id)
        assert [(c.category, c.kind, c.name) for c in found.changes] == [("constants", "changed", name)]

    holds(check, 6 * effort, st.data())


def swapped(model: Model, old: object, new: object) -> Model:
    return replace(model, statements=tuple(new if s is old else s for s in model.statements))


def test_another_coefficient_is_found(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        reactions = [s for s in model.statements if isinstance(s, Reaction) and s.orders is None and s.sides[-1]]
        assume(reactions)
        chosen = data.draw(st.sampled_from(reactions))
        last = chosen.sides[-1]
        more = (*last, Term(last[0].species, Fraction(1)))
        other = swapped(model, chosen, replace(chosen, sides=(*chosen.sides[:-1], more)))
        style = data.draw(styles(model))
        try:
            a, b = read(render(model, style)), read(render(other, style))
        except Exception:  # the other is not balanced, or its constant has another dimension
            assume(False)
        assert diff(a, b)

    holds(check, 5 * effort, st.data())
