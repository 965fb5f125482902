"""Readings: what a measure step sees of what time gave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.faults import fault
from mscnet.experiment.optics import Optics
from mscnet.experiment.passing import Solver
from mscnet.experiment.perform import Observed
from mscnet.experiment.plan import Planned
from mscnet.experiment.results import Measured, Series, Spectra
from mscnet.experiment.spectra import with_noise
from mscnet.experiment.values import Numbers, Values
from mscnet.experiment.wavelengths import wavelength_grid
from mscnet.mechanism.bench import Observe, Reading
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH, Dimension
from mscnet.simulation.columns import evaluate_over

FloatArray = NDArray[np.float64]

#: The most wavelengths of one spectrum.
MAX_WAVELENGTHS = 100_000
_NANOMETRE, _CENTIMETRE = 1e-9, 1e-2
_Light = TypeVar("_Light", Series, Spectra)


class Readings:
    """Takes readings, those of one run after `begin`; `from_stretch` are parameters that stretches have values of."""

    def __init__(self, mechanism: Mechanism, solver: Solver, from_stretch: Collection[str]) -> None:
        self.mechanism, self._solver, self.from_stretch = mechanism, solver, from_stretch
        self.derived = {item.name: item for item in mechanism.derived}
        self._optics: dict[int, Optics] = {}
        self._units: dict[Symbol, str] = {}
        self._seed: int | None = None

    def begin(self, noise: int | None = None) -> None:
        """Forgets what belongs to the values of the run before; `noise` is the seed of the next one's."""
        self._optics.clear()
        self._seed = noise

    def measured(self, step: Any, observed: Observed, plan: Planned, number: int = 0) -> Measured:
        """All readings of a measure step, the condition's `number`th; their times are counted from its start, on the
        instrument's clock where it reads light.

        Raises:
            MechanismError: a wavelength or a path that makes no sense.
        """
        assert isinstance(step, Observe)
        series: dict[str, Series] = {}
        spectra: dict[str, Spectra] = {}
        sees_light = any(reading.kind != "value" for reading in step.readings)
        clock = self._optics_of(plan).spectrometer.time_zero if sees_light else 0.0
        time = observed.stretch.time - observed.start + clock
        course = _Course(self, observed, plan)
        for reading in step.readings:
            match reading.kind:
                case "value":
                    series[reading.name] = Series(reading.name, time, course(reading.expression), self.unit(reading))
                case "absorbance":
                    for name, wavelength, values in self._absorbance(reading, observed, plan):
                        series[name] = Series(name, time, values, "", wavelength)
                case "spectrum":
                    grid = self.grid_of(reading, Numbers(plan.values, plan.loops))
                    spectra[reading.name] = Spectra(
                        reading.name, time, grid, self._light(reading, observed, plan, grid), reading.reference
                    )
        if self._seed is not None and sees_light:
            series = {name: self._noisy(each, plan, number) for name, each in series.items()}
            spectra = {name: self._noisy(each, plan, number) for name, each in spectra.items()}
        return Measured(observed.start, observed.stretch, series, spectra, clock)

    # --- light -----------------------------------------------------------------------------------

    def _noisy(self, reading: _Light, plan: Planned, number: int) -> _Light:
        """A reading of light with the instrument's noise: the same for one seed, whatever else is run beside it."""
        if isinstance(reading, Series) and reading.wavelength is None:
            return reading
        place = repr((plan.experiment.name, *plan.loops.items(), number, reading.name))
        assert self._seed is not None
        return with_noise(reading, self._optics_of(plan).spectrometer.noise, (self._seed, crc32(place.encode())))

    def _optics_of(self, plan: Planned) -> Optics:
        """Bands and instrument with the values of a condition."""
        key = id(plan.values)
        if key not in self._optics:
            self._optics[key] = Optics.of(self.mechanism, plan.values.parameters)
        return self._optics[key]

    def _absorbance(self, reading: Reading, observed: Observed, plan: Planned) -> list[tuple[str, float, FloatArray]]:
        wavelengths = self.wavelengths_of(reading, Numbers(plan.values, plan.loops))
        absorbed = self._light(reading, observed, plan, wavelengths)
        one = len(wavelengths) == 1
        names = [reading.name if one else f"{reading.name}_{w:g}" for w in wavelengths]
        return [(name, float(w), absorbed[:, i]) for i, (name, w) in enumerate(zip(names, wavelengths, strict=True))]

    def _light(self, reading: Reading, observed: Observed, plan: Planned, wavelengths: FloatArray) -> FloatArray:
        path: float | None = None
        if reading.path is not None:
            number = Numbers(plan.values, plan.loops).positive(reading.path, "the path length", reading)
            path = number * self.centimetres
        optics, states = self._optics_of(plan), observed.stretch.states
        found: FloatArray = optics.absorbance(states, wavelengths, path)
        if reading.reference is None:
            return found
        blank = reading.reference == "blank"
        against = optics.absorbance(np.zeros_like(states[:1]), wavelengths, path) if blank else found[:1]
        with np.errstate(invalid="ignore"):  # where no light comes through, nothing is known
            return np.asarray(found - against)

    def wavelengths_of(self, reading: Reading, numbers: Numbers) -> FloatArray:
        """(n_wavelengths,) those of an absorbance, in nm.

        Raises:
            MechanismError: one that is not above 0.
        """
        return np.array([self._nanometres(numbers, e, reading) for e in reading.wavelengths])

    def grid_of(self, reading: Reading, numbers: Numbers) -> FloatArray:
        """(n_wavelengths,) those of a spectrum, in nm.

        Raises:
            MechanismError: a grid that makes no sense.
        """
        first, last, step = (self._nanometres(numbers, e, reading) for e in reading.wavelengths)
        if not first < last:
            raise fault(reading, f"the spectrum runs from {first:g} to {last:g} nm", "let it run upwards", "E041")
        if (last - first) / step > MAX_WAVELENGTHS:
            raise fault(reading, f"more than {MAX_WAVELENGTHS:,} wavelengths", "take larger steps", "E041")
        return wavelength_grid(first, last, step)

    def _nanometres(self, numbers: Numbers, expression: Expression, reading: Reading) -> float:
        return numbers.positive(expression, "the wavelength", reading) * self._length / _NANOMETRE

    @cached_property
    def centimetres(self) -> float:
        """The file's unit of length in cm."""
        return self._length / _CENTIMETRE

    @property
    def species_index(self) -> Mapping[str, int]:
        """Where each species stands among the states."""
        return self._solver.program.network.species_index

    @property
    def parameter_index(self) -> Mapping[str, int]:
        """Where each parameter stands among the inputs."""
        return self._solver.index

    @cached_property
    def _length(self) -> float:
        """The file's unit of length in metres."""
        return float(self.mechanism.units.scale_of(LENGTH))

    # --- values ----------------------------------------------------------------------------------

    def unit(self, reading: Reading) -> str:
        """The unit of a value that has a name of its own; an expression's is not known."""
        expression = reading.expression
        if not isinstance(expression, Symbol):
            return ""
        if expression not in self._units:
            self._units[expression] = self._unit_of(expression)
        return self._units[expression]

    def _unit_of(self, expression: Symbol) -> str:
        dimension: Dimension | None = None
        if expression.kind == "species":
            found = (s.dimension for s in self.mechanism.species if s.name == expression.name)
            dimension = next(found, None)
        elif expression.name in self.derived:
            dimension = self.derived[expression.name].dimension
        elif expression.kind == "parameter":
            given = (p.dimension for p in self.mechanism.parameters if p.name == expression.name)
            dimension = next(given, None)
        return "" if dimension is None else self.mechanism.units.describe(dimension)

    def column(self, symbol: Symbol, observed: Observed, values: Values, again: Callable[[Expression], Any]) -> Any:
        """What a symbol is over a stretch: one number, or (n_times,)."""
        name, stretch = symbol.name, observed.stretch
        if name in observed.columns:
            return observed.columns[name]
        if symbol.kind == "species":
            index = self.species_index.get(name)
            return np.zeros(len(stretch.time)) if index is None else stretch.states[:, index]  # of another pathway
        if symbol.kind == "time":
            return stretch.time
        if name in self.from_stretch:
            return stretch.inputs[self.parameter_index[name]]
        if symbol.kind != "parameter" and name in self.derived:
            return again(self.derived[name].expression)
        return values.named(name)


class _Course:
    """Expressions over one stretch, each derived value evaluated once."""

    __slots__ = ("_known", "_loops", "_observed", "_readings", "_values")

    def __init__(self, readings: Readings, observed: Observed, plan: Planned) -> None:
        self._readings, self._observed = readings, observed
        self._values, self._loops = plan.values, plan.loops
        self._known: dict[str, Any] = {}

    def __call__(self, expression: Expression | None) -> FloatArray:
        """(n_times,)."""
        assert expression is not None
        found = self._value(expression)
        return np.array(np.broadcast_to(found, self._observed.stretch.time.shape), dtype=np.float64)

    def _value(self, expression: Expression) -> Any:
        return evaluate_over(expression, self._symbol)

    def _symbol(self, symbol: Symbol) -> Any:
        if symbol.kind == "loop":
            return np.float64(self._loops[symbol.name])
        if symbol.name not in self._known:
            self._known[symbol.name] = self._readings.column(symbol, self._observed, self._values, self._value)
        return self._known[symbol.name]
