"""What stocks and experiments use: the expressions in them, and the parameters, stocks and species of those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mscnet.mechanism.bench import (
    Add,
    DiluteTo,
    Discard,
    Experiment,
    Flow,
    Hold,
    Mix,
    Observe,
    Portion,
    Repeat,
    Set,
    Step,
    Stock,
    Take,
)
from mscnet.mechanism.expression import Expression, symbols

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Every step once, those inside a repeat, or during a measurement, after it."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from all_steps(step.steps)
        elif isinstance(step, Observe) and step.during is not None:
            yield step.during


def observations(steps: Iterable[Step]) -> Iterator[Observe]:
    """Every ``measure`` among the steps, those in repeats too, in their order."""
    return (step for step in all_steps(steps) if isinstance(step, Observe))


def step_expressions(step: Step) -> Iterator[Expression]:
    """The expressions of one step, those of steps inside it left out."""
    for expression in _parts(step):
        if expression is not None:
            yield expression


def _parts(step: Step) -> Iterator[Expression | None]:
    match step:
        case Mix(portions):
            yield from _quantities(portions)
        case Add(portions, over):
            yield from (*_quantities(portions), over)
        case DiluteTo(volume) | Take(volume) | Discard(volume):
            yield volume
        case Hold(duration, temperature, until):
            yield from (duration, temperature, until)
        case Flow(inlets, duration, outlet):
            yield from (*_quantities(inlets), duration, outlet)
        case Set(_, value) | Repeat(value):
            yield value
        case Observe(readings, every, duration, times, dead_time, temperature):
            yield from (every, duration, *times, dead_time, temperature, step.until)
            for reading in readings:
                yield from (*reading.wavelengths, reading.expression, reading.path)


def _quantities(portions: Iterable[Portion]) -> tuple[Expression | None, ...]:
    return tuple(portion.quantity for portion in portions)


def stock_expressions(stock: Stock) -> Iterator[Expression]:
    """Concentrations and settings of a stock."""
    yield from (content.concentration for content in stock.contents)
    yield from (e for e in (stock.density, stock.molar_mass, stock.purity) if e is not None)


def experiment_expressions(experiment: Experiment) -> Iterator[Expression]:
    """Every expression of an experiment itself: values, loops, origin, steps."""
    yield from (value for _, value in experiment.values)
    for loop in experiment.loops:
        yield from loop.values
    if experiment.origin is not None:
        yield from experiment.origin.arguments
        if experiment.origin.after is not None:
            yield experiment.origin.after
    for step in all_steps(experiment.steps):
        yield from step_expressions(step)


def stocks_used(steps: Iterable[Step]) -> set[str]:
    """The names that the portions of steps are of: stocks, and vessels among them."""
    names: set[str] = set()
    for step in all_steps(steps):
        match step:
            case Mix(portions) | Add(portions) | Flow(portions):
                names.update(portion.of for portion in portions)
            case DiluteTo(_, stock):
                names.add(stock)
    return names


def vessels_in(steps: Iterable[Step]) -> list[str]:
    """The vessels that steps work on, the one that they worked on last at the end."""
    names: dict[str, None] = {}
    for step in all_steps(steps):
        name = getattr(step, "vessel", None)
        if name is not None:
            names.pop(name, None)
            names[name] = None
    return list(names)


def measures_light(steps: Iterable[Step]) -> bool:
    """Whether some reading is an absorbance or a spectrum."""
    return any(reading.kind != "value" for step in observations(steps) for reading in step.readings)


def names_set(steps: Iterable[Step]) -> set[str]:
    """The parameters that steps set."""
    return {step.name for step in all_steps(steps) if isinstance(step, Set)}


def optical_expressions(mechanism: Mechanism) -> Iterator[Expression]:
    """What bands and the instrument hold."""
    for band in mechanism.bands:
        for shape in band.shapes:
            yield from (value for _, value in shape.settings)
    if mechanism.instrument is not None:
        yield from (value for _, value in mechanism.instrument.settings)
        for pair in mechanism.instrument.baselines:
            yield from pair


def bench_expressions(mechanism: Mechanism) -> Iterator[Expression]:
    """Everything that stocks, experiments, bands, the instrument and data files hold."""
    for stock in mechanism.stocks:
        yield from stock_expressions(stock)
    for experiment in mechanism.experiments:
        yield from experiment_expressions(experiment)
    yield from optical_expressions(mechanism)
    for data in mechanism.data_files:
        yield from (value for _, value in data.selects)
        if data.error is not None:
            yield data.error


def bench_parameters(mechanism: Mechanism) -> set[str]:
    """Names of the parameters that the bench uses: those in its expressions, those that it sets, and solvents."""
    used = {s.name for e in bench_expressions(mechanism) for s in symbols(e) if s.kind == "parameter"}
    for stock in mechanism.stocks:
        if stock.kind == "solvent":
            used |= {stock.name, f"in {stock.name}"}
    for experiment in mechanism.experiments:
        used |= {name for name, _ in experiment.values}
        used |= names_set(experiment.steps)
    return used


def bench_species(mechanism: Mechanism) -> set[str]:
    """Names of the species that come out of bottles or are measured."""
    names = {stock.name for stock in mechanism.stocks if stock.kind in ("liquid", "solid")}
    names |= {content.species for stock in mechanism.stocks for content in stock.contents}
    names |= {band.species for band in mechanism.bands}
    return names | {s.name for e in bench_expressions(mechanism) for s in symbols(e) if s.kind == "species"}


def needed_parameters(mechanism: Mechanism, experiments: Iterable[str]) -> set[str]:
    """Names of the parameters that experiments need a value of, beside those of the model itself.

    Those of the experiments that they begin from are among them; what an experiment sets itself is not.

    Raises:
        KeyError: there is no such experiment.
    """
    by_name = {experiment.name: experiment for experiment in mechanism.experiments}
    stocks = {stock.name: stock for stock in mechanism.stocks}
    needed: set[str] = set()
    for name in experiments:
        own: set[str] = set()
        chain = _with_origins(by_name[name], by_name)
        for experiment in chain:
            expressions = list(experiment_expressions(experiment))
            for used in stocks_used(experiment.steps) & stocks.keys():
                expressions += stock_expressions(stocks[used])
            if measures_light(experiment.steps):
                expressions += optical_expressions(mechanism)
            own |= parameters_behind(mechanism, expressions)
        needed |= own - {parameter for experiment in chain for parameter, _ in experiment.values}
        needed |= parameters_behind(mechanism, (value for e in chain for _, value in e.values))
    return needed


def _with_origins(experiment: Experiment, by_name: dict[str, Experiment]) -> list[Experiment]:
    chain = [experiment]
    while (origin := chain[-1].origin) is not None and origin.experiment in by_name:
        if by_name[origin.experiment] in chain:
            break
        chain.append(by_name[origin.experiment])
    return chain


def parameters_behind(mechanism: Mechanism, expressions: Iterable[Expression]) -> set[str]:
    """Names of the parameters behind expressions, through derived values and observables."""
    return names_behind(mechanism, expressions, "parameter")


def names_behind(mechanism: Mechanism, expressions: Iterable[Expression], *kinds: str) -> set[str]:
    """Names of some kinds of symbols behind expressions, through derived values and observables."""
    derived = {item.name: item.expression for item in mechanism.derived}
    pending, seen, found = list(expressions), set[str](), set[str]()
    while pending:
        for symbol in symbols(pending.pop()):
            if symbol.kind in kinds:
                found.add(symbol.name)
            elif symbol.kind != "species" and symbol.name in derived and symbol.name not in seen:
                seen.add(symbol.name)
                pending.append(derived[symbol.name])
    return found
