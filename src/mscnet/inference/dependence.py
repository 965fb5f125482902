"""Which parameters experiments, data and facts hang on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction

from mscnet.experiment.event_steps import with_event_steps
from mscnet.experiment.reach import changes
from mscnet.experiment.settings import experiments_of
from mscnet.mechanism.bench import Experiment, Observe, Repeat, Step
from mscnet.mechanism.bench_use import (
    experiment_expressions,
    measures_light,
    names_behind,
    optical_expressions,
    parameters_behind,
    stock_expressions,
    stocks_used,
)
from mscnet.mechanism.bench_use import observations as measure_steps
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.facts import Fact, courses_of, expressions_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction
from mscnet.records import replace


def chain_of(model: Mechanism, name: str) -> list[Experiment]:
    """An experiment, the one that it starts from, and so on to the one that starts by itself."""
    by_name = {experiment.name: experiment for experiment in model.experiments}
    chain: list[Experiment] = []
    next_name: str | None = name
    while next_name in by_name and by_name[next_name] not in chain:
        chain.append(by_name[next_name])
        next_name = chain[-1].origin.experiment if chain[-1].origin is not None else None
    return chain


def without_noise(model: Mechanism) -> Mechanism:
    """The same with an instrument that does not say its noise: courses do not hang on it."""
    if model.instrument is None:
        return model
    settings = tuple(pair for pair in model.instrument.settings if pair[0] != "noise")
    return replace(model, instrument=replace(model.instrument, settings=settings))


def course_parameters(model: Mechanism, name: str, seen: Iterable[str]) -> set[str]:
    """Parameters that the concentrations of the species `seen` hang on in an experiment: rates, bottles, steps, and
    those of the experiments before it.  What no chain of reactions leads from counts for nothing."""
    model = with_event_steps(model)
    species, reactions = upstream(model, seen)
    return {
        parameter
        for each in chain_of(model, name)
        for parameter in _behind(model, each, _states(model, each, species, reactions))
    }


def upstream(model: Mechanism, seen: Iterable[str]) -> tuple[set[str], tuple[Reaction, ...]]:
    """The species that those `seen` can hang on, and the reactions through which they do."""
    species, left, found = set(seen), list(model.reactions), list[Reaction]()
    while moved := [reaction for reaction in left if species & changes(reaction, model)]:
        left = [reaction for reaction in left if reaction not in moved]
        found += moved
        for reaction in moved:
            species |= {term.species for term in reaction.orders}
            species |= names_behind(model, _rate(reaction), "species")
    return species, tuple(found)


def seen_species(model: Mechanism, name: str, readings: Collection[str] | None = None) -> set[str]:
    """The species that the readings of an experiment see, as `reading_parameters`."""
    experiment = _reading(model, name, readings)
    banded = {band.species for band in model.bands} or {species.name for species in model.species}
    light = banded if measures_light(experiment.steps) else set()
    return light | names_behind(model, experiment_expressions(experiment), "species")


def reading_parameters(model: Mechanism, name: str, readings: Collection[str] | None = None) -> set[str]:
    """Those that the readings of an experiment hang on beside; of some of its `readings` alone, where they are named.

    A name that it does not read (``A371``) is taken for what is read of its light.
    """
    experiment = _reading(model, name, readings)
    light = optical_expressions(without_noise(model)) if measures_light(experiment.steps) else ()
    return _behind(model, experiment, (*experiment_expressions(replace(experiment, values=())), *light))


def _reading(model: Mechanism, name: str, readings: Collection[str] | None) -> Experiment:
    """An experiment with some of its readings alone."""
    (experiment, *_) = chain_of(model, name)
    if readings is None:
        return experiment
    known = {reading.name for step in measure_steps(experiment.steps) for reading in step.readings}
    light = any(reading not in known for reading in readings)
    return replace(experiment, steps=tuple(_read(experiment.steps, readings, light)))


def fact_parameters(model: Mechanism, facts: Iterable[Fact]) -> set[str]:
    """Those that facts hang on: what is in them, the readings that they name, and their experiments."""
    found: set[str] = set()
    for fact in facts:
        names, expressions = experiments_of(fact), list(expressions_of((fact,)))
        seen = names_behind(model, expressions, "species")
        readings = names_behind(model, expressions, "reading")
        if _sees_bands(fact):
            expressions += optical_expressions(without_noise(model))
            seen |= {band.species for band in model.bands}
        if fact.relation == "rate_determining":
            seen |= {species.name for species in model.species}
        for name in names:
            found |= _behind(model, chain_of(model, name)[0], expressions)
            found |= reading_parameters(model, name, _read_in(model, name, readings))
            both = seen | seen_species(model, name, _read_in(model, name, readings))
            found |= course_parameters(model, name, both)
    return found


def _sees_bands(fact: Fact) -> bool:
    """Whether a fact is on light that its experiment need not measure."""
    crosses = fact.relation == "isosbestic" or any(feature.name == "isosbestic" for feature in fact.features)
    return crosses or any(course.bands for course in courses_of(fact))


def _read_in(model: Mechanism, name: str, readings: set[str]) -> set[str]:
    """Those of the readings that an experiment takes."""
    steps = chain_of(model, name)[0].steps
    return readings & {reading.name for step in measure_steps(steps) for reading in step.readings}


def _rate(reaction: Reaction) -> Iterator[Expression]:
    yield reaction.law.expression
    for term in (*reaction.reactants, *reaction.products, *reaction.orders):
        if not isinstance(term.coefficient, Fraction):
            yield term.coefficient


def _states(
    model: Mechanism, experiment: Experiment, species: set[str], reactions: Iterable[Reaction]
) -> Iterator[Expression]:
    for reaction in reactions:
        yield from _rate(reaction)
    yield from experiment_expressions(replace(experiment, values=(), steps=tuple(_read(experiment.steps, ()))))
    stocks = {stock.name: stock for stock in model.stocks}
    for name in sorted(stocks_used(experiment.steps) & stocks.keys()):
        stock = stocks[name]
        kept = tuple(content for content in stock.contents if content.species in species)
        yield from stock_expressions(replace(stock, contents=kept))


def _read(steps: Sequence[Step], names: Collection[str], light: bool = False) -> Iterator[Step]:
    """Steps that read these alone, and with `light` all light."""
    for step in steps:
        if isinstance(step, Observe):
            kept = tuple(r for r in step.readings if r.name in names or (light and r.kind != "value"))
            yield replace(step, readings=kept)
        elif isinstance(step, Repeat):
            yield replace(step, steps=tuple(_read(step.steps, names, light)))
        else:
            yield step


def _behind(model: Mechanism, experiment: Experiment, expressions: Iterable[Expression]) -> set[str]:
    """Parameters behind expressions in an experiment that sets some itself."""
    held = dict(experiment.values)
    named = parameters_behind(model, expressions)
    return (named - held.keys()) | parameters_behind(model, (value for name, value in held.items() if name in named))
