"""Which parameters experiments, data and facts hang on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mscnet.experiment.settings import experiments_of
from mscnet.experiment.values import rate_expressions
from mscnet.mechanism.bench import Experiment, Observe, Repeat, Step
from mscnet.mechanism.bench_use import (
    experiment_expressions,
    measures_light,
    optical_expressions,
    parameters_behind,
    stock_expressions,
    stocks_used,
)
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.facts import Fact, expressions_of
from mscnet.mechanism.mechanism import Mechanism
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


def course_parameters(model: Mechanism, name: str) -> set[str]:
    """Parameters that the concentrations in an experiment hang on: rates, bottles, steps, those before it too."""
    return {parameter for each in chain_of(model, name) for parameter in _behind(model, each, _states(model, each))}


def reading_parameters(model: Mechanism, name: str) -> set[str]:
    """Those that the readings of an experiment hang on beside."""
    (experiment, *_) = chain_of(model, name)
    light = optical_expressions(without_noise(model)) if measures_light(experiment.steps) else ()
    return _behind(model, experiment, (*experiment_expressions(experiment), *light))


def fact_parameters(model: Mechanism, facts: Iterable[Fact]) -> set[str]:
    """Those that facts hang on: their experiments, and what is in the facts themselves."""
    found: set[str] = set()
    for fact in facts:
        names = experiments_of(fact)
        own = parameters_behind(model, expressions_of((fact,)))
        overridden: list[set[str]] = [{n for n, _ in chain_of(model, name)[0].values} for name in names]
        found |= own - overridden[0].intersection(*overridden[1:]) if overridden else own
        for name in names:
            found |= course_parameters(model, name) | reading_parameters(model, name)
    return found


def _states(model: Mechanism, experiment: Experiment) -> Iterator[Expression]:
    yield from rate_expressions(model)
    yield from experiment_expressions(replace(experiment, steps=tuple(_unread(experiment.steps))))
    stocks = {stock.name: stock for stock in model.stocks}
    for name in sorted(stocks_used(experiment.steps) & stocks.keys()):
        yield from stock_expressions(stocks[name])


def _unread(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps without what they read."""
    for step in steps:
        if isinstance(step, Observe):
            yield replace(step, readings=())
        elif isinstance(step, Repeat):
            yield replace(step, steps=tuple(_unread(step.steps)))
        else:
            yield step


def _behind(model: Mechanism, experiment: Experiment, expressions: Iterable[Expression]) -> set[str]:
    """Parameters behind expressions in an experiment that sets some itself."""
    held = dict(experiment.values)
    named = parameters_behind(model, expressions)
    return (named - held.keys()) | parameters_behind(model, (value for name, value in held.items() if name in named))
