"""What a data file is about: the readings and loop variables that its columns may stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from mscnet.diagnostics import MechanismError, Span, suggest
from mscnet.experiment.wavelengths import nanometres
from mscnet.mechanism.bench import DataFile, Experiment, Reading
from mscnet.mechanism.bench_use import observations
from mscnet.mechanism.expression import Expression, Number, Symbol, children, evaluate
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import Dimension, UnitSystem
from mscnet.records import dataclass

#: Two wavelengths nearer than this (nm) are one: instruments print two digits.
SAME_WAVELENGTH = 0.051
#: What `selects` and `columns` call the time.
TIME = "time"


@dataclass(frozen=True, slots=True)
class Subject:
    """An experiment as its data see it: readings by name, loop variables with their dimensions (None: a number).

    `over_time` are the readings with a course, `at_wavelength` pairs wavelengths in nm and readings, `spectra` names
    readings of whole spectra; `fixed` and `error` are what the mechanism says for the whole file.
    """

    experiment: str
    readings: Mapping[str, Reading]
    over_time: frozenset[str]
    at_wavelength: tuple[tuple[float, str], ...]
    spectra: tuple[str, ...]
    loops: Mapping[str, Dimension | None]
    units: UnitSystem
    columns: Mapping[str, str]
    fixed: Mapping[str, float]
    error: float
    span: Span | None

    def reading_at(self, wavelength: float) -> str | None:
        """The absorbance reading at a wavelength in nm, if there is one."""
        near = [name for at, name in self.at_wavelength if abs(at - wavelength) < SAME_WAVELENGTH]
        return near[0] if near else None

    @property
    def series(self) -> list[str]:
        """The readings that are series."""
        return [name for name in self.readings if name not in self.spectra]

    @property
    def spectrum(self) -> str:
        """What a whole spectrum is a reading of: the only such one, else ``spectrum``."""
        return self.spectra[0] if len(self.spectra) == 1 else "spectrum"


def subject_of(mechanism: Mechanism, file: DataFile) -> Subject:
    """What `file` is about, in `mechanism`.

    Raises:
        MechanismError: no such experiment, reading or loop variable, or a value that is not a plain number.
    """
    experiment = find_experiment(mechanism, file.experiment, file.span)
    observed = list(observations(experiment.steps))
    readings = {reading.name: reading for step in observed for reading in step.readings}
    loops: dict[str, Dimension | None] = dict.fromkeys(experiment.parameters)
    loops |= {loop.variable: _dimension(loop.values) for loop in experiment.loops}
    _check_names(file, {*readings, *loops, TIME})
    units = mechanism.units
    fixed = {name: constant(value, f"`{name}`", file.span) for name, value in file.selects}
    absorbances = [r for r in readings.values() if r.kind == "absorbance" and len(r.wavelengths) == 1]
    return Subject(
        experiment.name,
        readings,
        frozenset(r.name for step in observed if step.duration is not None or step.times for r in step.readings),
        tuple((at, r.name) for r in absorbances if (at := _nanometres(r.wavelengths[0], units)) is not None),
        tuple(name for name, reading in readings.items() if reading.kind == "spectrum"),
        loops,
        units,
        dict(file.columns),
        fixed,
        math.nan if file.error is None else constant(file.error, "the error", file.span),
        file.span,
    )


def find_experiment(mechanism: Mechanism, name: str, span: Span | None) -> Experiment:
    """The experiment called `name`; raises MechanismError, with a suggestion."""
    for experiment in mechanism.experiments:
        if experiment.name == name:
            return experiment
    hint = suggest(name, [experiment.name for experiment in mechanism.experiments])
    raise MechanismError.of("E010", f"data for `{name}`, but there is no such experiment", hint=hint, span=span)


def constant(expression: Expression, what: str, span: Span | None) -> float:
    """The value of an expression without symbols; raises MechanismError where it has some or is not finite."""
    value = evaluate(expression, lambda symbol: math.nan)
    if not math.isfinite(value):
        message = f"{what} of the data must be a plain quantity"
        raise MechanismError.of("E133", message, hint="as in `v = 15 uL`", span=expression.span or span)
    return value


def _nanometres(expression: Expression, units: UnitSystem) -> float | None:
    """A wavelength that depends on nothing, in nm; None for another."""
    return nanometres(evaluate(expression, lambda symbol: math.nan), units) if _is_constant(expression) else None


def _is_constant(expression: Expression) -> bool:
    return not isinstance(expression, Symbol) and all(_is_constant(child) for child in children(expression))


def _dimension(values: Iterable[Expression]) -> Dimension | None:
    """The dimension of the first number that was written with a unit."""
    stack = list(values)
    while stack:
        node = stack.pop(0)
        if isinstance(node, Number) and node.dimension is not None:
            return node.dimension
        stack.extend(children(node))
    return None


def _check_names(file: DataFile, known: set[str]) -> None:
    for name in [*(target for _, target in file.columns), *(name for name, _ in file.selects)]:
        if name not in known:
            message = f"`{name}` is neither a reading nor a variable of the experiment `{file.experiment}`"
            hint = suggest(name, known) or "it has " + ", ".join(sorted(known))
            raise MechanismError.of("E010", message, hint=hint, span=file.span)
