"""Dimensions of bottles and experiments, checked with those of the rest of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from mscnet.language.dimensions import Dimensions, Form, Mismatch, form_of
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
from mscnet.mechanism.bench_use import all_steps
from mscnet.mechanism.expression import Expression, Number, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, LENGTH, MASS, NONE, TEMPERATURE, TIME, VOLUME, Dimension

#: An expression with the dimension that it must have and what says so.
Wanted = tuple[Expression | None, Dimension, str]

_SETTINGS = (("density", MASS / VOLUME), ("molar_mass", MASS / AMOUNT), ("purity", NONE))
_MEASURES = {"volume": VOLUME, "mass": MASS, "amount": AMOUNT, "fraction": NONE}


class BenchDimensions:
    """Adds the equations of stocks and experiments to those of a file."""

    def __init__(
        self,
        mechanism: Mechanism,
        dimensions: Dimensions,
        of_species: Callable[[str, str | None], Form],
        loops: dict[str, Form],
    ) -> None:
        self.mechanism, self.dimensions, self.of_species, self.loops = mechanism, dimensions, of_species, loops

    def stocks(self) -> None:
        """Contents are concentrations; a neat liquid or a solid gives its species the dimension that moles have."""
        for stock in self.mechanism.stocks:
            for name, dimension in _SETTINGS:
                self._require(getattr(stock, name), dimension, f"`{name}` has another dimension")
            self._contents(stock)
            if stock.kind in ("liquid", "solid"):
                self._equate(form_of(CONCENTRATION), self.of_species(stock.name, None), stock)

    def _contents(self, stock: Stock) -> None:
        for content in stock.contents:
            form = self.dimensions.infer(content.concentration, None)
            if self.dimensions.complained:
                continue
            try:
                own = (
                    self.of_species(content.species, None)
                    if content.pattern is None
                    else form_of(self.mechanism.units.concentration.dimension)
                )
                self.dimensions.equate(form, own, content.span)
            except Mismatch as error:
                shown = self.dimensions.shown
                message = f"`{content.species}` is {shown(error.second)}, not {shown(error.first)}"
                self.dimensions.complain(content.concentration, message)

    def _equate(self, form: Form, own: Form, stock: Stock) -> None:
        try:
            self.dimensions.equate(own, form, stock.span)
        except Mismatch as error:
            shown, span = self.dimensions.shown, stock.span
            if span is not None:
                message = (
                    f"`{stock.name}` is {shown(error.first)} elsewhere; out of a bottle it is {shown(error.second)}"
                )
                self.dimensions.report.at("E020", message, span)

    def experiments(self) -> None:
        """Every quantity of every step."""
        for experiment in self.mechanism.experiments:
            self._experiment(experiment)

    def _experiment(self, experiment: Experiment) -> None:
        self.loops.clear()
        variables = (*experiment.parameters, *(loop.variable for loop in experiment.loops))
        self.loops.update({v: variable_form(experiment.name, v) for v in variables})
        for loop in experiment.loops:
            for value in loop.values:
                self._alike(value, self.loops[loop.variable], f"the values of `{loop.variable}` are of one dimension")
        self._origin(experiment)
        for name, value in experiment.values:
            self._parameter(name, value)
        for step in all_steps(experiment.steps):
            if isinstance(step, Set):
                self._parameter(step.name, step.value)
            for expression, dimension, message in _wanted(step):
                self._require(expression, dimension, message)
            if isinstance(step, Observe):
                self._values(step)

    def _origin(self, experiment: Experiment) -> None:
        origin = experiment.origin
        if origin is None:
            return
        self._require(origin.after, TIME, "`after` takes a time")
        before = next((e for e in self.mechanism.experiments if e.name == origin.experiment), None)
        for variable, argument in zip(before.parameters if before else (), origin.arguments, strict=False):
            message = f"`{variable}` of `{origin.experiment}` has another dimension"
            self._alike(argument, variable_form(origin.experiment, variable), message)

    def _values(self, step: Observe) -> None:
        for reading in step.readings:
            if reading.expression is not None:
                self.dimensions.infer(reading.expression, None)

    def _parameter(self, name: str, value: Expression) -> None:
        own = self.dimensions.infer(Symbol(name, "definition" if name == "temperature" else "parameter"), None)
        self._alike(value, own, f"`{name}` has another dimension")

    def _alike(self, value: Expression, own: Form, message: str) -> None:
        form = self.dimensions.infer(value, None)
        if self.dimensions.complained:
            return
        try:
            self.dimensions.equate(form, own, getattr(value, "span", None))
        except Mismatch as error:
            shown = self.dimensions.shown
            self.dimensions.complain(value, f"{message}: {shown(error.first)} here, {shown(error.second)} there")

    def _require(self, expression: Expression | None, dimension: Dimension, message: str) -> None:
        if expression is None:
            return
        if dimension == LENGTH and isinstance(expression, Number):  # of which nobody means the file's own unit
            from mscnet.language.optics import require_length

            require_length(expression, message.split(" is ")[0], self.dimensions)
            return
        self.dimensions.require(expression, None, dimension, message)


def variable_form(experiment: str, name: str) -> Form:
    """The dimension of a variable, which the values and uses of it tell."""
    return {((f"{experiment}({name})", None), ()): Fraction(1)}


def _wanted(step: Step) -> Iterator[Wanted]:
    match step:
        case Mix(portions):
            yield from _portions(portions)
        case Add(portions, over):
            yield from _portions(portions)
            yield over, TIME, "`over` takes a time"
        case DiluteTo(volume):
            yield volume, VOLUME, "`dilute to` takes a volume"
        case Take(volume):
            yield volume, VOLUME, "`take` takes a volume"
        case Discard(volume):
            yield volume, VOLUME, "`discard` takes a volume"
        case Hold(duration, temperature, until):
            yield duration, TIME, "`hold` takes a time"
            yield temperature, TEMPERATURE, "`at` and `from` take a temperature here"
            yield until, TEMPERATURE, "`to` takes a temperature here"
        case Flow(inlets, duration, outlet):
            for inlet in inlets:
                yield inlet.quantity, VOLUME / TIME, "a flow is a volume per time"
            yield duration, TIME, "`for` takes a time"
            yield outlet, VOLUME / TIME, "`out` takes a volume per time"
        case Repeat(count):
            yield count, NONE, "`repeat` takes a number"
        case Observe():
            yield from _observed(step)


def _portions(portions: tuple[Portion, ...]) -> Iterator[Wanted]:
    for portion in portions:
        yield portion.quantity, _MEASURES[portion.measure], f"`{portion.of}` is measured by {portion.measure}"


def _observed(step: Observe) -> Iterator[Wanted]:
    yield step.every, TIME, "`every` takes a time"
    yield step.duration, TIME, "`for` takes a time"
    yield step.dead_time, TIME, "`after` takes a time"
    yield step.temperature, TEMPERATURE, "this is a temperature"
    yield step.until, TEMPERATURE, "this is a temperature"
    for time in step.times:
        yield time, TIME, "`at` takes times"
    for reading in step.readings:
        yield reading.path, LENGTH, "the path through a cell is a length"
        for wavelength in reading.wavelengths:
            yield wavelength, LENGTH, "a wavelength is a length"
