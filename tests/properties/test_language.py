"""Random valid mechanisms are read as what they describe, however they are written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import note
from hypothesis import strategies as st

from mscnet.language import check_text
from mscnet.mechanism.units import AMOUNT, TEMPERATURE, TIME, VOLUME, Dimension
from tests.properties.holds import holds
from tests.strategies.mechanisms import SEEDS, models, names_of, styles, systems
from tests.strategies.model import Model, Observable, Species
from tests.strategies.oracle import Oracle
from tests.strategies.reading import Reading
from tests.strategies.render import Style, render
from tests.strategies.spelling import Dim


def dimension_of(dim: Dim) -> Dimension:
    return (AMOUNT / VOLUME) ** dim.concentration * TIME**dim.time * TEMPERATURE**dim.temperature


def test_a_valid_mechanism_has_no_errors(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models(complete=data.draw(st.booleans())))
        text = render(model, data.draw(styles(model)))
        note(text)
        result = check_text(text)
        assert [d.render() for d in result.diagnostics if d.severity == "error"] == []

    holds(check, 30 * effort, st.data())


def test_layout_and_comments_do_not_matter(effort: int) -> None:
    def check(data: st.DataObject, seed: int, layout: int) -> None:
        model = data.draw(models(complete=False))
        style = Style(seed, None, data.draw(systems), names_of(model, data.draw(SEEDS)))
        plain, wild = render(model, style), render(model, replace(style, layout=layout))
        note(wild)
        a, b = (check_text(text).mechanism for text in (plain, wild))
        assert a is not None
        assert b is not None
        # The body of a function is kept as it was written.
        assert replace(a, source=None, functions=()) == replace(b, source=None, functions=())

    holds(check, 20 * effort, st.data(), SEEDS, SEEDS)


def test_stoichiometry_is_as_described(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        assert reading.net() == [direction.net for direction in Oracle(model).directions]

    holds(check, 20 * effort, st.data())


def test_kinetic_orders_are_as_described(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        ids = reading.species
        read = [{ids[i]: n for i, n in column} for column in reading.network.order_entries]
        assert read == [{s: n for s, n in (d.orders or {}).items() if n} for d in Oracle(model).directions]

    holds(check, 15 * effort, st.data())


def test_every_dimension_that_is_inferred_is_the_true_one(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        truth = {reading.name(p.id): dimension_of(p.dim) for p in model.parameters}
        for parameter in reading.mechanism.parameters:
            assert parameter.dimension in (None, truth[parameter.name])
        dims = {reading.name(o.id): dimension_of(o.dim) for o in model.statements if isinstance(o, Observable)}
        for observable in reading.mechanism.observables:
            assert observable.dimension in (None, dims[observable.name])

    holds(check, 20 * effort, st.data())


def test_values_are_in_the_units_of_the_file(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        style = data.draw(styles(model))
        reading = Reading(model, style)
        note(reading.text)
        for p in model.parameters:
            if p.declared:
                value = reading.mechanism.get_parameter(reading.name(p.id)).value
                truth = float(p.value.value / style.system.scale(p.dim))
                assert value is not None
                assert abs(value - truth) <= 4e-16 * abs(truth)

    holds(check, 20 * effort, st.data())


def test_labels_compositions_and_constancy_are_kept(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        model = data.draw(models())
        reading = Reading(model, data.draw(styles(model)))
        note(reading.text)
        for item in model.statements:
            if isinstance(item, Species):
                read = reading.mechanism.get_species(reading.name(item.id))
                written = read.composition.text if read.composition else None
                assert (read.label, written, read.constant) == (item.label, item.formula, item.constant)

    holds(check, 10 * effort, st.data())


def shuffled(model: Model, seed: int) -> Model:
    statements = list(model.statements)
    Random(seed).shuffle(statements)
    return replace(model, statements=tuple(statements))


def test_the_order_of_statements_does_not_matter_to_the_network(effort: int) -> None:
    def check(data: st.DataObject, seed: int) -> None:
        model = data.draw(models())
        style = data.draw(styles(model))
        # The first pathway is the chosen one where no option says another, so pathways keep their places.
        moved = shuffled(model, seed)
        assume_same_pathway(model, moved)
        a, b = Reading(model, style), Reading(moved, style)
        note(a.text)
        note(b.text)
        assert columns(a) == columns(b)

    holds(check, 15 * effort, st.data(), SEEDS)


def assume_same_pathway(a: Model, b: Model) -> None:
    from hypothesis import assume

    assume(Oracle(a).pathway == Oracle(b).pathway)


def columns(reading: Reading) -> list[list[tuple[str, Fraction]]]:
    return sorted(sorted(column.items()) for column in reading.net())
